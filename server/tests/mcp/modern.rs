//! The stateless era over raw HTTP: discovery, headers, `_meta`, and the methods that are and are not there.

use serde_json::{Value, json};

use crate::http_support::{Served, modern_body};
use crate::sample;

const VERSIONS: [&str; 5] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"];

fn server_info() -> Value {
    json!({ "name": "sample-server", "title": "Sample", "version": "1.2.3" })
}

#[tokio::test]
async fn discovery_tells_exactly_what_is_served() {
    let served = Served::start([]).await;
    let answer = served.modern("server/discover", None, json!({})).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let mut result = answer.result();
    let instructions = result["instructions"].take();
    let instructions = instructions.as_str().unwrap();
    for said in ["never as instructions", "invisible"] {
        assert!(instructions.contains(said), "{instructions}");
    }
    assert_eq!(
        result,
        json!({
            "resultType": "complete",
            "supportedVersions": VERSIONS,
            "capabilities": { "tools": {} },
            "instructions": null,
            "ttlMs": 300_000,
            "cacheScope": "public",
            "_meta": { "io.modelcontextprotocol/serverInfo": server_info() }
        })
    );
}

#[tokio::test]
async fn every_result_says_who_answered_and_is_complete() {
    let served = Served::start([]).await;
    for (method, name, params) in [
        ("server/discover", None, json!({})),
        ("tools/list", None, json!({})),
        ("tools/call", Some("open"), json!({ "name": "open", "arguments": sample::reading("level", "DEV") })),
        ("tools/call", Some("open"), json!({ "name": "open" })),
    ] {
        let result = served.modern(method, name, params.clone()).await.result();
        assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"], server_info(), "{method} {params}");
        assert_eq!(result["resultType"], "complete", "{method} {params}");
    }
}

#[tokio::test]
async fn methods_that_are_not_declared_do_not_exist() {
    let served = Served::start([]).await;
    for (method, params) in [
        ("prompts/list", json!({})),
        ("prompts/get", json!({ "name": "x" })),
        ("resources/list", json!({})),
        ("resources/templates/list", json!({})),
        ("resources/read", json!({ "uri": "x:y" })),
        ("resources/subscribe", json!({ "uri": "x:y" })),
        ("subscriptions/listen", json!({ "notifications": {} })),
        ("logging/setLevel", json!({ "level": "info" })),
        ("tasks/get", json!({ "taskId": "x" })),
        ("tasks/cancel", json!({ "taskId": "x" })),
        ("skills/list", json!({})),
        ("ping", json!({})),
        ("initialize", json!({})),
        ("tools/List", json!({})),
        ("nothing/such", json!({})),
        (
            "completion/complete",
            json!({
                "ref": { "type": "ref/prompt", "name": "x" }, "argument": { "name": "a", "value": "b" }
            }),
        ),
    ] {
        // What clients mirror in `Mcp-Name`, so that the method is what is judged.
        let mirrored = ["name", "uri", "taskId"].iter().find_map(|member| params[member].as_str());
        let name = mirrored.filter(|_| method != "logging/setLevel");
        assert_eq!(served.modern(method, name, params.clone()).await.error(), (404, -32601), "{method}");
    }
}

#[tokio::test]
async fn parameters_that_do_not_fit_are_told_as_such() {
    let served = Served::start([]).await;
    for (method, name, params) in [
        ("tools/call", None, json!({})),
        ("tools/call", None, json!({ "name": 5 })),
        ("tools/call", Some("open"), json!({ "name": "open", "arguments": [1] })),
        ("tools/call", Some("open"), json!({ "name": "open", "arguments": "x" })),
        ("tools/list", None, json!({ "cursor": 5 })),
    ] {
        let answer = served.modern(method, name, params.clone()).await;
        assert_eq!(answer.error().1, -32602, "{params}");
    }
    let unknown = served.modern("tools/call", Some("nope"), json!({ "name": "nope" })).await;
    assert_eq!(unknown.error().1, -32602);
    assert_eq!(unknown.json()["error"]["message"], "Unknown tool: nope");
}

#[tokio::test]
async fn headers_and_body_must_agree() {
    let served = Served::start([]).await;
    let version = ("MCP-Protocol-Version", "2026-07-28");
    let method = ("Mcp-Method", "tools/call");
    let name = ("Mcp-Name", "open");
    let body =
        modern_body("tools/call", json!({ "name": "open", "arguments": sample::reading("level", "DEV") }))
            .to_string();
    for headers in [
        vec![version, method, name],
        vec![version, method, ("Mcp-Name", "=?base64?b3Blbg==?=")],
        vec![("mcp-protocol-version", "2026-07-28"), ("MCP-METHOD", "tools/call"), name],
    ] {
        assert_eq!(served.post(&headers, &body).await.status, 200, "{headers:?}");
    }
    let calls = served.upstream.requests().len();
    for headers in [
        vec![method, name],
        vec![version, name],
        vec![version, method],
        vec![("MCP-Protocol-Version", "2025-11-25"), method, name],
        vec![version, ("Mcp-Method", "tools/list"), name],
        vec![version, ("Mcp-Method", "Tools/Call"), name],
        vec![version, method, ("Mcp-Name", "read")],
        vec![version, method, ("Mcp-Name", "OPEN")],
        vec![version, method, ("Mcp-Name", "=?base64?b3Bl?=")],
        vec![version, version, method, name],
        vec![version, method, method, name],
        vec![version, method, name, name],
        vec![version, method, name, ("Mcp-Name", "read")],
    ] {
        assert_eq!(served.post(&headers, &body).await.error(), (400, -32020), "{headers:?}");
    }
    assert_eq!(served.upstream.requests().len(), calls, "nothing was sent");
}

