//! What clients are shown of the tools: all, some sets, or three tools that find, describe and call the others. Whatever it is, a call
//! is decided, checked, counted, kept and recorded as the tool's own.

use std::time::Duration;

use serde_json::{Value, json};
use server::catalog::{Api, Confirm, Effect, Prompt, Step, Tool};
use server::engine::OutputSchemas;
use server::generated::Part;
use server::identity::api_keys;
use server::journal::{self, Journal, records};
use server::policy::{self, Source};
use server::stages::ledger;
use server::view::{Mode, Settings};
use server::{Options, Server, resources, scopes};

use crate::fake_upstream::{Act, json as json_answer};
use crate::http_support::{Answer, MEDIA_TYPES, Served, modern_body};
use crate::key_file;
use crate::sample::{self, DEPLOY, READ, deploying, reading};
use crate::scratch::Scratch;

const SCHEMA: &str = r#"{"type":"object","properties":{"srid":{"type":"string"},"assignmentId":{"type":"string"},"level":{"type":"string"}},"required":["srid","assignmentId"]}"#;

static READING: Tool = Tool {
    title: "Read an assignment",
    description: "Reads who owns it and where it is.",
    tags: &["Assignments"],
    input_schema: SCHEMA,
    cache: Some(Duration::from_secs(60)),
    resource: Some("sample://{srid}/assignments/{assignmentId}"),
    ..READ
};
static SHIPPING: Tool = Tool {
    title: "Deploy a release",
    description: "Brings it to the systems.",
    tags: &["Releases", "Big steps"],
    ..DEPLOY
};
static ERASING: Tool = Tool {
    name: "erase",
    title: "Erase an assignment",
    description: "Nothing brings it back.",
    tags: &["Big steps"],
    effect: Effect::Destroy,
    confirm: Confirm::Always,
    ..READ
};
static PROMPTS: [Prompt; 1] = [Prompt {
    name: "ship",
    title: "Ship",
    description: "Ships it.",
    arguments: &[],
    opening: &[Part::Literal("Ship it.")],
    steps: &[Step { when: None, tool: Some("deploy"), with: &[], text: &[Part::Literal("Deploy.")] }],
}];
static API: Api = Api { tools: &[&SHIPPING, &ERASING, &READING], prompts: &PROMPTS, ..sample::API };

