//! What is told of work that goes on: a member of the structured answer for programs, a note for whoever reads text.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::as_json::as_json;
use crate::call::Reply;
use crate::catalog::Long;

/// The member of the structured answer, as output schemas have it.
pub(crate) const FOLLOW_UP: &str = "followUp";

/// How far the work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It goes on, or nothing is known of it yet.
    Running,
    /// It goes on when a person has acted.
    Waiting,
    /// It is done.
    Done,
    /// It has failed.
    Failed,
}

impl Outcome {
    /// How far work is that is in this state. Letter case is not looked at, since APIs do not keep to one.
    pub fn of(long: &Long, state: &str) -> Self {
        let is_among = |states: &[&str]| states.iter().any(|one| one.eq_ignore_ascii_case(state));
        match () {
            () if is_among(long.done) => Self::Done,
            () if is_among(long.failed) => Self::Failed,
            () if is_among(long.waiting) => Self::Waiting,
            () => Self::Running,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

/// What is said where the caller may not use the tool that tells the state; `is_awaited` where a wait was asked for.
pub(super) fn untold(is_awaited: bool) -> String {
    let wait = if is_awaited { " So nothing was waited for." } else { "" };
    format!(
        "The work goes on after this answer, and this server lets you use no tool that tells its state.{wait}"
    )
}

/// What is known of the work.
pub(super) struct FollowUp {
    pub(super) long: Long,
    /// Arguments of the call that tells its state.
    pub(super) arguments: Map<String, Value>,
    /// The last state that was learnt.
    pub(super) state: Option<String>,
}

impl FollowUp {
    /// How far the work is by its last state.
    pub(super) fn outcome(&self) -> Outcome {
        self.state.as_deref().map_or(Outcome::Running, |state| Outcome::of(&self.long, state))
    }

    /// Says it in the reply; `waited` where somebody did.
    pub(super) fn tell(self, reply: &mut Reply, waited: Option<Duration>) {
        reply.notes.push(self.note(waited));
        let tells_structure = reply.tells_structure();
        if let Some(answer @ Value::Object(_)) = reply.structured.as_deref_mut() {
            answer[FOLLOW_UP] = self.member();
            if tells_structure {
                reply.text = as_json(answer);
            }
        }
    }

    /// What is said to whoever waits for it no longer.
    pub(super) fn unwatched(&self) -> String {
        format!(
            "The waiting has ended, and nothing else: the work goes on at the API. For its state call {} with {}. {}",
            self.long.tool,
            as_json(&self.arguments),
            self.meanings()
        )
    }

    fn member(self) -> Value {
        let mut member = Map::new();
        member.insert("outcome".to_owned(), self.outcome().word().into());
        if let Some(state) = &self.state {
            member.insert("state".to_owned(), state.as_str().into());
        }
        member.insert("tool".to_owned(), self.long.tool.into());
        member.insert("arguments".to_owned(), self.arguments.into());
        member.into()
    }

    fn note(&self, waited: Option<Duration>) -> String {
        let call = format!("{} with {}", self.long.tool, as_json(&self.arguments));
        let (Some(waited), Some(state)) = (waited, &self.state) else {
            let learnt = if waited.is_some() {
                " Its state could not be learnt in the time that was waited."
            } else {
                ""
            };
            return format!(
                "The work goes on after this answer.{learnt} For its state call {call}. {}",
                self.meanings()
            );
        };
        let seconds = waited.as_secs();
        match self.outcome() {
            Outcome::Done => format!("After {seconds} s the work is done; its state is `{state}`."),
            Outcome::Failed => format!(
                "After {seconds} s the work has failed; its state is `{state}`. What it was to do was not, or not all of it: for the reason call {call}."
            ),
            Outcome::Waiting => format!(
                "After {seconds} s the state of the work is `{state}`: a person must act before it goes on. Tell one; for its state afterwards call {call}."
            ),
            Outcome::Running => format!(
                "After {seconds} s the work still goes on; its state is `{state}`. Do not make this call again: for its state call {call}. {}",
                self.meanings()
            ),
        }
    }

    /// What states mean.
    fn meanings(&self) -> String {
        let known = [
            (self.long.done, "means done"),
            (self.long.failed, "means failed"),
            (self.long.waiting, "means that a person must act"),
        ];
        let mut said = String::from("There ");
        let mut joint = "";
        for (states, meaning) in known.into_iter().filter(|(states, _)| !states.is_empty()) {
            said.push_str(joint);
            list(&mut said, states);
            said.push(' ');
            said.push_str(meaning);
            joint = ", ";
        }
        said.push('.');
        said
    }
}

/// Adds these states as JSON texts with `or` between them.
fn list(said: &mut String, states: &[&str]) {
    let mut joint = "";
    for state in states {
        said.push_str(joint);
        said.push_str(&as_json(state));
        joint = " or ";
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(state: Option<&str>, waited: Option<u64>) -> Reply {
        let long = Long {
            id: "/id",
            tool: "get_work",
            with: &[],
            state: "/state",
            done: &["Complete", "Closed"],
            failed: &["Failed"],
            waiting: &["Held"],
        };
        let arguments = Map::from_iter([("id".to_owned(), json!("W1"))]);
        let follow_up = FollowUp { long, arguments, state: state.map(str::to_owned) };
        let mut reply = Reply::structured(json!({ "id": "W1" }));
        follow_up.tell(&mut reply, waited.map(Duration::from_secs));
        reply
    }

    #[test]
    fn what_is_known_is_told_twice() {
        for (state, waited, outcome, words) in [
            (
                None,
                None,
                "running",
                "For its state call get_work with {\"id\":\"W1\"}. There \"Complete\" or \"Closed\" means done,",
            ),
            (None, Some(9), "running", "could not be learnt"),
            (Some("Complete"), Some(9), "done", "After 9 s the work is done; its state is `Complete`."),
            (Some("FAILED"), Some(9), "failed", "has failed; its state is `FAILED`"),
            (Some("Held"), Some(9), "waiting", "a person must act before it goes on"),
            (
                Some("Executing"),
                Some(9),
                "running",
                "still goes on; its state is `Executing`. Do not make this call again",
            ),
        ] {
            let reply = told(state, waited);
            assert!(reply.notes[0].contains(words), "{:?}", reply.notes);
            let answer = reply.structured.clone().expect("it has structure");
            assert_eq!(reply.text, answer.to_string());
            let mut expected = json!({ "outcome": outcome, "tool": "get_work", "arguments": { "id": "W1" } });
            if let Some(state) = state {
                expected["state"] = json!(state);
            }
            assert_eq!(answer["followUp"], expected);
        }
    }
}
