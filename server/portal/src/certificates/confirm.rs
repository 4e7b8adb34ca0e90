//! Looking whether Atlas lists what it has just handed out.
//!
//! That the number in Atlas's list is the certificate's serial number is documented in one place only, and
//! much here rests on it. So it is looked at every time, and never waited for.

use super::attempt::Attempt;
use crate::{Portal, Result, error::chain, failpoint::failpoint, model::Serial};

/// Looks whether the certificate is listed by its serial number, and keeps that.
pub(super) async fn confirm(portal: &Portal, attempt: &Attempt, serial: Serial) {
    let listed = match portal
        .atlas
        .list_certificates(&attempt.project, &attempt.username)
        .await
    {
        Ok(listed) => listed.iter().any(|one| one.serial == serial),
        Err(error) => {
            tracing::info!(error = %chain(&error), "The new certificate could not be looked for");
            return count("unread");
        }
    };
    if !listed {
        // The list may lag; the next readings will tell, and the operations page does until then.
        tracing::warn!(certificate.serial = %serial, "Atlas does not list certificate {serial} yet");
        return count("missing");
    }
    failpoint!("confirm.listed");
    count("seen");
    if let Err(error) = keep(portal, attempt, serial).await {
        tracing::info!(error = %chain(&error), "That the certificate is listed could not be kept");
    }
}

fn count(outcome: &'static str) {
    metrics::counter!("certdesk_issued_listed_total", "outcome" => outcome).increment(1);
}

async fn keep(portal: &Portal, attempt: &Attempt, serial: Serial) -> Result<()> {
    sqlx::query!(
        "update certificate set seen_at = $3 where project_id = $1 and serial = $2 and seen_at is null",
        attempt.project.as_str(),
        serial.0,
        portal.clock.now()
    )
    .execute(&portal.pool)
    .await?;
    Ok(())
}
