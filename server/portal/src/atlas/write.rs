//! Changing something at Atlas: one request, and what its answer proves.

use reqwest::Request;
use serde::Serialize;
use serde_json::Value;

use super::{
    AtlasClient, ErrorBody, NewManagedUser, Purpose, UnknownClass, WhyNotSent, WriteError,
    answer::Answer,
    exchange::{Failure, Manner, Operation},
};
use crate::model::{DatabaseRole, GroupId, Username};

/// Where X.509 users authenticate.
const EXTERNAL: &str = "$external";

/// A change, other than a certificate.
#[derive(Clone, Copy, Debug)]
pub(super) enum Write<'a> {
    DisableCustomerX509,
    CreateUser(&'a NewManagedUser),
    UpdateUser(&'a Username, &'a [DatabaseRole]),
    DeleteUser(&'a Username),
}

impl AtlasClient {
    /// Asks for one change.
    pub(super) async fn carry_out(
        &self,
        operation: &Operation,
        group: &GroupId,
        write: Write<'_>,
    ) -> Result<(), WriteError> {
        let request = self.request(group, write)?;
        let answer = self.send_once(operation, write.purpose(), request).await?;
        if !(200..300).contains(&answer.status) {
            return Err(not_done(&answer));
        }
        if write.is_confirmed_by(&answer) {
            Ok(())
        } else {
            let status = Some(answer.status);
            Err(WriteError::unknown(UnknownClass::Unconfirmed, status))
        }
    }

    fn request(&self, group: &GroupId, write: Write<'_>) -> Result<Request, WriteError> {
        let users = ["groups", group.as_str(), "databaseUsers"];
        let user = |username: &Username| {
            let [groups, group, users] = users;
            self.write_url(&[groups, group, users, EXTERNAL, username.as_str()])
        };
        Ok(match write {
            Write::DisableCustomerX509 => {
                let path = ["groups", group.as_str(), "userSecurity", "customerX509"];
                self.endpoint.delete(self.write_url(&path)?)
            }
            Write::CreateUser(new) => {
                let body = UserBody {
                    scopes: Some(
                        new.clusters
                            .iter()
                            .map(|name| Scope::cluster(name))
                            .collect(),
                    ),
                    ..UserBody::new(group, &new.username, &new.roles)
                };
                self.endpoint.post(self.write_url(&users)?, body.json())
            }
            Write::UpdateUser(username, roles) => {
                let body = UserBody::new(group, username, roles);
                self.endpoint.patch(user(username)?, body.json())
            }
            Write::DeleteUser(username) => self.endpoint.delete(user(username)?),
        })
    }

    fn write_url(&self, segments: &[&str]) -> Result<url::Url, WriteError> {
        self.endpoint
            .url(segments)
            .map_err(|_| WriteError::not_sent(WhyNotSent::Unsendable))
    }

    /// Sends one request. There is no loop here, and nothing below this function has one.
    pub(super) async fn send_once(
        &self,
        operation: &Operation,
        purpose: Purpose,
        mut request: Request,
    ) -> Result<Answer, WriteError> {
        let prover = self.prover(purpose);
        let proof = prover
            .sign_prepared(&mut request, &self.exchange)
            .ok_or_else(|| WriteError::not_sent(WhyNotSent::Unprepared))?;
        let answer = self
            .exchange
            .send(operation, Manner::Writing, request)
            .await?;
        prover.observe(&answer);
        if answer.status == 401 {
            // So that the next preparation begins anew.
            prover.forget(&proof, &self.exchange);
        }
        Ok(answer)
    }
}

impl Write<'_> {
    fn purpose(self) -> Purpose {
        match self {
            Self::DisableCustomerX509 => Purpose::Disabler,
            Self::CreateUser(_) | Self::UpdateUser(..) | Self::DeleteUser(_) => Purpose::Issuer,
        }
    }

    /// Whether a success is Atlas's own: somebody between may have a page of their own for everything.
    fn is_confirmed_by(self, answer: &Answer) -> bool {
        let body = answer.json::<Value>();
        match self {
            Self::CreateUser(NewManagedUser { username, .. }) | Self::UpdateUser(username, _) => {
                body.is_ok_and(|user| user["username"] == username.as_str())
            }
            Self::DisableCustomerX509 => body.is_ok_and(|settings| {
                settings.get("customerX509").is_some() || settings.get("ldap").is_some()
            }),
            Self::DeleteUser(_) => {
                answer.body.is_empty() || body.is_ok_and(|body| body.is_object())
            }
        }
    }
}

