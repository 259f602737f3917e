//! Calls that are answered later: for clients that say that they come back, where the work takes a while; bounded, each its caller's
//! alone, and never more than a wait.

use serde_json::{Value, json};
use server::identity::api_keys;
use server::journal::{self, Journal, records};
use server::{scopes, tasks};

use crate::fake_upstream::json as json_answer;
use crate::http_support::{self, Served};
use crate::key_file;
use crate::sample::deploying;
use crate::scratch::Scratch;
use crate::slow_tools::{
    about, api, begin, call, get, held, quick, send, served, started, state, until, waiting,
};

#[tokio::test]
async fn the_extension_is_declared_where_a_call_may_take_a_while_and_there_is_room() {
    let extensions = async |served: &Served| {
        let found = served.modern("server/discover", None, json!({})).await.result();
        found["capabilities"]["extensions"].clone()
    };
    let with = served([]).await;
    assert_eq!(extensions(&with).await, json!({ "io.modelcontextprotocol/tasks": {} }));
    let hello = json!({
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" }
    });
    let begun = with.legacy("initialize", hello).await.result();
    assert_eq!(begun["capabilities"].get("extensions"), None, "no extension of that revision");
    let without = Served::start_api(api(), [], |options| options.engine.tasks.most = 0).await;
    let none = Served::start([]).await;
    for served in [without, none] {
        assert_eq!(extensions(&served).await, Value::Null);
        assert_eq!(about(&served, "tasks/get", "x", json!({})).await.error(), (404, -32601));
    }
    for removed in ["tasks/list", "tasks/result"] {
        assert_eq!(send(&with, removed, "x", json!({}), &[]).await.error(), (404, -32601), "{removed}");
    }
    let unnamed = send(&with, "tasks/get", "x", json!({}), &[]).await;
    assert_ne!(unnamed.error().1, -32601, "{unnamed:?}");
}

