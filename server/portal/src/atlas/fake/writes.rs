//! Writing calls of the Atlas in memory, other than for certificates.

use time::OffsetDateTime;

use super::{FakeAtlas, Hold, Project, answers::refusal, gate};
use crate::{
    atlas::{
        ListedSignIn, ListedUser, NewManagedUser, Purpose, UnknownClass, WhyNotSent, WriteError,
    },
    model::{DatabaseRole, GroupId, Refusal, Username, X509Type},
};

/// What the next writing call comes to, when it is not to succeed. Certificates have their own:
/// [`NextCreate`](super::NextCreate).
#[derive(Clone, Debug)]
pub enum NextWrite {
    /// Success, as if nothing had been said.
    Succeed,
    /// Atlas refuses.
    Refused(Refusal),
    /// No byte leaves.
    NotSent(WhyNotSent),
    /// The answer is lost, and nothing was done.
    Unknown(UnknownClass),
    /// The answer is lost, and it was done.
    UnknownButDone(UnknownClass),
}

/// A change asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// [`Atlas::disable_customer_x509`](crate::atlas::Atlas::disable_customer_x509).
    DisableCustomerX509,
    /// [`Atlas::create_user`](crate::atlas::Atlas::create_user).
    CreateUser(NewManagedUser),
    /// [`Atlas::update_user`](crate::atlas::Atlas::update_user).
    UpdateUser {
        /// Whose.
        username: Username,
        /// What it may do from then on.
        roles: Vec<DatabaseRole>,
    },
    /// [`Atlas::delete_user`](crate::atlas::Atlas::delete_user).
    DeleteUser(Username),
}

/// One writing call as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteCall {
    /// In which project.
    pub group: GroupId,
    /// What.
    pub write: Write,
    /// When.
    pub at: OffsetDateTime,
}

impl FakeAtlas {
    /// Says what the next writing call comes to that nothing was said about yet.
    pub fn next_write(&self, next: NextWrite) {
        self.world().next_writes.push_back(next);
    }

    /// Lets writing calls that arrive from now on hang until the [`Hold`] is released or dropped.
    pub fn hold_writes(&self) -> Hold {
        let (gate, hold) = gate::new();
        self.world().write_gate = Some(gate);
        hold
    }

    /// Every writing call that arrived, whatever came of it, without those for certificates.
    pub fn writes(&self) -> Vec<WriteCall> {
        self.world().writes.clone()
    }

    /// Sets what Atlas says about one cluster: `IDLE`, `UPDATING`, …
    pub fn set_cluster_state(&self, group: &GroupId, cluster: &str, state: &str) {
        self.change(group, |project| {
            for listed in project.clusters.iter_mut().flatten() {
                if listed.name == cluster {
                    listed.state = Some(state.to_owned());
                }
            }
        });
    }

    /// Sets whether a cluster has applied the latest change of the project's users; `None` as if the
    /// credential might not know. A change of a user makes it `false`, unless it is `None`.
    pub fn set_cluster_applied(&self, group: &GroupId, cluster: &str, applied: Option<bool>) {
        self.change(group, |project| {
            project.applied.insert(cluster.to_owned(), applied);
        });
    }

    /// Sets who signed in to a cluster; `None` as if it kept no such history.
    pub fn set_sign_ins(
        &self,
        group: &GroupId,
        cluster: &str,
        sign_ins: Option<Vec<ListedSignIn>>,
    ) {
        self.change(group, |project| match sign_ins {
            Some(sign_ins) => {
                project.sign_ins.insert(cluster.to_owned(), sign_ins);
            }
            None => {
                project.sign_ins.remove(cluster);
            }
        });
    }

    pub(super) async fn write(&self, group: &GroupId, write: Write) -> Result<(), WriteError> {
        let purpose = match write {
            Write::DisableCustomerX509 => Purpose::Disabler,
            Write::CreateUser(_) | Write::UpdateUser { .. } | Write::DeleteUser(_) => {
                Purpose::Issuer
            }
        };
        let (next, gate) = {
            let mut world = self.world();
            world.writes.push(WriteCall {
                group: group.clone(),
                write: write.clone(),
                at: self.0.clock.now(),
            });
            if !world.prepared.contains(&purpose) {
                return Err(WriteError::not_sent(WhyNotSent::Unprepared));
            }
            if world.unreachable {
                return Err(WriteError::not_sent(WhyNotSent::Connect));
            }
            let next = world.next_writes.pop_front();
            (next.unwrap_or(NextWrite::Succeed), world.write_gate.clone())
        };
        if let Some(gate) = gate {
            gate.pass().await;
        }

        match &next {
            NextWrite::Refused(refusal) => return Err(WriteError::Refused(refusal.clone())),
            NextWrite::NotSent(why) => return Err(WriteError::not_sent(*why)),
            NextWrite::Unknown(class) => return Err(WriteError::unknown(*class, None)),
            NextWrite::Succeed | NextWrite::UnknownButDone(_) => {}
        }
        {
            let mut world = self.world();
            world
                .projects
                .get_mut(group)
                .ok_or_else(|| refusal(404, "GROUP_NOT_FOUND"))
                .and_then(|project| project.take(write))
                .map_err(WriteError::Refused)?;
            world.answered_at = Some(self.0.clock.now());
        }
        match next {
            NextWrite::UnknownButDone(class) => Err(WriteError::unknown(class, None)),
            _ => Ok(()),
        }
    }
}

impl Project {
    pub(super) fn has_cluster(&self, name: &str) -> bool {
        self.clusters
            .iter()
            .flatten()
            .any(|cluster| cluster.name == name)
    }

    /// Does what was asked, or says what Atlas itself would say.
    fn take(&mut self, write: Write) -> Result<(), Refusal> {
        match write {
            Write::DisableCustomerX509 => {
                self.security.customer_cas = None;
                // The members of every cluster restart one after the other.
                for cluster in self.clusters.iter_mut().flatten() {
                    cluster.state = Some("UPDATING".to_owned());
                }
                return Ok(());
            }
            Write::CreateUser(new) => {
                if self.external(&new.username).is_some() {
                    return Err(refusal(409, "USER_ALREADY_EXISTS"));
                }
                self.users.push(ListedUser {
                    username: new.username,
                    database: "$external".to_owned(),
                    x509_type: X509Type::Managed,
                    roles: new.roles,
                    scopes: new.clusters,
                });
            }
            Write::UpdateUser { username, roles } => {
                let user = self
                    .external(&username)
                    .ok_or_else(|| refusal(404, "USERNAME_NOT_FOUND"))?;
                if user.x509_type != X509Type::Managed {
                    return Err(refusal(409, "AUTH_TYPE_CANNOT_BE_CHANGED"));
                }
                user.roles = roles;
            }
            Write::DeleteUser(username) => {
                if self.external(&username).is_none() {
                    return Err(refusal(404, "USER_NOT_FOUND"));
                }
                self.users
                    .retain(|user| user.username != username || user.database != "$external");
            }
        }
        for cluster in self.clusters.iter().flatten() {
            let applied = self
                .applied
                .entry(cluster.name.clone())
                .or_insert(Some(true));
            *applied = applied.map(|_| false);
        }
        Ok(())
    }

    fn external(&mut self, username: &Username) -> Option<&mut ListedUser> {
        self.users
            .iter_mut()
            .find(|user| user.username == *username && user.database == "$external")
    }
}
