//! The Atlas client against servers that behave, misbehave and break off.

#[path = "atlas_client/asking.rs"]
mod asking;
#[path = "atlas_client/changed.rs"]
mod changed;
#[path = "atlas_client/changing.rs"]
mod changing;
#[path = "atlas_client/creating.rs"]
mod creating;
#[path = "atlas_client/digest.rs"]
mod digest;
#[path = "atlas_client/digest_server.rs"]
mod digest_server;
#[path = "atlas_client/fake.rs"]
mod fake;
#[path = "atlas_client/fake_writes.rs"]
mod fake_writes;
#[path = "atlas_client/following.rs"]
mod following;
#[path = "atlas_client/measuring.rs"]
mod measuring;
#[path = "atlas_client/outcomes.rs"]
mod outcomes;
#[path = "atlas_client/paging.rs"]
mod paging;
#[path = "atlas_client/probing.rs"]
mod probing;
#[path = "atlas_client/raw.rs"]
mod raw;
#[path = "atlas_client/reading.rs"]
mod reading;
#[path = "atlas_client/refusing.rs"]
mod refusing;
#[path = "atlas_client/retrying.rs"]
mod retrying;
#[path = "atlas_client/secrets.rs"]
mod secrets;
#[path = "atlas_client/support.rs"]
mod support;
#[path = "atlas_client/tokens.rs"]
mod tokens;
#[path = "atlas_client/ways.rs"]
mod ways;
