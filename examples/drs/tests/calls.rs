//! The server for the Data Repository Service: tools from every file of its document, and the requests that they make.

use drs_mcp::api;
use loopback::{Answer, Received};
use serde_json::{Value, json};

/// Calls a tool of a server whose API gives this answer, and gives what it makes of that with the only request.
async fn call(tool: &str, arguments: Value, answer: Value) -> (Value, Received) {
    let answer = |_: &Received| Answer::json(&answer);
    let (result, mut received) =
        loopback::call(api::catalog(), Some(("BearerAuth", "secret")), tool, arguments, answer).await;
    assert_eq!(received.len(), 1, "{result}");
    (result, received.remove(0))
}

fn object() -> Value {
    json!({
        "id": "314159", "self_uri": "drs://drs.example.org/314159", "size": 4096,
        "created_time": "2026-01-01T00:00:00Z", "checksums": [{"checksum": "72794b6d", "type": "md5"}],
        "contents": [{"name": "part", "contents": [{"name": "deeper"}]}]
    })
}

#[test]
fn all_nine_operations_are_tools_and_none_changes_anything() {
    let tools: Vec<(&str, &str, &str)> =
        api::catalog().tools.iter().map(|tool| (tool.name, tool.method, tool.effect.word())).collect();
    let expected = [
        ("get_access_url", "GET", "read"),
        ("get_access_url_with_passport", "POST", "read"),
        ("get_access_urls", "POST", "read"),
        ("get_authorizations_of_object", "OPTIONS", "read"),
        ("get_authorizations_of_objects", "OPTIONS", "read"),
        ("get_bulk_objects", "POST", "read"),
        ("get_object", "GET", "read"),
        ("get_object_with_passport", "POST", "read"),
        ("get_service_info", "GET", "read"),
    ];
    assert_eq!(tools, expected);
}

#[tokio::test]
async fn an_object_is_read_with_all_that_it_contains() {
    let (result, received) =
        call("get_object", json!({"object_id": "314159", "expand": true}), object()).await;
    assert_eq!(received.line, "GET /base/objects/314159?expand=true HTTP/1.1");
    assert_eq!(received.headers["authorization"], "Bearer secret");
    assert_eq!((&result["isError"], &result["structuredContent"]), (&json!(false), &object()));
}

#[tokio::test]
async fn a_passport_goes_in_the_body() {
    let arguments = json!({"object_id": "314159", "passports": ["eyJ.eyJ.x"]});
    let (_, received) = call("get_object_with_passport", arguments, object()).await;
    assert_eq!(received.line, "POST /base/objects/314159 HTTP/1.1");
    assert_eq!(received.body, r#"{"passports":["eyJ.eyJ.x"]}"#);
}

#[tokio::test]
async fn what_another_specification_describes_is_passed_on() {
    let info = json!({
        "id": "org.example.drs", "name": "An example", "type": {"artifact": "drs", "group": "org.ga4gh"},
        "maxBulkRequestLength": 200
    });
    let (result, received) = call("get_service_info", json!({}), info.clone()).await;
    assert_eq!(received.line, "GET /base/service-info HTTP/1.1");
    assert_eq!(result["structuredContent"], info);
}

#[test]
fn schemas_and_decoders_take_the_same_arguments() {
    values::of_arguments(&[api::catalog()], 500);
}

#[test]
fn what_is_made_of_any_answer_conforms() {
    values::of_answers(&[api::catalog()], 500);
}
