//! Plain requests, for programs that are no clients of the protocol: the same lists, the same calls, the same checks, and problem
//! details for what goes wrong.

use std::num::NonZeroUsize;

use serde_json::{Value, json};
use server::Options;
use server::identity::api_keys;
use server::journal::{self, Journal, records};
use server::policy::{self, Source};
use server::resources::{Document, Settings};
use server::scopes;
use server::stages::confirm::{Asking, Mode};
use server::stages::ledger;

use crate::fake_upstream::{answer, json as json_answer};
use crate::http_support::{Answer, Served};
use crate::key_file;
use crate::sample::{self, reading};
use crate::scratch::Scratch;

const RULES: &str = r#"
    @id("all") permit (principal in Role::"operator", action, resource);
    @id("reads") permit (principal in Role::"observer", action == Action::"read", resource);
"#;
const JSON: (&str, &str) = ("Content-Type", "application/json");
const READ: &str = "POST /mcp/tools/read";

/// A problem's status, media type and word for programs.
fn problem(answer: &Answer) -> (u16, String) {
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{answer:?}");
    let body = answer.json();
    assert_eq!(body["status"], answer.status, "{answer:?}");
    assert!(body["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{answer:?}");
    (answer.status, body["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn lists_are_those_of_the_protocol() {
    let served = Served::start_with([], |options| {
        options.mcp.tools_page_size = NonZeroUsize::new(1);
        let document = Some(Document { text: "{}", media_type: "application/json" });
        options.mcp.resources = Settings { offered: true, document, ..Settings::default() };
    })
    .await;
    let tools = served.request("GET /mcp/tools", &[], "").await;
    assert_eq!((tools.status, tools.header("content-type")), (200, Some("application/json")));
    assert_eq!(tools.json(), served.legacy("tools/list", json!({})).await.result());
    let cursor = tools.json()["nextCursor"].as_str().unwrap().to_owned();
    let next = served.request(&format!("GET /mcp/tools?cursor={cursor}"), &[], "").await.json();
    assert_eq!(next, served.legacy("tools/list", json!({ "cursor": cursor })).await.result());
    let what = served.request("GET /mcp/capabilities", &[], "").await.json();
    assert_eq!(what, served.modern("server/discover", None, json!({})).await.result());
    let document = served.request("GET /openapi.json", &[], "").await;
    assert_eq!((document.header("content-type"), &*document.body), (Some("application/json"), "{}"));
    let resources = served.request("GET /mcp/resources", &[], "").await.json();
    let mut listed = served.legacy("resources/list", json!({})).await.result();
    listed["resultType"] = resources["resultType"].clone();
    assert_eq!(resources["resources"], listed["resources"]);
    for place in ["/mcp/tools?cursor=x", "/mcp/resources?cursor=x", "/mcp/tools?a=1&a=2", "/mcp/tools?a=%ff"]
    {
        let answer = served.request(&format!("GET {place}"), &[], "").await;
        assert_eq!(problem(&answer), (400, "malformed".to_owned()), "{place}");
    }
}

#[tokio::test]
async fn a_call_is_made_and_its_result_is_the_answer() {
    let served = Served::start([json_answer("200 OK", r#"{"assignmentId":"PLAY000313"}"#)]).await;
    let answer = served.request(READ, &[JSON], &reading("level", "DEV").to_string()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let result = answer.json();
    assert_eq!(result["structuredContent"], json!({ "assignmentId": "PLAY000313" }));
    assert_eq!((result.get("resultType"), &result["isError"]), (None, &json!(false)));
    assert!(served.upstream.requests()[0].contains("level=DEV"));
}

#[tokio::test]
async fn what_goes_wrong_is_told_as_problem_details() {
    let api = || {
        let again = "Content-Type: application/json\r\nRetry-After: 7\r\n";
        [
            answer("404 Not Found", "Content-Type: application/json\r\n", r#"{"message":"no such one"}"#),
            answer("401 Unauthorized", "Content-Type: application/json\r\n", "{}"),
            answer("429 Too Many Requests", again, "{}"),
            answer("200 OK", "Content-Type: text/html\r\n", "<p>"),
        ]
    };
    let served = Served::start_with(api(), |options| options.engine.retry.attempts = 1).await;
    let call =
        async |headers: &[(&str, &str)], body: &str| problem(&served.request(READ, headers, body).await);
    let good = reading("level", "DEV").to_string();
    for (headers, body, status, code) in [
        (&[JSON][..], "{}", 422, "arguments"),
        (&[JSON], "", 422, "arguments"),
        (&[JSON], "[]", 400, "malformed"),
        (&[JSON], "{", 400, "malformed"),
        (&[JSON], r#"{"srid":"A","srid":"B"}"#, 400, "malformed"),
        (&[], &good, 415, "unsupported_media_type"),
        (&[("Content-Type", "text/plain")], &good, 415, "unsupported_media_type"),
        (&[JSON, ("Content-Type", "text/plain")], &good, 415, "unsupported_media_type"),
        (&[JSON, ("Idempotency-Key", "")], &good, 400, "malformed"),
        (&[JSON, ("Idempotency-Key", "a"), ("Idempotency-Key", "b")], &good, 400, "malformed"),
    ] {
        assert_eq!(call(headers, body).await, (status, code.to_owned()), "{headers:?} {body}");
    }
    assert!(served.upstream.requests().is_empty());
    let unknown = served.request("POST /mcp/tools/nope", &[JSON], "{}").await;
    assert_eq!(problem(&unknown), (404, "unknown_tool".to_owned()));
    for (status, code) in [(404, "refused"), (502, "refused"), (503, "refused"), (502, "unexpected")] {
        let answer = served.request(READ, &[JSON, ("X-Request-Id", "r7")], &good).await;
        assert_eq!(problem(&answer), (status, code.to_owned()));
        assert_eq!(answer.json()["requestId"], "r7");
        assert_eq!(answer.header("retry-after"), (status == 503).then_some("7"));
    }
    for (place, status, code) in [
        ("GET /mcp/", 404, "not_found"),
        ("GET /mcp/nothing", 404, "not_found"),
        ("GET /mcp/resources/nothing", 404, "unknown_resource"),
        ("GET /mcp/resources?uri=server://nothing", 404, "unknown_resource"),
    ] {
        assert_eq!(problem(&served.request(place, &[], "").await), (status, code.to_owned()), "{place}");
    }
    for (place, allowed) in [
        ("GET /mcp/tools/read", "POST"),
        ("POST /mcp/tools", "GET, HEAD"),
        ("DELETE /mcp/resources", "GET, HEAD"),
        ("POST /openapi.json", "GET, HEAD"),
        ("POST /mcp/capabilities", "GET, HEAD"),
    ] {
        let answer = served.request(place, &[JSON], "{}").await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some(allowed)), "{place}");
    }
}

#[tokio::test]
async fn a_change_that_needs_a_yes_is_not_made_where_nobody_can_be_asked() {
    let served = Served::start_with([], |options| {
        options.engine.confirm.mode = Mode::Required;
        options.engine.confirm.asking = Asking::Changing;
    })
    .await;
    let body = sample::deploying().to_string();
    let answer = served.request("POST /mcp/tools/deploy", &[JSON], &body).await;
    assert_eq!(problem(&answer), (403, "unasked".to_owned()));
    assert!(served.upstream.requests().is_empty());
}

#[tokio::test]
async fn a_change_with_the_same_key_is_made_once() {
    let set = || json_answer("200 OK", r#"{"setId":"S1"}"#);
    let served = Served::start_with([set(), set()], |options| {
        options.engine.confirm.mode = Mode::Off;
        options.engine.ledger = ledger::Settings::default();
    })
    .await;
    let body = sample::deploying().to_string();
    for (key, requests) in [("k1", 1), ("k1", 1), ("k2", 2)] {
        let headers = [JSON, ("Idempotency-Key", key)];
        let answer = served.request("POST /mcp/tools/deploy", &headers, &body).await;
        assert_eq!((answer.status, served.upstream.requests().len()), (200, requests), "{key}: {answer:?}");
    }
}

#[tokio::test]
async fn without_the_switch_there_is_nothing() {
    let served = Served::start_with([], |options| options.mcp.plain = false).await;
    for place in ["GET /mcp/tools", READ, "GET /mcp/resources", "GET /openapi.json"] {
        assert_eq!(served.request(place, &[JSON], "{}").await.status, 404, "{place}");
    }
}

/// A server that asks who calls, and a key for each role.
async fn asking(folder: &Scratch, change: impl FnOnce(&mut Options)) -> (Served, Vec<String>) {
    let roles = ["operator", "observer", "nobody"].map(|role| (role, role));
    let (file, keys) = key_file::write(folder.path(), roles, &[]);
    let answers = (0..9).map(|_| json_answer("200 OK", r#"{"setId":"S1"}"#));
    let served = Served::start_with(answers, |options| {
        options.http.identity.keys = Some(api_keys::Options { file: Some(file) });
        options.engine.policy = policy::Settings { source: Source::Text(RULES), ..Default::default() };
        options.mcp.resources = Settings { offered: true, ..Settings::default() };
        change(options);
    })
    .await;
    (served, keys.into())
}

#[tokio::test]
async fn each_caller_has_its_own_and_what_is_hidden_is_not_there() {
    let folder = Scratch::new("plain-callers");
    let journal = Journal::open(&journal::Options::new(folder.path().join("journal")), "test 1").unwrap();
    let (served, keys) = asking(&folder, |options| {
        options.engine.scopes.source = scopes::Source::Off;
        options.engine.journal = Some(journal.clone());
    })
    .await;
    let names = |list: &Value| -> Vec<String> {
        list["tools"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tool| tool["name"].as_str().unwrap().to_owned())
            .collect()
    };
    for place in ["GET /mcp/tools", READ, "GET /mcp/capabilities", "GET /mcp/resources/metrics"] {
        assert_eq!(served.request(place, &[JSON], "{}").await.status, 401, "{place}");
    }
    for (key, may_deploy, tools) in [(&keys[1], false, vec!["read"]), (&keys[2], false, vec![])] {
        let key = ("X-API-Key", key.as_str());
        assert_eq!(names(&served.request("GET /mcp/tools", &[key], "").await.json()), tools);
        let answer =
            served.request("POST /mcp/tools/deploy", &[JSON, key], &sample::deploying().to_string()).await;
        assert_eq!(problem(&answer), (404, "unknown_tool".to_owned()));
        let nothing = served.request("POST /mcp/tools/nothing", &[JSON, key], "{}").await;
        assert_eq!(answer.body, nothing.body, "{may_deploy}");
        let figures = served.request("GET /mcp/resources/metrics", &[key], "").await;
        assert_eq!(problem(&figures), (404, "unknown_resource".to_owned()));
    }
    let good = reading("level", "DEV").to_string();
    let read = served.request(READ, &[JSON, ("X-API-Key", &keys[1])], &good).await;
    assert_eq!(read.status, 200, "{read:?}");
    journal.close();
    let place = folder.path().join("journal");
    let kept = records(&place).unwrap().map(Result::unwrap);
    let kept: Vec<_> = kept
        .filter(|record| !record.text("tool").is_empty())
        .map(|record| (record.text("tool").to_owned(), record.text("outcome").to_owned()))
        .collect();
    let count = |tool: &str| kept.iter().filter(|(called, _)| called == tool).count();
    assert_eq!((count("deploy"), count("read")), (2, 1), "{kept:?}");
}

#[tokio::test]
async fn a_caller_without_the_scope_is_told_which_to_get() {
    let folder = Scratch::new("plain-scopes");
    let (served, keys) = asking(&folder, |_| {}).await;
    let key = ("X-API-Key", keys[1].as_str());
    let answer = served.request(READ, &[JSON, key], &reading("level", "DEV").to_string()).await;
    let challenge = answer.header("www-authenticate").unwrap_or_default().to_owned();
    assert_eq!(answer.status, 403, "{answer:?}");
    assert!(challenge.contains("insufficient_scope"), "{challenge}");
    assert!(served.upstream.requests().is_empty());
}
