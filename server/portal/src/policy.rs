//! Who may do what. One pure function, [`may`]; the whole matrix is a snapshot test.
//!
//! Call sites say literally what they are about to do; who may is decided here and nowhere else.
//! Rules that depend on a request's state stand beside its transitions; rules about people stand here.

use std::collections::BTreeSet;

use strum::{Display, EnumIter, IntoStaticStr};

use crate::{
    actor::{Actor, SignedIn},
    model::{Denial, PersonId, Role},
};

/// Which groups mean which role; `{project}` in a pattern stands for a project's slug.
#[derive(Clone, Debug, Default)]
pub struct RoleGroups {
    /// Members read everything.
    pub security: Vec<String>,
    /// Members run the portal.
    pub operator: Vec<String>,
    /// Members decide over a project's requests: `atlas-{project}-owners`.
    pub owner_pattern: String,
    /// Members may ask in a project. Without a pattern everybody signed in may.
    pub requester_pattern: Option<String>,
}

/// Which projects somebody has a right in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slugs {
    /// Every project.
    All,
    /// These, by slug.
    Only(Vec<String>),
}

impl Slugs {
    /// Whether the project is among them.
    pub fn contain(&self, slug: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(slugs) => slugs.iter().any(|one| one == slug),
        }
    }
}

impl RoleGroups {
    /// Group whose members own a project.
    pub fn owner_group(&self, slug: &str) -> String {
        self.owner_pattern.replace("{project}", slug)
    }

    /// Projects the person owns.
    pub fn owned_by(&self, person: &SignedIn) -> Vec<String> {
        slugs_in(&self.owner_pattern, &person.groups)
    }

    /// Projects the person may ask in. An owner may ask too; somebody else then approves.
    pub fn open_to(&self, person: &SignedIn) -> Slugs {
        match &self.requester_pattern {
            None => Slugs::All,
            Some(pattern) => {
                let mut slugs = slugs_in(pattern, &person.groups);
                slugs.extend(self.owned_by(person));
                slugs.sort();
                slugs.dedup();
                Slugs::Only(slugs)
            }
        }
    }

    /// Projects the actor may see.
    pub fn visible_to(&self, actor: &Actor) -> Slugs {
        match actor {
            Actor::System(_) => Slugs::All,
            Actor::Person(person) if self.is_security(person) => Slugs::All,
            Actor::Person(person) => self.open_to(person),
            Actor::Nobody(_) => Slugs::Only(Vec::new()),
        }
    }

    /// Whether the person reads everything.
    pub fn is_security(&self, person: &SignedIn) -> bool {
        self.security
            .iter()
            .any(|group| person.groups.contains(group))
    }

    /// Whether the person runs the portal.
    pub fn is_operator(&self, person: &SignedIn) -> bool {
        self.operator
            .iter()
            .any(|group| person.groups.contains(group))
    }

    /// What the person is, highest first.
    pub fn roles_of(&self, person: &SignedIn) -> Vec<Role> {
        let mut roles = Vec::new();
        if self.is_security(person) {
            roles.push(Role::Security);
        }
        if !self.owned_by(person).is_empty() {
            roles.push(Role::Owner);
        }
        if self.is_operator(person) {
            roles.push(Role::Operator);
        }
        if self.open_to(person) != Slugs::Only(Vec::new()) {
            roles.push(Role::Developer);
        }
        roles
    }
}

/// What stands for `{project}` in the groups that fit the pattern.
fn slugs_in(pattern: &str, groups: &BTreeSet<String>) -> Vec<String> {
    let Some((before, after)) = pattern.split_once("{project}") else {
        return Vec::new();
    };
    groups
        .iter()
        .filter_map(|group| group.strip_prefix(before)?.strip_suffix(after))
        .filter(|slug| !slug.is_empty())
        .map(str::to_owned)
        .collect()
}

