//! The process's own log.

use super::reader::Reader;

/// The process's own log, on standard error.
///
/// - `LOG`: what to log, such as `info,certdesk=debug` (`tracing_subscriber::EnvFilter`).
/// - `LOG_FORMAT`: `json` or `text`.
#[derive(Clone, Debug)]
pub struct Logging {
    /// What to log.
    pub filter: String,
    /// How it looks.
    pub format: LogFormat,
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object.
    Json,
    /// For people.
    Text,
}

impl Logging {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let filter = reader.with_default(
            "log",
            "info",
            "a filter such as info or info,sqlx=warn",
            |text| {
                let filter = tracing_subscriber::EnvFilter::try_new(text);
                filter.is_ok().then(|| text.to_owned())
            },
        );
        let format = reader.with_default("log_format", "json", "json or text", |text| match text {
            "json" => Some(LogFormat::Json),
            "text" => Some(LogFormat::Text),
            _ => None,
        });
        Some(Self {
            filter: filter?,
            format: format?,
        })
    }
}
