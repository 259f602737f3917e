//! What a client of a subject says: the handshake, the list of tools, and one call over and over of which only a number changes.

use std::io;
use std::net::SocketAddr;

use serde_json::{Value, json};

use super::upstream::{assignments, description};
use super::wire::Wire;

/// The revision that all subjects speak.
const REVISION: &str = "2025-11-25";

/// Digits of the number that tells one call from another.
const DIGITS: usize = 9;

/// How a subject is spoken to.
#[derive(Clone, Debug)]
pub struct Dialect {
    /// What it calls the tool that lists assignments.
    pub tool: &'static str,
    /// With whom sessions are begun.
    pub sessions: Sessions,
    /// What callers show, if they are asked.
    pub token: Option<String>,
    /// Whether every call is the same, so that what is kept may answer it.
    pub repeats: bool,
}

/// With whom sessions are begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sessions {
    /// Nobody shakes hands: it knows nothing but calls.
    None,
    /// Each connection has its own.
    Each,
    /// All connections share one, since there can be no second.
    One,
}

/// What is known of a session that was begun: the lines that each request has.
#[derive(Clone, Debug)]
pub struct Session {
    address: SocketAddr,
    dialect: Dialect,
    lines: String,
}

/// The list of tools as a client gets it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Listed {
    /// How many.
    pub tools: usize,
    /// Bytes of the messages that hold them.
    pub bytes: usize,
}

impl Session {
    /// Shakes hands, where that is done.
    pub async fn begin(address: SocketAddr, dialect: &Dialect, wire: &mut Wire) -> io::Result<Self> {
        let token = dialect.token.iter().map(|token| format!("Authorization: Bearer {token}\r\n")).collect();
        let mut session = Self { address, dialect: dialect.clone(), lines: token };
        if dialect.sessions == Sessions::None {
            return Ok(session);
        }
        let hello = json!({
            "protocolVersion": REVISION, "capabilities": {}, "clientInfo": { "name": "bench", "version": "1" },
        });
        let reply = wire.exchange(&session.post(&message("initialize", &hello))).await?;
        let (answer, name) = (reply.message()?, reply.session.map(str::to_owned));
        let spoken = answer["result"]["protocolVersion"].as_str();
        let spoken = spoken.ok_or_else(|| io::Error::other(format!("no handshake: {answer}")))?;
        session.lines.push_str(&format!("MCP-Protocol-Version: {spoken}\r\n"));
        if let Some(name) = name {
            session.lines.push_str(&format!("Mcp-Session-Id: {name}\r\n"));
        }
        let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        let status = wire.exchange(&session.post(&ready)).await?.status;
        match status {
            200..=204 => Ok(session),
            _ => Err(io::Error::other(format!("the handshake was answered {status}"))),
        }
    }

    /// The whole list of tools, page by page.
    pub async fn list(&self, wire: &mut Wire) -> io::Result<Listed> {
        let (mut listed, mut cursor) = (Listed::default(), None::<String>);
        loop {
            let params = cursor.as_ref().map_or_else(|| json!({}), |cursor| json!({ "cursor": cursor }));
            let answer = wire.exchange(&self.post(&message("tools/list", &params))).await?.message()?;
            let tools = answer["result"]["tools"].as_array();
            listed.tools += tools.ok_or_else(|| io::Error::other(format!("no list: {answer}")))?.len();
            listed.bytes += answer.to_string().len();
            match answer["result"]["nextCursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return Ok(listed),
            }
        }
    }

    /// A caller of this session over this connection. Callers of one session have ids of their own: whoever answers may tell them apart
    /// by nothing else.
    pub fn caller(&self, wire: Wire, id: usize) -> Caller {
        let instance = instance(0);
        let params = json!({ "name": self.dialect.tool, "arguments": { "srid": instance } });
        let mut message = message("tools/call", &params);
        message["id"] = json!(id);
        let request = self.post(&message);
        let number =
            memchr::memmem::find(&request, instance.as_bytes()).expect("the call names its instance") + 1;
        let words = description(&instance).into_bytes();
        let named = memchr::memmem::find(&words, instance.as_bytes()).expect("the words name it too") + 1;
        Caller { wire, request, number, words, named, repeats: self.dialect.repeats }
    }

