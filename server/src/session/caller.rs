//! From a cookie to the person who is calling.

use app::Caller;
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use portal::{Actor, Client, identity};
use tower_sessions::Session;

use super::key_of;
use crate::{Web, trouble};

/// Puts the [`Caller`] into the request of somebody who is signed in. While the database is away
/// nobody knows who that is: the answer says so, and does not ask them to sign in.
pub async fn layer(
    State(web): State<Web>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response {
    if let Some(id) = session.id() {
        let client = request
            .extensions()
            .get::<Client>()
            .cloned()
            .unwrap_or_default();
        match identity::find(&web.portal, key_of(id), client).await {
            Ok(Some(live)) => {
                if let Err(error) = identity::touch(&web.portal, &live).await {
                    tracing::warn!("A session's use could not be noted: {error}");
                }
                request.extensions_mut().insert(Caller {
                    actor: Actor::Person(Box::new(live.signed_in)),
                    csrf: live.csrf,
                    language: live.language,
                    theme: live.theme,
                });
            }
            Ok(None) => {}
            Err(error) => return trouble::failed(error),
        }
    }
    next.run(request).await
}
