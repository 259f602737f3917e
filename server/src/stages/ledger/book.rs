//! The rule: who may make a change, who joins, and who is told what became of it. Every method is given the time.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::Settings;
use super::key::Key;
use super::past::Change;
use crate::call::Reply;
use crate::content::Block;
use crate::replicas::{Became, Told};
use crate::stages::Outcome;

/// Changes that are remembered at most; those being made are never forgotten.
const MOST: usize = 10_000;
/// Bytes of answers that are kept together, and of one of them; of others only the status is remembered.
const MOST_BYTES: usize = 16 << 20;
const LARGEST_REPLY: usize = 64 << 10;
/// How long after one search for what no longer counts the next one is: it looks at everything, and a call must not.
const REST: Duration = Duration::from_secs(1);

/// What a caller who wants a change gets.
#[derive(Debug)]
pub(super) enum Turn {
    /// To make it.
    First,
    /// To wait for whoever makes it.
    Join { ended: watch::Receiver<Option<Outcome>>, request_id: String },
    /// What became of it.
    Made { reply: Reply, age: Duration, request_id: String },
    /// Only how it ended: with this status, or in a way that is not known.
    Told { age: Duration, request_id: String, status: Option<u16> },
    /// Nothing: the idempotency key belongs to a change with other arguments.
    KeyTaken,
}

/// By which name a change is known.
#[derive(Clone, Debug)]
pub(super) enum Named {
    /// By its own.
    Key(Key),
    /// By the one that the journal has.
    Recorded(String),
}

#[derive(Debug)]
struct Entry {
    arguments: [u8; 32],
    request_id: String,
    /// When it ended, or began.
    at: Instant,
    state: State,
}

#[derive(Debug)]
enum State {
    Running(watch::Receiver<Option<Outcome>>),
    Made(Box<Reply>),
    /// It was made; its answer was too large to be kept.
    Answered(u16),
    Unknown,
}

impl State {
    /// What others are to know of it.
    fn told(&self) -> Became {
        match self {
            Self::Running(_) => Became::Running,
            Self::Made(reply) => Became::Made(reply.clone()),
            Self::Answered(status) => Became::Answered(*status),
            Self::Unknown => Became::Unknown,
        }
    }

    /// Bytes that are kept of it.
    fn bytes(&self) -> usize {
        match self {
            State::Made(reply) => size(reply),
            _ => 0,
        }
    }
}

/// What a reply weighs, about: its text is its structured content once more.
fn size(reply: &Reply) -> usize {
    let attached = reply.attachment.as_ref().map_or(0, |attachment| attachment.bytes.len());
    let blocks: usize = reply.blocks.iter().map(Block::size).sum();
    2 * reply.text.len() + attached + blocks + reply.notes.iter().map(String::len).sum::<usize>()
}

/// What is remembered of changes.
#[derive(Debug)]
pub(super) struct Book {
    settings: Settings,
    entries: HashMap<[u8; 32], Entry>,
    /// Changes of processes before, by the names that the journal has.
    past: HashMap<String, (Instant, Change)>,
    /// Bytes of the answers that are kept.
    bytes: usize,
    /// Changes that have ended, in that order; what became of them may be forgotten by now.
    ended: VecDeque<(Instant, [u8; 32])>,
    searched: Option<Instant>,
}

impl Book {
    pub(super) fn new(settings: Settings) -> Self {
        let (entries, past, ended) = (HashMap::new(), HashMap::new(), VecDeque::new());
        Self { settings, entries, past, bytes: 0, ended, searched: None }
    }

    /// Remembers a change of a process before.
    pub(super) fn recall(&mut self, change: Change, now: Instant) {
        let at = now.checked_sub(change.age).unwrap_or(now);
        self.past.insert(change.key.clone(), (at, change));
    }

