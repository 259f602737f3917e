//! Sets of Code Pipeline are followed to their end, by real clients of both eras, who are told each state.

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities, ClientConfig, GetTaskParams,
    Implementation, ProgressNotificationParam, TaskPayload,
};
use rmcp::service::NotificationContext;
use rmcp::{ClientHandler, RoleClient};
use serde_json::{Map, Value, json};
use simulator::{Clock, Matching};
use support::{ERAS, Era, World, text};

/// A client that lets the mainframe's time pass whenever it hears of a state.
struct Watcher {
    clock: Clock,
    heard: Arc<Mutex<Vec<String>>>,
}

impl ClientHandler for Watcher {
    async fn on_progress(&self, progress: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        let state = progress.message.expect("a state");
        let pause = if state == "Dispatched" { 1 } else { 2 };
        self.heard.lock().expect("nobody panicked").push(state);
        self.clock.advance(Duration::from_secs(pause));
    }
}

async fn world() -> World {
    World::start_with(|options| {
        options.engine.follow.first_pause = Duration::from_millis(1);
        options.engine.follow.longest_pause = Duration::from_millis(5);
    })
    .await
}

/// Waits for what a call starts; gives its result and the states that were told meanwhile.
async fn wait(world: &World, era: Era, tool: &str, arguments: Value) -> (CallToolResult, Vec<String>) {
    let heard = Arc::default();
    let watcher = Watcher { clock: world.simulator.clock().clone(), heard: Arc::clone(&heard) };
    let client = world.client_as(watcher, era).await;
    let mut given =
        Map::from_iter([("srid".to_owned(), json!("cw09-47623")), ("wait_seconds".to_owned(), json!(60))]);
    given.extend(arguments.as_object().expect("arguments are an object").clone());
    let request = CallToolRequestParams::new(tool.to_owned()).with_arguments(given);
    let result = client.call_tool(request).await.expect("the call is answered");
    client.cancel().await.expect("the client closes");
    let heard = heard.lock().expect("nobody panicked").clone();
    (result, heard)
}

fn follow_up(result: &CallToolResult) -> Value {
    result.structured_content.as_ref().map(|answer| answer["followUp"].clone()).unwrap_or_default()
}

#[tokio::test]
async fn a_generate_is_followed_until_it_is_complete() {
    for era in ERAS {
        let world = world().await;
        let arguments =
            json!({ "assignmentId": "PLAY000313", "level": "DEV2", "runtimeConfiguration": "TPZP" });
        let (result, heard) = wait(&world, era, "generate_assignment", arguments).await;
        assert_eq!(heard, ["Dispatched", "Executing", "Complete"], "{era:?}");
        let told = follow_up(&result);
        assert_eq!((&told["outcome"], &told["state"]), (&json!("done"), &json!("Complete")), "{era:?}");
        let set = result.structured_content.as_ref().expect("an answer")["setId"].clone();
        assert_eq!(
            (&told["tool"], &told["arguments"]),
            (&json!("get_set"), &json!({ "srid": "cw09-47623", "setId": set, "rtConfig": "TPZP" }))
        );
        let count = |operation| world.simulator.count(&Matching::operation(operation));
        assert_eq!(count("generateTasksInAssignment"), 1);
        assert!(count("getSet") >= 3);
        world.stop().await;
    }
}

/// A client that comes back for answers.
struct Returning;

impl ClientHandler for Returning {
    fn get_info(&self) -> ClientConfig {
        let capabilities = ClientCapabilities::builder().enable_tasks().build();
        ClientConfig::new(capabilities, Implementation::new("returning", "1"))
    }
}

#[tokio::test]
async fn a_generate_is_fetched_by_a_client_that_comes_back() {
    let world = world().await;
    let client = world.client_as(Returning, Era::Stateless).await;
    let arguments =
        json!({ "srid": "cw09-47623", "assignmentId": "PLAY000313", "level": "DEV2", "wait_seconds": 60 });
    let request = CallToolRequestParams::new("generate_assignment")
        .with_arguments(arguments.as_object().expect("an object").clone());
    let CallToolResponse::Task(created) = client.call_tool_once(request).await.expect("the call is answered")
    else {
        panic!("a task in the place of the answer");
    };
    let mut heard = Vec::new();
    let result = loop {
        let params = GetTaskParams::new(created.task.task_id.clone());
        let seen = client.get_task(params).await.expect("the task is there").task;
        if let TaskPayload::Completed { result } = seen.payload {
            break Value::Object(result);
        }
        if let Some(state) = seen.task.status_message.filter(|state| heard.last() != Some(state)) {
            let pause = if state == "Dispatched" { 1 } else { 2 };
            world.simulator.clock().advance(Duration::from_secs(pause));
            heard.push(state);
        }
    };
    assert_eq!(heard[..2], ["Dispatched", "Executing"]);
    assert_eq!(result["structuredContent"]["followUp"]["outcome"], "done", "{result}");
    assert_eq!(world.simulator.count(&Matching::operation("generateTasksInAssignment")), 1);
    client.cancel().await.expect("the client closes");
    world.stop().await;
}

#[tokio::test]
async fn failure_and_people_end_the_wait() {
    let held = json!({ "assignmentId": "PLAY000313", "level": "DEV2", "executionStatus": "H" });
    for (tool, arguments, outcome, state) in [
        ("generate_assignment", json!({ "assignmentId": "PLAY002631", "level": "DEV1" }), "failed", "Failed"),
        (
            "promote_assignment",
            json!({ "assignmentId": "PLAY000313", "level": "QA" }),
            "waiting",
            "Waiting-Approval",
        ),
        ("generate_assignment", held, "waiting", "Held"),
    ] {
        let world = world().await;
        let (result, heard) = wait(&world, Era::Stateless, tool, arguments).await;
        let told = follow_up(&result);
        assert_eq!((&told["outcome"], &told["state"]), (&json!(outcome), &json!(state)), "{tool}: {heard:?}");
        assert_eq!(heard.last().map(String::as_str), Some(state));
        let asks = text(&result).contains("a person must act before it goes on");
        assert_eq!(asks, outcome == "waiting", "{}", text(&result));
        world.stop().await;
    }
}
