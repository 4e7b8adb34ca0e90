//! Which names a new user may have.

use std::collections::BTreeSet;

use portal::{
    Error,
    atlas::{ListedUser, NextCreate, UnknownClass},
    certificates, changes, database_users,
    model::{
        ChangeState, Conflict, NEW_USERNAME_MAX, NameVerdict, NewUsername, Username, X509Type,
    },
    projects,
    testing::{START, TestPortal, parse},
};
use sqlx::PgPool;
use time::Duration;

use super::{approve, asked_for, created, deleted, form, new_user, page, payments, state};

async fn verdict(test: &TestPortal, name: &str) -> NameVerdict {
    form(test, name).await.name.expect("a check").verdict
}

/// Asks for a new user, which must be refused for its name.
async fn refusal(test: &TestPortal, name: &str) -> NameVerdict {
    let olga = test.olga().await;
    match database_users::create(&test.portal, &olga, new_user(name)).await {
        Err(Error::Conflict(Conflict::NameRefused(check))) => {
            assert_eq!(check.username, parse(name));
            check.verdict
        }
        other => panic!("{other:?}"),
    }
}

/// Gives a user a certificate for three months.
async fn certified(test: &TestPortal, name: &str) {
    let dana = test.dana().await;
    let id = test.submitted(&dana, name).await;
    test.approve(&test.olga().await, id).await;
    test.issue(&dana, id).await.expect("begun");
}

