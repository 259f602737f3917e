//! The thread that writes. What arrives while it waits for the disk is written together and made durable at once.
//!
//! A record that somebody waits for and that cannot be written is refused and leaves no trace. All others are kept and
//! tried again, so that what became of a change is recorded as soon as there is room.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::oneshot;

use super::chain::{self, Broken, Link};
use super::collector::{Collecting, losses};
use super::copy::Copy;
use super::disk::{Disk, Opening};
use super::entry::{Entry, Event};
use super::flood::Flood;
use super::{Options, Unwritten, folder};
use crate::otlp::Losses;
use crate::start_error::StartError;

/// How long a record that nobody waits for may stay off the disk.
const SOON: Duration = Duration::from_millis(5);
/// How long more is waited for before records that do not press are written: each time the thread wakes and writes costs
/// as much as some records do.
const GATHERING: Duration = Duration::from_millis(1);
/// The same for records that are waited for, where those before came in company: so many changes at once share a write to the
/// disk instead of having one each, and none of them has to wake this thread. A change that comes alone does not wait.
const COMPANY: Duration = Duration::from_micros(200);
/// When records that could not be written are tried again.
const AGAIN: Duration = Duration::from_millis(250);
/// Records that are kept while they cannot be written; what comes after is counted.
const KEPT: usize = 4096;
/// Records after which a checkpoint signs them.
const SIGNED: u64 = 1000;
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

impl Order {
    /// Whether it is to be obeyed at once.
    pub(super) fn presses(&self) -> bool {
        match self {
            Self::Write { entry, done } => done.is_some() || entry.presses(),
            Self::Close => true,
        }
    }
}

/// How the writing goes, as others see it.
#[derive(Debug, Default)]
pub(super) struct Health {
    is_failing: AtomicBool,
    lost: AtomicU64,
    written: AtomicU64,
    /// What reached a collector, where one is named.
    collected: Option<Arc<Losses>>,
}

impl Health {
    pub(super) fn is_failing(&self) -> bool {
        self.is_failing.load(Ordering::Acquire)
    }

    pub(super) fn written(&self) -> u64 {
        self.written.load(Ordering::Acquire)
    }

    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Acquire)
    }

    /// How many records a collector has taken, and how many it never will.
    pub(super) fn collected(&self) -> Option<(u64, u64)> {
        self.collected.as_ref().map(|losses| (losses.arrived(), losses.lost()))
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
    file: Box<dyn Disk>,
    number: u64,
    /// Bytes of whole records; what stands behind them is torn.
    length: u64,
    since: Instant,
}

/// What was put into the file, so that it can be taken back.
struct Put {
    /// The link before.
    link: Link,
    unsigned: u64,
    lines: String,
    /// How many lost records were told of.
    lost: u64,
}

pub(super) struct Writer {
    options: Options,
    opening: Opening,
    health: Arc<Health>,
    epoch: String,
    link: Link,
    /// Records that no checkpoint has signed.
    unsigned: u64,
    current: Current,
    /// Whether a write failed half-way, so that the file may be longer than it should be.
    is_torn: bool,
    /// Since when something is written that may not be on the disk yet.
    dirty: Option<Instant>,
    /// Whether the file could not be made durable: what the system still holds of it is not known.
    is_suspect: bool,
    waiting: VecDeque<Waiting>,
    /// Whether what was written last was more than one record.
    in_company: bool,
    flood: Flood,
    copy: Option<Copy>,
    collecting: Option<Collecting>,
    /// The clock of the flood.
    began: Instant,
    /// Keeps other processes out.
    _lock: File,
}

