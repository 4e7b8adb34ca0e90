//! What a database user may do, as lists of roles.

use std::collections::BTreeSet;

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    Actor, Result,
    model::{DatabaseRole, Field, FieldError, Problem, ROLES_MAX},
    projects::{self, Standing},
};

/// Built-in roles that can always be chosen: what applications need (MongoDB manual, built-in roles).
const BUILT_IN: [&str; 2] = ["read", "readWrite"];

/// What the database users of a project are allowed now.
pub(super) async fn in_use(
    db: &mut PgConnection,
    actor: &Actor,
    standing: &Standing,
    now: OffsetDateTime,
) -> Result<BTreeSet<DatabaseRole>> {
    let users = projects::user_rows(db, actor, standing, None, now).await?;
    Ok(users.into_iter().flat_map(|user| user.roles).collect())
}

/// The names of roles that can be chosen where these are in use.
pub(super) fn names(in_use: &BTreeSet<DatabaseRole>) -> BTreeSet<String> {
    in_use
        .iter()
        .map(|role| role.role.clone())
        .chain(BUILT_IN.map(str::to_owned))
        .collect()
}

/// What is wrong with the roles somebody asks for; `names`: those that can be chosen.
pub(super) fn problem(roles: &[DatabaseRole], names: &BTreeSet<String>) -> Option<FieldError> {
    let problem = if roles.is_empty() {
        Problem::Missing
    } else if roles.len() > ROLES_MAX as usize {
        Problem::OutOfRange {
            least: 1,
            most: ROLES_MAX,
        }
    } else if repeats(roles) {
        Problem::Repeated
    } else if !roles.iter().all(|role| names.contains(&role.role)) {
        Problem::NotAChoice
    } else {
        return None;
    };
    Some(FieldError {
        field: Field::Roles,
        problem,
    })
}

/// Whether something is in a list twice.
pub(super) fn repeats<T: Ord>(items: &[T]) -> bool {
    items.iter().collect::<BTreeSet<_>>().len() < items.len()
}

/// Whether two lists hold the same, in whatever order: Atlas promises none.
pub(super) fn same<T: Ord>(one: &[T], other: &[T]) -> bool {
    one.iter().collect::<BTreeSet<_>>() == other.iter().collect::<BTreeSet<_>>()
}

/// Roles as the log words them: `readWrite@orders`.
pub(super) fn words(roles: &[DatabaseRole]) -> Vec<String> {
    roles.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(texts: &[&str]) -> Vec<DatabaseRole> {
        let role = |text: &&str| text.parse().expect("a role");
        texts.iter().map(role).collect()
    }

    #[test]
    fn one_to_twenty_different_roles_can_be_asked_for() {
        let names = names(&BTreeSet::new());
        let problem = |list: &[DatabaseRole]| problem(list, &names).map(|error| error.problem);
        assert_eq!(problem(&[]), Some(Problem::Missing));
        assert_eq!(
            problem(&roles(&["read@a", "read@b", "read@a"])),
            Some(Problem::Repeated)
        );
        assert_eq!(problem(&roles(&["read@a", "read@a.b"])), None);
        let many: Vec<String> = (0..21).map(|n| format!("read@db{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(problem(&roles(&many[..20])), None);
        assert_eq!(
            problem(&roles(&many)),
            Some(Problem::OutOfRange { least: 1, most: 20 })
        );
    }

    #[test]
    fn only_roles_in_use_and_those_every_application_needs_can_be_chosen() {
        let in_use: BTreeSet<DatabaseRole> = roles(&["ledgerKeeper@admin"]).into_iter().collect();
        let names = names(&in_use);
        let problem = |texts: &[&str]| problem(&roles(texts), &names).map(|error| error.problem);
        assert_eq!(problem(&["read@a", "readWrite@b", "ledgerKeeper@c"]), None);
        assert_eq!(
            problem(&["read@a", "atlasAdmin@admin"]),
            Some(Problem::NotAChoice)
        );
    }

    #[test]
    fn the_order_of_roles_means_nothing() {
        assert!(same(
            &roles(&["read@a", "read@b"]),
            &roles(&["read@b", "read@a"])
        ));
        assert!(!same(&roles(&["read@a"]), &roles(&["read@a", "read@b"])));
        assert!(!same(&roles(&["read@a"]), &roles(&["read@a.b"])));
    }
}
