//! What a credential may do, found out without changing anything.
//!
//! Two things are put together. What is tried: listing a project's database users takes *Project Read
//! Only*, reading its security settings *Project Owner* (`x-rolesRequirements` of Atlas's specification).
//! And what Atlas tells a credential about itself: an API key's roles at the root of the API, a service
//! account's in each project it may read. Only the second knows the roles between the two, and those in
//! the organisation; only the first is proof.

use std::collections::BTreeSet;

use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _, future::BoxFuture, stream};
use serde::{Deserialize, Serialize, de::DeserializeOwned, de::IgnoredAny};
use url::Url;

use super::{
    ApiVersion, AtlasClient, Purpose, ReadError, auth::Prover, exchange::Operation, paging,
    request::page,
};
use crate::model::{CredentialKind, GroupId, ProjectRef, RefusalReason};

/// Projects that are tried at the same time.
const AT_ONCE: usize = 4;
/// Most characters of a role's name that are kept.
const ROLE_MAX: usize = 60;

/// What a credential turned out to be allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// The projects it sees, by id.
    pub projects: Vec<ProbedProject>,
    /// Its roles in organisations, as Atlas calls them; `None` where Atlas does not tell.
    pub organisation: Option<Vec<String>>,
}

/// What a credential may do in a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbedProject {
    /// Which.
    pub project: ProjectRef,
    /// Whether it lists the project's database users.
    pub reads: bool,
    /// Whether it reads the project's security settings.
    pub owns: bool,
    /// Its roles there, as Atlas calls them; `None` where Atlas does not tell.
    pub roles: Option<Vec<String>>,
}

impl AtlasClient {
    pub(super) async fn tried(
        &self,
        operation: &Operation,
        purpose: Purpose,
    ) -> Result<Probe, ReadError> {
        let trial = Trial {
            atlas: self,
            operation,
            prover: self.prover(purpose),
        };
        let listed = trial.projects().await?;
        let told = trial.told().await?;
        let calls: Vec<BoxFuture<'_, _>> = (listed.iter())
            .map(|listed| trial.project(listed, told.as_deref()).boxed())
            .collect();
        let tried: Vec<Option<ProbedProject>> = stream::iter(calls)
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        let mut projects: Vec<ProbedProject> = tried.into_iter().flatten().collect();
        projects.sort_by(|a, b| a.project.id.cmp(&b.project.id));
        let organisation = if let Some(roles) = told {
            Some(names(
                (roles.into_iter()).filter_map(|role| role.org_id.and(Some(role.role_name))),
            ))
        } else {
            let organisations: BTreeSet<&str> = listed
                .iter()
                .filter_map(|listed| listed.org_id.as_deref())
                .collect();
            trial.in_organisations(organisations).await?
        };
        Ok(Probe {
            projects,
            organisation,
        })
    }
}

/// One credential being tried.
struct Trial<'a> {
    atlas: &'a AtlasClient,
    operation: &'a Operation,
    prover: &'a Prover,
}

