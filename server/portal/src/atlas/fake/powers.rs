//! What the credentials of the Atlas in memory may do. They are told apart only when they are tried:
//! every other call may do everything.

use super::FakeAtlas;
use crate::{
    atlas::{Probe, ProbedProject},
    model::{CredentialKind, CredentialName, GroupId, ProjectRef, Purpose},
};

/// What a credential may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FakePowers {
    /// Which credential it is; purposes with the same one share it.
    pub name: CredentialName,
    /// The projects it sees; all where absent.
    pub sees: Option<Vec<GroupId>>,
    /// Whether it reads what it sees.
    pub reads: bool,
    /// Whether it owns what it sees.
    pub owns: bool,
    /// Its roles in what it sees; `None` as if Atlas did not tell.
    pub roles: Option<Vec<String>>,
    /// Its roles in the organisation; `None` as if Atlas did not tell.
    pub organisation: Option<Vec<String>>,
}

impl FakePowers {
    /// What a credential of its own for that should be allowed.
    pub fn fitting(purpose: Purpose) -> Self {
        let (number, owns, role) = match purpose {
            Purpose::Reader => (1, false, "GROUP_READ_ONLY"),
            Purpose::Issuer => (2, true, "GROUP_OWNER"),
            Purpose::Disabler => (3, true, "GROUP_OWNER"),
        };
        Self {
            name: CredentialName {
                kind: CredentialKind::ServiceAccount,
                public: format!("mdb_sa_id_{number:024x}"),
            },
            sees: None,
            reads: true,
            owns,
            roles: Some(vec![role.to_owned()]),
            organisation: Some(vec!["ORG_MEMBER".to_owned()]),
        }
    }
}

impl FakeAtlas {
    /// Says what the credential for a purpose may do; what [`FakePowers::fitting`] says otherwise.
    pub fn set_powers(&self, purpose: Purpose, powers: FakePowers) {
        self.world().powers.insert(purpose, powers);
    }

    pub(super) fn powers(&self, purpose: Purpose) -> FakePowers {
        let said = self.world().powers.get(&purpose).cloned();
        said.unwrap_or_else(|| FakePowers::fitting(purpose))
    }

    pub(super) fn probed(&self, purpose: Purpose) -> Probe {
        let powers = self.powers(purpose);
        let world = self.world();
        let seen = world
            .projects
            .iter()
            .filter(|(id, _)| powers.sees.as_ref().is_none_or(|seen| seen.contains(id)));
        Probe {
            projects: seen
                .map(|(id, project)| ProbedProject {
                    project: ProjectRef {
                        id: id.clone(),
                        name: project.name.clone(),
                    },
                    reads: powers.reads,
                    owns: powers.owns,
                    roles: powers.roles.clone(),
                })
                .collect(),
            organisation: powers.organisation,
        }
    }
}
