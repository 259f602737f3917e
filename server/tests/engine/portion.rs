//! A caller gets no more of an answer than it can take, and the rest for a cursor, without anything asked or made again.

use std::time::Duration;

use serde_json::{Value, json};
use server::call::{Call, CallError, Caller, Purpose, Reply};
use server::catalog::{Api, Fields, Tool};
use server::engine::Engine;
use server::replicas::Settings;
use server::stages::portion::REST;

use crate::fake_upstream::{Act, FakeUpstream, answer, json as upstream_json};
use crate::http_support::Served;
use crate::redis_server::RedisServer;
use crate::sample::{self, call_of, deploying, options, reading};
use crate::scratch::Scratch;

/// How much is given at once here.
const ROOM: usize = 4096;

/// The sample's read with arguments that are told, and members to choose from.
static LISTING: Tool = Tool {
    name: "listing",
    input_schema: r#"{"type":"object","properties":{"srid":{},"assignmentId":{},"level":{},"limit":{}},"required":["srid","assignmentId"]}"#,
    output_schema: Some(
        r#"{"type":"object","properties":{"setId":{"type":"string"},"tasks":{"type":"array","items":{"type":"object","required":["id"]}}}}"#,
    ),
    cache: Some(Duration::from_secs(60)),
    fields: Some(Fields { offered: &["setId", "tasks.id", "tasks.name"], kept: &["tasks.id"] }),
    ..sample::READ
};
static API: Api = Api { tools: &[&sample::DEPLOY, &LISTING], ..sample::API };

fn tasks(count: usize) -> Value {
    let task = |id| json!({ "id": id, "name": format!("task {id}"), "level": "DEV" });
    json!({ "setId": "S1", "tasks": (0..count).map(task).collect::<Vec<_>>() })
}

fn engine(upstream: &FakeUpstream, bytes: usize) -> Engine {
    let mut options = options(&upstream.base_url());
    options.portion.bytes = bytes;
    options.confirm.mode = server::stages::confirm::Mode::Off;
    Engine::new(&API, options).unwrap()
}

async fn ask(engine: &Engine, tool: &'static Tool, arguments: Value) -> Result<Reply, CallError> {
    engine.call(call_of(tool, arguments)).await
}

fn cursor(reply: &Reply) -> Option<String> {
    reply.structured.as_ref()?["truncated"]["cursor"].as_str().map(str::to_owned)
}

/// The tasks of the reply and of every part after it.
async fn all(engine: &Engine, first: Reply) -> Vec<Value> {
    let (mut found, mut reply) = (Vec::new(), first);
    loop {
        assert!(reply.text.len() <= ROOM, "{} bytes", reply.text.len());
        let answer = reply.structured.clone().unwrap();
        assert_eq!(reply.text, answer.to_string());
        assert_eq!(answer["setId"], "S1", "each part has what stands beside the list");
        assert_eq!(answer["truncated"]["begin"], found.len());
        found.extend(answer["tasks"].as_array().unwrap().clone());
        assert_eq!(answer["truncated"]["end"], found.len());
        let Some(cursor) = cursor(&reply) else { return found };
        assert!(reply.notes.last().unwrap().contains(&cursor), "{:?}", reply.notes);
        reply = ask(engine, &REST, json!({ "cursor": cursor })).await.unwrap();
    }
}

