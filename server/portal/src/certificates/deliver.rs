//! Handing a key to its requester's browser.

use sqlx::PgConnection;
use subtle::ConstantTimeEq as _;
use time::OffsetDateTime;

use super::{
    file::{self, Delivery, Wanted},
    pickup::{Belongs, Sealed, Secret, unseal},
};
use crate::{
    Actor, Error, Portal, Result,
    audit::{self, Entry, Event},
    failpoint::failpoint,
    model::{
        AttemptId, CertificateId, Conflict, Denial, PickupRefusal, RequestId, RequestState, Serial,
    },
    policy::{self, Action, Refused},
    requests::Stored,
};

/// How often a key may be downloaded: a failed download is repeated, a habit is not formed.
pub const DOWNLOADS_MAX: u8 = 3;

/// A key that waits, as its row holds it.
pub(super) struct Waiting {
    pub(super) attempt: AttemptId,
    pub(super) certificate: CertificateId,
    pub(super) serial: Serial,
    secret_hash: Vec<u8>,
    sealed: Sealed,
    until: OffsetDateTime,
    pub(super) downloads: i16,
}

impl Waiting {
    /// Loads the key of a request, locked until the transaction ends; `None` once it is destroyed.
    pub(super) async fn lock(tx: &mut PgConnection, request: RequestId) -> Result<Option<Self>> {
        let row = sqlx::query!(
            r#"select a.id, a.secret_hash, a.sealed as "sealed!", a.nonce as "nonce!", a.key_epoch as "epoch!",
                a.pickup_until as "until!", a.downloads, c.id as certificate_id, c.serial
             from issue_attempt a join certificate c on c.id = a.certificate_id
             where a.request_id = $1 and a.state = 'issued' and a.sealed is not null
             for update of a"#,
            request.0
        )
        .fetch_optional(tx)
        .await?;
        Ok(row.map(|row| Self {
            attempt: AttemptId(row.id),
            certificate: CertificateId(row.certificate_id),
            serial: Serial(row.serial),
            secret_hash: row.secret_hash,
            sealed: Sealed {
                bytes: row.sealed,
                nonce: row.nonce,
                epoch: row.epoch,
            },
            until: row.until,
            downloads: row.downloads,
        }))
    }

    fn entry<'a>(&self, request: &'a Stored, event: Event) -> Entry<'a> {
        Entry::new(event)
            .project(&request.project)
            .request(request.id)
            .attempt(self.attempt)
            .certificate(self.certificate)
    }

    /// Destroys the sealed key.
    pub(super) async fn wipe(&self, tx: &mut PgConnection) -> Result<()> {
        sqlx::query!(
            "update issue_attempt set sealed = null, nonce = null, key_epoch = null where id = $1",
            self.attempt.0
        )
        .execute(tx)
        .await?;
        Ok(())
    }

    /// Destroys the sealed key and ends the request, in one transaction with the entry that says so.
    pub(super) async fn end(
        &self,
        portal: &Portal,
        mut tx: sqlx::PgTransaction<'_>,
        mut request: Stored,
        actor: &Actor,
        (state, event): (RequestState, Event),
    ) -> Result<()> {
        self.wipe(&mut tx).await?;
        failpoint!("end.wiped");
        request
            .become_state(&mut tx, state, None, portal.clock.now())
            .await?;
        failpoint!("end.moved");
        audit::append(&mut tx, &portal.random, actor, self.entry(&request, event)).await?;
        failpoint!("end.audited");
        tx.commit().await?;
        failpoint!("end.committed");
        tracing::info!(request.id = %request.id, "The key of request {} is destroyed: {state}", request.id);
        Ok(())
    }
}

