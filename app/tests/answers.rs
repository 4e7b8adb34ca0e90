//! What a browser gets: through the same router as in the server, without its layers.
#![cfg(feature = "ssr")]

use app::{App, Caller, SiteFiles, shell};
use axum::{
    Router,
    body::{Body, to_bytes},
};
use http::{HeaderMap, Request, StatusCode, header};
use leptos::prelude::*;
use leptos_axum::{LeptosRoutes, generate_route_list};
use portal::{
    Actor, SignedIn,
    model::{PersonId, Theme},
};
use tower::ServiceExt;

const TOKEN: &str = "0123456789abcdef";

fn router(signed_in: bool) -> Router {
    let options = LeptosOptions::builder().output_name("app").build();
    let routes = generate_route_list(App);
    let context = || provide_context(SiteFiles::default());
    let make_shell = {
        let options = options.clone();
        move || shell(options.clone())
    };
    let pages = Router::new()
        .leptos_routes_with_context(&options, routes, context, make_shell)
        .fallback(leptos_axum::file_and_error_handler(shell))
        .with_state(options);
    if signed_in {
        pages.layer(axum::Extension(caller()))
    } else {
        pages
    }
}

fn caller() -> Caller {
    Caller {
        actor: Actor::Person(Box::new(SignedIn {
            id: PersonId(
                "00000000-0000-0000-0000-000000000001"
                    .parse()
                    .expect("an id"),
            ),
            iss: "https://identity.example".to_owned(),
            sub: "dana".to_owned(),
            name: "Dana Reyes".to_owned(),
            groups: [].into(),
            auth_time: None,
            session: String::new(),
            client: portal::Client::default(),
        })),
        csrf: TOKEN.to_owned(),
        language: None,
        theme: Theme::Dark,
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn location(&self) -> &str {
        self.headers[header::LOCATION].to_str().expect("text")
    }

    fn cookie(&self, name: &str) -> Option<String> {
        self.headers
            .get_all(header::SET_COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .find(|value| value.starts_with(name))
            .map(str::to_owned)
    }
}

async fn ask(router: Router, request: Request<Body>) -> Answer {
    let response = router.oneshot(request).await.expect("an answer");
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a body");
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).expect("text"),
    }
}

fn page(path: &str) -> http::request::Builder {
    Request::get(path).header(header::ACCEPT, "text/html,*/*")
}

fn form(path: &str) -> http::request::Builder {
    Request::post(path)
        .header(header::ACCEPT, "text/html,*/*")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
}

const REQUEST_FORM: &str = "project=nonsense&username=orders-api&months=3&\
    reason=Rotation+%3C%2Ftextarea%3E&csrf=";

#[tokio::test]
async fn a_page_leads_to_the_sign_in_and_back() {
    let request = page("/requests?scope=all")
        .body(Body::empty())
        .expect("a request");
    let answer = ask(router(false), request).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(
        answer.location(),
        "/auth/login?return_to=%2Frequests%3Fscope%3Dall"
    );
}

#[tokio::test]
async fn an_address_that_leads_nowhere_says_so_in_the_readers_language() {
    let request = page("/nowhere")
        .header(header::ACCEPT_LANGUAGE, "ko-KR,ko;q=0.9,en;q=0.8")
        .body(Body::empty())
        .expect("a request");
    let answer = ask(router(false), request).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(answer.body.contains("<html lang=\"ko\""), "{}", answer.body);
    assert!(answer.body.contains("여기에는 아무것도 없어요."));
    assert!(
        answer
            .body
            .contains("<title>여기에는 아무것도 없어요. · Certdesk</title>")
    );
}

#[tokio::test]
async fn the_nonce_stands_in_nonces_only() {
    let request = page("/nowhere").body(Body::empty()).expect("a request");
    let answer = ask(router(false), request).await;
    let nonce = answer
        .body
        .split("nonce=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    let nonce = nonce.expect("a nonce");
    let everywhere = answer.body.matches(nonce).count();
    let in_nonces = answer.body.matches(&format!("nonce=\"{nonce}\"")).count();
    assert_eq!(everywhere, in_nonces);
    assert!(
        !answer.body.contains(" style=\""),
        "the policy takes no style attributes"
    );
}

#[tokio::test]
async fn a_form_of_somebody_signed_out_keeps_what_was_typed() {
    let request = form("/api/requests/submit")
        .body(Body::from(format!("{REQUEST_FORM}{TOKEN}")))
        .expect("a request");
    let answer = ask(router(false), request).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(
        answer
            .location()
            .starts_with("/auth/login?return_to=%2Frequests%2Fnew")
    );
    assert!(answer.cookie("__Host-said=").is_some());
}

#[tokio::test]
async fn a_form_with_another_sessions_token_does_nothing() {
    let request = form("/api/requests/submit")
        .body(Body::from(format!("{REQUEST_FORM}fedcba9876543210")))
        .expect("a request");
    let answer = ask(router(true), request).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(
        answer.location(),
        "/requests/new?project=nonsense&username=orders-api"
    );
    let said = answer.cookie("__Host-said=").expect("the message");
    assert!(
        said.contains("HttpOnly") && said.contains("Secure"),
        "{said}"
    );
}

#[tokio::test]
async fn a_script_gets_a_status_and_a_code() {
    let request = Request::get("/api/audit/head")
        .header(header::ACCEPT, "application/json")
        .body(Body::empty())
        .expect("a request");
    let answer = ask(router(false), request).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.body, "\"SignInRequired\"");
}
