//! Carrying bytes from one end to the other, as well or badly as it is told.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::watch,
};

use super::Trouble;

/// Bytes read at once.
const PIECE: usize = 16 * 1024;
/// How often a throttled line lets bytes through.
const TICKS_A_SECOND: u64 = 20;
const TICK: Duration = Duration::from_millis(1000 / TICKS_A_SECOND);

/// The connection is to be reset.
struct Reset;

#[derive(Clone, Copy)]
enum Direction {
    Up,
    Down,
}

impl Direction {
    /// How many bytes may pass in this direction.
    fn limit(self, trouble: &Trouble) -> Option<u64> {
        match self {
            Self::Up => trouble.reset_after_up,
            Self::Down => trouble.reset_after_down,
        }
    }
}

/// Carries bytes both ways until both ends have closed, the connection is to be reset, or it is cut.
pub(super) async fn carry(
    mut client: TcpStream,
    mut server: TcpStream,
    trouble: watch::Receiver<Trouble>,
    mut cut: watch::Receiver<u64>,
) {
    let reset = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let both = async {
            tokio::try_join!(
                pump(from_client, to_server, Direction::Up, trouble.clone()),
                pump(from_server, to_client, Direction::Down, trouble),
            )
        };
        tokio::select! {
            end = both => end.is_err(),
            _ = cut.changed() => true,
        }
    };
    if reset {
        // With no time to linger, closing sends RST and throws away what was not sent yet.
        let _ = client.set_zero_linger();
        let _ = server.set_zero_linger();
    }
}

async fn pump(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    direction: Direction,
    mut trouble: watch::Receiver<Trouble>,
) -> Result<(), Reset> {
    let mut buffer = vec![0; PIECE];
    let mut carried = 0;
    if direction.limit(&trouble.borrow()) == Some(0) {
        return Err(Reset);
    }
    loop {
        let length = from.read(&mut buffer).await.map_err(|_| Reset)?;
        if length == 0 {
            let _ = to.shutdown().await;
            return Ok(());
        }
        let mut rest = &buffer[..length];
        while !rest.is_empty() {
            let now = through(&mut trouble).await?;
            let mut piece = rest.len();
            if let Some(speed) = now.throttle {
                let in_a_tick = u64::from(speed) / TICKS_A_SECOND;
                piece = piece.min(usize::try_from(in_a_tick.max(1)).unwrap_or(PIECE));
                tokio::time::sleep(TICK).await;
            }
            tokio::time::sleep(now.delay).await;
            if let Some(limit) = direction.limit(&now) {
                let left = usize::try_from(limit.saturating_sub(carried)).unwrap_or(PIECE);
                piece = piece.min(left);
            }
            to.write_all(&rest[..piece]).await.map_err(|_| Reset)?;
            carried += piece as u64;
            rest = &rest[piece..];
            if direction.limit(&now).is_some_and(|limit| carried >= limit) {
                return Err(Reset);
            }
        }
    }
}

/// Waits until anything gets through, and answers how things stand then.
async fn through(trouble: &mut watch::Receiver<Trouble>) -> Result<Trouble, Reset> {
    match trouble.wait_for(|trouble| !trouble.blackhole).await {
        Ok(trouble) => Ok(*trouble),
        Err(_) => Err(Reset),
    }
}
