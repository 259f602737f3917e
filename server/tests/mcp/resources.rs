//! Resources of both eras: listed and paged for whoever may, read by the same way as calls, and nothing said of what is hidden.

use std::num::NonZeroUsize;

use serde_json::{Value, json};
use server::Options;
use server::catalog::{Api, Tool, Work};
use server::content::Located;
use server::generated::prepare;
use server::identity::api_keys;
use server::journal::{self, Journal, records};
use server::policy::{self, Source};
use server::resources::{Document, Log, OwnResource, Settings};
use server::scopes;

use crate::fake_upstream::{Act, json as json_answer};
use crate::http_support::{Answer, Served, modern_body};
use crate::key_file;
use crate::sample::{self, DEPLOY, READ, ReadArguments};
use crate::scratch::Scratch;

const SCHEMA: &str = r#"{"type":"object","properties":{"srid":{"type":"string"},"assignmentId":{"type":"string"},
    "environment":{"type":"string","enum":["TEST","PROD","HOLD"]}},"required":["srid","assignmentId"]}"#;
const ANSWER: &str = r#"{"type":"object","properties":{"rows":{"type":"array","items":{"type":"object","properties":{"assignmentId":{"type":"string"}}}}}}"#;
const LISTING: &str = r#"{"type":"object","properties":{"srid":{"type":"string"}},"required":["srid"]}"#;

static READABLE: Tool =
    Tool { input_schema: SCHEMA, resource: Some("sample://{srid}/assignments/{assignmentId}"), ..READ };
static LIST: Tool = Tool {
    name: "list",
    input_schema: LISTING,
    output_schema: Some(ANSWER),
    work: Work::Request(|mut arguments, deployment| {
        arguments.insert("assignmentId".to_owned(), json!("all"));
        prepare::<ReadArguments>(arguments, deployment)
    }),
    ..READ
};
static API: Api = Api { tools: &[&DEPLOY, &LIST, &READABLE], ..sample::API };

static OWN: [OwnResource; 1] = [OwnResource {
    uri: "own://{colour}/things",
    name: "things",
    title: "Things",
    description: "Things of a colour.",
    media_type: "text/plain",
    tool: Some("read"),
    choices: &[("colour", &["red", "green", "grey"])],
    read: |reading| {
        Box::pin(async move {
            let text = format!("{} things", reading.values["colour"]);
            Ok(vec![Located::text(reading.uri, "text/plain", text)])
        })
    },
}];

