//! Made-up jobs and credentials.

#[expect(
    clippy::wildcard_imports,
    reason = "samples are made of the other samples"
)]
use super::*;

fn jobs(certificates: JobOutcome) -> Vec<JobRow> {
    let job = |name: &str, outcome, seconds: Option<i64>, every_s| JobRow {
        name: name.to_owned(),
        outcome,
        failure: (outcome == JobOutcome::Failed).then(|| {
            "Atlas does not answer: no connection to Atlas: connection refused".to_owned()
        }),
        ended_at: seconds.map(|seconds| ago(Duration::seconds(seconds))),
        took_ms: seconds.map(|seconds| seconds * 37),
        every_s,
    };
    vec![
        job("projects.sync", JobOutcome::Done, Some(41), 60),
        job("certificates.sync", certificates, Some(12), 60),
        job("attempts.settle", JobOutcome::Done, Some(4), 10),
        job("requests.expire", JobOutcome::Done, Some(18), 30),
        job("pickups.end", JobOutcome::Done, Some(4), 10),
        job("changes.settle", JobOutcome::Done, Some(4), 10),
        job("changes.follow", JobOutcome::Done, Some(4), 10),
        job("changes.expire", JobOutcome::Done, Some(18), 30),
        job("sign_ins.sync", JobOutcome::Done, Some(204), 600),
        job("credentials.probe", JobOutcome::Done, Some(1260), 3600),
        job("sessions.purge", JobOutcome::NotYet, None, 600),
    ]
}

fn credential(purposes: &[Purpose], trial: Trial) -> CredentialRow {
    let number = purposes.first().map_or(0, |purpose| *purpose as u32 + 1);
    CredentialRow {
        name: CredentialName {
            kind: CredentialKind::ServiceAccount,
            public: format!("mdb_sa_id_64f0c0a1e4b0a1b2c3d4e60{number}"),
        },
        purposes: purposes.to_vec(),
        tried_at: (trial != Trial::NotYet).then(|| ago(Duration::minutes(21))),
        trial,
    }
}

fn powers(owns: u32, role: &str, findings: Vec<Finding>) -> Powers {
    Powers {
        projects: 4,
        reads: 4,
        owns,
        roles: Some(vec![role.to_owned()]),
        organisation: None,
        findings,
    }
}

fn page(credentials: Vec<CredentialRow>) -> OperationsPage {
    OperationsPage {
        jobs: jobs(JobOutcome::Done),
        atlas_api: "v2".to_owned(),
        atlas_address: "https://cloud.mongodb.com".to_owned(),
        credentials,
        may_probe: true,
        atlas_answered_at: Some(ago(Duration::seconds(12))),
        open_attempts: 0,
        lost_answers: LostAnswers {
            limit: 5,
            ..LostAnswers::default()
        },
        unlisted: 0,
        waiting_keys: 2,
        log_size: 1205,
        now: NOW,
    }
}

pub(crate) fn operations() -> OperationsPage {
    let owner = || Trial::Done(powers(4, "GROUP_OWNER", Vec::new()));
    page(vec![
        credential(
            &[Purpose::Reader],
            Trial::Done(powers(0, "GROUP_READ_ONLY", Vec::new())),
        ),
        credential(&[Purpose::Issuer], owner()),
        credential(&[Purpose::Disabler], owner()),
    ])
}

/// Too much, too little and both, and a job that fails.
pub(crate) fn trouble() -> OperationsPage {
    let reader = powers(
        4,
        "GROUP_OWNER",
        vec![
            Finding::Owns(vec![
                payments(),
                catalog(),
                lake(),
                project_ref(4, "Ledger"),
            ]),
            Finding::ProjectRoles(vec!["GROUP_CLUSTER_MANAGER".to_owned()]),
        ],
    );
    let issuer = powers(
        2,
        "GROUP_DATABASE_ACCESS_ADMIN",
        vec![
            Finding::CannotOwn(vec![payments(), catalog()]),
            Finding::OtherProjects(vec![project_ref(9, "People analytics")]),
        ],
    );
    let refusal = Refusal {
        reason: RefusalReason::AddressNotAllowed,
        status: 403,
        code: "IP_ADDRESS_NOT_ON_ACCESS_LIST".to_owned(),
        retry_after: None,
        retry_at: None,
        address: Some("203.0.113.7".to_owned()),
    };
    OperationsPage {
        jobs: jobs(JobOutcome::Failed),
        open_attempts: 1,
        ..page(vec![
            credential(&[Purpose::Reader], Trial::Done(reader)),
            credential(&[Purpose::Issuer], Trial::Done(issuer)),
            credential(&[Purpose::Disabler], Trial::Refused(refusal)),
        ])
    }
}

/// One credential for everything, with power over the whole organisation; and one that Atlas did not
/// answer about. Seen by security, who has nothing tried.
pub(crate) fn shared() -> OperationsPage {
    let all = Powers {
        roles: Some(Vec::new()),
        organisation: Some(vec!["ORG_OWNER".to_owned()]),
        ..powers(
            4,
            "GROUP_OWNER",
            vec![Finding::OrganisationRoles(vec!["ORG_OWNER".to_owned()])],
        )
    };
    let silence = Silence {
        reason: SilenceReason::Paused,
        status: Some(503),
        code: Some("SERVICE_UNAVAILABLE".to_owned()),
        retry_after: Some(90),
        retry_at: Some(ahead(Duration::seconds(74))),
    };
    OperationsPage {
        may_probe: false,
        ..page(vec![
            credential(&[Purpose::Reader, Purpose::Issuer], Trial::Done(all)),
            credential(&[Purpose::Disabler], Trial::Unanswered(silence)),
        ])
    }
}
