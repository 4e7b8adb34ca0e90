//! A person, and what they do.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context as _, Result};
use reqwest::{Client, Response, header::LOCATION};
use serde_json::Value;
use uuid::Uuid;
use x509_parser::{pem::Pem, prelude::FromDer as _, prelude::X509Certificate};

use super::{
    client_log::ClientLog,
    jar::Jar,
    sign_in::{self, Session},
    visit,
};
use crate::{
    arena::{Door, User},
    clock,
    history::{Answer, Deed, Told},
};

const REASON: &str = "Rotation before the release, ticket PAY-2291.";
const MONTHS: &str = "3";

/// Somebody who is signed in. Cheap to clone: every clone is the same browser.
#[derive(Clone)]
pub(crate) struct Person(Arc<Inner>);

struct Inner {
    account: &'static str,
    client: Client,
    session: Session,
    /// The pickup cookies this browser was given, by request: name and value.
    pickups: Mutex<HashMap<Uuid, (String, String)>>,
    log: ClientLog,
}

impl Person {
    /// Signs in at the portal whose address is the public one.
    pub(crate) async fn sign_in(
        portal: &str,
        account: &'static str,
        log: &ClientLog,
    ) -> Result<Self> {
        let client = visit::client()?;
        let session = sign_in::sign_in(&client, portal, account)
            .await
            .with_context(|| format!("{account} could not sign in"))?;
        log.keep_secret(format!("the session of {account}"), session.cookie.clone());
        Ok(Self(Arc::new(Inner {
            account,
            client,
            session,
            pickups: Mutex::default(),
            log: log.clone(),
        })))
    }

    /// Asks for a certificate; the request's id where it is known.
    pub(crate) async fn ask(&self, door: &Door, user: &User) -> (Answer, Option<Uuid>) {
        let fields = [
            ("project", user.project.as_str()),
            ("username", user.username.as_str()),
            ("months", MONTHS),
            ("reason", REASON),
        ];
        let sent = self
            .send(door, Deed::Ask, None, "/api/requests/submit", &fields)
            .await;
        let (answer, id) = match sent {
            Ok(response) => {
                let id = location_id(&response);
                let (answer, body) = judge(response).await;
                // Who is told that they have asked already learns which request that is.
                (answer, id.or_else(|| id_in(&body)))
            }
            Err(answer) => (answer, None),
        };
        self.note(door, Deed::Ask, id, answer.clone());
        (answer, id)
    }

    /// Says yes to a request, as asked.
    pub(crate) async fn approve(&self, door: &Door, request: Uuid) -> Answer {
        let seen = self
            .read(&format!("{}/api/requests/get?id={request}", door.url))
            .await;
        let Some(digest) = seen.as_ref().and_then(|page| page["digest"].as_str()) else {
            return silence("the request could not be read");
        };
        let id = request.to_string();
        let fields = [("id", id.as_str()), ("months", MONTHS), ("digest", digest)];
        self.deed(
            door,
            Deed::Approve,
            request,
            "/api/requests/approve",
            &fields,
        )
        .await
    }

    /// Says no.
    pub(crate) async fn deny(&self, door: &Door, request: Uuid) -> Answer {
        let id = request.to_string();
        let fields = [
            ("id", id.as_str()),
            ("reason", "Not while the freeze lasts."),
        ];
        self.deed(door, Deed::Deny, request, "/api/requests/deny", &fields)
            .await
    }

    /// Takes it back.
    pub(crate) async fn withdraw(&self, door: &Door, request: Uuid) -> Answer {
        let id = request.to_string();
        self.deed(
            door,
            Deed::Withdraw,
            request,
            "/api/requests/withdraw",
            &[("id", &id)],
        )
        .await
    }

    /// Says that the key is saved.
    pub(crate) async fn acknowledge(&self, door: &Door, request: Uuid) -> Answer {
        let id = request.to_string();
        let path = "/api/requests/acknowledge";
        self.deed(door, Deed::Acknowledge, request, path, &[("id", &id)])
            .await
    }

    /// Has the certificate made. Who is given the pickup cookie has begun it; everybody else found it
    /// begun already.
    pub(crate) async fn issue(&self, door: &Door, request: Uuid) -> Answer {
        let id = request.to_string();
        let path = "/api/requests/issue";
        let answer = match self
            .send(door, Deed::Issue, Some(request), path, &[("id", &id)])
            .await
        {
            Ok(response) => {
                let mut jar = Jar::default();
                jar.keep(response.headers());
                let cookie = jar.find("__Host-pk-").map(owned);
                match (judge(response).await.0, cookie) {
                    (Answer::Done, Some(cookie)) => {
                        self.keep_pickup(request, cookie);
                        Answer::Done
                    }
                    (Answer::Done, None) => Answer::AsItIs,
                    (answer, _) => answer,
                }
            }
            Err(answer) => answer,
        };
        self.note(door, Deed::Issue, Some(request), answer.clone());
        answer
    }

