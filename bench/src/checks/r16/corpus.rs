//! Bodies that mean harm, of many kinds: too deep, too many, too large, broken, ambiguous, and calls with arguments that would mean
//! something else further on.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::client::{Response, ToolCall};

/// The largest body that is read, in bytes.
pub(super) const LARGEST: usize = 1 << 20;

/// A body.
#[derive(Clone, Debug)]
pub(super) struct Body {
    /// What kind it is of.
    pub(super) kind: &'static str,
    /// What is sent.
    pub(super) bytes: Vec<u8>,
}

impl Body {
    fn new(kind: &'static str, text: impl Into<Vec<u8>>) -> Self {
        Self { kind, bytes: text.into() }
    }

    /// The request that carries it, as one that calls a tool.
    pub(super) fn request(&self, address: SocketAddr) -> Vec<u8> {
        let honest = ToolCall::read("MARKER").request(address, "");
        let head =
            honest.windows(16).position(|part| part == b"Content-Length: ").expect("it tells its length");
        let mut request = honest[..head].to_vec();
        request.extend(format!("Content-Length: {}\r\n\r\n", self.bytes.len()).into_bytes());
        request.extend(&self.bytes);
        request
    }
}

/// Whether an answer refuses: by its status, as an error of the protocol, or as that of a tool.
pub(super) fn refuses(response: &Response) -> bool {
    let is_error = |body: &Value| body.get("error").is_some() || body["result"]["isError"] == true;
    match response.status {
        400..=499 => true,
        200 => serde_json::from_slice(&response.body).is_ok_and(|body| is_error(&body)),
        _ => false,
    }
}

/// All of them: about seven hundred that are always the same, and so many that are drawn.
pub(super) fn all(seed: u64, drawn: usize) -> Vec<Body> {
    let mut bodies = deep();
    bodies.extend(many());
    bodies.extend(broken());
    bodies.extend(messages());
    bodies.extend(arguments());
    let mut draw = fastrand::Rng::with_seed(seed);
    bodies.extend((0..drawn).map(|_| spoilt(&mut draw)));
    bodies
}

/// The body of an honest call.
fn honest() -> Vec<u8> {
    let address = SocketAddr::from(([127, 0, 0, 1], 80));
    let request = ToolCall::read("MARKER").request(address, "");
    let head = request.windows(4).position(|part| part == b"\r\n\r\n").expect("a head ends");
    request[head + 4..].to_vec()
}

