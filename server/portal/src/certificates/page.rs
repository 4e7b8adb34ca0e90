//! A certificate's page.

use sqlx::QueryBuilder;

use super::row::{SELECT, fetch};
use crate::{
    Actor, Error, Portal, Result, audit,
    model::{CertificateId, CertificatePage, Obstacle, Origin},
    policy::{self, Action, On},
    projects,
};

/// One certificate.
///
/// # Errors
/// `NotFound` if there is none or `actor` may not see it.
pub async fn get(portal: &Portal, actor: &Actor, id: CertificateId) -> Result<CertificatePage> {
    let now = portal.clock.now();
    let mut db = portal.pool.acquire().await?;
    let mut query = QueryBuilder::new(SELECT);
    query.push("c.id = ").push_bind(id.0);
    let row = fetch(&mut db, actor, query)
        .await?
        .pop()
        .ok_or(Error::NotFound)?;
    let standing = projects::standing(&mut db, &row.project.id).await?;
    let on = On::Certificate {
        slug: &standing.slug,
        holder: row.holder.as_ref().map(|holder| holder.id),
    };
    policy::may(&portal.role_groups, actor, Action::ViewCertificate, on)
        .map_err(|_| Error::NotFound)?;

    let kept = sqlx::query!(
        "select subject, sha256, seen_at from certificate where id = $1",
        id.0
    )
    .fetch_one(&mut *db)
    .await?;
    let user = projects::find_user(&mut db, actor, &standing, &row.username, now).await?;
    let may_explain = row.origin == Origin::Unexplained
        && row.explanation.is_none()
        && policy::may(&portal.role_groups, actor, Action::ExplainCertificate, on).is_ok();
    let project = On::Project {
        slug: &standing.slug,
    };
    let obstacle = user
        .as_ref()
        .map_or(Some(Obstacle::UserGone), |user| user.obstacle);
    let may_ask_again = obstacle.is_none()
        && policy::may(&portal.role_groups, actor, Action::SubmitRequest, project).is_ok();
    // A member of the project sees the certificate, but not what was said about somebody's request.
    let request = row.request.filter(|_| {
        row.holder.as_ref().is_some_and(|holder| {
            let on = On::Request {
                slug: &standing.slug,
                requester: holder.id,
            };
            policy::may(&portal.role_groups, actor, Action::ViewRequest, on).is_ok()
        })
    });
    let mut story = audit::certificate_story(portal, &mut db, actor, id, request).await?;
    if request.is_none() {
        for line in &mut story {
            (line.request, line.requester) = (None, None);
        }
    }
    Ok(CertificatePage {
        subject: kept.subject,
        fingerprint: kept.sha256.map(hex::encode),
        seen_at: kept.seen_at,
        database_roles: user.map(|user| user.roles).unwrap_or_default(),
        obstacle,
        clusters: standing.clusters,
        story,
        may_ask_again,
        may_explain,
        row: crate::model::CertificateRow { request, ..row },
        now,
    })
}
