//! What browsers report about the content security policy.

use axum::{body::Bytes, extract::State};
use http::StatusCode;

use crate::Web;

/// Characters of a report that are logged.
const LOGGED_MAX: usize = 2_000;

/// Logs a report. Anybody can send one, so none is believed, and not many are logged.
pub(crate) async fn csp_report(State(web): State<Web>, body: Bytes) -> StatusCode {
    metrics::counter!("certdesk_csp_reports_total").increment(1);
    if !web.rates.may_report() {
        return StatusCode::TOO_MANY_REQUESTS;
    }
    let report: String = String::from_utf8_lossy(&body)
        .chars()
        .take(LOGGED_MAX)
        .collect();
    tracing::warn!(report = ?report, "A browser reports a violation of the content security policy");
    StatusCode::NO_CONTENT
}
