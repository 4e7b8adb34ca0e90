//! Signing in as people do: the portal, the company's sign-in page, and back.

use anyhow::{Context as _, Result, bail, ensure};
use reqwest::{
    Client, Method,
    header::{ACCEPT, CONTENT_TYPE, COOKIE, LOCATION},
};
use url::{Url, form_urlencoded};

use super::{jar::Jar, visit};

/// Steps from the portal to the sign-in page and back; more is a circle.
const STEPS: usize = 16;

/// The session's cookie, and the token its forms carry.
pub(super) struct Session {
    pub(super) cookie: String,
    pub(super) csrf: String,
}

/// Signs in. A password is the account's name.
pub(super) async fn sign_in(client: &Client, portal: &str, account: &str) -> Result<Session> {
    // Cookies know no ports, so one jar is what a browser has, too.
    let mut jar = Jar::default();
    let mut at = Url::parse(&format!("{portal}/auth/login?return_to=/account"))?;
    let mut answered_the_form = false;
    for _ in 0..STEPS {
        let answer = visit::page(client, at.as_str(), &jar.header()).await?;
        jar.keep(answer.headers());
        if let Some(next) = answer.headers().get(LOCATION) {
            at = at.join(next.to_str()?)?;
            continue;
        }
        ensure!(
            answer.status() == 200,
            "{at} answered {} while {account} signed in",
            answer.status()
        );
        let text = answer.text().await?;
        if at.as_str().starts_with(portal) {
            return session(&jar, &text);
        }
        ensure!(!answered_the_form, "the sign-in did not let {account} in");
        answered_the_form = true;
        at = send_form(client, &mut jar, &at, &text, account).await?;
    }
    bail!("signing {account} in went round in circles")
}

async fn send_form(
    client: &Client,
    jar: &mut Jar,
    page: &Url,
    text: &str,
    account: &str,
) -> Result<Url> {
    let form = text.find("<form").context("the sign-in has no form")?;
    // Without an action it is sent to where it stands.
    let action = attribute_in(&text[form..], "action").unwrap_or_default();
    let action = page.join(&action)?;
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("username", account), ("password", account)])
        .finish();
    let answer = client
        .request(Method::POST, action.clone())
        .header(ACCEPT, "text/html")
        .header(COOKIE, jar.header())
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(body)
        .send()
        .await?;
    jar.keep(answer.headers());
    let next = answer
        .headers()
        .get(LOCATION)
        .with_context(|| format!("the sign-in answered {} to {account}", answer.status()))?;
    Ok(action.join(next.to_str()?)?)
}

fn session(jar: &Jar, page: &str) -> Result<Session> {
    let cookie = jar
        .get("__Host-sid")
        .context("signing in gave no session")?
        .to_owned();
    let token = page
        .find("name=\"csrf\"")
        .context("the page after signing in has no form")?;
    let csrf = attribute_in(&page[token..], "value").context("the form's token has no value")?;
    Ok(Session { cookie, csrf })
}

/// The value of an attribute in what is left of an element's tag.
fn attribute_in(rest: &str, attribute: &str) -> Option<String> {
    let tag = &rest[..rest.find('>')?];
    let begin = format!("{attribute}=\"");
    let value = &tag[tag.find(&begin)? + begin.len()..];
    Some(value[..value.find('"')?].replace("&amp;", "&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_is_found_in_its_own_tag_only() {
        let page =
            r#"<form method="post" action="/a?b=1&amp;c=2"><input name="csrf" value="t0k3n">"#;
        assert_eq!(attribute_in(page, "action").as_deref(), Some("/a?b=1&c=2"));
        assert_eq!(attribute_in(page, "value"), None);
        let (_, input) = page.split_once("<input").expect("an input");
        assert_eq!(attribute_in(input, "value").as_deref(), Some("t0k3n"));
    }
}