impl Writer {
    /// Finds the end of the journal and records that a process begins.
    pub(super) fn open(options: &Options, program: &str, opening: Opening) -> Result<Self, StartError> {
        let place = options.folder.as_path();
        folder::make(place)?;
        let lock = folder::lock(place)?;
        let numbers = folder::numbers(place).map_err(|error| folder::cannot(place, "be read", &error))?;
        let number = numbers.last().copied().unwrap_or(1);
        let path = folder::path(place, number);
        let failed = |error| folder::cannot(&path, "be written", &error);
        let link = last_link(place, &numbers)?;
        let mut file = opening(&path).map_err(failed)?;
        if fs::read(&path).map_err(failed)?.last().is_some_and(|byte| *byte != b'\n') {
            // A record that a crash tore stays, on a line of its own.
            file.write_all(b"\n").map_err(failed)?;
        }
        let length = file.length().map_err(failed)?;
        folder::sync(place).map_err(|error| folder::cannot(place, "be made durable", &error))?;
        let copy = options.copy.map(Copy::to).transpose();
        let collected = options.collector.as_ref().map(|_| Arc::new(losses()));
        let collecting = options.collector.as_ref().zip(collected.clone());
        let collecting =
            collecting.map(|(collector, losses)| Collecting::start(collector, losses)).transpose()?;
        let current = Current { file, number, length, since: Instant::now() };
        let mut writer = Self {
            options: options.clone(),
            opening,
            health: Arc::new(Health { collected, ..Health::default() }),
            epoch: uuid::Uuid::now_v7().to_string(),
            link,
            unsigned: 0,
            current,
            is_torn: false,
            dirty: None,
            is_suspect: false,
            waiting: VecDeque::new(),
            in_company: false,
            copy: copy
                .map_err(|error| StartError::new(format!("no thread for the journal's copy: {error}")))?,
            collecting,
            flood: Flood::new(options.refusals_per_minute),
            began: Instant::now(),
            _lock: lock,
        };
        writer.take(Entry { event: Event::Start { program: program.to_owned() }, subject: None }, None);
        writer.flush(1).map_err(failed)?;
        writer.waiting.clear();
        Ok(writer)
    }

    pub(super) fn health(&self) -> Arc<Health> {
        Arc::clone(&self.health)
    }

    /// Writes until it is told to end, or nobody is left who could.
    pub(super) fn run(mut self, orders: &Receiver<Order>) {
        loop {
            let order = self.next(orders);
            let mut is_over = match order {
                Ok(order) => self.obey(order),
                Err(RecvTimeoutError::Timeout) => false,
                Err(RecvTimeoutError::Disconnected) => true,
            };
            // Counted by what comes, not by what waits: on a full disk that is more already, and each order would be an
            // attempt of its own.
            let mut taken = 1;
            self.take_what_is_there(orders, &mut taken, &mut is_over);
            if !is_over && taken < TOGETHER && self.gathers() {
                self.take_what_is_there(orders, &mut taken, &mut is_over);
            }
            self.in_company = self.waiting.iter().filter(|waiting| waiting.done.is_some()).count() > 1;
            self.sum_up(is_over);
            if is_over {
                self.take(Entry { event: Event::Stop, subject: None }, None);
            }
            self.write(is_over);
            if is_over {
                return;
            }
        }
    }

    /// The next order. After company, more of it is given the time to come before anybody has to wake this thread.
    fn next(&mut self, orders: &Receiver<Order>) -> Result<Order, RecvTimeoutError> {
        if self.in_company {
            thread::sleep(COMPANY);
            if let Ok(order) = orders.try_recv() {
                return Ok(order);
            }
        }
        match self.pause() {
            None => orders.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(pause) => orders.recv_timeout(pause),
        }
    }

    /// Obeys until nothing is left to do, it is over, or as much was taken as is written together.
    fn take_what_is_there(&mut self, orders: &Receiver<Order>, taken: &mut usize, is_over: &mut bool) {
        while !*is_over
            && *taken < TOGETHER
            && let Ok(order) = orders.try_recv()
        {
            *is_over = self.obey(order);
            *taken += 1;
        }
    }

    /// Gives others the time to come, unless something presses. Whether it did.
    fn gathers(&self) -> bool {
        let presses = |waiting: &Waiting| waiting.done.is_some() || waiting.entry.presses();
        if self.waiting.iter().any(presses) {
            return false;
        }
        // What presses wakes this thread; nothing else does.
        thread::park_timeout(GATHERING);
        true
    }

