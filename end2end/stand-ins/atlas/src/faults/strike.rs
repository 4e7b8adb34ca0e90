//! How faults strike.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::target::Target;
use super::{Fault, FaultKind, WrongAnswer, answers};
use crate::auth::{Bearer, challenge};
use crate::connection::{Cut, Peer};
use crate::errors::ApiError;
use crate::journal::{Entry, Exchange};
use crate::state::StandIn;

/// What a fault changes inside the processing of a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Twist {
    /// How long lists do not show a certificate made now.
    pub(crate) list_lag: Duration,
    /// Whether the pages of a list disagree.
    pub(crate) unstable_paging: bool,
    /// What is wrong with the certificate in the answer.
    pub(crate) wrong_answer: Option<WrongAnswer>,
}

/// Marks a response that nobody gets, because the connection is cut.
#[derive(Clone)]
pub(crate) struct CutShort;

/// The fault for the request that begins with this line, if there is one that strikes before it is read further.
pub(crate) fn strike_unread(stand_in: &StandIn, line: &[u8]) -> Option<Cut> {
    let mut words = std::str::from_utf8(line).ok()?.trim_end().split(' ');
    let (method, uri, version) = (words.next()?, words.next()?, words.next()?);
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    if !version.starts_with("HTTP/") || path.starts_with("/_control") {
        return None;
    }
    let fault = stand_in.faults.take(&Target::new(method, path), true)?;
    let entry = Entry {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        ..Entry::default()
    };
    stand_in.journal.record_cut(entry, &fault.kind.name());
    Some(if fault.kind == FaultKind::AcceptClose {
        Cut::Close
    } else {
        Cut::Reset
    })
}

/// The middleware in which faults strike. It comes after the credentials are checked, so that the first, challenged
/// leg of a digest exchange does not use up the fault meant for the second.
pub(crate) async fn strike(
    State(stand_in): State<Arc<StandIn>>,
    peer: Peer,
    bearer: Bearer,
    request: Request,
    next: Next,
) -> Response {
    tokio::time::sleep(stand_in.delay()).await;
    let target = Target::new(request.method().as_str(), request.uri().path());
    let Some(fault) = stand_in.faults.take(&target, false) else {
        return run(next, request, Twist::default()).await;
    };
    if let Some(exchange) = request.extensions().get::<Exchange>() {
        exchange.note_fault(&fault.kind.name());
    }
    sleep(fault.options.delay_ms.unwrap_or(0)).await;
    if is_processed(&fault) {
        after(&fault, &peer, request, next).await
    } else {
        before(&stand_in, fault, &peer, &bearer, request, next).await
    }
}

fn is_processed(fault: &Fault) -> bool {
    match fault.kind {
        FaultKind::AcceptClose
        | FaultKind::ResetMid
        | FaultKind::ResetBefore
        | FaultKind::HangBefore
        | FaultKind::RateLimited
        | FaultKind::ExpiredToken
        | FaultKind::Redirect
        | FaultKind::LateCommit => false,
        FaultKind::Status => fault.options.processed.unwrap_or(false),
        FaultKind::Empty | FaultKind::Html => fault.options.processed.unwrap_or(true),
        _ => true,
    }
}

