//! What exists at the stand-in for Atlas, and who may do what with it.

use std::{
    cmp::Ordering,
    ops::Range,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

/// Users of one project: Atlas limits calls by project.
const IN_A_PROJECT: usize = 50;
/// Users that are never handed out, in a project of their own.
const ASIDE: usize = 10;
const ORGANISATION: &str = "5f0c0a1e4b0a1b2c3d4e5f60";

/// A database user with managed certificates.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct User {
    /// Its project's id.
    pub(crate) project: String,
    /// Its name.
    pub(crate) username: String,
}

/// All of them, handed out one after the other.
pub(crate) struct Users {
    count: usize,
    next: AtomicUsize,
    next_aside: AtomicUsize,
}

impl Users {
    pub(super) fn new(count: usize) -> Self {
        Self {
            count: count.max(1),
            next: AtomicUsize::new(0),
            next_aside: AtomicUsize::new(0),
        }
    }

    /// The next one; after the last, the first again.
    pub(crate) fn next(&self) -> User {
        let number = self.next.fetch_add(1, Relaxed) % self.count;
        User {
            project: project_id(number / IN_A_PROJECT),
            username: username(number),
        }
    }

    /// One of those that are never handed out. Of a user somebody is at nobody could tell which
    /// certificate was made behind the portal's back.
    pub(crate) fn aside(&self) -> User {
        let number = self.next_aside.fetch_add(1, Relaxed) % ASIDE;
        User {
            project: project_id(self.projects()),
            username: username(self.count + number),
        }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.count + ASIDE
    }

    /// A project without users, which can be forgotten and found again.
    pub(crate) fn spare_project(&self) -> String {
        project_id(self.projects() + 1)
    }

    fn projects(&self) -> usize {
        self.count.div_ceil(IN_A_PROJECT)
    }

    /// The world as the stand-in reads it.
    pub(super) fn world(&self) -> Value {
        // One more for those that are never handed out, and one without users.
        let projects: Vec<Value> = (0..self.projects() + 2)
            .map(|project| {
                let users: Vec<Value> = self
                    .users_of(project)
                    .map(|number| {
                        json!({
                            "username": username(number), "x509Type": "MANAGED",
                            "roles": [{ "roleName": "readWrite", "databaseName": "orders" }],
                        })
                    })
                    .collect();
                json!({
                    "id": project_id(project), "name": project_name(project), "orgId": ORGANISATION,
                    "clusters": ["one"], "databaseUsers": users,
                })
            })
            .collect();
        json!({ "projects": projects })
    }

    fn users_of(&self, project: usize) -> Range<usize> {
        let first = project * IN_A_PROJECT;
        match project.cmp(&self.projects()) {
            Ordering::Less => first..self.count.min(first + IN_A_PROJECT),
            Ordering::Equal => self.count..self.count + ASIDE,
            Ordering::Greater => 0..0,
        }
    }

    /// Makes dana a developer and olga and otto owners of every project.
    pub(super) async fn let_people_in(&self, identity: &str) -> Result<()> {
        let roles = [
            ("dana", "developers"),
            ("olga", "owners"),
            ("otto", "owners"),
        ];
        for (account, role) in roles {
            let mut groups = vec!["staff".to_owned()];
            groups.extend((0..self.projects()).map(|project| {
                let slug = project_name(project).to_lowercase().replace(' ', "-");
                format!("atlas-{slug}-{role}")
            }));
            reqwest::Client::builder()
                .no_proxy()
                .build()?
                .post(format!("{identity}/_control/groups"))
                .json(&json!({ "account": account, "groups": groups }))
                .send()
                .await
                .and_then(reqwest::Response::error_for_status)
                .context("the sign-in stand-in refused the groups")?;
        }
        Ok(())
    }
}

fn project_id(project: usize) -> String {
    format!("64f0c0a1e4b0a1b2c3d5{project:04x}")
}

fn project_name(project: usize) -> String {
    format!("Torture {project:03}")
}

fn username(number: usize) -> String {
    format!("svc-{number:05}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_user_that_is_handed_out_is_there() {
        let users = Users::new(IN_A_PROJECT + 3);
        let world = users.world();
        let handed_out = (0..2 * (IN_A_PROJECT + 3)).map(|_| users.next());
        let aside = (0..ASIDE).map(|_| users.aside());
        for user in handed_out.chain(aside) {
            let projects = world["projects"].as_array().expect("projects");
            let project = projects
                .iter()
                .find(|project| project["id"] == user.project)
                .expect("its project");
            let names = project["databaseUsers"].as_array().expect("users");
            assert!(
                names.iter().any(|one| one["username"] == user.username),
                "{user:?}"
            );
        }
    }
}
