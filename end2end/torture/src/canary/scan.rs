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
}
