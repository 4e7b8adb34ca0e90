//! Keys that wait to be collected.

use std::path::PathBuf;

use super::reader::Reader;

/// Keys that wait to be collected.
///
/// - `PICKUP__KEY_DIR`: the folder of the keys that seal them. Outside the database, and not in its
///   backups. All processes of one installation share it.
#[derive(Clone, Debug)]
pub struct Pickup {
    /// The folder.
    pub key_dir: PathBuf,
}

impl Pickup {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let key_dir = reader.with_default(
            "pickup.key_dir",
            "/var/lib/certdesk/keys",
            "the name of a folder",
            |text| (!text.is_empty()).then(|| PathBuf::from(text)),
        );
        Some(Self { key_dir: key_dir? })
    }
}
