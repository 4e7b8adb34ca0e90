//! Reading files from end to end.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read as _},
    path::Path,
};

use anyhow::{Context as _, Result};

use super::{Leak, MARK, Needles, Searched};

/// Bytes read at once.
const PIECE: usize = 1 << 20;
/// A page of Postgres's log of writes (`XLOG_BLCKSZ`), and the header each begins with: `XLogPageHeaderData`,
/// and in the first of a file `XLogLongPageHeaderData`.
const LOG_PAGE: usize = 8192;
const LOG_HEADER: usize = 24;
const LOG_HEADER_FIRST: usize = 40;

/// Searches a file, or every file below a folder.
pub(super) fn folder(
    base: &Path,
    place: &Path,
    needles: &Needles,
    searched: &mut Searched,
) -> Result<()> {
    let metadata = match fs::symlink_metadata(place) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            return Err(error).with_context(|| format!("could not look at {}", place.display()));
        }
    };
    if metadata.is_dir() {
        for entry in fs::read_dir(place)? {
            folder(base, &entry?.path(), needles, searched)?;
        }
    } else if metadata.is_file() {
        file(base, place, needles, searched)?;
        if place
            .parent()
            .is_some_and(|folder| folder.ends_with("pg_wal"))
        {
            across_log_pages(base, place, needles, searched)?;
        }
    }
    Ok(())
}

/// Searches a file of the log of writes as if its pages had no headers: a record goes on after them.
fn across_log_pages(
    base: &Path,
    path: &Path,
    needles: &Needles,
    searched: &mut Searched,
) -> Result<()> {
    let joined: Vec<u8> = fs::read(path)?
        .chunks(LOG_PAGE)
        .enumerate()
        .flat_map(|(page, bytes)| {
            let header = if page == 0 {
                LOG_HEADER_FIRST
            } else {
                LOG_HEADER
            };
            bytes.iter().skip(header).copied()
        })
        .collect();
    let shown = path.strip_prefix(base).unwrap_or(path).display();
    for (what, _) in needles.find(&joined) {
        let leak = Leak {
            what: what.to_owned(),
            place: format!("{shown}, its pages joined"),
        };
        if what != MARK && !searched.leaks.contains(&leak) {
            searched.leaks.push(leak);
        }
    }
    Ok(())
}

fn file(base: &Path, path: &Path, needles: &Needles, searched: &mut Searched) -> Result<()> {
    let mut source =
        File::open(path).with_context(|| format!("could not read {}", path.display()))?;
    searched.files += 1;
    let shown = path.strip_prefix(base).unwrap_or(path).display();
    // What lies across two pieces is found in the second, which begins with the end of the first.
    let overlap = needles.longest.saturating_sub(1);
    let mut buffer = vec![0; overlap + PIECE];
    let (mut held, mut read_so_far) = (0, 0_u64);
    loop {
        let length = source.read(&mut buffer[held..])?;
        if length == 0 {
            return Ok(());
        }
        searched.bytes += length as u64;
        let filled = held + length;
        let began = read_so_far - held as u64;
        read_so_far += length as u64;
        for (what, at) in needles.find(&buffer[..filled]) {
            let place = format!("{shown} at {}", began + at as u64);
            if what == MARK {
                searched.marks.push(place);
                continue;
            }
            let leak = Leak {
                what: what.to_owned(),
                place,
            };
            // What lies within the overlap is seen twice.
            if searched.leaks.last() != Some(&leak) {
                searched.leaks.push(leak);
            }
        }
        let keep = filled.min(overlap);
        buffer.copy_within(filled - keep..filled, 0);
        held = keep;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_across_two_pieces_is_found_once() {
        let folder = std::env::temp_dir().join(format!("torture-scan-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let secret = ("a secret".to_owned(), "x".repeat(40));
        let needles = Needles::new(&[], &[secret]).expect("well formed");
        let mut bytes = vec![b'-'; PIECE + needles.longest - 1 - 20];
        bytes.extend([b'x'; 40]);
        bytes.extend([b'-'; 100]);
        fs::write(folder.join("wal"), &bytes).expect("a file");
        let mut searched = Searched::default();
        super::folder(&folder, &folder, &needles, &mut searched).expect("searched");
        fs::remove_dir_all(&folder).expect("removed");
        let place = format!("wal at {}", PIECE + needles.longest - 1 - 20);
        assert_eq!(
            searched.leaks,
            [Leak {
                what: "a secret".to_owned(),
                place
            }]
        );
        assert_eq!(searched.bytes, bytes.len() as u64);
    }

    #[test]
    fn what_lies_across_two_pages_of_the_log_of_writes_is_found() {
        let base = std::env::temp_dir().join(format!("torture-wal-{}", std::process::id()));
        let folder = base.join("pg_wal");
        fs::create_dir_all(&folder).expect("a folder");
        let secret = ("a secret".to_owned(), "x".repeat(40));
        let needles = Needles::new(&[], &[secret]).expect("well formed");
        let mut bytes = vec![b'-'; LOG_PAGE - 15];
        bytes.extend([b'x'; 15]);
        bytes.extend([0; LOG_HEADER]);
        bytes.extend([b'x'; 25]);
        bytes.resize(2 * LOG_PAGE, b'-');
        fs::write(folder.join("000000010000000000000001"), &bytes).expect("a file");
        let mut searched = Searched::default();
        super::folder(&base, &folder, &needles, &mut searched).expect("searched");
        fs::remove_dir_all(&base).expect("removed");
        let places: Vec<_> = searched.leaks.iter().map(|leak| &leak.place).collect();
        assert_eq!(
            places,
            ["pg_wal/000000010000000000000001, its pages joined"]
        );
    }
}
