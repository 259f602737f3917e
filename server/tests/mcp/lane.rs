//! The direct lane and the protocol library answer alike: the same messages, whole and broken, go to a server with the lane
//! and to one without, and whatever comes back is the same but for the time of day.

use std::num::NonZeroUsize;

use serde_json::{Value, json};
use server::stages::confirm::Asking;

use crate::fake_upstream::{self, Act};
use crate::http_support::{self, Served};
use crate::sample;

/// How many broken messages are sent, where `LANE_MESSAGES` does not say.
const MESSAGES: usize = 3000;

type Headers = Vec<(String, String)>;

/// The same server twice, with the lane and without.
struct Pair {
    with: Served,
    without: Served,
}

impl Pair {
    async fn start() -> Self {
        let served = |direct_lane: bool| {
            Served::start_with([], move |options| {
                options.mcp.direct_lane = direct_lane;
                options.engine.confirm.asking = Asking::Changing;
                options.mcp.tools_page_size = NonZeroUsize::new(1);
            })
        };
        Self { with: served(true).await, without: served(false).await }
    }

    /// Sends a message to both, which must answer alike; gives the status.
    async fn post(&self, headers: &Headers, body: &str) -> u16 {
        self.post_to("/mcp", headers, body).await
    }

    /// Sends a message to this place of both.
    async fn post_to(&self, target: &str, headers: &Headers, body: &str) -> u16 {
        let head = format!("POST {target}");
        let sent: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let sent = [&sent[..], &[("X-Request-Id", "r1")]].concat();
        let with = self.with.request(&head, &sent, body);
        let (with, without) = tokio::join!(with, self.without.request(&head, &sent, body));
        let timeless = |head: &str| -> Vec<String> {
            head.lines().filter(|line| !line.to_lowercase().starts_with("date:")).map(str::to_owned).collect()
        };
        assert_eq!(timeless(&with.head), timeless(&without.head), "{headers:?}\n{body}");
        assert_eq!(with.body, without.body, "{headers:?}\n{body}");
        with.status
    }

    /// The cursor of the second page of tools.
    async fn cursor(&self) -> String {
        let list = self.without.modern("tools/list", None, json!({})).await.result();
        list["nextCursor"].as_str().unwrap().to_owned()
    }

    /// How many requests took the lane.
    async fn direct(&self) -> u64 {
        let direct = |text: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix("mcp_direct_calls_total "));
            line.unwrap().parse::<u64>().unwrap()
        };
        assert_eq!(direct(&self.without.request("GET /metrics", &[], "").await.body), 0);
        direct(&self.with.request("GET /metrics", &[], "").await.body)
    }
}

fn headers(all: &[(&str, &str)]) -> Headers {
    http_support::MEDIA_TYPES
        .iter()
        .chain(all)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn modern(tool: &str) -> Headers {
    headers(&[("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/call"), ("Mcp-Name", tool)])
}

fn meta(more: Value) -> Value {
    let mut meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" }
    });
    meta.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    meta
}

fn call(id: &str, params: &Value) -> String {
    request(id, "tools/call", params)
}

fn request(id: &str, method: &str, params: &Value) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#)
}

/// The same for what has no name.
fn modern_list(method: &str, params: &Value) -> (Headers, String) {
    let headers = headers(&[("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", method)]);
    (headers, request("7", method, params))
}

