//! What the browser downloads.

use std::path::PathBuf;

use super::reader::Reader;

/// What the browser downloads.
///
/// - `SITE__ROOT`: the folder that holds `pkg/`.
#[derive(Clone, Debug)]
pub struct Site {
    /// The folder.
    pub root: PathBuf,
}

impl Site {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let root =
            reader.with_default("site.root", "target/site", "the name of a folder", |text| {
                (!text.is_empty()).then(|| PathBuf::from(text))
            });
        Some(Self { root: root? })
    }
}
