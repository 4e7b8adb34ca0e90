//! Accepting connections, with bounds that a framework leaves open.

use std::{convert::Infallible, net::SocketAddr, time::Duration};

use axum::{Router, extract::ConnectInfo};
use hyper::{Request, body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// How long the head of a request may take, the wait for it on an open connection included.
const HEAD_TIME: Duration = Duration::from_secs(30);
/// The longest head that is read; the layers refuse at 16 KiB with a page.
const HEAD_MAX: usize = 32 * 1024;
const HEADERS_MAX: usize = 64;
/// How long open requests may take once the process is told to stop.
const DRAIN: Duration = Duration::from_secs(20);
/// After `accept` fails for want of file descriptors: trying at once would only turn in circles.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop`, then lets open requests finish.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let open = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) => connection(stream, peer, router.clone(), &open),
            Err(error) => {
                tracing::warn!("A connection could not be accepted: {error}");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(DRAIN, open.shutdown()).await.is_err() {
        tracing::warn!("Some requests did not end in time");
    }
}

fn connection(stream: TcpStream, peer: SocketAddr, router: Router, open: &GracefulShutdown) {
    // An answer is written whole; waiting for more to send would only delay it.
    let _ = stream.set_nodelay(true);
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let answer = router.clone().oneshot(request.map(axum::body::Body::new));
        async move { Ok::<_, Infallible>(answer.await.unwrap_or_else(|never| match never {})) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let watched = open.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = watched.await {
            tracing::debug!("A connection ended early: {error}");
        }
    });
}
