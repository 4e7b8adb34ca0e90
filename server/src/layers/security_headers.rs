//! What browsers are told to refuse.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use leptos::nonce::Nonce;

use crate::Web;

/// Headers that are the same on every answer.
const FIXED: &[(&str, &str)] = &[
    (
        "content-security-policy-report-only",
        "require-trusted-types-for 'script'; report-uri /csp-report",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    // Not `no-referrer`: browsers would then send `Origin: null` with forms, which is refused.
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), \
         microphone=(), payment=(), usb=(), browsing-topics=()",
    ),
    ("origin-agent-cluster", "?1"),
    ("cache-control", "no-store"),
    ("x-robots-tag", "noindex, nofollow"),
    ("reporting-endpoints", "csp=\"/csp-report\""),
];
/// Two years, as the preload list asks for.
const TRANSPORT_SECURITY: HeaderValue =
    HeaderValue::from_static("max-age=63072000; includeSubDomains");

/// Mints the page's nonce, and sets every header the answer does not bring along itself.
pub async fn layer(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    let nonce = STANDARD.encode(web.portal.random.bytes::<18>());
    request
        .extensions_mut()
        .insert(Nonce::from_value(nonce.clone()));
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        set(
            headers,
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    if let Ok(policy) = HeaderValue::from_str(&policy(&web, &nonce)) {
        set(headers, header::CONTENT_SECURITY_POLICY, policy);
    }
    if web.public.is_https() {
        set(
            headers,
            header::STRICT_TRANSPORT_SECURITY,
            TRANSPORT_SECURITY,
        );
    }
    response
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    headers.entry(name).or_insert(value);
}

/// The content security policy (CSP Level 3).
///
/// Scripts: the one inline script with this page's nonce, and what it imports from `/pkg/`, where
/// nothing a person wrote is ever served. No `strict-dynamic`: a `modulepreload` gets around it.
/// Forms: here, and on to the identity provider, for browsers hold a form's redirects against
/// `form-action` too.
fn policy(web: &Web, nonce: &str) -> String {
    let origin = web.public.origin();
    let mut form_action = String::from("'self'");
    for target in web.provider.form_targets() {
        form_action.push(' ');
        form_action.push_str(&target);
    }
    let upgrade = if web.public.is_https() {
        " upgrade-insecure-requests;"
    } else {
        ""
    };
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' {origin}/pkg/ 'wasm-unsafe-eval'; \
         style-src 'self' 'nonce-{nonce}'; img-src 'self'; font-src 'self'; connect-src 'self'; \
         manifest-src 'self'; form-action {form_action}; base-uri 'none'; frame-ancestors 'none'; \
         object-src 'none';{upgrade} report-uri /csp-report; report-to csp"
    )
}