    fn post(&self, message: &Value) -> Vec<u8> {
        let (body, Self { address, lines, .. }) = (message.to_string(), self);
        let length = body.len();
        format!(
            "POST /mcp HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
             Accept: application/json, text/event-stream\r\n{lines}Content-Length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    }
}

fn message(method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

/// The instance that a call of this number names.
fn instance(number: u64) -> String {
    format!("N{number:0DIGITS$}")
}

/// The digits of this number, as an instance has them.
fn digits(mut number: u64) -> [u8; DIGITS] {
    let mut digits = [b'0'; DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit += (number % 10) as u8;
        number /= 10;
    }
    assert_eq!(number, 0, "more calls than an instance has digits for");
    digits
}

/// Makes one call over and over at as little cost as can be.
#[derive(Debug)]
pub struct Caller {
    wire: Wire,
    request: Vec<u8>,
    /// Where the number stands in the request.
    number: usize,
    /// What its answer holds and nothing else does, and where the number stands there.
    words: Vec<u8>,
    named: usize,
    repeats: bool,
}

impl Caller {
    /// Makes the call of this number, and gives the bytes of its answer; an error unless it holds what the API says of it.
    pub async fn call(&mut self, number: u64) -> io::Result<usize> {
        let digits = digits(if self.repeats { 0 } else { number });
        self.request[self.number..self.number + DIGITS].copy_from_slice(&digits);
        self.words[self.named..self.named + DIGITS].copy_from_slice(&digits);
        let reply = self.wire.exchange(&self.request).await?;
        if reply.status == 200 && memchr::memmem::find(reply.body, &self.words).is_some() {
            return Ok(reply.body.len());
        }
        let (words, body) = (String::from_utf8_lossy(&self.words), String::from_utf8_lossy(reply.body));
        Err(io::Error::other(format!("not an answer with \"{words}\": {} {}", reply.status, begin(&body))))
    }

    /// Makes the call of this number, and looks at the whole answer: it must be what the API answers, as structured content or as
    /// text in which it stands.
    pub async fn check(&mut self, number: u64) -> io::Result<()> {
        self.call(number).await?;
        let number = if self.repeats { 0 } else { number };
        let answer = self.wire.exchange(&self.request).await?.message()?;
        if holds_all(&answer["result"], &assignments(&instance(number))) {
            return Ok(());
        }
        Err(io::Error::other(format!("an answer that is not the API's: {}", begin(&answer.to_string()))))
    }
}

/// As much of an answer as says what it is.
fn begin(text: &str) -> &str {
    &text[..text.floor_char_boundary(400)]
}

/// Whether a result has this value, as structured content or as JSON in its text, behind words if there are any; either may hold it
/// as the body beside the status.
fn holds_all(result: &Value, wanted: &Value) -> bool {
    let is_it = |value: &Value| value == wanted || value["body"] == *wanted;
    let text = result["content"][0]["text"].as_str().unwrap_or_default();
    let within = text.find('{').and_then(|at| serde_json::from_str::<Value>(&text[at..]).ok());
    let is_error = result["isError"].as_bool().unwrap_or(false);
    !is_error && (is_it(&result["structuredContent"]) || within.as_ref().is_some_and(is_it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_is_named_by_the_digits_of_its_number() {
        for number in [0, 7, 1_234_567, 999_999_999] {
            assert_eq!(instance(number).as_bytes()[1..], digits(number), "{number}");
        }
    }

    #[test]
    fn a_result_is_right_when_it_has_the_whole_answer_of_the_api() {
        let wanted = assignments("N1");
        let text = format!("API Response (Status: 200):\n{wanted:#}");
        assert!(holds_all(&json!({ "structuredContent": wanted }), &wanted));
        assert!(holds_all(&json!({ "structuredContent": { "status": 200, "body": wanted } }), &wanted));
        assert!(holds_all(&json!({ "content": [{ "type": "text", "text": text }] }), &wanted));
        let other = assignments("N2");
        for wrong in [
            json!({ "structuredContent": other }),
            json!({ "structuredContent": { "status": 200, "body": other } }),
            json!({ "content": [{ "type": "text", "text": "srid N1 is not known" }] }),
            json!({ "structuredContent": wanted, "isError": true }),
            json!({}),
        ] {
            assert!(!holds_all(&wrong, &wanted), "{wrong}");
        }
    }
}
