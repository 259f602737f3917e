//! Puts every call on the record: how it ended, whether something was sent, and with what arguments. Outermost, so that
//! what other stages refuse, what runs out of time and what its caller gives up is on the record too.

use std::time::Instant;

use serde_json::Value;

use super::{Going, Next, Outcome, refuse};
use crate::call::{Call, CallError, Progress};
use crate::catalog::Effect;
use crate::journal::{Entry, Event, Journal, Redaction, Subject, ending};

/// What is recorded, and what happens when it cannot be.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Whether reads are recorded.
    pub reads: bool,
    /// Whether reads are refused too while the journal cannot be written. Changes always are.
    pub closed: bool,
    /// How arguments are recorded.
    pub redaction: Redaction,
}

/// Reads are recorded, and go on without.
impl Default for Settings {
    fn default() -> Self {
        Self { reads: true, closed: false, redaction: Redaction::default() }
    }
}

/// What this stage and that of intents record with.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to; nothing is recorded without one.
    pub journal: Option<Journal>,
    /// What.
    pub settings: Settings,
}

/// Makes the call, and records how it ended.
pub fn audit<'a>(options: &'a Options, call: Call, next: &'a Next) -> Going<'a> {
    let is_read = call.tool.effect == Effect::Read;
    let Some(journal) = options.journal.as_ref().filter(|_| !is_read || options.settings.reads) else {
        return next.run(call);
    };
    if is_read && options.settings.closed && journal.is_failing() {
        return refuse(CallError::Unrecorded { cause: "the journal is failing".to_owned() });
    }
    Box::pin(on_record(journal, options.settings.redaction, call, next))
}

async fn on_record(journal: &Journal, redaction: Redaction, call: Call, next: &Next) -> Outcome {
    let mut open = Open {
        journal,
        subject: Some(Subject::of(&call)),
        arguments: call.arguments.clone().into(),
        secrets: call.tool.secrets,
        redaction,
        is_read: call.tool.effect == Effect::Read,
        progress: call.progress.clone(),
        started: Instant::now(),
    };
    let outcome = next.run(call).await;
    let (word, status) = ending(&outcome);
    open.end(word, status);
    outcome
}

/// Records a call that was refused before its arguments were looked at.
pub(crate) fn refused(options: &Options, subject: Subject, outcome: &'static str) {
    let is_read = subject.effect == Effect::Read;
    if let Some(journal) = options.journal.as_ref().filter(|_| !is_read || options.settings.reads) {
        let event = Event::Outcome { outcome, status: None, sent: false, milliseconds: 0, arguments: None };
        journal.note(Entry { event, subject: Some(subject) });
    }
}

/// A call that is not yet on the record. Dropped before its end, its caller has given it up, or it has panicked.
struct Open<'j> {
    journal: &'j Journal,
    /// Taken when the call is recorded.
    subject: Option<Subject>,
    /// As they were given.
    arguments: Value,
    secrets: &'static [&'static str],
    redaction: Redaction,
    is_read: bool,
    progress: Progress,
    started: Instant,
}

impl Open<'_> {
    fn end(&mut self, outcome: &'static str, status: Option<u16>) {
        let Some(subject) = self.subject.take() else { return };
        let sent = self.progress.sent();
        let milliseconds = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        // The intent of a change that was sent has the arguments already.
        let arguments = (self.is_read || !sent).then(|| std::mem::take(&mut self.arguments));
        let arguments = arguments.map(|arguments| self.redaction.of(arguments, self.secrets));
        let event = Event::Outcome { outcome, status, sent, milliseconds, arguments };
        self.journal.note(Entry { event, subject: Some(subject) });
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.end(if std::thread::panicking() { "internal" } else { "cancelled" }, None);
    }
}
