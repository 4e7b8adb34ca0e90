//! Where many answers are lost, nothing new is begun for a while.

use portal::{
    Error,
    atlas::{NextCreate, UnknownClass},
    certificates, jobs,
    model::{Conflict, RequestState},
    testing::{START, TestPortal, parse},
};
use sqlx::PgPool;
use time::Duration;

use super::{approved, payments, state};

#[sqlx::test(migrator = "portal::MIGRATOR")]
async fn five_lost_answers_in_ten_minutes_stop_new_attempts_until_they_are_old(owner: PgPool) {
    let test = TestPortal::new(owner).await;
    let oscar = test.person("oscar", &["certdesk-operators"]).await;
    for number in 0..6 {
        test.atlas
            .add_managed_user(&payments(), &parse(&format!("worker-{number}")));
    }
    portal::projects::sync(&test.portal).await.expect("done");
    for number in 0..5 {
        let (dana, id) = approved(&test, &format!("worker-{number}")).await;
        test.atlas
            .next_create(NextCreate::Unknown(UnknownClass::Timeout));
        test.issue(&dana, id).await.expect("not yet too many");
        test.clock.advance(Duration::minutes(1));
    }
    let (dana, sixth) = approved(&test, "worker-5").await;
    let resumes = START + Duration::minutes(10);
    let refused = certificates::issue(&test.portal, &dana, sixth).await.err();
    assert!(
        matches!(refused, Some(Error::Conflict(Conflict::IssuancePaused { until })) if until == resumes),
        "{refused:?}"
    );
    assert_eq!(state(&test, sixth).await, RequestState::Approved);
    let page = jobs::operations(&test.portal, &oscar)
        .await
        .expect("theirs");
    let lost = page.lost_answers;
    assert_eq!(
        (lost.recent, lost.limit, lost.paused_until),
        (5, 5, Some(resumes))
    );

    // That they were settled does not matter: so many were lost.
    test.clock.set(resumes);
    let dana = test.dana().await;
    test.issue(&dana, sixth).await.expect("it goes on");
    assert_eq!(state(&test, sixth).await, RequestState::Ready);
    let page = jobs::operations(&test.portal, &oscar)
        .await
        .expect("theirs");
    assert_eq!(page.lost_answers.paused_until, None);
    assert_eq!(test.atlas.creates().len(), 6);
}
