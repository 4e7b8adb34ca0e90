//! Faults: everything that can go wrong between a client and Atlas, on demand.

mod answers;
mod strike;
mod target;

use std::sync::Mutex;

use serde::{Deserialize, Serialize};

pub use target::Matcher;

pub(crate) use answers::WrongAnswer;
pub(crate) use strike::{CutShort, Twist, strike, strike_unread};

use crate::state::lock;
use target::Target;

/// What goes wrong.
///
/// *Processed* means that Atlas did what was asked before things went wrong: the certificate exists, and only the
/// answer is lost or spoiled. A client cannot tell this from the opposite, which is why both exist.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The connection is closed before anything was read from it. Strikes before credentials are looked at.
    AcceptClose,
    /// The connection is reset while the request is being sent. Strikes before credentials are looked at.
    ResetMid,
    /// Reset once the request has arrived; not processed.
    ResetBefore,
    /// Processed; reset without a byte of the answer.
    ResetAfter,
    /// Processed; reset in the middle of the answer.
    ResetMidAnswer,
    /// Processed; the connection is closed in an orderly way without a byte of the answer.
    LostAnswer,
    /// Not processed, never answered (`hangMs`, default ten minutes, then closed).
    HangBefore,
    /// Processed, never answered (`hangMs` as above).
    HangAfter,
    /// Answers with `status` (default 500), `errorCode`, `detail` and `retryAfter`; processed only when `processed`
    /// says so. 502 and 504 come as the HTML page of a gateway unless an `errorCode` is given.
    Status,
    /// 429 in the shape of the token bucket, with `Retry-After` (`retryAfter`, default 2); not processed.
    RateLimited,
    /// 401 as for an expired access token; the token used is ended, so that using it again fails too.
    ExpiredToken,
    /// 307 to the same address, so a client that follows it does the thing after all; `location` overrides.
    Redirect,
    /// 200 without a body; processed unless `processed` says no.
    Empty,
    /// 200 with a web page; processed unless `processed` says no.
    Html,
    /// Processed; 200 with the first half of the answer and nothing to tell it from a whole one.
    TruncatedPem,
    /// Processed; 200 with the private key alone.
    KeyOnly,
    /// Processed; 200 with the certificate alone.
    CertificateOnly,
    /// Processed; 200 with the certificate and key of somebody else. The list shows the right one.
    WrongCn,
    /// Processed; 200 with a second certificate in between.
    TwoCertificates,
    /// Processed; 200 with a key that does not belong to the certificate.
    ForeignKey,
    /// Processed; the right answer, `bytesPerSecond` (default 1) at a time.
    Slow,
    /// Processed; the right answer, followed by white space up to `sizeBytes` (default 10 MiB).
    HugeBody,
    /// The connection is reset (after `hangMs` of silence, default none), and the request is processed `afterMs`
    /// (default 20 s) after it arrived.
    LateCommit,
    /// Processed and answered, but lists show the certificate only after `listLagMs` (default 30 s). The option goes
    /// with every other processed fault as well.
    ListLag,
    /// The pages of a list overlap and miss items, and disagree about `totalCount`.
    UnstablePaging,
    /// Nothing but `delayMs`.
    Delay,
}

impl FaultKind {
    /// Every kind.
    pub const ALL: [Self; 26] = [
        Self::AcceptClose,
        Self::ResetMid,
        Self::ResetBefore,
        Self::ResetAfter,
        Self::ResetMidAnswer,
        Self::LostAnswer,
        Self::HangBefore,
        Self::HangAfter,
        Self::Status,
        Self::RateLimited,
        Self::ExpiredToken,
        Self::Redirect,
        Self::Empty,
        Self::Html,
        Self::TruncatedPem,
        Self::KeyOnly,
        Self::CertificateOnly,
        Self::WrongCn,
        Self::TwoCertificates,
        Self::ForeignKey,
        Self::Slow,
        Self::HugeBody,
        Self::LateCommit,
        Self::ListLag,
        Self::UnstablePaging,
        Self::Delay,
    ];

    /// The name it has in JSON.
    pub fn name(self) -> String {
        serde_json::to_value(self)
            .ok()
            .and_then(|v| v.as_str().map(str::to_owned))
            .unwrap_or_default()
    }

    /// Whether it strikes before the request is read.
    fn unread(self) -> bool {
        matches!(self, Self::AcceptClose | Self::ResetMid)
    }
}

