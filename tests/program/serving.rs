//! The commands that go on: `serve`, `stdio` and `demo`, and how signals end them.

use std::net::SocketAddr;

use rustix::process::Signal;
use serde_json::{Value, json};
use simulator::{Clock, Simulator};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::program_support::{patiently, post, post_call, run, serve, start};

const TASKS: &str = r#"{"srid":"cw09-47623","assignmentId":"PLAY000313"}"#;

/// Reads the head of a request: from now on the call is in progress.
async fn read_head(stream: &mut TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(patiently(stream.read_u8()).await.expect("a request has a head"));
    }
}

#[tokio::test]
async fn sigterm_lets_the_call_in_progress_come_to_its_end_and_exits_with_0() {
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", upstream.local_addr().unwrap());
    for signal in [Signal::TERM, Signal::INT] {
        let (mut server, address) = serve(&[("API_BASE_URL", &base), ("API_TOKEN", "x")]).await;
        let call = tokio::spawn(post_call(address, "get_assignment_tasks", TASKS));
        let (mut stream, _) = patiently(upstream.accept()).await.unwrap();
        read_head(&mut stream).await;

        server.signal(signal);
        server.log_line("stopping").await;
        let body = json!({"tasks": []}).to_string();
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(answer.as_bytes()).await.unwrap();

        let answer = call.await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(r#""isError":false"#), "{answer}");
        assert_eq!(server.exit_code().await, 0);
        assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
    }
}

#[tokio::test]
async fn a_second_signal_stops_at_once() {
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", upstream.local_addr().unwrap());
    let (mut server, address) = serve(&[("API_BASE_URL", &base), ("API_TOKEN", "x")]).await;
    let call = tokio::spawn(post_call(address, "get_assignment_tasks", TASKS));
    let (mut stream, _) = patiently(upstream.accept()).await.unwrap();
    read_head(&mut stream).await;
    server.signal(Signal::TERM);
    server.log_line("stopping").await;
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code().await, 128 + Signal::TERM.as_raw());
    call.abort();
}

#[tokio::test]
async fn an_address_that_is_taken_is_named_with_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for command in ["serve", "demo"] {
        let outcome = run(
            &[command, "--listen", &address],
            &[("API_BASE_URL", "http://127.0.0.1:9"), ("API_TOKEN", "x")],
        )
        .await;
        assert_eq!(
            (outcome.code, &*outcome.stdout, outcome.stderr.lines().count()),
            (1, "", 1),
            "{outcome:?}"
        );
        assert!(outcome.stderr.contains(&format!("{address} is taken by another program")), "{outcome:?}");
        assert!(outcome.stderr.contains("--listen"), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_client_that_leaves_is_one_line_in_the_log_and_no_error() {
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", upstream.local_addr().unwrap());
    let (mut server, address) = serve(&[("API_BASE_URL", &base), ("API_TOKEN", "x")]).await;
    let call = tokio::spawn(post_call(address, "get_assignment_tasks", TASKS));
    let (mut stream, _) = patiently(upstream.accept()).await.unwrap();
    read_head(&mut stream).await;
    call.abort();
    let line = server.log_line("").await;
    assert!(line.contains("caller_left") && line.contains("INFO"), "{line}");
    server.signal(Signal::TERM);
    let mut line = String::new();
    while !line.contains("stopped") {
        line = server.log_line("").await;
        assert!(!line.contains("ERROR") && !line.contains("rmcp"), "{line}");
    }
    assert_eq!(server.exit_code().await, 0);
}

#[tokio::test]
async fn a_json_log_is_json_whatever_a_client_sends() {
    let environment = [
        ("API_BASE_URL", "http://127.0.0.1:9"),
        ("API_TOKEN", "canary"),
        ("LOG_FORMAT", "json"),
        ("LOG_LEVEL", "trace"),
    ];
    let (mut server, address) = serve(&environment).await;
    let name = "x\\n{\\\"forged\\\":1}\\u001b[31m\\u2028";
    post_call(address, name, "{}").await;
    post_call(address, "get_assignment_tasks", TASKS).await;
    server.signal(Signal::TERM);
    loop {
        let line = server.log_line("").await;
        let event: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        assert!(event.get("forged").is_none() && !line.contains("canary"), "{line}");
        assert!(!line.contains(['\u{1b}', '\u{2028}']), "{line:?}");
        if event["message"] == "stopped" {
            break;
        }
    }
    assert_eq!(server.exit_code().await, 0);
}

#[tokio::test]
async fn the_end_of_the_log_is_read_as_it_was_written_and_holds_nothing_else() {
    let environment =
        [("API_BASE_URL", "http://127.0.0.1:9"), ("API_TOKEN", "canary"), ("LOG_LEVEL", "debug")];
    let (server, address) = serve(&environment).await;
    post_call(address, "get_assignment_tasks", r#"{"srid":"cw09-47623","assignmentId":"CANARY0001"}"#).await;
    let answer = post(
        address,
        r#"{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"server://log"}}"#,
    )
    .await;
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let answer: Value = serde_json::from_str(body).unwrap();
    let text = answer["result"]["contents"][0]["text"].as_str().unwrap_or_else(|| panic!("{answer}"));
    assert!(text.contains("serving") && text.contains("get_assignment_tasks"), "{text}");
    assert!(!text.to_lowercase().contains("canary"), "no secret and no argument: {text}");
    server.signal(Signal::TERM);
    let log = server.rest().await;
    for line in text.lines().skip_while(|line| !line.contains("called")) {
        assert!(log.contains(line), "{line}: {log}");
    }
}

#[tokio::test]
async fn a_setting_says_which_tools_are_shown() {
    let upstream = [("API_BASE_URL", "http://127.0.0.1:9"), ("API_TOKEN", "x")];
    let chosen = [("TOOLS_MODE", "toolsets"), ("TOOLSETS", "approvals"), ("TOOLS_OUTPUT_SCHEMAS", "off")];
    let (server, address) = serve(&[&upstream[..], &chosen].concat()).await;
    let list = post(address, r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#).await;
    assert!(list.contains("reset_set_approval") && !list.contains("get_set_tasks\""), "{list}");
    assert!(!list.contains("outputSchema"), "{list}");
    server.kill().await;
    for (settings, told) in [
        (
            [("TOOLS_MODE", "find"), ("TOOLSETS", "")],
            "expected `all` or `toolsets` or `search`, got \"find\"",
        ),
        (
            [("TOOLS_MODE", "toolsets"), ("TOOLSETS", "approval")],
            "did you mean `approvals`? Sets are: `approvals`, ",
        ),
        ([("TOOLS_MODE", "toolsets"), ("TOOLSETS", "")], "TOOLSETS names none: name some of `approvals`, "),
    ] {
        let outcome = run(&["serve", "--listen", "127.0.0.1:0"], &[&upstream[..], &settings].concat()).await;
        assert_eq!((outcome.code, outcome.stderr.lines().count()), (78, 1), "{outcome:?}");
        assert!(outcome.stderr.contains(told), "{outcome:?}");
    }
}

#[tokio::test]
async fn stdio_speaks_nothing_but_the_protocol_and_ends_with_its_input() {
    let simulator = Simulator::builder().clock(Clock::manual()).start().await.unwrap();
    let environment =
        [("API_BASE_URL", &*simulator.url()), ("API_TOKEN", simulator.token()), ("LOG_LEVEL", "trace")];
    let mut server = start(&["stdio"], &environment);
    let mut ask = server.stdin.take().unwrap();
    let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}});
    let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let arguments: Value = serde_json::from_str(TASKS).unwrap();
    let call = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call",
        "params": {"name": "get_assignment_tasks", "arguments": arguments}});
    let mut answer = async |message: &Value, id: Option<u64>| -> Value {
        ask.write_all(format!("{message}\n").as_bytes()).await.unwrap();
        let Some(id) = id else { return Value::Null };
        let line = patiently(server.stdout.next_line()).await.unwrap().unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_eq!(answer["id"], id, "{answer}");
        answer
    };
    let greeting = answer(&hello, Some(1)).await;
    assert_eq!(greeting["result"]["serverInfo"]["name"], "code-pipeline-mcp");
    assert_eq!(greeting["result"]["serverInfo"]["version"], env!("CARGO_PKG_VERSION"));
    answer(&ready, None).await;
    let result = answer(&call, Some(2)).await;
    assert_eq!(result["result"]["isError"], false, "{result}");
    assert_eq!(simulator.take_requests().len(), 1);
    drop(ask);
    assert!(patiently(server.stdout.next_line()).await.unwrap().is_none(), "nothing follows");
    assert_eq!(server.exit_code().await, 0);
}

