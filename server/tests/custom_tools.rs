//! Tools written by hand beside generated ones: listed, checked, staged and logged like these, in both eras and over
//! both transports. In a program of its own, since it sets who hears of what its process logs.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod fake_upstream;
mod http_support;
mod own_tools;
mod sample;

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fake_upstream::{Act, FakeUpstream, json as upstream_json};
use http_support::{Served, modern_body};
use own_tools::{api, looking};
use serde_json::{Value, json};
use server::call::Reply;
use server::catalog::{Confirm, Effect};
use server::engine::Engine;
use server::mcp::{Options, Protocol, stdio};
use server::own::{AsTask, Own, OwnTool};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, split};
use tokio_util::sync::CancellationToken;

async fn served(script: impl IntoIterator<Item = Act>) -> Served {
    Served::start_api(api(), script, |_| {}).await
}

/// The listed tool of this name.
fn of(list: &Value, name: &str) -> Value {
    let tools = list["tools"].as_array().unwrap();
    tools.iter().find(|tool| tool["name"] == name).unwrap().clone()
}

#[tokio::test]
async fn they_are_listed_among_the_generated_ones_with_everything_stated() {
    let served = served([]).await;
    let modern = served.modern("tools/list", None, json!({})).await.result();
    let legacy = served.legacy("tools/list", json!({})).await.result();
    assert_eq!(modern["tools"], legacy["tools"]);
    let names: Vec<_> = modern["tools"].as_array().unwrap().iter().map(|tool| tool["name"].clone()).collect();
    assert!(names.is_sorted_by_key(|name| name.as_str().unwrap().to_owned()), "{names:?}");
    assert_eq!(
        of(&modern, "look"),
        json!({
            "name": "look",
            "title": "Look twice",
            "description": "Reads one assignment on several levels.",
            "inputSchema": {
                "type": "object",
                "properties": {
                    "assignment": { "type": "string", "maxLength": 8, "description": "The assignment." },
                    "levels": { "type": "array", "items": { "type": "string" } },
                    "most": { "type": ["integer", "null"], "minimum": 0, "maximum": 4_294_967_295_u32 },
                    "how": { "$ref": "#/$defs/How" }
                },
                "required": ["assignment", "levels"],
                "additionalProperties": false,
                "$defs": {
                    "How": {
                        "type": "object",
                        "properties": { "gently": { "type": "boolean" } },
                        "required": ["gently"],
                        "additionalProperties": false
                    }
                }
            },
            "outputSchema": {
                "type": "object",
                "properties": {
                    "sets": { "type": "array", "items": { "type": "string" } },
                    "truncated": {
                        "description": "Says that this is a part of the answer: of what, and the cursor of the rest."
                    }
                },
                "required": ["sets"]
            },
            "annotations": {
                "readOnlyHint": true,
                "destructiveHint": false,
                "idempotentHint": true,
                "openWorldHint": false
            }
        })
    );
    assert_eq!(
        of(&modern, "redeploy")["annotations"],
        json!({ "readOnlyHint": false, "destructiveHint": false, "idempotentHint": false, "openWorldHint": true })
    );
}

