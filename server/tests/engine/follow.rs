//! Work that goes on after the answer to a change is followed: named at once, or waited for, and never touched by the waiting.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use server::call::Reply;
use server::catalog::{Api, Long, Source, Tool};
use server::engine::Engine;
use server::policy::Source::Text;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::sync::Notify;

use crate::fake_upstream::{Act, FakeUpstream, json as upstream_json};
use crate::http_support::{self, Served};
use crate::sample::{self, call_of, deploying, options};

/// The sample's change, which starts work that the sample's read tells the state of.
static START: Tool = Tool {
    name: "start",
    long: Some(Long {
        id: "/setId",
        tool: "read",
        with: &[
            ("srid", Source::Argument("srid")),
            ("assignmentId", Source::Answer("/setId")),
            ("level", Source::Argument("description")),
        ],
        state: "/state",
        done: &["Complete"],
        failed: &["Failed"],
        waiting: &["Held"],
    }),
    proof: None,
    ..sample::DEPLOY
};
/// The read is kept for a minute, which must not hide what happens meanwhile.
static READ: Tool = Tool { cache: Some(Duration::from_secs(60)), ..sample::READ };
static API: Api = Api { tools: &[&READ, &START], ..sample::API };

fn quick(options: &mut server::engine::Options) {
    options.confirm.mode = server::stages::confirm::Mode::Off;
    options.follow.first_pause = Duration::from_millis(1);
    options.follow.longest_pause = Duration::from_millis(2);
}

fn engine_with(upstream: &FakeUpstream, change: impl FnOnce(&mut server::engine::Options)) -> Engine {
    let mut options = options(&upstream.base_url());
    quick(&mut options);
    change(&mut options);
    Engine::new(&API, options).unwrap()
}

