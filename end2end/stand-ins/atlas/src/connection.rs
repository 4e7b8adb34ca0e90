//! Connections that can be cut on purpose: closed in an orderly way, or reset, at any point of an exchange.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};

use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use crate::faults::strike_unread;
use crate::state::StandIn;

/// How a connection ends when it is cut.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum Cut {
    /// With a FIN: the client reads an end of file.
    Close = 1,
    /// With a RST: the client's read fails.
    Reset = 2,
}

/// The far end of a connection, with the means to cut it.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    address: SocketAddr,
    cut: Arc<AtomicU8>,
}

impl Peer {
    /// Cuts the connection: nothing more is written to it.
    pub(crate) fn cut(&self, how: Cut) {
        self.cut.store(how as u8, Ordering::SeqCst);
    }

    /// The address of the client.
    pub(crate) fn ip(&self) -> IpAddr {
        self.address.ip()
    }

    fn is(&self, how: Cut) -> bool {
        self.cut.load(Ordering::SeqCst) == how as u8
    }

    fn check(&self) -> io::Result<()> {
        if self.is(Cut::Close) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if self.is(Cut::Reset) {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl Connected<IncomingStream<'_, Doorway>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Doorway>) -> Self {
        stream.io().peer.clone()
    }
}

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        // A router driven without a socket, as in a unit test, has no peer; cutting does nothing then.
        let nobody = || Self {
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            cut: Arc::default(),
        };
        Ok(parts
            .extensions
            .get::<ConnectInfo<Self>>()
            .map_or_else(nobody, |info| info.0.clone()))
    }
}

/// A listener whose connections can be cut.
pub(crate) struct Doorway {
    pub(crate) listener: TcpListener,
    pub(crate) stand_in: Arc<StandIn>,
}

impl Listener for Doorway {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY was refused");
        }
        let peer = Peer {
            address,
            cut: Arc::default(),
        };
        (
            Line {
                stream,
                peer,
                stand_in: Arc::clone(&self.stand_in),
                opening: Opening::Incomplete(Vec::new()),
            },
            address,
        )
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// One connection.
pub(crate) struct Line {
    stream: TcpStream,
    peer: Peer,
    stand_in: Arc<StandIn>,
    opening: Opening,
}

/// The first line of the request that is being read. It comes in pieces: the server reads the first bytes of a
/// connection by themselves, to tell the versions of HTTP apart.
enum Opening {
    Incomplete(Vec<u8>),
    Passed,
}

impl Opening {
    /// Adds what was read, and gives the line when it is complete.
    fn read(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let Self::Incomplete(line) = self else {
            return None;
        };
        let end = bytes.iter().position(|&byte| byte == b'\n');
        line.extend(&bytes[..end.unwrap_or(bytes.len())]);
        end?;
        let line = std::mem::take(line);
        *self = Self::Passed;
        Some(line)
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.peer.check()?;
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        let line = self.opening.read(&buf.filled()[before..]);
        if let Some(how) = line.and_then(|line| strike_unread(&self.stand_in, &line)) {
            self.peer.cut(how);
            buf.set_filled(before);
            self.peer.check()?;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.peer.check()?;
        // An answer is under way, so what is read next is another request.
        self.opening = Opening::Incomplete(Vec::new());
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.peer.check()?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // An orderly shutdown would put a FIN before the reset.
        if self.peer.is(Cut::Reset) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // With no time to linger, closing the socket sends RST and throws away what was not sent yet.
        if self.peer.is(Cut::Reset)
            && let Err(error) = self.stream.set_zero_linger()
        {
            tracing::warn!(%error, "a connection could not be reset");
        }
    }
}
