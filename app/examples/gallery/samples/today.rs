//! Made-up first pages.

#[expect(
    clippy::wildcard_imports,
    reason = "samples are made of the other samples"
)]
use super::*;

pub fn today() -> Today {
    let mut waiting = request(14, "etl-nightly", lake(), RequestState::Submitted, dana());
    waiting.until = None;
    Today {
        to_approve: vec![
            request(
                11,
                "refunds-worker",
                payments(),
                RequestState::Submitted,
                person(2, "Devon Park"),
            ),
            request(
                12,
                "ledger-batch",
                payments(),
                RequestState::Submitted,
                person(3, "Ines Duarte"),
            ),
        ],
        changes_to_approve: change_lists::waiting(),
        changes: change_lists::recent(),
        to_issue: Vec::new(),
        to_collect: vec![request(
            10,
            "orders-api",
            payments(),
            RequestState::Ready,
            dana(),
        )],
        unsettled: Vec::new(),
        to_resolve: Vec::new(),
        waiting: vec![waiting],
        ending_soon: rows().drain(..3).collect(),
        unexplained: Vec::new(),
        refused_pickups: Vec::new(),
        checked_at: Some(ago(Duration::seconds(12))),
        now: NOW,
    }
}

pub fn all_clear() -> Today {
    Today {
        to_approve: Vec::new(),
        changes_to_approve: Vec::new(),
        changes: Vec::new(),
        to_issue: Vec::new(),
        to_collect: Vec::new(),
        unsettled: Vec::new(),
        to_resolve: Vec::new(),
        waiting: Vec::new(),
        ending_soon: Vec::new(),
        unexplained: Vec::new(),
        refused_pickups: Vec::new(),
        checked_at: Some(ago(Duration::seconds(12))),
        now: NOW,
    }
}

/// What security sees when keys were reached for.
pub fn security() -> Today {
    let refused = |number: i64, minutes: i64, who: &str, why: PickupRefusal| {
        let why = why.to_string();
        let actor = ActorName::Person(person(u128::from(number.unsigned_abs()), who));
        let mut last = event(
            1200 + number,
            minutes,
            actor,
            Event::CertPickupRefused { why },
            None,
        );
        last.username = Some(username("orders-api"));
        last.project = Some(payments());
        last
    };
    Today {
        refused_pickups: vec![
            RefusedPickup {
                last: refused(2, 6, "Devon Park", PickupRefusal::OtherPerson),
                times: 4,
            },
            RefusedPickup {
                last: refused(1, 190, "Ines Duarte", PickupRefusal::WrongSecret),
                times: 1,
            },
        ],
        ..all_clear()
    }
}
