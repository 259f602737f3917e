//! What a client is asked on the way of a call: arguments that are missing, and what a hand-written tool wants to know. One round
//! after the other where each request stands alone; on the way where a session carries it.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use server::call::{CallError, Reply};
use server::catalog::{Api, Confirm, Effect, Tool};
use server::client::Ask;
use server::own::{AsTask, Context, OwnTool};

use crate::fake_upstream::json as json_answer;
use crate::http_support::{Answer, Served, modern_body};
use crate::sample::{self, READ};

const SCHEMA: &str = r#"{"type":"object","properties":{"srid":{"type":"string","minLength":1},"assignmentId":{"type":"string"}},"required":["srid","assignmentId"]}"#;
static NEEDY: Tool = Tool { input_schema: SCHEMA, ..READ };
static SURE: Tool = Tool { name: "sure", confirm: Confirm::Always, ..NEEDY };
static API: Api = Api { tools: &[&NEEDY, &SURE], ..sample::API };

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

static CURIOUS: OwnTool<Nothing> = OwnTool {
    name: "curious",
    title: "Asks twice",
    description: "Asks for a name and then for a colour.",
    effect: Effect::Read,
    confirm: Confirm::Never,
    idempotent: true,
    open_world: false,
    talks: true,
    as_task: AsTask::Never,
    timeout: None,
    scopes: None,
    output_schema: None,
    secrets: &[],
    handler: |_, context| Box::pin(asking(context)),
};

async fn asking(context: Context) -> Result<Reply, CallError> {
    let name = context.client().ask("one", text("name")).await?;
    let colour = context.client().ask("two", text("colour")).await?;
    Ok(Reply::text(format!("{} {}", name["content"]["name"], colour["content"]["colour"])))
}

fn text(field: &str) -> Ask {
    let schema =
        json!({ "type": "object", "properties": { field: { "type": "string" } }, "required": [field] });
    Ask::Form { message: field.to_owned(), schema }
}

