//! The journal: what was asked of the API and what came of it, in files that only grow.
//!
//! Records are JSON objects, one on a line. Each carries a sequence number, the hash of the record before it and its own,
//! so that a record cannot be changed, removed or moved without a trace. A record that is waited for is on the disk when
//! the waiting ends.

mod by;
mod chain;
mod collector;
mod copy;
mod disk;
mod entry;
mod escape;
mod flood;
mod folder;
mod line;
mod read;
mod redact;
mod signature;
mod verify;
mod writer;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{JoinHandle, Thread};
use std::time::{Duration, SystemTime};

use tokio::sync::oneshot;

use crate::start_error::StartError;
use disk::Opening;
use writer::{Order, Writer};

pub use crate::otlp::{Collector, Patience};
pub use by::{Asker, By};
pub use copy::Stream;
pub(crate) use entry::ending;
pub use entry::{Entry, Event, Subject};
pub use escape::escaped;
pub use line::Line;
pub use read::{Record, records};
pub use redact::Redaction;
pub use signature::{PublicKey, SigningKey};
pub use verify::{Damage, Verified, verify, verify_end, verify_signed};

/// Records that may wait for the disk; beyond, what must be recorded is refused.
const QUEUE: usize = 1024;

/// Where the journal is, and how its files are kept.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder; made if it is not there. One process at a time writes to it.
    pub folder: PathBuf,
    /// Bytes after which a new file is begun.
    pub file_bytes: u64,
    /// Time after which a new file is begun.
    pub file_age: Duration,
    /// How long files are kept; zero stands for ever.
    pub keep: Duration,
    /// How long a change may wait for its record.
    pub patience: Duration,
    /// Refusals of one kind and one caller that are recorded each in a minute; the others are counted.
    pub refusals_per_minute: usize,
    /// Where every record is printed as well, if anywhere.
    pub copy: Option<Stream>,
    /// Where every record is sent as well, if anywhere.
    pub collector: Option<Collector>,
    /// What signs the record, if anything does.
    pub signing: Option<Arc<SigningKey>>,
}

impl Options {
    /// The usual sizes and times, in this folder.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            file_bytes: 64 << 20,
            file_age: Duration::from_secs(24 * 60 * 60),
            keep: Duration::ZERO,
            patience: Duration::from_secs(1),
            refusals_per_minute: 60,
            copy: None,
            collector: None,
            signing: None,
        }
    }
}

/// Why a record is not on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwritten {
    /// For the log, never for callers.
    pub cause: String,
}

impl fmt::Display for Unwritten {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.cause)
    }
}

/// The journal of one process, shared by all who write to it.
#[derive(Clone)]
pub struct Journal(Arc<Shared>);

struct Shared {
    folder: PathBuf,
    hand: Hand,
    health: Arc<writer::Health>,
    patience: Duration,
}

/// Who writes.
enum Hand {
    /// A thread, until it has been told to end.
    Thread {
        orders: std::sync::mpsc::SyncSender<Order>,
        /// Woken for what is to be written at once.
        thread: Thread,
        running: Mutex<Option<JoinHandle<()>>>,
    },
    /// Whoever records something.
    Caller(Mutex<Option<Box<Writer>>>),
}

impl fmt::Debug for Journal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Journal")
    }
}

impl Journal {
    /// Opens the journal behind the last record that is there, and records that a process begins. An error says what to
    /// do about the folder.
    pub fn open(options: &Options, program: &str) -> Result<Self, StartError> {
        Self::open_on(options, program, appending())
    }

    fn open_on(options: &Options, program: &str, opening: Opening) -> Result<Self, StartError> {
        if options.file_bytes == 0
            || options.file_age.is_zero()
            || options.patience.is_zero()
            || options.refusals_per_minute == 0
        {
            return Err(StartError::new("sizes, times and rates of the journal must be above zero"));
        }
        let writer = Writer::open(options, program, opening)?;
        let health = writer.health();
        let (orders, received) = std::sync::mpsc::sync_channel(QUEUE);
        let thread = std::thread::Builder::new().name("journal".to_owned());
        let running = thread
            .spawn(move || writer.run(&received))
            .map_err(|error| StartError::new(format!("no thread for the journal: {error}")))?;
        let thread = running.thread().clone();
        Ok(Self::with(options, health, Hand::Thread { orders, thread, running: Mutex::new(Some(running)) }))
    }

