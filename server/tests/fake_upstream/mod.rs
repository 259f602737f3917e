//! A stand-in for the API that records the raw bytes of every request and answers, or breaks, as a script
//! says.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test program includes this file and uses its own part of it"
)]

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What the stand-in does with one request.
pub enum Act {
    /// Sends these bytes; the connection stays open.
    Send(Vec<u8>),
    /// Sends these bytes and closes.
    SendAndClose(Vec<u8>),
    /// Sends a chunked body without end, until the other side goes away.
    Endless,
    /// Waits for this, then sends the bytes.
    Hold(Arc<Notify>, Vec<u8>),
    /// Resets the connection after reading.
    Reset,
    /// Never answers; the connection stays open.
    Silence,
}

/// The stand-in; it lives as long as this.
pub struct FakeUpstream {
    address: SocketAddr,
    state: Arc<State>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct State {
    requests: Mutex<Vec<Vec<u8>>>,
    script: Mutex<VecDeque<Act>>,
    connections: Mutex<usize>,
    refuse_reading: Mutex<bool>,
    arrived: Notify,
    gone: Notify,
}

impl FakeUpstream {
    /// Starts it; requests beyond the script are answered with `{}`.
    pub async fn start(script: impl IntoIterator<Item = Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State { script: Mutex::new(script.into_iter().collect()), ..State::default() });
        let task = tokio::spawn(accept(listener, Arc::clone(&state)));
        Self { address, state, task }
    }

    /// Closes every connection without reading from it.
    pub async fn start_closing() -> Self {
        let fake = Self::start([]).await;
        *fake.state.refuse_reading.lock().unwrap() = true;
        fake
    }

    /// Its address with a path prefix.
    pub fn base_url(&self) -> String {
        format!("http://{}/api/v1", self.address)
    }

    /// Host and port.
    pub fn authority(&self) -> String {
        self.address.to_string()
    }

    /// Every request so far, as it came.
    pub fn requests(&self) -> Vec<String> {
        self.state
            .requests
            .lock()
            .unwrap()
            .iter()
            .map(|bytes| String::from_utf8(bytes.clone()).unwrap())
            .collect()
    }

    /// The request line's target of the only request.
    pub fn only_target(&self) -> String {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "exactly one request is expected: {requests:?}");
        requests[0].split(' ').nth(1).unwrap().to_owned()
    }

    /// How many connections were made.
    pub fn connections(&self) -> usize {
        *self.state.connections.lock().unwrap()
    }

    /// Waits until so many requests have been read, since the first.
    pub async fn arrivals(&self, count: usize) {
        while self.requests().len() < count {
            self.arrival().await;
        }
    }

    /// Waits until a request has been read. Of several that nobody waited for, all but one are forgotten.
    pub async fn arrival(&self) {
        self.state.arrived.notified().await;
    }

    /// Waits until the other side has gone away from a request that was held or ignored.
    pub async fn departure(&self) {
        self.state.gone.notified().await;
    }
}

impl Drop for FakeUpstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A complete answer with these header lines, each ended by CR LF.
pub fn answer(status: &str, headers: &str, body: &str) -> Act {
    let length = body.len();
    Act::Send(format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n{body}").into_bytes())
}

/// A complete JSON answer.
pub fn json(status: &str, body: &str) -> Act {
    answer(status, "Content-Type: application/json\r\n", body)
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { return };
        *state.connections.lock().unwrap() += 1;
        if *state.refuse_reading.lock().unwrap() {
            continue;
        }
        tokio::spawn(converse(stream, Arc::clone(&state)));
    }
}

async fn converse(mut stream: TcpStream, state: Arc<State>) {
    let mut buffer = Vec::new();
    while let Some(request) = read_request(&mut stream, &mut buffer).await {
        state.requests.lock().unwrap().push(request);
        state.arrived.notify_one();
        let act = state.script.lock().unwrap().pop_front();
        match act.unwrap_or_else(|| json("200 OK", "{}")) {
            Act::Send(bytes) => {
                if stream.write_all(&bytes).await.is_err() {
                    return;
                }
            }
            Act::SendAndClose(bytes) => {
                let _ = stream.write_all(&bytes).await;
                return;
            }
            Act::Reset => {
                stream.set_zero_linger().unwrap();
                return;
            }
            Act::Endless => {
                let _ = stream
                    .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
                    .await;
                let chunk = [b"400\r\n".to_vec(), vec![b'x'; 0x400], b"\r\n".to_vec()].concat();
                while stream.write_all(&chunk).await.is_ok() {}
                state.gone.notify_one();
                return;
            }
            Act::Hold(until, bytes) => {
                let mut byte = [0];
                tokio::select! {
                    () = until.notified() => {}
                    _ = stream.read(&mut byte) => {
                        state.gone.notify_one();
                        return;
                    }
                }
                if stream.write_all(&bytes).await.is_err() {
                    return;
                }
            }
            Act::Silence => {
                let mut byte = [0];
                let _ = stream.read(&mut byte).await;
                state.gone.notify_one();
                return;
            }
        }
    }
}

/// Reads one request, head and body as announced; `None` at the end of the connection.
async fn read_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    loop {
        if let Some(head) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
            let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length = length.map_or(0, |length| length.trim().parse::<usize>().unwrap());
            if buffer.len() >= head + 4 + length {
                return Some(buffer.drain(..head + 4 + length).collect());
            }
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}