async fn call(served: &Served, capabilities: Value, params: Value) -> Answer {
    let name = params["name"].as_str().unwrap().to_owned();
    let mut body = modern_body("tools/call", params);
    body["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = capabilities;
    let headers =
        [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/call"), ("Mcp-Name", &*name)];
    served.post(&headers, &body.to_string()).await
}

async fn ask(served: &Served, params: Value) -> Answer {
    call(served, json!({ "elicitation": {} }), params).await
}

fn accepted(content: Value) -> Value {
    json!({ "action": "accept", "content": content })
}

fn round(params: &Value, state: &Value, name: &str, answer: Value) -> Value {
    let mut params = params.clone();
    params["requestState"] = state.clone();
    params["inputResponses"] = json!({ name: answer });
    params
}

#[tokio::test]
async fn arguments_that_are_missing_are_asked_of_a_person_as_typed_fields() {
    let served = Served::start_api(&API, [json_answer("200 OK", r#"{"id":"A"}"#)], |_| {}).await;
    let params = json!({ "name": "read", "arguments": { "srid": "ISPW" } });
    let asked = ask(&served, params.clone()).await.result();
    assert_eq!(asked["resultType"], "input_required", "{asked}");
    let form = &asked["inputRequests"]["arguments"];
    assert_eq!(form["method"], "elicitation/create");
    let schema = &form["params"]["requestedSchema"];
    assert_eq!(schema["required"], json!(["assignmentId"]));
    assert_eq!(schema["properties"]["assignmentId"]["type"], "string");
    let answer = accepted(json!({ "assignmentId": "A-7" }));
    let made = ask(&served, round(&params, &asked["requestState"], "arguments", answer)).await.result();
    assert_eq!(made["isError"], false, "{made}");
    assert_eq!(served.upstream.only_target(), "/api/v1/ispw/ISPW/assignments/A-7");
}

#[tokio::test]
async fn who_cannot_ask_a_person_is_told_what_is_missing() {
    let served = Served::start_api(&API, [], |_| {}).await;
    let params = json!({ "name": "read", "arguments": { "srid": "ISPW" } });
    let told = call(&served, json!({}), params.clone()).await;
    assert!(told.text().contains("assignmentId: required and missing"), "{told:?}");
    let legacy = served.legacy("tools/call", params.clone()).await;
    assert!(legacy.text().contains("assignmentId: required and missing"));
    let asked = ask(&served, params.clone()).await.result();
    let declined = round(&params, &asked["requestState"], "arguments", json!({ "action": "decline" }));
    let told = ask(&served, declined).await;
    assert!(
        told.text().contains("assignmentId: required and missing"),
        "who declines is not asked again: {told:?}"
    );
    let wrong = round(&params, &asked["requestState"], "arguments", accepted(json!({ "assignmentId": 5 })));
    assert_eq!(
        ask(&served, wrong).await.result()["resultType"],
        "input_required",
        "another type than was asked for"
    );
    let unfit = json!({ "name": "read", "arguments": { "srid": 5 } });
    assert!(
        ask(&served, unfit).await.result()["isError"].as_bool().unwrap(),
        "more is wrong than that something is missing"
    );
    assert!(served.upstream.requests().is_empty());
}

#[tokio::test]
async fn a_person_who_filled_in_what_was_missing_is_asked_for_a_yes_to_all_of_it() {
    let served = Served::start_api(&API, [json_answer("200 OK", r#"{"id":"A"}"#)], |_| {}).await;
    let params = json!({ "name": "sure", "arguments": { "srid": "ISPW" } });
    let first = ask(&served, params.clone()).await.result();
    let answer = accepted(json!({ "assignmentId": "A-7" }));
    let second = ask(&served, round(&params, &first["requestState"], "arguments", answer)).await.result();
    let question = second["inputRequests"]["confirm"]["params"]["message"].as_str().unwrap();
    assert!(question.contains("A-7"), "{question}");
    let yes = accepted(json!({ "confirm": true }));
    let third = round(&params, &second["requestState"], "confirm", yes);
    let made = ask(&served, third.clone()).await.result();
    assert_eq!(made["isError"], false, "{made}");
    assert_eq!(served.upstream.only_target(), "/api/v1/ispw/ISPW/assignments/A-7");
    assert_eq!(ask(&served, third).await.error().1, -32602, "a yes is taken once");
}

fn curious() -> &'static Api {
    API.with(&[&CURIOUS]).unwrap()
}

#[tokio::test]
async fn a_tool_that_asks_twice_takes_three_rounds() {
    let served = Served::start_api(curious(), [], |_| {}).await;
    let params = json!({ "name": "curious", "arguments": {} });
    let first = ask(&served, params.clone()).await.result();
    let one = accepted(json!({ "name": "Ada" }));
    let second = ask(&served, round(&params, &first["requestState"], "one", one)).await.result();
    assert_eq!(second["inputRequests"].as_object().unwrap().keys().collect::<Vec<_>>(), ["two"]);
    assert_ne!(second["requestState"], first["requestState"]);
    let two = accepted(json!({ "colour": "blue" }));
    let made = ask(&served, round(&params, &second["requestState"], "two", two.clone())).await;
    assert_eq!(made.text(), "\"Ada\" \"blue\"");
    let skipped = ask(&served, round(&params, &first["requestState"], "two", two)).await.result();
    assert_eq!(skipped["inputRequests"].as_object().unwrap().keys().collect::<Vec<_>>(), ["one"]);
    for state in
        [json!("r.abc"), json!("abc"), json!(format!("{}x", first["requestState"].as_str().unwrap()))]
    {
        let forged = ask(&served, round(&params, &state, "one", json!({}))).await;
        assert_eq!(forged.error().1, -32602, "{state}");
    }
    let incapable = call(&served, json!({}), params).await;
    assert_eq!(incapable.error(), (400, -32021));
    assert_eq!(incapable.json()["error"]["data"]["requiredCapabilities"], json!({ "elicitation": {} }));
}

#[tokio::test]
async fn the_lane_takes_what_leaves_nothing_to_ask() {
    let served = Served::start_api(&API, [json_answer("200 OK", r#"{"id":"A"}"#)], |_| {}).await;
    ask(&served, json!({ "name": "read", "arguments": { "srid": "ISPW", "assignmentId": "A-1" } }))
        .await
        .result();
    let metrics = served.request("GET /metrics", &[], "").await.body;
    assert!(metrics.lines().any(|line| line == "mcp_direct_calls_total 1"), "{metrics}");
}
