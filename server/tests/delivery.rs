//! The download of a certificate with its key.

use http::StatusCode;
use portal::Actor;
use sqlx::PgPool;

use crate::support::{Browser, TestWeb};

const DEVELOPERS: &str = "atlas-payments-prod-developers";

/// Dana's browser, and the address of a key that waits for it.
async fn with_waiting_key(web: &TestWeb) -> (Browser, String) {
    let mut dana = web.sign_in_as("dana", &[DEVELOPERS]).await;
    let actor = Actor::Person(Box::new(web.live(&dana).await.signed_in));
    let olga = web.test.olga().await;
    let request = web.test.submitted(&actor, "orders-api").await;
    web.test.approve(&olga, request).await;
    let begun = web
        .test
        .issue(&actor, request)
        .await
        .expect("a first attempt");
    dana.cookies
        .insert(begun.cookie_name.clone(), begun.secret.to_string());
    (dana, format!("/requests/{request}/certificate"))
}

/// Why the last entry of the log says that a pickup was refused, if it does.
async fn refused_last(web: &TestWeb) -> Option<String> {
    sqlx::query_scalar(
        "select convert_from(body, 'UTF8')::jsonb #>> '{entry,data,why}' from audit.entry
         where seq = (select max(seq) from audit.entry) and type = 'cert.pickup_refused'",
    )
    .fetch_optional(&web.test.owner)
    .await
    .expect("a log")
    .flatten()
}

/// How often keys were downloaded.
async fn downloads(web: &TestWeb) -> i64 {
    web.count("select coalesce(sum(downloads), 0)::bigint from issue_attempt")
        .await
}

