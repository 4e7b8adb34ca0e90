//! How far clusters have followed, and who signed in to them.

use std::fmt::Write as _;

use portal::{
    atlas::{Atlas, ListedSignIn, ReadError, Unanswered},
    model::RefusalReason,
};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, macros::datetime};
use wiremock::{Mock, Request, ResponseTemplate, matchers::path_regex};

use crate::{
    support::{GROUP, error, group, name, refused, refused_for, unanswered},
    ways::{Talk, Way, in_every_way},
};

const SINCE: OffsetDateTime = datetime!(2026-08-09 12:00 UTC);
/// What the client's clock shows.
const NOW: OffsetDateTime = datetime!(2026-08-10 12:00 UTC);

async fn applied(talk: &Talk, answer: ResponseTemplate) -> Result<Option<bool>, ReadError> {
    let _answering = talk.answering(answer).await;
    talk.setup.atlas.cluster_applied(&group(), "c1").await
}

async fn a_cluster_has_applied_what_changed_or_not_yet(way: Way) {
    let talk = Talk::new(way).await;
    for (status, expected) in [("APPLIED", true), ("PENDING", false)] {
        let body = json!({"changeStatus": status});
        let enveloped = json!({"status": 200, "content": body});
        for body in [body, enveloped] {
            let answer = ResponseTemplate::new(200).set_body_json(body);
            let told = applied(&talk, answer).await;
            assert_eq!(told.expect("answers"), Some(expected));
        }
    }
    for body in [json!({"changeStatus": "NEW"}), json!({}), json!([])] {
        let answer = ResponseTemplate::new(200).set_body_json(body);
        let why = unanswered(applied(&talk, answer).await);
        assert!(matches!(why, Unanswered::Malformed(_)), "{why}");
    }

    let before = way.seen(&talk.server).await.len();
    let _answering = talk.answering(error(404, "CLUSTER_NOT_FOUND")).await;
    // One that is gone says nothing about the others.
    let told = talk.setup.atlas.cluster_applied(&group(), "a/b").await;
    assert_eq!(refused(told).reason, RefusalReason::NotFound);
    let asked = way.at(&format!("/groups/{GROUP}/clusters/a%2Fb/status"));
    assert_eq!(talk.seen_since(before).await, [format!("GET {asked}")]);
}

async fn what_the_credential_may_not_know_is_no_error_and_a_credential_refused_is_one(way: Way) {
    use RefusalReason as R;

    let talk = Talk::new(way).await;
    for (status, code) in [
        (401, "USER_UNAUTHORIZED"),
        (401, "NOT_IN_GROUP"),
        (403, "ACCESS_FORBIDDEN"),
        (404, "CLUSTER_NOT_FOUND"),
    ] {
        if status != 404 {
            let told = applied(&talk, error(status, code)).await;
            assert_eq!(told.expect("is no error"), None, "{code}");
        }
        let listed = sign_ins(&talk, error(status, code)).await;
        assert_eq!(listed.expect("is no error"), None, "{code}");
    }
    for (status, code, reason) in [
        (401, "UNEXPECTED_ERROR", R::CredentialRefused),
        (403, "IP_ADDRESS_NOT_ON_ACCESS_LIST", R::AddressNotAllowed),
        (404, "GROUP_NOT_FOUND", R::ProjectNotFound),
    ] {
        assert_eq!(
            refused_for(applied(&talk, error(status, code)).await),
            reason
        );
        let listed = sign_ins(&talk, error(status, code)).await;
        assert_eq!(refused_for(listed), reason);
        let _answering = talk.answering(error(status, code)).await;
        let clusters = talk.setup.atlas.list_clusters(&group()).await;
        assert_eq!(refused_for(clusters), reason);
    }
    unanswered(applied(&talk, ResponseTemplate::new(500)).await);
    unanswered(sign_ins(&talk, ResponseTemplate::new(500)).await);
}

async fn sign_ins(
    talk: &Talk,
    answer: ResponseTemplate,
) -> Result<Option<Vec<ListedSignIn>>, ReadError> {
    let _answering = talk.answering(answer).await;
    talk.setup.atlas.list_sign_ins(&group(), "c1", SINCE).await
}

fn entry(username: &str, at: &str) -> Value {
    json!({
        "authResult": true, "authSource": "$external", "groupId": GROUP,
        "hostname": "c1-shard-00-00.x.mongodb.net", "ipAddress": "192.0.2.17",
        "logLine": "{}", "timestamp": at, "username": username,
    })
}

fn history(entries: &[Value]) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"accessLogs": entries}))
}

