//! Recording what only this process knows.

use std::time::Duration;

use crate::{Portal, Result, error::chain};

/// For how long an outcome that only this process knows is tried to be recorded while the database is
/// away, and how long it waits between tries. After that the process gives up its fence, and others
/// find out what they can without it.
const RECORD_FOR: Duration = Duration::from_mins(10);
/// One try: a commit, and asking what became of it, must fit into it.
const RECORD_WITHIN: Duration = Duration::from_secs(15);
const RECORD_EVERY: Duration = Duration::from_millis(500);

/// Records an outcome, trying again while the database is away: until then this process alone knows it.
/// `record` is safe to repeat: an earlier try may have been committed although its answer was lost.
pub(crate) async fn keep_trying<R: Future<Output = Result<()>>>(
    portal: &Portal,
    record: impl Fn() -> R,
) {
    let began = tokio::time::Instant::now();
    loop {
        // Whatever the error: recording is safe to repeat, and nobody else can.
        let failure = match tokio::time::timeout(RECORD_WITHIN, record()).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => chain(&error).to_string(),
            Err(_) => "the database does not answer".to_owned(),
        };
        if began.elapsed() > portal.pace.wait(RECORD_FOR) {
            return tracing::error!(failure, "The outcome could not be recorded");
        }
        tracing::warn!(failure, "The outcome cannot be recorded yet; trying again");
        tokio::time::sleep(portal.pace.wait(RECORD_EVERY)).await;
    }
}
