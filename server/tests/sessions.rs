//! Sessions: whose they are, and when they are over.

use http::StatusCode;
use portal::{
    Client,
    identity::{self, SignIn},
};
use server::session;
use sqlx::PgPool;
use time::Duration;

use crate::support::TestWeb;

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn visitors_who_are_not_signed_in_have_no_session(owner: PgPool) {
    let web = TestWeb::new(owner);
    let mut browser = web.browser();
    for path in ["/", "/account", "/auth/signed-out", "/nowhere"] {
        browser.get(path).await;
    }
    assert!(!browser.cookies.contains_key(session::COOKIE));
    assert_eq!(web.count("select count(*) from session").await, 0);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_planted_id_never_becomes_a_session(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let planted = session::new_id(&web.web.portal).to_string();
    let mut victim = web.browser();
    victim
        .cookies
        .insert(session::COOKIE.to_owned(), planted.clone());
    let now = web.test.portal.clock.now();
    let answer = provider.sign_in(&mut victim, "dana", now, |_| ()).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    assert_ne!(victim.cookies[session::COOKIE], planted);
    assert!(victim.is_signed_in().await);

    let mut attacker = web.browser();
    attacker.cookies.insert(session::COOKIE.to_owned(), planted);
    assert!(!attacker.is_signed_in().await);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn signing_in_again_ends_the_session_before(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let now = web.test.portal.clock.now();
    let mut dana = web.browser();
    provider.sign_in(&mut dana, "dana", now, |_| ()).await;
    let before = dana.clone();
    provider.sign_in(&mut dana, "dana", now, |_| ()).await;
    assert_ne!(
        before.cookies[session::COOKIE],
        dana.cookies[session::COOKIE]
    );
    assert!(dana.is_signed_in().await);
    assert!(!before.clone().is_signed_in().await);
    let entries: Vec<(String, Option<String>)> = sqlx::query_as(
        "select type, convert_from(body, 'UTF8')::jsonb #>> '{entry,data,how}'
         from audit.entry order by seq desc limit 2",
    )
    .fetch_all(&web.test.owner)
    .await
    .expect("entries");
    assert_eq!(
        entries,
        [
            ("session.started".to_owned(), None),
            ("session.ended".to_owned(), Some("replaced".to_owned())),
        ]
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_session_that_somebody_else_replaces_ends_in_the_name_of_whose_it_was(owner: PgPool) {
    let (web, provider) = TestWeb::with_provider(owner).await;
    let now = web.test.portal.clock.now();
    let mut browser = web.browser();
    provider.sign_in(&mut browser, "dana", now, |_| ()).await;
    provider.sign_in(&mut browser, "olga", now, |_| ()).await;
    let subjects: Vec<String> = sqlx::query_scalar(
        "select convert_from(body, 'UTF8')::jsonb #>> '{entry,actor,sub}'
         from audit.entry order by seq desc limit 2",
    )
    .fetch_all(&web.test.owner)
    .await
    .expect("entries");
    assert_eq!(subjects, ["olga", "dana"]);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_form_in_another_tab_survives_a_fresh_sign_in_of_the_same_person_only(owner: PgPool) {
    let web = TestWeb::new(owner);
    let portal = &web.web.portal;
    let csrf_after = async |sub: &str, replaces| {
        let id = session::new_id(portal);
        let sign_in = SignIn {
            iss: "https://id.example".to_owned(),
            sub: sub.to_owned(),
            name: sub.to_owned(),
            email: None,
            groups: [].into(),
            auth_time: None,
            provider_sid: None,
            id_token: String::new(),
            client: Client::default(),
            user_agent: String::new(),
        };
        let key = session::key_of(id);
        identity::sign_in(portal, sign_in, key, replaces)
            .await
            .expect("a database that answers");
        let live = identity::find(portal, key, Client::default())
            .await
            .expect("a database that answers");
        (key, live.expect("a session").csrf)
    };
    let (first, csrf) = csrf_after("dana", None).await;
    let (second, same) = csrf_after("dana", Some(first)).await;
    assert_eq!(csrf, same);
    let (_, other) = csrf_after("olga", Some(second)).await;
    assert_ne!(csrf, other);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn signing_out_ends_the_session_and_takes_the_cookies(owner: PgPool) {
    let web = TestWeb::new(owner);
    let mut dana = web.sign_in_as("dana", &[]).await;
    let before = dana.clone();
    dana.cookies
        .insert("__Host-pk-1".to_owned(), "secret".to_owned());
    let answer = dana.post("/auth/logout", &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.location(), "/auth/signed-out");
    assert_eq!(answer.header("clear-site-data"), "\"cache\", \"storage\"");
    assert_eq!(dana.cookies.len(), 0, "{:?}", dana.cookies);
    assert!(!before.clone().is_signed_in().await);
    assert_eq!(web.last_entry().await.0, "session.ended");
    // A second time there is nothing left to end, and that is no failure.
    assert_eq!(
        before.clone().post("/auth/logout", &[]).await.status,
        StatusCode::SEE_OTHER
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_slow_request_does_not_bring_a_session_back(owner: PgPool) {
    let web = TestWeb::new(owner);
    let portal = &web.web.portal;
    for round in 0..300 {
        // Somebody else each time: one person may not sign out this often.
        let dana = web.sign_in_as(&format!("dana-{round}"), &[]).await;
        let id = dana.cookies[session::COOKIE].parse().expect("an id");
        let key = session::key_of(id);
        let live = identity::find(portal, key, Client::default())
            .await
            .expect("a database that answers")
            .expect("a session");
        let mut leaving = dana.clone();
        let value = serde_json::json!({ "round": round });
        let (_, saved, touched) = tokio::join!(
            leaving.post("/auth/logout", &[]),
            identity::save_data(portal, key, &value),
            identity::touch(portal, &live),
        );
        saved.expect("a database that answers");
        touched.expect("a database that answers");
        assert!(
            !identity::save_data(portal, key, &value)
                .await
                .expect("a database that answers")
        );
        assert!(!dana.clone().is_signed_in().await, "round {round}");
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_copy_of_the_database_opens_no_session(owner: PgPool) {
    let web = TestWeb::new(owner.clone());
    web.sign_in_as("dana", &[]).await;
    web.sign_in_as("sam", &["certdesk-security"]).await;
    let mut values: Vec<String> = sqlx::query_scalar(
        "select value from session, lateral (
             select value from jsonb_each_text(to_jsonb(session))
             union all select encode(id_hash, 'hex') union all select encode(id_hash, 'base64')
             union all select translate(rtrim(encode(id_hash, 'base64'), '='), '+/', '-_')
             union all select translate(rtrim(encode(substr(id_hash, 1, 16), 'base64'), '='), '+/', '-_')
             union all select translate(rtrim(encode(substr(id_hash, 17, 16), 'base64'), '='), '+/', '-_')
         ) as columns where value is not null",
    )
    .fetch_all(&owner)
    .await
    .expect("rows");
    values.retain(|value| {
        value
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b';')
    });
    assert!(values.len() > 20, "{values:?}");
    for value in values {
        let mut thief = web.browser();
        thief
            .cookies
            .insert(session::COOKIE.to_owned(), value.clone());
        assert!(!thief.is_signed_in().await, "{value}");
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_session_lives_as_long_as_its_rights_allow(owner: PgPool) {
    let web = TestWeb::new(owner);
    let mut people = [
        (
            web.sign_in_as("dana", &["staff"]).await,
            Duration::minutes(60),
        ),
        (
            web.sign_in_as("sam", &["certdesk-security"]).await,
            Duration::minutes(15),
        ),
        (
            web.sign_in_as("oscar", &["certdesk-operators"]).await,
            Duration::minutes(15),
        ),
        (
            web.sign_in_as("olga", &["atlas-payments-prod-owners"])
                .await,
            Duration::minutes(15),
        ),
    ];
    let mut gone = Duration::ZERO;
    for (_, idle) in &people {
        gone = gone.max(*idle);
    }
    web.test
        .clock
        .advance(Duration::minutes(15) - Duration::seconds(1));
    for (browser, _) in &mut people {
        assert!(browser.is_signed_in().await);
    }
    web.test
        .clock
        .advance(Duration::minutes(15) + Duration::seconds(1));
    for (browser, idle) in &mut people {
        assert_eq!(browser.is_signed_in().await, *idle > Duration::minutes(15));
    }
    web.test.clock.advance(gone);
    assert!(!people[0].0.is_signed_in().await);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_session_in_constant_use_ends_after_eight_hours(owner: PgPool) {
    let web = TestWeb::new(owner);
    let mut dana = web.sign_in_as("dana", &["staff"]).await;
    for _ in 0..15 {
        web.test.clock.advance(Duration::minutes(31));
        assert!(dana.is_signed_in().await);
    }
    web.test
        .clock
        .advance(Duration::minutes(15) + Duration::seconds(1));
    assert!(!dana.is_signed_in().await);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn not_every_page_is_a_write(owner: PgPool) {
    let web = TestWeb::new(owner);
    let mut dana = web.sign_in_as("dana", &["staff"]).await;
    // A row that is written gets another place in its table.
    let place = "select (ctid::text::point)[1]::bigint from session";
    let before = web.count(place).await;
    for _ in 0..20 {
        web.test.clock.advance(Duration::seconds(2));
        dana.get("/account").await;
    }
    assert_eq!(web.count(place).await, before);
    web.test.clock.advance(Duration::seconds(30));
    dana.get("/account").await;
    assert_ne!(web.count(place).await, before);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_person_ends_their_own_sessions_and_nobody_elses(owner: PgPool) {
    let web = TestWeb::new(owner);
    let portal = &web.web.portal;
    let mut dana = web.sign_in_as("dana", &[]).await;
    let olga = web.sign_in_as("olga", &[]).await;
    let of_dana = web.live(&dana).await;
    let of_olga = web.live(&olga).await;
    let danas = portal::Actor::Person(Box::new(of_dana.signed_in));
    let refused = identity::end_session(portal, &danas, of_olga.handle).await;
    assert!(
        matches!(refused, Err(portal::Error::NotFound)),
        "{refused:?}"
    );
    identity::end_session(portal, &danas, of_dana.handle)
        .await
        .expect("her own session");
    assert!(!dana.is_signed_in().await);
    assert!(olga.clone().is_signed_in().await);
}
