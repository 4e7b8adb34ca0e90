//! Database users as owners change them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{
    CertificateRow, ChangeId, DatabaseRole, DatabaseUserRow, GroupId, PersonRef, Problem,
    ProjectRef, Reason, Username,
};

/// Most characters of a new user's name: what fits a certificate's common name (RFC 5280, ub-common-name).
pub const NEW_USERNAME_MAX: u32 = 64;
/// Most roles one user can be given.
pub const ROLES_MAX: u32 = 20;

/// Most bytes of a role's name. Atlas publishes no limit; no name it shows comes near.
const ROLE_NAME_MAX: usize = 255;
/// Most bytes of a database's name (MongoDB manual, limits).
const DATABASE_NAME_MAX: usize = 63;
/// Most bytes of `database.collection` (MongoDB manual, limits).
const NAMESPACE_MAX: usize = 255;

/// What the form for a database user offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseUserForm {
    /// In which project.
    pub project: ProjectRef,
    /// The user to change; none for a new one.
    pub user: Option<DatabaseUserRow>,
    /// Certificates of the user to change that live, latest end first.
    pub held: Vec<CertificateRow>,
    /// What users of this project are allowed so far, without repetition.
    pub in_use: Vec<DatabaseRole>,
    /// Names of roles: those in use, and the built-in `read` and `readWrite`.
    pub role_names: Vec<String>,
    /// Databases that roles of this project name.
    pub databases: Vec<String>,
    /// The project's clusters.
    pub clusters: Vec<String>,
    /// What is known about the name asked about.
    pub name: Option<NameCheck>,
    /// Who could say yes, if the viewer asked.
    pub approvers: Vec<PersonRef>,
    /// The viewer is the project's only owner: security would decide.
    pub security_decides: bool,
    /// A change of this user that is under way.
    pub open: Option<ChangeId>,
    /// When the page was made.
    pub now: OffsetDateTime,
}

/// Whether a new user may have a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameCheck {
    /// The name asked about.
    pub username: Username,
    /// Why not, if not.
    pub verdict: NameVerdict,
    /// A name for one grant only (`jdoe-7k2m`): nobody had it before, and deleting the user ends that
    /// grant and nothing else.
    pub suggestion: Username,
}

/// Whether a new user may have a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum NameVerdict {
    /// Nobody had it, as far as the portal knows.
    Free,
    /// It was had before, and no certificate of it lives any more.
    HadBefore,
    /// There is such a user.
    Taken,
    /// Certificates of an earlier user of this name still live; they would work again.
    StillLives {
        /// How many.
        certificates: u32,
        /// When the last of them ends.
        ends: OffsetDateTime,
    },
}

/// A name a new user with managed certificates can have: letters, digits, `_` and `-`. Atlas takes more,
/// and its certificate calls have stumbled over dots and slashes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NewUsername(Username);

impl NewUsername {
    /// The name.
    pub fn get(&self) -> &Username {
        &self.0
    }

    /// The name.
    pub fn into_username(self) -> Username {
        self.0
    }
}

impl FromStr for NewUsername {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Problem::Missing);
        }
        if text.chars().count() > NEW_USERNAME_MAX as usize {
            return Err(Problem::TooLong {
                most: NEW_USERNAME_MAX,
            });
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if !text.chars().all(plain) || text.starts_with('-') {
            return Err(Problem::Malformed);
        }
        text.parse().map(Self)
    }
}

impl TryFrom<String> for NewUsername {
    type Error = Problem;

    fn try_from(text: String) -> Result<Self, Problem> {
        text.parse()
    }
}

impl From<NewUsername> for String {
    fn from(name: NewUsername) -> Self {
        name.0.to_string()
    }
}

/// A role as a form sends it: `readWrite@orders`, or `read@orders.invoices` for one collection.
impl FromStr for DatabaseRole {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let (role, place) = text.trim().split_once('@').ok_or(Problem::Malformed)?;
        let (database, collection) = match place.split_once('.') {
            Some((database, collection)) => (database, Some(collection)),
            None => (place, None),
        };
        let plain = |c: char| {
            !c.is_control()
                && !c.is_whitespace()
                && !matches!(
                    c,
                    '/' | '\\' | '"' | '$' | '*' | '<' | '>' | ':' | '|' | '?'
                )
        };
        let word = |text: &str, most: usize| {
            !text.is_empty() && text.len() <= most && text.chars().all(plain)
        };
        let collection_fits = |text: &str| {
            !text.is_empty()
                && database.len() + 1 + text.len() <= NAMESPACE_MAX
                && !text.chars().any(|c| c.is_control() || c == '$')
        };
        if !word(role, ROLE_NAME_MAX)
            || !word(database, DATABASE_NAME_MAX)
            || !collection.is_none_or(collection_fits)
        {
            return Err(Problem::Malformed);
        }
        Ok(Self {
            role: role.to_owned(),
            database: database.to_owned(),
            collection: collection.map(str::to_owned),
        })
    }
}

impl fmt::Display for DatabaseRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.role, self.database)?;
        match &self.collection {
            Some(collection) => write!(f, ".{collection}"),
            None => Ok(()),
        }
    }
}