fn answers() -> Vec<Act> {
    (0..6).map(|_| json_answer("200 OK", r#"{"setId":"S1"}"#)).collect()
}

async fn served(change: impl FnOnce(&mut Options)) -> Served {
    Served::start_api(&API, answers(), |options| {
        options.engine.about = true;
        options.mcp.resources = resources::Settings { offered: true, ..Default::default() };
        change(options);
    })
    .await
}

/// A message of the stateless era to an address with this query, from whoever has this key.
async fn ask(served: &Served, query: &str, key: Option<&str>, method: &str, params: Value) -> Answer {
    let name = params["name"].as_str().or(params["uri"].as_str()).map(str::to_owned);
    let mut headers = MEDIA_TYPES.to_vec();
    headers.extend([
        ("MCP-Protocol-Version", "2026-07-28"),
        ("Mcp-Method", method),
        ("X-Request-Id", "request-1"),
    ]);
    headers.extend(name.as_deref().map(|name| ("Mcp-Name", name)));
    headers.extend(key.map(|key| ("X-API-Key", key)));
    let body = modern_body(method, params).to_string();
    served.request(&format!("POST /mcp{query}"), &headers, &body).await
}

async fn call(served: &Served, query: &str, tool: &str, arguments: Value) -> Answer {
    ask(served, query, None, "tools/call", json!({ "name": tool, "arguments": arguments })).await
}

/// The same call by the tool that calls others.
async fn call_by(served: &Served, tool: &str, arguments: Value) -> Answer {
    call(served, "?tools=search", "call_tool", json!({ "name": tool, "arguments": arguments })).await
}

async fn listed(served: &Served, query: &str) -> Vec<String> {
    let list = ask(served, query, None, "tools/list", json!({})).await.result();
    let tools = list["tools"].as_array().unwrap().iter();
    tools.map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

const OURS: [&str; 5] = ["echo", "get_rest_of_answer", "health_check", "ping", "whoami"];

/// With the server's own tools, by name.
fn with_ours(tools: &[&str]) -> Vec<String> {
    let mut all: Vec<String> = OURS.iter().chain(tools).map(|name| (*name).to_owned()).collect();
    all.sort();
    all
}

/// What comes back, but for the time and the length of what is compared besides.
fn bytes(answer: &Answer) -> String {
    let is_said = |line: &&str| !["date:", "content-length:"].iter().any(|name| line.starts_with(name));
    let head = answer.head.lines().filter(is_said);
    format!("{}\n\n{}", head.collect::<Vec<_>>().join("\n"), answer.body)
}

#[tokio::test]
async fn an_address_says_which_tools_are_shown() {
    let served = served(|_| {}).await;
    for (query, tools) in [
        ("", &["deploy", "erase", "read"][..]),
        ("?", &["deploy", "erase", "read"]),
        ("?other=1", &["deploy", "erase", "read"]),
        ("?tools=all", &["deploy", "erase", "read"]),
        ("?toolsets=assignments", &["read"]),
        ("?toolsets=assignments,releases", &["deploy", "read"]),
        ("?tools=toolsets&toolsets=big_steps", &["deploy", "erase"]),
        ("?toolsets=scope:cp:read", &["read"]),
        ("?toolsets=scope%3Acp%3Adeploy%2Cassignments", &["deploy", "read"]),
        ("?tools=search", &["call_tool", "describe_tool", "search_tools"]),
        ("?tools=search&toolsets=releases", &["call_tool", "describe_tool", "search_tools"]),
    ] {
        assert_eq!(listed(&served, query).await, with_ours(tools), "{query}");
    }
    let legacy = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} }).to_string();
    let list = served.request("POST /mcp?tools=search", &MEDIA_TYPES, &legacy).await.result();
    assert_eq!(list["tools"].as_array().unwrap().len(), 8, "in the other era too");
}

#[tokio::test]
async fn what_an_address_says_wrongly_is_told_with_what_is_accepted() {
    let served = served(|_| {}).await;
    let sets = "`assignments`, `big_steps`, `releases`, `scope:cp:deploy`, `scope:cp:read`, `scope:cp:write`";
    for (query, told) in [
        ("?tools=some", "`tools` is one of `all`, `toolsets`, `search`".to_owned()),
        ("?tools=", "`tools` is one of `all`, `toolsets`, `search`".to_owned()),
        ("?tools=toolsets", format!("needs `toolsets=` with some of {sets}")),
        (
            "?toolsets=asignments",
            format!("no set of tools `asignments`; did you mean `assignments`? Sets are: {sets}"),
        ),
        ("?toolsets=assignments,", format!("no set of tools ``. Sets are: {sets}")),
        ("?tools=all&toolsets=releases", "exclude each other".to_owned()),
        ("?tools=search&tools=all", "`tools` may be there once".to_owned()),
        ("?toolset=releases", "did you mean `toolsets`?".to_owned()),
    ] {
        for method in ["tools/list", "tools/call"] {
            let answer = ask(&served, query, None, method, json!({ "name": "read" })).await;
            let json = answer.json();
            assert_eq!((answer.status, &json["error"]), (400, &json!("tools")), "{query}");
            assert!(json["message"].as_str().unwrap().contains(&told), "{query}: {json}");
        }
    }
}

