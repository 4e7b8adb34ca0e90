//! Serving: the router on a listener whose connections can be cut.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::connection::{Doorway, Peer};
use crate::settings::Settings;
use crate::state::StandIn;
use crate::{api, control};

/// How long requests in flight may take after the end was asked for. Some hang on purpose.
const GRACE: Duration = Duration::from_secs(2);

/// Everything the stand-in answers, as a router. Cutting connections needs [`serve`]; without it, a request that should
/// have been cut gets an empty 500.
pub fn router(stand_in: &Arc<StandIn>) -> Router {
    api::routes(stand_in)
        .merge(control::routes())
        .with_state(Arc::clone(stand_in))
}

/// Serves until `end` comes, then for at most two seconds more.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    stand_in: Arc<StandIn>,
    end: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let (ended, has_ended) = oneshot::channel();
    let service = router(&stand_in).into_make_service_with_connect_info::<Peer>();
    let serving =
        axum::serve(Doorway { listener, stand_in }, service).with_graceful_shutdown(async move {
            end.await;
            // Nobody listens any more only when serving is over.
            let _ = ended.send(());
        });
    tokio::select! {
        served = serving => served.context("the listener failed"),
        () = async {
            // Never done if the sender is gone without a word: then the other branch is.
            if has_ended.await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(GRACE).await;
        } => Ok(()),
    }
}

/// A stand-in that runs in this process, on a port of its own, until it is dropped or stopped.
pub struct Running {
    stand_in: Arc<StandIn>,
    address: SocketAddr,
    end: Option<oneshot::Sender<()>>,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Running {
    /// Where it listens, for example `http://127.0.0.1:40123`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The stand-in itself: its clock, faults, journal and world without a detour over HTTP.
    pub fn stand_in(&self) -> &Arc<StandIn> {
        &self.stand_in
    }

    /// Ends it and waits until it has ended.
    ///
    /// # Errors
    /// When serving had failed.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        if let Some(end) = self.end.take() {
            // It may have ended by itself.
            let _ = end.send(());
        }
        (&mut self.task).await.context("the stand-in panicked")?
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts a stand-in in this process, on a free port of the loopback interface.
///
/// # Errors
/// When the settings are no good or there is no free port.
pub async fn start(settings: Settings) -> anyhow::Result<Running> {
    let stand_in = StandIn::new(settings)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .context("no free port")?;
    let address = listener.local_addr()?;
    let (end, ended) = oneshot::channel::<()>();
    let serving = serve(listener, Arc::clone(&stand_in), async {
        // Dropping the sender ends it as well.
        let _ = ended.await;
    });
    Ok(Running {
        stand_in,
        address,
        end: Some(end),
        task: tokio::spawn(serving),
    })
}
