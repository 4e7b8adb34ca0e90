//! `certdesk migrate`

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use server::{
    config::{Config, Sources},
    database,
};

use super::wait_for;

pub(crate) fn run(sources: &Sources) -> Result<ExitCode> {
    let url = Config::load_owner_database(sources)?;
    wait_for(async {
        let pool = database::owner_pool(&url).await?;
        portal::MIGRATOR.run(&pool).await.context(
            "the database could not be migrated; it is as it was before the step that failed",
        )
    })?;
    println!("The database is up to date.");
    Ok(ExitCode::SUCCESS)
}
