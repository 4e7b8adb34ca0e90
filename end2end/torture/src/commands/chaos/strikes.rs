//! What is struck.

use std::{fmt, time::Duration};

use anyhow::Result;
use rand::{RngExt as _, rngs::StdRng};
use serde_json::json;
use tokio::time::Instant;

use crate::{
    arena::{Arena, Jobs},
    proxy::Trouble,
    report::Tally,
};

/// Which way out of a portal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Atlas,
    Database,
}

/// One strike; a portal by its number.
#[derive(Clone, Debug)]
pub(super) enum Strike {
    /// `kill -9`, and started again after a while.
    Kill(usize, Duration),
    /// Frozen for a while.
    Freeze(usize, Duration),
    /// Postgres ends some of the portals' connections.
    EndConnections(i64),
    /// Postgres ends as in a crash, and starts again.
    CrashPostgres,
    /// Every connection on a way is reset.
    Cut(usize, Way),
    /// A way is in trouble for a while.
    Trouble(usize, Way, Trouble, Duration),
    /// The next calls that make certificates go wrong at Atlas.
    SpoilCalls(&'static str),
    /// Somebody makes a certificate behind the portal's back.
    MakeBehind,
}

/// Faults at Atlas, all of which may strike any call.
const FAULTS: [&str; 7] = [
    "reset_after",
    "reset_before",
    "lost_answer",
    "status",
    "rate_limited",
    "truncated_pem",
    "late_commit",
];

impl Strike {
    /// What the seed says comes next.
    pub(super) fn choose(random: &mut StdRng) -> Self {
        let portal = random.random_range(0..2);
        let way = if random.random_bool(0.5) {
            Way::Atlas
        } else {
            Way::Database
        };
        let a_while = Duration::from_millis(random.random_range(100..4_000));
        match random.random_range(0..100) {
            0..25 => Self::Kill(portal, Duration::from_millis(random.random_range(0..2_000))),
            25..40 => {
                // Mostly short; now and then longer than a call may wait before it is sent.
                let longest = if random.random_bool(0.2) {
                    20_000
                } else {
                    3_000
                };
                Self::Freeze(
                    portal,
                    Duration::from_millis(random.random_range(100..longest)),
                )
            }
            40..52 => Self::EndConnections(random.random_range(1..20)),
            52..60 => Self::CrashPostgres,
            60..70 => Self::Cut(portal, way),
            70..78 => {
                let trouble = Trouble {
                    blackhole: true,
                    ..Trouble::default()
                };
                Self::Trouble(portal, way, trouble, a_while)
            }
            78..84 => {
                let trouble = Trouble {
                    delay: Duration::from_millis(random.random_range(20..200)),
                    ..Trouble::default()
                };
                Self::Trouble(portal, way, trouble, a_while)
            }
            84..90 => {
                let trouble = Trouble {
                    refuse: true,
                    ..Trouble::default()
                };
                Self::Trouble(portal, way, trouble, a_while)
            }
            90..97 => Self::SpoilCalls(FAULTS[random.random_range(0..FAULTS.len())]),
            _ => Self::MakeBehind,
        }
    }

    /// Without figures, for counting.
    fn kind(&self) -> &'static str {
        match self {
            Self::Kill(..) => "kill -9",
            Self::Freeze(..) => "freeze",
            Self::EndConnections(_) => "connections ended",
            Self::CrashPostgres => "Postgres crashed",
            Self::Cut(_, Way::Atlas) => "way to Atlas cut",
            Self::Cut(_, Way::Database) => "way to Postgres cut",
            Self::Trouble(_, Way::Atlas, ..) => "way to Atlas in trouble",
            Self::Trouble(_, Way::Database, ..) => "way to Postgres in trouble",
            Self::SpoilCalls(_) => "calls spoiled",
            Self::MakeBehind => "made behind the back",
        }
    }
}

impl fmt::Display for Strike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |portal: &usize| if *portal == 0 { "a" } else { "b" };
        match self {
            Self::Kill(portal, down) => {
                write!(
                    f,
                    "kill -9 {}, down for {} ms",
                    name(portal),
                    down.as_millis()
                )
            }
            Self::Freeze(portal, time) => {
                write!(f, "freeze {} for {} ms", name(portal), time.as_millis())
            }
            Self::EndConnections(most) => write!(f, "Postgres ends {most} connections"),
            Self::CrashPostgres => f.write_str("Postgres crashes and starts again"),
            Self::Cut(portal, way) => write!(f, "cut {} from {way:?}", name(portal)),
            Self::Trouble(portal, way, trouble, time) => {
                let what = if trouble.blackhole {
                    "a blackhole".to_owned()
                } else if trouble.refuse {
                    "refusals".to_owned()
                } else {
                    format!("{} ms of delay", trouble.delay.as_millis())
                };
                let time = time.as_millis();
                write!(
                    f,
                    "{what} between {} and {way:?} for {time} ms",
                    name(portal)
                )
            }
            Self::SpoilCalls(fault) => write!(f, "the next calls at Atlas: {fault}"),
            Self::MakeBehind => f.write_str("a certificate is made behind the portal's back"),
        }
    }
}

