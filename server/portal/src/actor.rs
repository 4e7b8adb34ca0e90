//! Who is acting. Every function that reads or changes anything takes an [`Actor`].

use std::{collections::BTreeSet, net::IpAddr};

use time::OffsetDateTime;

use crate::model::{PersonId, PersonRef};

/// Somebody, or the portal itself.
#[derive(Clone, Debug)]
pub enum Actor {
    /// A signed-in person.
    Person(Box<SignedIn>),
    /// A job of the portal, by its name.
    System(&'static str),
    /// Somebody who is not signed in: only ever seen failing to sign in.
    Nobody(Client),
}

/// A signed-in person, as of this request.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who.
    pub id: PersonId,
    /// Issuer of their identity.
    pub iss: String,
    /// Their subject at that issuer; with `iss` the only key to a person.
    pub sub: String,
    /// Name to show.
    pub name: String,
    /// Groups as of the last sign-in.
    pub groups: BTreeSet<String>,
    /// When they last proved who they are, where the provider says.
    pub auth_time: Option<OffsetDateTime>,
    /// SHA-256 of the session id, hexadecimal: names the session in the log without being it.
    pub session: String,
    /// Where the request came from.
    pub client: Client,
}

/// Where a request came from.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// The address, from the connection or a trusted proxy.
    pub ip: Option<IpAddr>,
    /// SHA-256 of the browser's `User-Agent`, hexadecimal.
    pub user_agent_hash: Option<String>,
}

impl Actor {
    /// The person, if it is one.
    pub fn person(&self) -> Option<&SignedIn> {
        match self {
            Self::Person(person) => Some(person),
            Self::System(_) | Self::Nobody(_) => None,
        }
    }

    /// Whether this is the person `id`.
    pub fn is(&self, id: PersonId) -> bool {
        self.person().is_some_and(|person| person.id == id)
    }

    /// A reference to a person as seen by this actor.
    pub fn sees(&self, id: PersonId, name: String) -> PersonRef {
        PersonRef {
            id,
            name,
            is_you: self.is(id),
        }
    }
}
