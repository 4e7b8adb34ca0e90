//! Rules and SQL against a real Postgres, acting as the runtime role.

mod audit;
mod certificates;
mod changes;
mod credentials;
mod database_users;
mod explaining;
mod files;
mod issuance;
mod lost_answers;
mod pickup;
mod projects;
mod protocol;
mod requests;
mod schema;
mod sweeping;
mod x509;
