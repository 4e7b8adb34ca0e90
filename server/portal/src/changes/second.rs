//! Who says yes.

use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use crate::{
    Actor, Result,
    model::{PersonId, PersonRef, SECOND_SEEN_DAYS},
    policy::RoleGroups,
};

/// People who could say yes to what somebody asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seconds {
    /// Who.
    pub(crate) people: Vec<PersonRef>,
    /// The person who asks is the project's only owner: they are security.
    pub(crate) security_decides: bool,
}

/// Owners who have not signed in since then are not counted on: they may have left long ago.
pub(crate) fn counts_since(now: OffsetDateTime) -> OffsetDateTime {
    now - Duration::days(SECOND_SEEN_DAYS.into())
}

/// Whether somebody owns a project, and nobody else does, as far as the portal has lately seen people sign
/// in.
pub(crate) async fn is_sole_owner(
    db: &mut PgConnection,
    groups: &RoleGroups,
    slug: &str,
    person: PersonId,
    now: OffsetDateTime,
) -> Result<bool> {
    let others = sqlx::query!(
        r#"select exists (select 1 from person where id = $2 and groups @> array[$1::text]) as "owns!",
            exists (select 1 from person where id <> $2 and groups @> array[$1::text] and signed_in_at > $3)
                as "others!""#,
        groups.owner_group(slug),
        person.0,
        counts_since(now)
    )
    .fetch_one(db)
    .await?;
    Ok(others.owns && !others.others)
}

/// Whether somebody owned a project when they last signed in.
pub(super) async fn owns(
    db: &mut PgConnection,
    groups: &RoleGroups,
    slug: &str,
    person: PersonId,
) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select 1 from person where id = $2 and groups @> array[$1::text]) as "owns!""#,
        groups.owner_group(slug),
        person.0
    )
    .fetch_one(db)
    .await?)
}

/// Whether somebody owned a project, or was security, when they last signed in.
pub(super) async fn may_say_yes(
    db: &mut PgConnection,
    groups: &RoleGroups,
    slug: &str,
    person: PersonId,
) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select 1 from person where id = $2
            and (groups @> array[$1::text] or groups && $3)) as "may!""#,
        groups.owner_group(slug),
        person.0,
        &groups.security
    )
    .fetch_one(db)
    .await?)
}

/// Who could say yes to what `requester` asks for in a project: its other owners, or security where
/// there is no other.
pub(crate) async fn seconds(
    db: &mut PgConnection,
    groups: &RoleGroups,
    actor: &Actor,
    slug: &str,
    (requester, now): (PersonId, OffsetDateTime),
) -> Result<Seconds> {
    let security_decides = is_sole_owner(db, groups, slug, requester, now).await?;
    let people = sqlx::query!(
        "select id, name from person
         where id <> $1 and case when $2 then groups && $3
            else groups @> array[$4::text] and signed_in_at > $5 end
         order by name, id limit 50",
        requester.0,
        security_decides,
        &groups.security,
        groups.owner_group(slug),
        counts_since(now)
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|person| actor.sees(PersonId(person.id), person.name))
    .collect();
    Ok(Seconds {
        people,
        security_decides,
    })
}