    /// Downloads the certificate with its key.
    pub(crate) async fn collect(&self, door: &Door, request: Uuid) -> Answer {
        let path = format!("/requests/{request}/certificate");
        let sent = self
            .send(
                door,
                Deed::Collect,
                Some(request),
                &path,
                &[("format", "pem")],
            )
            .await;
        let answer = match sent {
            Ok(response) if response.status() == 200 => {
                let first_byte_at = clock::now();
                match response.text().await {
                    Ok(pem) => Answer::Key {
                        first_byte_at,
                        serial: serial_of(&pem),
                    },
                    // Some of it may have come; whatever did, began with a first byte.
                    Err(error) => silence(&visit::in_words(&error)),
                }
            }
            Ok(response) => judge(response).await.0,
            Err(answer) => answer,
        };
        self.note(door, Deed::Collect, Some(request), answer.clone());
        answer
    }

    /// Where a request stands, if the portal says.
    pub(crate) async fn state(&self, door: &Door, request: Uuid) -> Option<String> {
        let url = format!("{}/api/requests/status?id={request}", door.url);
        self.read(&url).await?["state"].as_str().map(str::to_owned)
    }

    /// What a question of a script is answered with.
    async fn read(&self, url: &str) -> Option<Value> {
        let asked = visit::question(&self.0.client, url, &self.cookies(None));
        let answer = asked.send().await.ok()?;
        if answer.status() != 200 {
            return None;
        }
        serde_json::from_str(&answer.text().await.ok()?).ok()
    }

    /// Reaches for a key without its cookie, as another browser would.
    pub(crate) async fn reach_for(&self, door: &Door, request: Uuid) -> Answer {
        let path = format!("/requests/{request}/certificate");
        let sent = self
            .send(door, Deed::Collect, None, &path, &[("format", "pem")])
            .await;
        let answer = match sent {
            Ok(response) => judge(response).await.0,
            Err(answer) => answer,
        };
        self.note(door, Deed::Collect, Some(request), answer.clone());
        answer
    }

    /// Asks for other roles of a database user; the change's id where it is known.
    pub(crate) async fn ask_for_roles(&self, door: &Door, user: &User, role: &str) -> Option<Uuid> {
        let fields = [
            ("project", user.project.as_str()),
            ("username", user.username.as_str()),
            ("roles", role),
            ("reason", REASON),
        ];
        let sent = self
            .send(door, Deed::Ask, None, "/api/users/update", &fields)
            .await;
        location_id(&sent.ok()?)
    }

    /// Says yes to a change of a database user.
    pub(crate) async fn approve_change(&self, door: &Door, change: Uuid) {
        let url = format!("{}/api/changes/get?id={change}", door.url);
        let page = self.read(&url).await.unwrap_or_default();
        let id = change.to_string();
        let digest = page["digest"].as_str().unwrap_or_default();
        let fields = [("id", id.as_str()), ("digest", digest)];
        let _ = self
            .send(door, Deed::Approve, None, "/api/changes/approve", &fields)
            .await;
    }

    /// Says no to a change.
    pub(crate) async fn deny_change(&self, door: &Door, change: Uuid) {
        let id = change.to_string();
        let fields = [
            ("id", id.as_str()),
            ("reason", "Not while the freeze lasts."),
        ];
        let _ = self
            .send(door, Deed::Deny, None, "/api/changes/deny", &fields)
            .await;
    }

    /// Takes a change back.
    pub(crate) async fn withdraw_change(&self, door: &Door, change: Uuid) {
        let id = change.to_string();
        let fields = [("id", id.as_str())];
        let _ = self
            .send(door, Deed::Withdraw, None, "/api/changes/withdraw", &fields)
            .await;
    }

    /// Says which certificate an attempt has made.
    pub(crate) async fn resolve(&self, door: &Door, request: Uuid, serial: i64) {
        let (id, verdict) = (request.to_string(), serial.to_string());
        let fields = [
            ("id", id.as_str()),
            ("verdict", verdict.as_str()),
            ("reason", REASON),
        ];
        let _ = self
            .send(door, Deed::Ask, None, "/api/requests/resolve", &fields)
            .await;
    }

    /// Says what a certificate is that nothing explains.
    pub(crate) async fn explain(&self, door: &Door, certificate: Uuid) {
        let id = certificate.to_string();
        let fields = [("id", id.as_str()), ("reason", REASON)];
        let _ = self
            .send(door, Deed::Ask, None, "/api/certificates/explain", &fields)
            .await;
    }

    /// Has Atlas's lists of a project read now.
    pub(crate) async fn sweep(&self, door: &Door, project: &str) {
        let fields = [("project", project)];
        let _ = self
            .send(door, Deed::Ask, None, "/api/certificates/sweep", &fields)
            .await;
    }

    /// Signs out.
    pub(crate) async fn sign_out(&self, door: &Door) {
        let _ = self.send(door, Deed::Ask, None, "/auth/logout", &[]).await;
    }

