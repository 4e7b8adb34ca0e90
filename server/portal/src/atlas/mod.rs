//! MongoDB Atlas, as the portal needs it: a trait, the HTTP client behind it, and what can go wrong.
//!
//! Nothing here decides who may do what, and nothing here judges a certificate: this module asks,
//! and says exactly how certain the answer is.

mod answer;
mod auth;
mod calls;
mod cert_events;
mod client;
mod create;
mod documented;
mod exchange;
#[cfg(feature = "testing")]
mod fake;
mod outcome;
mod paging;
mod probe;
mod refusal;
mod request;
mod retry;
mod sign_ins;
mod wire;
mod write;

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr};
use time::OffsetDateTime;
use url::Url;
use zeroize::Zeroizing;

#[cfg(feature = "testing")]
pub use self::fake::{
    CreateCall, FakeAtlas, FakePowers, Hold, NextCreate, NextWrite, ReadCall, Write, WriteCall,
};
pub(crate) use self::sign_ins::api_name;
pub use self::{
    auth::{Credential, Credentials},
    client::{AtlasClient, AtlasSettings, AtlasSettingsError},
    documented::DOCUMENTED,
    outcome::{Cause, ReadError, Unanswered, UnknownClass, WhyNotSent, WriteError},
    probe::{Probe, ProbedProject},
    refusal::{ErrorBody, classify},
    retry::{Pause, Timing},
};
/// What a credential is for.
pub use crate::model::Purpose;
use crate::model::{
    CredentialName, DatabaseRole, GroupId, Months, ProjectRef, Serial, Username, X509Type,
};

/// MongoDB Atlas.
///
/// Every list is complete or an error; none is ever a part of the truth.
#[async_trait]
pub trait Atlas: Send + Sync + 'static {
    /// The projects the reader's credential may see, by id.
    async fn list_projects(&self) -> Result<Vec<ProjectRef>, ReadError>;

    /// All database users of a project, by authentication database and name. Names no certificate
    /// could carry (control characters) are left out.
    async fn list_database_users(&self, group: &GroupId) -> Result<Vec<ListedUser>, ReadError>;

    /// The project's settings that stand between its users and managed certificates.
    async fn user_security(&self, group: &GroupId) -> Result<UserSecurity, ReadError>;

    /// The project's clusters by name; `None` where the credential may not know them.
    async fn list_clusters(&self, group: &GroupId)
    -> Result<Option<Vec<ListedCluster>>, ReadError>;

    /// The unexpired managed certificates of a name, oldest first. Certificates outlive their user:
    /// those of an earlier user of the same name are listed too.
    async fn list_certificates(
        &self,
        group: &GroupId,
        username: &Username,
    ) -> Result<Vec<ListedCertificate>, ReadError>;

    /// Gets whatever the next writing call with that credential needs to be a single HTTP request: the
    /// bearer token, or a digest nonce proven to work. To be called before the caller commits that
    /// the call has started.
    async fn prepare_write(&self, purpose: Purpose) -> Result<(), ReadError>;

    /// Makes one certificate: sends exactly one request, and never a second, whatever happens.
    async fn create_certificate(
        &self,
        group: &GroupId,
        username: &Username,
        months: Months,
    ) -> Result<IssuedPem, WriteError>;

    /// Switches customer-managed X.509 off for the whole project: forgets the customer's authorities,
    /// and restarts the clusters one member after the other. Sends exactly one request. Atlas takes it
    /// (202) also where it is off already.
    async fn disable_customer_x509(&self, group: &GroupId) -> Result<(), WriteError>;

    /// Creates a database user with Atlas-managed certificates. Sends exactly one request.
    async fn create_user(&self, group: &GroupId, user: &NewManagedUser) -> Result<(), WriteError>;

    /// Replaces the roles of a database user with Atlas-managed certificates; what it is limited to
    /// stays. Sends exactly one request.
    async fn update_user(
        &self,
        group: &GroupId,
        username: &Username,
        roles: &[DatabaseRole],
    ) -> Result<(), WriteError>;

    /// Deletes a database user that signs in with X.509. Its certificates outlive it. Sends exactly
    /// one request.
    async fn delete_user(&self, group: &GroupId, username: &Username) -> Result<(), WriteError>;

    /// Whether a cluster has applied the latest change of the project's database users; `None` where
    /// the credential may not know. A cluster that is gone is refused as `NotFound`.
    async fn cluster_applied(
        &self,
        group: &GroupId,
        cluster: &str,
    ) -> Result<Option<bool>, ReadError>;

    /// Which X.509 users signed in to a cluster since then, latest first; at most what Atlas keeps
    /// (seven days or more, by tier). `None` where the cluster keeps no such history or the credential
    /// may not read it.
    async fn list_sign_ins(
        &self,
        group: &GroupId,
        cluster: &str,
        since: OffsetDateTime,
    ) -> Result<Option<Vec<ListedSignIn>>, ReadError>;

    /// When Atlas's own trail says that a managed certificate was made in the project, since then, oldest
    /// first. It names neither user nor certificate. `None` where the credential may not know.
    async fn list_cert_events(
        &self,
        group: &GroupId,
        since: OffsetDateTime,
    ) -> Result<Option<Vec<OffsetDateTime>>, ReadError>;

    /// What the credential for that may do, found out without changing anything.
    async fn probe(&self, purpose: Purpose) -> Result<Probe, ReadError>;

    /// Which credential serves for that.
    fn credential(&self, purpose: Purpose) -> CredentialName;

    /// When Atlas last answered anything at all.
    fn last_answered_at(&self) -> Option<OffsetDateTime>;

    /// What is spoken with whom.
    fn describe(&self) -> AtlasDescription;
}

