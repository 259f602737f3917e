//! Telemetry: spans, log lines and measurements for a collector, by OTLP over HTTP in JSON.
//!
//! It holds nothing up: what happens is put into bounded queues, one thread sends what is in them, and what a collector does not
//! take is counted. Without a collector nothing of it exists, and a call is not a span more than a comparison slower.

mod call;
mod entry;
mod measured;
mod pending;
mod queue;
mod sampling;
mod spans;
mod told;
mod trace;

use std::fmt;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use crate::metrics::Family;
use crate::otlp::{Collector, Losses, Post, Words, runtime};
use crate::start_error::StartError;
use measured::Form;
use queue::{Queue, Sending, queue};

pub(crate) use entry::Entry;
pub(crate) use pending::Pending;
pub use queue::Batches;
pub use sampling::Sampling;
pub use spans::SPANS;
pub(crate) use spans::during;
pub use told::{Line, Span, Told};
pub(crate) use trace::{Trace, Traced};

/// How lines are sent together: nobody looks at them sooner.
const LINES: Batches = Batches { waiting: 2048, together: 512, delay: Duration::from_secs(1) };

static SPANS_LOST: Words = Words {
    meanwhile: "spans did not reach the collector",
    at_the_end: "spans did not reach the collector before the end",
};
static LINES_LOST: Words = Words {
    meanwhile: "log lines did not reach the collector",
    at_the_end: "log lines did not reach the collector before the end",
};
static POINTS_LOST: Words = Words {
    meanwhile: "measurements did not reach the collector",
    at_the_end: "measurements did not reach the collector before the end",
};

/// What is sent, and where.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Who sends, with which headers, and how long it is tried; its address is that of nothing.
    pub collector: Collector,
    /// Where spans are sent, and of which requests.
    pub spans: Option<(String, Sampling)>,
    /// How many spans may wait, and are sent together.
    pub batches: Batches,
    /// How long all requests for the same spans are tried.
    pub spans_patience: Duration,
    /// Where log lines are sent.
    pub lines: Option<String>,
    /// Where measurements are sent, and how often.
    pub measurements: Option<(String, Duration)>,
}

/// The way to the collector, shared by all who have something to tell.
#[derive(Clone)]
pub struct Telemetry(Arc<Shared>);

struct Shared {
    sampling: Option<Sampling>,
    spans: Option<Queue<Span>>,
    lines: Option<Queue<Line>>,
    points: Option<Arc<Losses>>,
    source: Arc<OnceLock<Source>>,
    ending: CancellationToken,
    ended: Mutex<Option<Receiver<()>>>,
    patience: Duration,
}

/// Who knows what is counted.
type Source = Box<dyn Fn() -> Vec<Family> + Send + Sync>;

impl Telemetry {
    /// Starts the thread that sends; nothing is sent yet.
    pub fn start(settings: Settings) -> Result<Self, StartError> {
        let Settings { collector, batches, .. } = settings;
        let at = |address: String| Collector { address, ..collector.clone() };
        let (mut spans, mut lines, mut measuring, mut sampling) = (None, None, None, None);
        let source = Arc::<OnceLock<Source>>::default();
        if let Some((address, of)) = settings.spans {
            let mut collector = at(address);
            collector.patience.whole = settings.spans_patience;
            let form = Box::new(told::spans(&collector));
            spans = Some(queue(batches, Losses::new(&SPANS_LOST), form, Post::new(&collector)?));
            sampling = Some(of);
        }
        if let Some(address) = settings.lines {
            let collector = at(address);
            let form = Box::new(told::lines(&collector));
            lines = Some(queue(LINES, Losses::new(&LINES_LOST), form, Post::new(&collector)?));
        }
        if let Some((address, every)) = settings.measurements {
            let collector = at(address);
            let (form, post, source) = (Form::new(&collector), Post::new(&collector)?, Arc::clone(&source));
            let losses = Arc::new(Losses::new(&POINTS_LOST));
            measuring = Some(Measuring { form, post, every, source, losses });
        }
        let (spans, send_spans) = spans.unzip();
        let (lines, send_lines) = lines.unzip();
        let points = measuring.as_ref().map(|measuring| Arc::clone(&measuring.losses));
        let ending = CancellationToken::new();
        let ended = work(send_spans, send_lines, measuring, ending.clone())?;
        let (ended, patience) = (Mutex::new(Some(ended)), collector.patience.end);
        Ok(Self(Arc::new(Shared { sampling, spans, lines, points, source, ending, ended, patience })))
    }

