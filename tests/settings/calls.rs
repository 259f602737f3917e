//! What becomes of calls: how long they take, who is asked, and what is answered later.

use serde_json::{Value, json};

use crate::fake_upstream::{Act, json as answer};
use crate::program_support::run;
use crate::scratch::Scratch;
use crate::wire::Answer;
use crate::world::{NOWHERE, SOON, World, assignment, outcome, timed};

#[tokio::test]
async fn a_whole_call_may_take_so_long() {
    let world = World::start([Act::Silence], &[("CALL_DEADLINE", "0.2")]).await;
    let (answer, taken) = timed(world.read()).await;
    assert_eq!(outcome(&answer), (504, "timed_out".to_owned()), "{answer:?}");
    assert!(taken < SOON, "{taken:?}");
}

pub(crate) fn generating() -> Value {
    let mut arguments = assignment("PLAY000313");
    arguments["level"] = "DEV2".into();
    arguments["wait_seconds"] = 60.into();
    arguments
}

pub(crate) fn set(state: &str) -> Act {
    answer("200 OK", &json!({ "setId": "S000000001", "state": state }).to_string())
}

#[tokio::test]
async fn a_caller_waits_for_work_where_waits_are_allowed() {
    for (changed, sent) in [(&[][..], 2), (&[("CALL_LONGEST_WAIT", "0")], 1)] {
        let world = World::start([set("Dispatched"), set("Complete")], changed).await;
        let done = world.call("generate_assignment", &generating()).await;
        assert_eq!(done.status, 200, "{done:?}");
        assert_eq!(world.sent(), sent, "{changed:?}");
    }
}

#[tokio::test]
async fn callbacks_are_offered_where_hosts_for_them_are_named() {
    for (changed, offered) in [(&[][..], false), (&[("WEBHOOK_ALLOWED_HOSTS", "hooks.example.com")], true)] {
        let world = World::start([], changed).await;
        let list = world.message("tools/list", json!({})).await.result();
        let tool =
            list["tools"].as_array().unwrap().iter().find(|tool| tool["name"] == "generate_assignment");
        assert_eq!(
            tool.unwrap()["inputSchema"]["properties"].get("events").is_some(),
            offered,
            "{changed:?}"
        );
    }
}

/// A call of a client that comes back.
async fn begin(world: &World) -> Value {
    let params = json!({ "name": "generate_assignment", "arguments": generating() });
    let returns = json!({ "extensions": { "io.modelcontextprotocol/tasks": {} } });
    world.stateless("tools/call", Some("generate_assignment"), params, returns).await.result()
}

/// Whether each of two calls, one after the other, became a task. The work for them does not end.
async fn two(changed: &[(&str, &str)]) -> [bool; 2] {
    let script = (0..50).map(|_| set("Dispatched"));
    let changed = [changed, &[("CALL_LONGEST_WAIT", "1"), ("LEDGER_WINDOW", "0")]].concat();
    let world = World::start(script, &changed).await;
    [begin(&world).await, begin(&world).await].map(|given| given["resultType"] == "task")
}

#[tokio::test]
async fn so_many_calls_are_answered_later() {
    for name in ["CALL_TASKS", "CALL_TASKS_PER_CALLER"] {
        assert_eq!(two(&[(name, "1")]).await, [true, false], "{name}");
        assert_eq!(two(&[(name, "2")]).await, [true, true], "{name}");
    }
    assert_eq!(two(&[("CALL_TASKS", "0")]).await, [false, false]);
}

#[tokio::test]
async fn an_answer_that_comes_later_is_kept_for_so_long() {
    let mut lasting = Vec::new();
    for seconds in ["10", "20"] {
        let world = World::start((0..50).map(|_| set("Dispatched")), &[("CALL_TASKS_KEPT", seconds)]).await;
        lasting.push(begin(&world).await["ttlMs"].as_u64().unwrap());
    }
    assert_eq!(lasting, [70_000, 80_000], "the wait, and this");
}

#[tokio::test]
async fn a_person_is_asked_where_that_is_wanted() {
    let mut deploying = assignment("PLAY000313");
    deploying["level"] = "QA".into();
    let cancelling = assignment("PLAY001437");
    for (changed, asks) in [
        (&[][..], [true, true, false]),
        (&[("CONFIRM", "possible")], [false, false, false]),
        (&[("CONFIRM", "off")], [false, false, false]),
        (&[("CONFIRM_TOOLS", "changing")], [true, true, true]),
        (&[("CONFIRM_TOOLS", "marked")], [true, false, false]),
    ] {
        let script = (0..3).map(|_| answer("200 OK", r#"{"setId":"S000000001"}"#));
        let world = World::start(script, changed).await;
        let made = [
            world.call("deploy_assignment", &deploying).await,
            world.call("cancel_assignment", &cancelling).await,
            world.change().await,
        ];
        assert_eq!(made.each_ref().map(|answer| answer.status == 403), asks, "{changed:?}: {made:?}");
        assert_eq!(world.sent(), asks.iter().filter(|asks| !**asks).count(), "{changed:?}");
    }
}

/// A call of a client that shows forms, with more beside its arguments.
async fn cancel(world: &World, more: &Value) -> Answer {
    let mut params = json!({ "name": "cancel_assignment", "arguments": assignment("PLAY001437") });
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.stateless("tools/call", Some("cancel_assignment"), params, json!({ "elicitation": {} })).await
}

#[tokio::test]
async fn a_yes_is_taken_for_as_long_as_is_said() {
    let answered = |asked: &Value| {
        let yes = json!({ "action": "accept", "content": { "confirm": true } });
        json!({ "requestState": asked["requestState"], "inputResponses": { "confirm": yes } })
    };
    let world = World::start([], &[("CONFIRM_PATIENCE", "1")]).await;
    let asked = cancel(&world, &json!({})).await.result();
    // Nothing happens when the time is over, so that only a clock tells it: of whole seconds two have passed for certain.
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let late = cancel(&world, &answered(&asked)).await;
    assert!(late.body.contains("expired") && world.sent() == 0, "{late:?}");
    let world = World::start([], &[("CONFIRM_PATIENCE", "60")]).await;
    let asked = cancel(&world, &json!({})).await.result();
    assert_eq!(cancel(&world, &answered(&asked)).await.result()["isError"], false);
}

#[tokio::test]
async fn a_level_is_protected_where_that_is_said() {
    let folder = Scratch::new("settings-levels");
    let file = folder.path().join("keys.json");
    let keys = [NOWHERE, ("AUTH_PROVIDER", "api_key"), ("AUTH_API_KEYS_FILE", file.to_str().unwrap())];
    let create = ["keys", "create", "--owner", "dev", "--role", "developer", "--scope", "cp:admin"];
    let key = run(&create, &keys).await.stdout;
    for (levels, status) in [("PRD", 403), ("STG", 200)] {
        let changed = [keys[1], keys[2], ("CONFIRM", "off"), ("POLICY_PROTECTED_LEVELS", levels)];
        let world = World::start([set("Dispatched")], &changed).await;
        let mut arguments = assignment("PLAY000313");
        arguments["level"] = "PRD".into();
        let headers = [("X-API-Key", key.trim())];
        let promoted = world.call_as("promote_assignment", &arguments, &headers).await;
        assert_eq!(promoted.status, status, "{promoted:?}");
    }
}