    /// Looks at a page that is about nothing in particular.
    pub(crate) async fn projects(&self, door: &Door) {
        let url = format!("{}/projects", door.url);
        let _ = visit::page(&self.0.client, &url, &self.cookies(None)).await;
    }

    async fn deed(
        &self,
        door: &Door,
        deed: Deed,
        request: Uuid,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let answer = match self.send(door, deed, Some(request), path, fields).await {
            Ok(response) => judge(response).await.0,
            Err(answer) => answer,
        };
        self.note(door, deed, Some(request), answer.clone());
        answer
    }

    async fn send(
        &self,
        door: &Door,
        deed: Deed,
        request: Option<Uuid>,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Result<Response, Answer> {
        let mut fields = fields.to_vec();
        fields.push(("csrf", &self.0.session.csrf));
        let pickup = request.filter(|_| deed == Deed::Collect);
        let url = format!("{}{path}", door.url);
        visit::form(&self.0.client, &url, &self.cookies(pickup), &fields)
            .send()
            .await
            .map_err(|error| silence(&visit::in_words(&error)))
    }

    /// The session's cookie, and the one that opens the key of a request.
    fn cookies(&self, pickup: Option<Uuid>) -> String {
        let session = format!("__Host-sid={}", self.0.session.cookie);
        let pickups = self.pickups();
        match pickup.and_then(|request| pickups.get(&request)) {
            Some((name, value)) => format!("{session}; {name}={value}"),
            None => session,
        }
    }

    fn keep_pickup(&self, request: Uuid, cookie: (String, String)) {
        let what = format!("the pickup secret of request {request}");
        self.0.log.keep_secret(what, cookie.1.clone());
        self.pickups().insert(request, cookie);
    }

    fn pickups(&self) -> std::sync::MutexGuard<'_, HashMap<Uuid, (String, String)>> {
        self.0
            .pickups
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, door: &Door, deed: Deed, request: Option<Uuid>, answer: Answer) {
        self.0.log.note(Told {
            at: clock::now(),
            who: self.0.account.to_owned(),
            replica: door.name,
            deed,
            request,
            answer,
        });
    }
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn silence(what: &str) -> Answer {
    Answer::Silence {
        what: what.to_owned(),
    }
}

/// What an answer says, and its body. A server's failure says nothing about what was done.
async fn judge(response: Response) -> (Answer, Value) {
    let status = response.status().as_u16();
    let text = match response.text().await {
        Ok(text) => text,
        Err(error) => return (silence(&visit::in_words(&error)), Value::Null),
    };
    let body: Value = serde_json::from_str(&text).unwrap_or_default();
    let answer = match status {
        200..400 => Answer::Done,
        408 | 500.. => silence(&format!("{status}")),
        _ => Answer::Refused {
            status,
            code: code_of(&body),
        },
    };
    (answer, body)
}

/// The portal's code: `{"Conflict": {"StateChanged": …}}` is `Conflict.StateChanged`. What is written in
/// small letters are the fields of a code.
fn code_of(body: &Value) -> String {
    let is_code = |name: &str| name.starts_with(char::is_uppercase);
    match body {
        Value::String(text) if is_code(text) => text.clone(),
        Value::Object(fields) => match fields.iter().next() {
            Some((name, inner)) if is_code(name) => match code_of(inner) {
                inner if inner.is_empty() => name.clone(),
                inner => format!("{name}.{inner}"),
            },
            _ => String::new(),
        },
        _ => String::new(),
    }
}

/// The request an answer leads to.
fn location_id(response: &Response) -> Option<Uuid> {
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let path = location.split('?').next()?;
    path.rsplit('/').next()?.parse().ok()
}

/// The request a refusal names.
fn id_in(body: &Value) -> Option<Uuid> {
    body["Conflict"]["AlreadyAsked"]["request"]
        .as_str()?
        .parse()
        .ok()
}

/// The serial number of the certificate in a file that also holds a key.
fn serial_of(pem: &str) -> Option<i64> {
    if !pem.contains("PRIVATE KEY") {
        return None;
    }
    let certificate = Pem::iter_from_buffer(pem.as_bytes())
        .filter_map(Result::ok)
        .find(|block| block.label == "CERTIFICATE")?;
    let (_, certificate) = X509Certificate::from_der(&certificate.contents).ok()?;
    certificate
        .raw_serial()
        .iter()
        .try_fold(0_i64, |number, byte| {
            number.checked_mul(256)?.checked_add(i64::from(*byte))
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_is_named_by_its_codes() {
        assert_eq!(code_of(&json!("NotFound")), "NotFound");
        assert_eq!(
            code_of(&json!({"NotAllowed": "OwnRequest"})),
            "NotAllowed.OwnRequest"
        );
        assert_eq!(
            code_of(&json!({"Conflict": {"StateChanged": {"now": "ready"}}})),
            "Conflict.StateChanged"
        );
        assert_eq!(code_of(&Value::Null), "");
    }

    #[test]
    fn text_without_a_key_is_no_delivery() {
        assert_eq!(serial_of("<html>"), None);
    }
}