    /// What the caller gets; `ended` is kept for those who join, if the caller is the first.
    pub(super) fn begin(
        &mut self,
        key: &Key,
        recorded: &str,
        request_id: &str,
        ended: watch::Receiver<Option<Outcome>>,
        now: Instant,
    ) -> Turn {
        self.forget(now);
        if let Some(entry) = self.entries.get(&key.name).filter(|entry| entry.counts(self.settings, now)) {
            let (age, request_id) = (now.saturating_duration_since(entry.at), entry.request_id.clone());
            return match &entry.state {
                _ if entry.arguments != key.arguments => Turn::KeyTaken,
                State::Running(ended) => Turn::Join { ended: ended.clone(), request_id },
                State::Made(reply) => Turn::Made { reply: Reply::clone(reply), age, request_id },
                State::Answered(status) => Turn::Told { age, request_id, status: Some(*status) },
                State::Unknown => Turn::Told { age, request_id, status: None },
            };
        }
        let past = self.past.get(recorded).filter(|(at, change)| counts(self.settings, *at, change, now));
        if let Some((at, Change { request_id, status, .. })) = past {
            let age = now.saturating_duration_since(*at);
            return Turn::Told { age, request_id: request_id.clone(), status: *status };
        }
        self.remove(&key.name);
        self.make_room();
        let (arguments, request_id) = (key.arguments, request_id.to_owned());
        self.entries.insert(key.name, Entry { arguments, request_id, at: now, state: State::Running(ended) });
        Turn::First
    }

    /// Notes how a change ended; `None` when nobody was left to see it. `sent` tells whether a byte of it may have left. Gives
    /// what others are to know of it; nothing where it was certainly not made.
    pub(super) fn end(
        &mut self,
        key: &Key,
        outcome: Option<&Outcome>,
        sent: bool,
        now: Instant,
    ) -> Option<Became> {
        let state = match outcome {
            Some(Ok(reply)) if self.has_room(size(reply)) => Some(State::Made(Box::new(reply.clone()))),
            Some(Ok(reply)) => Some(State::Answered(reply.status)),
            Some(Err(error)) if !sent || error.says_unchanged() => None,
            None if !sent => None,
            _ => Some(State::Unknown),
        };
        let became = state.as_ref().map(State::told);
        match (state, self.entries.get_mut(&key.name)) {
            (Some(state), Some(entry)) => {
                self.bytes += state.bytes();
                (entry.state, entry.at) = (state, now);
                self.ended.push_back((now, key.name));
            }
            // What was certainly not made may be made again at once.
            _ => self.remove(&key.name),
        }
        became
    }

    /// Lets go of a change that this process does not make after all.
    pub(super) fn let_go(&mut self, key: &Key) {
        self.remove(&key.name);
    }

    /// What is known of changes that have ended, of this process and of those before.
    pub(super) fn known(&self, now: Instant) -> Vec<(Named, Told)> {
        let age = |at: Instant| now.saturating_duration_since(at);
        let ended =
            self.entries.iter().filter(|(_, entry)| !entry.is_running() && entry.counts(self.settings, now));
        let ended = ended.map(|(name, entry)| {
            let (request_id, became) = (entry.request_id.clone(), entry.state.told());
            let key = Key { name: *name, arguments: entry.arguments };
            (Named::Key(key), Told { request_id, age: age(entry.at), became })
        });
        let past = self.past.iter().filter(|(_, (at, change))| counts(self.settings, *at, change, now));
        let past = past.map(|(recorded, (at, change))| {
            let became = change.status.map_or(Became::Unknown, Became::Answered);
            let told = Told { request_id: change.request_id.clone(), age: age(*at), became };
            (Named::Recorded(recorded.clone()), told)
        });
        ended.chain(past).collect()
    }

    fn has_room(&self, bytes: usize) -> bool {
        bytes <= LARGEST_REPLY && self.bytes + bytes <= MOST_BYTES
    }

    fn remove(&mut self, name: &[u8; 32]) {
        if let Some(entry) = self.entries.remove(name) {
            self.bytes -= entry.state.bytes();
        }
    }