/// A new database user, as parsed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewUser {
    /// In which project.
    pub project: GroupId,
    /// Its name.
    pub username: NewUsername,
    /// What it may do; at least one, no repetition.
    pub roles: Vec<DatabaseRole>,
    /// Clusters it is limited to; empty means the whole project.
    pub clusters: Vec<String>,
    /// Why.
    pub reason: Reason,
}

/// Other roles for a database user, as parsed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewRoles {
    /// In which project.
    pub project: GroupId,
    /// Which user.
    pub username: Username,
    /// What it will be allowed; replaces all it is allowed now.
    pub roles: Vec<DatabaseRole>,
    /// Why.
    pub reason: Reason,
}

/// The end of a database user, as parsed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserDeletion {
    /// In which project.
    pub project: GroupId,
    /// Which user.
    pub username: Username,
    /// The name typed again, so that the wrong user is not deleted by a slip.
    pub typed: String,
    /// Why.
    pub reason: Reason,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_new_name_is_what_an_address_and_a_common_name_take() {
        for name in ["orders-api", "jdoe-7k2m", "A_9", "_x", "7"] {
            let parsed: NewUsername = name.parse().expect(name);
            assert_eq!(parsed.get().as_str(), name);
        }
        assert_eq!(
            " orders-api ".parse::<NewUsername>().map(String::from),
            Ok("orders-api".to_owned())
        );
        for name in [
            "-x", "a.b", "a/b", "a b", "a%b", "CN=a", "a,b", "jürgen", "a\nb", "..",
        ] {
            assert_eq!(
                name.parse::<NewUsername>(),
                Err(Problem::Malformed),
                "{name}"
            );
        }
        assert_eq!("  ".parse::<NewUsername>(), Err(Problem::Missing));
    }

    #[test]
    fn a_new_name_fits_a_common_name_to_the_character() {
        assert!("x".repeat(64).parse::<NewUsername>().is_ok());
        assert_eq!(
            "x".repeat(65).parse::<NewUsername>(),
            Err(Problem::TooLong { most: 64 })
        );
    }

    #[test]
    fn a_new_name_is_checked_however_it_arrives() {
        let parsed: Result<NewUsername, _> = serde_json::from_str("\"a.b\"");
        assert!(parsed.is_err());
        let name: NewUsername = serde_json::from_str("\"orders-api\"").expect("a good name");
        assert_eq!(
            serde_json::to_string(&name).expect("a text"),
            "\"orders-api\""
        );
    }

    #[test]
    fn roles_are_read_as_they_are_written() {
        for (text, role, database, collection) in [
            ("readWrite@orders", "readWrite", "orders", None),
            ("read@orders.invoices", "read", "orders", Some("invoices")),
            ("read@orders.in.voices", "read", "orders", Some("in.voices")),
            ("audit.reader@admin", "audit.reader", "admin", None),
            ("read@a@b", "read", "a@b", None),
            ("read@orders.a@b c", "read", "orders", Some("a@b c")),
        ] {
            let parsed: DatabaseRole = text.parse().expect(text);
            assert_eq!(
                (
                    parsed.role.as_str(),
                    parsed.database.as_str(),
                    parsed.collection.as_deref()
                ),
                (role, database, collection)
            );
            assert_eq!(parsed.to_string(), text);
        }
    }

    #[test]
    fn what_no_role_can_be_is_refused() {
        let long = format!("read@{}", "x".repeat(64));
        let far = format!("read@db.{}", "x".repeat(253));
        for text in [
            "",
            "readWrite",
            "@orders",
            "read@",
            "read@.invoices",
            "read@orders.",
            "read@or ders",
            "re ad@orders",
            "read@$external",
            "read@*",
            "read@orders.in$voices",
            "read@orders.in\nvoices",
            &long,
            &far,
        ] {
            assert_eq!(
                text.parse::<DatabaseRole>(),
                Err(Problem::Malformed),
                "{text}"
            );
        }
        let near = format!("read@db.{}", "x".repeat(252));
        assert!(near.parse::<DatabaseRole>().is_ok());
    }

    proptest! {
        #[test]
        fn a_role_that_can_be_read_is_written_and_read_the_same(text in "[a-z@. $*ü]{0,24}|\\PC{0,24}") {
            if let Ok(role) = text.parse::<DatabaseRole>() {
                prop_assert_eq!(role.to_string(), text.trim());
                prop_assert_eq!(role.to_string().parse(), Ok(role));
            }
        }

        #[test]
        fn every_role_is_written_and_read_the_same(
            role in "[A-Za-z0-9_.-]{1,40}",
            database in "[A-Za-z0-9_@-]{1,63}",
            collection in proptest::option::of("[A-Za-z0-9_.@][A-Za-z0-9_.@ -]{0,80}[A-Za-z0-9_]"),
        ) {
            let role = DatabaseRole { role, database, collection };
            prop_assert_eq!(role.to_string().parse(), Ok(role));
        }

        #[test]
        fn a_new_name_never_needs_escaping(text in "[a-z_-]{0,3}\\PC{0,70}") {
            if let Ok(name) = text.parse::<NewUsername>() {
                let name = name.into_username();
                prop_assert!(name.as_str().len() <= NEW_USERNAME_MAX as usize);
                prop_assert_eq!(name.pem_file_name(), format!("{}.pem", name.as_str().trim_matches('-')));
            }
        }
    }
}
