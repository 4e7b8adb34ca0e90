//! Lists of more than one page.

use std::sync::atomic::{AtomicUsize, Ordering};

use portal::{
    atlas::{Atlas, ListedCertificate, ReadError, Unanswered},
    model::Serial,
};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::method};

use crate::{
    support::{certificate, error, group, refused, unanswered, user},
    ways::{Way, in_every_way},
};

/// One page as a server gives it.
#[derive(Clone)]
struct Page {
    serials: std::ops::Range<i64>,
    next: bool,
    total: Option<u64>,
    /// Of the envelope.
    status: Option<u16>,
}

impl Page {
    fn new(serials: std::ops::Range<i64>) -> Self {
        Self {
            serials,
            next: false,
            total: None,
            status: None,
        }
    }

    fn next(mut self) -> Self {
        self.next = true;
        self
    }

    fn total(mut self, total: u64) -> Self {
        self.total = Some(total);
        self
    }

    fn answer(&self) -> ResponseTemplate {
        let results: Vec<Value> = self.serials.clone().map(certificate).collect();
        let mut body = json!({"links": [{"href": "x", "rel": "self"}], "results": results});
        if self.next {
            // A link elsewhere, which must not be followed.
            let link = json!({"href": "http://elsewhere.test/steal", "rel": "next"});
            body["links"].as_array_mut().expect("is a list").push(link);
        }
        if let Some(total) = self.total {
            body["totalCount"] = json!(total);
        }
        if let Some(status) = self.status {
            body["status"] = json!(status);
        }
        ResponseTemplate::new(200).set_body_json(body)
    }
}

/// A server whose list has these pages each time it is read from its start, the last of them for
/// ever; behind them are empty ones.
async fn server_with(way: Way, readings: Vec<Vec<Page>>) -> MockServer {
    let server = way.server().await;
    let reading = AtomicUsize::new(0);
    let respond = move |request: &Request| {
        let number = page_number(request);
        if number == 1 {
            reading.fetch_add(1, Ordering::SeqCst);
        }
        let reading = reading.load(Ordering::SeqCst).min(readings.len());
        let pages = &readings[reading - 1];
        let beyond = Page {
            next: false,
            serials: 0..0,
            ..pages[pages.len() - 1].clone()
        };
        pages.get(number - 1).unwrap_or(&beyond).answer()
    };
    Mock::given(method("GET"))
        .respond_with(respond)
        .mount(&server)
        .await;
    server
}

fn page_number(request: &Request) -> usize {
    request
        .url
        .query_pairs()
        .find(|(key, _)| key == "pageNum")
        .and_then(|(_, number)| number.parse().ok())
        .expect("asks for a page")
}

async fn list(way: Way, server: &MockServer) -> Result<Vec<ListedCertificate>, ReadError> {
    way.client(&server.uri())
        .atlas
        .list_certificates(&group(), &user())
        .await
}

/// The numbers of the pages asked for.
async fn pages_asked(way: Way, server: &MockServer) -> Vec<u32> {
    let certs = way.certs();
    let prefix = format!("GET {certs}?includeCount=true&itemsPerPage=500&pageNum=");
    way.seen(server)
        .await
        .iter()
        .map(|line| line.strip_prefix(&prefix).expect("asks for a page"))
        .map(|number| number.parse().expect("is a number"))
        .collect()
}

async fn all_pages_are_read_as_long_as_there_is_a_next_one(way: Way) {
    let server = server_with(
        way,
        vec![vec![
            Page::new(1..501).next().total(1001),
            Page::new(501..1001).next().total(1001),
            Page::new(1001..1002).total(1001),
        ]],
    )
    .await;
    let listed = list(way, &server).await.expect("is complete");
    let serials: Vec<i64> = listed.iter().map(|listed| listed.serial.0).collect();
    assert_eq!(serials, (1..1002).collect::<Vec<_>>());
    assert_eq!(pages_asked(way, &server).await, [1, 2, 3]);
}

async fn a_server_with_smaller_pages_than_asked_for_is_read_to_its_end_by_its_links(way: Way) {
    let server = server_with(
        way,
        vec![vec![
            Page::new(1..3).next().total(3),
            Page::new(3..4).total(3),
        ]],
    )
    .await;
    assert_eq!(list(way, &server).await.expect("is complete").len(), 3);
}

async fn without_links_the_count_tells_whether_a_full_page_is_the_last(way: Way) {
    let server = server_with(way, vec![vec![Page::new(1..501).total(500)]]).await;
    assert_eq!(list(way, &server).await.expect("is complete").len(), 500);
    assert_eq!(pages_asked(way, &server).await, [1]);

    let server = server_with(
        way,
        vec![vec![
            Page::new(1..501).total(502),
            Page::new(501..503).total(502),
        ]],
    )
    .await;
    assert_eq!(list(way, &server).await.expect("is complete").len(), 502);
    assert_eq!(pages_asked(way, &server).await, [1, 2]);
}

async fn without_links_and_count_only_a_page_that_is_not_full_is_the_last(way: Way) {
    // Some lists say 0 when they have not counted.
    for total in [None, Some(0)] {
        let page = |serials| Page {
            total,
            ..Page::new(serials)
        };
        let server = server_with(way, vec![vec![page(1..501), page(501..1001), page(0..0)]]).await;
        assert_eq!(list(way, &server).await.expect("is complete").len(), 1000);
        assert_eq!(pages_asked(way, &server).await, [1, 2, 3]);

        let server = server_with(way, vec![vec![page(1..3)]]).await;
        assert_eq!(list(way, &server).await.expect("is complete").len(), 2);
        assert_eq!(pages_asked(way, &server).await, [1]);
    }
}