#[tokio::test]
async fn the_rest_of_an_answer_comes_from_any_process() {
    let scratch = Scratch::new("rest");
    let mut redis = RedisServer::start(scratch.path());
    let upstream = FakeUpstream::start([upstream_json("200 OK", &tasks(1000).to_string())]).await;
    let process = |secret: &str| {
        let mut options = options(&upstream.base_url());
        options.portion.bytes = ROOM;
        let replicas = Settings::new(redis.url().into(), secret.into());
        options.replicas = Some(Settings { patience: Duration::from_secs(5), ..replicas });
        Engine::new(&API, options).unwrap()
    };
    let [one, other] = [(); 2].map(|()| process("0123456789abcdef0123456789abcdef"));
    let stranger = process("1123456789abcdef0123456789abcdef");
    let first = ask(&one, &LISTING, reading("level", "DEV")).await.unwrap();
    let rest = json!({ "cursor": cursor(&first).unwrap() });
    let error = ask(&stranger, &REST, rest.clone()).await.unwrap_err();
    assert!(format!("{error:?}").contains("not one that this server gave out"), "{error:?}");
    assert_eq!(all(&other, first).await.len(), 1000);
    redis.kill();
    ask(&other, &REST, rest).await.unwrap();
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn t_46_a_list_without_room_comes_in_parts_and_is_asked_for_once() {
    let upstream = FakeUpstream::start([upstream_json("200 OK", &tasks(1000).to_string())]).await;
    let engine = engine(&upstream, ROOM);
    let first = ask(&engine, &LISTING, reading("level", "DEV")).await.unwrap();
    let note = first.notes.last().unwrap();
    assert!(note.contains("items 0 to ") && note.contains("of the 1000 of `tasks`"), "{note}");
    assert!(note.contains("To get less of listing, narrow it by level, limit"), "{note}");
    let found = all(&engine, first).await;
    assert_eq!(json!(found), tasks(1000)["tasks"]);
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn t_46_the_room_is_crossed_by_one_byte() {
    let mut body = tasks(20);
    let padding = ROOM - body.to_string().len();
    body["owner"] = "x".repeat(padding - r#","owner":"""#.len()).into();
    assert_eq!(body.to_string().len(), ROOM);
    for (more, fits) in [("", true), ("x", false)] {
        body["owner"] = format!("{}{more}", body["owner"].as_str().unwrap()).into();
        let upstream = FakeUpstream::start([upstream_json("200 OK", &body.to_string())]).await;
        let reply = ask(&engine(&upstream, ROOM), &LISTING, reading("level", "DEV")).await.unwrap();
        assert_eq!(reply.structured.clone().unwrap().get("truncated").is_none(), fits);
    }
}

#[tokio::test]
async fn t_46_the_rest_of_a_changes_answer_is_read_and_nothing_is_made_again() {
    let upstream = FakeUpstream::start([upstream_json("200 OK", &tasks(500).to_string())]).await;
    let engine = engine(&upstream, ROOM);
    let first = ask(&engine, &sample::DEPLOY, deploying()).await.unwrap();
    assert_eq!(all(&engine, first).await.len(), 500);
    assert_eq!(upstream.requests().len(), 1);
    assert_eq!(REST.effect, server::catalog::Effect::Read);
}

#[tokio::test]
async fn t_46_a_cursor_is_taken_as_it_was_given_out_and_by_nobody_else() {
    let upstream = FakeUpstream::start([upstream_json("200 OK", &tasks(500).to_string())]).await;
    let engine = engine(&upstream, ROOM);
    let given = cursor(&ask(&engine, &LISTING, reading("level", "DEV")).await.unwrap()).unwrap();
    let flipped = |at: usize| {
        let other = if given.as_bytes()[at] == b'A' { "B" } else { "A" };
        format!("{}{other}{}", &given[..at], &given[at + 1..])
    };
    for forged in [flipped(0), flipped(30), flipped(50), given[1..].to_owned(), String::new(), "x".to_owned()]
    {
        let refused = ask(&engine, &REST, json!({ "cursor": forged })).await;
        let Err(CallError::Arguments(problems)) = refused else { panic!("{forged}: {refused:?}") };
        assert!(problems.to_string().contains("not one that this server gave out"), "{problems}");
    }
    let elsewhere = self::engine(&upstream, ROOM);
    let refused = ask(&elsewhere, &REST, json!({ "cursor": given })).await;
    assert!(matches!(refused, Err(CallError::Arguments(_))), "another process: {refused:?}");
    for _ in 0..2 {
        ask(&engine, &REST, json!({ "cursor": given })).await.expect("a lost answer can be asked for again");
    }
    for wrong in [json!({}), json!({ "cursor": 7 }), json!({ "cursor": given, "more": 1 })] {
        assert!(matches!(ask(&engine, &REST, wrong).await, Err(CallError::Arguments(_))));
    }
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn t_46_the_rest_is_kept_for_its_time() {
    let upstream = FakeUpstream::start([upstream_json("200 OK", &tasks(500).to_string())]).await;
    let engine = engine(&upstream, ROOM);
    let given = cursor(&ask(&engine, &LISTING, reading("level", "DEV")).await.unwrap()).unwrap();
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(599)).await;
    ask(&engine, &REST, json!({ "cursor": given })).await.unwrap();
    tokio::time::advance(Duration::from_secs(1)).await;
    let Err(CallError::Arguments(problems)) = ask(&engine, &REST, json!({ "cursor": given })).await else {
        panic!("it is gone")
    };
    assert!(problems.to_string().contains("not kept any more"), "{problems}");
}

#[tokio::test]
async fn what_is_kept_is_whole_and_each_caller_gets_what_it_chose() {
    let upstream = FakeUpstream::start([upstream_json("200 OK", &tasks(500).to_string())]).await;
    let engine = engine(&upstream, ROOM);
    let mut choosing = reading("level", "DEV");
    choosing["fields"] = json!(["tasks.name"]);
    let chosen = ask(&engine, &LISTING, choosing).await.unwrap();
    let first = &chosen.structured.as_ref().unwrap()["tasks"][0];
    assert_eq!(*first, json!({ "id": 0, "name": "task 0" }), "what is required stays");
    let whole = ask(&engine, &LISTING, reading("level", "DEV")).await.unwrap();
    assert_eq!(whole.structured.as_ref().unwrap()["tasks"][0]["level"], "DEV");
    let target = upstream.only_target();
    assert!(!target.contains("fields"), "{target}");
}

#[tokio::test]
async fn a_program_gets_the_whole_and_so_does_everyone_where_nothing_is_cut() {
    let script = || [(); 2].map(|()| upstream_json("200 OK", &tasks(500).to_string()));
    let upstream = FakeUpstream::start(script()).await;
    let mut call = Call::new(
        &LISTING,
        reading("level", "DEV").as_object().unwrap().clone(),
        Caller::LocalOwner,
        "1".to_owned(),
    );
    call.purpose = Purpose::Program;
    let reply = engine(&upstream, ROOM).call(call).await.unwrap();
    assert_eq!(reply.structured.clone().unwrap(), tasks(500));
    let off = engine(&upstream, 0);
    assert_eq!(
        ask(&off, &LISTING, reading("level", "DEV")).await.unwrap().structured.clone().unwrap(),
        tasks(500)
    );
    assert!(off.api().find(REST.name).is_none());
    let mut options = options("http://127.0.0.1:1");
    options.portion.bytes = 1023;
    assert!(Engine::new(&API, options).unwrap_err().to_string().contains("1024"));
}

async fn served(script: impl IntoIterator<Item = Act>) -> Served {
    Served::start_api(&API, script, |options| {
        options.engine.portion.bytes = ROOM;
        options.engine.confirm.mode = server::stages::confirm::Mode::Off;
    })
    .await
}

#[tokio::test]
async fn t_46_every_part_is_what_the_advertised_schema_says() {
    let served = served([upstream_json("200 OK", &tasks(300).to_string())]).await;
    let tools = served.modern("tools/list", None, json!({})).await.result()["tools"].clone();
    let tools = tools.as_array().unwrap();
    let names: Vec<&Value> = tools.iter().map(|tool| &tool["name"]).collect();
    assert_eq!(names, ["deploy", "get_rest_of_answer", "listing"]);
    assert_eq!(tools[1]["annotations"]["readOnlyHint"], true);
    assert!(tools[1].get("outputSchema").is_none(), "it answers for all tools");
    let schema = &tools[2]["outputSchema"];
    assert!(schema["properties"]["truncated"].is_object(), "{schema}");
    let judge = jsonschema::validator_for(schema).unwrap();
    let mut result = served.call("listing", reading("level", "DEV")).await.result();
    let mut parts = 1;
    loop {
        let answer = &result["structuredContent"];
        assert!(judge.is_valid(answer), "{answer}");
        assert!(result["content"][1]["text"].as_str().unwrap().contains("This is a part of the answer"));
        let Some(cursor) = answer["truncated"].get("cursor") else { break };
        result = served.call("get_rest_of_answer", json!({ "cursor": cursor })).await.result();
        parts += 1;
    }
    assert!(parts > 2, "{parts}");
}

#[tokio::test]
async fn t_46_headers_and_members_of_that_name_do_not_keep_an_answer_whole() {
    static HEADED: Tool = Tool { answer_headers: &["X-Total"], cache: None, ..LISTING };
    let mut body = tasks(500);
    body["truncated"] = json!(true);
    let head = "Content-Type: application/json\r\nX-Total: 500\r\n";
    let upstream = FakeUpstream::start([answer("200 OK", head, &body.to_string())]).await;
    let first = ask(&engine(&upstream, ROOM), &HEADED, reading("level", "DEV")).await.unwrap();
    let part = first.structured.clone().unwrap();
    assert!(part.to_string().len() <= ROOM && part["tasks"].as_array().unwrap().len() > 10);
    assert_eq!(part["responseHeaders"], json!({ "X-Total": "500" }));
    assert_eq!(part["truncated"], true, "what the API says stays");
    assert!(first.notes.last().unwrap().contains("For the next part call get_rest_of_answer"));
}

#[tokio::test]
async fn t_46_what_cannot_be_cut_is_an_error_that_says_what_narrows() {
    let members: serde_json::Map<String, Value> = (0..1000).map(|id| (format!("m{id}"), json!(id))).collect();
    let numbers = Value::Object(members).to_string();
    let script = [upstream_json("200 OK", &numbers), upstream_json("200 OK", r#"{"setId":"S","tasks":[]}"#)];
    let served = served(script).await;
    let text = served.call("listing", reading("level", "DEV")).await.text();
    for part in [&numbers.len().to_string(), "4096", "MCP_MAX_ANSWER_SIZE", "narrow it by level, limit"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let fits = served.call("deploy", deploying()).await.result();
    assert_eq!(fits["structuredContent"], json!({ "setId": "S", "tasks": [] }));
}

#[tokio::test]
async fn t_46_an_answer_that_is_not_even_read_says_which_limit_and_what_narrows() {
    let served = Served::start_api(&API, [Act::Endless], |options| {
        options.engine.upstream.max_answer_bytes = 10_000;
    })
    .await;
    let text = served.call("listing", reading("level", "DEV")).await.text();
    for part in ["10000", "API_MAX_ANSWER_SIZE", "narrow it by level, limit"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    served.upstream.departure().await;
}

#[tokio::test]
async fn t_47_a_login_page_is_an_error_in_words() {
    let page = "<!DOCTYPE html><title>Login</title>";
    for content_type in ["text/html", "application/json"] {
        let head = format!("Content-Type: {content_type}\r\n");
        let served = served([answer("200 OK", &head, page)]).await;
        let result = served.call("listing", reading("level", "DEV")).await.result();
        assert_eq!(result["isError"], true, "{result}");
        let text = result["content"][0]["text"].as_str().unwrap();
        assert!(text.contains("an HTML or XML page, such as one to log in"), "{text}");
        assert!(!text.contains("Login"), "{text}");
    }
}
