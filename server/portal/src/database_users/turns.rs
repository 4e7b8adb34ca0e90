//! A certificate is never begun for a database user that is being deleted, nor a deletion sent while one is
//! being made: whichever is on record first goes first, and the other one is told.

use sqlx::PgConnection;

use crate::{
    Error, Result,
    model::{ChangeId, Conflict, GroupId, Username},
};

/// Lets nobody else begin a certificate or a deletion of this user until the transaction ends.
pub(crate) async fn take(
    tx: &mut PgConnection,
    project: &GroupId,
    username: &Username,
) -> Result<()> {
    sqlx::query!(
        "select from database_user where project_id = $1 and username = $2
            and database_name = '$external' for update",
        project.as_str(),
        username.as_str()
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Refuses while Atlas is being told, or may have been told, to delete the user. After [`take`].
///
/// # Errors
/// `Conflict` with the change that deletes it.
pub(crate) async fn expect_no_deletion(
    tx: &mut PgConnection,
    project: &GroupId,
    username: &Username,
) -> Result<()> {
    let deletion = sqlx::query_scalar!(
        "select id from change where project_id = $1 and username = $2 and kind = 'delete_user'
            and state in ('calling', 'unknown', 'applying') limit 1",
        project.as_str(),
        username.as_str()
    )
    .fetch_optional(tx)
    .await?;
    match deletion {
        Some(change) => Err(Error::from(Conflict::ChangeUnderWay {
            change: ChangeId(change),
        })),
        None => Ok(()),
    }
}

/// Whether a certificate of the user is being made, or nobody knows whether it was: only what Atlas lists
/// of the user can tell.
pub(crate) async fn is_unsettled(
    db: &mut PgConnection,
    project: &GroupId,
    username: &Username,
) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select 1 from issue_attempt where project_id = $1 and username = $2
            and state in ('prepared', 'calling', 'unknown', 'ambiguous')) as "unsettled!""#,
        project.as_str(),
        username.as_str()
    )
    .fetch_one(db)
    .await?)
}
