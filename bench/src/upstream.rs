//! A stand-in for the REST API that records every exchange and answers, or breaks, as a script says.

mod act;
mod request;
mod serve;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::ports;

pub use act::{Act, answer, done, failed};

/// A request that was read to its end.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// When.
    pub at: Instant,
    /// The call's own: what the body names, or else the path.
    pub marker: String,
    /// How many requests with this marker came before.
    pub attempt: usize,
    /// Whether it is no read.
    pub is_change: bool,
}

type Script = dyn Fn(&Exchange) -> Act + Send + Sync;

/// The stand-in; it lives as long as this.
pub struct Upstream {
    address: SocketAddr,
    state: Arc<State>,
    task: JoinHandle<()>,
}

struct State {
    script: Box<Script>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    exchanges: Vec<Exchange>,
    attempts: HashMap<String, usize>,
    took: HashMap<String, Duration>,
}

/// A listener that goes and comes again: while it is gone, connections are refused.
#[derive(Clone, Copy, Debug)]
pub struct Blinking {
    /// How long it is there.
    pub open: Duration,
    /// How long it is gone.
    pub gone: Duration,
}

impl Upstream {
    /// Starts it on a free port of loopback.
    pub async fn start(script: impl Fn(&Exchange) -> Act + Send + Sync + 'static) -> io::Result<Self> {
        Self::begin(Box::new(script), None).await
    }

    /// Starts it with a listener that blinks.
    pub async fn blinking(
        blinking: Blinking,
        script: impl Fn(&Exchange) -> Act + Send + Sync + 'static,
    ) -> io::Result<Self> {
        Self::begin(Box::new(script), Some(blinking)).await
    }

    async fn begin(script: Box<Script>, blinking: Option<Blinking>) -> io::Result<Self> {
        let listener = ports::listener().await?;
        let address = listener.local_addr()?;
        let state = Arc::new(State { script, seen: Mutex::default() });
        let task = tokio::spawn(serve::run(listener, blinking, Arc::clone(&state)));
        Ok(Self { address, state, task })
    }

    /// Its address, as the program's settings have it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every exchange so far.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.state.seen().exchanges.clone()
    }

    /// How many requests came with each marker.
    pub fn attempts(&self) -> HashMap<String, usize> {
        self.state.seen().attempts.clone()
    }

    /// How long the last answer to this marker took, from its request's end until it was written.
    pub fn took(&self, marker: &str) -> Option<Duration> {
        self.state.seen().took.get(marker).copied()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl State {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answered(&self, marker: String, since: Instant) {
        self.seen().took.insert(marker, since.elapsed());
    }

    /// Notes a request and says what is done with it.
    fn act(&self, request: &request::Request) -> Act {
        let exchange = {
            let mut seen = self.seen();
            let attempts = seen.attempts.entry(request.marker.clone()).or_default();
            let attempt = *attempts;
            *attempts += 1;
            let is_change = request.is_change;
            let exchange =
                Exchange { at: Instant::now(), marker: request.marker.clone(), attempt, is_change };
            seen.exchanges.push(exchange.clone());
            exchange
        };
        (self.script)(&exchange)
    }
}
