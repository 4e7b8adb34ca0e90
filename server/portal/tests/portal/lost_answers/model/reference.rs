//! Where a request stands, as simply as it can be said.

use std::collections::BTreeSet;

use portal::model::{Origin, RequestState, Serial};
use time::{Duration, OffsetDateTime};

/// A certificate at Atlas.
#[derive(Clone, Debug)]
pub(super) struct Certificate {
    pub(super) serial: Serial,
    pub(super) made_at: OffsetDateTime,
    /// The attempt whose call made it.
    pub(super) maker: Option<usize>,
    /// It is what the request asks for.
    pub(super) fits: bool,
    pub(super) listed: bool,
    /// How the log explains it.
    pub(super) origin: Option<Origin>,
    /// Somebody has said what it is.
    pub(super) said: bool,
}

/// What is open about the last attempt.
#[derive(Clone, Debug)]
pub(super) struct Open {
    pub(super) attempt: usize,
    pub(super) baseline: BTreeSet<Serial>,
    pub(super) started_at: OffsetDateTime,
    pub(super) next_poll: OffsetDateTime,
    /// What security decides over.
    pub(super) candidates: Option<BTreeSet<Serial>>,
}

/// One request, and the certificates of its database user.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    pub(super) state: RequestState,
    pub(super) until: OffsetDateTime,
    pub(super) certificates: Vec<Certificate>,
    pub(super) open: Option<Open>,
    pub(super) attempts: usize,
    /// Calls that count: all but those not sent.
    pub(super) tries: usize,
    pub(super) calls: usize,
    pub(super) refused: usize,
    pub(super) not_issued: usize,
    /// Atlas listed something only after the window: nobody can promise anything then.
    pub(super) atlas_was_late: bool,
}

const ANSWERED_WITHIN: Duration = Duration::seconds(50);
const WINDOW: Duration = Duration::minutes(10);

/// When a list is read next.
pub(super) fn next_poll(started_at: OffsetDateTime, now: OffsetDateTime) -> OffsetDateTime {
    let deadline = started_at + ANSWERED_WITHIN;
    [2, 10, 30, 120, 300, 600]
        .into_iter()
        .map(|seconds| deadline + Duration::seconds(seconds))
        .find(|at| *at > now)
        .unwrap_or(now + Duration::minutes(15))
}

impl Reference {
    pub(super) fn approved(until: OffsetDateTime) -> Self {
        Self {
            state: RequestState::Approved,
            until,
            certificates: Vec::new(),
            open: None,
            attempts: 0,
            tries: 0,
            calls: 0,
            refused: 0,
            not_issued: 0,
            atlas_was_late: false,
        }
    }

    pub(super) fn listed(&self) -> BTreeSet<Serial> {
        let listed = self.certificates.iter().filter(|one| one.listed);
        listed.map(|one| one.serial).collect()
    }

    /// A reading: what is nobody's becomes unexplained.
    pub(super) fn sweep(&mut self) {
        let open = self.open.clone();
        for one in self
            .certificates
            .iter_mut()
            .filter(|one| one.listed && one.origin.is_none())
        {
            let left_alone = open.as_ref().is_some_and(|open| match &open.candidates {
                Some(candidates) => candidates.contains(&one.serial),
                None => one.fits && is_new(open, one),
            });
            if !left_alone {
                one.origin = Some(Origin::Unexplained);
            }
        }
    }

    /// The answer of the last attempt is lost.
    pub(super) fn lose(&mut self, baseline: BTreeSet<Serial>, now: OffsetDateTime) {
        self.state = RequestState::Unknown;
        self.open = Some(Open {
            attempt: self.attempts,
            baseline,
            started_at: now,
            next_poll: next_poll(now, now),
            candidates: None,
        });
    }

    /// Whether a list is due.
    pub(super) fn is_due(&self, now: OffsetDateTime) -> bool {
        let open = self.open.as_ref();
        open.is_some_and(|open| open.candidates.is_none() && open.next_poll <= now)
    }

    /// A list is read for the attempt, and says what it says.
    pub(super) fn reconcile(&mut self, now: OffsetDateTime) {
        self.sweep();
        let mut open = self.open.take().expect("it is due");
        open.next_poll = next_poll(open.started_at, now);
        let new = |one: &&mut Certificate| one.listed && is_new(&open, one);
        let mut own: Vec<_> = self
            .certificates
            .iter_mut()
            .filter(new)
            .filter(|one| one.origin.is_none() && one.fits)
            .collect();
        if let [one] = own.as_mut_slice() {
            one.origin = Some(Origin::Lost);
            self.state = RequestState::Lost;
            return;
        }
        let mut candidates: BTreeSet<Serial> = own.iter().map(|one| one.serial).collect();
        let window_over = now >= open.started_at + ANSWERED_WITHIN + WINDOW;
        if candidates.is_empty() && window_over {
            candidates = self
                .certificates
                .iter_mut()
                .filter(|one| one.listed && !open.baseline.contains(&one.serial))
                .filter(|one| one.origin == Some(Origin::Unexplained))
                .map(|one| one.serial)
                .collect();
            if candidates.is_empty() {
                return self.nothing_made(open.attempt);
            }
        }
        if !candidates.is_empty() {
            self.state = RequestState::Ambiguous;
            open.candidates = Some(candidates);
        }
        self.open = Some(open);
    }

    /// Security finds out the truth. The certificate, if it is one of those it decides over.
    pub(super) fn resolve(&mut self) -> Option<Serial> {
        let open = self.open.take().expect("it is ambiguous");
        let candidates = open.candidates.expect("it is ambiguous");
        let mut made = None;
        for one in &mut self.certificates {
            if !candidates.contains(&one.serial) {
                continue;
            }
            if one.maker == Some(open.attempt) {
                made = Some(one.serial);
                one.said |= one.origin.is_some();
                one.origin.get_or_insert(Origin::Lost);
            } else {
                one.origin.get_or_insert(Origin::Unexplained);
            }
        }
        if made.is_some() {
            self.state = RequestState::Lost;
        } else {
            self.nothing_made(open.attempt);
        }
        made
    }

    fn nothing_made(&mut self, attempt: usize) {
        self.atlas_was_late |= self
            .certificates
            .iter()
            .any(|one| one.maker == Some(attempt));
        self.state = if self.not_issued == 0 {
            RequestState::Approved
        } else {
            RequestState::Failed
        };
        self.not_issued += 1;
    }

    /// Which promise is broken, if one is.
    pub(super) fn broken_promise(&self) -> Option<&'static str> {
        let own = self.certificates.iter().filter(|one| one.maker.is_some());
        if own.count() > 1 && !self.atlas_was_late {
            Some("two certificates for one approval")
        } else if self.calls > 1 + self.refused + self.not_issued {
            Some("a second call")
        } else {
            None
        }
    }
}

fn is_new(open: &Open, one: &Certificate) -> bool {
    !open.baseline.contains(&one.serial) && one.made_at >= open.started_at - Duration::minutes(2)
}
