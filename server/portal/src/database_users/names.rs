//! Which names a new database user may have.
//!
//! A certificate names its user and outlives it: a user of the same name, created later, lets it in
//! again. So a name is not free before the last certificate of it has ended. Atlas forgets a user's
//! certificates with the user; the portal's tables do not.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    Error, Result,
    clock::Random,
    model::{GroupId, NEW_USERNAME_MAX, NameCheck, NameVerdict, Username},
};

/// What a suffix is made of: no `0`, `1`, `8` or `9`, which are read as letters (RFC 4648, section 6).
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// Characters of a suffix, without its hyphen.
const SUFFIX: usize = 4;
/// Names tried in one query, and queries before giving up.
const AT_ONCE: usize = 8;
const TRIES: usize = 8;

/// What the portal knows about a name, with one that is free.
pub(super) async fn check(
    db: &mut PgConnection,
    random: &Random,
    project: &GroupId,
    username: &Username,
    now: OffsetDateTime,
) -> Result<NameCheck> {
    Ok(NameCheck {
        username: username.clone(),
        verdict: verdict(db, project, username, now).await?,
        suggestion: suggest(db, random, project, username).await?,
    })
}

/// Whether a new user may have the name, as far as the portal remembers.
pub(super) async fn verdict(
    db: &mut PgConnection,
    project: &GroupId,
    username: &Username,
    now: OffsetDateTime,
) -> Result<NameVerdict> {
    // Atlas keeps a managed user as `CN=<name>`: a customer's user of that very name is in its way.
    // A certificate whose making nobody knows the outcome of lives until the opposite is known.
    let known = sqlx::query!(
        r#"select
            exists (select 1 from database_user where project_id = $1 and database_name = '$external'
                and username in ($2, 'CN=' || $2) and gone_at is null) as "taken!",
            exists (select 1 from database_user where project_id = $1 and database_name = '$external'
                and username = $2)
                or exists (select 1 from certificate where project_id = $1 and username = $2) as "had!",
            count(*) as "living!", max(ends) as ends
         from (
            select not_after as ends from certificate where project_id = $1 and username = $2
            union all
            select coalesce(deadline, began_at) + make_interval(months => months) from issue_attempt
            where project_id = $1 and username = $2
                and state in ('prepared', 'calling', 'unknown', 'ambiguous')
            union all
            select (candidate ->> 'not_after')::timestamptz
            from issue_attempt cross join lateral jsonb_array_elements(candidates) candidate
            where project_id = $1 and username = $2 and state = 'ambiguous'
         ) certificates where ends > $3"#,
        project.as_str(),
        username.as_str(),
        now
    )
    .fetch_one(db)
    .await?;
    Ok(match known.ends {
        _ if known.taken => NameVerdict::Taken,
        Some(ends) => NameVerdict::StillLives {
            certificates: u32::try_from(known.living).unwrap_or(u32::MAX),
            ends,
        },
        _ if known.had => NameVerdict::HadBefore,
        _ => NameVerdict::Free,
    })
}

/// A name for one grant only, begun like `username`: one that nobody ever had, or is asking for.
async fn suggest(
    db: &mut PgConnection,
    random: &Random,
    project: &GroupId,
    username: &Username,
) -> Result<Username> {
    for _ in 0..TRIES {
        let candidates: Vec<String> = (0..AT_ONCE)
            .map(|_| suffixed(username.as_str(), random.bytes()))
            .collect();
        let free = sqlx::query_scalar!(
            r#"select name as "name!" from unnest($2::text[]) as candidate (name)
             where not exists (select 1 from database_user where project_id = $1
                    and username in (name, 'CN=' || name))
                and not exists (select 1 from certificate where project_id = $1 and username = name)
                and not exists (select 1 from change where project_id = $1 and username = name)
             limit 1"#,
            project.as_str(),
            &candidates
        )
        .fetch_optional(&mut *db)
        .await?;
        if let Some(name) = free {
            return name
                .parse()
                .map_err(|error| Error::internal("a suggested name is malformed", error));
        }
    }
    Err(Error::internal(
        "no free name was found",
        format!("{username} in {project}"),
    ))
}

/// The name with a suffix, shortened so that both fit.
fn suffixed(name: &str, random: [u8; SUFFIX]) -> String {
    let room = NEW_USERNAME_MAX as usize - 1 - SUFFIX;
    let stem: String = name.chars().take(room).collect();
    let suffix = random
        .iter()
        .map(|&byte| char::from(ALPHABET[usize::from(byte % 32)]));
    let mut name = stem.trim_end_matches('-').to_owned();
    name.push('-');
    name.extend(suffix);
    name
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::NewUsername;

    #[test]
    fn a_suffix_follows_the_name_and_fits() {
        assert_eq!(suffixed("jdoe", [0, 25, 26, 31]), "jdoe-az27");
        assert_eq!(suffixed("jdoe-", [32, 33, 34, 255]), "jdoe-abc7");
        let longest = suffixed(&"x".repeat(64), [0; 4]);
        assert_eq!(longest, format!("{}-aaaa", "x".repeat(59)));
    }

    proptest! {
        #[test]
        fn a_suggestion_is_a_name_that_can_be_asked_for(
            name in "[A-Za-z0-9_][A-Za-z0-9_-]{0,63}",
            random: [u8; SUFFIX],
        ) {
            let suggestion = suffixed(&name, random);
            prop_assert!(suggestion.parse::<NewUsername>().is_ok(), "{}", suggestion);
            prop_assert_ne!(suggestion, name);
        }
    }
}
