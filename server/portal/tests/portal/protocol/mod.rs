//! The protocol of issuance in small, explored whole: two replicas, their reconcilers and sweeps, a person
//! who clicks, and one approval, in every order in which their steps can come.
//!
//! The steps are those of docs/issuance.md, written down once more and not taken from the code: a step is
//! what is atomic there, one transaction or one request. What Atlas is trusted with is written down, too
//! (`steps::time`): whatever a call makes is listed before the settle window is over. And one window stays
//! open: between the last look at clock and fence and the first byte there is no step.

mod explore;
mod steps;
mod world;

use self::{
    explore::explore,
    world::{Bounds, Rules, Setting, World},
};

/// Everything by the rules.
const RULES: Rules = Rules {
    start_checked: true,
    fence_checked: true,
    window_awaited: true,
    others_in_the_way: true,
    own_spared: true,
    given_back_once: true,
};

/// What troubles come in one run, so that each takes seconds.
const BOUNDS: [(bool, Bounds); 3] = [
    (
        true,
        Bounds {
            clicks: 2,
            kills: 1,
            cuts: 1,
            strangers: 0,
            sweeps: 0,
        },
    ),
    (
        true,
        Bounds {
            clicks: 2,
            kills: 0,
            cuts: 0,
            strangers: 1,
            sweeps: 1,
        },
    ),
    (
        false,
        Bounds {
            clicks: 2,
            kills: 0,
            cuts: 0,
            strangers: 1,
            sweeps: 0,
        },
    ),
];

/// All of them in one, which takes minutes: 16 million states.
const WHOLE: Bounds = Bounds {
    clicks: 2,
    kills: 1,
    cuts: 1,
    strangers: 1,
    sweeps: 1,
};

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "how long to search is no configuration of the portal"
)]
fn in_every_order_of_steps_the_promises_hold() {
    let bounds = match std::env::var("CERTDESK_TEST_WHOLE_PROTOCOL") {
        Ok(_) => vec![(true, WHOLE), (false, WHOLE)],
        Err(_) => BOUNDS.to_vec(),
    };
    let (mut states, mut ends) = (0, 0);
    for (stranger_matches, bounds) in bounds {
        let setting = Setting {
            rules: RULES,
            stranger_matches,
        };
        let explored = explore(setting, World::new(bounds));
        assert_eq!(explored.broken, None, "{:#?}", explored.way);
        let way = &explored.way;
        assert_eq!(explored.stuck, None, "somebody waits for ever: {way:#?}");
        states += explored.states;
        ends += explored.ends;
    }
    assert!(
        states > 500_000 && ends > 0,
        "{states} states, {ends} of them ends: that is not everything"
    );
}

/// What would break if a rule were left out: whoever thinks one superfluous can read it here.
#[test]
fn without_any_of_its_rules_a_promise_breaks() {
    let without: [(&str, u8, u8, Rules); 6] = [
        (
            "P2: a call that was not on record",
            1,
            0,
            Rules {
                start_checked: false,
                ..RULES
            },
        ),
        (
            "P1: two certificates",
            1,
            0,
            Rules {
                fence_checked: false,
                ..RULES
            },
        ),
        (
            "P1: two certificates",
            0,
            0,
            Rules {
                window_awaited: false,
                ..RULES
            },
        ),
        (
            "P1: two certificates",
            0,
            0,
            Rules {
                others_in_the_way: false,
                ..RULES
            },
        ),
        (
            "P3: explained twice",
            0,
            1,
            Rules {
                own_spared: false,
                ..RULES
            },
        ),
        (
            "P1: given back twice",
            0,
            0,
            Rules {
                given_back_once: false,
                ..RULES
            },
        ),
    ];
    // With the troubles it takes: connections that break, and readings.
    for (promise, cuts, sweeps, rules) in without {
        let setting = Setting {
            rules,
            stranger_matches: true,
        };
        let bounds = Bounds {
            clicks: 2,
            kills: 0,
            cuts,
            strangers: 0,
            sweeps,
        };
        let explored = explore(setting, World::new(bounds));
        let way = &explored.way;
        assert_eq!(explored.broken, Some(promise), "{rules:?}: {way:#?}");
    }
}
