//! Which database users Atlas accepts, and which changes to them.

use serde_json::{Map, Value};

use crate::errors::ApiError;
use crate::world::{DatabaseUser, X509Type};

/// Checks a new user; `password` says whether one was given.
pub(crate) fn check_new(user: &DatabaseUser, password: bool) -> Result<(), ApiError> {
    if user.username.is_empty() || user.username.chars().count() > 1024 {
        return Err(ApiError::invalid_attribute("username"));
    }
    if user
        .description
        .as_ref()
        .is_some_and(|text| text.chars().count() > 100)
    {
        return Err(ApiError::invalid_attribute("description"));
    }
    if user.x509_type != X509Type::None {
        if user.ldap_auth_type != "NONE" {
            return Err(ApiError::x509_and_ldap());
        }
        if password {
            return Err(ApiError::x509_and_scram());
        }
        if user.delete_after_date.is_some() {
            return Err(ApiError::x509_temporary());
        }
    }
    let outside = [
        &user.aws_iam_type,
        &user.ldap_auth_type,
        &user.oidc_auth_type,
    ]
    .iter()
    .any(|kind| *kind != "NONE");
    let external = outside || user.x509_type != X509Type::None;
    if external != (user.database_name == "$external") {
        return Err(ApiError::database_must_be(external));
    }
    if !external && !password {
        return Err(ApiError::missing_attribute("password"));
    }
    match user.x509_type {
        // Whether `CN=name` is taken as well is not known. The plain name is what the API shows.
        X509Type::Managed if user.username.contains(['=', ',', '+']) => {
            Err(ApiError::managed_name_invalid(&user.username))
        }
        X509Type::Customer if !is_distinguished_name(&user.username) => {
            Err(ApiError::invalid_distinguished_name(&user.username))
        }
        _ => Ok(()),
    }
}

/// Checks the body of a change before it is merged.
pub(crate) fn check_change(user: &DatabaseUser, body: &Map<String, Value>) -> Result<(), ApiError> {
    let differs = |name: &str, now: &str| {
        body.get(name)
            .is_some_and(|value| value.as_str() != Some(now))
    };
    if differs("username", &user.username) {
        return Err(ApiError::cannot_change(
            "DATABASE_USERNAME_CANNOT_BE_CHANGED",
        ));
    }
    if differs("databaseName", &user.database_name) {
        return Err(ApiError::cannot_change("DATABASE_NAME_CANNOT_BE_CHANGED"));
    }
    let kind = match user.x509_type {
        X509Type::None => "NONE",
        X509Type::Managed => "MANAGED",
        X509Type::Customer => "CUSTOMER",
    };
    // A managed user is stored as CN=<name>. A change that does not repeat the type is read as one of a user without
    // X.509 whose name is <name>, hence this code although nobody touched the name.
    if user.x509_type == X509Type::Managed && !body.contains_key("x509Type") {
        return Err(ApiError::cannot_change(
            "DATABASE_USERNAME_CANNOT_BE_CHANGED",
        ));
    }
    if differs("x509Type", kind) {
        return Err(ApiError::cannot_change("AUTH_TYPE_CANNOT_BE_CHANGED"));
    }
    Ok(())
}

/// `type=value` pairs; a backslash takes the meaning from a comma.
fn is_distinguished_name(text: &str) -> bool {
    let mut previous = ' ';
    let parts = text.split(|c| {
        let separates = c == ',' && previous != '\\';
        previous = c;
        separates
    });
    parts.into_iter().all(|part| {
        part.split_once('=')
            .is_some_and(|(kind, value)| !kind.trim().is_empty() && !value.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customer_users_are_whole_distinguished_names() {
        assert!(is_distinguished_name("CN=Jane Doe,O=MongoDB,C=US"));
        assert!(is_distinguished_name(r"CN=Doe\, Jane,O=MongoDB"));
        assert!(!is_distinguished_name("jane"));
        assert!(!is_distinguished_name("CN=Jane,MongoDB"));
    }
}