async fn read_all(test: &TestPortal) {
    test.clock.advance(Duration::minutes(1));
    projects::sync(&test.portal).await.expect("done");
    certificates::sync(&test.portal).await.expect("done");
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_name_that_somebody_has_is_taken(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    assert_eq!(verdict(&test, "billing-api").await, NameVerdict::Free);
    assert_eq!(refusal(&test, "orders-api").await, NameVerdict::Taken);
    // Atlas keeps `jdoe` as `CN=jdoe`, which is the name of this one.
    test.atlas.add_user(
        &payments(),
        ListedUser {
            username: parse("CN=jdoe"),
            database: "$external".into(),
            x509_type: X509Type::Customer,
            roles: Vec::new(),
            scopes: Vec::new(),
        },
    );
    read_all(&test).await;
    assert_eq!(refusal(&test, "jdoe").await, NameVerdict::Taken);
    // Names of another project and of password users are no trouble.
    for name in ["catalog-web", "admin-scram"] {
        assert_eq!(verdict(&test, name).await, NameVerdict::Free, "{name}");
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_name_is_not_given_again_while_a_certificate_of_it_lives(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    test.otto().await;
    created(&test, "jdoe").await;
    certified(&test, "jdoe").await;
    let latest = super::row(&test, "jdoe").await.expect("there").latest_end;
    deleted(&test, "jdoe").await;
    // Atlas has forgotten the certificate with its user.
    read_all(&test).await;

    let lives = NameVerdict::StillLives {
        certificates: 1,
        ends: latest.expect("a certificate"),
    };
    assert_eq!(refusal(&test, "jdoe").await, lives);
    test.clock.set(latest.expect("a certificate"));
    assert_eq!(verdict(&test, "jdoe").await, NameVerdict::HadBefore);
    created(&test, "jdoe").await;
    assert!(
        super::row(&test, "jdoe")
            .await
            .expect("there")
            .obstacle
            .is_none()
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_certificate_that_may_exist_keeps_its_name(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    test.atlas
        .next_create(NextCreate::UnknownButMade(UnknownClass::Timeout));
    certified(&test, "orders-api").await;
    // Deleted behind the portal's back, before anybody could list what was made.
    test.atlas.remove_user(&payments(), &parse("orders-api"));
    test.clock.advance(Duration::minutes(1));
    projects::sync(&test.portal).await.expect("done");
    match refusal(&test, "orders-api").await {
        NameVerdict::StillLives { certificates, ends } => {
            assert_eq!(certificates, 1);
            assert!(ends > START + Duration::days(91), "{ends}");
        }
        other => panic!("{other:?}"),
    }
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_name_is_kept_while_security_decides_what_was_made_for_it(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    test.atlas
        .next_create(NextCreate::UnknownButMade(UnknownClass::Timeout));
    certified(&test, "orders-api").await;
    // Another like it, which lives longer than the answer that was lost would tell.
    test.atlas
        .make_certificate(&payments(), &parse("orders-api"), parse("3"));
    test.clock.advance(Duration::minutes(2));
    portal::certificates::reconcile(&test.portal)
        .await
        .expect("read");
    test.atlas.remove_user(&payments(), &parse("orders-api"));
    projects::sync(&test.portal).await.expect("done");
    let verdict = refusal(&test, "orders-api").await;
    assert!(
        matches!(
            verdict,
            NameVerdict::StillLives {
                certificates: 3,
                ..
            }
        ),
        "the attempt's, and both that could be it: {verdict:?}"
    );
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_name_taken_since_it_was_asked_for_is_refused_at_the_yes(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let otto = test.otto().await;
    let id = asked_for(&test, "jdoe").await;
    test.atlas.add_managed_user(&payments(), &parse("jdoe"));
    test.atlas
        .make_certificate(&payments(), &parse("jdoe"), parse("1"));
    read_all(&test).await;
    for gone in [false, true] {
        if gone {
            test.atlas.remove_user(&payments(), &parse("jdoe"));
            read_all(&test).await;
        }
        match approve(&test, &otto, id, "").await {
            Err(Error::Conflict(Conflict::NameRefused(check))) => match check.verdict {
                NameVerdict::Taken => assert!(!gone),
                NameVerdict::StillLives { certificates, .. } => assert!(gone && certificates == 1),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(state(&test, id).await, ChangeState::Submitted);
    assert!(test.atlas.writes().is_empty());
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn what_only_atlas_knows_of_a_name_is_asked_right_before_the_call(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let otto = test.otto().await;
    let exists = asked_for(&test, "jdoe").await;
    test.atlas.add_managed_user(&payments(), &parse("jdoe"));
    let lives = asked_for(&test, "asmith").await;
    test.atlas
        .make_certificate(&payments(), &parse("asmith"), parse("1"));
    for id in [exists, lives] {
        approve(&test, &otto, id, "").await.expect("a yes");
        let page = page(&test, id).await;
        assert_eq!(page.row.state, ChangeState::Approved);
        assert_eq!(page.not_sent.as_deref(), Some("name_refused"));
    }
    assert!(test.atlas.writes().is_empty());

    // Once nobody has the name any more, the same yes is good for another try.
    test.atlas.remove_user(&payments(), &parse("jdoe"));
    changes::carry_out(&test.portal, &otto, exists)
        .await
        .expect("one of the two");
    test.tasks_done().await;
    assert_eq!(state(&test, exists).await, ChangeState::Applying);
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn a_suggestion_is_a_name_nobody_ever_had_or_asked_for(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let mut seen = BTreeSet::new();
    for name in ["jdoe", "orders-api", &"x".repeat(NEW_USERNAME_MAX as usize)] {
        for _ in 0..8 {
            let check = form(&test, name).await.name.expect("a check");
            let suggestion = check.suggestion.to_string();
            assert!(suggestion.parse::<NewUsername>().is_ok(), "{suggestion}");
            let stem = &name[..name.len().min(59)];
            assert!(suggestion.starts_with(&format!("{stem}-")), "{suggestion}");
            assert_eq!(verdict(&test, &suggestion).await, NameVerdict::Free);
            seen.insert(suggestion);
        }
    }
    assert!(seen.len() > 20, "chance decides");
    let suggested: Username = parse(seen.first().expect("a name"));
    asked_for(&test, suggested.as_str()).await;
}

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn what_a_new_user_did_not_get_from_the_portal_is_unexplained(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    created(&test, "jdoe").await;
    test.atlas
        .make_certificate(&payments(), &parse("jdoe"), parse("1"));
    read_all(&test).await;
    // On the first page of security and of the owners, and of nobody else.
    for (actor, seen) in [
        (test.sam().await, 1),
        (test.olga().await, 1),
        (test.dana().await, 0),
    ] {
        let today = portal::today::get(&test.portal, &actor)
            .await
            .expect("a page");
        assert_eq!(today.unexplained.len(), seen);
        let of_jdoe = |row: &portal::model::CertificateRow| row.username == parse("jdoe");
        assert!(today.unexplained.iter().all(of_jdoe));
    }
}
