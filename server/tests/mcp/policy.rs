//! What callers see of the rules of access: a list of their own, and nothing of the tools that are not on it.

use serde_json::{Value, json};
use server::Options;
use server::catalog::{Api, Tool};
use server::identity::api_keys;
use server::journal::{self, Journal, records};
use server::policy::{self, Source};
use server::scopes;
use server::stages::confirm::Mode;

use crate::fake_upstream::json as json_answer;
use crate::http_support::{Answer, Served, modern_body};
use crate::key_file;
use crate::sample::{self, DEPLOY, READ, deploying, reading};
use crate::scratch::Scratch;

const LEVEL: &str = r#"{"type":"object","properties":{"srid":{"type":"string"},"assignmentId":{"type":"string"},"level":{"type":"string"}},"required":["srid","assignmentId"]}"#;

static LEVELLED: Tool = Tool { name: "levelled", input_schema: LEVEL, ..READ };
static API: Api = Api { tools: &[&DEPLOY, &LEVELLED, &READ], ..sample::API };

const RULES: &str = r#"
    @id("all") permit (principal in Role::"operator", action, resource);
    @id("reads") permit (principal in Role::"observer", action == Action::"read", resource);
    @id("levels") permit (principal in Role::"observer", action == Action::"levelled", resource)
        when { context.arguments has level && context.arguments.level == "DEV" };
"#;