    /// Lets go of what no longer counts. That it is there until then changes nothing.
    fn forget(&mut self, now: Instant) {
        if self.searched.is_some_and(|last| now < last + REST) {
            return;
        }
        self.searched = Some(now);
        let settings = self.settings;
        self.entries.retain(|_, entry| entry.counts(settings, now));
        self.past.retain(|_, (at, change)| counts(settings, *at, change, now));
        self.bytes = self.entries.values().map(|entry| entry.state.bytes()).sum();
        let entries = &self.entries;
        self.ended.retain(|(at, name)| entries.get(name).is_some_and(|entry| entry.at == *at));
    }

    /// The change that ended longest ago goes first.
    fn make_room(&mut self) {
        while self.entries.len() >= MOST
            && let Some((at, name)) = self.ended.pop_front()
        {
            // The same change may have begun anew.
            if self.entries.get(&name).is_some_and(|entry| entry.at == at && !entry.is_running()) {
                self.remove(&name);
            }
        }
    }
}

impl Entry {
    fn is_running(&self) -> bool {
        matches!(self.state, State::Running(_))
    }

    /// Whether it still has a say in what a caller gets.
    fn counts(&self, Settings { window, unknown }: Settings, now: Instant) -> bool {
        match self.state {
            State::Running(_) => true,
            State::Made(_) | State::Answered(_) => now.saturating_duration_since(self.at) < window,
            State::Unknown => now.saturating_duration_since(self.at) < unknown,
        }
    }
}