#[tokio::test]
async fn a_tool_that_is_not_shown_reads_as_if_there_were_none() {
    for direct_lane in [true, false] {
        let served = served(|options| options.mcp.direct_lane = direct_lane).await;
        let query = "?toolsets=assignments";
        let nothing = call(&served, query, "nothing", json!({})).await;
        assert_eq!(nothing.error().1, -32602);
        for (tool, arguments) in
            [("deploy", deploying()), ("erase", json!({})), ("call_tool", json!({ "name": "read" }))]
        {
            let hidden = call(&served, query, tool, arguments).await;
            assert_eq!(bytes(&hidden).replace(tool, "nothing"), bytes(&nothing).replace(tool, "nothing"));
        }
        assert!(served.upstream.requests().is_empty());
        assert_eq!(call(&served, query, "read", reading("level", "DEV")).await.result()["isError"], false);
        assert_eq!(call(&served, query, "ping", json!({})).await.result()["isError"], false);
        // What is about a tool goes with it.
        let uris = ask(&served, query, None, "resources/list", json!({})).await.body;
        assert!(uris.contains("server://tools/read") && !uris.contains("server://tools/deploy"), "{uris}");
        let page = |uri: &str| json!({ "uri": uri });
        let hidden = ask(&served, query, None, "resources/read", page("server://tools/deploy")).await;
        let missing = ask(&served, query, None, "resources/read", page("server://tools/nothing")).await;
        assert_eq!(hidden.body.replace("deploy", "nothing"), missing.body);
        let other = "?toolsets=releases";
        let uri = "sample://A/assignments/B";
        assert_eq!(ask(&served, other, None, "resources/read", page(uri)).await.error().1, -32602);
        let templates = ask(&served, other, None, "resources/templates/list", json!({})).await.result();
        assert_eq!(templates["resourceTemplates"], json!([]));
        let prompts = async |query| {
            ask(&served, query, None, "prompts/list", json!({})).await.result()["prompts"].take()
        };
        assert_eq!(prompts(query).await, json!([]));
        assert_eq!(prompts(other).await.as_array().unwrap().len(), 1);
        let prompt = ask(&served, query, None, "prompts/get", json!({ "name": "ship" })).await;
        assert_eq!(prompt.error().1, -32602);
    }
}

#[tokio::test]
async fn settings_say_what_is_shown_where_an_address_does_not() {
    let search =
        |options: &mut Options| options.mcp.view = Settings { mode: Mode::Search, toolsets: Vec::new() };
    let searching = served(search).await;
    let three = with_ours(&["call_tool", "describe_tool", "search_tools"]);
    assert_eq!(listed(&searching, "").await, three);
    assert_eq!(listed(&searching, "?tools=all").await, with_ours(&["deploy", "erase", "read"]));
    assert_eq!(listed(&searching, "?toolsets=releases").await, with_ours(&["deploy"]));

    let toolsets = vec!["assignments".to_owned(), "releases".to_owned()];
    let some = served(|options| options.mcp.view = Settings { mode: Mode::Toolsets, toolsets }).await;
    for query in ["", "?tools=toolsets"] {
        assert_eq!(listed(&some, query).await, with_ours(&["deploy", "read"]), "{query:?}");
    }
    assert_eq!(listed(&some, "?toolsets=releases").await, with_ours(&["deploy"]));
    assert_eq!(listed(&some, "?tools=search").await, three);
    // No address leads to more than that.
    for (query, told) in [
        ("?tools=all", "`tools` is one of `toolsets`, `search`"),
        ("?toolsets=big_steps", "no set of tools `big_steps`. Sets are: `assignments`, `releases`"),
    ] {
        let answer = ask(&some, query, None, "tools/list", json!({})).await;
        assert_eq!(answer.status, 400);
        assert!(answer.body.contains(told), "{query}: {}", answer.body);
    }
    let erased = call(&some, "?tools=search", "call_tool", json!({ "name": "erase" })).await;
    assert_eq!(erased.json()["error"]["message"], "Unknown tool: erase");
    let described = call(&some, "?tools=search", "describe_tool", json!({ "name": "erase" })).await;
    assert!(described.text().starts_with("There is no tool `erase`. "), "{}", described.text());
    // Nor does a request that is none of the protocol.
    let asked = r#"{"query":"assignment"}"#;
    let all = searching.request("POST /mcp/tools/search_tools", &MEDIA_TYPES, asked).await;
    let toolsets = vec!["assignments".to_owned()];
    let one = served(|options| options.mcp.view = Settings { mode: Mode::Search, toolsets }).await;
    let one = one.request("POST /mcp/tools/search_tools", &MEDIA_TYPES, asked).await;
    let found = |answer: &Answer| -> Vec<Value> {
        let found = answer.json()["structuredContent"]["tools"].take();
        found.as_array().unwrap().iter().map(|tool| tool["name"].clone()).collect()
    };
    assert_eq!((found(&all), found(&one)), (vec![json!("read"), json!("erase")], vec![json!("read")]));
}