const PASSPHRASE: &str = "correct horse battery staple";

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn each_format_is_a_file_of_its_own_kind(owner: PgPool) {
    let web = TestWeb::with_projects(owner).await;
    for (formats, beginning) in [
        (["split", "application/zip", "zip"], &b"PK\x03\x04"[..]),
        (["pkcs12", "application/x-pkcs12", "p12"], b"\x30\x82"),
        (
            ["kubernetes", "application/yaml", "yaml"],
            b"apiVersion: v1\nkind: Secret\n",
        ),
    ] {
        let [format, content_type, ending] = formats;
        let (mut dana, address) = with_waiting_key(&web).await;
        let before = downloads(&web).await;
        let answer = dana
            .post(&address, &[("format", format), ("passphrase", PASSPHRASE)])
            .await;
        assert_eq!(
            answer.status,
            StatusCode::OK,
            "{format}: {}",
            answer.location()
        );
        assert!(answer.body.starts_with(beginning), "{format}");
        assert_eq!(answer.header("content-type"), content_type);
        assert_eq!(
            answer.header("content-disposition"),
            format!("attachment; filename=\"orders-api.{ending}\"")
        );
        assert_eq!(answer.header("cache-control"), "no-store", "{format}");
        assert_eq!(
            answer.header("x-content-type-options"),
            "nosniff",
            "{format}"
        );
        assert_eq!(
            answer.header("content-length"),
            answer.body.len().to_string()
        );
        assert_eq!(answer.header("set-cookie"), "", "{format}");
        assert_eq!(downloads(&web).await, before + 1, "{format}");
        // The next one needs the database user.
        dana.post(
            "/api/requests/acknowledge",
            &[("id", address.split('/').nth(2).expect("an id"))],
        )
        .await;
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_pass_phrase_that_is_not_taken_costs_nothing(owner: PgPool) {
    let web = TestWeb::with_projects(owner).await;
    let (mut dana, address) = with_waiting_key(&web).await;
    let page = address.strip_suffix("/certificate").expect("its page");
    for (passphrase, sentence) in [
        ("", "Please fill this in."),
        ("too short", "At least 12 characters, please."),
        ("not everything ✓", "Only unaccented letters"),
    ] {
        let fields = [("format", "pkcs12"), ("passphrase", passphrase)];
        let answer = dana.post(&address, &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{passphrase:?}");
        assert_eq!(answer.location(), page);
        let shown = dana.get(page).await.text();
        assert!(shown.contains(sentence), "{passphrase:?}: {shown}");
        assert!(
            passphrase.is_empty() || !shown.contains(passphrase),
            "never sent back"
        );
        assert!(shown.contains("0 of 3 downloads used."), "{shown}");
    }
    assert_eq!(downloads(&web).await, 0);

    // A script is told in its own way.
    let request = dana
        .request(http::Method::POST, &address)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded");
    let body = format!("format=pkcs12&passphrase=short&csrf={}", dana.csrf);
    let mut request = request.body(body.into()).expect("a request");
    request.headers_mut().insert(
        http::header::ACCEPT,
        http::HeaderValue::from_static("application/x-pkcs12"),
    );
    assert_eq!(
        dana.send(request).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(downloads(&web).await, 0);

    let fields = [("format", "pkcs12"), ("passphrase", PASSPHRASE)];
    assert_eq!(dana.post(&address, &fields).await.status, StatusCode::OK);
    // It stands nowhere: not in the log, not in a session, not in the row.
    for table in ["audit.entry", "session", "issue_attempt", "request"] {
        let query = format!("select count(*) from {table} t where t::text like '%horse battery%'");
        let found: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(query))
            .fetch_one(&web.test.owner)
            .await
            .expect("a count");
        assert_eq!(found, 0, "{table}");
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_key_comes_as_a_file_and_leaves_nothing_behind(owner: PgPool) {
    let web = TestWeb::with_projects(owner).await;
    let (mut dana, address) = with_waiting_key(&web).await;
    let answer = dana.post(&address, &[("format", "pem")]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert!(answer.text().contains("PRIVATE KEY-----"));
    assert_eq!(answer.header("content-type"), "application/x-pem-file");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(
        answer.header("content-security-policy"),
        "sandbox; default-src 'none'"
    );
    assert_eq!(
        answer.header("content-length"),
        answer.body.len().to_string()
    );
    let disposition = answer.header("content-disposition");
    assert!(
        disposition.starts_with("attachment; filename=\"") && disposition.ends_with(".pem\""),
        "{disposition}"
    );
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("location"), "");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_key_is_given_to_nobody_else(owner: PgPool) {
    let web = TestWeb::with_projects(owner).await;
    let (dana, address) = with_waiting_key(&web).await;

    let mut nobody = dana.clone();
    nobody.cookies.remove(server::session::COOKIE);
    let answer = nobody.post(&address, &[("format", "pem")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(
        answer
            .location()
            .starts_with("/auth/login?return_to=%2Frequests%2F"),
        "{}",
        answer.location()
    );

    let mut without_token = dana.clone();
    for csrf in ["", "another"] {
        let answer = without_token
            .post(&address, &[("format", "pem"), ("csrf", csrf)])
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{csrf:?}");
        assert_eq!(
            refused_last(&web).await.as_deref(),
            Some("stale_form"),
            "{csrf:?}"
        );
    }

    let mut another_browser = dana.clone();
    another_browser
        .cookies
        .retain(|name, _| name == server::session::COOKIE);
    let answer = another_browser.post(&address, &[("format", "pem")]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(refused_last(&web).await.as_deref(), Some("wrong_secret"));

    let mut devon = web.sign_in_as("devon", &["staff"]).await;
    devon.cookies.extend(
        dana.cookies
            .clone()
            .into_iter()
            .filter(|(name, _)| name.starts_with("__Host-pk")),
    );
    assert_eq!(
        devon.post(&address, &[("format", "pem")]).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        refused_last(&web).await.as_deref(),
        Some("other_person"),
        "they are told nothing; security is"
    );

    let mut dana = dana;
    assert_eq!(
        dana.post(&address, &[("format", "floppy")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        dana.post("/requests/1/certificate", &[("format", "pem")])
            .await
            .status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        dana.get(&address).await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
    assert_eq!(
        dana.post(&address, &[("format", "pem")]).await.status,
        StatusCode::OK
    );
}
