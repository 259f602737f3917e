//! The server that the generator made of the example's document: its tools, and the requests that calls become.

use ispw_mcp::api;
use loopback::{Answer, Received};
use serde_json::{Value, json};

/// Calls a tool of a server whose API answers once, and gives what it makes of that with the request.
async fn call(tool: &str, arguments: Value, status: &'static str, answer: Value) -> (Value, Received) {
    let answer = |_: &Received| Answer::new(status, "application/json", answer.to_string());
    let (result, mut received) =
        loopback::call(api::catalog(), Some(("PersonalAccessToken", "secret")), tool, arguments, answer)
            .await;
    assert_eq!(received.len(), 1, "one call is one request");
    (result, received.remove(0))
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

#[test]
fn schemas_and_decoders_take_the_same_arguments() {
    values::of_arguments(&[api::catalog()], 500);
}

#[test]
fn what_is_made_of_any_answer_conforms() {
    values::of_answers(&[api::catalog()], 500);
}
