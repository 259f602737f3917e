//! Sessions of the handshake revisions: off unless wanted, no more than were allowed, each for who began it, and gone when it ended.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use server::Options;
use server::call::Reply;
use server::catalog::{Api, Confirm, Effect, Tool};
use server::client::{Level, Progress};
use server::content::Located;
use server::identity::api_keys;
use server::own::{AsTask, OwnTool};
use server::resources::{OwnResource, Settings};
use server::scopes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::fake_upstream::json as json_answer;
use crate::http_support::{Answer, MEDIA_TYPES, Served};
use crate::key_file;
use crate::sample::{self, READ};
use crate::scratch::Scratch;

const SCHEMA: &str = r#"{"type":"object","properties":{"srid":{"type":"string"},"assignmentId":{"type":"string"}},"required":["srid","assignmentId"]}"#;
static NEEDY: Tool = Tool { input_schema: SCHEMA, ..READ };
static API: Api = Api { tools: &[&NEEDY], ..sample::API };

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

static TELLING: OwnTool<Nothing> = OwnTool {
    name: "telling",
    title: "Tells",
    description: "Tells all that can be told on the way.",
    effect: Effect::Read,
    confirm: Confirm::Never,
    idempotent: true,
    open_world: false,
    talks: true,
    as_task: AsTask::Never,
    timeout: None,
    scopes: None,
    output_schema: None,
    secrets: &[],
    handler: |_, context| {
        Box::pin(async move {
            let client = context.client();
            client.progress(Progress { done: 1.0, total: Some(2.0), message: None }).await;
            client.log(Level::Debug, "quiet").await;
            client.log(Level::Warning, "loud").await;
            client.changed("own://watched").await;
            Ok(Reply::text("told"))
        })
    },
};

static OWN: [OwnResource; 1] = [OwnResource {
    uri: "own://watched",
    name: "watched",
    title: "Watched",
    description: "Something that changes.",
    media_type: "text/plain",
    tool: None,
    choices: &[],
    read: |reading| Box::pin(async { Ok(vec![Located::text(reading.uri, "text/plain", "x")]) }),
}];

fn api() -> &'static Api {
    API.with(&[&TELLING]).unwrap()
}

fn with_sessions(most: usize) -> impl FnOnce(&mut Options) {
    move |options| {
        options.mcp.sessions = most;
        options.mcp.resources = Settings { own: &OWN, ..Default::default() };
    }
}

