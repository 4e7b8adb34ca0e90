//! What happens while something the portal needs is away.

use http::StatusCode;
use portal::{Parts, Portal, clock::Random};
use serde_json::Value;
use server::database;
use sqlx::PgPool;
use tokio_util::task::TaskTracker;

use crate::support::{TestWeb, flaky_database::FlakyDatabase, test_web::Wishes};

async fn with_flaky_database(owner: PgPool) -> (TestWeb, FlakyDatabase) {
    let database = FlakyDatabase::before(&owner).await;
    let test = portal::testing::TestPortal::empty(owner);
    let portal = Portal::new(Parts {
        pool: database.pool.clone(),
        atlas: test.portal.atlas.clone(),
        clock: test.portal.clock.clone(),
        random: Random::from_system(),
        keyring: test.portal.keyring.clone(),
        role_groups: test.portal.role_groups.clone(),
        step_up_s: test.portal.step_up_s,
        boot_id: test.portal.boot_id,
        pace: portal::pace::Pace::default(),
        tasks: TaskTracker::new(),
    });
    (TestWeb::around(test, portal, Wishes::default()), database)
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn while_the_database_is_away_pages_say_so_and_it_is_used_when_it_is_back(owner: PgPool) {
    let (web, database) = with_flaky_database(owner).await;
    let mut dana = web.sign_in_as("dana", &["staff"]).await;
    assert!(dana.is_signed_in().await);

    database.cut();
    for path in ["/", "/account", "/requests"] {
        let answer = dana.get(path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(answer.header("retry-after"), "5", "{path}");
        assert_eq!(answer.location(), "", "{path}: nobody is sent to sign in");
        assert!(
            answer.header("content-type").starts_with("text/html"),
            "{path}"
        );
    }
    let ready = web.operator().get("/readyz").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    let told: Value = serde_json::from_slice(&ready.body).expect("JSON");
    assert_eq!(
        (&told["ready"], &told["database"]["state"]),
        (&Value::Bool(false), &"away".into())
    );
    assert_eq!(web.operator().get("/livez").await.status, StatusCode::OK);

    database.mend();
    // The pool finds out by itself, a few connections at a time.
    let mut tries = 0;
    while dana.get("/account").await.status != StatusCode::OK {
        tries += 1;
        assert!(tries < 5, "the same session, and nobody restarted anything");
    }
    assert_eq!(web.operator().get("/readyz").await.status, StatusCode::OK);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_form_sent_while_the_database_is_away_is_told_so(owner: PgPool) {
    let (web, database) = with_flaky_database(owner).await;
    let mut dana = web.sign_in_as("dana", &["staff"]).await;
    database.cut();
    for path in [
        "/auth/logout",
        "/requests/1/certificate",
        "/api/account/set-preferences",
    ] {
        assert_eq!(
            dana.post(path, &[]).await.status,
            StatusCode::SERVICE_UNAVAILABLE,
            "{path}"
        );
    }
    database.mend();
    assert!(
        dana.is_signed_in().await,
        "a sign-out that did not happen took nothing"
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn readiness_tells_of_everything_that_is_away(owner: PgPool) {
    let web = TestWeb::new(owner);
    web.web.provider.ask().await.expect_err("nobody is there");
    let ready = web.operator().get("/readyz").await;
    assert_eq!(ready.status, StatusCode::OK, "pages can be shown");
    let told: Value = serde_json::from_slice(&ready.body).expect("JSON");
    assert_eq!(told["identity_provider"]["state"], "away");
    assert_eq!(told["database"]["state"], "there");
    assert_eq!(told["keys"]["state"], "there");
}

async fn readiness(web: &TestWeb) -> (StatusCode, Value) {
    let ready = web.operator().get("/readyz").await;
    let told = serde_json::from_slice(&ready.body).expect("JSON");
    (ready.status, told)
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_database_without_the_log_is_not_ready(owner: PgPool) {
    let web = TestWeb::new(owner.clone());
    assert_eq!(readiness(&web).await.0, StatusCode::OK);
    sqlx::query("alter table audit.head rename to elsewhere")
        .execute(&owner)
        .await
        .expect("an owner");
    let (status, told) = readiness(&web).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(told["database"]["state"], "away", "{told}");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_database_that_lacks_migrations_is_not_ready_where_they_may_be_read(owner: PgPool) {
    let web = TestWeb::new(owner.clone());
    sqlx::query(
        "delete from _sqlx_migrations where version = (select max(version) from _sqlx_migrations)",
    )
    .execute(&owner)
    .await
    .expect("an owner");
    let (status, told) = readiness(&web).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    let failure = told["database"]["failure"].as_str().expect("a failure");
    assert!(failure.contains("certdesk migrate"), "{failure}");
    // Where the table may not be read, the portal cannot know, and does not guess.
    sqlx::query("revoke select on _sqlx_migrations from certdesk_app")
        .execute(&owner)
        .await
        .expect("an owner");
    assert_eq!(readiness(&web).await.0, StatusCode::OK);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn readiness_tells_of_keys_that_cannot_be_written(owner: PgPool) {
    let web = TestWeb::new(owner);
    std::fs::remove_dir_all(web.test.keys.path()).expect("a folder");
    let (status, told) = readiness(&web).await;
    assert_eq!(status, StatusCode::OK, "pages can be shown");
    assert_eq!(told["keys"]["state"], "away", "{told}");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn the_number_of_a_fault_is_the_requests(owner: PgPool) {
    let web = TestWeb::new(owner.clone());
    let mut dana = web.sign_in_as("dana", &["staff"]).await;
    // First inside a page, then before there is one.
    for (table, path) in [("request", "/requests"), ("session", "/account")] {
        sqlx::query(sqlx::AssertSqlSafe(format!(
            "alter table {table} rename to {table}_elsewhere"
        )))
        .execute(&owner)
        .await
        .expect("an owner");
        let answer = dana.get(path).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        let number = answer.header("x-request-id");
        assert!(answer.text().contains(number), "{path}: {}", answer.text());
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn what_operators_reach_is_not_what_people_reach(owner: PgPool) {
    let web = TestWeb::new(owner);
    for path in ["/livez", "/readyz", "/metrics"] {
        assert_eq!(
            web.browser().get(path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
        assert_eq!(
            web.operator().get(path).await.status,
            StatusCode::OK,
            "{path}"
        );
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_role_that_could_rewrite_the_log_is_refused(owner: PgPool) {
    let web = TestWeb::new(owner.clone());
    let runtime = database::inspect(&web.web.portal.pool)
        .await
        .expect("a database that answers");
    assert_eq!(runtime.refusals, Vec::<String>::new());
    let owning = database::inspect(&owner)
        .await
        .expect("a database that answers");
    assert_eq!(owning.refusals.len(), 1);
    assert!(
        owning.refusals[0].contains("certdesk migrate"),
        "{owning:?}"
    );
}
