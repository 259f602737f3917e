//! The decoder's state: where it is, what it found, how strict it is.

use super::problem::{Problem, Problems};
use super::{callback, suggestion};
use crate::start_error::StartError;

/// How deep arguments and answers may nest.
const DEPTH: usize = 64;
/// How many notes are kept; the others are counted.
const NOTES: usize = 20;

/// What the deployment allows.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// Hosts that a caller may name as callback addresses, lower-case, exact, with a port if it is not 443;
    /// none means that callers may not name any.
    pub callback_hosts: Vec<String>,
    /// How large the body of a request to the API may be, as it is written.
    pub max_body_bytes: usize,
}

/// No callback hosts, and bodies of 16 MiB.
impl Default for Deployment {
    fn default() -> Self {
        Self { callback_hosts: Vec::new(), max_body_bytes: 16 << 20 }
    }
}

impl Deployment {
    /// The same with hosts in lower case; an entry that no address could match stops the start.
    pub(crate) fn checked(mut self) -> Result<Self, StartError> {
        for host in &mut self.callback_hosts {
            host.make_ascii_lowercase();
            if !callback::is_authority(host) {
                let line = format!(
                    "WEBHOOK_ALLOWED_HOSTS: {host:?}: expected a host or host:port, such as ci.example.com"
                );
                return Err(StartError::new(line));
            }
        }
        Ok(self)
    }
}

/// Carries path, findings, strictness and deployment through a decoding.
#[derive(Debug)]
pub struct Decoder<'a> {
    path: Vec<Step>,
    problems: Problems,
    notes: Vec<String>,
    more_notes: usize,
    /// Absent for answers: they are read leniently.
    deployment: Option<&'a Deployment>,
}

/// One step of a path.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// A declared member.
    Name(&'static str),
    /// An undeclared member or a key of a map.
    Key(String),
    /// An item of a list.
    Index(usize),
}

impl<'a> Decoder<'a> {
    /// A strict decoder, for arguments.
    pub fn arguments(deployment: &'a Deployment) -> Self {
        Self::new(Some(deployment))
    }

    /// A lenient decoder, for answers.
    pub fn answer() -> Self {
        Self::new(None)
    }

    fn new(deployment: Option<&'a Deployment>) -> Self {
        Self { path: Vec::new(), problems: Problems::default(), notes: Vec::new(), more_notes: 0, deployment }
    }

    /// Reports a problem at the present path.
    pub fn push(&mut self, rule: &'static str, message: impl Into<String>) {
        let path = self.path();
        self.problems.push(Problem { path, rule, message: message.into() });
    }

    /// Reports a problem at a path below the present one.
    pub(super) fn push_at(&mut self, step: Step, rule: &'static str, message: String) {
        self.path.push(step);
        self.push(rule, message);
        self.path.pop();
    }

    /// The problems so far.
    pub fn problems(&self) -> &Problems {
        &self.problems
    }

    /// Problems and notes; the notes say what an answer lost because it did not match.
    pub fn into_findings(mut self) -> (Problems, Vec<String>) {
        if self.more_notes > 0 {
            self.notes.push(format!("and {} more", self.more_notes));
        }
        (self.problems, self.notes)
    }

    /// Whether an answer is read.
    pub(super) fn is_lenient(&self) -> bool {
        self.deployment.is_none()
    }

    /// Callback hosts that the deployment allows; answers are not judged by them.
    pub(super) fn callback_hosts(&self) -> &[String] {
        self.deployment.map(|deployment| deployment.callback_hosts.as_slice()).unwrap_or_default()
    }

    /// Decodes one step deeper, within the depth that is allowed.
    pub(super) fn enter<T>(&mut self, step: Step, inner: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        self.path.push(step);
        let result = if self.path.len() > DEPTH {
            self.push("depth", format!("at most {DEPTH} levels of nesting are accepted"));
            None
        } else {
            inner(self)
        };
        self.path.pop();
        result
    }

    /// How many levels may still be entered.
    pub(super) fn levels_left(&self) -> usize {
        DEPTH.saturating_sub(self.path.len())
    }

    /// Tries a part of an answer: if it fails, its problems become one note and the part counts as left out.
    pub(super) fn attempt<T>(&mut self, inner: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let before = self.problems.len();
        let result = inner(self);
        if result.is_none() {
            let problems = self.problems.take_back(before);
            if let Some(first) = problems.first() {
                self.note(format!("{} was left out: {}", display(&first.path), first.message));
            }
        }
        result
    }

    /// Tries a reading that has an alternative: if it fails, nothing is left behind.
    pub(super) fn probe<T>(&mut self, inner: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let (before, notes) = (self.problems.len(), self.notes.len());
        let result = inner(self);
        if result.is_none() {
            self.problems.take_back(before);
            self.notes.truncate(notes);
        }
        result
    }

    /// Tells the caller something about an answer.
    pub(super) fn note(&mut self, note: String) {
        if self.notes.len() < NOTES {
            self.notes.push(note);
        } else {
            self.more_notes += 1;
        }
    }

    /// Notes that a member was not described and left out.
    pub(super) fn note_left_out(&mut self, key: String) {
        self.path.push(Step::Key(key));
        let note = format!("{} was left out: the document does not describe it", self.path());
        self.path.pop();
        self.note(note);
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for step in &self.path {
            match step {
                Step::Index(index) => path.push_str(&format!("[{index}]")),
                Step::Name(name) => push_name(&mut path, name),
                Step::Key(key) if is_plain(key) => push_name(&mut path, key),
                Step::Key(key) => path.push_str(&format!("[{}]", suggestion::quote(key))),
            }
        }
        path
    }
}

fn push_name(path: &mut String, name: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(name);
}

fn is_plain(key: &str) -> bool {
    !key.is_empty()
        && key.len() <= 64
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-$".contains(&byte))
}

fn display(path: &str) -> &str {
    if path.is_empty() { "the answer" } else { path }
}
