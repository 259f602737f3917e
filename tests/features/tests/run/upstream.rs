//! A listener in the place of the API: it keeps the bytes of each request and gives the answer that it was told.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The listener; it ends with this.
pub(crate) struct Upstream {
    address: std::net::SocketAddr,
    state: Arc<Mutex<State>>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct State {
    answer: Vec<u8>,
    requests: Vec<Vec<u8>>,
}

impl Upstream {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let task = tokio::spawn(accept(listener, Arc::clone(&state)));
        Self { address, state, task }
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What the next request is answered with.
    pub(crate) fn answer_with(&self, status: u16, headers: &[(&str, &str)], body: &[u8]) {
        let mut answer = format!("HTTP/1.1 {status} Told\r\nConnection: close\r\n");
        for (name, value) in headers {
            answer.push_str(&format!("{name}: {value}\r\n"));
        }
        if status != 204 {
            answer.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        answer.push_str("\r\n");
        self.state.lock().unwrap().answer = [answer.as_bytes(), body].concat();
    }

    /// The requests since the last time.
    pub(crate) fn take(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.state.lock().unwrap().requests)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, state: Arc<Mutex<State>>) {
    while let Ok((stream, _)) = listener.accept().await {
        // One after the other: the cases are, too.
        let _ = converse(stream, &state).await;
    }
}

async fn converse(mut stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let request = read_request(&mut stream).await?;
    let answer = {
        let mut state = state.lock().unwrap();
        state.requests.push(request);
        state.answer.clone()
    };
    stream.write_all(&answer).await?;
    stream.shutdown().await
}

/// Reads head and body as announced; what was not announced does not belong to the request.
async fn read_request(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        if let Some(head) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
            let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length = length.map_or(0, |length| length.trim().parse::<usize>().unwrap());
            if bytes.len() >= head + 4 + length {
                return Ok(bytes);
            }
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
}