impl Trial<'_> {
    async fn get<T: DeserializeOwned>(&self, url: Url) -> Result<T, ReadError> {
        self.atlas.get(self.operation, self.prover, url).await
    }

    fn url(&self, segments: &[&str]) -> Result<Url, ReadError> {
        Ok(self.atlas.endpoint.url(segments)?)
    }

    /// The projects the credential sees.
    async fn projects(&self) -> Result<Vec<WireListed>, ReadError> {
        let list = self.url(&["groups"])?;
        let page = |number: u32| -> BoxFuture<'_, _> {
            Box::pin(self.get(page(&list, number, paging::ITEMS_PER_PAGE)))
        };
        paging::all(page, |listed: &WireListed| listed.id.clone()).await
    }

    /// All roles of an API key, which Atlas tells it at the root of the API. A service account is told
    /// nothing there.
    async fn told(&self) -> Result<Option<Vec<WireRole>>, ReadError> {
        if self.prover.name().kind == CredentialKind::ServiceAccount {
            return Ok(None);
        }
        let status: Option<WireStatus> = allowed(self.get(self.url(&[])?).await)?;
        Ok(status
            .and_then(|status| status.api_key)
            .map(|key| key.roles))
    }

    /// What it may do in one project; `None` where that has just gone.
    async fn project(
        &self,
        listed: &WireListed,
        told: Option<&[WireRole]>,
    ) -> Result<Option<ProbedProject>, ReadError> {
        let id = listed.id.as_str();
        let users = page(&self.url(&["groups", id, "databaseUsers"])?, 1, 1);
        let users: Result<IgnoredAny, _> = self.get(users).await;
        if let Err(ReadError::Refused(refusal)) = &users
            && refusal.reason == RefusalReason::ProjectNotFound
        {
            return Ok(None);
        }
        let settings = self.url(&["groups", id, "userSecurity"])?;
        let settings: Option<IgnoredAny> = allowed(self.get(settings).await)?;
        let roles = match told {
            Some(roles) => Some(names(
                (roles.iter())
                    .filter(|role| role.group_id.as_deref() == Some(id))
                    .map(|role| role.role_name.clone()),
            )),
            None => self.own_roles("groups", id).await?,
        };
        Ok(Some(ProbedProject {
            project: ProjectRef {
                id: listed.id.clone(),
                name: listed.name.clone(),
            },
            reads: allowed(users)?.is_some(),
            owns: settings.is_some(),
            roles,
        }))
    }

    /// A service account's roles in a project or an organisation. Atlas tells from version 2 of its API
    /// on, those of a project to *Project Read Only*, those of an organisation to *Organization Read Only*.
    async fn own_roles(&self, of: &str, id: &str) -> Result<Option<Vec<String>>, ReadError> {
        let name = self.prover.name();
        if name.kind == CredentialKind::ApiKey || self.atlas.endpoint.api() == ApiVersion::V1 {
            return Ok(None);
        }
        let account = self.url(&[of, id, "serviceAccounts", &name.public])?;
        let account: Option<WireAccount> = allowed(self.get(account).await)?;
        Ok(account.map(|account| names(account.roles.into_iter())))
    }

    async fn in_organisations(
        &self,
        organisations: BTreeSet<&str>,
    ) -> Result<Option<Vec<String>>, ReadError> {
        let mut all = None;
        for id in organisations {
            if let Some(roles) = self.own_roles("orgs", id).await? {
                all.get_or_insert_with(Vec::new).extend(roles);
            }
        }
        Ok(all.map(|roles| names(roles.into_iter())))
    }
}

/// `None` where Atlas says that this is what the credential may not.
fn allowed<T>(answer: Result<T, ReadError>) -> Result<Option<T>, ReadError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(ReadError::Refused(refusal))
            if matches!(
                refusal.reason,
                RefusalReason::RoleMissing
                    | RefusalReason::NotInProject
                    | RefusalReason::NotInOrganisation
                    | RefusalReason::Forbidden
                    | RefusalReason::FeatureMissing
                    | RefusalReason::ProjectNotFound
                    | RefusalReason::UserNotFound
                    | RefusalReason::NotFound
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Names as they are kept: sorted, each once, and words only, whatever the other side sent.
fn names(names: impl Iterator<Item = String>) -> Vec<String> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let names: BTreeSet<String> = names
        .filter(|name| !name.is_empty() && name.len() <= ROLE_MAX && name.chars().all(word))
        .collect();
    names.into_iter().collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireListed {
    id: GroupId,
    name: String,
    org_id: Option<String>,
}

/// The root of the API: `SystemStatus` of the specification.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireStatus {
    /// Absent or `null` for a service account.
    api_key: Option<WireKey>,
}

#[derive(Deserialize)]
struct WireKey {
    roles: Vec<WireRole>,
}

/// A role in a project or in an organisation.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireRole {
    role_name: String,
    group_id: Option<String>,
    org_id: Option<String>,
}

#[derive(Deserialize)]
struct WireAccount {
    #[serde(default)]
    roles: Vec<String>,
}
