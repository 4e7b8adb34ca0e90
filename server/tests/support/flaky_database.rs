//! A way to the database that can be cut.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// Passes everything on to Postgres until it is cut.
pub(crate) struct FlakyDatabase {
    pub(crate) pool: PgPool,
    is_cut: Arc<AtomicBool>,
    cuts: watch::Sender<()>,
}

impl FlakyDatabase {
    /// A way to the database of `owner`, as the runtime role.
    pub(crate) async fn before(owner: &PgPool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let options = (*owner.connect_options()).clone();
        let target = (options.get_host().to_owned(), options.get_port());
        let is_cut = Arc::new(AtomicBool::new(false));
        let (cuts, _) = watch::channel(());
        tokio::spawn(pass_on(listener, target, Arc::clone(&is_cut), cuts.clone()));
        let options = options
            .host("127.0.0.1")
            .port(port)
            .options([("role", "certdesk_app")]);
        let pool = PgPoolOptions::new()
            .max_connections(8)
            .acquire_timeout(std::time::Duration::from_secs(1))
            .connect_lazy_with(options);
        Self { pool, is_cut, cuts }
    }

    /// Ends every connection and takes no new ones.
    pub(crate) fn cut(&self) {
        self.is_cut.store(true, Ordering::SeqCst);
        let _ = self.cuts.send(());
    }

    /// As if nothing had been.
    pub(crate) fn mend(&self) {
        self.is_cut.store(false, Ordering::SeqCst);
    }
}

async fn pass_on(
    listener: TcpListener,
    target: (String, u16),
    is_cut: Arc<AtomicBool>,
    cuts: watch::Sender<()>,
) {
    while let Ok((mut near, _)) = listener.accept().await {
        if is_cut.load(Ordering::SeqCst) {
            continue;
        }
        let (target, mut cut) = (target.clone(), cuts.subscribe());
        tokio::spawn(async move {
            let mut far = TcpStream::connect(target).await.expect("a database");
            tokio::select! {
                _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                _ = cut.changed() => {}
            }
        });
    }
}