/// What somebody is about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, EnumIter, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Action {
    /// See a project, its database users and their certificates.
    ViewProject,
    /// Ask for a certificate in a project.
    SubmitRequest,
    /// See a request.
    ViewRequest,
    /// Say yes to a request.
    ApproveRequest,
    /// Say no to a request.
    DenyRequest,
    /// Take a request back.
    WithdrawRequest,
    /// Have an approved request's certificate made.
    IssueCertificate,
    /// Download the key, and say it is saved.
    CollectKey,
    /// Say what was made, where Atlas's lists do not tell.
    ResolveRequest,
    /// See a certificate.
    ViewCertificate,
    /// Say what a certificate is that nothing in the log explains.
    ExplainCertificate,
    /// Have Atlas's lists of a project's certificates read now.
    SweepCertificates,
    /// See how customer-managed X.509 stands in a project.
    ViewX509,
    /// Ask for a change of a project.
    RequestChange,
    /// See a change.
    ViewChange,
    /// Say yes to a change, which is then carried out.
    ApproveChange,
    /// Say no to a change.
    DenyChange,
    /// Take a change back.
    WithdrawChange,
    /// Try once more what could not be sent.
    CarryOutChange,
    /// Read a project's part of the audit log.
    ReadProjectAudit,
    /// Read the whole audit log.
    ReadAudit,
    /// See how the installation is doing.
    ViewOperations,
    /// Have the credentials at Atlas tried now.
    ProbeCredentials,
}

/// What it is done to.
#[derive(Clone, Copy, Debug)]
pub enum On<'a> {
    /// The installation.
    Portal,
    /// A project.
    Project {
        /// Its slug.
        slug: &'a str,
    },
    /// A request.
    Request {
        /// Its project's slug.
        slug: &'a str,
        /// Who asked.
        requester: PersonId,
    },
    /// A change of a project.
    Change {
        /// Its project's slug.
        slug: &'a str,
        /// Who asked.
        requester: PersonId,
        /// Who said yes, once somebody has.
        second: Option<PersonId>,
        /// Whether the requester is the only owner the project is known to have: then, and only then,
        /// security is the second person.
        sole_owner: bool,
    },
    /// A certificate.
    Certificate {
        /// Its project's slug.
        slug: &'a str,
        /// Who collected it.
        holder: Option<PersonId>,
    },
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The actor may not even know that it exists: 404.
    Hidden,
    /// The actor may see it, and may not do this: 403.
    Denied(Denial),
}