async fn an_empty_list_is_complete(way: Way) {
    for page in [Page::new(0..0), Page::new(0..0).total(0)] {
        let server = server_with(way, vec![vec![page]]).await;
        assert_eq!(list(way, &server).await.expect("is complete"), []);
    }
}

async fn a_server_without_links_and_with_smaller_pages_is_read_to_its_end_by_its_count(way: Way) {
    let server = server_with(
        way,
        vec![vec![
            Page::new(1..101).total(250),
            Page::new(101..201).total(250),
            Page::new(201..251).total(250),
        ]],
    )
    .await;
    assert_eq!(list(way, &server).await.expect("is complete").len(), 250);
    assert_eq!(pages_asked(way, &server).await, [1, 2, 3]);
}

async fn a_list_that_changes_between_pages_is_read_again_from_its_start(way: Way) {
    let contradictions = [
        // Another count: something was made, or removed.
        vec![
            Page::new(1..501).next().total(501),
            Page::new(501..503).total(502),
        ],
        vec![
            Page::new(1..501).next().total(502),
            Page::new(501..502).total(501),
        ],
        // The same thing twice: something before it was made, and it has slipped to the next page.
        vec![
            Page::new(1..501).next().total(501),
            Page::new(500..501).total(501),
        ],
        vec![
            Page::new(1..501).next(),
            Page::new(500..503).next(),
            Page::new(502..503),
        ],
        // Fewer than counted: something before was removed, and one has slipped to a page
        // already read.
        vec![
            Page::new(1..501).next().total(502),
            Page::new(502..503).total(502),
        ],
        // A single page that lacks one, and there is none behind it.
        vec![Page::new(1..3).total(3)],
        // A next page promised by an empty one.
        vec![Page::new(0..0).next()],
    ];
    for pages in contradictions {
        let steady = vec![
            Page::new(1..501).next().total(503),
            Page::new(501..504).total(503),
        ];
        let server = server_with(way, vec![pages, steady]).await;
        let listed = list(way, &server).await.expect("is steady the second time");
        assert_eq!(listed.len(), 503);
        assert_eq!(listed[502].serial, Serial(503));
        let asked = pages_asked(way, &server).await;
        assert_eq!(asked[asked.len() - 2..], [1, 2]);
    }
}

async fn a_list_that_never_holds_still_is_an_error_and_not_a_part_of_the_truth(way: Way) {
    let server = server_with(way, vec![vec![Page::new(1..3).total(3)]]).await;
    let why = unanswered(list(way, &server).await);
    assert!(matches!(why, Unanswered::Unsteady), "{why}");
    assert_eq!(pages_asked(way, &server).await, [1, 2, 1, 2, 1, 2]);
}

async fn a_count_that_is_too_low_for_its_only_page_does_no_harm(way: Way) {
    let server = server_with(way, vec![vec![Page::new(1..4).total(2)]]).await;
    assert_eq!(list(way, &server).await.expect("is complete").len(), 3);
}

async fn pages_in_envelopes_are_read_like_others(way: Way) {
    let enveloped = |page: Page| Page {
        status: Some(200),
        ..page
    };
    let server = server_with(
        way,
        vec![vec![
            enveloped(Page::new(1..501).next().total(502)),
            enveloped(Page::new(501..503).total(502)),
        ]],
    )
    .await;
    assert_eq!(list(way, &server).await.expect("is complete").len(), 502);
}

async fn the_status_of_an_envelope_counts_on_every_page(way: Way) {
    let failed = Page {
        status: Some(500),
        ..Page::new(501..503).total(502)
    };
    let first = Page::new(1..501).next().total(502);
    let server = server_with(way, vec![vec![first, failed]]).await;
    let why = unanswered(list(way, &server).await);
    assert!(
        matches!(why, Unanswered::Status { status: 500, .. }),
        "{why}"
    );
}

async fn a_page_that_fails_fails_the_list(way: Way) {
    let server = way.server().await;
    Mock::given(method("GET"))
        .respond_with(Page::new(1..501).next().total(501).answer())
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .respond_with(error(403, "ACCESS_FORBIDDEN"))
        .mount(&server)
        .await;
    refused(list(way, &server).await);
}

async fn a_list_without_end_is_given_up(way: Way) {
    let server = way.server().await;
    let respond = |request: &Request| {
        let number = i64::try_from(page_number(request)).expect("is small");
        Page::new(number..number + 1).next().answer()
    };
    Mock::given(method("GET"))
        .respond_with(respond)
        .mount(&server)
        .await;
    let why = unanswered(list(way, &server).await);
    assert!(matches!(why, Unanswered::TooLong), "{why}");
    assert_eq!(pages_asked(way, &server).await.len(), 200);
}

in_every_way! {
    all_pages_are_read_as_long_as_there_is_a_next_one,
    a_server_with_smaller_pages_than_asked_for_is_read_to_its_end_by_its_links,
    without_links_the_count_tells_whether_a_full_page_is_the_last,
    without_links_and_count_only_a_page_that_is_not_full_is_the_last,
    an_empty_list_is_complete,
    a_server_without_links_and_with_smaller_pages_is_read_to_its_end_by_its_count,
    a_list_that_changes_between_pages_is_read_again_from_its_start,
    a_list_that_never_holds_still_is_an_error_and_not_a_part_of_the_truth,
    a_count_that_is_too_low_for_its_only_page_does_no_harm,
    pages_in_envelopes_are_read_like_others,
    the_status_of_an_envelope_counts_on_every_page,
    a_page_that_fails_fails_the_list,
    a_list_without_end_is_given_up,
}