/// A generation of the Atlas Administration API.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    Display,
    EnumString,
    IntoStaticStr,
)]
pub enum ApiVersion {
    /// `/api/atlas/v2`, versioned by dated media types.
    #[default]
    #[strum(serialize = "v2")]
    #[serde(rename = "v2")]
    V2,
    /// `/api/atlas/v1.0`, unversioned and deprecated.
    #[strum(serialize = "v1.0")]
    #[serde(rename = "v1.0")]
    V1,
}

/// What is spoken with whom, for the operations page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtlasDescription {
    /// The generation of the API.
    pub api: ApiVersion,
    /// Where it is.
    pub base_url: Url,
    /// Whether one credential serves for several purposes.
    pub shared_credential: bool,
}

/// A database user as Atlas lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedUser {
    /// Its name; unique only together with `database`.
    pub username: Username,
    /// Where it authenticates: `$external` for X.509, `admin` for passwords.
    pub database: String,
    /// Who makes its certificates, if it has any.
    pub x509_type: X509Type,
    /// What it may do.
    pub roles: Vec<DatabaseRole>,
    /// Names of the clusters and other deployments it is limited to; empty means the whole project.
    pub scopes: Vec<String>,
}

/// The settings of a project that stand between its users and managed certificates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserSecurity {
    /// The customer's authorities as concatenated PEM. While they are set, Atlas makes no
    /// certificates for the project.
    pub customer_cas: Option<String>,
    /// Whether users may sign in by LDAP.
    pub ldap_authentication: bool,
    /// Whether LDAP decides what users may do; managed-certificate users cannot connect then.
    pub ldap_authorization: bool,
}

/// A database user to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewManagedUser {
    /// Its name.
    pub username: Username,
    /// What it may do.
    pub roles: Vec<DatabaseRole>,
    /// Clusters it is limited to; empty means the whole project.
    pub clusters: Vec<String>,
}

/// A sign-in to a cluster, as Atlas lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedSignIn {
    /// Who, as Atlas's API names database users with managed certificates (`orders-api`, not
    /// `CN=orders-api`). A user of a customer's authority whose subject is nothing but a common name
    /// comes like that, too.
    pub username: Username,
    /// When.
    pub at: OffsetDateTime,
    /// From which address.
    pub address: Option<String>,
    /// Whether it was let in.
    pub succeeded: bool,
}

/// A cluster as Atlas lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedCluster {
    /// Its name.
    pub name: String,
    /// Atlas's word for how it is: `IDLE`, `UPDATING`, …
    pub state: Option<String>,
    /// `mongodb+srv://…` without credentials, once there is one.
    pub srv: Option<String>,
}

/// A managed certificate as Atlas lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedCertificate {
    /// Atlas's `_id`, the certificate's serial number.
    pub serial: Serial,
    /// Atlas's `createdAt`, which is the certificate's `notBefore`: an hour before it was made.
    pub created_at: OffsetDateTime,
    /// When it ends.
    pub not_after: OffsetDateTime,
    /// Its subject, RFC 2253.
    pub subject: String,
}

/// A certificate and its private key as Atlas made them. Wiped when dropped.
///
/// Neither `Clone` nor `Serialize`, and its `Debug` shows nothing of the text: there is one copy,
/// and it goes where its owner puts it.
pub struct IssuedPem {
    pem: Zeroizing<String>,
    /// HTTP status of the answer.
    pub status: u16,
    /// The answer's `X-Request-Id`, where there was one.
    pub request_id: Option<String>,
}

impl IssuedPem {
    /// What Atlas sent.
    pub fn new(pem: Zeroizing<String>, status: u16, request_id: Option<String>) -> Self {
        Self {
            pem,
            status,
            request_id,
        }
    }

    /// The text, key included.
    pub fn expose(&self) -> &str {
        &self.pem
    }

    /// The text, key included, to be kept.
    pub fn into_pem(self) -> Zeroizing<String> {
        self.pem
    }
}

impl fmt::Debug for IssuedPem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedPem")
            .field("status", &self.status)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}
