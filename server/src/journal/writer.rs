//! The thread that writes. What arrives while it waits for the disk is written together and made durable at once.
//!
//! A record that somebody waits for and that cannot be written is refused and leaves no trace. All others are kept and
//! tried again, so that what became of a change is recorded as soon as there is room.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::oneshot;

use super::chain::{self, Broken, Link};
use super::entry::{Entry, Event};
use super::{Options, Unwritten, folder};
use crate::start_error::StartError;

/// How long a record that nobody waits for may stay off the disk.
const SOON: Duration = Duration::from_millis(5);
/// When records that could not be written are tried again.
const AGAIN: Duration = Duration::from_millis(250);
/// Records that are kept while they cannot be written; what comes after is counted.
const KEPT: usize = 4096;
/// Records that are written together at most.
const TOGETHER: usize = 256;

/// What the thread is asked to do.
pub(super) enum Order {
    /// Write this.
    Write {
        entry: Entry,
        /// Told when it is on the disk; `None` when nobody waits.
        done: Option<oneshot::Sender<Result<(), Unwritten>>>,
    },
    /// Write what is left, and end.
    Close,
}

/// How the writing goes, as others see it.
#[derive(Debug, Default)]
pub(super) struct Health {
    is_failing: AtomicBool,
    lost: AtomicU64,
}

impl Health {
    pub(super) fn is_failing(&self) -> bool {
        self.is_failing.load(Ordering::Acquire)
    }

    /// Counts a record that is nowhere.
    pub(super) fn lose(&self) {
        self.lost.fetch_add(1, Ordering::AcqRel);
    }
}

/// A record on its way, dated when it arrived.
struct Waiting {
    entry: Entry,
    time: SystemTime,
    done: Option<oneshot::Sender<Result<(), Unwritten>>>,
}

/// The file that is written to.
struct Current {
    file: File,
    number: u64,
    /// Bytes of whole records; what stands behind them is torn.
    length: u64,
    since: Instant,
}

/// What was put into the file, so that it can be taken back.
struct Put {
    /// The link before.
    link: Link,
    bytes: u64,
    /// How many lost records were told of.
    lost: u64,
}

pub(super) struct Writer {
    options: Options,
    health: Arc<Health>,
    epoch: String,
    link: Link,
    current: Current,
    /// Whether a write failed half-way, so that the file may be longer than it should be.
    is_torn: bool,
    /// Whether something was written that may not be on the disk yet.
    is_dirty: bool,
    /// Whether the file could not be made durable: what the system still holds of it is not known.
    is_suspect: bool,
    waiting: VecDeque<Waiting>,
    /// Keeps other processes out.
    _lock: File,
}

impl Writer {
    /// Finds the end of the journal and records that a process begins.
    pub(super) fn open(options: &Options, program: &str) -> Result<Self, StartError> {
        let place = options.folder.as_path();
        folder::make(place)?;
        let lock = folder::lock(place)?;
        let numbers = folder::numbers(place).map_err(|error| folder::cannot(place, "be read", &error))?;
        let number = numbers.last().copied().unwrap_or(1);
        let path = folder::path(place, number);
        let failed = |error| folder::cannot(&path, "be written", &error);
        let link = last_link(place, &numbers)?;
        let mut file = folder::appended(&path).map_err(failed)?;
        if fs::read(&path).map_err(failed)?.last().is_some_and(|byte| *byte != b'\n') {
            // A record that a crash tore stays, on a line of its own.
            file.write_all(b"\n").map_err(failed)?;
        }
        let length = file.metadata().map_err(failed)?.len();
        folder::sync(place).map_err(|error| folder::cannot(place, "be made durable", &error))?;
        let current = Current { file, number, length, since: Instant::now() };
        let mut writer = Self {
            options: options.clone(),
            health: Arc::default(),
            epoch: uuid::Uuid::now_v7().to_string(),
            link,
            current,
            is_torn: false,
            is_dirty: false,
            is_suspect: false,
            waiting: VecDeque::new(),
            _lock: lock,
        };
        writer.take(Entry { event: Event::Start { program: program.to_owned() }, subject: None }, None);
        writer.flush().map_err(failed)?;
        writer.waiting.clear();
        Ok(writer)
    }

    pub(super) fn health(&self) -> Arc<Health> {
        Arc::clone(&self.health)
    }

    /// Writes until it is told to end, or nobody is left who could.
    pub(super) fn run(mut self, orders: &Receiver<Order>) {
        loop {
            let order = match self.pause() {
                None => orders.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(pause) => orders.recv_timeout(pause),
            };
            let mut is_over = match order {
                Ok(order) => self.obey(order),
                Err(RecvTimeoutError::Timeout) => false,
                Err(RecvTimeoutError::Disconnected) => true,
            };
            while !is_over
                && self.waiting.len() < TOGETHER
                && let Ok(order) = orders.try_recv()
            {
                is_over = self.obey(order);
            }
            if is_over {
                self.take(Entry { event: Event::Stop, subject: None }, None);
            }
            self.write(is_over);
            if is_over {
                return;
            }
        }
    }

    /// Does what is asked before this returns, for whoever has no thread.
    pub(super) fn obey_at_once(&mut self, order: Order) {
        let is_over = self.obey(order);
        if is_over {
            self.take(Entry { event: Event::Stop, subject: None }, None);
        }
        self.write(is_over);
    }

    /// How long to wait for the next order.
    fn pause(&self) -> Option<Duration> {
        if !self.waiting.is_empty() { Some(AGAIN) } else { self.is_dirty.then_some(SOON) }
    }

