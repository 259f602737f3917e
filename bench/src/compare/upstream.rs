//! The API behind every subject: one list of assignments, which says for whom it was asked. It runs on a thread of its own, so that
//! it is the same for all, and does as little as can be, so that it takes little from whoever is measured.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;

use crate::ports;

/// What stands before and after the instance in a path.
const BEFORE: &[u8] = b"GET /ispw/";
const AFTER: &[u8] = b"/assignments";

/// Longer requests are none of ours.
const LONGEST: usize = 64 * 1024;

/// The API.
#[derive(Debug)]
pub struct Api {
    /// Where it is.
    pub address: SocketAddr,
    answered: Arc<AtomicU64>,
}

impl Api {
    /// Starts it; it runs as long as this process.
    pub async fn start() -> io::Result<Self> {
        let listener = ports::listener().await?.into_std()?;
        let (address, answered) = (listener.local_addr()?, Arc::new(AtomicU64::new(0)));
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let counted = Arc::clone(&answered);
        let serving = async move { serve(TcpListener::from_std(listener)?, counted).await };
        thread::Builder::new().name("upstream".to_owned()).spawn(move || runtime.block_on(serving))?;
        Ok(Self { address, answered })
    }

    /// Its address, as settings have it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many lists it gave.
    pub fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }
}

/// What the API answers about this instance.
pub fn assignments(instance: &str) -> Value {
    let levels = ["DEV", "INT", "ACC", "PRD"];
    let one = |number: usize| {
        json!({
            "assignmentId": format!("PAY1{number:06}"),
            "description": description(instance),
            "owner": format!("USER{number:03}"),
            "stream": "FTSDEMO",
            "application": "PAY1",
            "level": levels[number % levels.len()],
            "status": "ACTIVE",
            "createdDate": format!("2025-01-{:02}T08:30:00Z", number + 1),
            "modifiedDate": format!("2025-02-{:02}T16:45:00Z", number + 1),
        })
    };
    json!({ "assignments": (0..10).map(one).collect::<Vec<_>>(), "totalCount": 10 })
}

/// The words that the API alone says of an instance: whoever repeats the arguments does not know them.
pub fn description(instance: &str) -> String {
    format!("Payroll work of {instance}.")
}

async fn serve(listener: TcpListener, answered: Arc<AtomicU64>) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        let answered = Arc::clone(&answered);
        // A client that goes away is nobody's fault.
        tokio::spawn(async move {
            let _ = converse(stream, &answered).await;
        });
    }
}

async fn converse(mut stream: TcpStream, answered: &AtomicU64) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let template = Template::new();
    let (mut received, mut answer) = (Vec::with_capacity(4096), Vec::with_capacity(8192));
    loop {
        while let Some(end) = memchr::memmem::find(&received, b"\r\n\r\n") {
            answer.clear();
            match instance(&received[..end]) {
                Some(instance) => {
                    template.fill(instance, &mut answer);
                    answered.fetch_add(1, Ordering::Relaxed);
                }
                None => answer.extend_from_slice(NOT_FOUND),
            }
            stream.write_all(&answer).await?;
            received.drain(..end + 4);
        }
        if received.len() > LONGEST {
            return Err(ErrorKind::InvalidData.into());
        }
        if stream.read_buf(&mut received).await? == 0 {
            return Ok(());
        }
    }
}

const NOT_FOUND: &[u8] =
    b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

/// The instance that a request asks about.
fn instance(head: &[u8]) -> Option<&[u8]> {
    let rest = head.strip_prefix(BEFORE)?;
    let end = memchr::memchr(b'/', rest)?;
    let follows = rest[end..].strip_prefix(AFTER)?.first()?;
    matches!(follows, b' ' | b'?').then_some(&rest[..end])
}

/// The answer, cut where the instance stands.
struct Template(Vec<Vec<u8>>);

impl Template {
    fn new() -> Self {
        let body = assignments("\u{1}").to_string();
        // JSON writes the character that stands for the instance as an escape.
        Self(body.split("\\u0001").map(|part| part.as_bytes().to_vec()).collect())
    }

    fn fill(&self, instance: &[u8], into: &mut Vec<u8>) {
        let Self(parts) = self;
        let length = parts.iter().map(Vec::len).sum::<usize>() + (parts.len() - 1) * instance.len();
        into.extend_from_slice(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ");
        into.extend_from_slice(length.to_string().as_bytes());
        into.extend_from_slice(b"\r\n\r\n");
        for (place, part) in parts.iter().enumerate() {
            if place > 0 {
                into.extend_from_slice(instance);
            }
            into.extend_from_slice(part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_about_whoever_was_asked_for() {
        let mut answer = Vec::new();
        Template::new().fill(b"N7", &mut answer);
        let text = String::from_utf8(answer).expect("text");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.ends_with(&format!("Content-Length: {}", body.len())), "{head}");
        assert_eq!(serde_json::from_str::<Value>(body).expect("JSON"), assignments("N7"));
        assert_eq!(body.matches(&description("N7")).count(), 10);
    }

    #[test]
    fn only_the_list_is_there() {
        let found =
            |line: &str| instance(line.as_bytes()).map(|name| String::from_utf8_lossy(name).into_owned());
        assert_eq!(found("GET /ispw/N7/assignments HTTP/1.1"), Some("N7".to_owned()));
        assert_eq!(found("GET /ispw/N7/assignments?level=DEV HTTP/1.1"), Some("N7".to_owned()));
        for line in [
            "GET /ispw/N7/assignments/A HTTP/1.1",
            "GET /ispw/N7/assignmentsX HTTP/1.1",
            "POST /ispw/N7/assignments HTTP/1.1",
            "GET /ispw/N7/releases HTTP/1.1",
        ] {
            assert_eq!(found(line), None, "{line}");
        }
    }
}
