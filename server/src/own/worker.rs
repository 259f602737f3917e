//! What stands between the stages and a handler: arguments are judged before it, its answer after it.

use serde_json::{Map, Number, Value};

use super::judge::{Judge, bounded};
use super::{AsTask, Context, Own};
use crate::call::{Call, CallError, Purpose, Reply};
use crate::client::Ability;
use crate::decode::{self, Decoder, Deployment, EXACT, Problem, Problems};
use crate::engine::Calls;
use crate::request::{Aside, Parts, Prepared};

/// A hand-written tool at work.
#[derive(Debug)]
pub struct Worker {
    own: &'static dyn Own,
    arguments: Judge,
    answers: Option<Judge>,
}

/// Which schema of a tool cannot be compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unsound {
    Arguments,
    Answers,
}

impl Worker {
    pub(super) fn new(own: &'static dyn Own, arguments: Judge, answers: Option<Judge>) -> Self {
        Self { own, arguments, answers }
    }

    /// Compiles what it judges by, and says what cannot be compiled.
    pub(super) fn unsound(&self) -> Option<Unsound> {
        if !self.arguments.is_sound() {
            return Some(Unsound::Arguments);
        }
        self.answers.as_ref().is_some_and(|answers| !answers.is_sound()).then_some(Unsound::Answers)
    }

    /// Whether the tool deals with what others write.
    pub(crate) fn open_world(&self) -> bool {
        self.own.open_world()
    }

    /// Whether the tool asks its client something on the way, or tells it something.
    pub(crate) fn talks(&self) -> bool {
        self.own.talks()
    }

    /// Whether its answer may come later.
    pub(crate) fn as_task(&self) -> AsTask {
        self.own.as_task()
    }

    /// Checks the arguments: the schema judges first, so that what it says is what is accepted; the type is asked
    /// besides, while a refusal still costs nothing.
    pub(crate) fn prepare(
        &self,
        arguments: Map<String, Value>,
        deployment: &Deployment,
    ) -> Result<Prepared, Problems> {
        let mut arguments = Value::Object(arguments);
        let mut decoder = Decoder::arguments(deployment);
        decode::scan(&arguments, &mut decoder);
        let mut problems = decoder.into_problems();
        self.arguments.judge(&arguments, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        make_canonical(&mut arguments);
        if let Err(error) = self.own.decodes(&arguments) {
            let message = format!("cannot be used: {}", bounded(&error.to_string()));
            problems.push(Problem { path: String::new(), rule: "type", message });
            return Err(problems);
        }
        Ok(Prepared { arguments, parts: Parts::default(), aside: Aside::default() })
    }

    /// Does the work of a call that has come through the stages.
    pub(crate) async fn work(&self, call: Call) -> Result<Reply, CallError> {
        let must_come_back = self.as_task() == AsTask::Always && call.purpose == Purpose::Client;
        if must_come_back && call.later.is_none() && call.calls.as_ref().is_some_and(Calls::offers_tasks) {
            return Err(CallError::Incapable { ability: Ability::Tasks });
        }
        let Some((context, arguments)) = Context::of(call) else {
            return Err(internal("the call was not prepared"));
        };
        let working = self.own.start(arguments, context);
        let reply =
            working.map_err(|error| internal(format!("accepted arguments do not decode: {error}")))?.await?;
        let conforms = match (&self.answers, &reply.structured) {
            (None, None) => true,
            (Some(judge), Some(answer)) => judge.accepts(answer),
            _ => false,
        };
        if conforms { Ok(reply) } else { Err(internal("the answer is not what the output schema says")) }
    }
}

fn internal(cause: impl Into<String>) -> CallError {
    CallError::Internal { cause: cause.into() }
}

/// Writes equal arguments in one way: members sorted by name, whole numbers as integers. JSON Schema takes `5.0` for an
/// integer, as generated tools do, and decoders do not.
fn make_canonical(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(make_canonical),
        Value::Object(members) => {
            members.sort_keys();
            members.values_mut().for_each(make_canonical);
        }
        Value::Number(number) if number.is_f64() => {
            if let Some(whole) =
                number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() <= EXACT as f64)
            {
                *number = Number::from(whole as i64);
            }
        }
        _ => {}
    }
}