/// Lists and what the server is: each with its headers, and whether it takes the lane. The list has more than one page.
fn lists(cursor: &str) -> Vec<(Headers, String, bool)> {
    let old = |version: &str, params: Value| {
        (headers(&[("MCP-Protocol-Version", version)]), request(r#""a\u0062""#, "tools/list", &params))
    };
    let direct = [
        modern_list("tools/list", &json!({ "_meta": meta(json!({})) })),
        modern_list("tools/list", &json!({ "_meta": meta(json!({ "progressToken": 1, "x": [] })) })),
        modern_list("tools/list", &json!({ "cursor": cursor, "_meta": meta(json!({})) })),
        modern_list("server/discover", &json!({ "_meta": meta(json!({})) })),
        old("2025-11-25", json!({})),
        old("2024-11-05", json!({ "cursor": cursor })),
        (headers(&[]), request("1", "tools/list", &json!({ "_meta": { "progressToken": "p" } }))),
    ];
    let mut named = modern_list("tools/list", &json!({ "_meta": meta(json!({})) }));
    named.0.push(("Mcp-Name".to_owned(), "read".to_owned()));
    let mut misnamed = modern_list("tools/list", &json!({ "_meta": meta(json!({})) }));
    misnamed.0.retain(|(name, _)| name != "Mcp-Method");
    let others = [
        modern_list("tools/list", &json!({ "cursor": null, "_meta": meta(json!({})) })),
        modern_list("tools/list", &json!({ "cursor": "x", "_meta": meta(json!({})) })),
        modern_list("tools/list", &json!({ "cursor": 1, "_meta": meta(json!({})) })),
        modern_list("tools/list", &json!({ "page": 2, "_meta": meta(json!({})) })),
        modern_list("tools/list", &json!({})),
        modern_list("server/discover", &json!({ "cursor": cursor, "_meta": meta(json!({})) })),
        modern_list("prompts/list", &json!({ "_meta": meta(json!({})) })),
        old("1999-01-01", json!({})),
        (headers(&[]), request("1", "server/discover", &json!({}))),
        (headers(&[]), r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#.to_owned()),
        named,
        misnamed,
    ];
    [marked(&direct, true), marked(&others, false)].concat()
}

fn marked(all: &[(Headers, String)], direct: bool) -> Vec<(Headers, String, bool)> {
    all.iter().map(|(headers, body)| (headers.clone(), body.clone(), direct)).collect()
}

/// Whole messages: each with its headers, and whether it takes the lane.
fn plain() -> Vec<(Headers, String, bool)> {
    let reading = || sample::reading("level", "DEV");
    let modern_call = |more: Value| {
        let mut params = json!({ "name": "read", "arguments": reading(), "_meta": meta(json!({})) });
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        (modern("read"), call("1", &params))
    };
    let direct = [
        modern_call(json!({})),
        modern_call(json!({ "arguments": {} })),
        modern_call(json!({ "arguments": null })),
        modern_call(json!({ "arguments": sample::reading("level", "DEV\n") })),
        modern_call(json!({ "_meta": meta(json!({ "idempotencyKey": "k1" })) })),
        modern_call(json!({ "_meta": meta(json!({ "traceparent": "x" })) })),
        modern_call(json!({ "_meta": meta(json!({ "progressToken": 1, "other": [1] })) })),
        modern_call(
            json!({ "_meta": meta(json!({ "io.modelcontextprotocol/clientCapabilities": { "elicitation": {}, "x": 1 } })) }),
        ),
        modern_call(
            json!({ "_meta": meta(json!({ "io.modelcontextprotocol/clientCapabilities": { "extensions": { "io.modelcontextprotocol/tasks": {} } } })) }),
        ),
        (
            modern("read"),
            call(
                r#""a\u0062\/\n""#,
                &json!({ "name": "read", "arguments": reading(), "_meta": meta(json!({})) }),
            ),
        ),
        (
            headers(&[("MCP-Protocol-Version", "2025-11-25")]),
            call("-5", &json!({ "name": "read", "arguments": reading() })),
        ),
        (
            headers(&[]),
            call(
                r#""\u00e9""#,
                &json!({ "name": "read", "arguments": reading(), "_meta": { "progressToken": "p" } }),
            ),
        ),
        (
            headers(&[("MCP-Protocol-Version", "2024-11-05"), ("Mcp-Method", "x")]),
            call("1", &json!({ "name": "read" })),
        ),
    ];
    let others = [
        modern_call(json!({ "requestState": "x" })),
        modern_call(json!({ "inputResponses": {} })),
        modern_call(json!({ "task": {} })),
        modern_call(json!({ "name": "nope" })),
        modern_call(json!({ "name": "open" })),
        modern_call(json!({ "arguments": [] })),
        modern_call(json!({ "_meta": null })),
        modern_call(json!({ "_meta": {} })),
        modern_call(json!({ "_meta": meta(json!({ "idempotencyKey": null })) })),
        modern_call(json!({ "_meta": meta(json!({ "idempotencyKey": "" })) })),
        modern_call(json!({ "_meta": meta(json!({ "idempotencyKey": "k".repeat(129) })) })),
        modern_call(json!({ "_meta": meta(json!({ "traceparent": 5 })) })),
        modern_call(
            json!({ "_meta": meta(json!({ "io.modelcontextprotocol/protocolVersion": "2025-11-25" })) }),
        ),
        modern_call(
            json!({ "_meta": meta(json!({ "io.modelcontextprotocol/protocolVersion": "1999-01-01" })) }),
        ),
        modern_call(json!({ "_meta": meta(json!({ "io.modelcontextprotocol/protocolVersion": 5 })) })),
        modern_call(json!({ "_meta": meta(json!({ "io.modelcontextprotocol/clientCapabilities": null })) })),
        modern_call(json!({ "_meta": meta(json!({ "io.modelcontextprotocol/clientCapabilities": [] })) })),
        (modern("open"), call("1", &json!({ "name": "read", "_meta": meta(json!({})) }))),
        (
            headers(&[("MCP-Protocol-Version", "2026-07-28")]),
            call("1", &json!({ "name": "read", "_meta": meta(json!({})) })),
        ),
        (headers(&[("MCP-Protocol-Version", "2026-07-28")]), call("1", &json!({ "name": "read" }))),
        (headers(&[]), call("1", &json!({ "name": "read", "_meta": meta(json!({})) }))),
        (headers(&[]), call("1", &json!({ "name": "deploy", "arguments": {} }))),
        (headers(&[]), r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"read"}}"#.to_owned()),
        (headers(&[]), r#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#.to_owned()),
        (
            headers(&[]),
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read"},"x":1}"#.to_owned(),
        ),
    ];
    [marked(&direct, true), marked(&others, false)].concat()
}

#[tokio::test]
async fn plain_requests_take_the_lane_and_are_answered_as_the_library_would() {
    let pair = Pair::start().await;
    let mut taken = 0;
    for (headers, body, direct) in [plain(), lists(&pair.cursor().await)].concat() {
        pair.post(&headers, &body).await;
        taken += u64::from(direct);
        assert_eq!(pair.direct().await, taken, "{headers:?}\n{body}");
    }
}

#[tokio::test]
async fn what_the_api_answers_comes_out_the_same() {
    let text = r#"{"b": 1.50, "a": "x\u0000\u202e\"", "list": [1, -0.0], "a/b": "\ud83d\ude00"}"#;
    let acts = || -> Vec<Act> {
        vec![
            fake_upstream::json("200 OK", text),
            fake_upstream::answer(
                "404 Not Found",
                "Content-Type: application/json\r\n",
                r#"{"message":"no"}"#,
            ),
            fake_upstream::answer("200 OK", "Content-Type: text/html\r\n", "<p>"),
            fake_upstream::answer("302 Found", "Location: http://x/\r\n", ""),
            Act::Reset,
        ]
    };
    let served = |direct_lane: bool| {
        Served::start_with(acts(), move |options| {
            options.mcp.direct_lane = direct_lane;
            options.engine.retry.attempts = 1;
        })
    };
    let pair = Pair { with: served(true).await, without: served(false).await };
    for _ in acts() {
        let params =
            json!({ "name": "read", "arguments": sample::reading("level", "DEV"), "_meta": meta(json!({})) });
        assert_eq!(pair.post(&modern("read"), &call("1", &params)).await, 200);
    }
    assert_eq!(pair.direct().await, 5);
}

#[tokio::test]
async fn what_an_address_shows_is_called_alike() {
    let pair = Pair::start().await;
    let by =
        |arguments: Value| json!({ "name": "call_tool", "arguments": arguments, "_meta": meta(json!({})) });
    let own = |tool: &str, arguments: Value| json!({ "name": tool, "arguments": arguments, "_meta": meta(json!({})) });
    let reading = || sample::reading("level", "DEV");
    let mut taken = 0;
    for (target, params, direct) in [
        ("/mcp?tools=search", by(json!({ "name": "read", "arguments": reading() })), true),
        ("/mcp?tools=search", by(json!({ "name": "read" })), true),
        ("/mcp?tools=search", by(json!({ "name": "read", "arguments": [] })), true),
        ("/mcp?tools=search", by(json!({ "name": 5, "x": 1 })), true),
        ("/mcp?tools=search", by(json!({ "name": "search_tools", "arguments": { "query": "read" } })), true),
        ("/mcp?tools=search", by(json!({ "name": "nope" })), false),
        ("/mcp?tools=search", by(json!({ "name": "call_tool" })), false),
        ("/mcp?tools=search", by(json!({ "name": "deploy", "arguments": sample::deploying() })), false),
        ("/mcp?tools=search", own("read", reading()), true),
        ("/mcp?tools=search", own("search_tools", json!({ "query": "a tool of tests" })), true),
        ("/mcp?tools=search", own("describe_tool", json!({ "name": "read" })), true),
        ("/mcp?tools=search", own("describe_tool", json!({ "name": "nope" })), true),
        ("/mcp?toolsets=scope:cp:read", own("read", reading()), true),
        ("/mcp?toolsets=scope:cp:read", own("deploy", sample::deploying()), false),
        ("/mcp?toolsets=scope:cp:read", by(json!({ "name": "read" })), false),
        ("/mcp?toolsets=nope", own("read", reading()), false),
        ("/mcp?tools=nope", own("read", reading()), false),
    ] {
        let name = params["name"].as_str().unwrap().to_owned();
        pair.post_to(target, &modern(&name), &call("1", &params)).await;
        taken += u64::from(direct);
        assert_eq!(pair.direct().await, taken, "{target} {params}");
        let legacy = headers(&[("MCP-Protocol-Version", "2025-11-25")]);
        let params = json!({ "name": name, "arguments": params["arguments"] });
        pair.post_to(target, &legacy, &call("1", &params)).await;
        taken += u64::from(direct);
        assert_eq!(pair.direct().await, taken, "{target} {params}");
        let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}"#;
        pair.post_to(target, &legacy, list).await;
        // An address that says what there is not is refused before.
        taken += u64::from(!target.contains("nope"));
        assert_eq!(pair.direct().await, taken, "{target}");
    }
}

/// Breaks a message or its headers in one to three places.
fn broken(random: &mut fastrand::Rng, headers: &mut Headers, body: &mut Vec<u8>) {
    const PIECES: [&str; 20] = [
        "{",
        "}",
        "[",
        "]",
        "\"",
        ",",
        ":",
        "null",
        "true",
        "0",
        "-1",
        "1.0",
        "\\u0061",
        "\\",
        " ",
        "\"a\":1,",
        "\"name\":\"read\",",
        "\"id\":2,",
        "\"arguments\":{},",
        "2025-11-25",
    ];
    for _ in 0..random.u8(1..=3) {
        let at = random.usize(0..=body.len());
        let end = (at + random.usize(0..12)).min(body.len());
        match random.u8(0..8) {
            0..=2 => drop(body.splice(at..end, PIECES[random.usize(..PIECES.len())].bytes())),
            3 => drop(body.drain(at..end)),
            4 => {
                let again = body[at..end].to_vec();
                drop(body.splice(at..at, again));
            }
            5 => drop(headers.remove(random.usize(..headers.len()))),
            6 => {
                let again = headers[random.usize(..headers.len())].clone();
                headers.push(again);
            }
            _ => {
                const VALUES: [&str; 9] = [
                    "",
                    "read",
                    "open",
                    "tools/call",
                    "tools/list",
                    "server/discover",
                    "2025-11-25",
                    "2026-07-28",
                    "=?base64?cmVhZA==?=",
                ];
                let header = random.usize(..headers.len());
                headers[header].1 = VALUES[random.usize(..VALUES.len())].to_owned();
            }
        }
        if headers.is_empty() {
            return;
        }
    }
}

#[tokio::test]
async fn broken_messages_are_answered_alike() {
    let count = std::env::var("LANE_MESSAGES").ok().map_or(MESSAGES, |count| count.parse().unwrap());
    let pair = Pair::start().await;
    let (mut random, plain) = (fastrand::Rng::with_seed(7), [plain(), lists(&pair.cursor().await)].concat());
    let (mut refused, mut made) = (0, 0);
    for _ in 0..count {
        let (mut headers, body, _) = plain[random.usize(..plain.len())].clone();
        let mut body = body.into_bytes();
        broken(&mut random, &mut headers, &mut body);
        let Ok(body) = String::from_utf8(body) else { continue };
        if !body.is_empty() {
            let status = pair.post(&headers, &body).await;
            if status == 200 { made += 1 } else { refused += 1 }
        }
    }
    // Neither all of them too broken nor all of them hardly.
    assert!(made > count / 20 && refused > count / 20, "{made} made, {refused} refused");
    assert!(pair.direct().await > u64::try_from(count / 50).unwrap());
}