/// Faults that keep the request from being processed, at least for now.
async fn before(
    stand_in: &Arc<StandIn>,
    fault: Fault,
    peer: &Peer,
    bearer: &Bearer,
    request: Request,
    next: Next,
) -> Response {
    let options = &fault.options;
    match fault.kind {
        FaultKind::HangBefore => hang(&fault, peer).await,
        FaultKind::Status => answers::status(options),
        FaultKind::Empty => answers::empty(options, StatusCode::OK.into_response()),
        FaultKind::Html => answers::html(options),
        FaultKind::RateLimited => {
            let set = "api/atlas/v2/groups/databaseUsers/certs";
            ApiError::rate_limited(set, options.retry_after.unwrap_or(2), 1200, 500).into_response()
        }
        FaultKind::ExpiredToken => {
            if let Some(token) = &bearer.0 {
                stand_in.tokens.forget(token);
            }
            challenge(stand_in, false)
        }
        FaultKind::Redirect => {
            let same = request
                .uri()
                .path_and_query()
                .map_or("/", |target| target.as_str());
            let location = options.location.as_deref().unwrap_or(same);
            let location = HeaderValue::from_str(location).unwrap_or(HeaderValue::from_static("/"));
            (
                StatusCode::TEMPORARY_REDIRECT,
                [(header::LOCATION, location)],
            )
                .into_response()
        }
        FaultKind::LateCommit => {
            let after = options.after_ms.unwrap_or(20_000);
            let twist = twist(&fault);
            tokio::spawn(async move {
                sleep(after).await;
                run(next, request, twist).await
            });
            sleep(fault.options.hang_ms.unwrap_or(0)).await;
            cut(peer, Cut::Reset)
        }
        _ => cut(peer, Cut::Reset),
    }
}

/// Faults that spoil the answer to a request that was processed.
async fn after(fault: &Fault, peer: &Peer, request: Request, next: Next) -> Response {
    let options = &fault.options;
    let response = run(next, request, twist(fault)).await;
    match fault.kind {
        FaultKind::ResetAfter => cut(peer, Cut::Reset),
        FaultKind::LostAnswer => cut(peer, Cut::Close),
        FaultKind::HangAfter => hang(fault, peer).await,
        FaultKind::ResetMidAnswer => answers::half_then_reset(response, peer.clone()).await,
        FaultKind::Status => answers::status(options),
        FaultKind::Empty => answers::empty(options, response),
        FaultKind::Html => answers::html(options),
        FaultKind::TruncatedPem => {
            answers::part(options, response, |text| &text[..text.len() / 2]).await
        }
        FaultKind::KeyOnly => {
            answers::part(options, response, |text| {
                text.find(KEY).map_or("", |at| &text[at..])
            })
            .await
        }
        FaultKind::CertificateOnly => {
            answers::part(options, response, |text| {
                text.find(KEY).map_or(text, |at| &text[..at])
            })
            .await
        }
        FaultKind::WrongCn | FaultKind::TwoCertificates | FaultKind::ForeignKey => {
            answers::with_status(options, response)
        }
        FaultKind::Slow => answers::slow(options, response).await,
        FaultKind::HugeBody => answers::huge(options, response).await,
        _ => response,
    }
}

const KEY: &str = "-----BEGIN PRIVATE KEY-----";

fn twist(fault: &Fault) -> Twist {
    let lag = match fault.kind {
        FaultKind::ListLag => fault.options.list_lag_ms.unwrap_or(30_000),
        _ => fault.options.list_lag_ms.unwrap_or(0),
    };
    Twist {
        list_lag: Duration::from_millis(lag),
        unstable_paging: fault.kind == FaultKind::UnstablePaging,
        wrong_answer: match fault.kind {
            FaultKind::WrongCn => Some(WrongAnswer::OtherName),
            FaultKind::TwoCertificates => Some(WrongAnswer::TwoCertificates),
            FaultKind::ForeignKey => Some(WrongAnswer::ForeignKey),
            _ => None,
        },
    }
}

/// Processes the request in a task of its own: what Atlas has begun it finishes, also when the client leaves.
async fn run(next: Next, mut request: Request, twist: Twist) -> Response {
    request.extensions_mut().insert(twist);
    match tokio::spawn(next.run(request)).await {
        Ok(response) => response,
        Err(error) => ApiError::from(anyhow::Error::from(error)).into_response(),
    }
}

async fn hang(fault: &Fault, peer: &Peer) -> Response {
    sleep(fault.options.hang_ms.unwrap_or(600_000)).await;
    cut(peer, Cut::Close)
}

fn cut(peer: &Peer, how: Cut) -> Response {
    peer.cut(how);
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.extensions_mut().insert(CutShort);
    response
}

async fn sleep(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}
