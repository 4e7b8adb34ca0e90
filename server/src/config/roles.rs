//! Which groups mean which role.

use portal::policy::RoleGroups;

use super::reader::Reader;

/// What stands for a project's slug in a pattern.
const PLACE: &str = "{project}";

/// Which groups mean which role. Group names are compared letter for letter.
///
/// - `ROLES__SECURITY_GROUPS`: members read everything.
/// - `ROLES__OPERATOR_GROUPS`: members see how the installation is doing.
/// - `ROLES__OWNER_GROUP_PATTERN`: whose members decide over a project's requests.
/// - `ROLES__REQUESTER_GROUP_PATTERN`: whose members may ask in a project; without it everybody may.
#[derive(Clone, Debug)]
pub struct Roles(pub RoleGroups);

impl Roles {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let security = reader.list("roles.security_groups", "");
        let operator = reader.list("roles.operator_groups", "");
        let should_be = "the name of a group with {project} in the place of the project, such as \
                         atlas-{project}-owners";
        let owner_pattern = reader.with_default(
            "roles.owner_group_pattern",
            "atlas-{project}-owners",
            should_be,
            pattern,
        );
        let requester_pattern =
            reader.optional("roles.requester_group_pattern", should_be, pattern);
        Some(Self(RoleGroups {
            security: security?,
            operator: operator?,
            owner_pattern: owner_pattern?,
            requester_pattern: requester_pattern?,
        }))
    }
}

fn pattern(text: &str) -> Option<String> {
    // Nothing but the place would make every group of the company an owner of something.
    (text.matches(PLACE).count() == 1 && text.len() > PLACE.len()).then(|| text.to_owned())
}
