//! The stand-in through real HTTP, compared with what Atlas is known to answer.

mod certificates;
mod contract;
mod control;
mod credentials;
mod database_users;
mod faults;
mod faults_of_changes;
mod openapi;
mod presentation;
mod projects;
mod recorder;
mod schema;
mod support;
mod wrong_answers;