async fn served(most: usize) -> Served {
    Served::start_api(api(), [json_answer("200 OK", r#"{"id":"A"}"#)], with_sessions(most)).await
}

fn hello(capabilities: Value) -> String {
    let client = json!({ "name": "test", "version": "1" });
    let params =
        json!({ "protocolVersion": "2025-11-25", "capabilities": capabilities, "clientInfo": client });
    message("initialize", params)
}

fn message(method: &str, params: Value) -> String {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string()
}

/// Begins a session; gives its name, if there is one.
async fn begin(served: &Served, extra: &[(&str, &str)], capabilities: Value) -> Option<String> {
    let answer = served.post(extra, &hello(capabilities)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let id = answer.header("mcp-session-id").map(str::to_owned)?;
    let begun = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string();
    assert_eq!(in_session(served, &id, extra, &begun).await.status, 202);
    Some(id)
}

async fn in_session(served: &Served, id: &str, extra: &[(&str, &str)], body: &str) -> Answer {
    let headers = [&[("MCP-Protocol-Version", "2025-11-25"), ("Mcp-Session-Id", id)], extra].concat();
    served.post(&headers, body).await
}

/// The messages of a stream of events.
fn events(text: &str) -> Vec<Value> {
    let data = text.lines().filter_map(|line| line.trim().strip_prefix("data:"));
    data.filter_map(|data| serde_json::from_str(data.trim()).ok()).collect()
}

#[tokio::test]
async fn there_is_no_session_unless_some_are_allowed() {
    let served = served(0).await;
    assert_eq!(begin_without(&served).await, None);
    for method in ["GET", "DELETE"] {
        let answer = served.request(&format!("{method} /mcp"), &[("Mcp-Session-Id", "x")], "").await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "{method}");
    }
    let ping = in_session(&served, "x", &[], &message("ping", json!({}))).await;
    assert_eq!(ping.result(), json!({}), "the name of a session says nothing where there are none");
}

async fn begin_without(served: &Served) -> Option<String> {
    served.post(&[], &hello(json!({}))).await.header("mcp-session-id").map(str::to_owned)
}

#[tokio::test]
async fn r14_who_comes_when_there_is_no_room_is_served_without_one() {
    let served = served(2).await;
    let first = begin(&served, &[], json!({})).await.unwrap();
    let second = begin(&served, &[], json!({})).await.unwrap();
    assert_ne!(first, second);
    assert_eq!(begin_without(&served).await, None);
    assert_eq!(served.legacy("ping", json!({})).await.result(), json!({}));
    let headers = [("Mcp-Session-Id", &*first), ("MCP-Protocol-Version", "2025-11-25")];
    let ended = served.request("DELETE /mcp", &headers, "").await;
    assert!((200..300).contains(&ended.status), "{ended:?}");
    assert_eq!(in_session(&served, &first, &[], &message("ping", json!({}))).await.error().0, 404);
    // The place is free as soon as the session has ended.
    assert!(begin(&served, &[], json!({})).await.is_some());
}

#[tokio::test]
async fn t_2a_a_session_is_of_who_began_it() {
    let folder = Scratch::new("sessions");
    let (file, keys) = key_file::write(folder.path(), [("one", "admin"), ("two", "admin")], &[]);
    let served = Served::start_api(api(), [], |options| {
        with_sessions(4)(options);
        options.http.identity.keys = Some(api_keys::Options { file: Some(file) });
        options.engine.scopes.source = scopes::Source::Off;
    })
    .await;
    let (one, two) = ([("X-API-Key", &*keys[0])], [("X-API-Key", &*keys[1])]);
    let id = begin(&served, &one, json!({})).await.unwrap();
    let ping = message("ping", json!({}));
    assert_eq!(in_session(&served, &id, &one, &ping).await.status, 200);
    let foreign = in_session(&served, &id, &two, &ping).await;
    let unknown = in_session(&served, "00000000-0000-0000-0000-000000000000", &two, &ping).await;
    assert_eq!((foreign.status, &foreign.body), (404, &unknown.body));
    for method in ["GET", "DELETE"] {
        let headers = [two[0], ("Mcp-Session-Id", &*id), ("Accept", "text/event-stream")];
        assert_eq!(served.request(&format!("{method} /mcp"), &headers, "").await.status, 404, "{method}");
    }
    assert_eq!(in_session(&served, &id, &one, &ping).await.status, 200, "nobody else ended it");
}

#[tokio::test]
async fn what_a_tool_says_on_the_way_arrives_by_what_was_asked_for() {
    let served = served(2).await;
    let answer = served.post(&[], &hello(json!({}))).await;
    let id = answer.header("mcp-session-id").unwrap().to_owned();
    let hello = events(&answer.body).pop().unwrap_or_else(|| answer.json());
    let capabilities = &hello["result"]["capabilities"];
    assert_eq!(
        (&capabilities["logging"], &capabilities["resources"]),
        (&json!({}), &json!({ "subscribe": true }))
    );
    let begun = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string();
    in_session(&served, &id, &[], &begun).await;
    for (method, params) in [
        ("logging/setLevel", json!({ "level": "warning" })),
        ("resources/subscribe", json!({ "uri": "own://watched" })),
    ] {
        let done = events(&in_session(&served, &id, &[], &message(method, params)).await.body);
        assert_eq!(done.last().unwrap()["result"], json!({}), "{method}");
    }
    let unknown =
        in_session(&served, &id, &[], &message("resources/subscribe", json!({ "uri": "own://no" }))).await;
    assert_eq!(events(&unknown.body).last().unwrap()["error"]["code"], -32002);

    // What is about no request goes over a stream of its own.
    let mut stream = open(&served, "GET", &id, "").await;
    read_until(&mut stream, "200 OK").await;
    let call = message(
        "tools/call",
        json!({ "name": "telling", "arguments": {}, "_meta": { "progressToken": "p" } }),
    );
    let told = events(&in_session(&served, &id, &[], &call).await.body);
    let methods: Vec<&str> = told.iter().filter_map(|one| one["method"].as_str()).collect();
    assert!(methods.contains(&"notifications/progress"), "{told:?}");
    assert_eq!(told.last().unwrap()["result"]["content"][0]["text"], "told");
    let besides = read_until(&mut stream, "notifications/resources/updated").await;
    assert!(besides.contains("loud") && !besides.contains("quiet"), "{besides}");
    assert!(besides.contains("own://watched"), "{besides}");
}

#[tokio::test]
async fn a_person_is_asked_over_the_session_for_what_is_missing() {
    let served = served(2).await;
    let id = begin(&served, &[], json!({ "elicitation": {} })).await.unwrap();
    let call = message("tools/call", json!({ "name": "read", "arguments": { "srid": "ISPW" } }));
    let mut stream = open(&served, "POST", &id, &call).await;
    let asked = read_until(&mut stream, "elicitation/create").await;
    let question = events(&asked).pop().unwrap();
    assert_eq!(question["params"]["requestedSchema"]["required"], json!(["assignmentId"]));
    let result = json!({ "action": "accept", "content": { "assignmentId": "A-9" } });
    let answer = json!({ "jsonrpc": "2.0", "id": question["id"], "result": result }).to_string();
    assert_eq!(in_session(&served, &id, &[], &answer).await.status, 202);
    let made = read_until(&mut stream, "isError").await;
    assert_eq!(events(&made).pop().unwrap()["result"]["isError"], false, "{made}");
    assert_eq!(served.upstream.only_target(), "/api/v1/ispw/ISPW/assignments/A-9");
}

#[tokio::test]
async fn a_client_that_takes_anything_gets_the_stream_of_its_session() {
    let served = served(2).await;
    let id = begin(&served, &[], json!({})).await.unwrap();
    for (accept, status) in
        [("*/*", "200 OK"), ("text/*;q=0.1", "200 OK"), ("application/json", "406 Not Acceptable")]
    {
        let head = format!(
            "GET /mcp HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nMCP-Protocol-Version: 2025-11-25\r\nMcp-Session-Id: {id}\r\n",
            served.address
        );
        let mut stream = served.connect().await;
        stream.write_all(format!("{head}Accept: {accept}\r\n\r\n").as_bytes()).await.unwrap();
        assert!(read_until(&mut stream, "HTTP/1.1").await.contains(status), "{accept}");
    }
}

#[tokio::test]
async fn an_open_stream_does_not_hold_up_the_end() {
    let served = served(2).await;
    let id = begin(&served, &[], json!({})).await.unwrap();
    let mut stream = open(&served, "GET", &id, "").await;
    read_until(&mut stream, "200 OK").await;
    served.shutdown.cancel();
    let ended = tokio::time::timeout(Duration::from_secs(10), served.task).await;
    ended.unwrap().unwrap().unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
}

async fn open(served: &Served, method: &str, id: &str, body: &str) -> TcpStream {
    let mut text = format!("{method} /mcp HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", served.address);
    for (name, value) in
        MEDIA_TYPES.iter().chain(&[("MCP-Protocol-Version", "2025-11-25"), ("Mcp-Session-Id", id)])
    {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        text.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    let mut stream = served.connect().await;
    stream.write_all(format!("{text}\r\n{body}").as_bytes()).await.unwrap();
    stream
}

/// Reads until these words have come, and the line that they stand in.
async fn read_until(stream: &mut TcpStream, words: &str) -> String {
    let mut text = String::new();
    let mut bytes = [0; 4096];
    while !text.split_once(words).is_some_and(|(_, after)| after.contains('\n')) {
        let read = stream.read(&mut bytes).await.unwrap();
        assert!(read > 0, "the stream ended: {text}");
        text.push_str(&String::from_utf8_lossy(&bytes[..read]));
    }
    text
}