/// A fault to be armed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    #[serde(rename = "fault")]
    pub kind: FaultKind,
    /// Which requests it strikes; every request when empty.
    #[serde(rename = "match", default)]
    pub matcher: Matcher,
    /// How many requests it strikes; 0 for all until it is cleared.
    #[serde(default = "once")]
    pub count: u32,
    /// How many matching requests it lets pass first.
    #[serde(default)]
    pub skip: u32,
    /// Options, each explained at the kinds that use it.
    #[serde(flatten)]
    pub options: Options,
}

fn once() -> u32 {
    1
}

/// What some kinds of fault can be told in addition.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Options {
    /// Milliseconds to wait before anything else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// Milliseconds of silence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hang_ms: Option<u64>,
    /// Milliseconds until a late commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_ms: Option<u64>,
    /// Milliseconds until lists show a certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_lag_ms: Option<u64>,
    /// The status of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The `errorCode` of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// The `detail` of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Seconds in the header `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// Whether the request is processed, where both are possible.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processed: Option<bool>,
    /// Where a redirect leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The speed of a slow answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_second: Option<u32>,
    /// The size of a huge answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<usize>,
}

impl Fault {
    /// A fault that strikes the next request, whatever it is.
    pub fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            matcher: Matcher::default(),
            count: 1,
            skip: 0,
            options: Options::default(),
        }
    }

    /// The same fault, for requests of this method whose path contains this text.
    #[must_use]
    pub fn on(mut self, method: &str, path_contains: &str) -> Self {
        self.matcher.method = Some(method.to_owned());
        self.matcher.path_contains = Some(path_contains.to_owned());
        self
    }
}

/// A fault that waits for its requests.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Armed {
    id: u64,
    #[serde(flatten)]
    fault: Fault,
    /// How many requests it has struck.
    struck: u32,
}

/// All armed faults, in the order in which they were armed. A request is struck by the first that matches.
#[derive(Default)]
pub(crate) struct Faults(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    armed: Vec<Armed>,
    next_id: u64,
}

impl Faults {
    pub(crate) fn arm(&self, fault: Fault) {
        let mut queue = lock(&self.0);
        queue.next_id += 1;
        let id = queue.next_id;
        queue.armed.push(Armed {
            id,
            fault,
            struck: 0,
        });
    }

    pub(crate) fn clear(&self) {
        lock(&self.0).armed.clear();
    }

    pub(crate) fn list(&self) -> Vec<Armed> {
        lock(&self.0).armed.clone()
    }

    /// Takes the first fault for a request, of those that strike before it is read or of the others.
    fn take(&self, target: &Target, unread: bool) -> Option<Fault> {
        let mut queue = lock(&self.0);
        let index = queue.armed.iter().position(|armed| {
            armed.fault.kind.unread() == unread && armed.fault.matcher.matches(target)
        })?;
        let armed = &mut queue.armed[index];
        if armed.fault.skip > 0 {
            armed.fault.skip -= 1;
            return None;
        }
        armed.struck += 1;
        let fault = armed.fault.clone();
        if armed.struck == armed.fault.count {
            queue.armed.remove(index);
        }
        Some(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(method: &str, path: &str) -> Target {
        Target::new(method, path)
    }

    #[test]
    fn a_fault_waits_for_its_request_and_strikes_so_often() {
        let faults = Faults::default();
        faults.arm(Fault {
            count: 2,
            skip: 1,
            ..Fault::new(FaultKind::Empty).on("POST", "/certs")
        });
        let post = target("POST", "/api/atlas/v2/groups/g/databaseUsers/u/certs");
        let get = target("GET", "/api/atlas/v2/groups/g/databaseUsers/u/certs");
        assert!(faults.take(&get, false).is_none());
        assert!(faults.take(&post, false).is_none(), "skipped");
        assert!(
            faults.take(&post, true).is_none(),
            "strikes after reading only"
        );
        assert!(faults.take(&post, false).is_some());
        assert!(faults.take(&post, false).is_some());
        assert!(faults.take(&post, false).is_none());
        assert!(faults.list().is_empty());
    }

    #[test]
    fn a_fault_is_read_from_json() {
        let text = r#"{"fault":"status","match":{"username":"a b"},"status":503,"retryAfter":7,"count":0}"#;
        let fault: Fault = serde_json::from_str(text).unwrap();
        assert_eq!(fault.kind, FaultKind::Status);
        assert_eq!(fault.options.retry_after, Some(7));
        assert_eq!(fault.count, 0);
    }

    #[test]
    fn every_kind_is_listed_once_and_has_a_name() {
        let mut names: Vec<_> = FaultKind::ALL.iter().map(|kind| kind.name()).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), FaultKind::ALL.len());
        assert!(names.contains(&"reset_mid_answer".to_owned()));
    }
}