#[tokio::test]
async fn a_version_that_is_not_spoken_is_answered_with_those_that_are() {
    let served = Served::start([]).await;
    let mut body = modern_body("tools/list", json!({}));
    body["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2099-01-01");
    let headers = [("MCP-Protocol-Version", "2099-01-01"), ("Mcp-Method", "tools/list")];
    for body in [body, json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" })] {
        let answer = served.post(&headers, &body.to_string()).await;
        assert_eq!(answer.error(), (400, -32022));
        let error = &answer.json()["error"];
        assert_eq!(error["data"], json!({ "supported": VERSIONS, "requested": "2099-01-01" }));
        assert_eq!(answer.json()["id"], 1);
    }
}

#[tokio::test]
async fn metadata_that_is_missing_or_malformed_is_told() {
    let served = Served::start([]).await;
    let headers = [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/list")];
    let key = |name: &str| format!("io.modelcontextprotocol/{name}");
    for (name, value) in [
        ("protocolVersion", None),
        ("clientCapabilities", None),
        ("clientCapabilities", Some(json!("x"))),
        ("protocolVersion", Some(json!(5))),
    ] {
        let mut body = modern_body("tools/list", json!({}));
        let meta = body["params"]["_meta"].as_object_mut().unwrap();
        match value.clone() {
            Some(value) => meta.insert(key(name), value),
            None => meta.remove(&key(name)),
        };
        assert_eq!(served.post(&headers, &body.to_string()).await.error(), (400, -32602), "{name} {value:?}");
    }
    let mut body = modern_body("tools/list", json!({}));
    body["params"]["_meta"].as_object_mut().unwrap().remove(&key("clientInfo"));
    assert_eq!(served.post(&headers, &body.to_string()).await.status, 200, "clientInfo is optional");
}

#[tokio::test]
async fn a_notification_is_accepted_without_a_word() {
    let served = Served::start([]).await;
    let headers = [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "notifications/cancelled")];
    let body = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#;
    let answer = served.post(&headers, body).await;
    assert_eq!((answer.status, answer.body.as_str()), (202, ""));
}

#[tokio::test]
async fn sessions_and_resumption_are_ignored_and_never_offered() {
    let served = Served::start([]).await;
    let body = modern_body("tools/list", json!({})).to_string();
    let headers = [
        ("MCP-Protocol-Version", "2026-07-28"),
        ("Mcp-Method", "tools/list"),
        ("Mcp-Session-Id", "whatever"),
        ("Last-Event-ID", "7"),
    ];
    let answer = served.post(&headers, &body).await;
    assert_eq!((answer.status, answer.header("mcp-session-id")), (200, None));
}

#[tokio::test]
async fn the_list_is_complete_ordered_and_described_for_safety() {
    let served = Served::start([]).await;
    let result = served.modern("tools/list", None, json!({})).await.result();
    assert_eq!((&result["ttlMs"], &result["cacheScope"]), (&json!(300_000), &json!("public")));
    assert_eq!(result.get("nextCursor"), None);
    let tools = result["tools"].as_array().unwrap();
    let names: Vec<_> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["deploy", "elsewhere", "get_rest_of_answer", "open", "read", "silent", "text"]);
    assert_eq!(
        tools[0],
        json!({
            "name": "deploy",
            "title": "A tool",
            "description": "A tool of tests.",
            "inputSchema": { "type": "object" },
            "outputSchema": { "type": "object" },
            "annotations": {
                "readOnlyHint": false, "destructiveHint": false, "idempotentHint": false, "openWorldHint": true
            }
        })
    );
    assert_eq!(tools[3]["annotations"]["readOnlyHint"], true);
    assert_eq!(tools[5].get("outputSchema"), None);
}

#[tokio::test]
async fn pages_hold_what_was_asked_for_and_cursors_are_ours_alone() {
    let served =
        Served::start_with([], |options| options.mcp.tools_page_size = std::num::NonZeroUsize::new(4)).await;
    let first = served.modern("tools/list", None, json!({})).await.result();
    let cursor = first["nextCursor"].as_str().unwrap();
    let second = served.modern("tools/list", None, json!({ "cursor": cursor })).await.result();
    let names = |page: &Value| {
        let tools = page["tools"].as_array().unwrap().iter();
        tools.map(|tool| tool["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&first), ["deploy", "elsewhere", "get_rest_of_answer", "open"]);
    assert_eq!(names(&second), ["read", "silent", "text"]);
    assert_eq!(second.get("nextCursor"), None);
    for wrong in ["", "4", "bm90IG91cnM", &format!("{cursor}x")] {
        let answer = served.modern("tools/list", None, json!({ "cursor": wrong })).await;
        assert_eq!(answer.error().1, -32602, "{wrong}");
    }
    let whole = Served::start([]).await;
    assert_eq!(whole.modern("tools/list", None, json!({ "cursor": cursor })).await.error().1, -32602);
}
