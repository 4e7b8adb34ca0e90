//! Sessions: the cookie `__Host-sid` and the row behind it.
//!
//! `tower-sessions` keeps the cookie; the rows, their ends and their rights are
//! [`portal::identity`]'s. An id has 128 random bits (all that the library's type holds, and what
//! OWASP ASVS 5.0, 7.2.3 asks for); only its SHA-256 is stored.

mod caller;
mod store;

use portal::{Portal, identity::SessionKey};
use tower_sessions::{
    Session, SessionManagerLayer,
    cookie::SameSite,
    session::{Error, Id},
};

use self::store::ADOPTED;
pub use self::{caller::layer as caller, store::Store};

/// Its name binds it to this host, to TLS and to every path (RFC 6265bis, 4.1.3.2).
pub const COOKIE: &str = "__Host-sid";

/// The layer that reads and writes the cookie.
///
/// `Lax`: `Strict` would not be sent with the redirect back from the identity provider. The cookie
/// ends with the browser's session; how long the row lives is decided at the server.
pub fn layer(portal: Portal) -> SessionManagerLayer<Store> {
    SessionManagerLayer::new(Store::new(portal))
        .with_name(COOKIE)
        .with_same_site(SameSite::Lax)
        .with_secure(true)
        .with_http_only(true)
        .with_path("/")
}

/// A new id. Every sign-in gets one: an id that was planted before never becomes good.
pub fn new_id(portal: &Portal) -> Id {
    Id(i128::from_le_bytes(portal.random.bytes()))
}

/// What the session with this id is found by.
pub fn key_of(id: Id) -> SessionKey {
    SessionKey::of(&id.0.to_le_bytes())
}

/// Makes the browser carry the session `id`, whose row a sign-in has just made.
///
/// # Errors
/// When the database went away.
pub async fn adopt(session: &Session, id: Id) -> Result<(), Error> {
    end(session).await?;
    // As text: JSON numbers end below 128 bits.
    session.insert(ADOPTED, id.to_string()).await?;
    session.save().await?;
    session.remove::<String>(ADOPTED).await?;
    Ok(())
}

/// Takes the cookie away.
///
/// # Errors
/// When the database went away.
pub async fn end(session: &Session) -> Result<(), Error> {
    if session.id().is_some() {
        session.flush().await
    } else {
        Ok(())
    }
}
