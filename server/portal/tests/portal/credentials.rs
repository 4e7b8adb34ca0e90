//! The credentials at Atlas: what is found out about them, and what is said about it.

use portal::{
    Error,
    atlas::{FakePowers, ReadCall, Unanswered},
    credentials::{self, Nudged},
    jobs::{self, Job},
    model::{
        Conflict, CredentialRow, Finding, OperationsPage, PowerVerdict, ProjectRef, Purpose,
        Refusal, RefusalReason, SilenceReason, Trial,
    },
    testing::{CATALOG, PAYMENTS, TestPortal, parse},
};
use sqlx::PgPool;
use time::Duration;

fn catalog() -> ProjectRef {
    ProjectRef {
        id: parse(CATALOG),
        name: "Catalog staging".to_owned(),
    }
}

fn both() -> Vec<ProjectRef> {
    let payments = ProjectRef {
        id: parse(PAYMENTS),
        name: "Payments prod".to_owned(),
    };
    vec![payments, catalog()]
}

async fn rows(test: &TestPortal) -> Vec<CredentialRow> {
    jobs::run(&test.portal, Job::ProbeCredentials).await;
    credentials::list(&test.portal).await.expect("are kept")
}

async fn row(test: &TestPortal, purpose: Purpose) -> CredentialRow {
    let rows = rows(test).await;
    let mut rows = rows.into_iter();
    rows.find(|row| row.purposes.contains(&purpose))
        .expect("each purpose has its credential")
}

