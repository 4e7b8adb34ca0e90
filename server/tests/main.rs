//! The portal through its real router, with a real Postgres, an Atlas in memory and a clock moved by
//! hand.

mod authorities;
mod away;
mod configuration;
mod cross_site;
mod database_users;
mod delivery;
mod headers;
mod journeys;
mod limits;
mod oidc_answers;
mod oidc_exchange;
mod oidc_logout;
mod oidc_people;
mod oidc_provider;
mod oidc_token_cases;
mod oidc_tokens;
mod sessions;
mod support;
mod surface;
mod switching_off;
