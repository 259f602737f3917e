//! The API that the program asks: it answers everything with the one answer that it was told last.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use serde_json::Value;

use crate::Result;

/// The API; it goes on to the end of the process.
pub struct Api {
    /// Where it is.
    pub address: SocketAddr,
    answer: Arc<Mutex<Arc<[u8]>>>,
}

impl Api {
    /// Starts it on a free port of loopback.
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let api = Self { address: listener.local_addr()?, answer: Arc::new(Mutex::new(whole(&Value::Null))) };
        let answer = Arc::clone(&api.answer);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let answer = Arc::clone(&answer);
                // Whoever leaves in the middle of a request is no matter here.
                thread::spawn(move || serve(stream, &answer).ok());
            }
        });
        Ok(api)
    }

    /// Answers this from now on.
    pub fn answers(&self, answer: &Value) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = whole(answer);
    }
}

/// The answer with its head: written at once, so that nobody waits for the rest of it.
fn whole(answer: &Value) -> Arc<[u8]> {
    let body = answer.to_string();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body.as_bytes()].concat().into()
}

/// Answers one request after another.
fn serve(stream: TcpStream, answer: &Mutex<Arc<[u8]>>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut requests = BufReader::new(stream);
    loop {
        let (mut line, mut length) = (String::new(), 0);
        while line != "\r\n" {
            line.clear();
            if requests.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
        }
        io::copy(&mut requests.by_ref().take(length), &mut io::sink())?;
        let answer = Arc::clone(&answer.lock().unwrap_or_else(PoisonError::into_inner));
        requests.get_mut().write_all(&answer)?;
    }
}
