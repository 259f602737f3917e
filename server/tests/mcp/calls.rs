//! What callers read of their calls: answers, refusals, and failures in words.

use serde_json::{Value, json};
use server::Server;
use server::call::Answer;

use crate::fake_upstream::json as upstream_json;
use crate::http_support::{self, Served};
use crate::sample;

#[tokio::test]
async fn an_answer_is_structured_and_the_same_as_text() {
    let served =
        Served::start([upstream_json("200 OK", r#"{"setId":"S-1","tasks":{"a":1},"owner":" "}"#)]).await;
    let answer = served.call("read", sample::reading("level", "DEV")).await;
    let result = answer.result();
    assert_eq!(result["structuredContent"], json!({ "setId": "S-1", "tasks": [{ "a": 1 }] }));
    let text: Value = serde_json::from_str(&answer.text()).unwrap();
    assert_eq!(text, result["structuredContent"]);
    assert_eq!(result["isError"], json!(false));
}

#[tokio::test]
async fn wrong_arguments_are_all_told_at_once_and_nothing_is_sent() {
    let served = Served::start([]).await;
    let arguments = json!({ "srid": "..", "levle": "DEV", "limit": 501, "environment": "tst" });
    let answer = served.call("read", arguments).await;
    assert_eq!((answer.status, &answer.result()["isError"]), (200, &json!(true)));
    assert_eq!(answer.result().get("structuredContent"), None);
    let text = answer.text();
    for path in ["srid", "assignmentId", "levle", "limit", "environment"] {
        assert_eq!(
            text.lines().filter(|line| line.starts_with(&format!("- {path}: "))).count(),
            1,
            "{path}: {text}"
        );
    }
    assert!(text.contains("nothing was sent"), "{text}");
    assert_eq!(served.upstream.connections(), 0);
}

#[tokio::test]
async fn the_request_id_of_an_error_is_the_one_of_the_answer() {
    let served = Served::start([]).await;
    let answer = served.call("read", json!({})).await;
    let id = answer.header("x-request-id").unwrap();
    assert!(answer.text().ends_with(&format!("\nRequest id: {id}")), "{}", answer.text());
}

#[tokio::test]
async fn t5b_a_refusal_gives_the_apis_message_and_no_address_or_credential() {
    let body = r#"{"message":"Release REL1 is busy"}"#;
    let served = Served::start([upstream_json("409 Conflict", body)]).await;
    let answer = served.call("deploy", sample::deploying()).await;
    let text = answer.text();
    assert!(
        text.starts_with("The API answered 409 (Conflict). It says: \"Release REL1 is busy\"."),
        "{text}"
    );
    assert_eq!(answer.result().get("structuredContent"), None);
    for secret in [sample::CANARY, &served.upstream.authority(), "/api/v1"] {
        assert!(!answer.body.contains(secret), "{secret}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_mutation_without_proof_is_not_called_done() {
    let served = Served::start([upstream_json("200 OK", r#"{"message":"no such release"}"#)]).await;
    let text = served.call("deploy", sample::deploying()).await.text();
    assert!(
        text.starts_with("Nothing was done:") && text.contains("It says: \"no such release\"."),
        "{text}"
    );
}

#[tokio::test]
async fn an_api_that_is_not_there_is_told_as_unsent() {
    let served = Served::start_with([], |options| {
        options.engine.upstream.base_url = "http://127.0.0.1:1/api".to_owned();
    })
    .await;
    let text = served.call("deploy", sample::deploying()).await.text();
    assert!(text.starts_with("The API could not be reached; nothing was sent."), "{text}");
    assert!(!text.contains("127.0.0.1"), "{text}");
}

#[tokio::test]
async fn a_panic_in_a_call_is_that_calls_error() {
    let served = Served::start([]).await;
    let mut arguments = sample::deploying();
    arguments["srid"] = json!("PANIC");
    let text = served.call("deploy", arguments).await.text();
    assert!(
        text.starts_with("This server failed at the call") && text.contains("Nothing was sent"),
        "{text}"
    );
    assert_eq!(served.call("open", sample::reading("level", "DEV")).await.status, 200);
}

#[tokio::test]
async fn a_trace_goes_on_to_the_api_when_it_is_one() {
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let served = Served::start([]).await;
    let params = json!({ "name": "open", "arguments": sample::reading("level", "DEV") });
    let call = |own: Option<&'static str>, header: &'static str| {
        let mut body = http_support::modern_body("tools/call", params.clone());
        if let Some(own) = own {
            body["params"]["_meta"]["traceparent"] = json!(own);
        }
        let headers = [
            ("MCP-Protocol-Version", "2026-07-28"),
            ("Mcp-Method", "tools/call"),
            ("Mcp-Name", "open"),
            ("traceparent", header),
        ];
        let served = &served;
        async move {
            assert_eq!(served.post(&headers, &body.to_string()).await.status, 200);
            served.upstream.requests().pop().unwrap().to_ascii_lowercase()
        }
    };
    assert!(call(None, trace).await.contains("traceparent: 00-0af7651916cd43dd8448eb211c80319c-"));
    assert!(call(Some(trace), "garbage").await.contains("traceparent: 00-0af7651916cd43dd8448eb211c80319c-"));
    assert!(!call(None, "garbage").await.contains("traceparent: garbage"));
    assert!(!call(Some("garbage"), trace).await.contains("garbage"));
}

/// No tool of these tests asks anybody.
fn unasked(question: &str) -> Answer {
    unreachable!("{question}")
}

#[tokio::test]
async fn a_program_calls_and_lists_with_the_same_words() {
    let served = Served::start([upstream_json("200 OK", r#"{"setId":"S-1"}"#)]).await;
    let server = Server::new(&sample::API, http_support::options(&served.upstream)).unwrap();
    let Value::Object(arguments) = sample::deploying() else { unreachable!() };
    let result = server.call("deploy", arguments, None, unasked).await.unwrap();
    assert_eq!(result["structuredContent"], json!({ "setId": "S-1" }));
    let refused = server.call("deploy", serde_json::Map::new(), None, unasked).await.unwrap();
    assert_eq!(refused["isError"], json!(true));
    assert_eq!(server.call("nope", serde_json::Map::new(), None, unasked).await, None);
    let listed = served.modern("tools/list", None, json!({})).await.result();
    assert_eq!(server.tools(), listed["tools"]);
}

#[tokio::test]
async fn t36_a_key_in_the_metadata_names_the_change() {
    let deployed = || upstream_json("200 OK", r#"{"setId":"S-1"}"#);
    let served = Served::start_with([deployed(), deployed()], |options| {
        options.engine.ledger = server::stages::ledger::Settings::default();
    })
    .await;
    let keyed = async |key: Value| {
        let mut params = json!({ "name": "deploy", "arguments": sample::deploying() });
        params["_meta"] = json!({ "idempotencyKey": key });
        served.legacy("tools/call", params).await
    };
    for (key, sent) in [("one", 1), ("one", 1), ("two", 2)] {
        assert_eq!(keyed(json!(key)).await.result()["isError"], json!(false));
        assert_eq!(served.upstream.requests().len(), sent, "{key}");
    }
    // The API has nothing more to answer, but it is asked.
    keyed(json!("x".repeat(128))).await.result();
    assert_eq!(served.upstream.requests().len(), 3);
    for wrong in [json!(""), json!("x".repeat(129)), json!("a b"), json!("\u{e9}"), json!(7)] {
        let answer = keyed(wrong.clone()).await;
        assert!(answer.body.contains("_meta.idempotencyKey: 1 to 128 visible"), "{wrong}: {}", answer.body);
    }
}
