//! Telling a story to the portal and to the model at once.

use std::{collections::BTreeMap, fmt::Write as _};

use portal::{
    Actor, Error,
    atlas::{NextCreate, UnknownClass, WhyNotSent},
    certificates,
    clock::Clock as _,
    model::{
        CertificateId, GroupId, NewRequest, Origin, Refusal, RefusalReason, RequestId,
        RequestState, Serial, Username, Verdict,
    },
    requests,
    testing::{PAYMENTS, TestPortal, parse},
};
use proptest::prelude::*;
use time::Duration;

use super::reference::{Certificate, Reference, next_poll};

/// What can happen.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// The requester clicks, and that is what comes of the call.
    Click(Coming),
    /// So many seconds pass.
    Wait(i64),
    /// Whoever finds out looks, on one of two replicas.
    Reconcile(bool),
    /// The same, while Atlas is away.
    ReconcileAway,
    /// A reading of all lists.
    Sweep,
    /// Somebody else makes a certificate, for as long as was asked for or not.
    Stranger(bool),
    /// Atlas lists what it has not listed yet.
    Reveal,
    /// Security says what is true.
    Resolve,
    /// An owner says what one of the unexplained is.
    Explain,
    /// Requests and keys that have waited long enough.
    Timers,
}

/// What comes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coming {
    Certificate,
    Refusal,
    NoConnection,
    NothingAndSilence,
    CertificateAndSilence,
    LateCertificateAndSilence,
    OddCertificate,
    Garbage,
}

impl Arbitrary for Step {
    type Parameters = ();
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with((): ()) -> Self::Strategy {
        let coming = prop_oneof![
            2 => Just(Coming::Certificate),
            2 => Just(Coming::Refusal),
            1 => Just(Coming::NoConnection),
            4 => Just(Coming::NothingAndSilence),
            3 => Just(Coming::CertificateAndSilence),
            2 => Just(Coming::LateCertificateAndSilence),
            1 => Just(Coming::OddCertificate),
            1 => Just(Coming::Garbage),
        ];
        prop_oneof![
            5 => coming.prop_map(Self::Click),
            4 => prop_oneof![Just(20), Just(55), Just(200), Just(660), Just(1000)].prop_map(Self::Wait),
            5 => any::<bool>().prop_map(Self::Reconcile),
            1 => Just(Self::ReconcileAway),
            2 => Just(Self::Sweep),
            1 => any::<bool>().prop_map(Self::Stranger),
            1 => Just(Self::Reveal),
            2 => Just(Self::Resolve),
            1 => Just(Self::Explain),
            1 => Just(Self::Timers),
        ]
        .boxed()
    }
}

/// A story in lines.
pub(super) fn told(story: &[Step]) -> String {
    let mut text = String::from("The shortest story that goes wrong:\n");
    for step in story {
        writeln!(text, "  {step:?}").expect("a string takes any text");
    }
    text
}

fn payments() -> GroupId {
    parse(PAYMENTS)
}

/// A project without users.
pub(super) async fn prepare(test: &TestPortal) {
    test.atlas.add_project(&payments(), "Payments prod");
    portal::projects::sync(&test.portal)
        .await
        .expect("an Atlas that answers");
}

struct Telling<'a> {
    test: &'a TestPortal,
    replica: portal::Portal,
    username: Username,
    id: RequestId,
    model: Reference,
    calls_before: usize,
}

/// Tells one story, with a database user of its own; what goes wrong, if something does.
pub(super) async fn tell(test: &TestPortal, number: usize, story: &[Step]) -> Result<(), String> {
    // Lost answers of the story before are old by now.
    test.clock.advance(Duration::minutes(20));
    let username: Username = parse(&format!("worker-{number}"));
    test.atlas.add_managed_user(&payments(), &username);
    portal::projects::sync(&test.portal)
        .await
        .expect("an Atlas that answers");
    certificates::sync(&test.portal)
        .await
        .expect("an Atlas that answers");
    let (dana, olga) = (test.dana().await, test.olga().await);
    let wish = NewRequest {
        project: payments(),
        username: username.clone(),
        months: parse("3"),
        reason: parse("Rotation before the freeze, PAY-2291"),
    };
    let id = requests::submit(&test.portal, &dana, wish)
        .await
        .expect("a request");
    test.approve(&olga, id).await;
    let until = test.clock.now() + Duration::hours(72);
    let mut telling = Telling {
        test,
        replica: test.replica(),
        username,
        id,
        model: Reference::approved(until),
        calls_before: test.atlas.creates().len(),
    };
    let mut outcome = Ok(());
    for (place, step) in story.iter().enumerate() {
        telling.take(*step).await;
        outcome = telling.compare().await;
        if let Err(failure) = &outcome {
            outcome = Err(format!("after step {place}, {step:?}: {failure}"));
            break;
        }
    }
    if outcome.is_ok() {
        telling.end().await;
        outcome = telling.compare().await;
    }
    if outcome.is_ok() {
        outcome = telling.judge().await;
    }
    // Nobody reads this user any more.
    test.atlas.remove_user(&payments(), &telling.username);
    portal::projects::sync(&test.portal)
        .await
        .expect("an Atlas that answers");
    outcome
}

