//! A tool call on its way: what enters the stages, what comes back, and how it can fail.

use std::fmt;
use std::net::IpAddr;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::as_json::quoted;
use crate::catalog::Tool;
use crate::client::{Ability, Client, Named};
use crate::content::Block;
use crate::decode::Problems;
use crate::engine::Calls;
use crate::metrics::Metrics;
use crate::request::Prepared;
use crate::structured::Structured;
use crate::tasks::Later;
use crate::telemetry::Traced;
use crate::upstream::Freshness;
use crate::upstream::account::Account;
use crate::view::View;

pub use crate::identity::Caller;

/// A tool call on its way through the stages. Each of them holds it for a while, so it is as small as a pointer.
#[derive(Debug)]
pub struct Call(Box<Content>);

/// What a call holds.
#[derive(Clone, Debug)]
pub struct Content {
    /// The tool.
    pub tool: &'static Tool,
    /// The arguments as given; taken by the `arguments` stage.
    pub arguments: Map<String, Value>,
    /// What the `arguments` stage made of them, the same for every request of the call; `None` before it.
    pub prepared: Option<Arc<Prepared>>,
    /// Who calls.
    pub caller: Caller,
    /// As whom it goes to the API; set by the `account` stage.
    pub account: Account,
    /// The address that the call comes from, where it comes over the network.
    pub address: Option<IpAddr>,
    /// What is known of whether it may be made.
    pub permission: Permission,
    /// Names this request in answers and logs: 1 to 64 characters of `[A-Za-z0-9._-]`.
    pub request_id: Arc<str>,
    /// W3C `traceparent` to pass on, already checked.
    pub traceparent: Option<String>,
    /// Whether it is traced, and below which span.
    pub(crate) traced: Traced,
    /// Names a change, so that it is made once: calls with the same key are the same change.
    pub idempotency_key: Option<String>,
    /// What is known of a person's consent to it.
    pub consent: Consent,
    /// Who reads the answer.
    pub purpose: Purpose,
    /// Whom a hand-written tool may ask, and tell something on the way.
    pub client: Client,
    /// What it may become a task by, where its client can come back for the answer.
    pub(crate) later: Option<Later>,
    /// Told of each new state of the work that it starts, while its caller waits for that.
    pub states: Option<mpsc::Sender<String>>,
    /// When the whole call must be answered; set by the `deadline` stage, which only ever brings it nearer.
    pub deadline: Option<Instant>,
    /// How far the call got, for whoever gives up on it.
    pub progress: Progress,
    /// For how long the answer may be kept, for whoever keeps it.
    pub heard: Heard,
    /// What the API named the answer by that is kept: it may say that this is still right, with the status 304.
    pub validator: Option<Arc<str>>,
    /// How the journal knows the change; set by the `ledger` stage.
    pub recorded: Option<Arc<Recorded>>,
    /// Where what happens to it is counted.
    pub metrics: Metrics,
    /// Which tools its caller is shown.
    pub(crate) view: View,
    /// What a hand-written tool makes its calls with; absent for every other tool.
    pub(crate) calls: Option<Calls>,
}

impl Deref for Call {
    type Target = Content;

    fn deref(&self) -> &Content {
        &self.0
    }
}

impl DerefMut for Call {
    fn deref_mut(&mut self) -> &mut Content {
        &mut self.0
    }
}

impl Call {
    /// A call as it arrives.
    pub fn new(
        tool: &'static Tool,
        arguments: Map<String, Value>,
        caller: Caller,
        request_id: impl Into<Arc<str>>,
    ) -> Self {
        Self(Box::new(Content {
            tool,
            arguments,
            prepared: None,
            caller,
            account: Account::default(),
            address: None,
            permission: Permission::default(),
            request_id: request_id.into(),
            traceparent: None,
            traced: Traced::default(),
            idempotency_key: None,
            consent: Consent::default(),
            purpose: Purpose::default(),
            client: Client::default(),
            later: None,
            states: None,
            deadline: None,
            progress: Progress::default(),
            heard: Heard::default(),
            validator: None,
            recorded: None,
            metrics: Metrics::nowhere(),
            view: View::default(),
            calls: None,
        }))
    }

