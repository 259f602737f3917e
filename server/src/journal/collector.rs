//! A copy of every record for a collector of logs, by OTLP over HTTP. The journal is the record: a collector that is slow, full
//! or away misses records, is counted against, and holds nothing up.

mod form;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::otlp::{Collector, Losses, Post, Words, runtime};
use crate::start_error::StartError;
use form::Form;

/// Records that may wait for the collector, and their bytes.
const WAITING: usize = 4096;
const WAITING_BYTES: usize = 16 << 20;
/// Records that are sent together, and the bytes after which no more join them.
const TOGETHER: usize = 256;
const TOGETHER_BYTES: usize = 1 << 20;

/// What the log says of records that a collector does not take.
static WORDS: Words = Words {
    meanwhile: "records did not reach the collector of logs; the journal has them",
    at_the_end: "records did not reach the collector of logs before the end; the journal has them",
};

/// None lost so far.
pub(super) fn losses() -> Losses {
    Losses::new(&WORDS)
}

/// The way to the thread that sends.
pub(super) struct Collecting {
    lines: Option<mpsc::Sender<String>>,
    bytes: Arc<AtomicUsize>,
    losses: Arc<Losses>,
    ended: Receiver<()>,
    patience: Duration,
}

impl Collecting {
    /// Starts the thread; nothing is sent yet.
    pub(super) fn start(collector: &Collector, losses: Arc<Losses>) -> Result<Self, StartError> {
        let post = Post::new(collector)?;
        let (lines, waiting) = mpsc::channel(WAITING);
        let (end, ended) = sync_channel(1);
        let bytes = Arc::new(AtomicUsize::new(0));
        let sending = Sending {
            post,
            form: Form::new(collector),
            bytes: Arc::clone(&bytes),
            losses: Arc::clone(&losses),
        };
        let begun = runtime().and_then(|runtime| {
            std::thread::Builder::new().name("journal-collector".to_owned()).spawn(move || {
                runtime.block_on(sending.run(waiting));
                let _ = end.send(());
            })
        });
        begun.map_err(|error| StartError::new(format!("no thread for the collector of logs: {error}")))?;
        Ok(Self { lines: Some(lines), bytes, losses, ended, patience: collector.patience.end })
    }

    /// Passes records on, each a line.
    pub(super) fn take(&mut self, text: &str) {
        for line in text.lines() {
            self.losses.take();
            let has_room = self.bytes.fetch_add(line.len(), Ordering::AcqRel) + line.len() <= WAITING_BYTES;
            let lines = self.lines.as_ref().filter(|_| has_room);
            if lines.is_none_or(|lines| lines.try_send(line.to_owned()).is_err()) {
                self.bytes.fetch_sub(line.len(), Ordering::AcqRel);
                self.losses.lose(1, "too many wait for the collector", Instant::now());
            }
        }
    }
}

impl Drop for Collecting {
    fn drop(&mut self) {
        self.lines = None;
        let _ = self.ended.recv_timeout(self.patience);
        self.losses.end();
    }
}

/// What the thread works with.
struct Sending {
    post: Post,
    form: Form,
    bytes: Arc<AtomicUsize>,
    losses: Arc<Losses>,
}

impl Sending {
    /// Sends what comes until nothing more can.
    async fn run(self, mut lines: mpsc::Receiver<String>) {
        while let Some(first) = lines.recv().await {
            let mut together = vec![first];
            let mut bytes = together[0].len();
            while together.len() < TOGETHER
                && bytes < TOGETHER_BYTES
                && let Ok(line) = lines.try_recv()
            {
                bytes += line.len();
                together.push(line);
            }
            self.send(&together).await;
            // Only now, so that what is being sent counts as waiting.
            self.bytes.fetch_sub(bytes, Ordering::AcqRel);
        }
    }

    async fn send(&self, lines: &[String]) {
        let count = lines.len() as u64;
        match self.post.deliver(self.form.request(lines).to_string()).await {
            Ok(rejected) => {
                let rejected = rejected.min(count);
                self.losses.arrive(count - rejected);
                self.losses.lose(rejected, "the collector rejected them", Instant::now());
            }
            Err(why) => self.losses.lose(count, &why, Instant::now()),
        }
    }
}
