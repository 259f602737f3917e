//! Scripted faults: which requests they meet, how often, and what goes wrong.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use http_body::{Body, Frame};

use crate::record::Received;

/// A fault to play; the first one that matches a request is used up by it.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The requests it meets.
    pub matching: Matching,
    /// How often it is played.
    pub times: Times,
    /// What goes wrong.
    pub kind: FaultKind,
}

impl Fault {
    /// A fault that is played once, on the next request that matches.
    pub fn once(matching: Matching, kind: FaultKind) -> Self {
        Self { matching, times: Times::Exactly(1), kind }
    }

    /// A fault that is played on every request that matches, until the faults are cleared.
    pub fn always(matching: Matching, kind: FaultKind) -> Self {
        Self { matching, times: Times::Always, kind }
    }
}

/// Decides about a request by its method and its target.
pub type Decision = dyn Fn(&Method, &str) -> bool + Send + Sync;

/// Picks requests.
#[derive(Clone)]
pub enum Matching {
    /// Every request.
    Any,
    /// The requests of this operation, for example `getAssignment`.
    Operation(String),
    /// The requests whose target begins like this, with this method if one is given.
    Prefix(Option<Method>, String),
    /// The requests for which the function, given method and target, says so.
    When(Arc<Decision>),
}

impl Matching {
    /// The requests of one operation.
    pub fn operation(name: impl Into<String>) -> Self {
        Self::Operation(name.into())
    }

    /// The requests whose target begins like this, whatever their method.
    pub fn prefix(prefix: impl Into<String>) -> Self {
        Self::Prefix(None, prefix.into())
    }

    pub(crate) fn takes(&self, received: &Received) -> bool {
        match self {
            Self::Any => true,
            Self::Operation(name) => received.operation == Some(name.as_str()),
            Self::Prefix(method, prefix) => {
                method.as_ref().is_none_or(|method| *method == received.method)
                    && received.target.starts_with(prefix.as_str())
            }
            Self::When(decides) => decides(&received.method, &received.target),
        }
    }
}

impl fmt::Debug for Matching {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => formatter.write_str("Any"),
            Self::Operation(name) => formatter.debug_tuple("Operation").field(name).finish(),
            Self::Prefix(method, prefix) => {
                formatter.debug_tuple("Prefix").field(method).field(prefix).finish()
            }
            Self::When(_) => formatter.write_str("When"),
        }
    }
}

/// How often a fault is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// This many times, then never again.
    Exactly(u32),
    /// Every time.
    Always,
}

/// What goes wrong.
#[derive(Clone, Debug)]
pub enum FaultKind {
    /// The work is done at once and the answer comes this much later, on the runtime's time.
    Delay(Duration),
    /// Something in front of the API answers: nothing is done.
    Status {
        /// The status code.
        code: u16,
        /// The body.
        body: String,
        /// The headers.
        headers: Vec<(String, String)>,
    },
    /// The connection is reset as soon as the head has arrived: the body is not read and nothing is done.
    ResetBeforeReading,
    /// The whole request is read and carried out, then the connection is reset instead of an answer.
    ResetAfterReading,
    /// The request is carried out, and the connection closes after half of the answer's body.
    HalfBody,
    /// A JSON answer begins and never ends; nothing is done.
    EndlessBody,
    /// A redirect to this address; nothing is done.
    Redirect(String),
    /// The login page of something in front of the API, with status 200; nothing is done.
    HtmlLogin,
    /// Status 200 and a body that claims to be JSON and is not; nothing is done.
    Garbage,
    /// These bytes go onto the connection in place of an answer, and it closes; nothing is done.
    Bytes(Bytes),
}

/// The faults still to be played.
#[derive(Debug, Default)]
pub(crate) struct Script {
    faults: Vec<Fault>,
}

impl Script {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.faults.clear();
    }

    /// The fault to play on this request, if one matches.
    pub(crate) fn next(&mut self, received: &Received) -> Option<FaultKind> {
        let meets = |fault: &Fault| fault.times != Times::Exactly(0) && fault.matching.takes(received);
        let place = self.faults.iter().position(meets)?;
        let fault = &mut self.faults[place];
        let kind = fault.kind.clone();
        if let Times::Exactly(left) = &mut fault.times {
            *left -= 1;
            if *left == 0 {
                self.faults.remove(place);
            }
        }
        Some(kind)
    }
}

/// A JSON text that never ends, produced only as fast as the client reads it.
#[derive(Default)]
pub(crate) struct Endless {
    begun: bool,
}

impl Body for Endless {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        static MORE: [u8; 16 * 1024] = [b'x'; 16 * 1024];
        let chunk = if self.begun { &MORE[..] } else { b"{\"message\":\"" };
        self.begun = true;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(chunk)))))
    }
}
