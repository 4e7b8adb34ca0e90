//! Rules and SQL against a real Postgres, acting as the runtime role.

mod audit;
mod certificates;
mod issuance;
mod pickup;
mod projects;
mod requests;
mod schema;
