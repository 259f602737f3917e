//! Streams on which clients of the stateless era hear that lists have changed: the same with the lane and without.

use std::time::Duration;

use serde_json::{Value, json};
use server::policy::{self, Source};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::http_support::{MEDIA_TYPES, Served, modern_body};
use crate::scratch::Scratch;

const METHOD: &str = "subscriptions/listen";
const ALL: &str = "permit (principal, action, resource);";
const NONE: &str = "forbid (principal, action, resource);";
/// Far more than any of this takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server whose rules are a file's.
struct World {
    folder: Scratch,
    served: Served,
}

impl World {
    async fn start(name: &str, direct_lane: bool) -> Self {
        let folder = Scratch::new(name);
        let file = folder.put("rules.cedar", ALL);
        let served = Served::start_with([], move |options| {
            options.mcp.direct_lane = direct_lane;
            options.engine.policy = policy::Settings { source: Source::File(file), ..Default::default() };
        })
        .await;
        Self { folder, served }
    }

    fn rules(&self, text: &str) {
        self.folder.put("rules.cedar", text);
        self.served.reload();
    }

    /// Listens for these lists.
    async fn listen(&self, notifications: Value) -> Heard {
        let body = modern_body(METHOD, json!({ "notifications": notifications })).to_string();
        let mut text = format!("POST /mcp HTTP/1.1\r\nHost: {}\r\n", self.served.address);
        let own = [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", METHOD), ("X-Request-Id", "r1")];
        for (name, value) in MEDIA_TYPES.iter().chain(&own) {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        let mut stream = self.served.connect().await;
        let request = format!("{text}Content-Length: {}\r\n\r\n{body}", body.len());
        stream.write_all(request.as_bytes()).await.unwrap();
        Heard { stream, text: String::new() }
    }
}

/// What came of a stream so far.
struct Heard {
    stream: TcpStream,
    text: String,
}

impl Heard {
    /// What has come once these words have, and the event that they stand in.
    async fn until(&mut self, words: &str) -> &str {
        let came = |text: &str| text.split_once(words).is_some_and(|(_, after)| after.contains("\n\n"));
        let mut bytes = [0; 4096];
        while !came(&self.text) {
            let read = timeout(PATIENCE, self.stream.read(&mut bytes)).await.unwrap().unwrap();
            assert!(read > 0, "the stream ended: {}", self.text);
            self.text.push_str(&String::from_utf8_lossy(&bytes[..read]));
        }
        &self.text
    }

    /// The messages so far.
    fn messages(&self) -> Vec<Value> {
        let data = self.text.lines().filter_map(|line| line.strip_prefix("data: "));
        data.map(|data| serde_json::from_str(data).unwrap()).collect()
    }

    async fn until_the_end(&mut self) {
        let mut rest = Vec::new();
        timeout(PATIENCE, self.stream.read_to_end(&mut rest)).await.unwrap().unwrap();
        self.text.push_str(&String::from_utf8_lossy(&rest));
    }
}

fn methods(messages: &[Value]) -> Vec<&str> {
    messages.iter().filter_map(|message| message["method"].as_str()).collect()
}

#[tokio::test]
async fn who_listens_hears_of_what_it_asked_for_and_of_nothing_else() {
    let mut texts = Vec::new();
    for direct_lane in [true, false] {
        let world = World::start(&format!("listening-{direct_lane}"), direct_lane).await;
        let mut heard =
            world.listen(json!({ "toolsListChanged": true, "resourcesListChanged": false })).await;
        heard.until("notifications/subscriptions/acknowledged").await;
        world.rules(NONE);
        heard.until("notifications/tools/list_changed").await;
        let list = world.served.modern("tools/list", None, json!({})).await.result();
        assert_eq!(list["tools"], json!([]), "what was told is so");
        // Asked to end, it says so and ends.
        world.served.shutdown.cancel();
        heard.until_the_end().await;
        let messages = heard.messages();
        assert_eq!(
            methods(&messages),
            ["notifications/subscriptions/acknowledged", "notifications/tools/list_changed"]
        );
        let id = "io.modelcontextprotocol/subscriptionId";
        assert_eq!(messages[0]["params"]["notifications"], json!({ "toolsListChanged": true }));
        assert!(
            messages[..2].iter().all(|message| message["params"]["_meta"][id] == json!(1)),
            "{messages:?}"
        );
        let last = messages.last().unwrap();
        assert_eq!((&last["id"], &last["result"]["resultType"]), (&json!(1), &json!("complete")));
        assert_eq!(last["result"]["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "sample-server");
        timeout(PATIENCE, world.served.task).await.unwrap().unwrap().unwrap();
        texts.push(
            heard.text.lines().filter(|line| !line.starts_with("date:")).collect::<Vec<_>>().join("\n"),
        );
    }
    assert_eq!(texts[0], texts[1], "the lane says what the library says");
}

#[tokio::test]
async fn rules_that_cannot_be_used_or_are_as_they_were_change_nothing_and_nobody_hears_of_them() {
    for direct_lane in [true, false] {
        let world = World::start(&format!("listening-bad-{direct_lane}"), direct_lane).await;
        let mut heard = world.listen(json!({ "toolsListChanged": true })).await;
        heard.until("notifications/subscriptions/acknowledged").await;
        for rules in ["permit (principal, action, resource) when { nonsense };", ALL, NONE] {
            world.rules(rules);
            // Whoever is told of something is told before this is answered, so that two changes are not told as one.
            let list = world.served.modern("tools/list", None, json!({})).await.result();
            assert_eq!(list["tools"] == json!([]), rules == NONE, "{rules}");
        }
        heard.until("notifications/tools/list_changed").await;
        world.served.shutdown.cancel();
        heard.until_the_end().await;
        assert_eq!(methods(&heard.messages()).len(), 2, "{}", heard.text);
    }
}

#[tokio::test]
async fn a_hundred_listen_at_once_and_all_hear_it() {
    let world = World::start("listening-many", true).await;
    let mut all = Vec::new();
    for _ in 0..100 {
        let mut heard = world.listen(json!({ "toolsListChanged": true })).await;
        heard.until("notifications/subscriptions/acknowledged").await;
        all.push(heard);
    }
    world.rules(NONE);
    for heard in &mut all {
        heard.until("notifications/tools/list_changed").await;
    }
}

#[tokio::test]
async fn changes_are_promised_where_rules_are_a_files_and_only_to_who_can_listen() {
    let world = World::start("listening-promise", true).await;
    let can = world.served.modern("server/discover", None, json!({})).await.result();
    assert_eq!(can["capabilities"]["tools"], json!({ "listChanged": true }));
    let hello = json!({
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" },
    });
    let can = world.served.legacy("initialize", hello).await.result();
    assert_eq!(can["capabilities"]["tools"], json!({}));
    let malformed = world.served.modern(METHOD, None, json!({ "notifications": 5 })).await;
    assert_eq!(malformed.error().1, -32602);
    assert!(malformed.body.contains("`notifications`"), "{}", malformed.body);

    let fixed = Served::start([]).await;
    let can = fixed.modern("server/discover", None, json!({})).await.result();
    assert_eq!(can["capabilities"]["tools"], json!({}));
    assert_eq!(fixed.modern(METHOD, None, json!({ "notifications": {} })).await.error(), (404, -32601));
}
