//! Work that goes on after the answer to a change: how its state is learnt, and the wait for its end where one was asked for.
//!
//! This is no stage. The change is over and on the record when it begins, so that whoever stops waiting stops nothing else,
//! and the time of a call does not bound it; where its client can come back, the wait is a task. Each look at the state is a call of its own, through every stage from the first.

mod pace;
mod told;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::call::{Call, CallError, Caller, Purpose, Reply};
use crate::catalog::{Long, Source, Tool};
use crate::engine::Calls;
use crate::request::aside;
use crate::request_id::numbered;
use crate::tasks::Later;
use crate::telemetry::{Entry, Traced};
use told::FollowUp;

pub use pace::Pace;
pub(crate) use told::FOLLOW_UP;
pub use told::Outcome;

/// After how many looks in a row that learnt nothing the wait ends.
pub const FRUITLESS: usize = 5;

/// How long callers may wait, and how often the state is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The longest wait; zero answers at once whatever is asked.
    pub longest: Duration,
    /// The pause before the first look.
    pub first_pause: Duration,
    /// What a pause grows to.
    pub longest_pause: Duration,
}

/// Five minutes; the first look after one second, and one every ten seconds in the end.
impl Default for Settings {
    fn default() -> Self {
        Self {
            longest: Duration::from_secs(300),
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(10),
        }
    }
}

/// A change whose work is followed once it has been answered.
pub(crate) struct Following {
    tool: &'static Tool,
    long: Long,
    arguments: Map<String, Value>,
    caller: Caller,
    request_id: Arc<str>,
    traceparent: Option<String>,
    traced: Traced,
    wait: Duration,
    /// Told of each state that is new.
    states: Option<mpsc::Sender<String>>,
    /// What the wait becomes a task by.
    later: Option<Later>,
}

impl Following {
    /// What is remembered of a call for this, if its tool starts work that goes on.
    pub(crate) fn of(call: &Call) -> Option<Box<Self>> {
        let long = call.tool.long?;
        Some(Box::new(Self {
            tool: call.tool,
            long,
            arguments: call.arguments.clone(),
            caller: call.caller.clone(),
            request_id: call.request_id.clone(),
            traceparent: call.traceparent.clone(),
            traced: call.traced,
            wait: aside::wait(&call.arguments),
            states: call.states.clone(),
            later: call.later.clone(),
        }))
    }

    /// The reply with how to learn the state of the work; after the wait, also with what it is.
    pub(crate) async fn up(
        self: Box<Self>,
        calls: &Calls,
        settings: Settings,
        leaving: &CancellationToken,
        mut reply: Reply,
    ) -> Reply {
        let Some(arguments) = self.arguments_of_the_read(&reply) else {
            if !self.wait.is_zero() {
                reply.notes.push("No work goes on after this answer, so nothing was waited for.".to_owned());
            }
            return reply;
        };
        // Whoever may not use that tool is not told that there is one.
        if !calls.find(self.long.tool).is_some_and(|tool| calls.may(&self.caller, tool)) {
            reply.notes.push(told::untold(!self.wait.is_zero()));
            return reply;
        }
        let mut follow_up = FollowUp { long: self.long, arguments, state: None };
        let wait = self.wait.min(settings.longest);
        let begun = Instant::now();
        if !wait.is_zero() {
            if let Some(later) = &self.later {
                later.begin(wait, follow_up.unwatched());
            }
            tokio::select! {
                () = self.watch(calls, Pace::new(settings), begun + wait, &mut follow_up) => {}
                // The server is about to leave: whoever waits hears where to go on.
                () = leaving.cancelled() => {}
            }
        }
        follow_up.tell(&mut reply, (!self.wait.is_zero()).then(|| begun.elapsed()));
        reply
    }

    /// The arguments of the call that tells the state; nothing where the answer names no work.
    fn arguments_of_the_read(&self, reply: &Reply) -> Option<Map<String, Value>> {
        let answer = reply.structured.as_ref()?;
        let given = |value: &&Value| !value.is_null() && value.as_str() != Some("");
        answer.pointer(self.long.id).filter(given)?;
        let value = |source: &Source| match source {
            Source::Answer(pointer) => answer.pointer(pointer).filter(given).cloned(),
            Source::Argument(name) => self.arguments.get(*name).cloned(),
        };
        let pairs = self.long.with.iter();
        Some(pairs.filter_map(|(name, source)| Some(((*name).to_owned(), value(source)?))).collect())
    }

    /// Looks at the state until it ends the wait, or time is up.
    async fn watch(&self, calls: &Calls, mut pace: Pace, until: Instant, follow_up: &mut FollowUp) {
        let (mut looks, mut fruitless) = (0, 0);
        loop {
            let now = Instant::now();
            if now >= until {
                return;
            }
            sleep_until((now + pace.pause()).min(until)).await;
            looks += 1;
            match self.look(calls, looks, follow_up).await {
                Some(state) => {
                    fruitless = 0;
                    if follow_up.state.as_ref() != Some(&state) {
                        self.tell(&state);
                    }
                    follow_up.state = Some(state);
                    if follow_up.outcome() != Outcome::Running {
                        return;
                    }
                }
                None => fruitless += 1,
            }
            if fruitless == FRUITLESS {
                return;
            }
        }
    }

    /// Tells of a state that is new.
    fn tell(&self, state: &str) {
        if let Some(states) = &self.states {
            // Who does not listen misses a state, and holds nothing up.
            let _ = states.try_send(state.to_owned());
        }
        if let Some(task) = self.later.as_ref().and_then(Later::task) {
            task.tell(state.to_owned());
        }
    }

    /// The state as it is now, if it can be learnt.
    async fn look(&self, calls: &Calls, number: usize, follow_up: &FollowUp) -> Option<String> {
        let tool = calls.find(self.long.tool)?;
        let request_id = numbered(&self.request_id, number);
        let mut call = Call::new(tool, follow_up.arguments.clone(), self.caller.clone(), request_id);
        call.purpose = Purpose::Watch;
        call.traceparent.clone_from(&self.traceparent);
        call.traced = self.traced;
        let entry = Entry::of(&call, Some(&self.request_id));
        let outcome = calls.call(call).await;
        entry.close(&outcome);
        if let Err(CallError::Arguments(problems)) = &outcome {
            let (tool, problems) = (self.tool.name, problems.to_string());
            tracing::error!(tool, problems, "the read that tells the state refuses what the overlay says");
        }
        state(&self.long, &outcome.ok()?.into_structured()?)
    }
}

/// The state of work, as the answer has it to the read that tells it.
pub fn state(long: &Long, answer: &Value) -> Option<String> {
    match answer.pointer(long.state)? {
        Value::String(state) => Some(state.clone()),
        Value::Null => None,
        other => Some(other.to_string()),
    }
}