    /// Whether it was the last order.
    fn obey(&mut self, order: Order) -> bool {
        match order {
            Order::Write { entry, done } => self.take(entry, done),
            Order::Close => return true,
        }
        false
    }

    fn take(&mut self, entry: Entry, done: Option<oneshot::Sender<Result<(), Unwritten>>>) {
        if done.is_none() && self.waiting.len() >= KEPT {
            return self.health.lose();
        }
        self.waiting.push_back(Waiting { entry, time: SystemTime::now(), done });
    }

    /// Writes what waits, and tells those who wait for it.
    fn write(&mut self, is_over: bool) {
        let is_waited_for = self.waiting.iter().any(|waiting| waiting.done.is_some());
        let is_idle = self.waiting.is_empty();
        let written = if is_waited_for || is_idle || is_over { self.flush() } else { self.append() };
        let was_failing = self.health.is_failing.swap(written.is_err(), Ordering::AcqRel);
        match written {
            // Told last: whoever waits finds everything as it is from now on.
            Ok(()) => {
                for done in self.waiting.drain(..).filter_map(|waiting| waiting.done) {
                    let _ = done.send(Ok(()));
                }
            }
            Err(error) => {
                if !was_failing {
                    tracing::error!(%error, "the journal cannot be written: changes are refused until it can");
                }
                self.refuse(&error);
            }
        }
    }

    /// Those who wait are told no, so their records must not appear later.
    fn refuse(&mut self, error: &io::Error) {
        let (refused, kept): (VecDeque<_>, VecDeque<_>) =
            self.waiting.drain(..).partition(|waiting| waiting.done.is_some());
        self.waiting = kept;
        for done in refused.into_iter().filter_map(|waiting| waiting.done) {
            let _ = done.send(Err(Unwritten { cause: error.to_string() }));
        }
    }

    /// Writes what waits and makes everything durable.
    fn flush(&mut self) -> io::Result<()> {
        let put = self.put()?;
        if let Err(error) = self.current.file.sync_data() {
            self.link = put.link;
            self.current.length -= put.bytes;
            (self.is_torn, self.is_suspect) = (true, true);
            return Err(error);
        }
        self.is_dirty = false;
        self.health.lost.fetch_sub(put.lost, Ordering::AcqRel);
        Ok(())
    }

    /// Writes what waits; it is durable soon.
    fn append(&mut self) -> io::Result<()> {
        let put = self.put()?;
        self.health.lost.fetch_sub(put.lost, Ordering::AcqRel);
        self.is_dirty = true;
        Ok(())
    }

    /// Writes what waits into the file, all of it or nothing. What was lost before is told first.
    fn put(&mut self) -> io::Result<Put> {
        self.mend()?;
        self.rotate()?;
        let lost = self.health.lost.load(Ordering::Acquire);
        let gap =
            (lost > 0).then(|| (Entry { event: Event::Gap { lost }, subject: None }, SystemTime::now()));
        let waiting = self.waiting.iter().map(|waiting| (waiting.entry.clone(), waiting.time));
        let mut link = self.link.clone();
        let mut lines = String::new();
        for (entry, time) in gap.into_iter().chain(waiting) {
            let (line, next) = link.seal(entry.members(), &self.epoch, time);
            lines.push_str(&line);
            link = next;
        }
        self.is_torn = true;
        self.current.file.write_all(lines.as_bytes())?;
        self.is_torn = false;
        let bytes = lines.len() as u64;
        self.current.length += bytes;
        Ok(Put { link: std::mem::replace(&mut self.link, link), bytes, lost })
    }

    /// Takes away what a failed write has left.
    fn mend(&mut self) -> io::Result<()> {
        if self.is_torn {
            self.current.file.set_len(self.current.length)?;
            self.is_torn = false;
        }
        Ok(())
    }

    /// Begins a new file when this one is large or old enough.
    fn rotate(&mut self) -> io::Result<()> {
        let current = &self.current;
        let is_due = self.is_suspect
            || current.length >= self.options.file_bytes
            || current.since.elapsed() >= self.options.file_age;
        if current.length == 0 || !is_due {
            return Ok(());
        }
        if self.is_dirty {
            self.current.file.sync_data()?;
        }
        let (place, number) = (&self.options.folder, self.current.number + 1);
        let file = folder::appended(&folder::path(place, number))?;
        folder::sync(place)?;
        self.is_suspect = false;
        self.current = Current { length: file.metadata()?.len(), file, number, since: Instant::now() };
        if !self.options.keep.is_zero()
            && let Err(error) = folder::remove_older(place, number, self.options.keep, SystemTime::now())
        {
            tracing::warn!(%error, "old files of the journal cannot be removed");
        }
        Ok(())
    }
}

/// The link of the last whole record, in the last file that holds one.
fn last_link(place: &Path, numbers: &[u64]) -> Result<Link, StartError> {
    for number in numbers.iter().rev() {
        let path = folder::path(place, *number);
        let bytes = fs::read(&path).map_err(|error| folder::cannot(&path, "be read", &error))?;
        for line in bytes.split(|byte| *byte == b'\n').rev().filter(|line| !line.is_empty()) {
            match chain::open(line) {
                Ok(sealed) => return Ok(sealed.link),
                Err(Broken::Torn) => {}
                Err(Broken::Changed) => {
                    return Err(StartError::new(format!(
                        "the journal ends in a record that was changed, in {}: `audit verify` says where; move the folder away to begin a new one",
                        path.display()
                    )));
                }
            }
        }
    }
    Ok(Link::default())
}
