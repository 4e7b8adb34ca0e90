//! Lists of more than one page.

use std::sync::Mutex;

use portal::{
    atlas::{Atlas, ListedCertificate, ReadError, Unanswered},
    model::Serial,
};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::method};

use crate::support::{
    CERTS, Setup, certificate, error, group, refused, seen, server_with_tokens, unanswered, user,
};

/// One page as a server gives it.
#[derive(Clone)]
struct Page {
    serials: std::ops::Range<i64>,
    next: bool,
    total: Option<u64>,
}

impl Page {
    fn new(serials: std::ops::Range<i64>) -> Self {
        Self {
            serials,
            next: false,
            total: None,
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
        ResponseTemplate::new(200).set_body_json(body)
    }
}

/// A server that gives these pages one after the other, then the last one for ever.
async fn server_with(pages: Vec<Page>) -> MockServer {
    let server = server_with_tokens().await;
    let left = Mutex::new(pages);
    let respond = move |_: &Request| {
        let mut left = left.lock().expect("nobody panics here");
        if left.len() > 1 {
            left.remove(0).answer()
        } else {
            left[0].answer()
        }
    };
    Mock::given(method("GET"))
        .respond_with(respond)
        .mount(&server)
        .await;
    server
}

async fn list(server: &MockServer) -> Result<Vec<ListedCertificate>, ReadError> {
    Setup::new(&server.uri())
        .atlas
        .list_certificates(&group(), &user())
        .await
}

/// The numbers of the pages asked for.
async fn pages_asked(server: &MockServer) -> Vec<u32> {
    let prefix = format!("GET {CERTS}?includeCount=true&itemsPerPage=500&pageNum=");
    seen(server)
        .await
        .iter()
        .map(|line| line.strip_prefix(&prefix).expect("asks for a page"))
        .map(|number| number.parse().expect("is a number"))
        .collect()
}

#[tokio::test]
async fn all_pages_are_read_as_long_as_there_is_a_next_one() {
    let server = server_with(vec![
        Page::new(1..501).next().total(1001),
        Page::new(501..1001).next().total(1001),
        Page::new(1001..1002).total(1001),
    ])
    .await;
    let listed = list(&server).await.expect("is complete");
    let serials: Vec<i64> = listed.iter().map(|listed| listed.serial.0).collect();
    assert_eq!(serials, (1..1002).collect::<Vec<_>>());
    assert_eq!(pages_asked(&server).await, [1, 2, 3]);
}

#[tokio::test]
async fn a_server_with_smaller_pages_than_asked_for_is_read_to_its_end_by_its_links() {
    let server = server_with(vec![
        Page::new(1..3).next().total(3),
        Page::new(3..4).total(3),
    ])
    .await;
    assert_eq!(list(&server).await.expect("is complete").len(), 3);
}

#[tokio::test]
async fn without_links_the_count_tells_whether_a_full_page_is_the_last() {
    let server = server_with(vec![Page::new(1..501).total(500)]).await;
    assert_eq!(list(&server).await.expect("is complete").len(), 500);
    assert_eq!(pages_asked(&server).await, [1]);

    let server = server_with(vec![
        Page::new(1..501).total(502),
        Page::new(501..503).total(502),
    ])
    .await;
    assert_eq!(list(&server).await.expect("is complete").len(), 502);
    assert_eq!(pages_asked(&server).await, [1, 2]);
}

#[tokio::test]
async fn without_links_and_count_only_a_page_that_is_not_full_is_the_last() {
    // Some lists say 0 when they have not counted.
    for total in [None, Some(0)] {
        let page = |serials| Page {
            total,
            ..Page::new(serials)
        };
        let server = server_with(vec![page(1..501), page(501..1001), page(0..0)]).await;
        assert_eq!(list(&server).await.expect("is complete").len(), 1000);
        assert_eq!(pages_asked(&server).await, [1, 2, 3]);

        let server = server_with(vec![page(1..3)]).await;
        assert_eq!(list(&server).await.expect("is complete").len(), 2);
        assert_eq!(pages_asked(&server).await, [1]);
    }
}

#[tokio::test]
async fn an_empty_list_is_complete() {
    for page in [Page::new(0..0), Page::new(0..0).total(0)] {
        let server = server_with(vec![page]).await;
        assert_eq!(list(&server).await.expect("is complete"), []);
    }
}

#[tokio::test]
async fn a_list_that_changes_between_pages_is_read_again_from_its_start() {
    let contradictions = [
        // Another count.
        vec![
            Page::new(1..501).next().total(501),
            Page::new(501..503).total(502),
        ],
        // The same thing twice: something before it was made.
        vec![
            Page::new(1..501).next().total(501),
            Page::new(500..501).total(501),
        ],
        // Fewer than counted: something before was removed, and one has slipped to a page
        // already read.
        vec![
            Page::new(1..501).next().total(502),
            Page::new(501..502).total(502),
        ],
        // A single page that lacks one.
        vec![Page::new(1..3).total(3)],
        // A next page promised by an empty one.
        vec![Page::new(0..0).next()],
    ];
    for mut pages in contradictions {
        let first = pages.len();
        pages.extend([
            Page::new(1..501).next().total(503),
            Page::new(501..504).total(503),
        ]);
        let server = server_with(pages).await;
        let listed = list(&server).await.expect("is steady the second time");
        assert_eq!(listed.len(), 503);
        assert_eq!(listed[502].serial, Serial(503));
        assert_eq!(pages_asked(&server).await.len(), first + 2);
    }
}

#[tokio::test]
async fn a_list_that_never_holds_still_is_an_error_and_not_a_part_of_the_truth() {
    let server = server_with(vec![Page::new(1..3).total(3)]).await;
    let why = unanswered(list(&server).await);
    assert!(matches!(why, Unanswered::Unsteady), "{why}");
    assert_eq!(pages_asked(&server).await, [1, 1, 1]);
}

#[tokio::test]
async fn a_count_that_is_too_low_for_its_only_page_does_no_harm() {
    let server = server_with(vec![Page::new(1..4).total(2)]).await;
    assert_eq!(list(&server).await.expect("is complete").len(), 3);
}

#[tokio::test]
async fn a_page_that_fails_fails_the_list() {
    let server = server_with_tokens().await;
    Mock::given(method("GET"))
        .respond_with(Page::new(1..501).next().total(501).answer())
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .respond_with(error(403, "ACCESS_FORBIDDEN"))
        .mount(&server)
        .await;
    refused(list(&server).await);
}

#[tokio::test]
async fn a_list_without_end_is_given_up() {
    let server = server_with_tokens().await;
    let respond = |request: &Request| {
        let number = request
            .url
            .query_pairs()
            .find(|(key, _)| key == "pageNum")
            .and_then(|(_, number)| number.parse::<i64>().ok())
            .expect("asks for a page");
        Page::new(number..number + 1).next().answer()
    };
    Mock::given(method("GET"))
        .respond_with(respond)
        .mount(&server)
        .await;
    let why = unanswered(list(&server).await);
    assert!(matches!(why, Unanswered::TooLong), "{why}");
    assert_eq!(pages_asked(&server).await.len(), 200);
}
