//! The client of a call, as who works for it sees it: what it can, what it is asked, and what it is told on the way.
//!
//! In the stateless era a question ends the call, and the answer comes with the next request for the same thing: the work begins
//! anew and finds the answers that were given so far. On a connection with a handshake the work waits for the answer, and so it does
//! where the call has become a task. Who asks need not know which it is.

mod ask;

use std::sync::Arc;

use serde_json::{Map, Value};
use tokio::sync::{mpsc, oneshot};

use crate::call::CallError;
use crate::tasks::Later;

pub use ask::{Ability, Ask};

/// A question and the name that its answer comes back under.
pub type Named = (String, Ask);

/// The client of a call. There is none where a program calls, and then nothing can be asked.
#[derive(Clone, Debug, Default)]
pub struct Client(Option<Arc<Line>>);

#[derive(Debug)]
struct Line {
    can: Vec<Ability>,
    /// What was answered so far, by name.
    given: Map<String, Value>,
    /// Whether the connection carries questions while their call is being made.
    carries: bool,
    /// What the call may become a task by, which carries them then.
    later: Option<Later>,
    said: mpsc::Sender<Said>,
}

/// What is said to a client on the way.
#[derive(Debug)]
pub(crate) enum Said {
    /// How far the work is.
    Progress(Progress),
    /// Something that happened.
    Log(Level, String),
    /// What is at this address is another thing now.
    Changed(String),
    /// A question, its name, and where its answer goes; nothing where none came.
    Asked(String, Ask, oneshot::Sender<Option<Value>>),
}

/// How far work is.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// How much is done; it only ever grows.
    pub done: f64,
    /// Of how much, where that is known.
    pub total: Option<f64>,
    /// In words.
    pub message: Option<String>,
}

/// How much something that happened matters; those that matter more are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For whoever looks for a fault.
    Debug,
    /// As it should be.
    Info,
    /// Worth a look.
    Warning,
    /// A fault.
    Error,
}

impl Client {
    /// A client that can do this, whose questions end the call until that is a task; some were answered.
    pub(crate) fn stateless(
        can: Vec<Ability>,
        given: Map<String, Value>,
        said: mpsc::Sender<Said>,
        later: Option<Later>,
    ) -> Self {
        Self(Some(Arc::new(Line { can, given, carries: false, later, said })))
    }

    /// A client that can do this, on a connection that carries questions.
    pub(crate) fn connected(can: Vec<Ability>, said: mpsc::Sender<Said>) -> Self {
        Self(Some(Arc::new(Line { can, given: Map::new(), carries: true, later: None, said })))
    }

    /// Whether it said that it can do this.
    pub fn can(&self, ability: Ability) -> bool {
        self.0.as_ref().is_some_and(|line| line.can.contains(&ability))
    }

    /// Asks, and gives the client's answer, which has the form that was asked for. The name tells one question of a call from the
    /// others; the same question must have the same name when the work begins anew. An error must be passed on: it may be the
    /// question on its way.
    pub async fn ask(&self, name: &str, ask: Ask) -> Result<Value, CallError> {
        let mut answers = self.ask_all(vec![(name.to_owned(), ask)]).await?;
        Ok(answers.remove(0))
    }

    /// Asks several things at once, and gives the answers in their order.
    pub async fn ask_all(&self, asks: Vec<Named>) -> Result<Vec<Value>, CallError> {
        let lacking = asks.iter().map(|(_, ask)| ask.ability()).find(|ability| !self.can(*ability));
        if let Some(ability) = lacking {
            return Err(CallError::Incapable { ability });
        }
        match &self.0 {
            Some(line) if line.waits() => line.put(asks).await,
            Some(line) => line.find(asks),
            None => Ok(Vec::new()),
        }
    }

    /// Tells how far the work is, where the client wants to know.
    pub async fn progress(&self, progress: Progress) {
        self.say(Said::Progress(progress)).await;
    }

    /// Tells what happened, where the client wants to know.
    pub async fn log(&self, level: Level, text: impl Into<String>) {
        self.say(Said::Log(level, text.into())).await;
    }

    /// Tells every client that watches this address that something else is there now.
    pub async fn changed(&self, uri: impl Into<String>) {
        self.say(Said::Changed(uri.into())).await;
    }