    /// What it held, for whoever it ends with.
    pub fn into_content(self) -> Content {
        *self.0
    }

    /// The same call for one more request: what was prepared is shared, and so is the progress.
    pub fn again(&self) -> Self {
        Self(self.0.clone())
    }
}

/// How the journal knows a change.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its arguments in canonical form, redacted.
    pub arguments: Value,
    /// Its name: identical changes have the same.
    pub key: String,
}

/// What is known of whether a call may be made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Permission {
    /// The rules are to be asked.
    #[default]
    Unasked,
    /// The rules could decide nothing by its arguments, which are not what the tool takes: it is made in no case.
    ToBeRefused,
    /// Its caller may not use the tool at all: it is only to be put on the record.
    Hidden,
}

/// Who reads the answer of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    /// A client, for its model: what is too large for one is cut.
    #[default]
    Client,
    /// A program, which gets the whole.
    Program,
    /// Whoever waits for a state to change: the whole, and as it is now, not as it was when it was kept.
    Watch,
}

/// What is known of a person's consent to a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Consent {
    /// There is no way to ask a person.
    #[default]
    Unable,
    /// A person can be asked.
    Possible,
    /// A person was asked.
    Answered {
        /// The state that went out with the question.
        state: String,
        /// What the person said.
        answer: Answer,
    },
    /// A person said yes to this very call, or to the one that it is made for. The `confirm` stage finds out; nothing that a
    /// caller sends says so.
    Confirmed,
}

/// What a person said to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Make the call.
    Yes,
    /// Do not.
    No,
    /// Neither of both in the form that was asked for.
    Unclear,
    /// Nothing: whoever was to ask failed, or would not.
    Missing,
}

/// How far a call got, shared by all who hold it: whether a request may have reached the API.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Steps>);

#[derive(Debug, Default)]
struct Steps {
    sent: AtomicBool,
    /// Whether the API has answered and this server is what is waited for.
    is_here: AtomicBool,
    /// The call that this one is made for: what one sends, both have sent.
    within: Option<Progress>,
}

impl Progress {
    /// The progress of a call that is made for this one.
    pub fn nested(&self) -> Self {
        Self(Arc::new(Steps { within: Some(self.clone()), ..Steps::default() }))
    }

    /// Whether a request may have reached the API.
    pub fn sent(&self) -> bool {
        self.0.sent.load(Ordering::Acquire)
    }

    /// Says that a request is about to leave. Gives what was true before, for [`Progress::restore`].
    pub fn sending(&self) -> bool {
        if let Some(within) = &self.0.within {
            within.sending();
        }
        self.0.sent.swap(true, Ordering::AcqRel)
    }

    /// Says whether an answer waits here, for room or for its turn.
    pub(crate) fn waits_here(&self, waits: bool) {
        self.0.is_here.store(waits, Ordering::Release);
    }

    /// Whether an answer waits here; still so after whoever waited was given up.
    pub(crate) fn is_here(&self) -> bool {
        self.0.is_here.load(Ordering::Acquire)
    }

    /// Says that the request provably never left. For a call that this one is made for it stays possible, since
    /// another of its requests may have left meanwhile.
    pub fn restore(&self, before: bool) {
        self.0.sent.store(before, Ordering::Release);
    }
}

/// What the API said of keeping its last answer, shared by all who hold the call. Beside the reply and not in it, since
/// a reply is what a caller gets.
#[derive(Clone, Debug, Default)]
pub struct Heard(Arc<Mutex<Option<Freshness>>>);

impl Heard {
    /// Notes what an answer says.
    pub fn set(&self, freshness: Freshness) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(freshness);
    }

    /// What the last answer said; nothing where none came, and then there is nothing to keep.
    pub fn get(&self) -> Option<Freshness> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A successful answer. What it holds is shared by all who get it, until somebody changes it for one of them.
#[derive(Clone)]
pub struct Reply {
    /// The API's HTTP status; 200 for a hand-written tool.
    pub status: u16,
    /// What the caller should know besides: values that did not match the document, characters made visible.
    pub notes: Vec<String>,
    held: Arc<Held>,
}

