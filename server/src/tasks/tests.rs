//! How many tasks there are, whose they are, and for how long.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::sync::Notify;
use tokio::time::{Instant, advance};

use super::*;
use crate::catalog::{Effect, Work};
use crate::client::{Ability, Ask, Client};

static TOOL: Tool = Tool::bare(Effect::Read, Work::Rest);
const LONGEST: Duration = Duration::from_secs(60);
const KEPT: Duration = Duration::from_secs(300);

fn tasks(most: usize, most_each: usize) -> Tasks {
    Tasks::new(Settings { most, most_each, kept: KEPT }, CancellationToken::new(), Metrics::default(), None)
}

/// A task of this caller's that has begun, if there was room for it.
fn fresh(tasks: &Tasks, caller: &Caller) -> Option<Begun> {
    let (later, mut begun) = tasks.offer(caller, &TOOL);
    later.begin(LONGEST, "The waiting has ended.".to_owned()).then(|| begun.try_recv().unwrap())
}

fn nothing_said() -> mpsc::Receiver<Said> {
    mpsc::channel(1).1
}

fn answered(text: &str) -> Ended {
    Ended::Answered(json!({ "text": text }).as_object().unwrap().clone())
}

/// A task whose work ends when it is told to.
async fn running(tasks: &Tasks, caller: &Caller) -> (Task, Arc<Notify>) {
    let end = Arc::new(Notify::new());
    let heard = Arc::clone(&end);
    let work = async move {
        heard.notified().await;
        answered("done")
    };
    (fresh(tasks, caller).unwrap().go_on(work, nothing_said()).await, end)
}

