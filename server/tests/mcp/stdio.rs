//! One client on a pair of streams: the same strictness, the same answers, and an orderly end.

use std::sync::Arc;
use std::time::Duration;

use rmcp::model::{CallToolRequestParams, ClientConfig, ProtocolVersion};
use rmcp::{ClientLifecycleMode, ClientServiceExt};
use serde_json::{Value, json};
use server::engine::{self, Engine};
use server::mcp::{Options, Protocol, stdio};
use server::stages::confirm::Asking;
use server::view::{Mode, Settings};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf, split};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::fake_upstream::{Act, FakeUpstream, json as upstream_json};
use crate::http_support::modern_body;
use crate::sample;

/// A client's ends of a served pair of streams.
struct Client {
    input: WriteHalf<DuplexStream>,
    output: Lines<BufReader<ReadHalf<DuplexStream>>>,
    served: JoinHandle<std::io::Result<()>>,
    shutdown: CancellationToken,
    upstream: FakeUpstream,
}

const LINE: usize = 4096;

fn protocol(upstream: &FakeUpstream) -> Protocol {
    protocol_with(upstream, |_| {})
}

fn protocol_with(upstream: &FakeUpstream, change: impl FnOnce(&mut engine::Options)) -> Protocol {
    let mut options = sample::options(&upstream.base_url());
    change(&mut options);
    let engine = Engine::new(&sample::API, options).unwrap();
    Protocol::new(Arc::new(engine), Options { max_line_bytes: LINE, ..Options::default() }).unwrap()
}

impl Client {
    async fn start(script: impl IntoIterator<Item = Act>) -> Client {
        Client::start_with(script, |_| {}).await
    }

    async fn start_with(
        script: impl IntoIterator<Item = Act>,
        change: impl FnOnce(&mut engine::Options),
    ) -> Client {
        let upstream = FakeUpstream::start(script).await;
        let protocol = protocol_with(&upstream, change);
        Client::of(protocol, upstream)
    }

    fn of(protocol: Protocol, upstream: FakeUpstream) -> Client {
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        let (input, output) = split(theirs);
        let shutdown = CancellationToken::new();
        let stop = shutdown.clone();
        let drain = Duration::from_secs(5);
        let served = tokio::spawn(async move { stdio::serve(&protocol, input, output, drain, stop).await });
        let (output, input) = split(ours);
        Client { input, output: BufReader::new(output).lines(), served, shutdown, upstream }
    }

    async fn send(&mut self, line: &str) {
        self.input.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    async fn receive(&mut self) -> Value {
        serde_json::from_str(&self.output.next_line().await.unwrap().expect("a line")).unwrap()
    }

    /// Ends the input, and gives what is still written after that.
    async fn finish(mut self) -> Vec<Value> {
        self.input.shutdown().await.unwrap();
        let mut rest = Vec::new();
        while let Some(line) = self.output.next_line().await.unwrap() {
            rest.push(serde_json::from_str(&line).unwrap());
        }
        self.served.await.unwrap().unwrap();
        rest
    }
}

fn initialize() -> String {
    let params = json!({
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" }
    });
    json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params }).to_string()
}

fn call(id: u32, tool: &str, arguments: Value) -> String {
    let params = json!({ "name": tool, "arguments": arguments });
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params }).to_string()
}

