//! The server that the generator made of the example's document: its tools, and the requests that calls become.

use std::collections::BTreeMap;

use ispw_mcp::api;
use serde_json::{Value, json};
use server::{Options, Server};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

/// What arrived at the API.
struct Received {
    line: String,
    headers: BTreeMap<String, String>,
    body: String,
}

/// Takes one request and answers it.
async fn answer_one(listener: &TcpListener, status: &str, answer: &Value) -> Received {
    let (stream, _) = listener.accept().await.expect("somebody connects");
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await.expect("a request has a line");
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).await.expect("a request has headers");
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        assert!(headers.insert(name.to_owned(), value.to_owned()).is_none(), "{name} comes once");
    }
    let length =
        headers.get("content-length").map_or(0, |length| length.parse().expect("a length is a number"));
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.expect("the body is as long as it says");
    let answer = answer.to_string();
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}",
        answer.len()
    );
    stream.write_all(answer.as_bytes()).await.expect("somebody reads the answer");
    Received {
        line: line.trim_end().to_owned(),
        headers,
        body: String::from_utf8(body).expect("the body is text"),
    }
}

/// Calls a tool of a server whose API answers once, and gives what it makes of that with the request.
async fn call(tool: &str, arguments: Value, status: &str, answer: Value) -> (Value, Received) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback has a free port");
    let address = listener.local_addr().expect("a bound listener has an address");
    let mut options = Options {
        engine: server::engine::Options::new(format!("http://{address}/base")),
        http: server::http::Options::default(),
        mcp: server::mcp::Options::default(),
    };
    options.engine.upstream.credentials = vec![("PersonalAccessToken".to_owned(), "secret".into())];
    let server = Server::new(api::catalog(), options).expect("the options are right");
    let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
    let (result, mut received) =
        tokio::join!(server.call(tool, arguments), answer_one(&listener, status, &answer));
    assert_eq!(received.headers.remove("host"), Some(address.to_string()));
    assert!(received.headers.remove("x-request-id").is_some(), "{:?}", received.headers);
    (result.expect("there is such a tool"), received)
}

#[test]
fn the_fifteen_operations_are_fifteen_tools_with_stable_names() {
    let tools: Vec<(&str, &str)> =
        api::catalog().tools.iter().map(|tool| (tool.name, tool.operation)).collect();
    let expected = [
        ("create_assignment", "createAssignment"),
        ("create_release", "createRelease"),
        ("deploy_assignment", "deployAssignment"),
        ("deploy_release", "deployRelease"),
        ("deploy_set", "deploySet"),
        ("generate_assignment", "generateAssignment"),
        ("get_assignment_details", "getAssignmentDetails"),
        ("get_assignment_tasks", "getAssignmentTasks"),
        ("get_assignments", "getAssignments"),
        ("get_package_details", "getPackageDetails"),
        ("get_packages", "getPackages"),
        ("get_release_details", "getReleaseDetails"),
        ("get_releases", "getReleases"),
        ("get_sets", "getSets"),
        ("promote_assignment", "promoteAssignment"),
    ];
    assert_eq!(tools, expected);
}

#[tokio::test]
async fn a_read_becomes_one_request_without_a_body() {
    let arguments = json!({"srid": "ISPW", "level": "DEV", "assignmentId": "PLAY#1"});
    let (result, received) = call("get_assignments", arguments, "200 OK", json!({"assignments": []})).await;
    assert_eq!(received.line, "GET /base/ispw/ISPW/assignments?level=DEV&assignmentId=PLAY%231 HTTP/1.1");
    let version = concat!("mcp-server/", env!("CARGO_PKG_VERSION"));
    let headers =
        [("accept", "application/json"), ("authorization", "Bearer secret"), ("user-agent", version)];
    assert_eq!(received.headers, headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    assert_eq!(received.body, "");
    assert_eq!(
        (&result["isError"], &result["structuredContent"]),
        (&json!(false), &json!({"assignments": []}))
    );
}

#[tokio::test]
async fn a_write_becomes_one_request_with_exactly_the_members_given() {
    let arguments =
        json!({"srid": "ISPW", "assignmentId": "PLAY000313", "stream": "PLAY", "application": "PLAY"});
    let made = json!({"assignmentId": "PLAY000313", "stream": "PLAY", "application": "PLAY"});
    let (result, received) = call("create_assignment", arguments, "201 Created", made.clone()).await;
    assert_eq!(received.line, "POST /base/ispw/ISPW/assignments HTTP/1.1");
    assert_eq!(received.body, r#"{"assignmentId":"PLAY000313","stream":"PLAY","application":"PLAY"}"#);
    let headers: Vec<&str> = received.headers.keys().map(String::as_str).collect();
    assert_eq!(headers, ["accept", "authorization", "content-length", "content-type", "user-agent"]);
    assert_eq!(received.headers["content-type"], "application/json");
    assert_eq!((&result["isError"], &result["structuredContent"]), (&json!(false), &made));
}