#[tokio::test]
async fn a_wait_becomes_a_task_that_tells_the_state_and_in_the_end_the_answer() {
    let (look, complete) = held();
    let served = served([started(), state("Executing"), look]).await;
    let created = call(&served, "start", waiting()).await.result();
    assert_eq!(created["resultType"], "task", "{created}");
    assert_eq!(created["ttlMs"], 360_000, "the wait, and five minutes to fetch its end");
    assert!(created["pollIntervalMs"].is_u64() && created.get("result").is_none(), "{created}");
    assert_eq!(created["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "sample-server");
    let id = created["taskId"].as_str().unwrap();
    served.upstream.arrivals(3).await;
    let working = get(&served, id).await;
    assert_eq!((&working["status"], &working["statusMessage"]), (&json!("working"), &json!("Executing")));
    complete.notify_one();
    let ended = until(&served, id, "completed").await;
    assert_eq!(ended["result"]["structuredContent"]["followUp"]["outcome"], "done", "{ended}");
    assert_eq!(ended["result"]["structuredContent"]["setId"], "S1");
    assert_eq!(ended["resultType"], "complete");
    assert_eq!(get(&served, id).await, ended, "it is there to be fetched again");
    let changes = served.upstream.requests().iter().filter(|request| request.starts_with("POST ")).count();
    assert_eq!(changes, 1);
}

#[tokio::test]
async fn what_a_client_fetches_is_what_it_would_have_waited_for() {
    let script = || [started(), state("Executing"), state("Complete")];
    let (fetched, waited) = (served(script()).await, served(script()).await);
    let id = begin(&fetched, "start", waiting()).await;
    let fetched = until(&fetched, &id, "completed").await["result"].take();
    let waited = waited.call("start", waiting()).await.result();
    let timeless = |mut result: Value| {
        result["content"][1]["text"].take();
        result
    };
    assert_eq!(timeless(fetched), timeless(waited));
}

#[tokio::test]
async fn only_who_comes_back_gets_a_task_and_only_for_a_wait() {
    let script = [started(), state("Complete"), started(), started(), state("Complete")];
    let served = served(script).await;
    let waited = served.call("start", waiting()).await.result();
    assert_eq!((&waited["resultType"], &waited["isError"]), (&json!("complete"), &json!(false)), "{waited}");
    let at_once = call(&served, "start", deploying()).await.result();
    assert_eq!(at_once["structuredContent"]["followUp"]["outcome"], "running");
    let legacy = served.legacy("tools/call", json!({ "name": "start", "arguments": waiting() })).await;
    assert_eq!(legacy.result()["structuredContent"]["followUp"]["outcome"], "done");
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let params = json!({ "taskId": "x", "inputResponses": {} });
        let answer = served.modern(method, Some("x"), params).await;
        assert_eq!(answer.error(), (400, -32021), "{method}");
        let required = &answer.json()["error"]["data"]["requiredCapabilities"];
        assert_eq!(required["extensions"], json!({ "io.modelcontextprotocol/tasks": {} }));
    }
}

#[tokio::test]
async fn a_change_that_fails_is_told_at_once() {
    let refused = json_answer("409 Conflict", r#"{"message":"locked"}"#);
    let served = served([refused]).await;
    let told = call(&served, "start", waiting()).await.result();
    assert_eq!((&told["resultType"], &told["isError"]), (&json!("complete"), &json!(true)), "{told}");
    let wrong = call(&served, "start", json!({ "wait_seconds": 60 })).await.result();
    assert_eq!((&wrong["resultType"], &wrong["isError"]), (&json!("complete"), &json!(true)), "{wrong}");
}

#[tokio::test]
async fn whoever_has_as_many_as_may_be_waits_as_before() {
    let (look, _never) = held();
    let script = [started(), look, started(), state("Complete")];
    let limits = tasks::Settings { most: 8, most_each: 1, ..Default::default() };
    let served = Served::start_api(api(), script, |options| {
        quick(options);
        options.engine.tasks = limits;
    })
    .await;
    let id = begin(&served, "start", waiting()).await;
    served.upstream.arrivals(2).await;
    let waited = call(&served, "start", waiting()).await.result();
    assert_eq!(waited["structuredContent"]["followUp"]["outcome"], "done", "{waited}");
    assert_eq!(get(&served, &id).await["status"], "working");
    let wrong = tasks::Settings { most_each: 0, ..limits };
    let mut options = http_support::options(&served.upstream);
    options.engine.tasks = wrong;
    let line = server::Server::new(api(), options).err().unwrap().to_string();
    assert!(line.contains("above zero"), "{line}");
}

#[tokio::test]
async fn cancelling_ends_the_wait_and_nothing_else_and_says_so() {
    let (look, _never) = held();
    let served = served([started(), state("Executing"), look]).await;
    let id = begin(&served, "start", waiting()).await;
    served.upstream.arrivals(3).await;
    for _ in 0..2 {
        let done = about(&served, "tasks/cancel", &id, json!({})).await.result();
        assert_eq!(done["resultType"], "complete");
        assert!(done.get("status").is_none() && done.get("taskId").is_none(), "{done}");
    }
    served.upstream.departure().await;
    let cancelled = get(&served, &id).await;
    assert_eq!(cancelled["status"], "cancelled");
    let said = cancelled["statusMessage"].as_str().unwrap();
    assert!(said.contains("the work goes on at the API") && said.contains("call read with"), "{said}");
    assert_eq!(served.upstream.requests().len(), 3, "nothing was undone, and nobody looks any more");
}

#[tokio::test]
async fn t_2a_another_callers_task_reads_like_none() {
    let folder = Scratch::new("tasks");
    let (file, keys) = key_file::write(folder.path(), [("one", "admin"), ("two", "admin")], &[]);
    let served = Served::start_api(api(), [], |options| {
        quick(options);
        options.http.identity.keys = Some(api_keys::Options { file: Some(file) });
        options.engine.scopes.source = scopes::Source::Off;
    })
    .await;
    let (one, two) = ([("X-API-Key", &*keys[0])], [("X-API-Key", &*keys[1])]);
    let never = json!({ "name": "slow", "arguments": { "how": "never" } });
    let created = send(&served, "tools/call", "slow", never, &one).await.result();
    let id = created["taskId"].as_str().unwrap();
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let params = |id: &str| json!({ "taskId": id, "inputResponses": {} });
        let foreign = send(&served, method, id, params(id), &two).await;
        let made_up = "0".repeat(id.len());
        let unknown = send(&served, method, &made_up, params(&made_up), &two).await;
        assert_eq!(foreign.error(), (200, -32602), "{method}");
        assert_eq!(foreign.body, unknown.body, "{method}");
    }
    let seen = send(&served, "tasks/get", id, json!({ "taskId": id }), &one).await.result();
    assert_eq!(seen["status"], "working", "nobody else cancelled it");
}

#[tokio::test]
async fn a_tool_written_by_hand_says_itself_that_it_takes_a_while() {
    let served = served([]).await;
    let id = begin(&served, "slow", json!({ "how": "well" })).await;
    let ended = until(&served, &id, "completed").await;
    assert_eq!(ended["result"]["content"][0]["text"], "later: true, first: null");
    let id = begin(&served, "slow", json!({ "how": "decline" })).await;
    let ended = until(&served, &id, "completed").await;
    assert_eq!(ended["result"]["isError"], true, "{ended}");
    assert_eq!(ended["result"].get("structuredContent"), None, "errors are text only");
    let id = begin(&served, "slow", json!({ "how": "fault" })).await;
    let ended = until(&served, &id, "failed").await;
    assert_eq!((&ended["error"]["code"], ended.get("result")), (&json!(-32603), None), "{ended}");
    assert!(!ended.to_string().contains("secret-cause"), "{ended}");
    let waited = served.call("slow", json!({ "how": "well" })).await;
    assert_eq!(waited.text(), "later: false, first: null");
    let id = begin(&served, "slow", json!({ "how": "never" })).await;
    loop {
        let working = get(&served, &id).await;
        if working["statusMessage"] == "1 of 4" {
            break;
        }
        assert_eq!(working["status"], "working", "{working}");
    }
}

#[tokio::test]
async fn a_task_is_asked_of_its_client_when_that_looks() {
    let served = served([]).await;
    let id = begin(&served, "slow", json!({ "how": "ask" })).await;
    let asking = until(&served, &id, "input_required").await;
    let (name, question) = asking["inputRequests"].as_object().unwrap().iter().next().unwrap();
    assert_eq!(question["method"], "elicitation/create");
    let answers = |answer: Value| json!({ "inputResponses": { name: answer } });
    let wrong = answers(json!({ "action": "accept", "content": { "colour": 5 } }));
    assert_eq!(about(&served, "tasks/update", &id, wrong).await.result()["resultType"], "complete");
    assert_eq!(get(&served, &id).await["status"], "input_required", "that was no answer");
    let right = answers(json!({ "action": "accept", "content": { "colour": "blue" } }));
    about(&served, "tasks/update", &id, right).await.result();
    assert_eq!(until(&served, &id, "completed").await["result"]["content"][0]["text"], "\"blue\"");
}

#[tokio::test]
async fn what_is_asked_before_the_while_is_asked_in_a_round() {
    let served = served([]).await;
    let params = json!({ "name": "slow", "arguments": { "how": "ask first" } });
    let asked = send(&served, "tools/call", "slow", params.clone(), &[]).await.result();
    assert_eq!(asked["resultType"], "input_required", "{asked}");
    let mut again = params;
    again["requestState"] = asked["requestState"].clone();
    again["inputResponses"] = json!({ "name": { "action": "accept", "content": { "name": "Ada" } } });
    let created = send(&served, "tools/call", "slow", again, &[]).await.result();
    assert_eq!(created["resultType"], "task", "{created}");
    assert_eq!(created.get("requestState"), None);
    let ended = until(&served, created["taskId"].as_str().unwrap(), "completed").await;
    assert_eq!(ended["result"]["content"][0]["text"], "later: true, first: \"Ada\"");
}

#[tokio::test]
async fn a_tool_that_must_be_come_back_for_refuses_who_cannot_where_there_are_tasks() {
    let served = served([]).await;
    let arguments = json!({ "how": "" });
    let refused = served.call("always", arguments.clone()).await;
    assert_eq!(refused.error(), (400, -32021), "{refused:?}");
    let legacy = served.legacy("tools/call", json!({ "name": "always", "arguments": arguments })).await;
    assert!(legacy.text().contains("`io.modelcontextprotocol/tasks`"), "{legacy:?}");
    let id = begin(&served, "always", arguments.clone()).await;
    let ended = until(&served, &id, "completed").await;
    assert_eq!(ended["result"]["content"][0]["text"], "later: true");
    let without = Served::start_api(api(), [], |options| options.engine.tasks.most = 0).await;
    assert_eq!(without.call("always", arguments).await.text(), "later: false");
}

#[tokio::test]
async fn a_task_is_on_the_record_as_any_call_is_also_one_that_was_cancelled() {
    let folder = Scratch::new("tasks-record");
    let journal = Journal::open(&journal::Options::new(folder.path()), "test 1").unwrap();
    let written = journal.clone();
    let served = Served::start_api(api(), [started(), state("Complete")], |options| {
        quick(options);
        options.engine.journal = Some(journal);
    })
    .await;
    let id = begin(&served, "start", waiting()).await;
    until(&served, &id, "completed").await;
    let id = begin(&served, "slow", json!({ "how": "never" })).await;
    about(&served, "tasks/cancel", &id, json!({})).await.result();
    served.shutdown.cancel();
    served.task.await.unwrap().unwrap();
    written.close();
    let told = records(folder.path()).unwrap().map(|record| {
        let record = record.unwrap();
        format!("{} {} {}", record.text("kind"), record.text("tool"), record.text("outcome"))
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            "start  ",
            "intent start ",
            "outcome start answered",
            "outcome read answered",
            "outcome slow cancelled",
            "stop  "
        ]
    );
}

#[tokio::test]
async fn a_server_that_leaves_ends_its_tasks() {
    let (look, _never) = held();
    let served = served([started(), look]).await;
    begin(&served, "start", waiting()).await;
    begin(&served, "slow", json!({ "how": "never" })).await;
    served.upstream.arrivals(2).await;
    served.shutdown.cancel();
    let Served { upstream, task, .. } = served;
    upstream.departure().await;
    task.await.unwrap().unwrap();
}