    /// Does what is asked before this returns, for whoever has no thread.
    pub(super) fn obey_at_once(&mut self, order: Order) {
        let is_over = self.obey(order);
        self.sum_up(is_over);
        if is_over {
            self.take(Entry { event: Event::Stop, subject: None }, None);
        }
        self.write(is_over);
    }

    /// How long to wait for the next order.
    fn pause(&self) -> Option<Duration> {
        if !self.waiting.is_empty() {
            return Some(AGAIN);
        }
        let sum = self.flood.next().map(|due| due.saturating_sub(self.began.elapsed()));
        if self.dirty.is_some() { Some(SOON) } else { sum }
    }

    /// Whether it was the last order.
    fn obey(&mut self, order: Order) -> bool {
        match order {
            Order::Write { entry, done: None } => {
                if self.flood.passes(&entry, self.began.elapsed(), SystemTime::now()) {
                    self.take(entry, None);
                }
            }
            Order::Write { entry, done } => self.take(entry, done),
            Order::Close => return true,
        }
        false
    }

    /// Tells how many refusals were counted. While records are kept back, counting goes on: a count that is left out would be
    /// one record to those who count the lost.
    fn sum_up(&mut self, is_over: bool) {
        if is_over || self.waiting.len() < TOGETHER {
            for sum in self.flood.due(self.began.elapsed(), is_over) {
                self.take(sum, None);
            }
        }
    }

    fn take(&mut self, entry: Entry, done: Option<oneshot::Sender<Result<(), Unwritten>>>) {
        if done.is_none() && self.waiting.len() >= KEPT {
            return self.health.lose();
        }
        self.waiting.push_back(Waiting { entry, time: SystemTime::now(), done });
    }

    /// Writes what waits, a part at a time, and tells those who wait for it. After a disk was full there is more than the
    /// room for all of it at once.
    fn write(&mut self, is_over: bool) {
        if self.waiting.is_empty() && self.dirty.is_none() {
            return;
        }
        loop {
            let count = self.waiting.len().min(TOGETHER);
            let written = self.write_first(count, is_over);
            let was_failing = self.health.is_failing.swap(written.is_err(), Ordering::AcqRel);
            if let Err(error) = written {
                if !was_failing {
                    tracing::error!(%error, "the journal cannot be written: changes are refused until it can");
                }
                return self.refuse(&error);
            }
            // Told last: whoever waits finds everything as it is from now on.
            for done in self.waiting.drain(..count).filter_map(|waiting| waiting.done) {
                let _ = done.send(Ok(()));
            }
            if self.waiting.is_empty() {
                return;
            }
        }
    }