#[derive(Default)]
struct Held {
    body: Body,
    /// The text as a string of JSON, written once for all who get it.
    written: OnceLock<String>,
}

/// What an answer holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Body {
    /// The answer in the shape of the tool's output schema; absent when the tool has none.
    pub structured: Option<Structured>,
    /// The answer as text: the same JSON, or a sentence when there is no content.
    pub text: String,
    /// The answer as bytes, where the document says that it is neither JSON nor text.
    pub attachment: Option<Attachment>,
    /// What a hand-written tool answers besides, or instead of a text.
    pub blocks: Vec<Block>,
}

impl Reply {
    /// An answer with this status.
    pub fn new(status: u16, body: Body, notes: Vec<String>) -> Self {
        Self { status, notes, held: Arc::new(Held { body, written: OnceLock::new() }) }
    }

    /// The same, of which the text is known as a string of JSON, where it is.
    pub(crate) fn written_so(status: u16, body: Body, notes: Vec<String>, written: Option<String>) -> Self {
        debug_assert!(written.as_ref().is_none_or(|written| *written == quoted(&body.text)));
        let written = written.map_or_else(OnceLock::new, OnceLock::from);
        Self { status, notes, held: Arc::new(Held { body, written }) }
    }

    /// The answer of a hand-written tool: this value, which must be an object as JSON, and the same JSON as text.
    pub fn of(value: &impl Serialize) -> Result<Self, CallError> {
        let structured = serde_json::to_value(value)
            .map_err(|error| CallError::Internal { cause: format!("the answer is not JSON: {error}") })?;
        if !structured.is_object() {
            return Err(CallError::Internal { cause: "the answer is not an object".to_owned() });
        }
        Ok(Self::structured(structured))
    }

    /// The answer that is this JSON, and the same JSON as text.
    pub fn structured(value: Value) -> Self {
        let structured = Structured::from(value);
        let text = structured.text().to_owned();
        Self::new(200, Body { structured: Some(structured), text, ..Body::default() }, Vec::new())
    }

    /// The answer of a hand-written tool without an output schema: this text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::new(200, Body { text: text.into(), ..Body::default() }, Vec::new())
    }

    /// The answer of a hand-written tool without an output schema: these pieces.
    pub fn blocks(blocks: Vec<Block>) -> Self {
        Self::new(200, Body { blocks, ..Body::default() }, Vec::new())
    }

    /// The same with this status.
    #[must_use]
    pub fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// The same with these notes.
    #[must_use]
    pub fn with_notes(self, notes: Vec<String>) -> Self {
        Self { notes, ..self }
    }

    /// The structured answer, for whoever it ends with.
    pub fn into_structured(self) -> Option<Value> {
        self.into_parts().0.structured.map(Structured::into_value)
    }

    /// What it holds, for whoever it ends with, and the notes.
    pub fn into_parts(self) -> (Body, Vec<String>) {
        let held = Arc::try_unwrap(self.held);
        (held.map_or_else(|held| held.body.clone(), |held| held.body), self.notes)
    }

    /// Whether the text is the structured answer as JSON, and not what stands in the place of one.
    pub(crate) fn tells_structure(&self) -> bool {
        self.structured.as_ref().is_some_and(|structured| structured.text() == self.text)
    }

    /// The text as a string of JSON, as it goes to clients.
    pub fn written(&self) -> &str {
        self.held.written.get_or_init(|| quoted(&self.text))
    }
}

impl Deref for Reply {
    type Target = Body;

    fn deref(&self) -> &Body {
        &self.held.body
    }
}

impl DerefMut for Reply {
    fn deref_mut(&mut self) -> &mut Body {
        if Arc::get_mut(&mut self.held).is_none() {
            self.held = Arc::new(Held { body: self.held.body.clone(), written: OnceLock::new() });
        }
        let held = Arc::get_mut(&mut self.held).expect("nobody else has it now");
        held.written.take();
        &mut held.body
    }
}

impl PartialEq for Reply {
    fn eq(&self, other: &Self) -> bool {
        (self.status, &self.notes, &**self) == (other.status, &other.notes, &**other)
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (status, notes) = (&self.status, &self.notes);
        out.debug_struct("Reply")
            .field("status", status)
            .field("body", &**self)
            .field("notes", notes)
            .finish()
    }
}