#[tokio::test]
async fn a_call_gives_structured_content_made_of_the_calls_that_it_makes() {
    let answers =
        || [upstream_json("200 OK", r#"{"setId":"S-1"}"#), upstream_json("200 OK", r#"{"setId":"S-2"}"#)];
    let served = served(answers().into_iter().chain(answers())).await;
    let expected = json!({ "sets": ["S-1", "S-2"] });
    let answer = served.call("look", looking()).await;
    assert_eq!(answer.result()["structuredContent"], expected, "{answer:?}");
    assert_eq!(serde_json::from_str::<Value>(&answer.text()).unwrap(), expected);
    let legacy =
        served.legacy("tools/call", json!({ "name": "look", "arguments": looking() })).await.result();
    assert_eq!((&legacy["structuredContent"], &legacy["isError"]), (&expected, &json!(false)));
    let id = answer.header("x-request-id").unwrap();
    let requests = served.upstream.requests();
    for (number, level) in [(1, "DEV"), (2, "PRD")] {
        let request = &requests[number - 1];
        assert!(
            request.starts_with(&format!("GET /api/v1/ispw/ISPW/assignments/A-1?level={level} ")),
            "{request}"
        );
        assert!(
            request.to_ascii_lowercase().contains(&format!("x-request-id: {id}.{number}\r\n")),
            "{request}"
        );
        assert!(request.contains(sample::CANARY), "the stages add the credential: {request}");
    }
}

#[tokio::test]
async fn they_are_served_over_standard_input_and_output_too() {
    let upstream = FakeUpstream::start([upstream_json("200 OK", r#"{"setId":"S-1"}"#)]).await;
    let engine = Engine::new(api(), sample::options(&upstream.base_url())).unwrap();
    let protocol = Protocol::new(Arc::new(engine), Options::default()).unwrap();
    let (ours, theirs) = tokio::io::duplex(1 << 20);
    let (input, output) = split(theirs);
    let stop = CancellationToken::new();
    let serving =
        tokio::spawn(
            async move { stdio::serve(&protocol, input, output, Duration::from_secs(5), stop).await },
        );
    let (from_server, mut to_server) = split(ours);
    let mut lines = BufReader::new(from_server).lines();
    let params = json!({ "name": "look", "arguments": { "assignment": "A-1", "levels": ["DEV"] } });
    to_server.write_all(format!("{}\n", modern_body("tools/call", params)).as_bytes()).await.unwrap();
    let answer: Value = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
    assert_eq!(answer["result"]["structuredContent"], json!({ "sets": ["S-1"] }), "{answer}");
    to_server.shutdown().await.unwrap();
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_the_schema_does_not_accept_is_refused_with_its_place() {
    let served = served([]).await;
    for (arguments, refused) in [
        (json!({ "assignmnt": "A", "levels": [1] }), vec!["assignment", "assignmnt", "levels[0]"]),
        (json!({ "assignment": "A\u{202e}", "levels": [] }), vec!["assignment"]),
        (json!({ "assignment": "A", "levels": ["D\u{0}"] }), vec!["levels[0]"]),
        (json!({ "assignment": "A-1-and-more", "levels": [] }), vec!["assignment"]),
        (json!({ "assignment": "A", "levels": [], "most": -1 }), vec!["most"]),
        (json!({ "assignment": "A", "levels": [], "most": 4_294_967_296_u64 }), vec!["most"]),
        (json!({ "assignment": "A", "levels": [], "most": 1.5 }), vec!["most"]),
        (json!({ "assignment": "A", "levels": [], "how": { "gently": true, "x": 1 } }), vec!["how.x"]),
        (json!({ "assignment": "A", "levels": [], "how": null }), vec!["how"]),
    ] {
        let text = served.call("look", arguments.clone()).await.text();
        assert!(text.starts_with("The arguments of look were not accepted; nothing was sent."), "{text}");
        let told: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("- ")?.split_once(": "))
            .map(|(path, _)| path)
            .collect();
        assert_eq!(told.len(), refused.len(), "{arguments}: {text}");
        assert!(refused.iter().all(|path| told.contains(path)), "{arguments}: {text}");
    }
    let text = served.call("look", json!({ "assignmnt": "A", "levels": [] })).await.text();
    assert!(text.contains("did you mean `assignment`?"), "{text}");
    let whole = json!({ "assignment": "A", "levels": [], "most": 2.0 });
    assert_eq!(served.call("look", whole).await.result()["isError"], json!(false), "5.0 is an integer");
    assert_eq!(served.upstream.connections(), 0);
}

#[tokio::test]
async fn a_handler_that_fails_is_that_calls_error() {
    let served = served([upstream_json("404 Not Found", r#"{"message":"no such assignment"}"#)]).await;
    let answer = served.call("look", looking()).await;
    assert_eq!(answer.result()["isError"], json!(true));
    assert_eq!(answer.result().get("structuredContent"), None);
    let text = answer.text();
    assert!(text.starts_with("The API answered 404 (Not Found). It says: \"no such assignment\"."), "{text}");
    let faulty = |how: &str| json!({ "how": how });
    for (how, beginning) in [
        ("decline", "There is nothing to look at<U+202E>; name another day.\nRequest id: "),
        (
            "panic",
            "This server failed at the call; its log has the cause under the request id. Nothing was sent",
        ),
        ("mistake", "This server failed at the call"),
        ("silence", "This server failed at the call"),
        ("unknown", "This server failed at the call"),
        ("own", "This server failed at the call"),
        ("stronger", "This server failed at the call"),
        ("refused", "The tool read refuses what it was asked for: srid: required and missing"),
    ] {
        let text = served.call("fail", faulty(how)).await.text();
        assert!(text.starts_with(beginning), "{how}: {text}");
    }
    assert_eq!(served.upstream.requests().len(), 1, "none of these reached the API");
    assert_eq!(served.call("fail", faulty("not")).await.result()["isError"], json!(false));
}

/// Calls a tool, and goes away when the API has its request.
async fn leave(served: &Served, tool: &str, arguments: Value) {
    let mut leaving = Box::pin(served.call(tool, arguments));
    tokio::select! {
        _ = &mut leaving => panic!("the API does not answer yet"),
        () = served.upstream.arrival() => {}
    }
}

#[tokio::test]
async fn a_read_is_cancelled_with_its_caller_and_so_is_what_it_called() {
    let served = served([Act::Silence]).await;
    leave(&served, "look", looking()).await;
    served.upstream.departure().await;
    assert_eq!(served.upstream.requests().len(), 1, "the second call is not made any more");
}

#[tokio::test]
async fn a_mutation_runs_on_without_its_caller_and_so_does_all_that_it_calls() {
    let release = Arc::new(tokio::sync::Notify::new());
    let answer =
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"setId\":\"S-1\"}";
    let mut served = served([
        Act::Hold(Arc::clone(&release), answer.to_vec()),
        upstream_json("200 OK", r#"{"setId":"S-2"}"#),
    ])
    .await;
    leave(&served, "redeploy", json!({ "release": "R" })).await;
    served.shutdown.cancel();
    release.notify_one();
    served.upstream.arrival().await;
    (&mut served.task).await.unwrap().unwrap();
    let lines: Vec<String> =
        served.upstream.requests().iter().map(|request| request.lines().next().unwrap().to_owned()).collect();
    let line = "POST /api/v1/ispw/ISPW/releases/R/deploy HTTP/1.1";
    assert_eq!(lines, [line, line], "both changes were made, and the server waited for them");
}

#[tokio::test]
async fn t36_a_handler_may_change_the_same_twice_but_not_when_it_is_called_again() {
    let deployed = || upstream_json("200 OK", r#"{"setId":"S-1"}"#);
    let served = Served::start_api(api(), [deployed(), deployed(), deployed(), deployed()], |options| {
        options.engine.ledger = server::stages::ledger::Settings::default();
    })
    .await;
    for _ in 0..2 {
        served.call("redeploy", json!({ "release": "R" })).await.result();
        assert_eq!(served.upstream.requests().len(), 2);
    }
    served.call("redeploy", json!({ "release": "OTHER" })).await.result();
    assert_eq!(served.upstream.requests().len(), 4);
}

#[tokio::test]
async fn a_call_that_times_out_says_what_may_have_been_done() {
    let deployed = || upstream_json("200 OK", r#"{"setId":"S-1"}"#);
    let served = Served::start_api(api(), [deployed(), deployed()], |options| {
        options.engine.deadline = Duration::from_secs(10);
    })
    .await;
    let mut calling = Box::pin(served.call("redeploy", json!({ "release": "WAIT" })));
    tokio::select! {
        answer = &mut calling => panic!("it waits: {answer:?}"),
        () = served.upstream.arrivals(2) => {}
    }
    // Nothing happens any more but time.
    tokio::time::pause();
    let text = calling.await.text();
    assert!(text.contains("The change may or may not have been made"), "{text}");
}

/// A log that is kept in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn every_call_that_a_handler_makes_is_an_event_of_its_own() {
    // Other tests meet the same events first: without anybody who wants them they would be switched off for all.
    let unheard = tracing_subscriber::fmt().with_env_filter("server=info").with_writer(io::sink).finish();
    let _ = tracing::subscriber::set_global_default(unheard);
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_env_filter("server=info")
        .with_writer(move || writer.clone())
        .finish();
    let _kept = tracing::subscriber::set_default(subscriber);
    let served =
        served([upstream_json("200 OK", r#"{"setId":"S-1"}"#), upstream_json("409 Conflict", "{}")]).await;
    let answer = served.call("look", looking()).await;
    let id = answer.header("x-request-id").unwrap();
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let told: Vec<_> = lines
        .filter(|line| line["fields"]["message"] == "called")
        .map(|line| ["tool", "outcome", "request_id", "within"].map(|name| line["fields"][name].clone()))
        .collect();
    assert_eq!(
        told,
        [
            [json!("read"), json!("answered"), json!(format!("{id}.1")), json!(id)],
            [json!("read"), json!("refused"), json!(format!("{id}.2")), json!(id)],
            [json!("look"), json!("refused"), json!(id), Value::Null],
        ]
    );
}

/// What the start says when this tool is added to the sample.
#[track_caller]
fn refused(own: &[&'static dyn Own]) -> String {
    sample::API.with(own).expect_err("the start is refused").to_string()
}

#[test]
fn a_name_that_is_taken_or_none_stops_the_start() {
    static TAKEN: OwnTool<own_tools::Fail> = OwnTool { name: "read", ..own_tools::FAIL_LIKE };
    static TWICE: OwnTool<own_tools::Fail> = OwnTool { name: "fail", ..own_tools::FAIL_LIKE };
    static WRONG: OwnTool<own_tools::Fail> = OwnTool { name: "Fail-1", ..own_tools::FAIL_LIKE };
    static NAMELESS: OwnTool<own_tools::Fail> = OwnTool { title: " ", ..own_tools::FAIL_LIKE };
    assert_eq!(
        refused(&[&TAKEN]),
        "the tool read written by hand has the name of the tool generated from the operation operation: give one of \
         them another name"
    );
    assert_eq!(
        refused(&[&own_tools::FAIL, &TWICE]),
        "two tools written by hand are named fail: give one of them another name"
    );
    assert!(refused(&[&WRONG]).contains("^[a-z][a-z0-9_]{0,63}$"));
    assert!(refused(&[&NAMELESS]).contains("its title and its description must say something"));
}

#[test]
fn arguments_that_take_anything_stop_the_start() {
    #[derive(serde::Deserialize, schemars::JsonSchema)]
    struct Open {}
    #[derive(serde::Deserialize, schemars::JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Holding {
        #[expect(dead_code, reason = "only its schema is looked at")]
        open: Vec<Open>,
    }
    const fn tool<A>() -> OwnTool<A> {
        OwnTool {
            name: "open",
            title: "Open",
            description: "Takes anything.",
            effect: Effect::Read,
            confirm: Confirm::ByEffect,
            idempotent: true,
            open_world: false,
            talks: false,
            as_task: AsTask::Never,
            timeout: None,
            scopes: None,
            output_schema: None,
            secrets: &[],
            handler: |_, _| Box::pin(async { Ok(Reply::text("")) }),
        }
    }
    static OPEN: OwnTool<Open> = tool();
    static HOLDING: OwnTool<Holding> = tool();
    static LIST: OwnTool<Vec<String>> = tool();
    let message = refused(&[&OPEN]);
    assert!(message.contains("\"open\"") && message.contains("#[serde(deny_unknown_fields)]"), "{message}");
    assert!(refused(&[&HOLDING]).contains("/$defs/Open"));
    assert!(refused(&[&LIST]).contains("its root is not of type object"));
}