/// Lets everything go on that can.
async fn settle() {
    for _ in 0..16 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn there_are_no_more_of_one_caller_and_of_all_than_may_be() {
    let tasks = tasks(3, 2);
    let (owner, other) = (Caller::LocalOwner, Caller::Anonymous);
    let held = [fresh(&tasks, &owner).unwrap(), fresh(&tasks, &owner).unwrap()];
    assert!(fresh(&tasks, &owner).is_none(), "a third of one caller");
    let last = fresh(&tasks, &other).unwrap();
    assert!(fresh(&tasks, &other).is_none(), "a fourth of all");
    drop(held);
    assert!(fresh(&tasks, &other).is_some(), "what never went on has left its place");
    drop(last);
}

#[tokio::test(start_paused = true)]
async fn a_task_is_found_by_its_caller_alone() {
    let tasks = tasks(2, 2);
    let (task, _end) = running(&tasks, &Caller::LocalOwner).await;
    assert!(tasks.find(&Caller::LocalOwner, task.id()).await.unwrap().is_some());
    assert!(tasks.find(&Caller::Anonymous, task.id()).await.unwrap().is_none());
    assert!(tasks.find(&Caller::LocalOwner, &task.id()[1..]).await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_there_for_as_long_as_was_told_and_no_longer() {
    let tasks = tasks(1, 1);
    let (task, end) = running(&tasks, &Caller::LocalOwner).await;
    assert_eq!((task.seen().now, task.seen().lasting), (Now::Working, LONGEST + KEPT));
    let since = Instant::now();
    end.notify_one();
    settle().await;
    assert_eq!(task.seen().now, Now::Ended(answered("done")));
    advance(LONGEST + KEPT - since.elapsed() - Duration::from_millis(2)).await;
    settle().await;
    assert!(tasks.find(&Caller::LocalOwner, task.id()).await.unwrap().is_some());
    advance(Duration::from_millis(4)).await;
    settle().await;
    assert!(tasks.find(&Caller::LocalOwner, task.id()).await.unwrap().is_none());
    assert!(fresh(&tasks, &Caller::LocalOwner).is_some(), "its place is free");
}

#[tokio::test(start_paused = true)]
async fn who_cancels_ends_the_waiting_and_reads_so() {
    let tasks = tasks(1, 1);
    let dropped = Arc::new(());
    let held = Arc::clone(&dropped);
    let work = async move {
        let _held = held;
        std::future::pending().await
    };
    let task = fresh(&tasks, &Caller::LocalOwner).unwrap().go_on(work, nothing_said()).await;
    settle().await;
    assert_eq!(Arc::strong_count(&dropped), 2);
    task.cancel();
    settle().await;
    assert_eq!(Arc::strong_count(&dropped), 1, "nobody waits any more");
    let seen = task.seen();
    assert_eq!((&seen.now, seen.message.as_deref()), (&Now::Cancelled, Some("The waiting has ended.")));
    task.cancel();
    assert_eq!(task.seen().changed, seen.changed, "a second time changes nothing");
    let (task, end) = running(&self::tasks(1, 1), &Caller::LocalOwner).await;
    end.notify_one();
    settle().await;
    task.cancel();
    assert_eq!(task.seen().now, Now::Ended(answered("done")), "what has ended stays");
}

#[tokio::test(start_paused = true)]
async fn questions_wait_for_answers_in_their_form() {
    let tasks = tasks(1, 1);
    let (later, mut begun) = tasks.offer(&Caller::LocalOwner, &TOOL);
    let (sender, said) = mpsc::channel(4);
    let client = Client::stateless(vec![Ability::Forms], Map::new(), sender, Some(later.clone()));
    let form = |field: &str| {
        let schema =
            json!({ "type": "object", "properties": { field: { "type": "string" } }, "required": [field] });
        Ask::Form { message: field.to_owned(), schema }
    };
    let asks = || vec![("one".to_owned(), form("name")), ("two".to_owned(), form("colour"))];
    assert!(client.ask_all(asks()).await.is_err(), "before it is a task, a question ends the call");
    assert!(later.begin(LONGEST, String::new()));
    let asking = asks();
    let work = async move {
        let answers = client.ask_all(asking).await.unwrap();
        answered(&format!("{} {}", answers[0]["content"]["name"], answers[1]["content"]["colour"]))
    };
    let task = begun.try_recv().unwrap().go_on(work, said).await;
    settle().await;
    let open = |task: &Task| match task.seen().now {
        Now::Asking(asks) => asks.into_iter().map(|(name, _)| name).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(open(&task), ["one.1", "two.2"]);
    let accepted = |content: Value| json!({ "action": "accept", "content": content });
    task.answer([("one.1".to_owned(), accepted(json!({ "name": 5 }))), ("x".to_owned(), json!({}))]);
    assert_eq!(open(&task), ["one.1", "two.2"], "neither is an answer");
    task.answer([("one.1".to_owned(), accepted(json!({ "name": "Ada" })))]);
    assert_eq!(open(&task), ["two.2"]);
    task.answer([("two.2".to_owned(), accepted(json!({ "colour": "blue" })))]);
    settle().await;
    assert_eq!(task.seen().now, Now::Ended(answered("\"Ada\" \"blue\"")));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_leaves_waits_for_nobody_and_keeps_nothing() {
    let tasks = tasks(2, 2);
    let (task, _end) = running(&tasks, &Caller::LocalOwner).await;
    let (ended, end) = running(&tasks, &Caller::LocalOwner).await;
    end.notify_one();
    settle().await;
    tasks.drain().await;
    for task in [task, ended] {
        assert!(tasks.find(&Caller::LocalOwner, task.id()).await.unwrap().is_none());
    }
    let (later, begun) = tasks.offer(&Caller::LocalOwner, &TOOL);
    drop(begun);
    assert!(!later.begin(LONGEST, String::new()), "a client that has left has no task");
    assert!(tasks.held().is_empty());
}

#[tokio::test(start_paused = true)]
async fn how_tasks_end_and_how_many_are_kept_is_counted() {
    let (metrics, leaving) = (Metrics::default(), CancellationToken::new());
    let tasks =
        Tasks::new(Settings { most: 8, most_each: 8, kept: KEPT }, leaving.clone(), metrics.clone(), None);
    let value = |series: &str| {
        let page = metrics.render(crate::metrics::Format::Prometheus, crate::metrics::Beside::default());
        let value =
            page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')).unwrap().to_owned();
        value.parse::<u64>().unwrap()
    };
    let ended = |how: &str| value(&format!("mcp_tasks_total{{result=\"{how}\"}}"));
    let owner = Caller::LocalOwner;
    let (_answered, end) = running(&tasks, &owner).await;
    end.notify_one();
    fresh(&tasks, &owner).unwrap().go_on(async { Ended::Failed(Map::new()) }, nothing_said()).await;
    let (cancelled, _) = running(&tasks, &owner).await;
    cancelled.cancel();
    settle().await;
    let (_late, _) = running(&tasks, &owner).await;
    assert_eq!((ended("answered"), ended("failed"), ended("cancelled"), ended("given_up")), (1, 1, 1, 0));
    assert_eq!(value("mcp_tasks_kept"), 4, "those that have ended are kept for a while");
    advance(LONGEST + KEPT + Duration::from_millis(2)).await;
    settle().await;
    assert_eq!((ended("given_up"), value("mcp_tasks_kept")), (1, 0), "its time was up");
    let (_left, _) = running(&tasks, &owner).await;
    settle().await;
    leaving.cancel();
    settle().await;
    assert_eq!((ended("given_up"), value("mcp_tasks_kept")), (2, 0), "the server stopped");
    assert_eq!((ended("answered"), ended("failed"), ended("cancelled")), (1, 1, 1));
}