/// How something that was struck is put right.
#[derive(Clone, Copy, Debug)]
enum Ending {
    Start(usize),
    Thaw(usize),
    Heal(usize, Way),
}

/// What was struck so far, and what is still to be put right.
#[derive(Default)]
pub(super) struct Struck {
    /// Counts.
    pub(super) tally: Tally,
    /// Portals that ended although nobody killed them.
    pub(super) ended_by_themselves: usize,
    due: Vec<(Instant, Ending)>,
}

impl Struck {
    /// Strikes.
    pub(super) async fn strike(&mut self, arena: &mut Arena, strike: &Strike) -> Result<()> {
        self.tally.count(strike.kind());
        let now = Instant::now();
        match strike {
            Strike::Kill(portal, down) => {
                arena.replicas[*portal].kill()?;
                self.due.push((now + *down, Ending::Start(*portal)));
            }
            Strike::Freeze(portal, time) => {
                arena.replicas[*portal].freeze();
                self.due.push((now + *time, Ending::Thaw(*portal)));
            }
            Strike::EndConnections(most) => {
                arena.database.end_connections(*most).await?;
            }
            Strike::CrashPostgres => arena.crash_postgres()?,
            Strike::Cut(portal, way) => proxy(arena, *portal, *way).cut(),
            Strike::Trouble(portal, way, trouble, time) => {
                proxy(arena, *portal, *way).set(*trouble);
                self.due.push((now + *time, Ending::Heal(*portal, *way)));
            }
            Strike::SpoilCalls(fault) => {
                let fault = json!({ "fault": fault, "count": 2, "afterMs": 3_000 });
                arena.atlas.spoil_any_certificate(&fault).await?;
            }
            Strike::MakeBehind => arena.atlas.make_behind(&arena.users.aside()).await?,
        }
        Ok(())
    }

    /// Puts right what is due, and starts again whoever ended.
    pub(super) fn end_due(&mut self, arena: &mut Arena) -> Result<()> {
        let now = Instant::now();
        let (due, later): (Vec<_>, Vec<_>) = self.due.drain(..).partition(|(at, _)| *at <= now);
        self.due = later;
        due.into_iter()
            .try_for_each(|(_, ending)| end(arena, ending))?;
        let waits = |portal: usize, due: &[(Instant, Ending)]| {
            due.iter()
                .any(|(_, ending)| matches!(ending, Ending::Start(one) if *one == portal))
        };
        for portal in 0..arena.replicas.len() {
            if !arena.replicas[portal].runs() && !waits(portal, &self.due) {
                if let Some(status) = arena.replicas[portal].ended()? {
                    println!("          portal {portal} ended by itself: {status}");
                    self.ended_by_themselves += 1;
                }
                arena.replicas[portal].begin(Jobs::With)?;
            }
        }
        Ok(())
    }

    /// Puts everything right at once.
    pub(super) fn end_all(&mut self, arena: &mut Arena) -> Result<()> {
        for (_, ending) in std::mem::take(&mut self.due) {
            end(arena, ending)?;
        }
        Ok(())
    }
}

fn proxy(arena: &Arena, portal: usize, way: Way) -> &crate::proxy::Proxy {
    match way {
        Way::Atlas => &arena.replicas[portal].to_atlas,
        Way::Database => &arena.replicas[portal].to_database,
    }
}

fn end(arena: &mut Arena, ending: Ending) -> Result<()> {
    match ending {
        Ending::Start(portal) => {
            if !arena.replicas[portal].runs() {
                arena.replicas[portal].begin(Jobs::With)?;
            }
        }
        Ending::Thaw(portal) => arena.replicas[portal].thaw(),
        Ending::Heal(portal, way) => proxy(arena, portal, way).heal(),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;

    use super::*;

    #[test]
    fn the_same_seed_strikes_the_same() {
        let strikes = |seed| -> Vec<String> {
            let mut random = StdRng::seed_from_u64(seed);
            (0..50)
                .map(|_| Strike::choose(&mut random).to_string())
                .collect()
        };
        assert_eq!(strikes(7), strikes(7));
        assert_ne!(strikes(7), strikes(8));
    }
}
