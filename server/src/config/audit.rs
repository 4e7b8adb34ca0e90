//! The audit log.

use std::path::PathBuf;

use super::{Public, reader::Reader};

/// The audit log.
///
/// Both are reserved: they are read and checked, and nothing signs checkpoints yet.
///
/// - `AUDIT__ORIGIN`: is to name this log in its checkpoints (C2SP `tlog-checkpoint`): a host and a
///   path, never changed once the first checkpoint is out.
/// - `AUDIT__SIGNING_KEY_FILE`: the file with the key that is to sign them.
#[derive(Clone, Debug)]
pub struct Audit {
    /// The log's name.
    pub origin: String,
    /// Where the signing key is.
    pub signing_key_file: Option<PathBuf>,
}

impl Audit {
    pub(super) fn read(reader: &mut Reader, public: Option<&Public>) -> Option<Self> {
        let host = public
            .and_then(|public| public.url.host_str())
            .unwrap_or("localhost");
        let origin = reader.with_default(
            "audit.origin",
            &format!("{host}/audit"),
            "a host and a path without a scheme, such as certdesk.example.com/audit",
            |text| {
                let forbidden = |letter: char| letter.is_whitespace() || letter == '+';
                let named = !text.is_empty() && !text.contains("://") && !text.contains(forbidden);
                named.then(|| text.to_owned())
            },
        );
        let signing_key_file =
            reader.optional("audit.signing_key_file", "the name of a file", |text| {
                (!text.is_empty()).then(|| PathBuf::from(text))
            });
        Some(Self {
            origin: origin?,
            signing_key_file: signing_key_file?,
        })
    }
}