/// Opens the sealed key once more, after recording that it does, and makes the file that is wanted of it.
/// `secret` is the value of the cookie [`cookie_name`](super::pickup::cookie_name), if the browser sent it.
///
/// # Errors
/// `NotFound`, `NotAllowed(WrongBrowser)`, `Conflict(KeyGone)`, `Unavailable`.
pub async fn deliver(
    portal: &Portal,
    actor: &Actor,
    id: RequestId,
    secret: Option<&str>,
    wanted: Wanted,
) -> Result<Delivery> {
    let now = portal.clock.now();
    let mut tx = portal.pool.begin().await?;
    let request = Stored::lock(&mut tx, id).await?;
    // Somebody reaches for another's key: an alarm of its own, all the more where they may not even
    // know of the request.
    if let Err(refused) = policy::may(&portal.role_groups, actor, Action::CollectKey, request.on())
    {
        tx.rollback().await?;
        refuse(portal, actor, &request, PickupRefusal::OtherPerson).await?;
        return Err(match refused {
            Refused::Hidden => Error::NotFound,
            Refused::Denied(denial) => denial.into(),
        });
    }
    let Some(waiting) = Waiting::lock(&mut tx, id).await? else {
        return Err(gone(&request));
    };
    if waiting.until <= now {
        return Err(Conflict::KeyGone.into());
    }
    let Some(secret) = matching(secret, &waiting.secret_hash) else {
        tx.rollback().await?;
        refuse(portal, actor, &request, PickupRefusal::WrongSecret).await?;
        return Err(Denial::WrongBrowser.into());
    };
    if waiting.downloads >= i16::from(DOWNLOADS_MAX) {
        tx.rollback().await?;
        refuse(portal, actor, &request, PickupRefusal::TooManyDownloads).await?;
        return Err(Conflict::KeyGone.into());
    }
    // While the folder of keys is away, no download is used up.
    let Some(epoch_key) = portal.keyring.kept(&waiting.sealed.epoch)? else {
        return Err(Conflict::KeyGone.into());
    };

    failpoint!("deliver.checked");
    let downloads = sqlx::query_scalar!(
        "update issue_attempt set downloads = downloads + 1 where id = $1 returning downloads",
        waiting.attempt.0
    )
    .fetch_one(&mut *tx)
    .await?;
    failpoint!("deliver.counted");
    let event = Event::CertDeliveryStarted {
        serial: waiting.serial,
        delivery: downloads.to_string(),
        format: wanted.format().to_string(),
    };
    audit::append(
        &mut tx,
        &portal.random,
        actor,
        waiting.entry(&request, event),
    )
    .await?;
    failpoint!("deliver.audited");
    tx.commit().await?;
    failpoint!("deliver.committed");

    // Only now is the key opened: no byte of it leaves before the log holds that it does.
    let belongs = Belongs {
        attempt: waiting.attempt,
        requester: request.requester,
        serial: waiting.serial,
        until: waiting.until,
    };
    let pem = unseal(&epoch_key, &secret, &belongs, &waiting.sealed)?;
    failpoint!("deliver.opened");
    // Deriving a key from a pass-phrase is slow on purpose: not where other requests wait for it.
    tokio::task::spawn_blocking(move || file::make(pem, &request.username, &wanted, now))
        .await
        .map_err(|error| Error::internal("a file could not be made", error))?
}

/// Records that a download was asked for by a form that is not of this session: an old page, or another
/// site. Nothing is recorded where there is no such request.
///
/// # Errors
/// `Unavailable`.
pub async fn refuse_stale_form(portal: &Portal, actor: &Actor, id: RequestId) -> Result<()> {
    let mut tx = portal.pool.begin().await?;
    let request = match Stored::lock(&mut tx, id).await {
        Err(Error::NotFound) => return Ok(()),
        request => request?,
    };
    tx.rollback().await?;
    refuse(portal, actor, &request, PickupRefusal::StaleForm).await
}

/// Records that a pickup was refused, in a transaction of its own.
async fn refuse(
    portal: &Portal,
    actor: &Actor,
    request: &Stored,
    why: PickupRefusal,
) -> Result<()> {
    let name: &'static str = why.into();
    tracing::warn!(request.id = %request.id, why = name, "Refused to hand out the key of request {}", request.id);
    metrics::counter!("certdesk_pickups_refused_total", "why" => name).increment(1);
    let mut tx = portal.pool.begin().await?;
    let entry = Entry::new(Event::CertPickupRefused {
        why: name.to_owned(),
    })
    .project(&request.project)
    .request(request.id);
    audit::append(&mut tx, &portal.random, actor, entry).await?;
    failpoint!("refuse.audited");
    Ok(tx.commit().await?)
}

/// Why there is no key: not made yet, or destroyed.
fn gone(request: &Stored) -> Error {
    match request.state {
        RequestState::Delivered | RequestState::Unconfirmed | RequestState::Uncollected => {
            Conflict::KeyGone.into()
        }
        now => Conflict::StateChanged { now }.into(),
    }
}

/// The secret of a cookie, if it is the one a key was sealed under.
pub(super) fn matching(cookie: Option<&str>, secret_hash: &[u8]) -> Option<Secret> {
    let secret = Secret::from_cookie(cookie?)?;
    bool::from(secret.hash().as_slice().ct_eq(secret_hash)).then_some(secret)
}
