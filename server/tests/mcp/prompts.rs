//! Prompts of both eras: listed for whoever may use the tools that they name, and made of what a person filled in.

use serde_json::{Value, json};
use server::catalog::{Api, Prompt, PromptArgument, Step, Tool};
use server::generated::Part;
use server::policy::{self, Source};

use crate::http_support::{Answer, Served};
use crate::sample::{self, DEPLOY, READ};

const SCHEMA: &str =
    r#"{"type":"object","properties":{"level":{"type":"string","enum":["DEV","QA","PRD"]}}}"#;
static LEVELLED: Tool = Tool { input_schema: SCHEMA, ..READ };

static PROMOTE: Prompt = Prompt {
    name: "promote",
    title: "Promote",
    description: "Promotes something.",
    arguments: &[
        PromptArgument { name: "what", description: "What is promoted.", required: true },
        PromptArgument { name: "from", description: "From where.", required: false },
    ],
    opening: &[Part::Literal("Promote "), Part::Parameter("what"), Part::Literal(".")],
    steps: &[Step {
        when: None,
        tool: Some("read"),
        with: &[("level", &[Part::Parameter("from")])],
        text: &[Part::Literal("Look.")],
    }],
};
static CHANGE: Prompt = Prompt {
    name: "change",
    steps: &[Step { when: None, tool: Some("deploy"), with: &[], text: &[Part::Literal("Do it.")] }],
    arguments: &[],
    ..PROMOTE
};
static API: Api = Api { tools: &[&DEPLOY, &LEVELLED], prompts: &[CHANGE, PROMOTE], ..sample::API };

async fn served() -> Served {
    Served::start_api(&API, [], |_| {}).await
}

async fn get(served: &Served, name: &str, arguments: Value) -> Answer {
    served.modern("prompts/get", Some(name), json!({ "name": name, "arguments": arguments })).await
}

#[tokio::test]
async fn prompts_are_listed_with_what_they_take() {
    let served = served().await;
    let discovered = served.modern("server/discover", None, json!({})).await.result();
    assert_eq!(discovered["capabilities"], json!({ "tools": {}, "prompts": {}, "completions": {} }));
    for list in [
        served.modern("prompts/list", None, json!({})).await.result(),
        served.legacy("prompts/list", json!({})).await.result(),
    ] {
        assert_eq!(list["ttlMs"], 300_000);
        let prompts = list["prompts"].as_array().unwrap();
        assert_eq!(prompts.iter().map(|one| &one["name"]).collect::<Vec<_>>(), ["change", "promote"]);
        let arguments = json!([
            { "name": "what", "description": "What is promoted.", "required": true },
            { "name": "from", "description": "From where.", "required": false },
        ]);
        assert_eq!(prompts[1]["arguments"], arguments);
    }
}

#[tokio::test]
async fn what_was_filled_in_stands_in_the_text() {
    let served = served().await;
    let text = async |arguments: Value| {
        let result = get(&served, "promote", arguments).await.result();
        assert_eq!(result["messages"][0]["role"], "user");
        result["messages"][0]["content"]["text"].as_str().unwrap().to_owned()
    };
    assert_eq!(text(json!({ "what": "A-1" })).await, "Promote A-1.\n1. Call `read`. Look.");
    let full = "Promote A-1.\n1. Call `read` with level = \"DEV\". Look.";
    assert_eq!(text(json!({ "what": "A-1", "from": "DEV" })).await, full);
    let legacy =
        served.legacy("prompts/get", json!({ "name": "promote", "arguments": { "what": "B" } })).await;
    assert_eq!(legacy.result()["messages"][0]["content"]["text"], "Promote B.\n1. Call `read`. Look.");
}

#[tokio::test]
async fn what_does_not_fit_is_told_with_the_rule() {
    let served = served().await;
    for (name, arguments, part) in [
        ("promote", json!({}), "`what` is required"),
        ("promote", json!({ "what": " " }), "`what` is required"),
        ("promote", json!({ "what": 5 }), "`what` must be a text"),
        ("promote", json!({ "what": "a".repeat(4097) }), "at most 4096"),
        ("promote", json!({ "what": "a", "where": "b" }), "accepted: what, from"),
        ("change", json!({ "what": "a" }), "it takes none"),
        ("nothing", json!({}), "Unknown prompt: nothing"),
    ] {
        let json = get(&served, name, arguments.clone()).await.json();
        assert_eq!(json["error"]["code"], -32602, "{json}");
        assert!(json["error"]["message"].as_str().unwrap().contains(part), "{name} {arguments}: {json}");
    }
    assert!(
        get(&served, "promote", json!({ "what": "a".repeat(4096) })).await.result()["messages"].is_array()
    );
    assert_eq!(served.modern("prompts/get", None, json!({})).await.error().1, -32602);
}

#[tokio::test]
async fn t_2c_a_prompt_of_a_tool_that_is_hidden_is_not_there() {
    let rules = r#"@id("reads") permit (principal, action == Action::"read", resource);"#;
    let served = Served::start_api(&API, [], |options| {
        options.engine.policy = policy::Settings { source: Source::Text(rules), ..Default::default() };
    })
    .await;
    let list = served.modern("prompts/list", None, json!({})).await.result();
    assert_eq!(list["prompts"].as_array().unwrap().len(), 1);
    let hidden = get(&served, "change", json!({})).await;
    let nothing = get(&served, "nothing", json!({})).await;
    assert_eq!(hidden.body, nothing.body.replace("nothing", "change"));
}

#[tokio::test]
async fn an_argument_is_completed_as_the_tool_takes_it() {
    let served = served().await;
    let complete = async |argument: &str, value: &str| {
        let params = json!({
            "ref": { "type": "ref/prompt", "name": "promote" }, "argument": { "name": argument, "value": value },
        });
        served.modern("completion/complete", None, params).await
    };
    assert_eq!(complete("from", "").await.result()["completion"]["values"], json!(["DEV", "QA", "PRD"]));
    assert_eq!(complete("from", "p").await.result()["completion"]["values"], json!(["PRD"]));
    assert_eq!(complete("what", "a").await.result()["completion"]["values"], json!([]));
    assert_eq!(complete("nothing", "a").await.error().1, -32602);
}
