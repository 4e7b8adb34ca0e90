//! A TCP proxy that makes trouble on demand: what lies between the portal and Atlas, and between the
//! portal and Postgres.

mod carry;

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use anyhow::{Context as _, Result};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

use self::carry::carry;

/// How things stand between the two ends. The default is a line that works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// Nobody listens: new connections are refused. Those that stand go on.
    pub(crate) refuse: bool,
    /// Every piece is late by this much, in both directions.
    pub(crate) delay: Duration,
    /// Nothing gets through, and nobody is told. What was sent meanwhile arrives when this ends.
    pub(crate) blackhole: bool,
    /// Bytes a second, in each direction.
    pub(crate) throttle: Option<u32>,
    /// Reset once so many bytes of a connection went towards the server.
    pub(crate) reset_after_up: Option<u64>,
    /// Reset once so many bytes of a connection came from the server.
    pub(crate) reset_after_down: Option<u64>,
}

/// A proxy. Ends, with all its connections, when dropped.
pub(crate) struct Proxy {
    address: SocketAddr,
    trouble: watch::Sender<Trouble>,
    /// Counts the cuts: a connection ends when it changes.
    cuts: watch::Sender<u64>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Starts one in front of `target`, on a free port of this machine.
    pub(crate) async fn start(target: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .context("no free port for a proxy")?;
        let address = listener.local_addr()?;
        let (trouble, weather) = watch::channel(Trouble::default());
        let (cuts, cut) = watch::channel(0);
        let task = tokio::spawn(listen(listener, target, weather, cut));
        Ok(Self {
            address,
            trouble,
            cuts,
            task,
        })
    }

    /// The port it listens on.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// From now on this is how things stand, for connections that stand and for new ones.
    pub(crate) fn set(&self, trouble: Trouble) {
        self.trouble.send_replace(trouble);
    }

    /// From now on everything works.
    pub(crate) fn heal(&self) {
        self.set(Trouble::default());
    }

    /// Resets every connection that stands.
    pub(crate) fn cut(&self) {
        self.cuts.send_modify(|count| *count += 1);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
        self.cut();
    }
}

/// Accepts, and stops listening while connections are to be refused.
async fn listen(
    listener: TcpListener,
    target: SocketAddr,
    mut trouble: watch::Receiver<Trouble>,
    cut: watch::Receiver<u64>,
) {
    let Ok(address) = listener.local_addr() else {
        return;
    };
    let mut listener = Some(listener);
    loop {
        if trouble.borrow_and_update().refuse {
            listener = None;
        } else if listener.is_none() {
            listener = TcpListener::bind(address).await.ok();
        }
        let accepted = async {
            match &listener {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = trouble.changed() => if changed.is_err() {
                return;
            },
            Ok((client, _)) = accepted => {
                tokio::spawn(connect(client, target, trouble.clone(), cut.clone()));
            }
        }
    }
}

async fn connect(
    client: TcpStream,
    target: SocketAddr,
    trouble: watch::Receiver<Trouble>,
    mut cut: watch::Receiver<u64>,
) {
    // Only cuts from now on are meant for this connection.
    cut.mark_unchanged();
    let Ok(server) = TcpStream::connect(target).await else {
        // Whoever asked sees what it would see without us.
        let _ = client.set_zero_linger();
        return;
    };
    for end in [&client, &server] {
        let _ = end.set_nodelay(true);
    }
    carry(client, server, trouble, cut).await;
}

#[cfg(test)]
mod tests;