fn offering(options: &mut Options) {
    let document = Some(Document { media_type: "application/json", text: r#"{"openapi":"3.1.0"}"# });
    options.engine.about = true;
    options.mcp.resources = Settings { offered: true, document, own: &OWN, ..Settings::default() };
}

async fn served(answers: impl IntoIterator<Item = Act>) -> Served {
    Served::start_api(&API, answers, offering).await
}

async fn read(served: &Served, uri: &str) -> Answer {
    served.modern("resources/read", Some(uri), json!({ "uri": uri })).await
}

fn uris(list: &Value) -> Vec<String> {
    list["resources"].as_array().unwrap().iter().map(|one| one["uri"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn what_there_is_is_said_in_both_eras() {
    let served = served([]).await;
    let discovered = served.modern("server/discover", None, json!({})).await.result();
    let capabilities = json!({ "tools": {}, "resources": {}, "completions": {} });
    assert_eq!(discovered["capabilities"], capabilities);
    let client = json!({ "name": "test", "version": "1" });
    let hello = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
    assert_eq!(served.legacy("initialize", hello).await.result()["capabilities"], capabilities);
    let expected = [
        "server://metrics",
        "server://openapi",
        "server://tools/deploy",
        "server://tools/echo",
        "server://tools/get_rest_of_answer",
        "server://tools/health_check",
        "server://tools/list",
        "server://tools/ping",
        "server://tools/read",
        "server://tools/whoami",
    ];
    for list in [
        served.modern("resources/list", None, json!({})).await.result(),
        served.legacy("resources/list", json!({})).await.result(),
    ] {
        assert_eq!(uris(&list), expected);
        assert_eq!((&list["ttlMs"], &list["cacheScope"]), (&json!(300_000), &json!("public")));
        for resource in list["resources"].as_array().unwrap() {
            assert!(
                ["name", "title", "description", "mimeType"].iter().all(|name| resource[*name].is_string())
            );
        }
    }
    let templates = served.modern("resources/templates/list", None, json!({})).await.result();
    let templates: Vec<_> =
        templates["resourceTemplates"].as_array().unwrap().iter().map(|one| &one["uriTemplate"]).collect();
    assert_eq!(templates, ["own://{colour}/things", "sample://{srid}/assignments/{assignmentId}"]);
}

#[tokio::test]
async fn a_list_is_paged_by_cursors_of_its_own() {
    let served = Served::start_api(&API, [], |options| {
        offering(options);
        options.mcp.tools_page_size = NonZeroUsize::new(4);
    })
    .await;
    let (mut all, mut cursor, mut pages) = (Vec::new(), Value::Null, 0);
    loop {
        let params = if cursor.is_null() { json!({}) } else { json!({ "cursor": cursor }) };
        let page = served.modern("resources/list", None, params).await.result();
        all.extend(uris(&page));
        pages += 1;
        cursor = page["nextCursor"].clone();
        if cursor.is_null() {
            break;
        }
        let wrong_list = served.modern("tools/list", None, json!({ "cursor": cursor })).await;
        assert_eq!(wrong_list.error().1, -32602, "a cursor of another list");
    }
    assert_eq!((all.len(), pages), (10, 3));
    for cursor in [json!("x"), json!(5)] {
        let refused = served.modern("resources/list", None, json!({ "cursor": cursor })).await;
        assert_eq!(refused.error().1, -32602, "{cursor}");
    }
}

#[tokio::test]
async fn an_entity_is_read_by_a_call_of_its_tool() {
    let folder = Scratch::new("resource-entity");
    let journal = Journal::open(&journal::Options::new(folder.path()), "test 1").unwrap();
    let served = Served::start_api(&API, [json_answer("200 OK", r#"{"id":"A-1"}"#)], |options| {
        offering(options);
        options.engine.journal = Some(journal.clone());
    })
    .await;
    let uri = "sample://ISPW/assignments/A%2D1";
    let answer = read(&served, uri).await.result();
    assert_eq!(answer["resultType"], "complete");
    assert_eq!((&answer["ttlMs"], &answer["cacheScope"]), (&json!(0), &json!("private")));
    assert!(answer["_meta"]["io.modelcontextprotocol/serverInfo"].is_object(), "{answer}");
    let [content] = answer["contents"].as_array().unwrap().as_slice() else { panic!("{answer}") };
    assert_eq!((&content["uri"], &content["mimeType"]), (&json!(uri), &json!("application/json")));
    let text: Value = serde_json::from_str(content["text"].as_str().unwrap()).unwrap();
    assert_eq!(text["id"], "A-1");
    assert_eq!(served.upstream.only_target(), "/api/v1/ispw/ISPW/assignments/A-1");
    journal.close();
    let recorded: Vec<_> = records(folder.path()).unwrap().map(Result::unwrap).collect();
    let call = recorded.iter().find(|record| record.text("tool") == "read").unwrap();
    assert_eq!((call.text("outcome"), call.text("caller")), ("answered", "local_owner"));
    assert_eq!(call.members["arguments"]["assignmentId"], "A-1");
}

#[tokio::test]
async fn what_is_not_there_is_told_with_its_address_in_the_code_of_the_era() {
    let served = served([json_answer("404 Not Found", "{}")]).await;
    let missing = |answer: Answer, code: i64, uri: &str| {
        let json = answer.json();
        assert_eq!(
            (json["error"]["code"].as_i64().unwrap(), json["error"]["data"]["uri"].as_str().unwrap()),
            (code, uri)
        );
    };
    for uri in ["server://nothing", "sample://ISPW/assignments/", "", "server://tools/nothing"] {
        missing(read(&served, uri).await, -32602, uri);
        missing(served.legacy("resources/read", json!({ "uri": uri })).await, -32002, uri);
    }
    let own = "own://red/things";
    let gone = "sample://ISPW/assignments/gone";
    missing(read(&served, gone).await, -32602, gone);
    assert_eq!(served.modern("resources/read", None, json!({})).await.error().1, -32602, "no address at all");
    assert_eq!(
        served.modern("resources/subscribe", Some(own), json!({ "uri": own })).await.error(),
        (404, -32601)
    );
}

#[tokio::test]
async fn what_the_api_refuses_is_told_in_the_words_of_a_call() {
    let served = served([json_answer("403 Forbidden", r#"{"message":"no"}"#)]).await;
    let json = read(&served, "sample://ISPW/assignments/A-1").await.json();
    assert_eq!(json["error"]["code"], -32603);
    let message = json["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("The API answered 403") && message.contains("Request id: "), "{message}");
    let unfit = read(&served, &format!("sample://ISPW/assignments/{}", "%2e%2e")).await.json();
    assert_eq!(unfit["error"]["code"], -32602, "{unfit}");
    assert_eq!(served.upstream.requests().len(), 1);
}

#[tokio::test]
async fn the_servers_own_resources_say_what_they_are_about() {
    let served = served([]).await;
    let text = |answer: Answer| answer.result()["contents"][0]["text"].as_str().unwrap().to_owned();
    assert_eq!(text(read(&served, "server://openapi").await), r#"{"openapi":"3.1.0"}"#);
    let page = text(read(&served, "server://tools/read").await);
    for part in [
        "# A tool",
        "`read`",
        "- effect: read",
        "`GET /ispw/{srid}/assignments/{assignmentId}`",
        "- `srid` (string, required)",
        "`\"TEST\"` or",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(text(read(&served, "server://metrics").await).contains("# TYPE "));
    assert_eq!(text(read(&served, "own://red/things").await), "red things");
}

const RULES: &str = r#"
    @id("all") permit (principal in Role::"operator", action, resource);
    @id("who") permit (principal in Role::"observer", action == Action::"whoami", resource);
"#;

/// A server with keys for two roles, one of which may hardly do anything, and a journal.
async fn with_roles(folder: &Scratch) -> (Served, Vec<(&'static str, String)>) {
    with_roles_and(folder, |_| {}).await
}

/// The same with changed options.
async fn with_roles_and(
    folder: &Scratch,
    change: impl FnOnce(&mut Options),
) -> (Served, Vec<(&'static str, String)>) {
    let journal = Journal::open(&journal::Options::new(folder.path().join("journal")), "test 1").unwrap();
    let roles = ["operator", "observer"];
    let (file, keys) = key_file::write(folder.path(), roles.map(|role| (role, role)), &[]);
    let keys = roles.into_iter().zip(keys).collect();
    let served = Served::start_api(&API, [json_answer("200 OK", r#"{"id":"A"}"#)], |options| {
        offering(options);
        options.http.identity.keys = Some(api_keys::Options { file: Some(file) });
        options.engine.journal = Some(journal);
        options.engine.scopes.source = scopes::Source::Off;
        options.engine.policy = policy::Settings { source: Source::Text(RULES), ..Default::default() };
        change(options);
    })
    .await;
    (served, keys)
}

async fn ask(served: &Served, key: &str, method: &str, params: Value) -> Answer {
    let name = params["uri"].as_str().map(str::to_owned);
    let mut headers =
        vec![("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", method), ("X-API-Key", key)];
    headers.extend(name.as_deref().map(|name| ("Mcp-Name", name)));
    served.post(&headers, &modern_body(method, params).to_string()).await
}

#[tokio::test]
async fn t_2c_what_a_caller_may_not_use_is_not_there() {
    let folder = Scratch::new("resource-roles");
    let (served, keys) = with_roles(&folder).await;
    let [(_, operator), (_, observer)] = keys.as_slice() else { panic!("two keys") };
    let all = ask(&served, operator, "resources/list", json!({})).await.result();
    assert_eq!(uris(&all).len(), 11);
    assert_eq!(all["cacheScope"], "private");
    let few = ask(&served, observer, "resources/list", json!({})).await.result();
    assert_eq!(uris(&few), ["server://records", "server://tools/whoami"]);
    let none = ask(&served, observer, "resources/templates/list", json!({})).await.result();
    assert_eq!(none["resourceTemplates"], json!([]));
    let nothing = ask(&served, observer, "resources/read", json!({ "uri": "server://nothing" })).await;
    for uri in [
        "server://openapi",
        "server://metrics",
        "server://tools/deploy",
        "sample://ISPW/assignments/A-1",
        "own://red/things",
    ] {
        let hidden = ask(&served, observer, "resources/read", json!({ "uri": uri })).await;
        assert_eq!(hidden.body.replace(uri, "server://nothing"), nothing.body, "{uri}");
        assert_eq!(hidden.status, nothing.status);
    }
    assert!(served.upstream.requests().is_empty());
    let read =
        ask(&served, operator, "resources/read", json!({ "uri": "sample://ISPW/assignments/A-1" })).await;
    assert!(read.result()["contents"].is_array());
}

#[tokio::test]
async fn the_end_of_the_log_is_for_who_may_do_everything() {
    let folder = Scratch::new("resource-log");
    let log = Log::default();
    log.push("INFO serving");
    let kept = Some(log.clone());
    let (served, keys) = with_roles_and(&folder, |options| options.mcp.resources.log = kept).await;
    let [(_, operator), (_, observer)] = keys.as_slice() else { panic!("two keys") };
    let uri = json!({ "uri": "server://log" });
    let all = ask(&served, operator, "resources/list", json!({})).await.result();
    let listed =
        all["resources"].as_array().unwrap().iter().find(|one| one["uri"] == "server://log").unwrap();
    assert_eq!(listed["mimeType"], "text/plain");
    log.push("INFO called");
    let text = ask(&served, operator, "resources/read", uri.clone()).await.result();
    assert_eq!(text["contents"][0]["text"], "INFO serving\nINFO called\n");
    assert_eq!((&text["ttlMs"], &text["cacheScope"]), (&json!(0), &json!("private")));
    let few = ask(&served, observer, "resources/list", json!({})).await.result();
    assert!(!uris(&few).contains(&"server://log".to_owned()));
    let missing = ask(&served, observer, "resources/read", json!({ "uri": "server://nothing" })).await;
    let hidden = ask(&served, observer, "resources/read", uri.clone()).await;
    assert_eq!((hidden.status, hidden.body.replace("log", "nothing")), (missing.status, missing.body));
    let without = self::served([]).await;
    assert_eq!(
        read(&without, "server://log").await.error().1,
        -32602,
        "where no lines are kept there is nothing"
    );
}

#[tokio::test]
async fn a_caller_reads_its_own_records_and_no_others() {
    let folder = Scratch::new("resource-records");
    let (served, keys) = with_roles(&folder).await;
    let [(_, operator), (_, observer)] = keys.as_slice() else { panic!("two keys") };
    let uri = json!({ "uri": "sample://ISPW/assignments/A-1" });
    ask(&served, operator, "resources/read", uri.clone()).await.result();
    ask(&served, observer, "resources/read", uri).await.error();
    let records = async |key: &str| -> Vec<(String, String)> {
        // How a read ended is written when there is time for it.
        loop {
            let answer =
                ask(&served, key, "resources/read", json!({ "uri": "server://records" })).await.result();
            let text: Value = serde_json::from_str(answer["contents"][0]["text"].as_str().unwrap()).unwrap();
            let records = text["records"].as_array().unwrap().clone();
            if !records.is_empty() {
                let pair = |one: &Value| {
                    (one["tool"].as_str().unwrap().to_owned(), one["outcome"].as_str().unwrap().to_owned())
                };
                return records.iter().map(pair).collect();
            }
        }
    };
    assert_eq!(records(operator).await, [("read".to_owned(), "answered".to_owned())]);
    assert_eq!(records(observer).await, [("read".to_owned(), "denied".to_owned())]);
}

#[tokio::test]
async fn variables_are_completed_from_choices_and_from_what_tools_list() {
    let rows = r#"{"rows":[{"assignmentId":"PLAY1"},{"assignmentId":"PLAY2"},{"assignmentId":"OTHER"},{"assignmentId":"PLAY1"}]}"#;
    let served = served([json_answer("200 OK", rows)]).await;
    let complete = async |uri: &str, name: &str, value: &str, known: Value| {
        let argument = json!({ "name": name, "value": value });
        let params = json!({ "ref": { "type": "ref/resource", "uri": uri }, "argument": argument, "context": { "arguments": known } });
        served.modern("completion/complete", None, params).await
    };
    let own = complete("own://{colour}/things", "colour", "gr", json!({})).await.result();
    assert_eq!(own["completion"], json!({ "values": ["green", "grey"], "total": 2, "hasMore": false }));
    let template = "sample://{srid}/assignments/{assignmentId}";
    let unknown = complete(template, "assignmentId", "PL", json!({})).await.result();
    assert_eq!(unknown["completion"]["values"], json!([]), "the tool that lists them needs an argument");
    let found = complete(template, "assignmentId", "pl", json!({ "srid": "ISPW" })).await.result();
    assert_eq!(found["completion"]["values"], json!(["PLAY1", "PLAY2"]));
    assert_eq!(served.upstream.requests().len(), 1);
    for (uri, name) in [(template, "nothing"), ("sample://{x}", "x")] {
        assert_eq!(complete(uri, name, "", json!({})).await.error().1, -32602, "{uri} {name}");
    }
    let long = "a".repeat(201);
    assert_eq!(complete("own://{colour}/things", "colour", &long, json!({})).await.error().1, -32602);
    assert_eq!(served.modern("completion/complete", None, json!({ "ref": 1 })).await.error().1, -32602);
}