/// A server with a key for each role, and a journal.
struct World {
    folder: Scratch,
    served: Served,
    journal: Journal,
    keys: Vec<(&'static str, String)>,
}

impl World {
    async fn start(name: &str, answers: usize, change: impl FnOnce(&mut Options)) -> Self {
        let folder = Scratch::new(name);
        let journal = Journal::open(&journal::Options::new(folder.path().join("journal")), "test 1").unwrap();
        let roles = ["operator", "observer", "nobody"];
        let (file, keys) = key_file::write(folder.path(), roles.map(|role| (role, role)), &[]);
        let keys = roles.into_iter().zip(keys).collect();
        let answers = (0..answers).map(|_| json_answer("200 OK", r#"{"setId":"S1"}"#));
        let served = Served::start_api(&API, answers, |options| {
            options.http.identity.keys = Some(api_keys::Options { file: Some(file) });
            options.engine.journal = Some(journal.clone());
            options.engine.confirm.mode = Mode::Off;
            // Scopes are judged before; here rules alone decide.
            options.engine.scopes.source = scopes::Source::Off;
            options.engine.policy = policy::Settings { source: Source::Text(RULES), ..Default::default() };
            change(options);
        })
        .await;
        Self { folder, served, journal, keys }
    }

    async fn ask(&self, role: &str, method: &str, name: Option<&str>, params: Value) -> Answer {
        let key = &self.keys.iter().find(|(known, _)| *known == role).unwrap().1;
        let body = modern_body(method, params);
        let mut headers = vec![
            ("MCP-Protocol-Version", "2026-07-28"),
            ("Mcp-Method", method),
            ("X-API-Key", key),
            ("X-Request-Id", "request-1"),
        ];
        headers.extend(name.map(|name| ("Mcp-Name", name)));
        self.served.post(&headers, &body.to_string()).await
    }

    async fn call(&self, role: &str, tool: &str, arguments: Value) -> Answer {
        self.ask(role, "tools/call", Some(tool), json!({ "name": tool, "arguments": arguments })).await
    }

    async fn list(&self, role: &str, cursor: Option<&Value>) -> Value {
        let params = cursor.map_or_else(|| json!({}), |cursor| json!({ "cursor": cursor }));
        self.ask(role, "tools/list", None, params).await.result()
    }
}

fn names(list: &Value) -> Vec<&str> {
    list["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect()
}

/// An answer without the name of the tool and the time.
fn bytes(answer: &Answer, tool: &str) -> String {
    let head: Vec<&str> =
        answer.head.lines().filter(|line| !line.to_ascii_lowercase().starts_with("date:")).collect();
    format!("{}\n\n{}", head.join("\n"), answer.body).replace(tool, "TOOL")
}

#[tokio::test]
async fn t_2c_a_list_is_its_callers_own_and_the_same_each_time() {
    let world = World::start("policy-list", 0, |_| {}).await;
    let operator = world.list("operator", None).await;
    assert_eq!(names(&operator), ["deploy", "get_rest_of_answer", "levelled", "read"]);
    let observer = world.list("observer", None).await;
    assert_eq!(names(&observer), ["levelled", "read"]);
    assert_eq!(names(&world.list("nobody", None).await), [""; 0]);
    for list in [&operator, &observer] {
        assert_eq!((&list["cacheScope"], &list["ttlMs"]), (&json!("private"), &json!(300_000)));
    }
    for _ in 0..100 {
        assert_eq!(world.list("observer", None).await, observer);
    }
    let library = World::start("policy-list-library", 0, |options| options.mcp.direct_lane = false).await;
    for (role, list) in [("operator", &operator), ("observer", &observer)] {
        assert_eq!(&library.list(role, None).await, list, "prepared or not");
    }
    let unasked = Served::start([]).await;
    let list = unasked.modern("tools/list", None, json!({})).await.result();
    assert_eq!(list["cacheScope"], "public", "there is one list for all");
}

#[tokio::test]
async fn t_2c_a_cursor_is_for_the_list_that_gave_it() {
    let page = |options: &mut Options| options.mcp.tools_page_size = std::num::NonZeroUsize::new(1);
    let world = World::start("policy-cursor", 0, page).await;
    let (first, all) = (world.list("observer", None).await, world.list("operator", None).await);
    let second = world.list("observer", Some(&first["nextCursor"])).await;
    assert_eq!((names(&first), names(&second)), (vec!["levelled"], vec!["read"]));
    assert!(second["nextCursor"].is_null(), "{second}");
    let params = json!({ "cursor": all["nextCursor"] });
    assert_eq!(world.ask("observer", "tools/list", None, params).await.error(), (200, -32602));
}

#[tokio::test]
async fn t_2b_a_tool_that_a_role_may_not_use_reads_like_one_that_there_is_not() {
    let world = World::start("policy-hidden", 0, |_| {}).await;
    // As long as the other's name, so that the length of the answer is the same.
    let none = world.call("observer", "deplox", deploying()).await;
    assert_eq!(none.error(), (200, -32602), "{}", none.body);
    let wrong_key =
        |tool: &str| json!({ "name": tool, "arguments": { "x": 1 }, "_meta": { "idempotencyKey": "" } });
    for params in [
        json!({ "name": "deploy", "arguments": deploying() }),
        json!({ "name": "deploy" }),
        json!({ "name": "deploy", "arguments": { "srid": 7 } }),
        wrong_key("deploy"),
    ] {
        let hidden = world.ask("observer", "tools/call", Some("deploy"), params).await;
        assert_eq!(bytes(&hidden, "deploy"), bytes(&none, "deplox"));
    }
    assert_eq!(world.served.upstream.requests().len(), 0);
    world.journal.close();
    let folder = world.folder.path().join("journal");
    let told: Vec<_> = records(&folder)
        .unwrap()
        .map(Result::unwrap)
        .filter(|record| record.text("kind") == "outcome")
        .map(|record| [record.text("tool"), record.text("outcome"), record.text("request_id")].join(" "))
        .collect();
    assert_eq!(told, ["deploy denied request-1"; 4]);
}

#[tokio::test]
async fn arguments_that_are_not_permitted_are_refused_in_words_and_nothing_is_sent() {
    let world = World::start("policy-refused", 3, |_| {}).await;
    for arguments in [reading("level", "PRD"), json!({ "srid": "A", "assignmentId": "B" })] {
        let refused = world.call("observer", "levelled", arguments).await;
        assert!(refused.text().starts_with("This caller may not make this call"), "{}", refused.body);
        assert_eq!(refused.result()["isError"], true);
    }
    assert_eq!(world.served.upstream.requests().len(), 0);
    let made = world.call("observer", "levelled", reading("level", "DEV")).await.result();
    assert_eq!(made["isError"], false, "{made}");
    // Nothing can be decided by what is no text; it is refused where arguments are.
    let unfit = world.call("observer", "levelled", reading("level", 7)).await;
    assert!(unfit.text().contains("- level: expected text"), "{}", unfit.body);
    assert_eq!(world.served.upstream.requests().len(), 1);
}

#[tokio::test]
async fn a_call_that_nobody_could_decide_about_is_never_made() {
    // The schema says that a level is a number, and the tool takes text: rules that read it decide nothing.
    static LYING: Tool = Tool {
        name: "lying",
        input_schema: r#"{"type":"object","properties":{"level":{"type":"integer"}}}"#,
        ..READ
    };
    static LIES: Api = Api { tools: &[&LYING], ..sample::API };
    let served = Served::start_api(&LIES, [], |options| {
        let rules = r#"permit (principal, action == Action::"lying", resource)
            when { context.arguments has level && context.arguments.level > 1 };"#;
        options.engine.policy = policy::Settings { source: Source::Text(rules), ..Default::default() };
    })
    .await;
    let answer = served.call("lying", reading("level", "PRD")).await;
    assert!(answer.text().starts_with("This caller may not make this call"), "{}", answer.body);
    assert_eq!(served.upstream.requests().len(), 0);
}

#[tokio::test]
async fn rules_of_a_file_are_read_again_while_a_server_runs() {
    let folder = Scratch::new("policy-file");
    let source = Source::File(folder.put("policy.cedar", RULES));
    let settings = policy::Settings { source, ..Default::default() };
    let world = World::start("policy-reload", 0, |options| options.engine.policy = settings).await;
    assert_eq!(names(&world.list("observer", None).await).len(), 2);
    folder.put("policy.cedar", &RULES.replace("Role::\"observer\"", "Role::\"nobody\""));
    // Within a second or two; asked again until then, and the test program ends it if that never comes.
    while !names(&world.list("observer", None).await).is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(names(&world.list("nobody", None).await), ["levelled", "read"]);
    folder.put("policy.cedar", "permit (principal, action == Action::\"nothing\", resource);");
    let metrics = async || {
        let key = &world.keys[0].1;
        world.served.request("GET /metrics", &[("X-API-Key", key)], "").await.body
    };
    while !metrics().await.contains("mcp_policy_reloads_total{result=\"refused\"} 1\n") {
        tokio::task::yield_now().await;
    }
    assert!(metrics().await.contains("mcp_policy_reloads_total{result=\"accepted\"} 1\n"));
    assert_eq!(names(&world.list("nobody", None).await), ["levelled", "read"], "those from before");
    world.journal.close();
    let folder = world.folder.path().join("journal");
    let records = records(&folder).unwrap().map(Result::unwrap);
    let told: Vec<_> = records.filter(|record| record.text("kind") == "rules").collect();
    let outcomes: Vec<_> = told.iter().map(|record| record.text("outcome")).collect();
    assert_eq!(outcomes, ["accepted", "refused"]);
    assert!(told.iter().all(|record| record.text("by") == "file"), "{told:?}");
    assert_eq!(told[0].text("sha256").len(), 64);
    assert!(told[1].text("cause").contains("policy.cedar:1:"), "{}", told[1].text("cause"));
}
