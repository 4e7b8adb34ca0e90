//! Everything that can go wrong at Atlas and on the way there: one line each.

use std::time::Duration;

use serde_json::{Value, json};

use crate::proxy::Trouble;

/// What goes wrong.
#[derive(Clone, Debug)]
pub(super) enum Strike {
    /// The call that makes the certificate, at the stand-in.
    Call(Value),
    /// The same, with nobody else at work: it would be struck too.
    CallAlone(Value),
    /// The list that is read before it.
    List(Value),
    /// The way to Atlas.
    Way(Trouble),
    /// The way to Atlas, cut while the attempt is under way.
    Cut(Duration),
    /// Another address of Atlas, which leads nowhere.
    Address(Nowhere),
}

/// Addresses that lead nowhere.
#[derive(Clone, Copy, Debug)]
pub(super) enum Nowhere {
    /// A name that nobody has.
    NoName,
    /// A server that does not speak TLS.
    NoTls,
}

/// How an attempt has to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// With its certificate.
    Issued,
    /// Atlas refused, provably.
    Rejected,
    /// Nothing was sent, provably.
    NotSent,
    /// A certificate was made, and the answer was lost or spoiled.
    Made,
    /// Nothing was made, and nobody was told.
    NotMade,
}

/// One way to go wrong.
#[derive(Clone, Debug)]
pub(super) struct Mode {
    /// Its name.
    pub(super) name: &'static str,
    /// What is struck.
    pub(super) strike: Strike,
    /// How it may end.
    pub(super) ends: &'static [End],
}

impl End {
    /// Whether an attempt that ended in this state ended so.
    pub(super) fn is(self, state: &str) -> bool {
        state
            == match self {
                Self::Issued => "issued",
                Self::Rejected => "rejected",
                Self::NotSent => "not_sent",
                Self::Made => "lost",
                Self::NotMade => "not_issued",
            }
    }
}

/// All modes, for portals whose waits pass so many times faster.
#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn modes(pace: u32) -> Vec<Mode> {
    let scaled = |milliseconds: u32| milliseconds / pace;
    let call = |name, fault: Value, ends| Mode {
        name,
        strike: Strike::Call(fault),
        ends,
    };
    let made = |name, fault| call(name, fault, &[End::Made]);
    let not_made = |name, fault| call(name, fault, &[End::NotMade]);
    let rejected = |name, fault| call(name, fault, &[End::Rejected]);
    let status = |status: u16, processed: bool| json!({ "fault": "status", "status": status, "processed": processed });
    let way = |name, trouble, ends| Mode {
        name,
        strike: Strike::Way(trouble),
        ends,
    };
    // Longer than anybody waits for an answer.
    let hang = scaled(60_000);
    vec![
        // The way there.
        way(
            "connect refused",
            Trouble {
                refuse: true,
                ..Trouble::default()
            },
            &[End::NotSent],
        ),
        Mode {
            name: "DNS fails",
            strike: Strike::Address(Nowhere::NoName),
            ends: &[End::NotSent],
        },
        Mode {
            name: "TLS fails",
            strike: Strike::Address(Nowhere::NoTls),
            ends: &[End::NotSent],
        },
        way(
            "reset before the request",
            Trouble {
                reset_after_up: Some(0),
                ..Trouble::default()
            },
            &[End::NotSent],
        ),
        way(
            "blackhole",
            Trouble {
                blackhole: true,
                ..Trouble::default()
            },
            &[End::NotSent],
        ),
        way(
            "late by 100 ms each way",
            Trouble {
                delay: Duration::from_millis(100),
                ..Trouble::default()
            },
            &[End::Issued],
        ),
        way(
            "4 kB a second",
            Trouble {
                throttle: Some(4_000),
                ..Trouble::default()
            },
            &[End::Issued],
        ),
        way(
            "reset within every answer",
            Trouble {
                reset_after_down: Some(150),
                ..Trouble::default()
            },
            &[End::NotSent],
        ),
        Mode {
            name: "cut while it is under way",
            strike: Strike::Cut(Duration::from_millis(40)),
            ends: &[End::NotSent, End::Made, End::NotMade, End::Issued],
        },
        // The call.
        not_made("accepted and closed", json!({ "fault": "accept_close" })),
        not_made("reset within the request", json!({ "fault": "reset_mid" })),
        not_made(
            "reset after the request",
            json!({ "fault": "reset_before" }),
        ),
        not_made("timeout", json!({ "fault": "hang_before", "hangMs": hang })),
        not_made("500", status(500, false)),
        not_made("307", json!({ "fault": "redirect" })),
        rejected(
            "409",
            json!({ "fault": "status", "status": 409, "errorCode": "CONFLICT" }),
        ),
        rejected("429", json!({ "fault": "rate_limited", "retryAfter": 1 })),
        Mode {
            name: "401, token expired",
            strike: Strike::CallAlone(json!({ "fault": "expired_token" })),
            ends: &[End::Rejected],
        },
        made("processed, reset", json!({ "fault": "reset_after" })),
        made(
            "processed, reset within the answer",
            json!({ "fault": "reset_mid_answer" }),
        ),
        made("processed, closed", json!({ "fault": "lost_answer" })),
        made(
            "processed, timeout",
            json!({ "fault": "hang_after", "hangMs": hang }),
        ),
        made("processed, 500", status(500, true)),
        made("processed, 502", status(502, true)),
        made("processed, 503", status(503, true)),
        made("processed, 504", status(504, true)),
        made("200, empty", json!({ "fault": "empty" })),
        made("200, a web page", json!({ "fault": "html" })),
        made("200, half a PEM", json!({ "fault": "truncated_pem" })),
        made("200, the key alone", json!({ "fault": "key_only" })),
        made(
            "200, the certificate alone",
            json!({ "fault": "certificate_only" }),
        ),
        made("200, somebody else's name", json!({ "fault": "wrong_cn" })),
        made(
            "200, two certificates",
            json!({ "fault": "two_certificates" }),
        ),
        made("200, a foreign key", json!({ "fault": "foreign_key" })),
        made("200, a byte a second", json!({ "fault": "slow" })),
        made("200, 10 MB", json!({ "fault": "huge_body" })),
        made(
            "reset, made 20 s later",
            json!({ "fault": "late_commit", "afterMs": scaled(20_000) }),
        ),
        made(
            "processed, reset, listed 30 s later",
            json!({ "fault": "reset_after", "listLagMs": scaled(30_000) }),
        ),
        // After everybody has stopped waiting for the answer, and before it may be said that nothing was made.
        made(
            "reset, made 2 min later",
            json!({ "fault": "late_commit", "afterMs": scaled(120_000) }),
        ),
        made(
            "processed, reset, listed 4 min later",
            json!({ "fault": "reset_after", "listLagMs": scaled(240_000) }),
        ),
        call(
            "listed 30 s later",
            json!({ "fault": "list_lag", "listLagMs": scaled(30_000) }),
            &[End::Issued],
        ),
        // The list before.
        Mode {
            name: "pages that contradict each other",
            strike: Strike::List(json!({ "fault": "unstable_paging", "count": 20 })),
            ends: &[End::Issued, End::NotSent],
        },
        Mode {
            name: "503 before the call",
            strike: Strike::List(json!({ "fault": "status", "status": 503, "count": 20 })),
            ends: &[End::NotSent],
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_has_a_name_of_its_own() {
        let modes = modes(10);
        let mut names: Vec<_> = modes.iter().map(|mode| mode.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), modes.len());
        assert!(modes.len() >= 24, "the modes of the goals");
    }
}
