//! Reads requests, and finds in each what tells it from all others.

use std::io;

use serde_json::Value;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

/// What is told of a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) marker: String,
    pub(super) is_change: bool,
}

/// Reads one request, head and body as announced; `None` at the end of the connection.
pub(super) async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Option<Request>> {
    loop {
        if let Some(head_end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let body = head_end + 4;
            let head = String::from_utf8_lossy(&buffer[..head_end]).into_owned();
            let end = body + length(&head);
            if buffer.len() >= end {
                let request = told(&head, &buffer[body..end]);
                buffer.drain(..end);
                return Ok(Some(request));
            }
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}

fn length(head: &str) -> usize {
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    let length = fields.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    length.and_then(|(_, value)| value.trim().parse().ok()).unwrap_or(0)
}

/// The marker is the runtime configuration of a body, else the assignment of the path.
fn told(head: &str, body: &[u8]) -> Request {
    let mut words = head.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let named = serde_json::from_slice::<Value>(body).ok();
    let named = named.and_then(|body| body["runtimeConfiguration"].as_str().map(str::to_owned));
    let path = target.split('?').next().unwrap_or_default();
    let marker = named.unwrap_or_else(|| path.split('/').nth(4).unwrap_or_default().to_owned());
    Request { marker, is_change: method != "GET" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marker_of_a_body_comes_before_that_of_a_path() {
        let told = |head, body: &str| told(head, body.as_bytes());
        let expected = |marker: &str, is_change| Request { marker: marker.to_owned(), is_change };
        assert_eq!(told("GET /ispw/bench/assignments/M7/tasks?level=A HTTP/1.1", ""), expected("M7", false));
        let change = "POST /ispw/bench/assignments/M7/tasks/generate?level=A HTTP/1.1\r\nHost: x";
        assert_eq!(told(change, r#"{"runtimeConfiguration":"M8"}"#), expected("M8", true));
        assert_eq!(told(change, "{}"), expected("M7", true));
        assert_eq!(length("POST / HTTP/1.1\r\ncontent-length: 17\r\nHost: x"), 17);
        assert_eq!(length("GET / HTTP/1.1\r\nHost: x"), 0);
    }
}
