//! What the stand-in does with one request.

use std::sync::Arc;
use std::time::Duration;

/// What is done once the request was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Sends these bytes after this time; the connection stays open.
    Send(Duration, Arc<[u8]>),
    /// Sends a part of these bytes, without the end of the body, and closes.
    Half(Arc<[u8]>),
    /// Resets the connection.
    Reset,
    /// Never answers, and keeps the connection open.
    Silence,
}

impl Act {
    /// The same after this time, where it is an answer.
    pub fn after(self, time: Duration) -> Self {
        match self {
            Self::Send(_, bytes) => Self::Send(time, bytes),
            other => other,
        }
    }

    /// Half of the same, where it is an answer.
    pub fn halved(self) -> Self {
        match self {
            Self::Send(_, bytes) => Self::Half(bytes),
            other => other,
        }
    }
}

/// The answer to a request that went well: what any of the tools that checks use expects.
pub fn done(marker: &str) -> Act {
    let body = format!(
        r#"{{"setId":"S000000001","assignmentId":"{marker}","message":"","owner":"BENCH","tasks":[]}}"#
    );
    answer(200, "", &body)
}

/// An answer that says no more than its status, with further header lines, each ended by CR LF.
pub fn failed(status: u16, headers: &str) -> Act {
    answer(status, headers, r#"{"message":"scripted"}"#)
}

/// A whole answer.
pub fn answer(status: u16, headers: &str, body: &str) -> Act {
    let length = body.len();
    let text = format!(
        "HTTP/1.1 {status} Scripted\r\nContent-Type: application/json\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    );
    Act::Send(Duration::ZERO, text.into_bytes().into())
}