    /// Writes the first that wait, and makes them durable where that is due.
    fn write_first(&mut self, count: usize, is_over: bool) -> io::Result<()> {
        let is_waited_for = self.waiting.iter().take(count).any(|waiting| waiting.done.is_some());
        // However much more comes, what is written does not stay off the disk for longer.
        let is_late = self.dirty.is_some_and(|since| since.elapsed() >= SOON);
        if is_waited_for || count == 0 || is_late || is_over { self.flush(count) } else { self.append(count) }
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

    /// Writes the first that wait and makes everything durable.
    fn flush(&mut self, count: usize) -> io::Result<()> {
        let put = self.put(count)?;
        if let Err(error) = self.current.file.sync() {
            (self.link, self.unsigned) = (put.link, put.unsigned);
            self.current.length -= put.lines.len() as u64;
            (self.is_torn, self.is_suspect) = (true, true);
            return Err(error);
        }
        self.dirty = None;
        self.stands(&put);
        Ok(())
    }

    /// Writes the first that wait; they are durable soon.
    fn append(&mut self, count: usize) -> io::Result<()> {
        let put = self.put(count)?;
        self.dirty.get_or_insert_with(Instant::now);
        self.stands(&put);
        Ok(())
    }

    /// What was put stays.
    fn stands(&mut self, put: &Put) {
        self.health.lost.fetch_sub(put.lost, Ordering::AcqRel);
        self.health.written.fetch_add(self.link.sequence - put.link.sequence, Ordering::AcqRel);
        if let Some(copy) = &mut self.copy {
            copy.take(&put.lines);
        }
        if let Some(collecting) = &mut self.collecting {
            collecting.take(&put.lines);
        }
    }

    /// Writes the first that wait into the file, all of them or none. What was lost before is told first.
    fn put(&mut self, count: usize) -> io::Result<Put> {
        self.mend()?;
        let is_new = self.rotate()?;
        let lost = self.health.lost.load(Ordering::Acquire);
        let gap =
            (lost > 0).then(|| (Entry { event: Event::Gap { lost }, subject: None }, SystemTime::now()));
        let gap = gap.iter().map(|(entry, time)| (entry, *time));
        let waiting = self.waiting.iter().take(count).map(|waiting| (&waiting.entry, waiting.time));
        let mut sealing =
            Sealing { writer: self, link: self.link.clone(), unsigned: self.unsigned, lines: String::new() };
        if is_new {
            sealing.sign();
        }
        let mut is_end = false;
        for (entry, time) in gap.chain(waiting) {
            is_end |= entry.event == Event::Stop;
            sealing.seal(entry, time);
        }
        if is_end || sealing.unsigned >= SIGNED {
            sealing.sign();
        }
        let Sealing { link, unsigned, lines, .. } = sealing;
        self.is_torn = true;
        self.current.file.write_all(lines.as_bytes())?;
        self.is_torn = false;
        self.current.length += lines.len() as u64;
        let link = std::mem::replace(&mut self.link, link);
        let unsigned = std::mem::replace(&mut self.unsigned, unsigned);
        Ok(Put { link, unsigned, lines, lost })
    }

    /// Takes away what a failed write has left.
    fn mend(&mut self) -> io::Result<()> {
        if self.is_torn {
            self.current.file.cut(self.current.length)?;
            self.is_torn = false;
        }
        Ok(())
    }

    /// Begins a new file when this one is large or old enough, and says whether it did.
    fn rotate(&mut self) -> io::Result<bool> {
        let current = &self.current;
        let is_due = self.is_suspect
            || current.length >= self.options.file_bytes
            || current.since.elapsed() >= self.options.file_age;
        if current.length == 0 || !is_due {
            return Ok(false);
        }
        if self.dirty.is_some() {
            self.current.file.sync()?;
        }
        let (place, number) = (&self.options.folder, self.current.number + 1);
        let file = (self.opening)(&folder::path(place, number))?;
        folder::sync(place)?;
        self.is_suspect = false;
        self.current = Current { length: file.length()?, file, number, since: Instant::now() };
        if !self.options.keep.is_zero()
            && let Err(error) = folder::remove_older(place, number, self.options.keep, SystemTime::now())
        {
            tracing::warn!(%error, "old files of the journal cannot be removed");
        }
        Ok(true)
    }
}

/// Records on their way to be lines.
struct Sealing<'w> {
    writer: &'w Writer,
    link: Link,
    unsigned: u64,
    lines: String,
}

impl Sealing<'_> {
    fn seal(&mut self, entry: &Entry, time: SystemTime) {
        let (line, next) = self.link.seal(entry, &self.writer.epoch, time);
        self.lines.push_str(&line);
        self.link = next;
        self.unsigned += 1;
    }

    /// Signs everything before, where there is something to sign and a key.
    fn sign(&mut self) {
        if self.unsigned == 0 {
            return;
        }
        if let Some(key) = &self.writer.options.signing {
            let signature = key.sign(&self.writer.epoch, &self.link);
            self.seal(&Entry { event: Event::Checkpoint { signature }, subject: None }, SystemTime::now());
            self.unsigned = 0;
        }
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
