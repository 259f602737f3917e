//! Bodies that are refused before the protocol library reads them, with the answers their senders get.

use serde_json::json;

use crate::http_support::{self, Served};

/// A call of the read with these texts in place of its parts.
fn call(arguments: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"open","arguments":{arguments}}}}}"#
    )
}

#[tokio::test]
async fn t14_t42_t43_t48_t49_bad_bodies_are_400_with_a_json_rpc_error() {
    let served = Served::start([]).await;
    let nested = |depth: usize| call(&format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
    let zeros = |items: usize| call(&format!(r#"{{"x":[{}]}}"#, vec!["0"; items].join(",")));
    for (body, code) in [
        ("{".to_owned(), -32700),
        ("not json".to_owned(), -32700),
        (" ".to_owned(), -32700),
        ("[".repeat(100_000), -32700),
        (zeros(300_000), -32700),
        (nested(63), -32700),
        (call(&format!(r#"{{"x":"{}"}}"#, "a".repeat(64 * 1024 + 1))), -32700),
        (call(&format!(r#"{{"x":{}}}"#, "1".repeat(65))), -32700),
        (call(r#"{"x":1e400}"#), -32700),
        (call(r#"{"x":"\ud800"}"#), -32700),
        ("\u{FEFF}{}".to_owned(), -32700),
        ("[]".to_owned(), -32600),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#.to_owned(), -32600),
        (r#"{"id":1,"method":"ping"}"#.to_owned(), -32600),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#.to_owned(), -32600),
        (r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#.to_owned(), -32600),
        (r#"{"jsonrpc":"2.0","id":1.0,"method":"ping"}"#.to_owned(), -32600),
        (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#.to_owned(), -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call"}"#.to_owned(), -32600),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"open","name":"deploy"}}"#
                .to_owned(),
            -32600,
        ),
        (call(r#"{"srid":"A","srid":"B"}"#), -32600),
        (call(r#"{"srid":"A","sri\u0064":"B"}"#), -32600),
        (call(r#"{"x":[{"a":1,"a":1}]}"#), -32600),
    ] {
        let answer = served.post(&[], &body).await;
        let shown: String = body.chars().take(100).collect();
        assert_eq!(answer.error(), (400, code), "{shown}");
        assert_eq!(answer.header("content-type"), Some("application/json"), "{shown}");
    }
    assert_eq!(served.upstream.connections(), 0);
}

#[tokio::test]
async fn a4_names_in_another_case_are_other_names() {
    let served = Served::start([]).await;
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"nope","Name":"deploy","arguments":{}}}"#;
    assert_eq!(served.post(&[], body).await.json()["error"]["message"], "Unknown tool: nope");
    let body =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"param\u{17F}\":{\"name\":\"deploy\"}}";
    assert_eq!(served.post(&[], body).await.error().1, -32602);
    assert_eq!(served.upstream.connections(), 0);
}

#[tokio::test]
async fn a_body_within_the_bounds_goes_through() {
    let served = Served::start([]).await;
    let deepest = call(&format!("{{\"x\":{}{}}}", "[".repeat(61), "]".repeat(61)));
    for body in [deepest, call(&format!(r#"{{"x":"{}"}}"#, "a".repeat(64 * 1024)))] {
        let result = served.post(&[], &body).await.result();
        assert_eq!(result["isError"], json!(true), "judged as arguments, not as a body");
    }
}

#[tokio::test]
async fn media_types_are_judged_with_patience_where_the_answer_allows() {
    let served = Served::start([]).await;
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let json = ("Content-Type", "application/json");
    for (headers, status) in [
        (vec![json], 200),
        (vec![json, ("Accept", "*/*")], 200),
        (vec![json, ("Accept", "application/json")], 200),
        (vec![json, ("Accept", "text/html, application/*;q=0.5")], 200),
        (vec![json, ("Accept", "text/event-stream"), ("Accept", "application/json")], 200),
        (vec![("Content-Type", "application/json; charset=utf-8")], 200),
        (vec![json, ("Accept", "text/event-stream")], 406),
        (vec![json, ("Accept", "text/html")], 406),
        (vec![json, ("Accept", "application/json;q=0")], 406),
        (vec![], 415),
        (vec![("Content-Type", "text/plain")], 415),
        (vec![("Content-Type", "application/json; charset=latin1")], 415),
        (vec![("Content-Type", "application/x-www-form-urlencoded")], 415),
        (vec![json, json], 400),
    ] {
        let answer = served.request("POST /mcp", &headers, body).await;
        assert_eq!(answer.status, status, "{headers:?}: {answer:?}");
        assert_eq!(answer.header("content-type"), Some("application/json"), "{headers:?}");
    }
}

#[tokio::test]
async fn a_client_that_takes_anything_is_answered_in_either_era() {
    let served = Served::start([]).await;
    for (method, name) in [("server/discover", None), ("tools/list", None), ("tools/call", Some("read"))] {
        let params = name.map_or_else(|| json!({}), |name| json!({ "name": name, "arguments": {} }));
        let body = http_support::modern_body(method, params).to_string();
        let mut headers = vec![
            ("Content-Type", "application/json"),
            ("Accept", "*/*"),
            ("MCP-Protocol-Version", "2026-07-28"),
            ("Mcp-Method", method),
        ];
        headers.extend(name.map(|name| ("Mcp-Name", name)));
        let answer = served.request("POST /mcp", &headers, &body).await;
        assert_eq!(answer.result()["resultType"], "complete", "{method}");
        let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
        assert_eq!(served.request("POST /mcp", &headers[..2], body).await.status, 200);
    }
}
