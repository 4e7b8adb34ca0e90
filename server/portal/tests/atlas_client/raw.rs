//! A server that speaks HTTP only as far as it is told to.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::support::{CANARY, TOKEN_PATH};

/// What becomes of a connection once its request is there.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// It is reset (RST).
    Reset,
    /// It is closed (FIN) without a word.
    Close,
    /// These bytes, then it is closed.
    Answer(Vec<u8>),
    /// These bytes, and it is kept for the next request.
    AnswerAndKeep(Vec<u8>),
    /// These bytes, then it is reset.
    AnswerAndReset(Vec<u8>),
    /// Nothing, for ever.
    Hang,
    /// These bytes, then nothing, for ever.
    AnswerAndHang(Vec<u8>),
    /// These bytes one by one, for ever.
    Trickle(Vec<u8>),
}

pub(crate) struct RawServer {
    pub(crate) url: String,
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl RawServer {
    /// Gives out tokens and nonces, lets everybody prepare, and does this to every other request.
    pub(crate) async fn start(act: Act) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let url = format!("http://{}", listener.local_addr().expect("is bound"));
        let connections = Arc::<AtomicUsize>::default();
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let (count, seen) = (Arc::clone(&connections), Arc::clone(&requests));
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("accepts");
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, act.clone(), Arc::clone(&seen)));
            }
        });
        Self {
            url,
            connections,
            requests,
            task,
        }
    }

    /// Heads and bodies of the requests that were more than proof of who asks.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("nobody panics here").clone()
    }

    /// How many connections were made, those for tokens included.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Stops listening.
    pub(crate) async fn stop(&mut self) {
        self.task.abort();
        let stopped = (&mut self.task).await;
        assert!(stopped.is_err_and(|error| error.is_cancelled()));
    }
}

impl Drop for RawServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, act: Act, seen: Arc<Mutex<Vec<String>>>) {
    loop {
        let Some(request) = read_request(&mut stream).await else {
            return;
        };
        let answer = if request.contains(TOKEN_PATH) {
            let body =
                format!(r#"{{"access_token":"{CANARY}","expires_in":3600,"token_type":"Bearer"}}"#);
            ok("application/json", &body)
        } else if !request.contains("\r\nauthorization: ") {
            let challenge = "www-authenticate: Digest realm=\"x\", nonce=\"n\", algorithm=MD5, qop=\"auth\"\r\n";
            answer("401 Unauthorized", challenge, "")
        } else if request.contains("/groups?itemsPerPage=1 ") {
            ok("application/json", "{}")
        } else {
            seen.lock().expect("nobody panics here").push(request);
            let Act::AnswerAndKeep(bytes) = &act else {
                break;
            };
            bytes.clone()
        };
        stream.write_all(&answer).await.expect("the client listens");
    }
    match act {
        Act::Reset => stream.set_zero_linger().expect("can be set"),
        Act::Close => stream.shutdown().await.unwrap_or_default(),
        Act::Answer(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
        Act::AnswerAndReset(bytes) => {
            let _ = stream.write_all(&bytes).await;
            // The client has to see the bytes before the reset throws them away.
            tokio::time::sleep(Duration::from_millis(20)).await;
            stream.set_zero_linger().expect("can be set");
        }
        Act::AnswerAndKeep(_) => unreachable!("is kept above"),
        Act::Hang => std::future::pending().await,
        Act::AnswerAndHang(bytes) => {
            let _ = stream.write_all(&bytes).await;
            std::future::pending::<()>().await;
        }
        Act::Trickle(bytes) => {
            for byte in bytes.into_iter().chain(std::iter::repeat(b'A')) {
                tokio::time::sleep(Duration::from_millis(1)).await;
                if stream.write_all(&[byte]).await.is_err() {
                    return;
                }
            }
        }
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |length| length.parse().expect("is a length"));
            if body.len() >= length {
                return Some(text.into_owned());
            }
        }
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}

/// A whole answer.
pub(crate) fn ok(content_type: &str, body: &str) -> Vec<u8> {
    answer("200 OK", &format!("content-type: {content_type}\r\n"), body)
}

/// A whole answer with these headers.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n{body}").into_bytes()
}