/// An answer that is bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its media type without parameters, lower-case.
    pub media_type: String,
    /// The bytes, no more than what an answer may hold.
    pub bytes: Vec<u8>,
}

/// Why a call got no successful answer. Variants are what a caller or a stage can act on.
#[derive(Clone, Debug)]
pub enum CallError {
    /// The arguments were refused; nothing was sent.
    Arguments(Problems),
    /// Time ran out. `sent` tells whether the request may have reached the API.
    TimedOut {
        /// What was allowed.
        after: Duration,
        /// Whether the request may have reached the API.
        sent: bool,
    },
    /// The API could not be reached; nothing was sent.
    Unreachable {
        /// For the log, never for callers.
        cause: String,
    },
    /// The API has failed so often of late that it is left alone for a while; nothing was sent.
    Unavailable {
        /// When it is worth calling again.
        retry_after: Duration,
    },
    /// An identical change was made before, so it was not made again; nothing was sent.
    Repeated {
        /// How long ago it ended, or began where its end is not known.
        age: Duration,
        /// The id of its request.
        request_id: String,
        /// The API's status, if it was made; `None` when what became of it is not known.
        status: Option<u16>,
    },
    /// The idempotency key belongs to a change with other arguments; nothing was sent.
    KeyTaken,
    /// The rules of access do not permit it; nothing was sent.
    Denied {
        /// Whether the caller may not use the tool at all, and so is not told that there is one.
        hidden: bool,
    },
    /// The caller, or all callers together, made as many calls as they may; nothing was sent.
    Limited {
        /// When a call is admitted again.
        retry_after: Duration,
    },
    /// As many requests are at the API as may be; nothing was sent.
    Busy {
        /// When it is worth calling again.
        retry_after: Duration,
    },
    /// A person must say yes first; nothing was sent.
    Unconfirmed {
        /// What to ask.
        question: String,
        /// What must come back with the answer.
        state: String,
    },
    /// A person would have to say yes, and there is no way to ask one; nothing was sent.
    Unasked,
    /// A person was asked and said no; nothing was sent.
    Unwanted,
    /// A person was to be asked, and the client brought no answer; nothing was sent.
    Unanswered,
    /// The client must answer something first.
    InputRequired {
        /// What, by the names that its answers come back under.
        asks: Vec<Named>,
    },
    /// The client would have to be asked something, and cannot do that.
    Incapable {
        /// What it cannot do.
        ability: Ability,
    },
    /// The state that came with a person's answer is not one for this call; nothing was sent.
    Unsealed {
        /// What is wrong with it.
        why: &'static str,
    },
    /// The journal cannot record the call, so it is not made; nothing was sent.
    Unrecorded {
        /// For the log, never for callers.
        cause: String,
    },
    /// What processes share of changes cannot be reached, so that it is not known whether the change was made before; nothing
    /// was sent.
    Unshared {
        /// For the log, never for callers.
        cause: String,
    },
    /// The connection broke after the request was sent, or while the answer was read: a mutation's outcome is
    /// unknown.
    Interrupted {
        /// For the log, never for callers.
        cause: String,
    },
    /// The API answered with an error status.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The API's own message, cleaned and bounded; empty when it gave none.
        message: String,
        /// When the API asks to come back.
        retry_after: Option<Duration>,
    },
    /// The API answered with success but its answer lacks the member that proves that something was done.
    NothingDone {
        /// The API's own message, cleaned and bounded.
        message: String,
    },
    /// The API tried to send us elsewhere; the address was not followed.
    Redirected {
        /// The HTTP status.
        status: u16,
    },
    /// The answer was larger than what is allowed.
    TooLarge {
        /// The limit in bytes.
        limit: usize,
        /// The HTTP status.
        status: u16,
    },
    /// The answer came whole, and is larger than what a caller is given, and there is nothing in it to cut at.
    Oversized {
        /// How many bytes of JSON text it has.
        size: usize,
        /// How many are given at once.
        limit: usize,
        /// The HTTP status.
        status: u16,
    },
    /// The API answered, and what it answered waited here behind other large answers until its time was over; only of reads.
    Crowded {
        /// What was allowed.
        after: Duration,
    },
    /// The answer was not what the document promises (an HTML page, broken JSON, a required member of a wrong
    /// type).
    Unexpected {
        /// The HTTP status.
        status: u16,
        /// What was expected and what came, without the content.
        what: String,
    },
    /// No credential is configured for what the operation needs.
    NoCredential {
        /// The scheme names that would do, alternatives joined by `or`.
        schemes: String,
    },
    /// There is no account of the caller's at the API; nothing was sent.
    NoAccount(NoAccount),
    /// The credential for the API cannot be had at the moment; nothing was sent.
    CredentialUnavailable {
        /// For the log, never for callers.
        cause: String,
    },
    /// A hand-written tool could not do it, and says why.
    Declined {
        /// What the caller reads: what is wrong and what to do next.
        message: String,
    },
    /// A fault of ours. The cause is for the log, never for callers.
    Internal {
        /// For the log, never for callers.
        cause: String,
    },
}