impl Telling<'_> {
    async fn take(&mut self, step: Step) {
        let now = self.test.clock.now();
        match step {
            Step::Click(coming) => self.click(coming).await,
            Step::Wait(seconds) => self.test.clock.advance(Duration::seconds(seconds)),
            Step::Reconcile(here) => {
                let portal = if here {
                    &self.test.portal
                } else {
                    &self.replica
                };
                certificates::reconcile(portal)
                    .await
                    .expect("Atlas answers");
                if self.model.is_due(now) {
                    self.model.reconcile(now);
                }
            }
            Step::ReconcileAway => {
                self.test.atlas.set_unreachable(true);
                let looked = certificates::reconcile(&self.test.portal).await;
                self.test.atlas.set_unreachable(false);
                let due = self.model.is_due(now);
                assert_eq!(looked.is_err(), due, "{looked:?}");
                if let Some(open) = self.model.open.as_mut().filter(|_| due) {
                    open.next_poll = next_poll(open.started_at, now);
                }
            }
            Step::Sweep => {
                certificates::sync(&self.test.portal)
                    .await
                    .expect("Atlas answers");
                self.model.sweep();
            }
            Step::Stranger(fits) => {
                let months = parse(if fits { "3" } else { "6" });
                let made = self
                    .test
                    .atlas
                    .make_certificate(&payments(), &self.username, months);
                self.made(made.serial, None, fits, true);
            }
            Step::Reveal => self.reveal(),
            Step::Resolve => self.resolve().await,
            Step::Explain => self.explain().await,
            Step::Timers => self.timers().await,
        }
    }

    fn made(&mut self, serial: Serial, maker: Option<usize>, fits: bool, listed: bool) {
        self.model.certificates.push(Certificate {
            serial,
            made_at: self.test.clock.now(),
            maker,
            fits,
            listed,
            origin: None,
            said: false,
        });
    }

    async fn click(&mut self, coming: Coming) {
        let now = self.test.clock.now();
        let dana = self.test.dana().await;
        self.test.atlas.next_create(next_create(coming));
        let begun = certificates::issue(&self.test.portal, &dana, self.id).await;
        self.test.tasks_done().await;
        let allowed = self.model.state == RequestState::Approved && now < self.model.until;
        assert_eq!(matches!(begun, Ok(Some(_))), allowed, "{:?}", begun.err());
        if !allowed {
            // Nobody has taken what was to come.
            self.test.atlas.forget_next_create();
            return;
        }
        let baseline = self.model.listed();
        let model = &mut self.model;
        model.attempts += 1;
        model.tries += 1;
        model.calls += usize::from(coming != Coming::NoConnection);
        let attempt = model.attempts;
        let serial = self
            .test
            .atlas
            .made(&payments(), &self.username)
            .last()
            .map(|made| made.serial)
            .filter(|serial| {
                self.model
                    .certificates
                    .iter()
                    .all(|one| one.serial != *serial)
            });
        if let Some(serial) = serial {
            let (fits, listed) = (
                coming != Coming::OddCertificate,
                coming != Coming::LateCertificateAndSilence,
            );
            self.made(serial, Some(attempt), fits, listed);
        }
        let model = &mut self.model;
        match coming {
            Coming::Certificate => {
                model.state = RequestState::Ready;
                model.until = now + certificates::PICKUP_FOR;
                let own = model.certificates.last_mut().expect("it was made");
                own.origin = Some(Origin::Portal);
            }
            Coming::NoConnection => model.tries -= 1,
            Coming::Refusal => {
                model.refused += 1;
                if model.tries >= 3 {
                    model.state = RequestState::Failed;
                }
            }
            _ => model.lose(baseline, now),
        }
    }

    fn reveal(&mut self) {
        for one in &mut self.model.certificates {
            self.test.atlas.hide_certificate(one.serial, false);
            one.listed = true;
        }
    }

    async fn resolve(&mut self) {
        let sam = self.test.sam().await;
        let reason = parse("Asked the team, see SEC-114");
        if self.model.state != RequestState::Ambiguous {
            let resolved = certificates::resolve(
                &self.test.portal,
                &sam,
                self.id,
                Verdict::NothingMade,
                &reason,
            )
            .await;
            assert!(matches!(resolved, Err(Error::Conflict(_))), "{resolved:?}");
            return;
        }
        let verdict = self
            .model
            .resolve()
            .map_or(Verdict::NothingMade, Verdict::Lost);
        certificates::resolve(&self.test.portal, &sam, self.id, verdict, &reason)
            .await
            .expect("security may");
    }

    async fn explain(&mut self) {
        let odd = self
            .model
            .certificates
            .iter_mut()
            .find(|one| one.origin == Some(Origin::Unexplained) && !one.said);
        let Some(odd) = odd else { return };
        let id = sqlx::query_scalar("select id from certificate where serial = $1")
            .bind(odd.serial.0)
            .fetch_one(&self.test.portal.pool)
            .await
            .expect("on record");
        let olga: Actor = self.test.olga().await;
        let reason = parse("Made by hand during the outage");
        certificates::explain(&self.test.portal, &olga, CertificateId(id), &reason)
            .await
            .expect("an owner may");
        odd.said = true;
    }

    async fn timers(&mut self) {
        requests::expire_due(&self.test.portal).await.expect("done");
        certificates::end_pickups(&self.test.portal)
            .await
            .expect("done");
        certificates::settle_unattended(&self.test.portal)
            .await
            .expect("done");
        if self.test.clock.now() >= self.model.until {
            self.model.state = match self.model.state {
                RequestState::Approved => RequestState::Expired,
                RequestState::Ready => RequestState::Uncollected,
                state => state,
            };
        }
    }

    /// Lets everything come to its end.
    async fn end(&mut self) {
        self.reveal();
        while self.model.open.is_some() {
            self.test.clock.advance(Duration::minutes(16));
            self.take(Step::Reconcile(true)).await;
            if self.model.state == RequestState::Ambiguous {
                self.take(Step::Resolve).await;
            }
        }
        self.take(Step::Sweep).await;
    }

    /// Whether the portal stands where the model does.
    async fn compare(&self) -> Result<(), String> {
        let state: String = sqlx::query_scalar("select state from request where id = $1")
            .bind(self.id.0)
            .fetch_one(&self.test.portal.pool)
            .await
            .expect("a request");
        if state != self.model.state.to_string() {
            return Err(format!("it is {state}, and should be {}", self.model.state));
        }
        let rows: Vec<(i64, String, bool)> = sqlx::query_as(
            "select c.serial, c.origin, e.id is not null from certificate c left join explanation e on e.id = c.id
             where c.username = $1",
        )
        .bind(self.username.as_str())
        .fetch_all(&self.test.portal.pool)
        .await
        .expect("certificates");
        let recorded: BTreeMap<Serial, (Origin, bool)> = rows
            .into_iter()
            .map(|(serial, origin, said)| (Serial(serial), (parse(&origin), said)))
            .collect();
        let expected: BTreeMap<Serial, (Origin, bool)> = self
            .model
            .certificates
            .iter()
            .filter_map(|one| Some((one.serial, (one.origin?, one.said))))
            .collect();
        if recorded != expected {
            return Err(format!(
                "on record is {recorded:?}, and should be {expected:?}"
            ));
        }
        match self.model.broken_promise() {
            Some(promise) => Err(promise.to_owned()),
            None => Ok(()),
        }
    }

    /// Whether Atlas and the log agree with the promises.
    async fn judge(&self) -> Result<(), String> {
        let calls = self.test.atlas.creates().len() - self.calls_before;
        let started: i64 = sqlx::query_scalar(
            "select count(*) from audit.entry where type = 'issue.call_started' and request_id = $1",
        )
        .bind(self.id.0)
        .fetch_one(&self.test.portal.pool)
        .await
        .expect("a count");
        if usize::try_from(started) != Ok(calls) {
            return Err(format!("{calls} calls, and {started} of them on record"));
        }
        for made in self.test.atlas.made(&payments(), &self.username) {
            let entries: i64 = sqlx::query_scalar(
                "select count(*) from audit.entry
                 where type in ('cert.issued', 'cert.lost', 'cert.preexisting', 'cert.unexplained')
                    and convert_from(body, 'UTF8')::jsonb #>> '{entry,data,serial}' = $1",
            )
            .bind(made.serial.to_string())
            .fetch_one(&self.test.portal.pool)
            .await
            .expect("a count");
            if entries != 1 {
                return Err(format!("{} is explained {entries} times", made.serial));
            }
        }
        Ok(())
    }
}

fn next_create(coming: Coming) -> NextCreate {
    match coming {
        Coming::Certificate => NextCreate::Succeed,
        Coming::Refusal => NextCreate::Refused(Refusal {
            reason: RefusalReason::TooManyCertificates,
            status: 400,
            code: "ATLAS_GENERATED_CERTS_LIMIT_EXCEEDED".into(),
            retry_after: None,
            retry_at: None,
            address: None,
        }),
        Coming::NoConnection => NextCreate::NotSent(WhyNotSent::Connect),
        Coming::NothingAndSilence => NextCreate::Unknown(UnknownClass::Timeout),
        Coming::CertificateAndSilence => NextCreate::UnknownButMade(UnknownClass::Reset),
        Coming::LateCertificateAndSilence => NextCreate::UnknownButMadeLate(UnknownClass::Timeout),
        Coming::OddCertificate => NextCreate::WrongEnd(Duration::days(10)),
        Coming::Garbage => NextCreate::MalformedPem,
    }
}