fn findings(row: &CredentialRow) -> Vec<Finding> {
    match &row.trial {
        Trial::Done(powers) => powers.findings.clone(),
        other => panic!("was not tried: {other:?}"),
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn three_credentials_of_their_own_fit(pool: PgPool) {
    let test = TestPortal::new(pool).await;
    let untried = credentials::list(&test.portal).await.expect("are listed");
    assert!(
        untried
            .iter()
            .all(|row| row.verdict() == PowerVerdict::NotYet)
    );
    let rows = rows(&test).await;
    assert_eq!(rows.len(), 3);
    for row in &rows {
        assert_eq!(row.verdict(), PowerVerdict::Fits, "{row:?}");
        assert_eq!(row.tried_at, Some(test.portal.clock.now()));
        let owns = row.purposes != [Purpose::Reader];
        let Trial::Done(powers) = &row.trial else {
            panic!("was not tried")
        };
        assert_eq!((powers.projects, powers.reads), (2, 2));
        assert_eq!(powers.owns, if owns { 2 } else { 0 });
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_reader_that_owns_has_too_much(pool: PgPool) {
    let test = TestPortal::new(pool).await;
    let fitting = FakePowers::fitting(Purpose::Reader);
    let owner = |organisation: &str| FakePowers {
        owns: true,
        roles: Some(vec!["GROUP_OWNER".into(), "GROUP_CLUSTER_MANAGER".into()]),
        organisation: Some(vec![organisation.to_owned()]),
        ..fitting.clone()
    };
    test.atlas.set_powers(Purpose::Reader, owner("ORG_MEMBER"));
    let more = Finding::ProjectRoles(vec!["GROUP_CLUSTER_MANAGER".to_owned()]);
    let row_now = row(&test, Purpose::Reader).await;
    assert_eq!(row_now.verdict(), PowerVerdict::TooMuch);
    assert_eq!(findings(&row_now), [Finding::Owns(both()), more.clone()]);
    // Where the organisation's role is the cause, it is the only one told.
    test.atlas.set_powers(Purpose::Reader, owner("ORG_OWNER"));
    let row_now = row(&test, Purpose::Reader).await;
    let cause = Finding::OrganisationRoles(vec!["ORG_OWNER".to_owned()]);
    assert_eq!(findings(&row_now), [more, cause]);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn an_issuer_that_does_not_own_has_too_little(pool: PgPool) {
    let test = TestPortal::new(pool).await;
    let admin = FakePowers {
        owns: false,
        roles: Some(vec!["GROUP_DATABASE_ACCESS_ADMIN".into()]),
        ..FakePowers::fitting(Purpose::Issuer)
    };
    test.atlas.set_powers(Purpose::Issuer, admin.clone());
    let row_now = row(&test, Purpose::Issuer).await;
    assert_eq!(row_now.verdict(), PowerVerdict::TooLittle);
    assert_eq!(findings(&row_now), [Finding::CannotOwn(both())]);
    // A project it is not even in counts as well.
    let partly = FakePowers {
        owns: true,
        sees: Some(vec![parse(PAYMENTS)]),
        ..admin
    };
    test.atlas.set_powers(Purpose::Issuer, partly);
    let row_now = row(&test, Purpose::Issuer).await;
    assert_eq!(findings(&row_now), [Finding::CannotOwn(vec![catalog()])]);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_project_that_the_reader_does_not_see_is_more_than_the_disabler_needs(pool: PgPool) {
    let test = TestPortal::new(pool).await;
    let fitting = FakePowers::fitting(Purpose::Reader);
    let narrow = FakePowers {
        sees: Some(vec![parse(PAYMENTS)]),
        ..fitting.clone()
    };
    test.atlas.set_powers(Purpose::Reader, narrow);
    let row_now = row(&test, Purpose::Disabler).await;
    assert_eq!(
        findings(&row_now),
        [Finding::OtherProjects(vec![catalog()])]
    );
    assert_eq!(
        row(&test, Purpose::Reader).await.verdict(),
        PowerVerdict::Fits
    );

    let nowhere = FakePowers {
        sees: Some(Vec::new()),
        ..fitting.clone()
    };
    test.atlas.set_powers(Purpose::Reader, nowhere);
    let row_now = row(&test, Purpose::Reader).await;
    assert_eq!(findings(&row_now), [Finding::NoProject]);
    let blind = FakePowers {
        reads: false,
        ..fitting
    };
    test.atlas.set_powers(Purpose::Reader, blind);
    let row_now = row(&test, Purpose::Reader).await;
    assert_eq!(findings(&row_now), [Finding::CannotRead(both())]);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_credential_that_serves_for_all_is_tried_once_and_may_own(pool: PgPool) {
    let test = TestPortal::new(pool).await;
    let one = FakePowers::fitting(Purpose::Issuer);
    for purpose in [Purpose::Reader, Purpose::Issuer, Purpose::Disabler] {
        test.atlas.set_powers(purpose, one.clone());
    }
    let rows = rows(&test).await;
    assert_eq!(test.atlas.reads(ReadCall::Probe), 1);
    let [row] = rows.as_slice() else {
        panic!("told more than once: {rows:?}")
    };
    assert_eq!(row.purposes.len(), 3);
    assert_eq!(row.verdict(), PowerVerdict::Fits);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_credential_that_cannot_be_tried_says_why_and_is_judged_by_nothing_older(pool: PgPool) {
    let test = TestPortal::new(pool).await;
    rows(&test).await;
    let refusal = Refusal {
        reason: RefusalReason::AddressNotAllowed,
        status: 403,
        code: "IP_ADDRESS_NOT_ON_ACCESS_LIST".to_owned(),
        retry_after: None,
        retry_at: None,
        address: Some("203.0.113.7".to_owned()),
    };
    let failures = [
        portal::atlas::ReadError::Refused(refusal.clone()),
        Unanswered::Timeout.into(),
    ];
    for failure in failures {
        test.atlas.fail_next(ReadCall::Probe, failure);
    }
    test.clock.advance(Duration::HOUR);
    let rows = rows(&test).await;
    assert_eq!(rows[0].trial, Trial::Refused(refusal));
    assert!(matches!(&rows[1].trial, Trial::Unanswered(silence)
            if silence.reason == SilenceReason::Timeout && silence.status.is_none()));
    assert_eq!(rows[0].verdict(), PowerVerdict::Untried);
    // The reader says nothing about what there is, so the third is held against itself.
    assert_eq!(rows[2].verdict(), PowerVerdict::Fits);

    // Another credential than the one that was tried.
    let other = FakePowers {
        name: portal::model::CredentialName {
            public: "mdb_sa_id_0123456789abcdef01234567".to_owned(),
            ..FakePowers::fitting(Purpose::Reader).name
        },
        ..FakePowers::fitting(Purpose::Reader)
    };
    test.atlas.set_powers(Purpose::Reader, other);
    let listed = credentials::list(&test.portal).await.expect("are kept");
    assert_eq!(listed[0].trial, Trial::NotYet);
}

async fn page(test: &TestPortal, actor: &portal::Actor) -> OperationsPage {
    jobs::operations(&test.portal, actor)
        .await
        .expect("may see it")
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn operators_have_them_tried_but_not_all_the_time(pool: PgPool) {
    let test = TestPortal::new(pool).await;
    let oscar = test.person("oscar", &["certdesk-operators"]).await;
    let nudge = async |actor| credentials::probe_now(&test.portal, actor).await;
    assert_eq!(nudge(&oscar).await.expect("may"), Nudged::Ended);
    let shown = page(&test, &oscar).await;
    assert!(shown.may_probe);
    assert_eq!(shown.credentials.len(), 3);

    let after = test.portal.clock.now() + Duration::seconds(30);
    match nudge(&oscar).await {
        Err(Error::Conflict(Conflict::TooMany { after: told })) => assert_eq!(told, after),
        other => panic!("was tried again: {other:?}"),
    }
    test.clock.advance(Duration::seconds(30));
    assert_eq!(nudge(&oscar).await.expect("may again"), Nudged::Ended);

    test.clock.advance(Duration::MINUTE);
    let (sam, olga) = (test.sam().await, test.olga().await);
    assert!(!page(&test, &sam).await.may_probe);
    for actor in [&sam, &olga] {
        assert!(matches!(nudge(actor).await, Err(Error::NotFound)));
    }
}
