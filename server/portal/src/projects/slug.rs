//! The name that stands for a project in group names.

use crate::model::GroupId;

/// Makes a slug of a project's name: `Payments prod` becomes `payments-prod`.
pub(super) fn slug_of(name: &str, id: &GroupId) -> String {
    let mut slug = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() {
        // A name without a Latin letter: two such projects must not compete for one slug.
        format!("project-{id}")
    } else {
        slug.to_owned()
    }
}

/// The slug for a project whose own is taken: ids are unique, names are not.
pub(super) fn distinct_slug(slug: &str, id: &GroupId) -> String {
    format!("{slug}-{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_has_only_what_group_names_take() {
        let id: GroupId = "64f0c0a1e4b0a1b2c3d4e501".parse().expect("an id");
        for (name, slug) in [
            ("Payments prod", "payments-prod"),
            ("  Data / lake (EU) ", "data-lake-eu"),
            ("결제", "project-64f0c0a1e4b0a1b2c3d4e501"),
            ("a--b", "a-b"),
        ] {
            assert_eq!(slug_of(name, &id), slug, "{name}");
        }
    }
}
