//! One task: what its client learns of it, what it is asked meanwhile, and when it is over.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::words::Word;
use crate::catalog::Tool;
use crate::client::{Ask, Named, Progress, Said};
use crate::metrics::Count;

/// What is known of the work when a call becomes a task.
#[derive(Debug)]
pub(super) struct Plan {
    /// How long it may take.
    pub(super) longest: Duration,
    /// What its client reads once it has cancelled it.
    pub(super) after_cancel: String,
}

/// What the work of a task came to, as the protocol has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Ended {
    /// The result of the call, also where that says that the call has failed.
    Answered(Map<String, Value>),
    /// An error in the place of a result.
    Failed(Map<String, Value>),
}

/// How a task stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Now {
    /// Its work goes on.
    Working,
    /// Its work goes on when its client has answered these.
    Asking(Vec<Named>),
    /// Its work has ended.
    Ended(Ended),
    /// Its work has ended, and what it came to is too large to be known by more than the process that did it.
    TooLarge,
    /// Its client has cancelled it.
    Cancelled,
}

impl Now {
    /// Whether nothing will come of it any more than what is known.
    pub(super) fn is_over(&self) -> bool {
        !matches!(self, Self::Working | Self::Asking(_))
    }
}

/// What a client learns of a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) id: String,
    pub(crate) now: Now,
    /// How far the work is, in words.
    pub(crate) message: Option<String>,
    pub(crate) created: SystemTime,
    pub(crate) changed: SystemTime,
    /// For how long from its creation it is there.
    pub(crate) lasting: Duration,
}

/// One call that is answered later.
#[derive(Clone, Debug)]
pub(crate) struct Task(Arc<Held>);

#[derive(Debug)]
struct Held {
    id: String,
    owner: String,
    tool: &'static Tool,
    created: SystemTime,
    lasting: Duration,
    expires: Instant,
    after_cancel: String,
    cancelled: CancellationToken,
    /// Told of each change.
    news: Notify,
    changing: Mutex<Changing>,
}

#[derive(Debug)]
struct Changing {
    at: SystemTime,
    /// How many changes there were.
    count: usize,
    message: Option<String>,
    over: Option<Over>,
    open: Vec<Open>,
    /// How many questions there were; each has a name of its own.
    asked: usize,
}

#[derive(Debug)]
enum Over {
    Ended(Ended),
    Cancelled,
}

/// A question that its client has not answered.
#[derive(Debug)]
struct Open {
    name: String,
    ask: Ask,
    answer: oneshot::Sender<Option<Value>>,
}

impl Task {
    pub(super) fn new(owner: String, tool: &'static Tool, plan: Plan, kept: Duration) -> Self {
        let (created, lasting) = (SystemTime::now(), plan.longest.saturating_add(kept));
        let changing =
            Changing { at: created, count: 0, message: None, over: None, open: Vec::new(), asked: 0 };
        Self(Arc::new(Held {
            // Nobody can guess it: where nobody is asked who it is, the name alone tells one's tasks from another's.
            id: Uuid::new_v4().simple().to_string(),
            owner,
            tool,
            created,
            lasting,
            expires: Instant::now() + lasting,
            after_cancel: plan.after_cancel,
            cancelled: CancellationToken::new(),
            news: Notify::new(),
            changing: Mutex::new(changing),
        }))
    }

    /// Its name.
    pub(crate) fn id(&self) -> &str {
        &self.0.id
    }

