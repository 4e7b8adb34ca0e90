//! `certdesk config check`

use std::{process::ExitCode, sync::Arc, time::Duration};

use anyhow::Result;
use portal::{
    atlas::Atlas as _,
    clock::SystemClock,
    credentials,
    model::{CredentialRow, PowerVerdict},
};
use server::{
    config::{Config, Sources},
    database,
    oidc::Provider,
    startup,
};

use super::wait_for;

/// How long one dependency may take to answer.
const PATIENCE: Duration = Duration::from_secs(15);

pub(crate) fn run(sources: &Sources) -> Result<ExitCode> {
    let config = Config::load(sources)?;
    println!("In force:");
    for key in &config.effective {
        println!("  {} = {}  ({})", key.variable, key.value, key.source);
    }
    if config.roles.0.security.is_empty() {
        println!(
            "  note: CERTDESK_ROLES__SECURITY_GROUPS names no group, so nobody can read the whole audit log"
        );
    }
    println!("\nTried:");
    let checks = wait_for(async {
        Ok([
            ("the database", patiently(database(&config)).await),
            ("the identity provider", patiently(provider(&config)).await),
            ("MongoDB Atlas", patiently(atlas(&config)).await),
        ])
    })?;
    let mut well = true;
    for (what, outcome) in checks {
        match outcome {
            Ok(how) => println!("  {what}: {how}"),
            Err(why) => {
                well = false;
                println!("  {what}: FAILED: {why}");
            }
        }
    }
    println!("\nCredentials at MongoDB Atlas:");
    for row in wait_for(async { Ok(credentials(&config).await) })? {
        well &= !matches!(
            row.verdict(),
            PowerVerdict::Untried | PowerVerdict::TooLittle | PowerVerdict::Misplaced
        );
        println!("  {}", credentials::sentence(&row));
    }
    Ok(if well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What each credential may do, held against what it is for. However many projects there are: each
/// call has its own patience.
async fn credentials(config: &Config) -> Vec<CredentialRow> {
    match startup::atlas(&config.atlas, Arc::new(SystemClock)) {
        Ok(atlas) => credentials::judged(&credentials::try_all(&atlas, &SystemClock).await),
        // Said above.
        Err(_) => Vec::new(),
    }
}

type Outcome = Result<String, String>;

async fn patiently(check: impl Future<Output = Outcome>) -> Outcome {
    tokio::time::timeout(PATIENCE, check)
        .await
        .unwrap_or_else(|_| Err(format!("no answer within {} seconds", PATIENCE.as_secs())))
}

async fn database(config: &Config) -> Outcome {
    let pool = database::pool(&config.database).map_err(|error| format!("{error:#}"))?;
    let findings = database::inspect(&pool).await.map_err(|error| {
        format!("{error}. Is CERTDESK_DATABASE__URL right, and was `certdesk migrate` run?")
    })?;
    database::can_write(&pool).await?;
    if !findings.refusals.is_empty() {
        return Err(findings.refusals.join("; "));
    }
    let mut how = String::from("answers, and takes writes");
    for warning in findings.warnings {
        how.push_str("; note: ");
        how.push_str(&warning);
    }
    Ok(how)
}

async fn provider(config: &Config) -> Outcome {
    let provider = Provider::new(config.oidc.clone(), &config.public, Arc::new(SystemClock))
        .map_err(|error| format!("{error:#}"))?;
    provider.ask().await.map_err(|refusal| {
        format!(
            "{refusal}. CERTDESK_OIDC__ISSUER is {}; its discovery document must be at \
             /.well-known/openid-configuration below it and name the same issuer",
            config.oidc.issuer
        )
    })?;
    Ok("answers, with the same issuer and PKCE".to_owned())
}

async fn atlas(config: &Config) -> Outcome {
    let atlas = startup::atlas(&config.atlas, Arc::new(SystemClock))
        .map_err(|error| format!("{error:#}"))?;
    match atlas.list_projects().await {
        Ok(projects) if projects.is_empty() => Err(
            "answers, but the reader's credential sees no project: give it a project role"
                .to_owned(),
        ),
        Ok(projects) => Ok(format!(
            "answers; the reader's credential sees {} projects",
            projects.len()
        )),
        Err(error) => Err(format!(
            "{error}. CERTDESK_ATLAS__BASE_URL is {}",
            config.atlas.base_url
        )),
    }
}
