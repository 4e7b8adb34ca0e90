//! Keys of the day: what a copy of the database lacks.
//!
//! Each is a file of 32 random bytes in a folder outside the database, made when the first private key
//! of its day is sealed and destroyed as soon as no pickup can need it. The files are the only copies:
//! nothing is kept in memory, so that no process opens what another has destroyed the key of.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use time::{Date, Duration, OffsetDateTime, macros::format_description};
use zeroize::Zeroizing;

use super::outcome::PICKUP_FOR;
use crate::{Error, Result, clock::Random, failpoint::failpoint, model::Upstream};

/// How long a key of the day is kept after its day. The last pickup that can need it began just before
/// midnight; as long again for processes whose clocks are behind.
const KEPT_FOR: Duration = PICKUP_FOR.saturating_add(Duration::minutes(15));

pub(super) type Key = Zeroizing<[u8; 32]>;

/// The folder of the keys of the day. Cheap to clone.
#[derive(Clone)]
pub struct Keyring {
    folder: Arc<PathBuf>,
    pub(super) random: Random,
}

impl Keyring {
    /// Opens the folder that holds the keys, making it if it is not there.
    ///
    /// # Errors
    /// When it cannot be made or written to.
    pub fn open(folder: &Path, random: Random) -> io::Result<Self> {
        use std::os::unix::fs::DirBuilderExt as _;
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        let keyring = Self {
            folder: Arc::new(folder.to_owned()),
            random,
        };
        keyring.check()?;
        Ok(keyring)
    }

    /// Whether the folder can be used, for the readiness probe.
    ///
    /// # Errors
    /// When it cannot.
    pub fn check(&self) -> io::Result<()> {
        let probe = self
            .folder
            .join(format!(".probe-{}", hex::encode(self.random.bytes::<8>())));
        fs::write(&probe, b"")?;
        fs::remove_file(&probe)
    }

    /// The key of a day, made if there is none.
    pub(super) fn key(&self, epoch: &str) -> Result<Key> {
        let path = self.path(epoch);
        if !path.exists() {
            self.make(epoch, &path).map_err(keys_away)?;
        }
        read(&path).map_err(keys_away)
    }

    /// The key of a day, as long as it is not destroyed.
    pub(super) fn kept(&self, epoch: &str) -> Result<Option<Key>> {
        match read(&self.path(epoch)) {
            Ok(key) => Ok(Some(key)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(keys_away(error)),
        }
    }

    /// Destroys the keys no pickup can need any more: whatever was sealed under them can never be
    /// opened again, wherever a copy of it is. Also what a process left that died while it made one.
    ///
    /// # Errors
    /// `Unavailable` when the folder cannot be used, or one of the keys not be destroyed; the others are.
    pub fn destroy_old(&self, now: OffsetDateTime) -> Result<()> {
        let oldest = epoch_of((now - KEPT_FOR).date());
        let mut outcome = Ok(());
        let mut destroyed = 0_u32;
        for file in fs::read_dir(self.folder.as_path()).map_err(keys_away)? {
            let path = file.map_err(keys_away)?.path();
            let Some(epoch) = epoch_in(&path).filter(|epoch| *epoch < oldest) else {
                continue;
            };
            outcome = outcome.and(overwrite_and_remove(&path));
            destroyed += 1;
            tracing::info!(key.epoch = epoch, "Destroyed the sealing key of {epoch}");
        }
        if destroyed > 0 {
            outcome = outcome.and(self.sync());
        }
        outcome.map_err(keys_away)
    }

    fn path(&self, epoch: &str) -> PathBuf {
        self.folder.join(format!("{epoch}.key"))
    }

    fn make(&self, epoch: &str, path: &Path) -> io::Result<()> {
        use std::os::unix::fs::OpenOptionsExt as _;
        // Written aside and linked into place: another replica sees the whole key or none, and
        // whoever links first decides which key it is.
        let aside = self.folder.join(format!(
            ".{epoch}-{}",
            hex::encode(self.random.bytes::<8>())
        ));
        let key: Key = Zeroizing::new(self.random.bytes());
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&aside)?;
        file.write_all(key.as_slice())?;
        file.sync_all()?;
        failpoint!("key.written");
        let linked = fs::hard_link(&aside, path);
        failpoint!("key.linked");
        fs::remove_file(&aside)?;
        // What is sealed under a key must not outlive it by a power cut.
        self.sync()?;
        match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    }

    fn sync(&self) -> io::Result<()> {
        fs::File::open(self.folder.as_path())?.sync_all()
    }
}

fn read(path: &Path) -> io::Result<Key> {
    let bytes = Zeroizing::new(fs::read(path)?);
    let key = bytes.as_slice().try_into().map_err(|_| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("{} is not 32 bytes long", path.display()),
        )
    })?;
    Ok(Zeroizing::new(key))
}

