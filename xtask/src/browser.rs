//! A browser without a screen and without JavaScript, as far as the main job needs one: it keeps
//! cookies, follows redirects, fills in forms, and sends the headers by which a server tells its own
//! pages from another site's.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use ureq::{
    Agent,
    http::{HeaderMap, Request, Response, header},
};
use url::{Url, form_urlencoded};

use crate::form::Form;

const PATIENCE: Duration = Duration::from_mins(1);
const REDIRECTS: usize = 12;

/// Cookies of one person.
#[derive(Clone, Default)]
struct Jar {
    /// By host. Ports do not keep cookies apart, in browsers neither.
    cookies: BTreeMap<String, BTreeMap<String, String>>,
}

impl Jar {
    fn keep(&mut self, url: &Url, headers: &HeaderMap) {
        let host = self.cookies.entry(host(url)).or_default();
        for line in headers.get_all(header::SET_COOKIE) {
            let Ok(line) = line.to_str() else { continue };
            let mut parts = line.split(';');
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            let ended = parts.any(|attribute| {
                let attribute = attribute.trim().to_ascii_lowercase();
                attribute == "max-age=0" || attribute.starts_with("expires=thu, 01 jan 1970")
            });
            if ended || value.is_empty() {
                host.remove(name.trim());
            } else {
                host.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
    }

    /// `Secure` is not looked at: browsers send such cookies to `http://localhost` as well.
    fn header(&self, url: &Url) -> Option<String> {
        let cookies = self
            .cookies
            .get(&host(url))
            .filter(|cookies| !cookies.is_empty())?;
        let pairs: Vec<_> = cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        Some(pairs.join("; "))
    }
}

fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

/// What a request ended in.
pub(crate) struct Page {
    pub url: Url,
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Page {
    /// The page, unless the server said it is not one.
    pub(crate) fn ok(self) -> Result<Self> {
        if self.status != 200 {
            bail!(
                "{} answered {}:\n{}",
                self.url,
                self.status,
                self.readable()
            );
        }
        Ok(self)
    }

    /// The address of a link that leads to this path and carries this text.
    pub(crate) fn link(&self, path: &str, text: &str) -> Option<Url> {
        let document = scraper::Html::parse_document(&self.body);
        let selector = scraper::Selector::parse("a[href]").expect("a constant selector");
        let link = document.select(&selector).find(|link| {
            link.value()
                .attr("href")
                .is_some_and(|href| href.starts_with(path))
                && link.text().collect::<String>().contains(text)
        })?;
        self.url.join(link.value().attr("href")?).ok()
    }

    /// The start of the visible text, for error messages.
    pub(crate) fn readable(&self) -> String {
        let document = scraper::Html::parse_document(&self.body);
        let text = ["main", "body"].iter().find_map(|name| {
            let selector = scraper::Selector::parse(name).expect("a constant selector");
            let part = document.select(&selector).next()?;
            Some(visible_text(part))
        });
        let text = text.unwrap_or_else(|| self.body.clone());
        let words: Vec<_> = text.split_whitespace().collect();
        words.join(" ").chars().take(600).collect()
    }
}

fn visible_text(part: scraper::ElementRef<'_>) -> String {
    let hidden = |element: scraper::ElementRef<'_>| {
        matches!(element.value().name(), "script" | "style" | "template")
    };
    part.descendants()
        .filter(|node| {
            let mut around = node.ancestors().filter_map(scraper::ElementRef::wrap);
            !around.any(hidden)
        })
        .filter_map(|node| node.value().as_text().map(|text| text.to_string()))
        .collect::<Vec<_>>()
        .join(" ")
}

/// How a request came about, which browsers tell the server.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Initiator {
    TypedIn,
    SameOrigin,
    SameSite,
    CrossSite,
}

impl Initiator {
    fn between(from: &Url, to: &Url) -> Self {
        if from.origin() == to.origin() {
            Self::SameOrigin
        } else if from.scheme() == to.scheme() && from.host() == to.host() {
            // A site is a host without its port.
            Self::SameSite
        } else {
            Self::CrossSite
        }
    }

    fn header(self) -> &'static str {
        match self {
            Self::TypedIn => "none",
            Self::SameOrigin => "same-origin",
            Self::SameSite => "same-site",
            Self::CrossSite => "cross-site",
        }
    }
}

/// One person's browser.
pub(crate) struct Browser {
    agent: Agent,
    jar: Jar,
}

impl Browser {
    /// Nobody is signed in yet.
    pub(crate) fn new() -> Self {
        let agent = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent("certdesk-check")
            .build()
            .into();
        Self {
            agent,
            jar: Jar::default(),
        }
    }

    /// Another one of the same person: for several requests at once.
    pub(crate) fn another(&self) -> Self {
        Self {
            jar: self.jar.clone(),
            ..Self::new()
        }
    }