#[tokio::test]
async fn settings_that_show_nothing_sensible_stop_the_start() {
    static TAKEN: Tool = Tool { name: "call_tool", ..READ };
    static WITH_TAKEN: Api = Api { tools: &[&TAKEN, &READING], ..sample::API };
    let refused = |api: &'static Api, mode: Mode, toolsets: &[&str]| {
        let mut options = Options {
            engine: sample::options("http://127.0.0.1:1"),
            http: server::http::Options::default(),
            mcp: server::mcp::Options::default(),
        };
        options.mcp.view =
            Settings { mode, toolsets: toolsets.iter().map(|name| (*name).to_owned()).collect() };
        Server::new(api, options).err().map(|error| error.to_string()).unwrap_or_default()
    };
    for (mode, toolsets, told) in [
        (Mode::All, &["releases"][..], "TOOLSETS names sets of tools, and TOOLS_MODE is all: "),
        (Mode::Toolsets, &[], "TOOLSETS names none: name some of `assignments`, `big_steps`, "),
        (
            Mode::Toolsets,
            &["release"],
            "TOOLSETS: there is no set of tools `release`; did you mean `releases`? Sets are: ",
        ),
        (Mode::Search, &["x"], "TOOLSETS: there is no set of tools `x`. Sets are: `assignments`, "),
    ] {
        let line = refused(&API, mode, toolsets);
        assert!(line.contains(told) && !line.contains('\n'), "{mode:?} {toolsets:?}: {line}");
    }
    let line = refused(&WITH_TAKEN, Mode::Search, &[]);
    assert!(line.contains("the API has a tool of that name") && line.contains("call_tool"), "{line}");
    assert_eq!(refused(&WITH_TAKEN, Mode::All, &[]), "");
    // Then an address cannot ask for it either, and the API's tool is what it was.
    let served = Served::start_api(&WITH_TAKEN, answers(), |_| {}).await;
    let answer = ask(&served, "?tools=search", None, "tools/list", json!({})).await;
    assert!(
        answer.status == 400 && answer.body.contains("`tools` is one of `all`, `toolsets`.\""),
        "{answer:?}"
    );
    assert_eq!(call(&served, "", "call_tool", reading("level", "DEV")).await.result()["isError"], false);
}

#[tokio::test]
async fn a_tool_is_found_described_and_called() {
    let served = served(|_| {}).await;
    let query = "?tools=search";
    let found =
        call(&served, query, "search_tools", json!({ "query": "who has the assignment?" })).await.result();
    let tools = found["structuredContent"]["tools"].as_array().unwrap().clone();
    assert_eq!(
        tools[0],
        json!({
            "name": "read", "title": "Read an assignment", "description": "Reads who owns it and where it is.",
            "effect": "read", "required": ["srid", "assignmentId"]
        })
    );
    assert_eq!(tools[1]["name"], "erase");
    let one = json!({ "query": "who has the assignment?", "limit": 1 });
    let one = call(&served, query, "search_tools", one).await.result();
    assert_eq!(one["structuredContent"]["tools"].as_array().unwrap().len(), 1);
    let none = call(&served, query, "search_tools", json!({ "query": "xylophone" })).await.result();
    assert_eq!(none["structuredContent"]["tools"], json!([]));
    assert!(none["structuredContent"]["hint"].is_string(), "{none}");
    // Our own tools are in the list, and not found.
    let ours = call(&served, query, "search_tools", json!({ "query": "whoami ping echo" })).await.result();
    assert_eq!(ours["structuredContent"]["tools"], json!([]));

    let list = ask(&served, "", None, "tools/list", json!({})).await.result();
    for tool in list["tools"].as_array().unwrap() {
        let described = call(&served, query, "describe_tool", json!({ "name": tool["name"] })).await.result();
        assert_eq!(described["structuredContent"], *tool, "what the list says, and all of it");
    }
    let missing = call(&served, query, "describe_tool", json!({ "name": "raed" })).await;
    assert!(
        missing.text().starts_with("There is no tool `raed`; did you mean `read`?"),
        "{}",
        missing.text()
    );
    for (tool, arguments, told) in [
        ("search_tools", json!({}), "query: required and missing"),
        ("search_tools", json!({ "query": "" }), "query: "),
        ("search_tools", json!({ "query": "a".repeat(501) }), "query: "),
        ("search_tools", json!({ "query": "a", "limit": 21 }), "limit: "),
        ("search_tools", json!({ "query": "a", "limit": 0 }), "limit: "),
        ("search_tools", json!({ "query": "a", "page": 1 }), "page: unknown name"),
        ("describe_tool", json!({ "name": 1 }), "name: "),
        ("call_tool", json!({}), "name: required and missing"),
        ("call_tool", json!({ "name": "read", "args": {} }), "args: unknown name"),
        ("call_tool", json!({ "name": "read", "arguments": [] }), "arguments: "),
        ("call_tool", json!({ "name": "read", "arguments": null }), "arguments: "),
    ] {
        let refused = call(&served, query, tool, arguments.clone()).await;
        assert_eq!(refused.result()["isError"], true, "{arguments}");
        let text = refused.text();
        let begin = format!("The arguments of {tool} were not accepted");
        assert!(text.starts_with(&begin) && text.contains(told), "{arguments}: {text}");
    }
    let longest = json!({ "query": "a".repeat(500), "limit": 20 });
    assert_eq!(call(&served, query, "search_tools", longest).await.result()["isError"], false);
    let hints = ask(&served, query, None, "tools/list", json!({})).await.result();
    let hints = hints["tools"].as_array().unwrap().iter().find(|tool| tool["name"] == "call_tool").unwrap();
    assert_eq!(
        hints["annotations"],
        json!({ "readOnlyHint": false, "destructiveHint": true, "idempotentHint": false, "openWorldHint": true })
    );
}