/// The same with these arguments in JSON.
fn with_arguments(arguments: &str) -> Vec<u8> {
    let text = String::from_utf8(honest()).expect("JSON is text");
    let begin = text.find(r#""arguments":"#).expect("it has arguments") + 12;
    let end = begin + text[begin..].find('}').expect("they end") + 1;
    format!("{}{arguments}{}", &text[..begin], &text[end..]).into_bytes()
}

fn deep() -> Vec<Body> {
    let mut bodies = Vec::new();
    for depth in [65, 128, 129, 1000, 10_000, 100_000] {
        bodies.push(Body::new("open lists", "[".repeat(depth)));
        bodies.push(Body::new("lists in lists", "[".repeat(depth) + &"]".repeat(depth)));
        let objects = r#"{"a":"#.repeat(depth) + "1" + &"}".repeat(depth);
        bodies.push(Body::new("objects in objects", objects.clone()));
        bodies.push(Body::new("deep arguments", with_arguments(&format!(r#"{{"srid":{objects}}}"#))));
    }
    bodies
}

fn many() -> Vec<Body> {
    let keys = |count: usize| {
        let members: Vec<String> = (0..count).map(|number| format!("\"k{number}\":0")).collect();
        format!("{{{}}}", members.join(","))
    };
    let mut bodies = vec![
        Body::new("a million keys", keys(1_000_000)),
        Body::new("a million digits", with_arguments(&format!(r#"{{"srid":{}}}"#, "7".repeat(1_000_000)))),
        Body::new("larger than is read", vec![b' '; LARGEST + 1]),
    ];
    for _ in 0..20 {
        bodies.push(Body::new("zeros", format!("[{}0]", "0,".repeat(LARGEST / 2 - 2))));
        bodies.push(Body::new("keys", keys(90_000)));
        let zeros = format!(r#"{{"srid":[{}0]}}"#, "0,".repeat(400_000));
        bodies.push(Body::new("zeros in arguments", with_arguments(&zeros)));
        bodies.push(Body::new(
            "long text",
            with_arguments(&format!(r#"{{"srid":"{}"}}"#, "x".repeat(900_000))),
        ));
        let escapes = format!(r#"{{"srid":"{}"}}"#, r"\u0041".repeat(150_000));
        bodies.push(Body::new("escapes", with_arguments(&escapes)));
        bodies.push(Body::new("blanks", [vec![b' '; 900_000], b"[".to_vec()].concat()));
    }
    bodies
}

/// Honest up to one place.
fn broken() -> Vec<Body> {
    let honest = honest();
    let mut bodies: Vec<Body> =
        (0..honest.len()).map(|length| Body::new("cut off", &honest[..length])).collect();
    for at in (1..honest.len()).step_by(3) {
        let mut bytes = honest.clone();
        bytes.insert(at, 0xff);
        bodies.push(Body::new("no UTF-8", bytes));
    }
    for more in ["x", "{}", "]", "\0", "null"] {
        bodies.push(Body::new("more after it", [&honest, more.as_bytes()].concat()));
    }
    bodies
}

fn messages() -> Vec<Body> {
    let text = String::from_utf8(honest()).expect("JSON is text");
    let swapped = |what: &str, with: &str| {
        assert!(text.contains(what), "an honest call has {what}");
        text.replacen(what, with, 1)
    };
    let long_id = format!("\"id\":\"{}\"", "x".repeat(257));
    [
        swapped("{", r#"{"method":"tools/list","#),
        swapped("{", r#"{"id":2,"#),
        swapped(r#""name":"#, r#""name":"whoami","name":"#),
        swapped(r#""srid":"#, r#""srid":"x","srid":"#),
        swapped(r#""srid":"#, r#""srid":"x","\u0073rid":"#),
        swapped(r#""id":1"#, r#""id":1.0"#),
        swapped(r#""id":1"#, r#""id":1e0"#),
        swapped(r#""id":1"#, r#""id":null"#),
        swapped(r#""id":1"#, r#""id":{}"#),
        swapped(r#""id":1"#, r#""id":18446744073709551616"#),
        swapped(r#""id":1"#, &long_id),
        swapped(r#""jsonrpc":"2.0""#, r#""jsonrpc":"1.0""#),
        swapped("tools/call", "tools/none"),
        format!("[{text}]"),
        format!("[{text},{text}]"),
        "[]".to_owned(),
        "null".to_owned(),
        "1e400".to_owned(),
        "NaN".to_owned(),
        String::new(),
    ]
    .map(|text| Body::new("no message", text))
    .into()
}

/// Arguments that no tool takes.
fn arguments() -> Vec<Body> {
    let good = json!({ "srid": "bench", "assignmentId": "MARKER" });
    let values = [
        json!("../../admin"),
        json!(".."),
        json!("%2e%2e"),
        json!("a/b"),
        json!("a\\b"),
        json!("a\u{0}b"),
        json!("a\r\nX-Admin: 1"),
        json!("a\u{202e}b"),
        json!("a\u{200b}b"),
        json!("\u{e0041}"),
        json!(""),
        json!("x".repeat(70_000)),
        json!(1),
        json!(true),
        json!(null),
        json!([]),
        json!({}),
        json!(["a"]),
    ];
    let mut bodies = Vec::new();
    for name in ["srid", "assignmentId"] {
        for value in &values {
            let mut arguments = good.clone();
            arguments[name] = value.clone();
            bodies.push(Body::new("no argument", with_arguments(&arguments.to_string())));
        }
    }
    for more in [r#""SRID":"x""#, r#""__proto__":{}"#, r#""srid":"\ud800""#, r#""constructor":1"#] {
        let text = format!(r#"{{"assignmentId":"MARKER","srid":"bench",{more}}}"#);
        bodies.push(Body::new("no argument", with_arguments(&text)));
    }
    bodies
}

/// An honest call with some bytes that may stand nowhere in one.
fn spoilt(draw: &mut fastrand::Rng) -> Body {
    let mut bytes = honest();
    for _ in 0..draw.usize(1..4) {
        let at = draw.usize(1..bytes.len());
        let control = draw.u8(1..9);
        if draw.bool() { bytes.insert(at, control) } else { bytes[at] = control }
    }
    Body::new("control bytes", bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_two_thousand_of_many_kinds_and_the_same_for_a_seed() {
        let bodies = all(1, 1500);
        assert!(bodies.len() >= 2000, "{}", bodies.len());
        let kinds: std::collections::BTreeSet<_> = bodies.iter().map(|body| body.kind).collect();
        assert!(kinds.len() >= 15, "{kinds:?}");
        let again = all(1, 1500);
        assert!(bodies.iter().zip(&again).all(|(one, other)| one.bytes == other.bytes));
    }

    #[test]
    fn a_request_tells_the_length_of_what_it_carries() {
        let address = SocketAddr::from(([127, 0, 0, 1], 80));
        let request = Body::new("x", "abc").request(address);
        assert!(request.ends_with(b"Content-Length: 3\r\n\r\nabc"), "{}", String::from_utf8_lossy(&request));
    }

    #[test]
    fn a_result_is_no_refusal() {
        let response = |status, body: &str| Response {
            status,
            retry_after: None,
            body: body.as_bytes().to_vec(),
            is_kept: true,
        };
        assert!(refuses(&response(400, "")) && refuses(&response(413, "")));
        assert!(refuses(&response(200, r#"{"error":{"code":-32600}}"#)));
        assert!(refuses(&response(200, r#"{"result":{"isError":true}}"#)));
        assert!(!refuses(&response(200, r#"{"result":{"isError":false}}"#)));
        assert!(!refuses(&response(500, "")) && !refuses(&response(200, "x")));
    }
}