    /// Who does not listen any more misses nothing that matters to the call.
    async fn say(&self, said: Said) {
        if let Some(line) = &self.0 {
            let _ = line.said.send(said).await;
        }
    }
}

impl Line {
    /// Whether the work waits for answers.
    fn waits(&self) -> bool {
        self.carries || self.later.as_ref().is_some_and(|later| later.task().is_some())
    }

    async fn put(&self, asks: Vec<Named>) -> Result<Vec<Value>, CallError> {
        // All are put before any answer is waited for.
        let mut open = Vec::with_capacity(asks.len());
        for (name, ask) in asks {
            let (sender, answer) = oneshot::channel();
            let sent = self.said.send(Said::Asked(name, ask.clone(), sender)).await;
            open.push(sent.map(|()| (ask, answer)).map_err(|_| CallError::Unanswered)?);
        }
        let mut answers = Vec::with_capacity(open.len());
        for (ask, answer) in open {
            let answer = answer.await.ok().flatten().filter(|answer| ask.is_answered_by(answer));
            answers.push(answer.ok_or(CallError::Unanswered)?);
        }
        Ok(answers)
    }

    /// The answers, if all are there; else the questions that are not answered, or not in their form.
    fn find(&self, asks: Vec<Named>) -> Result<Vec<Value>, CallError> {
        let given = |(name, ask): &Named| self.given.get(name).filter(|answer| ask.is_answered_by(answer));
        let answers: Option<Vec<Value>> = asks.iter().map(|one| given(one).cloned()).collect();
        answers.ok_or_else(|| {
            let open = asks.into_iter().filter(|one| given(one).is_none()).collect();
            CallError::InputRequired { asks: open }
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn name() -> Ask {
        let schema =
            json!({ "type": "object", "properties": { "name": { "type": "string" } }, "required": ["name"] });
        Ask::Form { message: "Who?".to_owned(), schema }
    }

    fn given(answers: Value) -> Client {
        let Value::Object(given) = answers else { panic!("an object") };
        Client::stateless(vec![Ability::Forms], given, mpsc::channel(1).0, None)
    }

    #[tokio::test]
    async fn a_question_without_an_answer_in_its_form_ends_the_call() {
        let answer = json!({ "action": "accept", "content": { "name": "Ada" } });
        let client = given(json!({ "who": answer, "other": 1 }));
        assert_eq!(client.ask("who", name()).await.unwrap(), answer);
        for wrong in [
            json!({}),
            json!({ "other": answer }),
            json!({ "who": 12345 }),
            json!({ "who": { "action": "accept" } }),
            json!({ "who": { "action": "accept", "content": { "name": 5 } } }),
        ] {
            match given(wrong.clone()).ask("who", name()).await {
                Err(CallError::InputRequired { asks }) => assert_eq!(asks, [("who".to_owned(), name())]),
                other => panic!("{wrong}: {other:?}"),
            }
        }
    }

    #[tokio::test]
    async fn only_what_is_missing_is_asked_again() {
        let client = given(json!({ "who": { "action": "decline" } }));
        match client.ask_all(vec![("who".to_owned(), name()), ("else".to_owned(), name())]).await {
            Err(CallError::InputRequired { asks }) => assert_eq!(asks.len(), 1),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn nothing_is_asked_that_a_client_cannot_do() {
        for client in [given(json!({})), Client::default()] {
            let error = client.ask("roots", Ask::Roots).await.unwrap_err();
            assert!(matches!(error, CallError::Incapable { ability: Ability::Roots }), "{error:?}");
        }
    }

    #[tokio::test]
    async fn a_connection_carries_the_question_while_the_call_is_made() {
        let (sender, mut said) = mpsc::channel(1);
        let client = Client::connected(vec![Ability::Forms], sender);
        let answering = async {
            let Some(Said::Asked(named, ask, answer)) = said.recv().await else { panic!("a question") };
            assert_eq!((&*named, ask), ("who", name()));
            answer.send(Some(json!({ "action": "cancel" }))).unwrap();
            let Some(Said::Asked(_, _, answer)) = said.recv().await else { panic!("a question") };
            drop(answer);
        };
        let asking = async {
            assert_eq!(client.ask("who", name()).await.unwrap(), json!({ "action": "cancel" }));
            assert!(matches!(client.ask("who", name()).await, Err(CallError::Unanswered)));
        };
        tokio::join!(answering, asking);
    }
}
