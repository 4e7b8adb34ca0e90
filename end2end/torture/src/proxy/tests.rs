use std::{io, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::{Instant, timeout},
};

use super::*;

const PATIENCE: Duration = Duration::from_secs(10);

/// Answers every byte with itself.
async fn echo() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .expect("a port");
    let address = listener.local_addr().expect("is bound");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                let _ = tokio::io::copy(&mut from, &mut to).await;
            });
        }
    });
    address
}

async fn proxy() -> Proxy {
    Proxy::start(echo().await).await.expect("a proxy")
}

async fn connected(proxy: &Proxy) -> TcpStream {
    TcpStream::connect(proxy.address)
        .await
        .expect("somebody listens")
}

async fn exchange(stream: &mut TcpStream, text: &[u8]) -> io::Result<Vec<u8>> {
    stream.write_all(text).await?;
    let mut answer = vec![0; text.len()];
    timeout(PATIENCE, stream.read_exact(&mut answer))
        .await
        .expect("an answer or an error in time")?;
    Ok(answer)
}

#[tokio::test]
async fn a_line_that_works_carries_everything() {
    let proxy = proxy().await;
    let mut stream = connected(&proxy).await;
    let text = vec![b'x'; 100_000];
    let (mut from, mut to) = stream.split();
    let mut answer = vec![0; text.len()];
    let (sent, read) = tokio::join!(to.write_all(&text), from.read_exact(&mut answer));
    sent.expect("sent");
    read.expect("read");
    assert_eq!(answer, text);
}

#[tokio::test]
async fn a_delay_is_waited_for() {
    let proxy = proxy().await;
    let mut stream = connected(&proxy).await;
    let delay = Duration::from_millis(60);
    proxy.set(Trouble {
        delay,
        ..Trouble::default()
    });
    let began = Instant::now();
    assert_eq!(
        exchange(&mut stream, b"there and back")
            .await
            .expect("an answer"),
        b"there and back"
    );
    assert!(began.elapsed() >= 2 * delay);
}

#[tokio::test]
async fn a_throttle_lets_so_many_bytes_through() {
    let proxy = proxy().await;
    let mut stream = connected(&proxy).await;
    proxy.set(Trouble {
        throttle: Some(1000),
        ..Trouble::default()
    });
    let began = Instant::now();
    exchange(&mut stream, &[b'x'; 150])
        .await
        .expect("an answer");
    assert!(began.elapsed() >= Duration::from_millis(100));
}

#[tokio::test]
async fn a_connection_is_reset_after_so_many_bytes_up() {
    let proxy = proxy().await;
    proxy.set(Trouble {
        reset_after_up: Some(4),
        ..Trouble::default()
    });
    let mut stream = connected(&proxy).await;
    let error = exchange(&mut stream, b"12345678")
        .await
        .expect_err("a reset");
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_connection_is_reset_after_so_many_bytes_down() {
    let proxy = proxy().await;
    proxy.set(Trouble {
        reset_after_down: Some(8),
        ..Trouble::default()
    });
    let mut stream = connected(&proxy).await;
    exchange(&mut stream, b"1234").await.expect("four of eight");
    exchange(&mut stream, b"1234 and more")
        .await
        .expect_err("a reset");
}

#[tokio::test]
async fn what_a_blackhole_holds_back_arrives_when_it_ends() {
    let proxy = proxy().await;
    let mut stream = connected(&proxy).await;
    proxy.set(Trouble {
        blackhole: true,
        ..Trouble::default()
    });
    stream.write_all(b"patience").await.expect("sent");
    let mut answer = [0; 8];
    let early = timeout(Duration::from_millis(50), stream.read(&mut answer)).await;
    assert!(early.is_err(), "nothing gets through");
    proxy.heal();
    timeout(PATIENCE, stream.read_exact(&mut answer))
        .await
        .expect("in time")
        .expect("all of it");
    assert_eq!(&answer, b"patience");
}

#[tokio::test]
async fn who_is_refused_is_refused_and_who_stands_goes_on() {
    let proxy = proxy().await;
    let mut stream = connected(&proxy).await;
    exchange(&mut stream, b"before").await.expect("an answer");
    proxy.set(Trouble {
        refuse: true,
        ..Trouble::default()
    });
    // The listener closes as soon as the proxy's task hears of it.
    let refused = async {
        while TcpStream::connect(proxy.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, refused)
        .await
        .expect("refused in the end");
    exchange(&mut stream, b"still").await.expect("an answer");
    proxy.heal();
    let accepted = async {
        while TcpStream::connect(proxy.address).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, accepted)
        .await
        .expect("accepted in the end");
}

#[tokio::test]
async fn a_cut_resets_what_stands_and_nothing_else() {
    let proxy = proxy().await;
    let mut stream = connected(&proxy).await;
    exchange(&mut stream, b"before").await.expect("an answer");
    proxy.cut();
    let mut answer = [0; 1];
    let read = timeout(PATIENCE, stream.read(&mut answer))
        .await
        .expect("in time");
    assert_eq!(
        read.expect_err("a reset").kind(),
        io::ErrorKind::ConnectionReset
    );
    let mut next = connected(&proxy).await;
    exchange(&mut next, b"after").await.expect("an answer");
}
