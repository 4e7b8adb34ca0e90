//! The requester says the key is saved.

use super::deliver::Waiting;
use crate::{
    Actor, Portal, Result,
    audit::Event,
    failpoint::failpoint,
    model::{Conflict, RequestId, RequestState},
    policy::Action,
    requests::Stored,
};

/// The requester says the key is saved: it is destroyed here.
///
/// # Errors
/// `NotFound`, `NotAllowed`, `Conflict` if no key waits or it was never downloaded, `Unavailable`.
pub async fn acknowledge(portal: &Portal, actor: &Actor, id: RequestId) -> Result<()> {
    let mut tx = portal.pool.begin().await?;
    let request = Stored::lock(&mut tx, id).await?;
    let mut tx = request
        .authorize(portal, actor, Action::CollectKey, tx)
        .await?;
    request.expect(&[RequestState::Ready])?;
    let waiting = Waiting::lock(&mut tx, id).await?.ok_or(Conflict::KeyGone)?;
    failpoint!("acknowledge.locked");
    if waiting.downloads == 0 {
        return Err(Conflict::NotDownloaded.into());
    }
    let event = Event::CertDelivered {
        serial: waiting.serial,
    };
    waiting
        .end(portal, tx, request, actor, (RequestState::Delivered, event))
        .await
}