#[tokio::test]
async fn a_real_client_of_either_era_is_served() {
    for lifecycle in [
        ClientLifecycleMode::Initialize,
        ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] },
    ] {
        let upstream = FakeUpstream::start([upstream_json("200 OK", r#"{"setId":"S-1"}"#)]).await;
        let protocol = protocol(&upstream);
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        let (input, output) = split(theirs);
        let serving = tokio::spawn(async move {
            stdio::serve(&protocol, input, output, Duration::from_secs(5), CancellationToken::new()).await
        });
        let client = ClientConfig::default().serve_with_lifecycle(split(ours), lifecycle).await.unwrap();
        assert_eq!(client.list_all_tools().await.unwrap().len(), 7);
        let Value::Object(arguments) = sample::deploying() else { unreachable!() };
        let result =
            client.call_tool(CallToolRequestParams::new("deploy").with_arguments(arguments)).await.unwrap();
        assert_eq!(result.structured_content, Some(json!({ "setId": "S-1" })));
        client.cancel().await.unwrap();
        serving.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_client_is_shown_what_the_setting_says() {
    let upstream = FakeUpstream::start([upstream_json("200 OK", r#"{"setId":"S-1"}"#)]).await;
    let engine = Arc::new(Engine::new(&sample::API, sample::options(&upstream.base_url())).unwrap());
    let view = Settings { mode: Mode::Search, toolsets: vec!["scope:cp:deploy".to_owned()] };
    let protocol = Protocol::new(engine, Options { view, ..Options::default() }).unwrap();
    let mut client = Client::of(protocol, upstream);
    client.send(&initialize()).await;
    client.receive().await;
    client.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
    client.send(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}"#).await;
    let list = client.receive().await;
    let names: Vec<_> =
        list["result"]["tools"].as_array().unwrap().iter().map(|tool| &tool["name"]).collect();
    assert_eq!(names, ["call_tool", "describe_tool", "get_rest_of_answer", "search_tools"]);
    client.send(&call(2, "search_tools", json!({ "query": "a tool of tests" }))).await;
    let found = client.receive().await;
    assert_eq!(found["result"]["structuredContent"]["tools"][0]["name"], "deploy", "{found}");
    client.send(&call(3, "call_tool", json!({ "name": "deploy", "arguments": sample::deploying() }))).await;
    assert_eq!(client.receive().await["result"]["structuredContent"], json!({ "setId": "S-1" }));
    client.send(&call(4, "call_tool", json!({ "name": "read" }))).await;
    assert_eq!(client.receive().await["error"]["message"], "Unknown tool: read");
    assert!(client.finish().await.is_empty());
}

#[tokio::test]
async fn a_script_that_writes_and_closes_gets_every_answer() {
    let mut client = Client::start([]).await;
    client.send(&initialize()).await;
    client.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
    for id in 1..=5 {
        client.send(&call(id, "open", sample::reading("level", "DEV"))).await;
    }
    let mut ids: Vec<_> = client.finish().await.iter().map(|answer| answer["id"].as_u64().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, [0, 1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn lines_that_cannot_be_read_get_their_error_and_the_conversation_goes_on() {
    let mut client = Client::start([]).await;
    let over =
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{{"x":"{}"}}}}"#, "a".repeat(LINE));
    for (line, code, id) in [
        ("{", -32700, Value::Null),
        ("not json", -32700, Value::Null),
        (over.as_str(), -32700, Value::Null),
        ("[]", -32600, Value::Null),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600, Value::Null),
        (r#"{"jsonrpc":"2.0","id":7,"method":"ping","method":"ping"}"#, -32600, Value::Null),
        (r#"{"jsonrpc":"1.0","id":7,"method":"ping"}"#, -32600, json!(7)),
        (r#"{"jsonrpc":"2.0","id":7,"result":{},"error":{}}"#, -32600, json!(7)),
    ] {
        client.send(line).await;
        let answer = client.receive().await;
        assert_eq!((&answer["error"]["code"], &answer["id"]), (&json!(code), &id), "{answer}");
    }
    client.send("").await;
    // An answer to nothing is nobody's, and is itself not answered.
    client.send(r#"{"jsonrpc":"2.0","id":7,"result":{}}"#).await;
    client.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
    client.send(&initialize()).await;
    assert_eq!(client.receive().await["result"]["protocolVersion"], "2025-11-25");
    client.send(r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}"#).await;
    assert_eq!(client.receive().await["error"]["code"], -32602);
    client.send(r#"{"jsonrpc":"2.0","id":2,"method":"prompts/list"}"#).await;
    assert_eq!(client.receive().await["error"]["code"], -32601);
    assert_eq!(client.finish().await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_line_is_bounded_to_the_byte() {
    let frame = r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":""}}"#;
    let ping =
        |length: usize| frame.replace(r#""x":"""#, &format!(r#""x":"{}""#, "a".repeat(length - frame.len())));
    let mut client = Client::start([]).await;
    client.send(&ping(LINE)).await;
    assert_eq!(client.receive().await["result"], json!({}));
    client.send(&ping(LINE + 1)).await;
    assert_eq!(client.receive().await["error"]["code"], -32700);
}

#[tokio::test]
async fn requests_of_the_stateless_era_need_no_greeting() {
    let mut client = Client::start([]).await;
    client.send(&modern_body("tools/list", json!({})).to_string()).await;
    let answer = client.receive().await;
    assert_eq!(answer["result"]["tools"].as_array().map(Vec::len), Some(7));
    assert!(answer["result"]["_meta"]["io.modelcontextprotocol/serverInfo"].is_object());
    assert_eq!(client.finish().await, Vec::<Value>::new());
}

#[tokio::test]
async fn shutdown_answers_what_is_in_flight_and_ends() {
    let release = Arc::new(tokio::sync::Notify::new());
    let answer =
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"setId\":\"S-1\"}";
    let mut client = Client::start([Act::Hold(Arc::clone(&release), answer.to_vec())]).await;
    client.send(&initialize()).await;
    client.receive().await;
    client.send(&call(1, "deploy", sample::deploying())).await;
    client.upstream.arrival().await;
    client.shutdown.cancel();
    release.notify_one();
    assert_eq!(client.receive().await["result"]["structuredContent"], json!({ "setId": "S-1" }));
    client.served.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_request_that_was_called_off_is_cancelled_and_not_waited_for() {
    let mut client = Client::start([Act::Silence]).await;
    client.send(&initialize()).await;
    client.receive().await;
    client.send(&call(1, "open", sample::reading("level", "DEV"))).await;
    client.upstream.arrival().await;
    client.send(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#).await;
    client.upstream.departure().await;
    assert_eq!(client.finish().await, Vec::<Value>::new());
}

#[tokio::test(start_paused = true)]
async fn t_44_a_client_that_reads_nothing_does_not_hold_up_the_end() {
    for answers in [1, 100] {
        let upstream = FakeUpstream::start([]).await;
        let protocol = protocol(&upstream);
        let (ours, theirs) = tokio::io::duplex(64);
        let (input, output) = split(theirs);
        let shutdown = CancellationToken::new();
        let (drain, stop) = (Duration::from_secs(5), shutdown.clone());
        let serving = tokio::spawn(async move { stdio::serve(&protocol, input, output, drain, stop).await });
        let (_unread, mut to_server) = split(ours);
        to_server.write_all(format!("{}\n", initialize()).as_bytes()).await.unwrap();
        let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
        let writing = async {
            for _ in 1..answers {
                to_server.write_all(format!("{ping}\n").as_bytes()).await.unwrap();
            }
            // More than the pipe holds, so that everything before it has been read.
            to_server.write_all(&[b'\n'; 200]).await.unwrap();
        };
        // So many answers that even the reading stops.
        let _ = tokio::time::timeout(Duration::from_secs(1), writing).await;
        shutdown.cancel();
        let ended = tokio::time::timeout(Duration::from_secs(60), serving).await;
        let outcome = ended.expect("the server ends").unwrap();
        assert_eq!(outcome.map_err(|error| error.kind()), Err(std::io::ErrorKind::TimedOut), "{answers}");
    }
}

#[tokio::test]
async fn a_client_that_leaves_without_a_word_is_no_error() {
    assert_eq!(Client::start([]).await.finish().await, Vec::<Value>::new());
}

/// Begins a conversation whose changes ask, as a client with these capabilities.
async fn asking(capabilities: Value) -> Client {
    let mut client = Client::start_with([upstream_json("200 OK", r#"{"setId":"S-1"}"#)], |options| {
        options.confirm.asking = Asking::Changing;
    })
    .await;
    let mut initialize: Value = serde_json::from_str(&initialize()).unwrap();
    initialize["params"]["capabilities"] = capabilities;
    client.send(&initialize.to_string()).await;
    client.receive().await;
    client.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
    client
}

#[tokio::test]
async fn a_person_is_asked_over_the_connection() {
    for (answer, expected, sent) in [
        (json!({ "result": { "action": "accept", "content": { "confirm": true } } }), "setId", 1),
        (json!({ "result": { "action": "decline" } }), "said no; nothing was sent", 0),
        (json!({ "result": { "action": "accept", "content": {} } }), "neither yes nor no", 0),
        (
            json!({ "error": { "code": -1, "message": "no screen" } }),
            "brought no answer; nothing was sent",
            0,
        ),
    ] {
        let mut client = asking(json!({ "elicitation": {} })).await;
        client.send(&call(1, "deploy", sample::deploying())).await;
        let asked = client.receive().await;
        assert_eq!(asked["method"], "elicitation/create", "{asked}");
        assert!(asked["params"]["message"].as_str().unwrap().contains("REL1"), "{asked}");
        let mut response = answer.clone();
        response["jsonrpc"] = json!("2.0");
        response["id"] = asked["id"].clone();
        client.send(&response.to_string()).await;
        // A second answer, and one to a question that was never asked, are nobody's.
        client.send(&response.to_string()).await;
        client.send(r#"{"jsonrpc":"2.0","id":77,"result":{"action":"accept"}}"#).await;
        let result = client.receive().await;
        assert_eq!(result["id"], 1, "{result}");
        assert!(result["result"]["content"][0]["text"].as_str().unwrap().contains(expected), "{result}");
        assert_eq!(client.upstream.requests().len(), sent, "{answer}");
        assert_eq!(client.finish().await, [Value::Null; 0]);
    }
}

#[tokio::test]
async fn a_client_without_forms_is_not_asked() {
    let mut client = asking(json!({})).await;
    client.send(&call(1, "deploy", sample::deploying())).await;
    let result = client.receive().await;
    assert!(
        result["result"]["content"][0]["text"].as_str().unwrap().contains("no way to ask one"),
        "{result}"
    );
    assert_eq!(client.upstream.requests().len(), 0);
    client.finish().await;
}
