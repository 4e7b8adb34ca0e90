//! A way to the database on which the answer to one commit gets lost.

use std::sync::{Arc, Mutex};

use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

/// What happens to a commit.
pub(super) enum Strike {
    /// The connection breaks before the database hears of it.
    Before,
    /// It breaks after the database has committed, before anybody is told.
    After,
    /// The same, and from then on the database cannot be reached.
    AfterAndAway,
    /// This, after the database has committed; then the answer arrives.
    Then(Box<dyn FnOnce() + Send>),
}

/// Passes everything on to Postgres, but for one commit.
#[derive(Clone)]
pub(super) struct LossyDatabase {
    pub(super) pool: PgPool,
    shared: Arc<Shared>,
}

struct Shared {
    target: (String, u16),
    /// The text by which the transaction is known, and what happens to its commit.
    armed: Mutex<Option<(&'static str, Strike)>>,
    struck: watch::Sender<bool>,
    away: watch::Sender<bool>,
    refused: watch::Sender<usize>,
}

impl LossyDatabase {
    /// A way to the database of `owner`, as the runtime role.
    pub(super) async fn before(owner: &PgPool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let options = (*owner.connect_options()).clone();
        let shared = Arc::new(Shared {
            target: (options.get_host().to_owned(), options.get_port()),
            armed: Mutex::new(None),
            struck: watch::Sender::new(false),
            away: watch::Sender::new(false),
            refused: watch::Sender::new(0),
        });
        tokio::spawn(accept(listener, Arc::clone(&shared)));
        let options = options
            .host("127.0.0.1")
            .port(port)
            .options([("role", "certdesk_app")]);
        let pool = PgPoolOptions::new()
            .max_connections(8)
            .acquire_timeout(std::time::Duration::from_secs(1))
            .connect_lazy_with(options);
        Self { pool, shared }
    }

    /// Strikes the next commit of a transaction that appends an entry of this type.
    pub(super) fn strike(&self, entry: &'static str, strike: Strike) {
        *self.shared.armed.lock().expect("no panic") = Some((entry, strike));
        self.shared.struck.send_replace(false);
    }

    pub(super) fn has_struck(&self) -> bool {
        *self.shared.struck.borrow()
    }

    /// Waits until it has struck.
    pub(super) async fn struck(&self) {
        let mut struck = self.shared.struck.subscribe();
        struck.wait_for(|struck| *struck).await.expect("it lives");
    }

    /// Waits until so many connections were refused.
    pub(super) async fn refused(&self, times: usize) {
        let mut refused = self.shared.refused.subscribe();
        refused
            .wait_for(|count| *count >= times)
            .await
            .expect("it lives");
    }

    /// From now on the database can be reached again.
    pub(super) fn mend(&self) {
        self.shared.away.send_replace(false);
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((near, _)) = listener.accept().await {
        if *shared.away.borrow() {
            shared.refused.send_modify(|count| *count += 1);
            continue;
        }
        let far = TcpStream::connect(shared.target.clone())
            .await
            .expect("a database");
        let (near_read, near_write) = near.into_split();
        let (far_read, far_write) = far.into_split();
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let mut away = shared.away.subscribe();
            tokio::select! {
                () = carry(&shared, (near_read, near_write), (far_read, far_write)) => {}
                _ = away.wait_for(|away| *away) => {}
            }
        });
    }
}

/// Carries bytes both ways until one side ends, or a strike ends it.
async fn carry(
    shared: &Shared,
    (mut near_read, mut near_write): (OwnedReadHalf, OwnedWriteHalf),
    (mut far_read, mut far_write): (OwnedReadHalf, OwnedWriteHalf),
) {
    let (mut up, mut down) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut marked = false;
    loop {
        tokio::select! {
            read = near_read.read(&mut up) => {
                let Ok(count @ 1..) = read else { return };
                let chunk = &up[..count];
                let watched = shared.armed.lock().expect("no panic").as_ref().map(|(text, _)| *text);
                marked |= watched.is_some_and(|text| contains(chunk, text.as_bytes()));
                if !(marked && contains(chunk, b"COMMIT")) {
                    if far_write.write_all(chunk).await.is_err() { return }
                    continue;
                }
                marked = false;
                let taken = shared.armed.lock().expect("no panic").take();
                let Some((_, blow)) = taken else { return };
                if let Strike::Before = blow {
                    shared.struck.send_replace(true);
                    return;
                }
                if far_write.write_all(chunk).await.is_err() { return }
                // What comes back says that it is committed.
                let Ok(count @ 1..) = far_read.read(&mut down).await else { return };
                match blow {
                    Strike::Before | Strike::After => {
                        shared.struck.send_replace(true);
                        return;
                    }
                    Strike::AfterAndAway => {
                        shared.away.send_replace(true);
                        shared.struck.send_replace(true);
                        return;
                    }
                    Strike::Then(what) => {
                        what();
                        shared.struck.send_replace(true);
                        if near_write.write_all(&down[..count]).await.is_err() { return }
                    }
                }
            }
            read = far_read.read(&mut down) => {
                let Ok(count @ 1..) = read else { return };
                if near_write.write_all(&down[..count]).await.is_err() { return }
            }
        }
    }
}

fn contains(chunk: &[u8], text: &[u8]) -> bool {
    chunk.windows(text.len()).any(|window| window == text)
}
