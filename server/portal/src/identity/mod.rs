//! People, sign-ins and sessions.
//!
//! A person is `(iss, sub)`, never an e-mail address. Rights come from the groups the identity
//! provider gave at the sign-in, kept with the session.

mod account;
mod attempts;
mod browser;
mod live;
mod provider_logout;
mod purge;
mod session_key;
mod sign_in;
mod sign_out;

pub use account::{account, end_session, set_preferences};
pub use attempts::{ATTEMPT_LIFE, LoginAttempt, begin_attempt, take_attempt};
pub use live::{ABSOLUTE, IDLE, LiveSession, PRIVILEGED_IDLE, find, save_data, touch};
pub use provider_logout::{ProviderLogout, end_by_provider};
pub use purge::purge;
pub use session_key::SessionKey;
pub use sign_in::{SignIn, record_failure, sign_in};
pub use sign_out::{SignedOut, revoke, sign_out};
