//! Every operation of the API, called by a real client of each era, becomes exactly the request written down for it.

mod support;

use std::collections::BTreeSet;

use code_pipeline_mcp::api;
use serde_json::{Map, Value};
use simulator::Received;
use support::{ERAS, Era, Row, World, call, rows, text};

/// Compares what arrived with what was written down.
fn differences(row: &Row, received: &[Received], token: &str) -> Vec<String> {
    let expected = row.request.as_ref().expect("a row with a request");
    let [request] = received else { return vec![format!("{} requests instead of one", received.len())] };
    let body: Value = match request.body.is_empty() {
        true => Value::Null,
        false => {
            serde_json::from_slice(&request.body).unwrap_or_else(|error| Value::String(error.to_string()))
        }
    };
    let needs_token = row.operation.as_deref() != Some("getCesVersion");
    let checks = [
        ("method", request.method.to_string(), expected.method.clone()),
        ("target", request.target.clone(), expected.target.clone()),
        ("body", body.to_string(), expected.body.to_string()),
        (
            "authorization",
            format!("{:?}", request.header("authorization")),
            format!("{:?}", needs_token.then_some(token)),
        ),
        (
            "content-type",
            format!("{:?}", request.header("content-type")),
            format!("{:?}", (!expected.body.is_null()).then_some("application/json")),
        ),
    ];
    checks
        .into_iter()
        .filter(|(_, is, should)| is != should)
        .map(|(what, is, should)| format!("{what}: {is} instead of {should}"))
        .collect()
}

/// Calls the row's tool on a fresh world and gives what is wrong with it.
async fn check(row: &Row, era: Era) -> Vec<String> {
    let world = World::start().await;
    let client = world.client(era).await;
    let tool = row.tool.as_deref().expect("a row with a tool");
    let result = call(&client, tool, row.arguments.as_ref().expect("a row with arguments")).await;
    let mut wrong = differences(row, &world.simulator.take_requests(), world.simulator.token());
    match result {
        Err(error) => wrong.push(format!("protocol error: {error}")),
        Ok(result) if result.is_error == Some(true) => {
            if !row.may_refuse {
                wrong.push(format!("tool error: {}", text(&result)));
            }
        }
        Ok(result) => wrong.extend(nonconforming(tool, result.structured_content.as_ref())),
    }
    client.cancel().await.expect("the client closes");
    world.stop().await;
    wrong
}

/// What a judge of JSON Schema says of the answer.
fn nonconforming(tool: &str, answer: Option<&Value>) -> Vec<String> {
    let tool = api::catalog().find(tool).expect("a tool of the catalog");
    let (Some(schema), Some(answer)) = (tool.output_schema, answer) else {
        return match (tool.output_schema, answer) {
            (None, None) => Vec::new(),
            _ => vec!["structured content and output schema must come together".to_owned()],
        };
    };
    let schema: Value = serde_json::from_str(schema).expect("an output schema is JSON");
    let judge = jsonschema::validator_for(&schema).expect("an output schema is a schema");
    judge.iter_errors(answer).map(|error| format!("answer at {}: {error}", error.instance_path())).collect()
}

async fn check_all(file: &str) {
    let mut wrong = Vec::new();
    let rows = rows(file);
    let with_request: Vec<&Row> = rows.iter().filter(|row| row.request.is_some()).collect();
    assert!(with_request.len() > 40, "{file} has only {} rows with a request", with_request.len());
    for era in ERAS {
        for row in &with_request {
            let name = format!("{era:?} {:?} {:?}", row.example, row.tool);
            wrong.extend(check(row, era).await.into_iter().map(|what| format!("{name}: {what}")));
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn every_operation_becomes_its_exact_request_in_both_eras() {
    check_all("operations.json").await;
}

#[tokio::test]
async fn every_recorded_example_becomes_its_request_in_both_eras() {
    check_all("recorded.json").await;
}

#[test]
fn every_operation_and_every_tool_has_a_row() {
    let rows = rows("operations.json");
    let called: BTreeSet<&str> = rows.iter().filter_map(|row| row.tool.as_deref()).collect();
    let offered: BTreeSet<&str> = api::catalog().tools.iter().map(|tool| tool.name).collect();
    assert_eq!(called, offered);
    let operations: BTreeSet<&str> = api::catalog().tools.iter().map(|tool| tool.operation).collect();
    assert_eq!(operations.len(), 61);
}

#[test]
fn every_recording_is_followed_or_says_why_not() {
    for row in rows("recorded.json") {
        let silent = row.follow != Some(true) && row.note.as_deref().unwrap_or_default().len() < 20;
        assert!(!silent, "example {:?} is not followed and gives no reason", row.example);
    }
}

/// Whether all clients take this name: of these characters, a letter first, and short enough behind what some put before it.
fn suits_clients(name: &str) -> bool {
    let prefixed = "mcp__code-pipeline-mcp__".len() + name.len();
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    prefixed <= 64 && name.starts_with(|first: char| first.is_ascii_lowercase()) && name.bytes().all(is_plain)
}

#[test]
fn a_name_that_some_client_refuses_is_told_from_one_that_all_take() {
    assert!(suits_clients(&"a".repeat(40)) && !suits_clients(&"a".repeat(41)));
    for name in ["get-set", "get.set", "Get", "1st", "größe", ""] {
        assert!(!suits_clients(name), "{name}");
    }
}

#[tokio::test]
async fn a_failed_call_is_told_in_words_whatever_the_tool_promises() {
    let world = World::start().await;
    for era in ERAS {
        let client = world.client(era).await;
        for tool in client.list_all_tools().await.expect("the tools are listed") {
            let arguments = Map::from_iter([("no_such_argument".to_owned(), Value::Bool(true))]);
            let result = call(&client, &tool.name, &arguments).await.expect("the call is answered");
            assert_eq!((result.is_error, &result.structured_content), (Some(true), &None), "{}", tool.name);
            assert!(text(&result).contains("nothing was sent"), "{}: {}", tool.name, text(&result));
        }
        client.cancel().await.expect("the client closes");
    }
    world.stop().await;
}

#[tokio::test]
async fn both_eras_list_the_same_tools_with_everything_a_client_needs() {
    let world = World::start().await;
    let mut lists = Vec::new();
    for era in ERAS {
        let client = world.client(era).await;
        let tools = client.list_all_tools().await.expect("the tools are listed");
        for tool in &tools {
            let hints = tool.annotations.as_ref().expect("annotations");
            let stated =
                [hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint, hints.open_world_hint];
            assert!(stated.iter().all(Option::is_some), "{}: {hints:?}", tool.name);
            assert!(suits_clients(&tool.name), "{}", tool.name);
            assert!(tool.title.is_some() && tool.description.as_ref().is_some_and(|text| text.len() > 20));
            assert_eq!(tool.input_schema["type"], "object", "{}", tool.name);
            assert_eq!(tool.input_schema["additionalProperties"], false, "{}", tool.name);
            if let Some(output) = &tool.output_schema {
                assert_eq!(output["type"], "object", "{}", tool.name);
            }
        }
        lists.push(serde_json::to_value(&tools).expect("tools are JSON"));
        client.cancel().await.expect("the client closes");
    }
    assert_eq!(lists[0], lists[1]);
    assert_eq!(
        lists[0].as_array().map(Vec::len),
        Some(api::catalog().tools.len() + 5),
        "and the one that gives the rest of answers, and those about the server"
    );
    world.stop().await;
}
