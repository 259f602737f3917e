//! The server for the Docker Engine: what the overlay made of its document, and the requests that calls become.

use std::collections::BTreeMap;

use docker_mcp::api;
use loopback::{Answer, Received};
use serde_json::{Value, json};

/// Calls a tool of a server whose API gives this answer, and gives what it makes of that with the only request.
async fn call(tool: &str, arguments: Value, answer: Answer) -> (Value, Received) {
    let (result, mut received) =
        loopback::call(api::catalog(), None, tool, arguments, |_| answer.clone()).await;
    assert_eq!(received.len(), 1, "{result}");
    (result, received.remove(0))
}

#[test]
fn the_operations_are_tools_with_the_effects_that_they_have() {
    let effects: BTreeMap<&str, &str> =
        api::catalog().tools.iter().map(|tool| (tool.name, tool.effect.word())).collect();
    // Of 108 operations the overlay leaves out four that are no single request.
    assert_eq!(effects.len(), 104);
    for (name, effect) in [
        ("container_list", "read"),
        ("container_start", "write"),
        ("container_wait", "read"),
        ("check_registry_login", "read"),
        ("volume_delete", "destroy"),
        ("volume_prune", "destroy"),
        ("swarm_leave", "destroy"),
        ("engine_info", "read"),
    ] {
        assert_eq!(effects.get(name), Some(&effect), "{name}");
    }
    for name in ["container_attach", "session", "system_info"] {
        assert_eq!(effects.get(name), None, "{name}");
    }
}

#[tokio::test]
async fn a_list_is_asked_for_under_the_base_path_of_the_document() {
    let arguments = json!({"all": true, "filters": r#"{"status":["exited"]}"#});
    let containers = json!([{"Id": "8dfafdbc3a40", "Names": ["/hopeful"], "State": "exited"}]);
    let (result, received) = call("container_list", arguments, Answer::json(&containers)).await;
    let target = "/base/v1.56/containers/json?all=true&filters=%7B%22status%22%3A%5B%22exited%22%5D%7D";
    assert_eq!(received.line, format!("GET {target} HTTP/1.1"));
    assert_eq!(result["structuredContent"]["items"], containers, "{result}");
}

#[tokio::test]
async fn what_would_go_on_without_end_is_asked_for_once() {
    let (_, received) = call("container_stats", json!({"id": "web"}), Answer::json(&json!({}))).await;
    assert_eq!(received.line, "GET /base/v1.56/containers/web/stats?stream=false HTTP/1.1");
    let (_, received) =
        call("exec_start", json!({"id": "e1"}), Answer::new("200 OK", "text/plain", "")).await;
    assert_eq!(received.line, "POST /base/v1.56/exec/e1/start HTTP/1.1");
    assert_eq!(received.body, r#"{"Detach":true}"#);
}

#[tokio::test]
async fn a_volume_is_made_with_exactly_the_members_given() {
    let volume = json!({
        "Name": "data", "Driver": "local", "Mountpoint": "/var/lib/docker/volumes/data", "Labels": {"a": "b"},
        "Scope": "local", "Options": {}
    });
    let arguments = json!({"Name": "data", "Labels": {"a": "b"}});
    let answer = Answer::new("201 Created", "application/json", volume.to_string());
    let (result, received) = call("volume_create", arguments, answer).await;
    assert_eq!(received.line, "POST /base/v1.56/volumes/create HTTP/1.1");
    assert_eq!(received.body, r#"{"Name":"data","Labels":{"a":"b"}}"#);
    assert_eq!(result["structuredContent"], volume, "{result}");
}

#[tokio::test]
async fn an_archive_goes_as_the_bytes_that_it_is() {
    let arguments = json!({"id": "web", "path": "/srv", "body": {"base64": "dGFyIQ=="}});
    let (_, received) =
        call("put_container_archive", arguments, Answer::new("200 OK", "text/plain", "")).await;
    assert_eq!(received.line, "PUT /base/v1.56/containers/web/archive?path=%2Fsrv HTTP/1.1");
    assert_eq!(received.headers["content-type"], "application/x-tar");
    assert_eq!(received.body, "tar!");
}

#[test]
fn schemas_and_decoders_take_the_same_arguments() {
    values::of_arguments(&[api::catalog()], 500);
}

#[test]
fn what_is_made_of_any_answer_conforms() {
    values::of_answers(&[api::catalog()], 500);
}