async fn sign_ins_come_latest_first_and_only_those_of_x509_users(way: Way) {
    let mut failed = entry("CN=Jane Doe,O=Example,C=DE", "2026-08-10T10:00:00Z");
    failed["authResult"] = json!(false);
    failed["failureReason"] = json!("UserNotFound");
    failed["ipAddress"] = Value::Null;
    let mut password = entry("orders-api", "2026-08-10T11:00:00Z");
    password["authSource"] = json!("admin");
    let mut nobody = entry("CN=x", "2026-08-10T11:00:00Z");
    nobody["username"] = json!("");
    let answer = history(&[
        entry("CN=orders-api", "Mon Aug 10 09:00:00 GMT 2026"),
        password,
        nobody,
        failed,
    ]);
    let server = way.server_answering(answer).await;
    let setup = way.client(&server.uri());
    let listed = setup.atlas.list_sign_ins(&group(), "c1", SINCE).await;
    let sign_in = |username: &str, at, address: Option<&str>, succeeded| ListedSignIn {
        username: name(username),
        at,
        address: address.map(str::to_owned),
        succeeded,
    };
    let jane = "CN=Jane Doe,O=Example,C=DE";
    let expected = vec![
        sign_in(jane, datetime!(2026-08-10 10:00 UTC), None, false),
        sign_in(
            "orders-api",
            datetime!(2026-08-10 9:00 UTC),
            Some("192.0.2.17"),
            true,
        ),
    ];
    assert_eq!(listed.expect("answers"), Some(expected));
    let path = way.at(&format!("/groups/{GROUP}/dbAccessHistory/clusters/c1"));
    let (start, end) = (SINCE.unix_timestamp(), NOW.unix_timestamp());
    let line = format!("GET {path}?start={start}000&end={end}000&nLogs=5000");
    assert_eq!(way.seen(&server).await, [line]);
}

async fn a_cluster_that_keeps_no_history_is_no_error(way: Way) {
    let talk = Talk::new(way).await;
    for code in [
        "INSUFFICIENT_INSTANCE_SIZE",
        "TENANT_CLUSTER_ANY",
        "ANY_UNSUPPORTED",
        "NOT_SUPPORTED_FOR_ANY",
    ] {
        let listed = sign_ins(&talk, error(400, code)).await;
        assert_eq!(listed.expect("is no error"), None, "{code}");
    }
    // This would be a mistake of ours.
    refused(sign_ins(&talk, error(400, "INVALID_QUERY_PARAMETER")).await);
    let listed = sign_ins(&talk, history(&[])).await;
    assert_eq!(listed.expect("answers"), Some(Vec::new()));
}

async fn a_sign_in_whose_time_cannot_be_read_is_not_passed_over(way: Way) {
    let talk = Talk::new(way).await;
    let answer = history(&[entry("CN=orders-api", "yesterday")]);
    let why = unanswered(sign_ins(&talk, answer).await);
    assert!(matches!(why, Unanswered::Malformed(_)), "{why}");
}

/// Atlas gives so many of the sign-ins of a time, and does not say that there are more.
async fn a_time_with_more_sign_ins_than_are_given_at_once_is_cut_in_two(way: Way) {
    let server = way.server().await;
    let every_second = |number: i64| SINCE + Duration::seconds(number);
    let respond = move |request: &Request| {
        let number = |wanted: &str| -> i64 {
            let mut pairs = request.url.query_pairs();
            let pair = pairs.find(|(key, _)| key == wanted);
            let (_, value) = pair.expect("is asked for");
            value.parse().expect("is a number")
        };
        let (start, end) = (number("start"), number("end"));
        let most = usize::try_from(number("nLogs")).expect("is small");
        let times = (0..6_000)
            .map(every_second)
            .filter(|at| (start..=end).contains(&(at.unix_timestamp() * 1000)));
        brief_history(times.take(most))
    };
    Mock::given(path_regex("/dbAccessHistory/"))
        .respond_with(respond)
        .mount(&server)
        .await;
    let setup = way.client(&server.uri());
    // 100 minutes of sign-ins at the beginning of 24 hours.
    let listed = setup.atlas.list_sign_ins(&group(), "c1", SINCE).await;
    let listed = listed.expect("answers").expect("is kept");
    assert_eq!(listed.len(), 6_000);
    assert!(listed.is_sorted_by_key(|sign_in| std::cmp::Reverse(sign_in.at)));
    // 24 hours, 12, 6, 3 and 1.5, the last of which holds 5,400; and the other half of each.
    assert_eq!(way.seen(&server).await.len(), 11);
}

async fn a_moment_with_more_sign_ins_than_are_given_is_no_answer(way: Way) {
    let talk = Talk::new(way).await;
    let moment = datetime!(2026-08-10 11:59:59 UTC);
    let _answering = talk.answering(brief_history(vec![moment; 5_000])).await;
    let listed = talk.setup.atlas.list_sign_ins(&group(), "c1", moment).await;
    let why = unanswered(listed);
    assert!(matches!(why, Unanswered::TooLong), "{why}");
}

/// A history with no more in it than is read.
fn brief_history(times: impl IntoIterator<Item = OffsetDateTime>) -> ResponseTemplate {
    let mut body = String::from(r#"{"accessLogs":["#);
    for (number, at) in times.into_iter().enumerate() {
        let comma = if number == 0 { "" } else { "," };
        let (date, (hour, minute, second)) = (at.date(), at.to_hms());
        write!(
            body,
            r#"{comma}{{"authResult":true,"authSource":"$external","username":"CN=x","timestamp":"{date}T{hour:02}:{minute:02}:{second:02}Z"}}"#
        )
        .expect("text takes text");
    }
    body.push_str("]}");
    ResponseTemplate::new(200).set_body_raw(body, "application/json")
}

in_every_way! {
    a_cluster_has_applied_what_changed_or_not_yet,
    what_the_credential_may_not_know_is_no_error_and_a_credential_refused_is_one,
    sign_ins_come_latest_first_and_only_those_of_x509_users,
    a_cluster_that_keeps_no_history_is_no_error,
    a_sign_in_whose_time_cannot_be_read_is_not_passed_over,
    a_time_with_more_sign_ins_than_are_given_at_once_is_cut_in_two,
    a_moment_with_more_sign_ins_than_are_given_is_no_answer,
}