/// The same of a change that a process before has made.
fn counts(Settings { window, unknown }: Settings, at: Instant, change: &Change, now: Instant) -> bool {
    let most = if change.status.is_some() { window } else { unknown };
    now.saturating_duration_since(at) < most
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::CallError;

    const SETTINGS: Settings =
        Settings { window: Duration::from_secs(120), unknown: Duration::from_secs(900) };

    fn key(number: usize) -> Key {
        let mut name = [0; 32];
        name[..8].copy_from_slice(&number.to_be_bytes());
        Key { name, arguments: [0; 32] }
    }

    fn begin(book: &mut Book, number: usize, now: Instant) -> Turn {
        book.begin(&key(number), &number.to_string(), "r1", watch::channel(None).1, now)
    }

    fn made() -> Outcome {
        Ok(Reply::text(""))
    }

    fn refused(status: u16) -> Outcome {
        Err(CallError::Refused { status, message: String::new(), retry_after: None })
    }

    #[test]
    fn t36_what_was_made_is_given_again_until_the_window_is_over() {
        let (mut book, now) = (Book::new(SETTINGS), Instant::now());
        assert!(matches!(begin(&mut book, 1, now), Turn::First));
        assert!(matches!(begin(&mut book, 1, now), Turn::Join { .. }));
        book.end(&key(1), Some(&made()), true, now);
        let almost = now + SETTINGS.window - Duration::from_millis(1);
        assert!(matches!(begin(&mut book, 1, almost), Turn::Made { .. }));
        assert!(matches!(begin(&mut book, 1, now + SETTINGS.window), Turn::First));
    }

    #[test]
    fn t36_what_may_have_been_made_is_not_made_again_and_what_was_not_is() {
        let after = Duration::from_secs(1);
        for (outcome, sent, may_again) in [
            (Some(refused(400)), true, true),
            (Some(refused(409)), true, true),
            (Some(refused(408)), true, false),
            (Some(refused(503)), true, false),
            (Some(Err(CallError::Interrupted { cause: String::new() })), true, false),
            (Some(Err(CallError::TimedOut { after, sent: true })), true, false),
            (Some(Err(CallError::TimedOut { after, sent: false })), false, true),
            (Some(Err(CallError::Unreachable { cause: String::new() })), false, true),
            (Some(Err(CallError::NothingDone { message: String::new() })), true, true),
            (Some(Err(CallError::Unexpected { status: 200, what: String::new() })), true, false),
            (None, true, false),
            (None, false, true),
        ] {
            let (mut book, now) = (Book::new(SETTINGS), Instant::now());
            begin(&mut book, 1, now);
            book.end(&key(1), outcome.as_ref(), sent, now);
            let turn = begin(&mut book, 1, now + SETTINGS.unknown - Duration::from_millis(1));
            assert_eq!(matches!(turn, Turn::First), may_again, "{outcome:?} {sent}");
            if !may_again {
                assert!(matches!(turn, Turn::Told { status: None, .. }), "{turn:?}");
                assert!(matches!(begin(&mut book, 1, now + SETTINGS.unknown), Turn::First));
            }
        }
    }

    #[test]
    fn of_a_large_answer_and_of_one_too_many_only_the_status_is_remembered() {
        let (mut book, now) = (Book::new(SETTINGS), Instant::now());
        let sized = |bytes: usize| made().map(|_| Reply::text("x".repeat(bytes / 2)));
        let mut is_kept = |number: usize, bytes: usize| {
            begin(&mut book, number, now);
            book.end(&key(number), Some(&sized(bytes)), true, now);
            let turn = begin(&mut book, number, now);
            assert!(matches!(turn, Turn::Made { .. } | Turn::Told { status: Some(200), .. }), "{turn:?}");
            matches!(turn, Turn::Made { .. })
        };
        assert!(!is_kept(0, LARGEST_REPLY + 2));
        let most = MOST_BYTES / LARGEST_REPLY;
        assert!((1..=most).all(|number| is_kept(number, LARGEST_REPLY)));
        assert!(!is_kept(most + 1, 2));
    }

    #[test]
    fn a_key_belongs_to_one_set_of_arguments() {
        let (mut book, now) = (Book::new(SETTINGS), Instant::now());
        begin(&mut book, 1, now);
        let other = Key { arguments: [1; 32], ..key(1) };
        let turn = book.begin(&other, "", "r2", watch::channel(None).1, now);
        assert!(matches!(turn, Turn::KeyTaken), "{turn:?}");
    }

    #[test]
    fn t36_what_the_journal_knows_is_told_and_not_made_again() {
        let (mut book, now) = (Book::new(SETTINGS), Instant::now() + Duration::from_secs(3600));
        for (number, status, age) in
            [(1, None, 899), (2, None, 900), (3, Some(200), 119), (4, Some(200), 120)]
        {
            let age = Duration::from_secs(age);
            book.recall(Change { key: number.to_string(), age, request_id: "r0".to_owned(), status }, now);
        }
        assert!(matches!(begin(&mut book, 1, now), Turn::Told { status: None, .. }));
        assert!(matches!(begin(&mut book, 2, now), Turn::First));
        assert!(matches!(begin(&mut book, 3, now), Turn::Told { status: Some(200), .. }));
        assert!(matches!(begin(&mut book, 4, now), Turn::First));
    }

    #[test]
    fn what_no_longer_counts_is_not_given_although_nobody_has_searched_for_it() {
        let window = Duration::from_millis(100);
        let (mut book, now) = (Book::new(Settings { window, ..SETTINGS }), Instant::now());
        begin(&mut book, 1, now);
        book.end(&key(1), Some(&made().map(|_| Reply::text("x".repeat(10)))), true, now);
        assert!(matches!(begin(&mut book, 1, now + window - Duration::from_millis(1)), Turn::Made { .. }));
        assert!(matches!(begin(&mut book, 1, now + window), Turn::First));
        assert_eq!((book.entries.len(), book.bytes), (1, 0));
        book.end(&key(1), None, false, now + window);
        assert!(book.entries.is_empty());
        begin(&mut book, 2, now + REST);
        assert_eq!(book.ended.len(), 0, "what has ended and is gone is not counted for ever");
    }

    #[test]
    fn no_more_is_remembered_than_the_limit_and_what_runs_is_not_forgotten() {
        let (mut book, now) = (Book::new(SETTINGS), Instant::now());
        begin(&mut book, 0, now);
        for number in 1..=MOST {
            begin(&mut book, number, now);
            book.end(&key(number), Some(&made()), true, now + Duration::from_nanos(number as u64));
        }
        assert_eq!(book.entries.len(), MOST);
        assert!(matches!(begin(&mut book, 0, now), Turn::Join { .. }));
        assert!(matches!(begin(&mut book, MOST, now), Turn::Made { .. }));
        assert!(matches!(begin(&mut book, 1, now), Turn::First), "the oldest has made room");
    }
}