/// In place and down to the disk, before the name goes: a file that is only removed can be found
/// again, and one that is cut short first leaves its bytes where they were.
fn overwrite_and_remove(path: &Path) -> io::Result<()> {
    let overwritten = || {
        let mut file = fs::OpenOptions::new().write(true).open(path)?;
        let length = usize::try_from(file.metadata()?.len()).unwrap_or_default();
        file.write_all(&vec![0; length])?;
        file.sync_all()?;
        fs::remove_file(path)
    };
    match overwritten() {
        // Another process was faster.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// The day a file of the folder belongs to: `2026-11-22.key`, or `.2026-11-22-3f…` where a process died
/// while it made that.
fn epoch_in(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let epoch = match name.strip_prefix('.') {
        Some(aside) => aside.get(..10)?,
        None => name.strip_suffix(".key")?,
    };
    Date::parse(epoch, format_description!("[year]-[month]-[day]")).ok()?;
    Some(epoch.to_owned())
}

pub(super) fn keys_away(error: io::Error) -> Error {
    Error::Unavailable {
        upstream: Upstream::Keys,
        source: error.into(),
    }
}

/// The day, as file names and rows hold it; sorts as text.
pub(super) fn epoch_of(date: Date) -> String {
    date.format(format_description!("[year]-[month]-[day]"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const MIDNIGHT: OffsetDateTime = datetime!(2026-11-23 00:00:00 UTC);
    const DAY: &str = "2026-11-22";

    fn keyring() -> (tempfile::TempDir, Keyring) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let keyring =
            Keyring::open(folder.path(), Random::from_seed(1)).expect("a writable folder");
        (folder, keyring)
    }

    fn files(folder: &tempfile::TempDir) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder.path())
            .expect("a readable folder")
            .map(|file| {
                file.expect("a file")
                    .file_name()
                    .into_string()
                    .expect("text")
            })
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_key_lives_as_long_as_a_pickup_can_need_it_and_no_longer() {
        let (folder, keyring) = keyring();
        let key = keyring.key(DAY).expect("a key");
        assert_eq!(key, keyring.key(DAY).expect("the same key"));
        for after in [Duration::minutes(-1), PICKUP_FOR, Duration::minutes(29)] {
            keyring.destroy_old(MIDNIGHT + after).expect("done");
            assert_eq!(keyring.kept(DAY).expect("readable"), Some(key.clone()));
        }
        keyring
            .destroy_old(MIDNIGHT + Duration::minutes(30))
            .expect("done");
        assert_eq!(keyring.kept(DAY).expect("readable"), None);
        assert!(files(&folder).is_empty());
    }

    #[test]
    fn what_is_destroyed_is_overwritten_where_it_was() {
        let (folder, keyring) = keyring();
        let other_folder = tempfile::tempdir().expect("a temporary folder");
        let same_bytes = other_folder.path().join("same");
        keyring.key(DAY).expect("a key");
        fs::hard_link(folder.path().join("2026-11-22.key"), &same_bytes).expect("a link");
        keyring
            .destroy_old(MIDNIGHT + Duration::HOUR)
            .expect("done");
        assert_eq!(fs::read(same_bytes).expect("a file"), [0; 32]);
    }

    #[test]
    fn what_a_process_left_that_died_is_destroyed_too() {
        let (folder, keyring) = keyring();
        let write = |name: &str, bytes: &[u8]| {
            fs::write(folder.path().join(name), bytes).expect("a writable folder");
        };
        // While it made a key, before and after the link; while it destroyed one.
        write(".2026-11-20-00ff", &[7; 12]);
        write(".2026-11-21-00ff", &[7; 32]);
        write("2026-11-21.key", &[0; 32]);
        // Of today, and what is not ours.
        write(".2026-11-23-00ff", &[7; 32]);
        write("notes.txt", b"x");
        write(".probe-00ff", b"");
        keyring
            .destroy_old(MIDNIGHT + Duration::HOUR)
            .expect("done");
        assert_eq!(
            files(&folder),
            [".2026-11-23-00ff", ".probe-00ff", "notes.txt"]
        );
    }

    #[test]
    fn two_replicas_agree_on_the_key_of_the_day_and_on_its_end() {
        let (folder, one) = keyring();
        let other = Keyring::open(folder.path(), Random::from_seed(7)).expect("a writable folder");
        assert_eq!(one.key(DAY).expect("a key"), other.key(DAY).expect("a key"));
        one.destroy_old(MIDNIGHT + Duration::HOUR).expect("done");
        assert_eq!(other.kept(DAY).expect("readable"), None);
        other.destroy_old(MIDNIGHT + Duration::HOUR).expect("done");
    }

    #[test]
    fn a_key_is_for_this_account_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let parent = tempfile::tempdir().expect("a temporary folder");
        let folder = parent.path().join("keys");
        let keyring = Keyring::open(&folder, Random::from_seed(1)).expect("a writable folder");
        keyring.key(DAY).expect("a key");
        let mode = |path: &Path| fs::metadata(path).expect("a file").permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&keyring.path(DAY)), 0o600);
    }
}