/// Why a caller has no account at the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAccount {
    /// Nobody added a credential for this caller.
    Unknown,
    /// There is no token of the caller's that may be exchanged.
    NoToken,
    /// The token endpoint gives none for the caller's token.
    NotExchanged,
}

impl CallError {
    /// Whether it says that a change was not made, although something may have been sent. A time-out of the API itself (408)
    /// does not, nor does any failure on its side.
    pub fn says_unchanged(&self) -> bool {
        match self {
            Self::Refused { status, .. } => (400..500).contains(status) && *status != 408,
            Self::NothingDone { .. }
            | Self::Declined { .. }
            | Self::Arguments(_)
            | Self::NoCredential { .. }
            | Self::NoAccount(_)
            | Self::CredentialUnavailable { .. } => true,
            _ => false,
        }
    }

    /// Whether it says that the API is down or in trouble, so that an old answer is better than none (RFC 5861, section 4).
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::Unavailable { .. }
            | Self::Interrupted { .. }
            | Self::TimedOut { .. } => true,
            Self::Refused { status, .. } => matches!(status, 500 | 502 | 503 | 504),
            _ => false,
        }
    }

    /// The status that the API answered with, if it answered.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. }
            | Self::Redirected { status }
            | Self::TooLarge { status, .. }
            | Self::Oversized { status, .. }
            | Self::Unexpected { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The variant's name in snake_case, for logs and metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Arguments(_) => "arguments",
            Self::TimedOut { .. } => "timed_out",
            Self::Unreachable { .. } => "unreachable",
            Self::Unavailable { .. } => "unavailable",
            Self::Repeated { status: Some(_), .. } => "repeated",
            Self::Repeated { status: None, .. } => "outcome_unknown",
            Self::KeyTaken => "key_taken",
            Self::Denied { .. } => "denied",
            Self::Limited { .. } => "limited",
            Self::Busy { .. } => "busy",
            Self::Unconfirmed { .. } => "unconfirmed",
            Self::Unasked => "unasked",
            Self::Unwanted => "unwanted",
            Self::Unanswered => "unanswered",
            Self::InputRequired { .. } => "input_required",
            Self::Incapable { .. } => "incapable",
            Self::Unsealed { .. } => "unsealed",
            Self::Unrecorded { .. } => "unrecorded",
            Self::Unshared { .. } => "unshared",
            Self::Interrupted { .. } => "interrupted",
            Self::Refused { .. } => "refused",
            Self::NothingDone { .. } => "nothing_done",
            Self::Redirected { .. } => "redirected",
            Self::TooLarge { .. } => "too_large",
            Self::Oversized { .. } => "oversized",
            Self::Crowded { .. } => "crowded",
            Self::Unexpected { .. } => "unexpected",
            Self::NoCredential { .. } => "no_credential",
            Self::NoAccount(_) => "no_account",
            Self::CredentialUnavailable { .. } => "credential_unavailable",
            Self::Declined { .. } => "declined",
            Self::Internal { .. } => "internal",
        }
    }
}
