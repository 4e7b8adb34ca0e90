//! The search for keys and secrets where none may be: a dump of the databases, Postgres's files and its
//! log of writes, every log.

mod needles;
mod scan;

use std::path::{Path, PathBuf};

use anyhow::Result;

pub(crate) use self::needles::Needles;
use crate::arena::Arena;

/// Something found where it must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leak {
    /// What.
    pub(crate) what: String,
    /// Where.
    pub(crate) place: String,
}

/// Something that does lie in the database, so that one sees whether the search would find it.
pub(crate) const MARK: &str = "the mark that was left to be found";

/// What was searched, and what was found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Searched {
    /// Files.
    pub(crate) files: usize,
    /// Bytes in them.
    pub(crate) bytes: u64,
    /// Keys and secrets.
    pub(crate) leaks: Vec<Leak>,
    /// Where the mark was found.
    pub(crate) marks: Vec<String>,
}

impl Searched {
    /// Whether the mark was found wherever it has to lie: a search that finds nothing could be blind.
    pub(crate) fn is_sighted(&self) -> bool {
        let in_a_place = |part: &str| self.marks.iter().any(|place| place.contains(part));
        ["dump.sql", "data/base/", "data/pg_wal/"]
            .into_iter()
            .all(in_a_place)
    }
}

/// Searches everything the run has written. Stops the portals and Postgres for it, so that what they
/// held back is written too.
pub(crate) fn search(arena: &mut Arena, needles: &Needles) -> Result<Searched> {
    let dump = arena.path("dump.sql");
    arena.postgres.dump(&dump)?;
    arena.stop_portals();
    arena.postgres.stop();
    let places: [PathBuf; 4] = [
        dump,
        arena.path("logs"),
        arena.path("keys"),
        arena.postgres.data_folder().to_owned(),
    ];
    let mut searched = Searched::default();
    for place in &places {
        let base = place.parent().unwrap_or(Path::new("/"));
        scan::folder(base, place, needles, &mut searched)?;
    }
    Ok(searched)
}
