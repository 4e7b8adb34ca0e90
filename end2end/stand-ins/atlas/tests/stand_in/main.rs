//! The stand-in through real HTTP, compared with what Atlas is known to answer.

mod certificates;
mod control;
mod credentials;
mod database_users;
mod faults;
mod openapi;
mod presentation;
mod projects;
mod support;
mod wrong_answers;
