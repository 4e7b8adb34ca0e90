//! The journal: every request received, in order, and what came of it.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use anyhow::Context;
use serde::Serialize;
use serde_json::{Value, json};

use crate::clock::{Clock, iso};
use crate::state::lock;

/// One request and its fate.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// 1, 2, 3, …
    pub seq: u64,
    /// When it arrived, by the stand-in's clock, to the nanosecond.
    pub at: String,
    /// The method.
    pub method: String,
    /// The path as it was sent, still percent-encoded.
    pub path: String,
    /// The query as it was sent.
    pub query: String,
    /// The name of the credential that was recognised, if one was.
    pub credential: Option<String>,
    /// The body, with passwords and tokens struck out.
    pub body: Value,
    /// The faults that struck it.
    pub faults: Vec<String>,
    /// The certificate it made, if it made one. As text: it is above 2^53.
    pub certificate_id: Option<String>,
    /// The status of the answer; absent when none was sent.
    pub status: Option<u16>,
    /// `answered`, `cut` (the connection was closed or reset on purpose), or absent: not finished, or the client left.
    pub outcome: Option<&'static str>,
}

/// The requests so far, in memory and, when asked for, in a file.
#[derive(Clone)]
pub(crate) struct Journal {
    entries: Arc<Mutex<Vec<Entry>>>,
    file: Option<Arc<Mutex<File>>>,
    clock: Clock,
    next: Arc<Mutex<u64>>,
}

impl Journal {
    /// Opens the journal; an existing file is appended to.
    pub(crate) fn open(path: Option<&Path>, clock: Clock) -> anyhow::Result<Self> {
        let open = |path: &Path| {
            OpenOptions::new()
                .create(true)
                .append(true)
                .open(path)
                .with_context(|| format!("cannot open the journal {}", path.display()))
        };
        let file = path
            .map(open)
            .transpose()?
            .map(|file| Arc::new(Mutex::new(file)));
        Ok(Self {
            entries: Arc::default(),
            file,
            clock,
            next: Arc::new(Mutex::new(1)),
        })
    }

    /// All entries.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        lock(&self.entries).clone()
    }

    /// Forgets the entries in memory; numbers go on, the file stays.
    pub(crate) fn clear(&self) {
        lock(&self.entries).clear();
    }

    /// Records a request. Returns once the file holds it, so nothing is ever processed that is not in the journal.
    pub(crate) async fn begin(&self, mut entry: Entry) -> Exchange {
        let exchange = self.enter(&mut entry);
        self.append(request_line(&entry)).await;
        exchange
    }

    /// Records a request that was cut off before it was read; for code that cannot wait.
    pub(crate) fn record_cut(&self, mut entry: Entry, fault: &str) {
        entry.faults.push(fault.to_owned());
        entry.outcome = Some("cut");
        self.enter(&mut entry);
        if let Some(file) = &self.file {
            write_line(file, &request_line(&entry));
        }
    }

    fn enter(&self, entry: &mut Entry) -> Exchange {
        let mut next = lock(&self.next);
        entry.seq = *next;
        *next += 1;
        entry.at = precise(&self.clock);
        lock(&self.entries).push(entry.clone());
        Exchange {
            seq: entry.seq,
            journal: self.clone(),
        }
    }

    async fn append(&self, line: Value) {
        let Some(file) = self.file.clone() else {
            return;
        };
        let written = tokio::task::spawn_blocking(move || write_line(&file, &line)).await;
        if let Err(error) = written {
            tracing::error!(%error, "the journal was not written");
        }
    }
}

fn precise(clock: &Clock) -> String {
    let format = time::format_description::well_known::Rfc3339;
    clock
        .now()
        .format(&format)
        .unwrap_or_else(|_| iso(clock.now()))
}

fn request_line(entry: &Entry) -> Value {
    let mut line = serde_json::to_value(entry).unwrap_or_default();
    line["event"] = json!("request");
    line
}

fn write_line(file: &Mutex<File>, line: &Value) {
    let mut file = lock(file);
    let written = file
        .write_all(format!("{line}\n").as_bytes())
        .and_then(|()| file.sync_data());
    if let Err(error) = written {
        tracing::error!(%error, "the journal was not written");
    }
}

/// The journal's entry of the request at hand.
#[derive(Clone)]
pub(crate) struct Exchange {
    seq: u64,
    journal: Journal,
}

impl Exchange {
    /// The credential was recognised.
    pub(crate) fn note_credential(&self, name: &str) {
        self.change(|entry| entry.credential = Some(name.to_owned()));
    }

    /// A fault struck.
    pub(crate) fn note_fault(&self, name: &str) {
        self.change(|entry| entry.faults.push(name.to_owned()));
    }

    /// A certificate was made. The file holds it before anything is answered.
    pub(crate) async fn note_certificate(&self, id: i64) {
        self.change(|entry| entry.certificate_id = Some(id.to_string()));
        let at = precise(&self.journal.clock);
        let line = json!({"event": "certificate", "seq": self.seq, "at": at, "certificateId": id.to_string()});
        self.journal.append(line).await;
    }

    /// The answer is on its way, or deliberately none is.
    pub(crate) async fn end(&self, status: Option<u16>) {
        let outcome = if status.is_some() { "answered" } else { "cut" };
        let entry = self.change(|entry| {
            entry.status = status;
            entry.outcome = Some(outcome);
        });
        let Some(entry) = entry else { return };
        let at = precise(&self.journal.clock);
        let line = json!({
            "event": "answer", "seq": self.seq, "at": at, "status": status, "outcome": outcome,
            "credential": entry.credential, "faults": entry.faults,
        });
        self.journal.append(line).await;
    }

    fn change(&self, with: impl FnOnce(&mut Entry)) -> Option<Entry> {
        let mut entries = lock(&self.journal.entries);
        let found = entries
            .binary_search_by_key(&self.seq, |entry| entry.seq)
            .ok()?;
        let entry = entries.get_mut(found)?;
        with(entry);
        Some(entry.clone())
    }
}

/// A request body as the journal may keep it: JSON or a form with the secrets struck out, or only its size.
pub(crate) fn presentable(body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    if let Ok(mut value) = serde_json::from_slice::<Value>(body) {
        strike_out(&mut value);
        return value;
    }
    if body.is_ascii() && body.contains(&b'=') {
        let fields = url::form_urlencoded::parse(body).map(|(name, value)| {
            let kept = if is_secret(&name) {
                json!("(struck out)")
            } else {
                json!(value)
            };
            (name.into_owned(), kept)
        });
        return Value::Object(fields.collect());
    }
    json!(format!("({} bytes)", body.len()))
}

fn strike_out(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                if is_secret(name) {
                    *field = json!("(struck out)");
                } else {
                    strike_out(field);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(strike_out),
        _ => {}
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("password") || name.contains("secret") || name == "token"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_struck_out() {
        let body = presentable(
            br#"{"username":"a","password":"hunter2","ldap":{"bindPassword":"x","port":636}}"#,
        );
        let expected = json!({"username": "a", "password": "(struck out)",
            "ldap": {"bindPassword": "(struck out)", "port": 636}});
        assert_eq!(body, expected);
        assert_eq!(
            presentable(b"token=abc&token_type_hint=access_token")["token"],
            "(struck out)"
        );
        assert_eq!(
            presentable(b"grant_type=client_credentials")["grant_type"],
            "client_credentials"
        );
    }
}