/// A database user as it is sent. Sent with a change, too: Atlas takes a change without
/// `x509Type` for one of the user's name, and answers 409 (mongodb-atlas-cli, pull request 2398).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserBody<'a> {
    database_name: &'static str,
    group_id: &'a GroupId,
    username: &'a Username,
    x509_type: &'static str,
    roles: Vec<Role<'a>>,
    /// Replaced whole where it is sent. Left out of a change, so that what the portal does not know
    /// of (data lakes, stream instances) stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    scopes: Option<Vec<Scope<'a>>>,
}

#[derive(Serialize)]
struct Role<'a> {
    #[serde(rename = "roleName")]
    name: &'a str,
    #[serde(rename = "databaseName")]
    database: &'a str,
    #[serde(rename = "collectionName", skip_serializing_if = "Option::is_none")]
    collection: Option<&'a str>,
}

#[derive(Serialize)]
struct Scope<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
}

impl<'a> UserBody<'a> {
    fn new(group: &'a GroupId, username: &'a Username, roles: &'a [DatabaseRole]) -> Self {
        Self {
            database_name: EXTERNAL,
            group_id: group,
            username,
            x509_type: "MANAGED",
            roles: roles.iter().map(Role::from).collect(),
            scopes: None,
        }
    }

    fn json(&self) -> String {
        serde_json::to_string(self).expect("text and lists of text have a JSON form")
    }
}

impl<'a> From<&'a DatabaseRole> for Role<'a> {
    fn from(role: &'a DatabaseRole) -> Self {
        Self {
            name: &role.role,
            database: &role.database,
            collection: role.collection.as_deref(),
        }
    }
}

impl<'a> Scope<'a> {
    fn cluster(name: &'a str) -> Self {
        Self {
            name,
            kind: "CLUSTER",
        }
    }
}

/// What an answer proves that is no success. A refusal is believed only with Atlas's own explanation,
/// which no proxy between would write.
pub(super) fn not_done(answer: &Answer) -> WriteError {
    let status = answer.status;
    let class = match status {
        300..400 => UnknownClass::Redirect,
        500..600 => UnknownClass::ServerError,
        _ => match refusal_of(answer) {
            Some(refused) => return refused,
            None if REFUSES.contains(&status) => UnknownClass::Unexplained,
            None => UnknownClass::OddStatus,
        },
    };
    WriteError::unknown(class, Some(status))
}

/// The statuses with which nothing has been done.
const REFUSES: [u16; 12] = [400, 401, 402, 403, 404, 405, 406, 409, 410, 415, 422, 429];

fn refusal_of(answer: &Answer) -> Option<WriteError> {
    let explained = match &answer.error_body()? {
        ErrorBody::Atlas { error, .. } => *error == answer.status,
        // How a token that has run out is refused is not documented; if in the form of OAuth, then
        // with this status, and before anything was looked at.
        ErrorBody::OAuth { .. } => answer.status == 401,
    };
    explained
        .then(|| answer.refusal())
        .flatten()
        .map(WriteError::Refused)
}

impl From<Failure> for WriteError {
    fn from(failure: Failure) -> Self {
        let (class, status, source) = match failure {
            Failure::Connect(cause) => {
                return Self::NotSent {
                    why: WhyNotSent::Connect,
                    source: Some(cause),
                };
            }
            Failure::Timeout { status } => (UnknownClass::Timeout, status, None),
            Failure::Broken {
                status: None,
                cause,
            } => (UnknownClass::Reset, None, Some(cause)),
            Failure::Broken { status, cause } => (UnknownClass::Truncated, status, Some(cause)),
            Failure::TooLong { status } => (UnknownClass::Oversize, Some(status), None),
        };
        Self::Unknown {
            class,
            status,
            source,
        }
    }
}
