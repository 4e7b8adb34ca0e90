//! Answers that are not what they should be.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::stream;

use super::Options;
use super::strike::CutShort;
use crate::connection::{Cut, Peer};
use crate::errors::ApiError;

/// What is wrong with the certificate in an answer whose form is right.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum WrongAnswer {
    /// It names somebody else.
    OtherName,
    /// There are two of them.
    TwoCertificates,
    /// The key beside it belongs to another.
    ForeignKey,
}

const PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Sorry</title></head>\n\
    <body><h1>We will be right back</h1></body></html>\n";

/// An answer with a status of choice, in the shape a server or a gateway in front of it gives.
pub(super) fn status(options: &Options) -> Response {
    let status = chosen(options, StatusCode::INTERNAL_SERVER_ERROR);
    let from_gateway = matches!(
        status,
        StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT
    );
    if from_gateway && options.error_code.is_none() {
        return (status, [(header::CONTENT_TYPE, "text/html")], PAGE).into_response();
    }
    let usual = match status {
        StatusCode::SERVICE_UNAVAILABLE => "SERVICE_UNAVAILABLE",
        StatusCode::TOO_MANY_REQUESTS => "RATE_LIMITED",
        StatusCode::FORBIDDEN => "ACCESS_FORBIDDEN",
        StatusCode::GONE => "VERSION_GONE",
        _ => "UNEXPECTED_ERROR",
    };
    let code = options
        .error_code
        .clone()
        .unwrap_or_else(|| usual.to_owned());
    let detail = options
        .detail
        .clone()
        .unwrap_or_else(|| "Unexpected error.".to_owned());
    ApiError::new(status, code, detail)
        .retry_after(options.retry_after)
        .into_response()
}

/// The headers of the answer without its body.
pub(super) fn empty(options: &Options, response: Response) -> Response {
    let mut response = response;
    response.headers_mut().remove(header::CONTENT_LENGTH);
    *response.body_mut() = Body::empty();
    with_status(options, response)
}

/// A web page.
pub(super) fn html(options: &Options) -> Response {
    (
        chosen(options, StatusCode::OK),
        [(header::CONTENT_TYPE, "text/html;charset=utf-8")],
        PAGE,
    )
        .into_response()
}

/// The answer with another status: 200 unless the fault says otherwise.
pub(super) fn with_status(options: &Options, mut response: Response) -> Response {
    *response.status_mut() = chosen(options, StatusCode::OK);
    response
}

/// A part of the answer's text.
pub(super) async fn part(options: &Options, response: Response, cut: fn(&str) -> &str) -> Response {
    let (response, bytes) = take(response).await;
    let text = String::from_utf8_lossy(&bytes);
    let body = Body::from(cut(&text).to_owned());
    with_status(options, response.map(|_| body))
}

/// The whole answer, a byte at a time.
pub(super) async fn slow(options: &Options, response: Response) -> Response {
    let pause = Duration::from_secs(1) / options.bytes_per_second.unwrap_or(1).max(1);
    let (mut response, bytes) = take(response).await;
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, length(&bytes));
    let drops = stream::unfold(bytes, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(pause).await;
        let first = rest.split_to(1);
        Some((Ok::<_, std::io::Error>(first), rest))
    });
    response.map(|_| Body::from_stream(drops))
}

/// The answer with a very long tail.
pub(super) async fn huge(options: &Options, response: Response) -> Response {
    let size = options.size_bytes.unwrap_or(10 << 20);
    let (response, bytes) = take(response).await;
    let mut body = bytes.to_vec();
    body.resize(body.len().max(size), b'\n');
    response.map(|_| Body::from(body))
}

/// The first half of the answer, then a reset.
pub(super) async fn half_then_reset(response: Response, peer: Peer) -> Response {
    let (mut response, bytes) = take(response).await;
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, length(&bytes));
    let half = bytes.slice(..bytes.len() / 2);
    let pieces = stream::unfold((Some(half), peer), |(half, peer)| async move {
        if half.is_some() {
            return Some((half.map(Ok), (None, peer)));
        }
        // A reset throws away what the socket still holds, so the half gets time to leave.
        tokio::time::sleep(Duration::from_millis(100)).await;
        peer.cut(Cut::Reset);
        Some((
            Some(Err(std::io::Error::from(
                std::io::ErrorKind::ConnectionReset,
            ))),
            (None, peer),
        ))
    });
    let pieces = futures::StreamExt::filter_map(pieces, std::future::ready);
    response.extensions_mut().insert(CutShort);
    response.map(|_| Body::from_stream(pieces))
}

fn chosen(options: &Options, usual: StatusCode) -> StatusCode {
    options
        .status
        .and_then(|code| StatusCode::from_u16(code).ok())
        .unwrap_or(usual)
}

async fn take(response: Response) -> (Response, Bytes) {
    let (mut parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    parts.headers.remove(header::CONTENT_LENGTH);
    (Response::from_parts(parts, Body::empty()), bytes)
}

fn length(bytes: &Bytes) -> HeaderValue {
    HeaderValue::from(bytes.len())
}