    /// The tool that was called.
    pub(crate) fn tool(&self) -> &'static Tool {
        self.0.tool
    }

    /// Whose it is, by the caller's key.
    pub(super) fn owner(&self) -> &str {
        &self.0.owner
    }

    /// How long it is still there.
    pub(super) fn rest(&self) -> Duration {
        self.0.expires.saturating_duration_since(Instant::now())
    }

    /// How many changes there were.
    pub(super) fn changes(&self) -> usize {
        self.changing().count
    }

    /// Waits for a change that was not waited for before. Only one may wait.
    pub(super) async fn news(&self) {
        self.0.news.notified().await;
    }

    /// Whether it is this caller's, by the caller's key.
    pub(super) fn is_of(&self, owner: &str) -> bool {
        self.0.owner == owner
    }

    /// How it stands.
    pub(crate) fn seen(&self) -> Seen {
        let changing = self.changing();
        let now = match &changing.over {
            Some(Over::Ended(ended)) => Now::Ended(ended.clone()),
            Some(Over::Cancelled) => Now::Cancelled,
            None if changing.open.is_empty() => Now::Working,
            None => {
                Now::Asking(changing.open.iter().map(|open| (open.name.clone(), open.ask.clone())).collect())
            }
        };
        Seen {
            id: self.0.id.clone(),
            now,
            message: changing.message.clone(),
            created: self.0.created,
            changed: changing.at,
            lasting: self.0.lasting,
        }
    }

    /// Tells how far the work is.
    pub(crate) fn tell(&self, message: String) {
        self.change(|changing| changing.message = Some(message));
    }

    /// Takes answers to what was asked. What was not asked, or is no answer to it, is passed over: the question stays.
    pub(crate) fn answer(&self, answers: impl IntoIterator<Item = (String, Value)>) {
        self.change(|changing| {
            for (name, answer) in answers {
                let is_answered = |open: &Open| open.name == name && open.ask.is_answered_by(&answer);
                if let Some(place) = changing.open.iter().position(is_answered) {
                    // Who asked may have given up.
                    let _ = changing.open.remove(place).answer.send(Some(answer));
                }
            }
        });
    }

    /// Waits no longer for the work. What has ended stays as it is.
    pub(crate) fn cancel(&self) {
        let is_new = self.change(|changing| {
            changing.over = Some(Over::Cancelled);
            changing.message = Some(self.0.after_cancel.clone());
            changing.open.clear();
        });
        self.0.cancelled.cancel();
        if is_new {
            tracing::info!(tool = self.0.tool.name, task = self.0.id, outcome = "cancelled", "task");
        }
    }

    /// Hears what its client said to another process.
    pub(super) fn hear_elsewhere(&self, word: Word) {
        match word {
            Word::Cancel => self.cancel(),
            Word::Answers(answers) => self.answer(answers),
        }
    }

    /// Does the work, says how it ended, and stays until its time is up.
    pub(super) async fn live(
        &self,
        work: impl Future<Output = Ended>,
        said: mpsc::Receiver<Said>,
        over: impl Fn(Count),
    ) {
        let mut time = pin!(sleep_until(self.0.expires));
        tokio::select! {
            ended = self.during(work, said) => over(self.end(ended)),
            () = self.0.cancelled.cancelled() => over(Count::TaskCancelled),
            () = &mut time => return over(Count::TaskGivenUp),
        }
        time.await;
    }

    /// Says how it ended, if that was not said: nobody waits any more.
    pub(super) fn leave(&self, over: impl Fn(Count)) {
        if self.changing().over.is_none() {
            over(Count::TaskGivenUp);
        }
    }

    async fn during(&self, work: impl Future<Output = Ended>, mut said: mpsc::Receiver<Said>) -> Ended {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                Some(said) = said.recv() => self.hear(said),
                ended = &mut work => return ended,
            }
        }
    }

    fn hear(&self, said: Said) {
        match said {
            Said::Progress(progress) => self.tell(words(progress)),
            Said::Asked(name, ask, answer) => {
                self.change(|changing| {
                    changing.asked += 1;
                    let name = format!("{name}.{}", changing.asked);
                    changing.open.push(Open { name, ask, answer });
                });
            }
            // For these there is no way to a client that comes and goes.
            Said::Log(..) | Said::Changed(_) => {}
        }
    }

    /// Keeps what it came to, and gives how that is counted. What its client has cancelled meanwhile stays so.
    fn end(&self, ended: Ended) -> Count {
        let how = match &ended {
            Ended::Answered(_) => Count::TaskAnswered,
            Ended::Failed(_) => Count::TaskFailed,
        };
        let is_new = self.change(|changing| {
            changing.over = Some(Over::Ended(ended));
            changing.message = None;
            changing.open.clear();
        });
        if is_new { how } else { Count::TaskCancelled }
    }

    /// Changes what is known of it, unless it is over; whether it was changed.
    fn change(&self, how: impl FnOnce(&mut Changing)) -> bool {
        let mut changing = self.changing();
        if changing.over.is_some() {
            return false;
        }
        how(&mut changing);
        changing.at = SystemTime::now();
        changing.count += 1;
        self.0.news.notify_one();
        true
    }

    fn changing(&self) -> MutexGuard<'_, Changing> {
        self.0.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How far the work is, in words.
fn words(progress: Progress) -> String {
    match (progress.message, progress.total) {
        (Some(message), _) => message,
        (None, Some(total)) => format!("{} of {total}", progress.done),
        (None, None) => progress.done.to_string(),
    }
}