    /// The same without a thread: whoever records something writes it. For simulations, in which no time may pass while a
    /// thread is waited for.
    pub fn open_without_thread(options: &Options, program: &str) -> Result<Self, StartError> {
        let writer = Writer::open(options, program, appending())?;
        Ok(Self::with(options, writer.health(), Hand::Caller(Mutex::new(Some(Box::new(writer))))))
    }

    fn with(options: &Options, health: Arc<writer::Health>, hand: Hand) -> Self {
        let (folder, patience) = (options.folder.clone(), options.patience);
        Self(Arc::new(Shared { folder, hand, health, patience }))
    }

    /// Records something and waits until it is on the disk.
    pub async fn write(&self, entry: Entry) -> Result<(), Unwritten> {
        let (done, written) = oneshot::channel();
        self.order(Order::Write { entry, done: Some(done) })?;
        match tokio::time::timeout(self.0.patience, written).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(Unwritten { cause: "the journal is closed".to_owned() }),
            Err(_) => Err(Unwritten { cause: format!("not on the disk within {:?}", self.0.patience) }),
        }
    }

    /// Records something without waiting. When the disk fails it is kept and tried again; when too much is kept, what is
    /// left out is counted, and the count recorded.
    pub fn note(&self, entry: Entry) {
        if self.order(Order::Write { entry, done: None }).is_err() {
            self.0.health.lose();
        }
    }

    /// Shows the records of this time and later, oldest first.
    pub fn each_since(&self, time: SystemTime, see: &mut dyn FnMut(&Line<'_>)) -> io::Result<()> {
        line::each_since(&self.0.folder, time, see)
    }

    /// Whether the last attempt to write failed.
    pub fn is_failing(&self) -> bool {
        self.0.health.is_failing()
    }

    /// How many records are on the disk or soon will be, since the process began.
    pub fn written(&self) -> u64 {
        self.0.health.written()
    }

    /// How many records were lost and are not yet told of.
    pub fn lost(&self) -> u64 {
        self.0.health.lost()
    }

    /// How many records a collector of logs has taken, and how many it never will; nothing where none is named.
    pub fn collected(&self) -> Option<(u64, u64)> {
        self.0.health.collected()
    }

    /// Records that the process ends, and waits until everything is on the disk or cannot be. Later records are refused.
    pub fn close(&self) {
        match &self.0.hand {
            Hand::Thread { orders, running, thread } => {
                let running = running.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some(running) = running {
                    // Waits for room in the queue: what stands before is to be written as well.
                    let _ = orders.send(Order::Close);
                    thread.unpark();
                    let _ = running.join();
                }
            }
            Hand::Caller(writer) => {
                let writer = writer.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some(mut writer) = writer {
                    writer.obey_at_once(Order::Close);
                }
            }
        }
    }

    fn order(&self, order: Order) -> Result<(), Unwritten> {
        match &self.0.hand {
            Hand::Thread { orders, thread, .. } => {
                let presses = order.presses();
                let taken = orders.try_send(order);
                if presses {
                    thread.unpark();
                }
                taken.map_err(|error| Unwritten { cause: format!("the journal takes no record: {error}") })
            }
            Hand::Caller(writer) => {
                let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
                let writer =
                    writer.as_mut().ok_or_else(|| Unwritten { cause: "the journal is closed".to_owned() })?;
                writer.obey_at_once(order);
                Ok(())
            }
        }
    }
}

/// Opens files of the journal for appending.
fn appending() -> Opening {
    Box::new(|path| Ok(Box::new(folder::appended(path)?)))
}
