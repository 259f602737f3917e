//! Which version of HTTP the API is spoken to.

use std::time::Duration;

use hyper_util::client::legacy::Builder;

/// After how long without a word the API is asked for one while it has requests, and how long it may take to give it.
const SILENCE: Duration = Duration::from_secs(15);
const PATIENCE: Duration = Duration::from_secs(10);

/// What the API may send of an answer before it is read, and of all answers on a connection: so much that those who wait for room never
/// take what others need to come to an end, an answer to a change among them.
const WINDOW: u32 = 128 << 10;
const WINDOW_OF_ALL: u32 = 1 << 30;

/// Which version of HTTP is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HttpVersion {
    /// HTTP/1.1, on as many connections as there are requests at once.
    #[default]
    One,
    /// HTTP/2, without being asked; all requests share a connection.
    Two,
    /// Over TLS what both sides speak, HTTP/2 first; else HTTP/1.1.
    Best,
}

impl HttpVersion {
    /// Has a client speak it.
    pub(super) fn put(self, builder: &mut Builder) {
        builder.http2_only(self == Self::Two);
        builder.http2_initial_stream_window_size(WINDOW).http2_initial_connection_window_size(WINDOW_OF_ALL);
        // One connection that is broken without a word would hold every call until its time is over.
        builder.http2_keep_alive_interval(SILENCE).http2_keep_alive_timeout(PATIENCE);
    }

    /// What is offered over TLS, best first, by the names that RFC 7301 gives them.
    pub(super) fn offered(self) -> Vec<Vec<u8>> {
        let names: &[&[u8]] = match self {
            Self::One => &[b"http/1.1"],
            Self::Two => &[b"h2"],
            Self::Best => &[b"h2", b"http/1.1"],
        };
        names.iter().map(|name| name.to_vec()).collect()
    }
}