    /// Which requests are traced; nothing where none is.
    pub fn sampling(&self) -> Option<Sampling> {
        self.0.sampling
    }

    /// Whether log lines are sent.
    pub fn takes_lines(&self) -> bool {
        self.0.lines.is_some()
    }

    /// Passes a span on that has ended.
    pub fn span(&self, span: Span) {
        if let Some(spans) = &self.0.spans {
            spans.push(span);
        }
    }

    /// Passes a line of the log on.
    pub fn line(&self, line: Line) {
        if let Some(lines) = &self.0.lines {
            lines.push(line);
        }
    }

    /// Says who knows what is counted; the first one stays.
    pub(crate) fn measure(&self, source: impl Fn() -> Vec<Family> + Send + Sync + 'static) {
        let _ = self.0.source.set(Box::new(source));
    }

    /// What was sent of each kind, by its name: how much reached the collector, and how much never will.
    pub(crate) fn sent(&self) -> Vec<(&'static str, u64, u64)> {
        self.losses().map(|(name, losses)| (name, losses.arrived(), losses.lost())).collect()
    }

    /// Who counts, of each kind that is sent.
    fn losses(&self) -> impl Iterator<Item = (&'static str, &Losses)> {
        let spans = self.0.spans.as_ref().map(|queue| ("traces", &*queue.losses));
        let points = self.0.points.as_deref().map(|losses| ("metrics", losses));
        let lines = self.0.lines.as_ref().map(|queue| ("logs", &*queue.losses));
        [spans, points, lines].into_iter().flatten()
    }

    /// Sends what waits, within a bound; what comes later is lost.
    pub fn end(&self) {
        self.0.ending.cancel();
        let ended = self.0.ended.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(ended) = ended else { return };
        let _ = ended.recv_timeout(self.0.patience);
        self.losses().for_each(|(_, losses)| losses.end());
    }
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Telemetry({:?})", self.sent())
    }
}

/// Starts the thread, and gives where it says that it has ended.
fn work(
    spans: Option<Sending<Span>>,
    lines: Option<Sending<Line>>,
    measuring: Option<Measuring>,
    ending: CancellationToken,
) -> Result<Receiver<()>, StartError> {
    let (end, ended) = sync_channel(1);
    let all = async move {
        let spans = async {
            if let Some(spans) = spans {
                spans.run(ending.clone()).await
            }
        };
        let lines = async {
            if let Some(lines) = lines {
                lines.run(ending.clone()).await
            }
        };
        let measuring = async {
            if let Some(measuring) = measuring {
                measuring.run(ending.clone()).await
            }
        };
        tokio::join!(spans, lines, measuring);
    };
    let begun = runtime().and_then(|runtime| {
        std::thread::Builder::new().name("telemetry".to_owned()).spawn(move || {
            runtime.block_on(all);
            let _ = end.send(());
        })
    });
    begun.map_err(|error| StartError::new(format!("no thread for telemetry: {error}")))?;
    Ok(ended)
}

/// Whoever sends what is counted.
struct Measuring {
    form: Form,
    post: Post,
    every: Duration,
    source: Arc<OnceLock<Source>>,
    losses: Arc<Losses>,
}

impl Measuring {
    /// Sends it at each interval until `ending`, and then once more.
    async fn run(self, ending: CancellationToken) {
        let mut ticks = interval_at(Instant::now() + self.every, self.every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let is_last = tokio::select! {
                _ = ticks.tick() => false,
                () = ending.cancelled() => true,
            };
            self.send().await;
            if is_last {
                return;
            }
        }
    }

    async fn send(&self) {
        let Some(source) = self.source.get() else { return };
        let families = source();
        let (request, points) = self.form.request(&families, SystemTime::now());
        match self.post.deliver(request).await {
            Ok(rejected) => {
                let rejected = rejected.min(points);
                self.losses.arrive(points - rejected);
                self.losses.lose(rejected, "the collector rejected them", Instant::now());
            }
            Err(why) => self.losses.lose(points, &why, Instant::now()),
        }
    }
}