#[tokio::test]
async fn a_call_by_another_tool_is_answered_as_the_tools_own() {
    let calls = [
        ("read", reading("level", "DEV")),
        ("read", json!({})),
        ("read", json!({ "srid": "a/b", "assignmentId": "\u{202e}" })),
        ("read", json!({ "sird": "x" })),
        ("deploy", deploying()),
        ("deploy", json!({})),
        ("erase", reading("level", "DEV")),
        ("nothing", json!({})),
        ("", json!({})),
        ("ping", json!({ "x": 1 })),
    ];
    for direct_lane in [true, false] {
        let quiet = |options: &mut Options| {
            options.mcp.direct_lane = direct_lane;
            options.engine.cache.enabled = false;
        };
        let (one, other) = (served(quiet).await, served(quiet).await);
        for (tool, arguments) in &calls {
            let own = call(&one, "", tool, arguments.clone()).await;
            let by = call_by(&other, tool, arguments.clone()).await;
            assert_eq!(bytes(&own), bytes(&by), "{tool} {arguments}");
        }
        let requests = |served: &Served| {
            let all = served.upstream.requests();
            all.iter()
                .map(|request| request.lines().next().unwrap_or_default().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(requests(&one), requests(&other));
        // No tool calls itself.
        let itself = json!({ "name": "call_tool", "arguments": { "name": "read" } });
        let twice = call(&other, "?tools=search", "call_tool", itself).await;
        assert_eq!(twice.json()["error"]["message"], "Unknown tool: call_tool");
    }
}

#[tokio::test]
async fn quota_cache_ledger_and_record_know_the_tool_and_not_the_one_that_calls_it() {
    let folder = Scratch::new("views-record");
    let journal = Journal::open(&journal::Options::new(folder.path()), "test 1").unwrap();
    let served = served(|options| {
        options.engine.journal = Some(journal.clone());
        options.engine.quota.caller_per_minute = 1;
        options.engine.quota.burst = 4;
        options.engine.ledger = ledger::Settings::default();
    })
    .await;
    call(&served, "", "read", reading("level", "DEV")).await.result();
    call_by(&served, "read", reading("level", "DEV")).await.result();
    assert_eq!(served.upstream.requests().len(), 1, "the answer was kept");
    call_by(&served, "deploy", deploying()).await.result();
    let again = call(&served, "", "deploy", deploying()).await.result();
    assert_eq!(served.upstream.requests().len(), 2, "the change was made once");
    assert_eq!(again["structuredContent"]["setId"], "S1");
    let over = call_by(&served, "read", reading("level", "DEV")).await;
    assert!(over.text().contains("More calls were made than this server admits"), "{}", over.text());
    let search = call(&served, "?tools=search", "search_tools", json!({ "query": "x" })).await;
    assert!(search.text().contains("More calls were made"), "a search is a call too: {}", search.text());
    journal.close();
    let outcomes: Vec<(String, String)> = records(folder.path())
        .unwrap()
        .map(Result::unwrap)
        .filter(|record| record.text("kind") != "intent" && !record.text("tool").is_empty())
        .map(|record| (record.text("tool").to_owned(), record.text("outcome").to_owned()))
        .collect();
    let tools: Vec<&str> = outcomes.iter().map(|(tool, _)| tool.as_str()).collect();
    assert_eq!(tools, ["read", "read", "deploy", "deploy", "read", "search_tools"], "{outcomes:?}");
}

const RULES: &str = r#"
    @id("all") permit (principal in Role::"operator", action, resource);
    @id("few") permit (principal in Role::"observer", action in [Action::"read", Action::"about:caller"], resource);
    @id("mute") permit (principal in Role::"mute", action in [Action::"read", Action::"search_tools"], resource);
"#;

/// A server with a key for each role.
async fn with_roles(folder: &Scratch, change: impl FnOnce(&mut Options)) -> (Served, Vec<String>) {
    let roles = ["operator", "observer", "mute"].map(|role| (role, role));
    let (file, keys) = key_file::write(folder.path(), roles, &["cp:read"]);
    let served = served(|options| {
        options.http.identity.keys = Some(api_keys::Options { file: Some(file) });
        options.engine.scopes.source = scopes::Source::Off;
        options.engine.policy = policy::Settings { source: Source::Text(RULES), ..Default::default() };
        change(options);
    })
    .await;
    (served, keys.into())
}

#[tokio::test]
async fn t_2c_nobody_finds_what_it_may_not_use() {
    for direct_lane in [true, false] {
        let folder = Scratch::new(&format!("views-roles-{direct_lane}"));
        let journal = Journal::open(&journal::Options::new(folder.path().join("journal")), "test 1").unwrap();
        let (served, keys) = with_roles(&folder, |options| {
            options.mcp.direct_lane = direct_lane;
            options.engine.journal = Some(journal.clone());
        })
        .await;
        let [operator, observer, mute] = keys.as_slice() else { panic!("three keys") };
        let query = "?tools=search";
        let asked = async |key: &str, tool: &str, arguments: Value| {
            ask(&served, query, Some(key), "tools/call", json!({ "name": tool, "arguments": arguments }))
                .await
        };
        let find = async |key: &str| {
            let found =
                asked(key, "search_tools", json!({ "query": "assignment release erase deploy" })).await;
            let found = found.result()["structuredContent"]["tools"].take();
            found.as_array().unwrap().iter().map(|tool| tool["name"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(find(operator).await.len(), 3);
        assert_eq!(find(observer).await, [json!("read")]);
        let describe = |name: &str| json!({ "name": name });
        let missing = asked(observer, "describe_tool", describe("nothing")).await;
        let hidden = asked(observer, "describe_tool", describe("deploy")).await;
        assert_eq!(bytes(&hidden).replace("deploy", "nothing"), bytes(&missing));
        let missing = asked(observer, "call_tool", json!({ "name": "nothing", "arguments": {} })).await;
        let hidden = asked(observer, "call_tool", json!({ "name": "deploy", "arguments": {} })).await;
        assert_eq!(bytes(&hidden).replace("deploy", "nothing"), bytes(&missing));
        assert_eq!(missing.error().1, -32602);
        // Sets of which a caller may use nothing are not there for it.
        let sets = ask(&served, "?toolsets=x", Some(observer), "tools/list", json!({})).await;
        assert!(
            sets.body.contains("Sets are: `assignments`.") && !sets.body.contains("releases"),
            "{}",
            sets.body
        );
        let hidden = ask(&served, "?toolsets=releases", Some(observer), "tools/list", json!({})).await;
        assert_eq!((hidden.status, hidden.body.replace("releases", "x")), (400, sets.body.clone()));
        // Who may not use the tool that calls others does not call by it.
        let by =
            asked(mute, "call_tool", json!({ "name": "read", "arguments": reading("level", "DEV") })).await;
        assert_eq!(by.json()["error"]["message"], "Unknown tool: call_tool");
        assert_eq!(asked(mute, "read", reading("level", "DEV")).await.result()["isError"], false);
        let list = ask(&served, query, Some(mute), "tools/list", json!({})).await.result();
        assert_eq!(list["tools"].as_array().unwrap().len(), 1, "{list}");
        journal.close();
        let denied: Vec<String> = records(&folder.path().join("journal"))
            .unwrap()
            .map(Result::unwrap)
            .filter(|record| record.text("outcome") == "denied")
            .map(|record| record.text("tool").to_owned())
            .collect();
        assert_eq!(
            denied,
            ["deploy", "call_tool"],
            "who tries is on the record, with the tool that it tried"
        );
    }
}

#[tokio::test]
async fn t_2b_scopes_that_a_call_needs_are_asked_for_whatever_calls_it() {
    for direct_lane in [true, false] {
        let folder = Scratch::new(&format!("views-scopes-{direct_lane}"));
        let (served, keys) = with_roles(&folder, |options| {
            options.mcp.direct_lane = direct_lane;
            options.engine.scopes.source = scopes::Source::Effect;
        })
        .await;
        let call = |tool: &str, arguments: Value| json!({ "name": tool, "arguments": arguments });
        let own = ask(&served, "", Some(&keys[0]), "tools/call", call("deploy", deploying())).await;
        let by = call("call_tool", call("deploy", deploying()));
        let by = ask(&served, "?tools=search", Some(&keys[0]), "tools/call", by).await;
        assert_eq!(own.status, 403, "{own:?}");
        assert_eq!(bytes(&own), bytes(&by));
        let by = call("call_tool", call("read", reading("level", "DEV")));
        assert_eq!(ask(&served, "?tools=search", Some(&keys[0]), "tools/call", by).await.status, 200);
    }
}

#[tokio::test]
async fn a_person_is_asked_about_a_call_by_another_tool() {
    let served = served(|_| {}).await;
    let arguments = json!({ "name": "erase", "arguments": reading("level", "DEV") });
    let mut params = json!({ "name": "call_tool", "arguments": arguments });
    let rounds = async |params: &Value, forms: Value| {
        let mut body = modern_body("tools/call", params.clone());
        body["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = forms;
        let headers =
            [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/call"), ("Mcp-Name", "call_tool")];
        let headers = [&MEDIA_TYPES[..], &headers].concat();
        served.request("POST /mcp?tools=search", &headers, &body.to_string()).await.result()
    };
    let unable = rounds(&params, json!({})).await;
    assert!(unable["content"][0]["text"].as_str().unwrap().contains("A person must say yes"), "{unable}");
    let asked = rounds(&params, json!({ "elicitation": {} })).await;
    assert_eq!(asked["resultType"], "input_required", "{asked}");
    assert!(served.upstream.requests().is_empty());
    params["requestState"] = asked["requestState"].clone();
    params["inputResponses"] = json!({ "confirm": { "action": "accept", "content": { "confirm": true } } });
    let made = rounds(&params, json!({ "elicitation": {} })).await;
    assert_eq!(made["isError"], false, "{made}");
    assert_eq!(served.upstream.requests().len(), 1);
}

#[tokio::test]
async fn what_tools_answer_need_not_be_told() {
    let with = served(|_| {}).await;
    let without = served(|options| options.engine.output_schemas = OutputSchemas::Off).await;
    for query in ["", "?tools=search"] {
        let mut list = ask(&with, query, None, "tools/list", json!({})).await.result();
        for tool in list["tools"].as_array_mut().unwrap() {
            tool.as_object_mut().unwrap().remove("outputSchema");
        }
        assert_eq!(ask(&without, query, None, "tools/list", json!({})).await.result(), list, "{query}");
    }
    let described =
        call(&without, "?tools=search", "describe_tool", json!({ "name": "read" })).await.result();
    assert_eq!(described["structuredContent"].get("outputSchema"), None);
    // The answers are what they were.
    let answer = async |served: &Served| bytes(&call(served, "", "read", reading("level", "DEV")).await);
    assert_eq!(answer(&with).await, answer(&without).await);
}