/// Whether `actor` may do `action`. Pure: groups, actor and object decide, nothing else.
///
/// # Errors
/// Why not.
pub fn may(groups: &RoleGroups, actor: &Actor, action: Action, on: On<'_>) -> Result<(), Refused> {
    let person = match actor {
        // Jobs act on everything and look at nothing; they never reach a person's operation.
        Actor::System(_) => return Ok(()),
        Actor::Nobody(_) => return Err(Refused::Hidden),
        Actor::Person(person) => person,
    };
    let security = groups.is_security(person);
    match on {
        On::Portal => match action {
            Action::ReadAudit if security => Ok(()),
            Action::ViewOperations if security || groups.is_operator(person) => Ok(()),
            Action::ProbeCredentials if groups.is_operator(person) => Ok(()),
            _ => Err(Refused::Hidden),
        },
        On::Project { slug } => {
            let owns = groups.owned_by(person).iter().any(|one| one == slug);
            let member = groups.open_to(person).contain(slug);
            if !(owns || member || security) {
                return Err(Refused::Hidden);
            }
            match action {
                Action::ViewProject => Ok(()),
                Action::SubmitRequest if member => Ok(()),
                Action::SubmitRequest => Err(Refused::Denied(Denial::NotARequester)),
                Action::RequestChange if owns => Ok(()),
                Action::ReadProjectAudit | Action::ViewX509 | Action::SweepCertificates
                    if owns || security =>
                {
                    Ok(())
                }
                _ => Err(Refused::Denied(Denial::NotAnOwner)),
            }
        }
        On::Request { slug, requester } => {
            let owns = groups.owned_by(person).iter().any(|one| one == slug);
            let own = requester == person.id;
            if !(owns || own || security) {
                return Err(Refused::Hidden);
            }
            match action {
                Action::ViewRequest => Ok(()),
                Action::ApproveRequest | Action::DenyRequest if own => {
                    Err(Refused::Denied(Denial::OwnRequest))
                }
                Action::ApproveRequest | Action::DenyRequest if owns => Ok(()),
                Action::ApproveRequest | Action::DenyRequest => {
                    Err(Refused::Denied(Denial::NotAnOwner))
                }
                Action::WithdrawRequest | Action::IssueCertificate | Action::CollectKey if own => {
                    Ok(())
                }
                // Two people, here too: it may give the approval back.
                Action::ResolveRequest if own => Err(Refused::Denied(Denial::OwnRequest)),
                Action::ResolveRequest if security => Ok(()),
                Action::ResolveRequest => Err(Refused::Denied(Denial::NotSecurity)),
                _ => Err(Refused::Denied(Denial::NotTheRequester)),
            }
        }
        On::Change {
            slug,
            requester,
            second,
            sole_owner,
        } => {
            let owns = groups.owned_by(person).iter().any(|one| one == slug);
            let own = requester == person.id;
            if !(owns || own || security) {
                return Err(Refused::Hidden);
            }
            let decides = owns || (security && sole_owner);
            match action {
                Action::ViewChange => Ok(()),
                Action::ApproveChange | Action::DenyChange if own => {
                    Err(Refused::Denied(Denial::OwnRequest))
                }
                Action::ApproveChange | Action::DenyChange if decides => Ok(()),
                Action::WithdrawChange if own => Ok(()),
                Action::WithdrawChange => Err(Refused::Denied(Denial::NotTheRequester)),
                // One of the two, and only while they still could say so.
                Action::CarryOutChange if !own && second != Some(person.id) => {
                    Err(Refused::Denied(Denial::NotTheRequester))
                }
                Action::CarryOutChange if owns || (decides && !own) => Ok(()),
                _ => Err(Refused::Denied(Denial::NotAnOwner)),
            }
        }
        On::Certificate { slug, holder } => {
            let member = groups.open_to(person).contain(slug);
            let owns = groups.owned_by(person).iter().any(|one| one == slug);
            if !(owns || member || security || holder == Some(person.id)) {
                return Err(Refused::Hidden);
            }
            match action {
                Action::ViewCertificate => Ok(()),
                Action::ExplainCertificate if owns || security => Ok(()),
                _ => Err(Refused::Denied(Denial::NotAnOwner)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use strum::IntoEnumIterator as _;
    use uuid::Uuid;

    use super::*;
    use crate::actor::Client;

    fn groups() -> RoleGroups {
        RoleGroups {
            security: vec!["security".into()],
            operator: vec!["operators".into()],
            owner_pattern: "atlas-{project}-owners".into(),
            requester_pattern: Some("atlas-{project}-developers".into()),
        }
    }

    fn person(id: u128, groups: &[&str]) -> Actor {
        Actor::Person(Box::new(SignedIn {
            id: PersonId(Uuid::from_u128(id)),
            iss: "https://id.example".into(),
            sub: id.to_string(),
            name: id.to_string(),
            groups: groups.iter().map(|&group| group.to_owned()).collect(),
            auth_time: None,
            session: String::new(),
            client: Client::default(),
        }))
    }

    fn objects() -> [(&'static str, On<'static>); 10] {
        let [me, other, third] = [1, 2, 3].map(|id| PersonId(Uuid::from_u128(id)));
        [
            ("the portal", On::Portal),
            ("project", On::Project { slug: "shop" }),
            (
                "own request",
                On::Request {
                    slug: "shop",
                    requester: me,
                },
            ),
            (
                "another's request",
                On::Request {
                    slug: "shop",
                    requester: other,
                },
            ),
            (
                "own change",
                On::Change {
                    slug: "shop",
                    requester: me,
                    second: Some(other),
                    sole_owner: false,
                },
            ),
            (
                "another's change",
                On::Change {
                    slug: "shop",
                    requester: other,
                    second: Some(me),
                    sole_owner: false,
                },
            ),
            (
                "a sole owner's change",
                On::Change {
                    slug: "shop",
                    requester: other,
                    second: Some(me),
                    sole_owner: true,
                },
            ),
            (
                "a change of two others",
                On::Change {
                    slug: "shop",
                    requester: other,
                    second: Some(third),
                    sole_owner: false,
                },
            ),
            (
                "own certificate",
                On::Certificate {
                    slug: "shop",
                    holder: Some(me),
                },
            ),
            (
                "another's certificate",
                On::Certificate {
                    slug: "shop",
                    holder: Some(other),
                },
            ),
        ]
    }

    #[test]
    fn the_matrix_of_roles_and_actions_is_as_reviewed() {
        let actors = [
            ("nobody", Actor::Nobody(Client::default())),
            ("stranger", person(1, &["staff"])),
            ("developer", person(1, &["atlas-shop-developers"])),
            (
                "developer of another project",
                person(1, &["atlas-lake-developers"]),
            ),
            ("owner", person(1, &["atlas-shop-owners"])),
            (
                "owner of another project",
                person(1, &["atlas-lake-owners"]),
            ),
            ("security", person(1, &["security"])),
            ("operator", person(1, &["operators"])),
            (
                "owner and security",
                person(1, &["atlas-shop-owners", "security"]),
            ),
        ];
        let mut matrix = String::new();
        for (who, actor) in &actors {
            writeln!(matrix, "{who}").expect("a string takes any text");
            for (what, on) in objects() {
                let mut cells = Vec::new();
                for action in Action::iter().filter(|action| concerns(*action, on)) {
                    let verdict = match may(&groups(), actor, action, on) {
                        Ok(()) => "yes".to_owned(),
                        Err(Refused::Hidden) => "404".to_owned(),
                        Err(Refused::Denied(denial)) => format!("403 {denial}"),
                    };
                    cells.push(format!("{action}: {verdict}"));
                }
                writeln!(matrix, "  {what}: {}", cells.join(", "))
                    .expect("a string takes any text");
            }
        }
        insta::assert_snapshot!(matrix);
    }

    fn concerns(action: Action, on: On<'_>) -> bool {
        use Action::{
            ApproveChange, ApproveRequest, CarryOutChange, CollectKey, DenyChange, DenyRequest,
            ExplainCertificate, IssueCertificate, ProbeCredentials, ReadAudit, ReadProjectAudit,
            RequestChange, ResolveRequest, SubmitRequest, SweepCertificates, ViewCertificate,
            ViewChange, ViewOperations, ViewProject, ViewRequest, ViewX509, WithdrawChange,
            WithdrawRequest,
        };
        match on {
            On::Portal => matches!(action, ReadAudit | ViewOperations | ProbeCredentials),
            On::Project { .. } => matches!(
                action,
                ViewProject
                    | SubmitRequest
                    | ReadProjectAudit
                    | ViewX509
                    | RequestChange
                    | SweepCertificates
            ),
            On::Request { .. } => matches!(
                action,
                ViewRequest
                    | ApproveRequest
                    | DenyRequest
                    | WithdrawRequest
                    | IssueCertificate
                    | CollectKey
                    | ResolveRequest
            ),
            On::Change { .. } => matches!(
                action,
                ViewChange | ApproveChange | DenyChange | WithdrawChange | CarryOutChange
            ),
            On::Certificate { .. } => matches!(action, ViewCertificate | ExplainCertificate),
        }
    }

    #[test]
    fn a_group_that_only_resembles_the_pattern_gives_no_right() {
        let Actor::Person(person) = person(
            1,
            &[
                "atlas--owners",
                "atlas-owners",
                "Atlas-shop-owners",
                "xatlas-shop-owners",
            ],
        ) else {
            unreachable!("a person was made");
        };
        assert_eq!(groups().owned_by(&person), Vec::<String>::new());
    }
}
