//! A person is asked before a call that may do harm, through the protocol of either era, and a model cannot answer.

use serde_json::{Value, json};
use server::journal::{self, Journal, records};
use server::stages::confirm::{Asking, Mode};

use crate::fake_upstream::json as upstream_json;
use crate::http_support::{Answer, Served, modern_body};
use crate::own_tools;
use crate::sample::{self, deploying};
use crate::scratch::Scratch;

/// A server that asks about every change, for an API that would make it three times.
async fn asking() -> Served {
    changed(|_| {}).await
}

async fn changed(change: impl FnOnce(&mut server::Options)) -> Served {
    let done = || upstream_json("200 OK", r#"{"setId":"S-1"}"#);
    Served::start_with([done(), done(), done()], |options| {
        options.engine.confirm.asking = Asking::Changing;
        change(options);
    })
    .await
}

fn deploy_of(arguments: Value) -> Value {
    json!({ "name": "deploy", "arguments": arguments })
}

/// Calls with these parameters, as a client with these capabilities.
async fn call(served: &Served, capabilities: Value, params: Value) -> Answer {
    let name = params["name"].as_str().unwrap().to_owned();
    let mut body = modern_body("tools/call", params);
    body["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = capabilities;
    let headers =
        [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/call"), ("Mcp-Name", &*name)];
    served.post(&headers, &body.to_string()).await
}

/// Calls as a client that shows forms.
async fn ask(served: &Served, params: Value) -> Answer {
    call(served, json!({ "elicitation": {} }), params).await
}

/// The same parameters with a person's answer.
fn answered(mut params: Value, state: &Value, answer: Value) -> Value {
    params["requestState"] = state.clone();
    params["inputResponses"] = json!({ "confirm": answer });
    params
}

fn yes() -> Value {
    json!({ "action": "accept", "content": { "confirm": true } })
}

#[tokio::test]
async fn the_call_is_made_after_a_yes_to_exactly_this() {
    let served = asking().await;
    let asked = ask(&served, deploy_of(deploying())).await.result();
    assert_eq!(asked["resultType"], "input_required", "{asked}");
    assert_eq!(asked.get("ttlMs"), None);
    let question = &asked["inputRequests"]["confirm"];
    assert_eq!(question["method"], "elicitation/create");
    assert_eq!(question["params"]["mode"], "form");
    assert_eq!(question["params"]["requestedSchema"]["required"], json!(["confirm"]));
    let message = question["params"]["message"].as_str().unwrap();
    for part in ["deploy", "ISPW", "REL1", "http://127.0.0.1:"] {
        assert!(message.contains(part), "{part}: {message}");
    }
    assert_eq!(served.upstream.requests().len(), 0, "nothing is sent before the answer");

    let answered = answered(deploy_of(deploying()), &asked["requestState"], yes());
    let made = ask(&served, answered.clone()).await.result();
    assert_eq!(made["structuredContent"], json!({ "setId": "S-1" }), "{made}");
    assert_eq!(served.upstream.requests().len(), 1);

    let again = ask(&served, answered).await;
    assert_eq!(again.error(), (200, -32602));
    assert!(again.body.contains("it was used before"), "{}", again.body);
    assert_eq!(served.upstream.requests().len(), 1, "a yes is for one call");
}

#[tokio::test]
async fn t_2e_a_state_is_for_the_call_that_it_was_given_out_for() {
    let served = asking().await;
    let state = ask(&served, deploy_of(deploying())).await.result()["requestState"].clone();
    let mut flipped = state.as_str().unwrap().to_owned();
    let first = if flipped.starts_with('A') { "B" } else { "A" };
    flipped.replace_range(0..1, first);
    let other = deploy_of(json!({ "srid": "ISPW", "releaseId": "REL2" }));
    let tool = json!({ "name": "silent", "arguments": sample::reading("level", "DEV") });
    for (params, state) in [
        (deploy_of(deploying()), json!(flipped)),
        (deploy_of(deploying()), json!("")),
        (other, state.clone()),
        (tool, state.clone()),
    ] {
        let refused = ask(&served, answered(params.clone(), &state, yes())).await;
        assert_eq!(refused.error(), (200, -32602), "{params}");
        assert!(refused.body.contains("not given out for this call"), "{}", refused.body);
    }
    assert_eq!(served.upstream.requests().len(), 0);
    let made = ask(&served, answered(deploy_of(deploying()), &state, yes())).await.result();
    assert_eq!(made["isError"], false, "what was refused has used nothing up: {made}");
}

#[tokio::test]
async fn a_state_ends() {
    let served =
        changed(|options| options.engine.confirm.patience = std::time::Duration::from_millis(1)).await;
    let state = ask(&served, deploy_of(deploying())).await.result()["requestState"].clone();
    let late = ask(&served, answered(deploy_of(deploying()), &state, yes())).await;
    assert_eq!(late.error(), (200, -32602));
    assert!(late.body.contains("it has expired"), "{}", late.body);
}

#[tokio::test]
async fn a_no_is_final_and_what_is_neither_is_asked_again() {
    let served = asking().await;
    for answer in
        [json!({ "action": "decline" }), json!({ "action": "accept", "content": { "confirm": false } })]
    {
        let state = ask(&served, deploy_of(deploying())).await.result()["requestState"].clone();
        let refused = ask(&served, answered(deploy_of(deploying()), &state, answer.clone())).await;
        assert!(refused.text().contains("said no; nothing was sent"), "{}", refused.text());
        let after = ask(&served, answered(deploy_of(deploying()), &state, yes())).await;
        assert_eq!(after.error(), (200, -32602), "a no cannot be taken back by the client");
    }
    let state = ask(&served, deploy_of(deploying())).await.result()["requestState"].clone();
    let mut unanswered = deploy_of(deploying());
    unanswered["requestState"] = state;
    let again = ask(&served, unanswered).await.result();
    assert_eq!(again["resultType"], "input_required");
    assert_eq!(served.upstream.requests().len(), 0);
    let made = ask(&served, answered(deploy_of(deploying()), &again["requestState"], yes())).await.result();
    assert_eq!(made["isError"], false, "{made}");
}

#[tokio::test]
async fn who_cannot_ask_is_refused_with_the_reason_unless_the_deployment_lets_it_pass() {
    let served = asking().await;
    for capabilities in [json!({}), json!({ "elicitation": { "url": {} } })] {
        let text = call(&served, capabilities, deploy_of(deploying())).await.text();
        assert!(text.contains("no way to ask one"), "{text}");
    }
    let text = served.legacy("tools/call", deploy_of(deploying())).await.text();
    assert!(text.contains("no way to ask one"), "{text}");
    assert_eq!(served.upstream.requests().len(), 0);

    let possible = changed(|options| options.engine.confirm.mode = Mode::Possible).await;
    assert_eq!(call(&possible, json!({}), deploy_of(deploying())).await.result()["isError"], false);
    let asked = ask(&possible, deploy_of(deploying())).await.result();
    assert_eq!(asked["resultType"], "input_required", "who can ask still does");

    let off = changed(|options| options.engine.confirm.mode = Mode::Off).await;
    assert_eq!(ask(&off, deploy_of(deploying())).await.result()["isError"], false);

    let marked = changed(|options| options.engine.confirm.asking = Asking::Marked).await;
    assert_eq!(ask(&marked, deploy_of(deploying())).await.result()["isError"], false);
    let reads = asking().await;
    let read = json!({ "name": "read", "arguments": sample::reading("level", "DEV") });
    assert_eq!(ask(&reads, read).await.result()["resultType"], "complete", "a read asks nobody");
}

#[tokio::test]
async fn a_model_cannot_answer_by_an_argument() {
    let served = asking().await;
    let mut arguments = deploying();
    arguments["confirm"] = json!(true);
    let text = ask(&served, deploy_of(arguments)).await.text();
    assert!(text.contains("confirm: unknown"), "{text}");
    let mut params = deploy_of(deploying());
    params["inputResponses"] = json!({ "confirm": yes() });
    let asked = ask(&served, params).await.result();
    assert_eq!(asked["resultType"], "input_required", "an answer without its question is none");
    assert_eq!(served.upstream.requests().len(), 0);
}

#[tokio::test]
async fn the_record_tells_the_question_and_the_yes() {
    let folder = Scratch::new("confirm");
    let journal = Journal::open(&journal::Options::new(folder.path()), "test 1").unwrap();
    let written = journal.clone();
    let served = changed(|options| options.engine.journal = Some(journal)).await;
    let state = ask(&served, deploy_of(deploying())).await.result()["requestState"].clone();
    ask(&served, answered(deploy_of(deploying()), &state, yes())).await.result();
    // What is noted is written a moment later.
    written.close();
    let told: Vec<String> = records(folder.path())
        .unwrap()
        .map(|record| record.unwrap())
        .map(|record| {
            format!(
                "{} {} {}",
                record.text("kind"),
                record.text("outcome"),
                record.members.get("confirmed").unwrap_or(&Value::Null)
            )
        })
        .collect();
    assert_eq!(
        told,
        ["start  null", "outcome unconfirmed null", "intent  true", "outcome answered null", "stop  null"]
    );
}

#[tokio::test]
async fn a_yes_to_a_tool_written_by_hand_is_one_to_what_it_calls() {
    let done = || upstream_json("200 OK", r#"{"setId":"S-1"}"#);
    let redeploy = || json!({ "name": "redeploy", "arguments": { "release": "R" } });
    let served = Served::start_api(own_tools::api(), [done(), done()], |options| {
        options.engine.confirm.asking = Asking::Changing;
    })
    .await;
    let asked = ask(&served, redeploy()).await.result();
    let message = asked["inputRequests"]["confirm"]["params"]["message"].as_str().unwrap();
    assert!(message.contains("This calls redeploy with:\n- release: \"R\""), "{message}");
    let made = ask(&served, answered(redeploy(), &asked["requestState"], yes())).await.result();
    assert_eq!(made["isError"], false, "{made}");
    assert_eq!(served.upstream.requests().len(), 2, "the person was asked once");
}
