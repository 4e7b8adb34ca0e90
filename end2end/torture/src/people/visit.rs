//! One request to the portal, as a script of its own pages sends it.

use std::time::Duration;

use anyhow::{Context as _, Result};
use reqwest::{
    Client, Method, RequestBuilder, Response,
    header::{ACCEPT, CONTENT_TYPE, COOKIE},
    redirect, retry,
};
use url::form_urlencoded;

/// How long a person waits for an answer.
const PATIENCE: Duration = Duration::from_secs(25);

/// A client that does what it is told and nothing beside it: nothing is repeated, followed or kept open.
pub(super) fn client() -> Result<Client> {
    Client::builder()
        .timeout(PATIENCE)
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .pool_max_idle_per_host(0)
        .no_proxy()
        .user_agent("certdesk-torture")
        .build()
        .context("the clients could not be set up")
}

/// A form sent by a script.
pub(super) fn form(
    client: &Client,
    url: &str,
    cookies: &str,
    fields: &[(&str, &str)],
) -> RequestBuilder {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    from_our_page(client.request(Method::POST, url), cookies)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(body)
}

/// A question asked by a script.
pub(super) fn question(client: &Client, url: &str, cookies: &str) -> RequestBuilder {
    from_our_page(client.request(Method::GET, url), cookies)
}

fn from_our_page(request: RequestBuilder, cookies: &str) -> RequestBuilder {
    request
        .header(ACCEPT, "application/json")
        .header(COOKIE, cookies)
        .header("Sec-Fetch-Site", "same-origin")
        .header("Sec-Fetch-Mode", "cors")
        .header("Sec-Fetch-Dest", "empty")
}

/// A page opened by a person.
pub(super) async fn page(client: &Client, url: &str, cookies: &str) -> Result<Response> {
    client
        .request(Method::GET, url)
        .header(ACCEPT, "text/html")
        .header(COOKIE, cookies)
        .header("Sec-Fetch-Site", "none")
        .header("Sec-Fetch-Mode", "navigate")
        .header("Sec-Fetch-Dest", "document")
        .send()
        .await
        .with_context(|| format!("{url} did not answer"))
}

/// An error with all its causes: what a client says that never got an answer.
pub(super) fn in_words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words.push_str(": ");
        words.push_str(&error.to_string());
        cause = error.source();
    }
    words
}
