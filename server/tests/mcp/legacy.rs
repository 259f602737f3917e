//! The handshake era over raw HTTP, stateless: every revision is greeted and served on the same endpoint.

use serde_json::{Value, json};

use crate::http_support::Served;
use crate::sample;

fn initialize(version: &str) -> String {
    let client = json!({ "name": "test", "version": "1" });
    let params = json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": client });
    json!({ "jsonrpc": "2.0", "id": "init", "method": "initialize", "params": params }).to_string()
}

#[tokio::test]
async fn every_handshake_revision_is_greeted_and_an_unknown_one_gets_the_newest() {
    let served = Served::start([]).await;
    for (requested, agreed) in [
        ("2024-11-05", "2024-11-05"),
        ("2025-03-26", "2025-03-26"),
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
        ("1999-01-01", "2025-11-25"),
    ] {
        let answer = served.post(&[], &initialize(requested)).await;
        assert_eq!(answer.header("mcp-session-id"), None);
        let result = answer.result();
        assert_eq!(result["protocolVersion"], agreed, "{requested}");
        assert_eq!(result["capabilities"], json!({ "tools": {} }));
        assert_eq!(
            result["serverInfo"],
            json!({ "name": "sample-server", "title": "Sample", "version": "1.2.3" })
        );
        assert!(result["instructions"].is_string());
        assert_eq!(answer.json()["id"], "init");
    }
}

#[tokio::test]
async fn a_conversation_of_that_era_works() {
    let served = Served::start([]).await;
    let initialized = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    let version = [("MCP-Protocol-Version", "2025-11-25")];
    let accepted = served.post(&version, initialized).await;
    assert_eq!((accepted.status, accepted.body.as_str()), (202, ""));
    assert_eq!(served.legacy("ping", json!({})).await.result(), json!({}));
    let list = served.legacy("tools/list", json!({})).await.result();
    assert_eq!(list["tools"].as_array().map(Vec::len), Some(7));
    assert_eq!((list.get("resultType"), list.get("_meta")), (None, None), "marks of the other era");
    let arguments = sample::reading("level", "DEV");
    let result =
        served.legacy("tools/call", json!({ "name": "read", "arguments": arguments })).await.result();
    assert_eq!((result.get("resultType"), result.get("_meta")), (None, None));
    assert_eq!(result["structuredContent"], json!({}));
    assert_eq!(result["isError"], json!(false));
}

#[tokio::test]
async fn a_client_that_names_no_version_is_served() {
    let served = Served::start([]).await;
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    assert_eq!(served.post(&[], body).await.result()["tools"].as_array().map(Vec::len), Some(7));
}

#[tokio::test]
async fn a_version_that_is_not_spoken_is_refused_in_the_header() {
    let served = Served::start([]).await;
    for version in ["1999-01-01", "2025-11-26", "x", ""] {
        let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
        let answer = served.post(&[("MCP-Protocol-Version", version)], body).await;
        assert_eq!(answer.error(), (400, -32022), "{version:?}");
    }
}

#[tokio::test]
async fn what_is_not_there_and_what_does_not_fit_has_its_code() {
    let served = Served::start([]).await;
    for (method, params, code) in [
        ("prompts/list", json!({}), -32601),
        ("resources/list", json!({}), -32601),
        ("logging/setLevel", json!({ "level": "info" }), -32601),
        ("resources/subscribe", json!({ "uri": "x:y" }), -32601),
        ("nothing/such", json!({}), -32601),
        ("tools/call", json!({}), -32602),
        ("tools/call", json!({ "name": "read", "arguments": [1] }), -32602),
        ("tools/call", json!({ "name": "nope" }), -32602),
        ("tools/list", json!({ "cursor": "x" }), -32602),
        ("initialize", json!({}), -32602),
    ] {
        assert_eq!(served.legacy(method, params.clone()).await.error().1, code, "{method} {params}");
    }
}

#[tokio::test]
async fn t_49_an_id_comes_back_as_it_was_and_to_whom_it_belongs() {
    let served = std::sync::Arc::new(Served::start([]).await);
    for id in ["0", "-1", "9223372036854775807", "\"\"", "\"a\\u0062\\n\""] {
        let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
        let expected: Value = serde_json::from_str(id).unwrap();
        assert_eq!(served.post(&[], &body).await.json()["id"], expected);
    }
    let callers: Vec<_> = (0..200)
        .map(|caller| {
            let served = std::sync::Arc::clone(&served);
            tokio::spawn(async move {
                let body = json!({ "jsonrpc": "2.0", "id": 0, "method": format!("marker/{caller}") });
                let answer = served.post(&[], &body.to_string()).await.json();
                (answer["id"].clone(), answer["error"]["message"].clone(), caller)
            })
        })
        .collect();
    for caller in callers {
        let (id, message, caller) = caller.await.unwrap();
        assert_eq!((id, message), (json!(0), json!(format!("Method not found: marker/{caller}"))));
    }
}
