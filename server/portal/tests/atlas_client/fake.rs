//! The Atlas in memory behaves like the real one where the portal can tell.

use std::{sync::Arc, task::Poll};

use portal::{
    atlas::{
        Atlas, FakeAtlas, IssuedPem, NextCreate, Purpose, ReadCall, ReadError, Unanswered,
        UnknownClass, UserSecurity, WhyNotSent, WriteError,
    },
    clock::FakeClock,
    model::RefusalReason,
};
use time::macros::datetime;
use x509_parser::{pem::Pem, prelude::FromDer, x509::SubjectPublicKeyInfo};

use crate::support::{group, months, user};

fn atlas() -> (FakeAtlas, FakeClock) {
    let clock = FakeClock::at(datetime!(2026-01-31 12:00 UTC));
    let atlas = FakeAtlas::new(Arc::new(clock.clone()));
    atlas.add_project(&group(), "Payments prod");
    atlas.add_managed_user(&group(), &user());
    (atlas, clock)
}

async fn create(atlas: &FakeAtlas) -> Result<IssuedPem, WriteError> {
    atlas
        .prepare_write(Purpose::Issuer)
        .await
        .expect("is prepared");
    atlas.create_certificate(&group(), &user(), months(1)).await
}

#[tokio::test]
async fn its_certificates_have_atlass_profile() {
    let (atlas, _) = atlas();
    let issued = create(&atlas).await.expect("is made");
    let blocks: Vec<Pem> = Pem::iter_from_buffer(issued.expose().as_bytes())
        .collect::<Result<_, _>>()
        .expect("is PEM");
    let labels: Vec<&str> = blocks.iter().map(|block| block.label.as_str()).collect();
    assert_eq!(labels, ["CERTIFICATE", "PRIVATE KEY"]);
    assert!(issued.expose().ends_with("-----\n") && !issued.expose().contains('\r'));

    let certificate = blocks[0].parse_x509().expect("is a certificate");
    let listed = atlas.list_certificates(&group(), &user()).await;
    let listed = &listed.expect("is listed")[0];
    assert_eq!(certificate.serial.to_string(), listed.serial.to_string());
    assert!(listed.serial.0 > 1 << 53);
    assert_eq!(certificate.subject().to_string(), listed.subject);
    assert_eq!(listed.subject, "CN=orders-api");
    assert_eq!(listed.created_at, datetime!(2026-01-31 11:00 UTC));
    // A month later there is no 31st.
    assert_eq!(listed.not_after, datetime!(2026-02-28 12:00 UTC));
    let validity = certificate.validity();
    assert_eq!(validity.not_before.to_datetime(), listed.created_at);
    assert_eq!(validity.not_after.to_datetime(), listed.not_after);
    let usage = certificate.key_usage().expect("is well formed");
    assert!(usage.expect("is there").value.digital_signature());
    let (_, key) = SubjectPublicKeyInfo::from_der(certificate.public_key().raw).expect("is a key");
    assert!(key.parsed().is_ok());
}

#[tokio::test]
async fn certificates_survive_their_user_and_end_with_their_time() {
    let (atlas, clock) = atlas();
    create(&atlas).await.expect("is made");
    atlas.remove_user(&group(), &user());
    let refused = create(&atlas).await;
    assert!(matches!(refused, Err(WriteError::Refused(refusal))
        if refusal.reason == RefusalReason::UserNotFound));
    atlas.add_managed_user(&group(), &user());
    let listed = atlas.list_certificates(&group(), &user()).await;
    assert_eq!(listed.expect("answers").len(), 1);
    clock.set(datetime!(2026-02-28 12:00 UTC));
    let listed = atlas.list_certificates(&group(), &user()).await;
    assert_eq!(listed.expect("answers").len(), 0);
}

#[tokio::test]
async fn what_atlas_itself_would_refuse_is_refused() {
    let (atlas, _) = atlas();
    let security = UserSecurity {
        customer_cas: Some("-----BEGIN CERTIFICATE-----".to_owned()),
        ..UserSecurity::default()
    };
    atlas.set_user_security(&group(), security);
    let refused = create(&atlas).await;
    assert!(matches!(refused, Err(WriteError::Refused(refusal))
        if refusal.reason == RefusalReason::CustomerManagedOn));
    atlas.remove_project(&group());
    let gone = atlas.user_security(&group()).await;
    assert!(matches!(gone, Err(ReadError::Refused(refusal))
        if refusal.reason == RefusalReason::ProjectNotFound));
}

#[tokio::test]
async fn lost_answers_differ_in_whether_a_certificate_exists() {
    let (atlas, _) = atlas();
    for (next, made) in [
        (NextCreate::Unknown(UnknownClass::Timeout), 0),
        (NextCreate::UnknownButMade(UnknownClass::Reset), 1),
        (NextCreate::MalformedPem, 2),
    ] {
        atlas.next_create(next);
        let _ = create(&atlas).await;
        let listed = atlas.list_certificates(&group(), &user()).await;
        assert_eq!(listed.expect("answers").len(), made);
    }
    assert_eq!(atlas.creates().len(), 3);
}

#[tokio::test]
async fn a_held_call_is_open_until_it_is_released() {
    let (atlas, _) = atlas();
    let mut hold = atlas.hold_creates();
    let call = create(&atlas);
    tokio::pin!(call);
    assert!(matches!(futures::poll!(&mut call), Poll::Pending));
    hold.arrived(1).await;
    assert_eq!(atlas.creates().len(), 1);
    hold.release();
    call.await.expect("is made");
    create(&atlas).await.expect("is not held any more");
}

#[tokio::test]
async fn failures_come_once_and_being_away_lasts() {
    let (atlas, _) = atlas();
    atlas.fail_next(ReadCall::ListProjects, Unanswered::Timeout.into());
    assert!(atlas.list_projects().await.is_err());
    assert_eq!(atlas.list_projects().await.expect("answers").len(), 1);

    atlas
        .prepare_write(Purpose::Issuer)
        .await
        .expect("is prepared");
    atlas.set_unreachable(true);
    assert!(atlas.list_projects().await.is_err());
    let created = atlas.create_certificate(&group(), &user(), months(1)).await;
    assert!(matches!(
        created,
        Err(WriteError::NotSent {
            why: WhyNotSent::Connect,
            ..
        })
    ));
}

#[tokio::test]
async fn what_was_not_prepared_is_not_sent() {
    let (atlas, _) = atlas();
    let created = atlas.create_certificate(&group(), &user(), months(1)).await;
    assert!(matches!(
        created,
        Err(WriteError::NotSent {
            why: WhyNotSent::Unprepared,
            ..
        })
    ));
}