    /// Goes to an address as if typed in.
    pub(crate) fn open(&mut self, url: &str) -> Result<Page> {
        self.travel(Url::parse(url)?, None, None)
    }

    /// Sends a form of a page.
    pub(crate) fn submit(&mut self, form: &Form) -> Result<Page> {
        let fields: String = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form.filled_in())
            .finish();
        if form.is_post() {
            self.travel(form.action.clone(), Some(&form.page), Some(fields))
        } else {
            let mut url = form.action.clone();
            url.set_query(Some(&fields));
            self.travel(url, Some(&form.page), None)
        }
    }

    fn travel(&mut self, to: Url, from: Option<&Url>, mut body: Option<String>) -> Result<Page> {
        let mut url = to;
        let mut initiator = Initiator::TypedIn;
        for _ in 0..REDIRECTS {
            if let Some(from) = from {
                initiator = initiator.max(Initiator::between(from, &url));
            }
            let response = self.send(&url, from, initiator, body.take())?;
            self.jar.keep(&url, response.headers());
            let location = response
                .headers()
                .get(header::LOCATION)
                .filter(|_| response.status().is_redirection());
            match location {
                Some(location) => {
                    ensure!(
                        response.status() != 307 && response.status() != 308,
                        "{url} repeats a form elsewhere ({}), which nothing here should",
                        response.status()
                    );
                    let location = location.to_str().context("a redirect to nowhere")?;
                    let next = url.join(location)?;
                    if initiator != Initiator::TypedIn || next.origin() != url.origin() {
                        initiator = initiator.max(Initiator::between(&url, &next));
                    }
                    url = next;
                }
                None => return read(url, response),
            }
        }
        bail!("{url}: more than {REDIRECTS} redirects")
    }

    fn send(
        &self,
        url: &Url,
        from: Option<&Url>,
        initiator: Initiator,
        body: Option<String>,
    ) -> Result<Response<ureq::Body>> {
        let mut request = Request::builder()
            .method(if body.is_some() { "POST" } else { "GET" })
            .uri(url.as_str())
            .header("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
            .header("Accept-Language", "en")
            .header("Sec-Fetch-Site", initiator.header())
            .header("Sec-Fetch-Mode", "navigate")
            .header("Sec-Fetch-User", "?1")
            .header("Sec-Fetch-Dest", "document");
        if let Some(cookies) = self.jar.header(url) {
            request = request.header("Cookie", cookies);
        }
        if let Some(from) = from {
            request = request.header("Referer", from.as_str());
        }
        let response = match (body, from) {
            (Some(body), Some(from)) => {
                let request = request
                    .header("Origin", from.origin().ascii_serialization())
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .body(body)?;
                self.agent.run(request)
            }
            _ => self.agent.run(request.body(())?),
        };
        response.with_context(|| format!("{url} did not answer"))
    }
}

fn read(url: Url, mut response: Response<ureq::Body>) -> Result<Page> {
    let body = response
        .body_mut()
        .read_to_string()
        .with_context(|| format!("{url} broke off"))?;
    Ok(Page {
        url,
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_cookie(line: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.append(header::SET_COOKIE, line.parse().unwrap());
        headers
    }

    #[test]
    fn cookies_stay_with_their_host_and_go_when_told() {
        let mut jar = Jar::default();
        let here = Url::parse("http://localhost:3000/a").unwrap();
        let there = Url::parse("http://127.0.0.1:3000/a").unwrap();
        jar.keep(
            &here,
            &with_cookie("__Host-sid=abc; Path=/; Secure; HttpOnly"),
        );
        assert_eq!(jar.header(&here).as_deref(), Some("__Host-sid=abc"));
        assert_eq!(jar.header(&there), None);
        jar.keep(&here, &with_cookie("__Host-sid=; Path=/; Max-Age=0"));
        assert_eq!(jar.header(&here), None);
    }

    #[test]
    fn an_error_message_quotes_what_a_person_sees() {
        let page = Page {
            url: Url::parse("http://localhost:3000/").unwrap(),
            status: 200,
            headers: HeaderMap::new(),
            body: "<nav>Rooms</nav><main>All <b>clear</b><script>x()</script></main>".to_owned(),
        };
        assert_eq!(page.readable(), "All clear");
    }

    #[test]
    fn a_port_makes_another_origin_but_not_another_site() {
        let portal = Url::parse("http://localhost:3000/").unwrap();
        let identity = Url::parse("http://localhost:4000/").unwrap();
        let elsewhere = Url::parse("http://127.0.0.1:3000/").unwrap();
        assert_eq!(Initiator::between(&portal, &portal).header(), "same-origin");
        assert_eq!(Initiator::between(&portal, &identity).header(), "same-site");
        assert_eq!(
            Initiator::between(&portal, &elsewhere).header(),
            "cross-site"
        );
    }
}