fn started() -> Act {
    upstream_json("200 OK", r#"{"setId":"S1"}"#)
}

fn states(states: &[&str]) -> Vec<Act> {
    let state = |state: &&str| upstream_json("200 OK", &json!({ "state": state }).to_string());
    std::iter::once(started()).chain(states.iter().map(state)).collect()
}

fn waiting(seconds: u64) -> Value {
    let mut arguments = deploying();
    arguments["wait_seconds"] = seconds.into();
    arguments
}

fn follow_up(reply: &Reply) -> Value {
    let answer = reply.structured.as_ref().unwrap();
    assert_eq!(reply.text, answer.to_string());
    assert_eq!(answer["setId"], "S1");
    answer["followUp"].clone()
}

async fn start(engine: &Engine, arguments: Value) -> Reply {
    engine.call(call_of(&START, arguments)).await.unwrap()
}

#[tokio::test]
async fn an_answer_names_the_read_that_tells_the_state() {
    let claim = r#"{"setId":"S1","followUp":"what the API says under that name gives way"}"#;
    let upstream = FakeUpstream::start([upstream_json("200 OK", claim)]).await;
    let mut arguments = deploying();
    arguments["description"] = "DEV".into();
    let reply = start(&engine_with(&upstream, |_| {}), arguments).await;
    let expected = json!({
        "outcome": "running", "tool": "read",
        "arguments": { "srid": "ISPW", "assignmentId": "S1", "level": "DEV" }
    });
    assert_eq!(follow_up(&reply), expected);
    assert!(reply.notes[0].contains("For its state call read with"), "{:?}", reply.notes);
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn t_2b_the_read_is_neither_named_nor_made_for_whoever_may_not_use_it() {
    let upstream = FakeUpstream::start([started(), started()]).await;
    let engine = engine_with(&upstream, |options| {
        let rules = r#"permit (principal, action == Action::"start", resource);"#;
        options.policy = server::policy::Settings { source: Text(rules), ..Default::default() };
    });
    for (seconds, waited) in [(0, false), (60, true)] {
        let reply = start(&engine, waiting(seconds)).await;
        assert_eq!(reply.structured, Some(json!({ "setId": "S1" }).into()));
        let [note] = &reply.notes[..] else { panic!("one note: {:?}", reply.notes) };
        assert!(note.contains("no tool that tells its state") && !note.contains("read"), "{note}");
        assert_eq!(note.contains("nothing was waited for"), waited, "{note}");
    }
    assert_eq!(upstream.requests().len(), 2, "both changes, and no look");
}

#[tokio::test]
async fn a_wait_ends_when_the_work_does_or_a_person_must_act() {
    for (last, outcome) in [("Complete", "done"), ("Failed", "failed"), ("Held", "waiting")] {
        let upstream = FakeUpstream::start(states(&["Ready", "Ready", "Executing", last])).await;
        let reply = start(&engine_with(&upstream, |_| {}), waiting(60)).await;
        let told = follow_up(&reply);
        assert_eq!((&told["outcome"], &told["state"]), (&json!(outcome), &json!(last)));
        let requests = upstream.requests();
        assert_eq!(requests.len(), 5, "one change, four looks that nothing kept answers");
        assert!(requests[0].starts_with("POST ") && !requests[0].contains("wait_seconds"), "{}", requests[0]);
        assert!(requests[4].starts_with("GET /api/v1/ispw/ISPW/assignments/S1 "), "{}", requests[4]);
        assert!(requests[4].contains("x-request-id: request-1.4\r\n"), "{}", requests[4]);
    }
}

#[tokio::test]
async fn a_wait_has_its_bound_and_hands_back_the_last_state() {
    for (bound, asked) in [(Duration::from_millis(1200), 60), (Duration::from_secs(60), 0)] {
        let upstream = FakeUpstream::start(states(&["Executing"; 200])).await;
        let engine = engine_with(&upstream, |options| {
            options.follow.longest = bound;
            options.follow.longest_pause = Duration::from_millis(100);
            // The time of a call does not bound a wait. It is one in which any of them ends, whatever else the machine does.
            options.deadline = Duration::from_secs(1);
        });
        let begun = std::time::Instant::now();
        let reply = start(&engine, waiting(asked)).await;
        assert_eq!(follow_up(&reply)["outcome"], "running");
        if asked == 0 {
            assert_eq!(upstream.requests().len(), 1);
        } else {
            assert!(begun.elapsed() >= bound, "{:?}", begun.elapsed());
            assert_eq!(follow_up(&reply)["state"], "Executing");
            assert!(reply.notes[0].contains("Do not make this call again"), "{:?}", reply.notes);
        }
    }
    let upstream = FakeUpstream::start(states(&["Executing"; 3])).await;
    let nobody = engine_with(&upstream, |options| options.follow.longest = Duration::ZERO);
    assert_eq!(follow_up(&start(&nobody, waiting(60)).await)["outcome"], "running");
    assert_eq!(upstream.requests().len(), 1, "nobody waits where the deployment says so");
}

#[tokio::test]
async fn who_stops_waiting_stops_nothing_else() {
    let held = Act::Hold(Arc::new(Notify::new()), Vec::new());
    let upstream = FakeUpstream::start([started(), held]).await;
    let engine = engine_with(&upstream, |options| options.ledger = Default::default());
    let mut call = Box::pin(start(&engine, waiting(60)));
    tokio::select! {
        reply = &mut call => panic!("it waits: {reply:?}"),
        () = upstream.arrivals(2) => {}
    }
    drop(call);
    upstream.departure().await;
    let again = start(&engine, deploying()).await;
    assert_eq!(follow_up(&again)["arguments"]["assignmentId"], "S1");
    let changes = upstream.requests().iter().filter(|request| request.starts_with("POST ")).count();
    assert_eq!(changes, 1, "a wait more or less makes no other change of it");
}

#[tokio::test]
async fn looks_that_learn_nothing_end_the_wait() {
    let failing = || upstream_json("500 Internal Server Error", r#"{"message":"no"}"#);
    let stateless = || upstream_json("200 OK", r#"{"message":"no"}"#);
    let executing = || upstream_json("200 OK", r#"{"state":"Executing"}"#);
    let mut script = vec![started(), failing(), stateless(), executing()];
    script.extend([failing(), stateless(), failing(), failing(), stateless()]);
    let upstream = FakeUpstream::start(script).await;
    let reply = start(&engine_with(&upstream, |_| {}), waiting(60)).await;
    assert_eq!(follow_up(&reply)["state"], "Executing");
    assert_eq!(upstream.requests().len(), 9);
}

#[tokio::test]
async fn an_answer_that_names_no_work_is_not_waited_for() {
    let claim = r#"{"message":"nothing to do","followUp":7}"#;
    for nothing in [r#"{"message":"nothing to do"}"#, r#"{"setId":""}"#, claim] {
        let upstream = FakeUpstream::start([upstream_json("200 OK", nothing)]).await;
        let reply = start(&engine_with(&upstream, |_| {}), waiting(60)).await;
        assert!(reply.structured.clone().unwrap().get("followUp").is_none());
        assert_eq!(reply.notes, ["No work goes on after this answer, so nothing was waited for."]);
        assert_eq!(upstream.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_server_that_leaves_ends_the_waits() {
    let served = served(states(&["Executing"; 500])).await;
    let call = served.call("start", waiting(60));
    let leave = async {
        served.upstream.arrivals(2).await;
        served.shutdown.cancel();
    };
    let (answer, ()) = tokio::join!(call, leave);
    assert_eq!(answer.result()["structuredContent"]["followUp"]["outcome"], "running");
    assert!(served.upstream.requests().len() < 100, "{}", served.upstream.requests().len());
}

async fn served(script: Vec<Act>) -> Served {
    Served::start_api(&API, script, |options| quick(&mut options.engine)).await
}

/// The messages of a call with a progress token, as they come.
async fn told(served: &Served, era: &str, accept: &str) -> Vec<Value> {
    let mut meta = json!({ "progressToken": "T-1" });
    let mut headers = format!("MCP-Protocol-Version: {era}\r\n");
    if era == "2026-07-28" {
        meta["io.modelcontextprotocol/protocolVersion"] = era.into();
        meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
        headers.push_str("Mcp-Method: tools/call\r\nMcp-Name: start\r\n");
    }
    let params = json!({ "name": "start", "arguments": waiting(60), "_meta": meta });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }).to_string();
    let head = format!(
        "POST /mcp HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\nAccept: {accept}\r\n{headers}Content-Length: {}\r\n\r\n",
        served.address,
        body.len()
    );
    let mut stream = served.connect().await;
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    let answer = http_support::read_to_close(&mut stream).await;
    let lines = answer.lines().map(|line| line.strip_prefix("data: ").unwrap_or(line));
    lines.filter_map(|line| serde_json::from_str(line).ok()).filter(Value::is_object).collect()
}

#[tokio::test]
async fn a_client_with_a_token_is_told_each_new_state_in_both_eras() {
    for era in ["2026-07-28", "2025-11-25"] {
        let both = "application/json, text/event-stream";
        let served = served(states(&["Ready", "Ready", "Executing", "Complete"])).await;
        let messages = told(&served, era, both).await;
        let heard: Vec<(&Value, &Value)> = messages
            .iter()
            .filter(|message| message["method"] == "notifications/progress")
            .map(|message| (&message["params"]["progress"], &message["params"]["message"]))
            .collect();
        let number = |number: f64| json!(number);
        let expected = [
            (number(1.0), json!("Ready")),
            (number(2.0), json!("Executing")),
            (number(3.0), json!("Complete")),
        ];
        let heard: Vec<(Value, Value)> = heard
            .into_iter()
            .map(|(progress, message)| (json!(progress.as_f64().unwrap()), message.clone()))
            .collect();
        assert_eq!(heard, expected, "{era}: {messages:?}");
        assert!(
            messages.iter().all(|message| message["id"] == 1 || message["params"]["progressToken"] == "T-1")
        );
        let result = &messages.last().unwrap()["result"];
        assert_eq!(result["structuredContent"]["followUp"]["outcome"], "done", "{era}");

        let served = self::served(states(&["Ready", "Complete"])).await;
        let messages = told(&served, era, "application/json").await;
        assert_eq!(messages.len(), 1, "a client that takes no stream gets none: {messages:?}");
    }
}

#[tokio::test]
async fn on_streams_a_client_is_told_too_and_calling_the_wait_off_stops_nothing_else() {
    let mut script = states(&["Ready"]);
    script.push(Act::Hold(Arc::new(Notify::new()), Vec::new()));
    let upstream = FakeUpstream::start(script).await;
    let engine = Arc::new(engine_with(&upstream, |_| {}));
    let protocol = server::mcp::Protocol::new(engine, Default::default()).unwrap();
    let (ours, theirs) = tokio::io::duplex(1 << 20);
    let (input, output) = tokio::io::split(theirs);
    let serving = tokio::spawn(async move {
        let (drain, stop) = (Duration::from_secs(5), Default::default());
        server::mcp::stdio::serve(&protocol, input, output, drain, stop).await
    });
    let (from_server, mut to_server) = tokio::io::split(ours);
    let mut lines = BufReader::new(from_server).lines();
    let client = json!({ "name": "test", "version": "1" });
    let hello = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
    let call = json!({ "name": "start", "arguments": waiting(60), "_meta": { "progressToken": 7 } });
    for message in [
        json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello }),
        json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }),
        json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call }),
    ] {
        to_server.write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }
    let mut receive =
        async || -> Value { serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap() };
    assert_eq!(receive().await["id"], 0);
    let told = receive().await;
    assert_eq!(told["method"], "notifications/progress", "{told}");
    assert_eq!((&told["params"]["progressToken"], &told["params"]["message"]), (&json!(7), &json!("Ready")));
    upstream.arrivals(3).await;
    let off = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 1 } });
    to_server.write_all(format!("{off}\n").as_bytes()).await.unwrap();
    upstream.departure().await;
    to_server.shutdown().await.unwrap();
    serving.await.unwrap().unwrap();
    let changes = upstream.requests().iter().filter(|request| request.starts_with("POST ")).count();
    assert_eq!(changes, 1);
}
