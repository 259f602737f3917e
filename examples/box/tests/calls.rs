//! The server for Box: how many tools a large document gives, and the requests that some of them make.

use std::collections::BTreeMap;

use box_mcp::api;
use loopback::{Answer, Received};
use serde_json::{Value, json};

/// Calls a tool of a server whose API gives this answer, and gives what it makes of that with the requests.
async fn call(tool: &str, arguments: Value, answer: Value) -> (Value, Vec<Received>) {
    let answer = |_: &Received| Answer::json(&answer);
    loopback::call(api::catalog(), Some(("OAuth2Security", "secret")), tool, arguments, answer).await
}

#[test]
fn a_large_document_is_tools_with_the_effects_that_they_have() {
    let tools = api::catalog().tools;
    // Of 296 operations, 14 sign in, or move bytes between other addresses than the API's own.
    assert_eq!(tools.len(), 282);
    let effects: BTreeMap<&str, &str> = tools.iter().map(|tool| (tool.name, tool.effect.word())).collect();
    for (name, effect) in [
        ("post_ai_ask", "read"),
        ("options_events", "read"),
        ("post_folders", "write"),
        ("remove_file_classification", "destroy"),
        ("post_users_terminate_sessions", "destroy"),
    ] {
        assert_eq!(effects.get(name), Some(&effect), "{name}");
    }
    assert_eq!(effects.get("get_authorize"), None);
}

#[tokio::test]
async fn a_list_of_fields_is_one_parameter() {
    let file = json!({"id": "12345", "type": "file", "name": "plan.pdf"});
    let arguments = json!({"file_id": "12345", "fields": ["id", "name"]});
    let (result, received) = call("get_files_id", arguments, file).await;
    assert_eq!(received[0].line, "GET /base/files/12345?fields=id,name HTTP/1.1");
    assert_eq!(received[0].headers["authorization"], "Bearer secret");
    assert_eq!(result["structuredContent"]["name"], "plan.pdf", "{result}");
}

#[tokio::test]
async fn a_folder_is_made_with_exactly_the_members_given() {
    let folder = json!({"id": "22", "type": "folder", "name": "Plans"});
    let arguments = json!({"body": {"name": "Plans", "parent": {"id": "0"}}});
    let (result, received) = call("post_folders", arguments, folder).await;
    assert_eq!(received.len(), 1, "{result}");
    assert_eq!(received[0].line, "POST /base/folders HTTP/1.1");
    assert_eq!(received[0].body, r#"{"name":"Plans","parent":{"id":"0"}}"#);
    assert_eq!(result["structuredContent"]["id"], "22", "{result}");
}

#[tokio::test]
async fn a_webhook_goes_only_where_the_deployment_allows() {
    let arguments = json!({
        "target": {"id": "1", "type": "file"}, "address": "https://elsewhere.example.com/x",
        "triggers": ["FILE.UPLOADED"]
    });
    let (result, received) = call("post_webhooks", arguments, json!({})).await;
    let text = result["content"][0]["text"].as_str().unwrap_or_default();
    assert!(text.contains("\n- address: "), "{text}");
    assert!(received.is_empty());
}

#[tokio::test]
async fn a_picture_is_a_part_of_a_form() {
    let picture = json!({"base64": "cG5nIQ==", "filename": "me.png", "contentType": "image/png"});
    let arguments = json!({"user_id": "7", "body": {"pic": picture}});
    let (result, received) = call("post_users_id_avatar", arguments, json!({})).await;
    assert_eq!(received.len(), 1, "{result}");
    assert_eq!(received[0].line, "POST /base/users/7/avatar HTTP/1.1");
    assert!(received[0].headers["content-type"].starts_with("multipart/form-data; boundary="));
    let head = "Content-Disposition: form-data; name=\"pic\"; filename=\"me.png\"\r\nContent-Type: image/png\r\n\r\n";
    assert!(received[0].body.contains(head), "{}", received[0].body);
}

#[test]
fn schemas_and_decoders_take_the_same_arguments() {
    values::of_arguments(&[api::catalog()], 500);
}

#[test]
fn what_is_made_of_any_answer_conforms() {
    values::of_answers(&[api::catalog()], 500);
}
