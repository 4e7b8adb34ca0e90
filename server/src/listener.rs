//! Accepting connections, with bounds that a framework leaves open.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, extract::ConnectInfo};
use hyper::{Request, body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use rustix::process::{Resource, getrlimit};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// How long the head of a request may take, the wait for it on an open connection included.
const HEAD_TIME: Duration = Duration::from_secs(30);
/// The longest head that is read; the layers refuse at 16 KiB with a page.
const HEAD_MAX: usize = 32 * 1024;
const HEADERS_MAX: usize = 64;
/// Connections open at once; more wait to be accepted. An idle one is closed after [`HEAD_TIME`].
const OPEN_MAX: usize = 4096;
/// How long open requests may take once the process is told to stop.
const DRAIN: Duration = Duration::from_secs(20);
/// After `accept` fails for want of file descriptors: trying at once would only turn in circles.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop`, then lets open requests finish.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    serve_at_once(open_max(), listener, router, stop).await;
}

/// At most a third of what the system lets the process open: there are two listeners, and the
/// database, Atlas and files need some too.
fn open_max() -> usize {
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(files / 3).map_or(OPEN_MAX, |third| third.clamp(1, OPEN_MAX))
}

async fn serve_at_once(
    most: usize,
    listener: TcpListener,
    router: Router,
    stop: CancellationToken,
) {
    let open = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(most));
    loop {
        let place = tokio::select! {
            Ok(place) = Arc::clone(&places).acquire_owned() => place,
            () = stop.cancelled() => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) => connection(stream, peer, router.clone(), &open, place),
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

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    open: &GracefulShutdown,
    place: OwnedSemaphorePermit,
) {
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
        drop(place);
    });
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    async fn ask(stream: &mut TcpStream) -> bool {
        let request = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
        stream.write_all(request).await.expect("a request sent");
        let mut answer = [0; 1024];
        let read = stream.read(&mut answer);
        let read = tokio::time::timeout(Duration::from_millis(300), read).await;
        read.is_ok_and(|read| read.expect("an open connection") > 0)
    }

    #[tokio::test]
    async fn a_connection_too_many_waits_for_a_place() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = Router::new().route("/", get(|| async { "here" }));
        let stop = CancellationToken::new();
        let serving = tokio::spawn(serve_at_once(1, listener, router, stop.clone()));

        let mut first = TcpStream::connect(address).await.expect("a connection");
        assert!(ask(&mut first).await);
        let mut second = TcpStream::connect(address).await.expect("a connection");
        assert!(!ask(&mut second).await, "the only place is taken");
        drop(first);
        let mut answer = [0; 1024];
        let read = second.read(&mut answer).await.expect("an open connection");
        assert!(answer[..read].starts_with(b"HTTP/1.1 200"));
        stop.cancel();
        serving.await.expect("a listener that ends");
    }
}