#[tokio::test]
async fn stdio_ends_with_0_on_sigterm_while_its_input_is_open() {
    let mut server = start(&["stdio"], &[("API_BASE_URL", "http://127.0.0.1:9"), ("API_TOKEN", "x")]);
    server.log_line("serving").await;
    let input = server.stdin.take();
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code().await, 0);
    drop(input);
}

#[tokio::test]
async fn the_demo_prints_how_to_connect_and_what_it_prints_works() {
    // Nothing in the environment leads a demonstration to a real API.
    let environment =
        [("API_BASE_URL", "http://127.0.0.1:9"), ("API_TOKEN", "canary"), ("API_TOKEN_SCHEME", "Bearer")];
    let mut demo = start(&["demo", "--listen", "127.0.0.1:0"], &environment);
    let endpoint = demo.line("MCP endpoint: http://127.0.0.1:").await;
    let address: SocketAddr = endpoint
        .trim_start_matches("MCP endpoint: http://")
        .trim_end_matches("/mcp")
        .parse()
        .expect("an endpoint");
    let upstream = demo.line("Simulator: http://127.0.0.1:").await;
    assert!(upstream.contains("  token "), "{upstream}");
    for (title, url) in [("over HTTP", "\"url\""), ("over stdio", "\"API_BASE_URL\"")] {
        demo.line(title).await;
        let mut configuration = String::new();
        loop {
            configuration += &patiently(demo.stdout.next_line()).await.unwrap().unwrap();
            if let Ok(read) = serde_json::from_str::<Value>(&configuration) {
                assert!(read["mcpServers"].is_object() && configuration.contains(url), "{configuration}");
                assert!(!configuration.contains("canary"), "{configuration}");
                break;
            }
        }
    }
    demo.line("curl ").await;
    let listed = post(address, r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#).await;
    assert!(listed.starts_with("HTTP/1.1 200") && listed.contains("\"inputSchema\""), "{listed}");

    demo.line("Tool calls to try:").await;
    for _ in 0..3 {
        let line = patiently(demo.stdout.next_line()).await.unwrap().unwrap();
        let (tool, arguments) = line.trim().split_once(' ').expect("a tool and its arguments");
        let answer = post_call(address, tool, arguments).await;
        assert!(answer.contains(r#""isError":false"#), "{line}: {answer}");
    }
    demo.signal(Signal::INT);
    assert_eq!(demo.exit_code().await, 0);
}
