//! A sign-in that failed.

use app::Trouble;
use axum::response::Response;
use portal::{Client, identity};

use crate::{Web, layers::request_id::RequestId, oidc::Refusal, trouble};

/// Records it and answers with the one page for all of them: whoever tries things out learns nothing
/// from the difference.
pub(super) async fn refused(
    web: &Web,
    client: Client,
    incident: &RequestId,
    refusal: &Refusal,
) -> Response {
    recorded(web, client, refusal).await.unwrap_or_else(|| {
        let incident = incident.to_string();
        trouble::answer(Trouble::SignInFailed { incident })
    })
}

/// The same where the person, or the provider, said no.
pub(super) async fn declined(web: &Web, client: Client, refusal: &Refusal) -> Response {
    recorded(web, client, refusal)
        .await
        .unwrap_or_else(|| trouble::answer(Trouble::SignInDeclined))
}

/// Another answer if it could not be recorded, or happens too often.
async fn recorded(web: &Web, client: Client, refusal: &Refusal) -> Option<Response> {
    metrics::counter!("certdesk_login_failures_total", "class" => refusal.class).increment(1);
    tracing::info!(
        class = refusal.class,
        "A sign-in failed: {}",
        refusal.detail
    );
    if !web.rates.may_fail(client.ip) {
        return Some(trouble::answer(Trouble::TooMany));
    }
    let recorded = identity::record_failure(&web.portal, client, refusal.class).await;
    recorded.err().map(trouble::failed)
}
