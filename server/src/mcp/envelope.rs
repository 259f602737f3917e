//! The JSON-RPC envelope, judged before the protocol library sees it: version, id, method, and nothing else.
//!
//! The library answers malformed messages with a media type error; a client deserves a JSON-RPC error that says what
//! was wrong, with its own id where one could be read.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::{Value, json};

use super::json::{self, Fault, Kind, Member, Outline};

/// The methods that give a page of a list.
const LISTS: [&str; 4] = ["tools/list", "resources/list", "resources/templates/list", "prompts/list"];

/// The longest id in bytes.
const MAX_ID: usize = 256;

/// A message that may go on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Envelope {
    /// The id of a request, as JSON text; `None` for a notification.
    pub(super) id: Option<String>,
    /// The method.
    pub(super) method: String,
    /// Where the parameters stand in the message, if it has any.
    pub(super) params: Option<Range<usize>>,
    /// Whether it is a request with parameters and nothing besides.
    pub(super) is_plain: bool,
}

impl Envelope {
    /// The text of this member of the parameters, in the message that this was judged of.
    pub(super) fn text(&self, member: &str, message: &[u8]) -> Option<String> {
        let outline = json::read(message.get(self.params.clone()?)?).ok()?;
        let text = std::str::from_utf8(&message[self.params.clone()?]).ok()?;
        let found = outline.members.iter().find(|one| one.name == member)?;
        let is_text = found.kind == Kind::String;
        is_text.then(|| json::string_value(&text[found.span.clone()])).flatten().map(Cow::into_owned)
    }
}

/// A JSON-RPC error that answers a message.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refused {
    /// The request's id as JSON text, where it could be read.
    pub(super) id: Option<String>,
    /// The error code.
    pub(super) code: i32,
    /// What is wrong and what would be accepted.
    pub(super) message: String,
    /// More for programs.
    pub(super) data: Option<Box<Value>>,
}

/// The text is not JSON.
pub(super) const PARSE_ERROR: i32 = -32700;
/// The JSON is not a request.
pub(super) const INVALID_REQUEST: i32 = -32600;
/// The request's parameters do not fit its method.
const INVALID_PARAMS: i32 = -32602;

impl Refused {
    fn invalid(id: Option<String>, message: impl Into<String>) -> Refused {
        Refused {
            id,
            code: INVALID_REQUEST,
            message: format!("Invalid Request: {}", message.into()),
            data: None,
        }
    }

    /// The error as a JSON-RPC message. Without a readable id it has none, as the protocol's schema wants it.
    pub(super) fn to_json(&self) -> Value {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let Some(data) = &self.data {
            error["data"] = Value::clone(data);
        }
        match self.id.as_deref().and_then(|id| serde_json::from_str::<Value>(id).ok()) {
            Some(id) => json!({ "jsonrpc": "2.0", "id": id, "error": error }),
            None => json!({ "jsonrpc": "2.0", "error": error }),
        }
    }
}

/// Judges a message of a connection on which this server may have asked something: a request or notification, or `None` for
/// a response.
pub(super) fn judge_either(bytes: &[u8]) -> Result<Option<Envelope>, Refused> {
    let message = Message::read(bytes)?;
    if message.is_response() { Ok(None) } else { message.judge().map(Some) }
}

/// Judges a message where this server asks nothing.
pub(super) fn judge(bytes: &[u8]) -> Result<Envelope, Refused> {
    Message::read(bytes)?.judge()
}

struct Message<'a> {
    text: &'a str,
    outline: Outline<'a>,
}

impl<'a> Message<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, Refused> {
        let outline = json::read(bytes).map_err(|fault| match fault {
            Fault::Unreadable(what) => {
                Refused { id: None, code: PARSE_ERROR, message: format!("Parse error: {what}."), data: None }
            }
            Fault::Duplicate(at) => {
                Refused::invalid(None, format!("an object has the name at byte {at} twice."))
            }
        })?;
        match outline.kind {
            Kind::Object => {
                let text = std::str::from_utf8(bytes).expect("what was read as JSON is UTF-8");
                Ok(Self { text, outline })
            }
            Kind::Array => Err(Refused::invalid(None, "batches are not served; send one message at a time.")),
            _ => Err(Refused::invalid(None, "a message is a JSON object.")),
        }
    }

    fn is_response(&self) -> bool {
        let has = |name: &str| self.member(name).is_some();
        let answers = has("result") != has("error") && has("id") && !has("method");
        answers && self.string("jsonrpc").as_deref() == Some("2.0")
    }

    fn judge(&self) -> Result<Envelope, Refused> {
        let id = self.id()?;
        let refuse = |message: &str| Err(Refused::invalid(id.clone(), message));
        if self.string("jsonrpc").as_deref() != Some("2.0") {
            return refuse("`jsonrpc` must be \"2.0\".");
        }
        if self.member("result").is_some() || self.member("error").is_some() {
            return refuse("this server sends no requests, so it takes no responses.");
        }
        match self.string("method") {
            Some(method) if !method.is_empty() => match self.params_fault(&method) {
                None => {
                    let params = self.member("params").map(|params| params.span.clone());
                    let is_plain = id.is_some() && params.is_some() && self.outline.members.len() == 4;
                    Ok(Envelope { id, method: method.into_owned(), params, is_plain })
                }
                Some(rule) => {
                    let message = format!("Invalid params: {rule}.");
                    Err(Refused { id, code: INVALID_PARAMS, message, data: None })
                }
            },
            Some(_) => refuse("`method` must not be empty."),
            None => refuse("`method` must be a string."),
        }
    }

    fn id(&self) -> Result<Option<String>, Refused> {
        let Some(member) = self.member("id") else {
            return Ok(None);
        };
        let text = self.span(&member.span);
        let well_formed = match member.kind {
            Kind::String => json::string_value(text).is_some_and(|id| id.len() <= MAX_ID),
            // As written, so that it is echoed as written: `1.0` and `-0` would come back as something else.
            Kind::Number => text != "-0" && text.parse::<i64>().is_ok(),
            _ => false,
        };
        if !well_formed {
            let message =
                format!("`id` must be an integer of 64 bits or a string of at most {MAX_ID} bytes.");
            return Err(Refused::invalid(None, message));
        }
        Ok(Some(text.to_owned()))
    }

    /// What is wrong with parameters that the library would pass over in silence.
    fn params_fault(&self, method: &str) -> Option<&'static str> {
        let params = self.member("params").filter(|params| params.kind != Kind::Null)?;
        if params.kind != Kind::Object {
            return Some("`params` must be an object");
        }
        if !LISTS.contains(&method) {
            return None;
        }
        let outline = json::read(self.span(&params.span).as_bytes()).ok()?;
        let cursor = outline.members.iter().find(|member| member.name == "cursor")?;
        (cursor.kind != Kind::String).then_some("`cursor` must be a string that an earlier page gave out")
    }

    fn member(&self, name: &str) -> Option<&Member<'_>> {
        self.outline.members.iter().find(|member| member.name == name)
    }

    fn string(&self, name: &str) -> Option<Cow<'_, str>> {
        let member = self.member(name).filter(|member| member.kind == Kind::String)?;
        json::string_value(self.span(&member.span))
    }

    fn span(&self, span: &Range<usize>) -> &str {
        &self.text[span.clone()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(text: &str) -> Result<(Option<String>, String), (i32, Option<String>)> {
        judge(text.as_bytes())
            .map(|envelope| (envelope.id, envelope.method))
            .map_err(|refused| (refused.code, refused.id))
    }

    fn with_id(id: &str) -> String {
        format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#)
    }

    #[test]
    fn requests_and_notifications_go_on() {
        let request = |id: &str| Ok((Some(id.to_owned()), "ping".to_owned()));
        let longest = format!("\"{}\"", "a".repeat(MAX_ID));
        for id in ["0", "-1", "9223372036854775807", "\"\"", "\"a\\u0062\"", longest.as_str()] {
            assert_eq!(outcome(&with_id(id)), request(id));
        }
        assert_eq!(outcome(r#"{"jsonrpc":"2.0","method":"x"}"#), Ok((None, "x".to_owned())));
        assert_eq!(outcome(r#"{"method":"x","\u006asonrpc":"2.0"}"#), Ok((None, "x".to_owned())));
    }

    #[test]
    fn the_name_in_the_parameters_is_read_however_it_is_written() {
        let name = |params: &str| {
            let text = format!(r#"{{"id":1,"params":{params},"jsonrpc":"2.0","method":"x"}}"#);
            judge(text.as_bytes()).unwrap().text("name", text.as_bytes())
        };
        for params in [r#"{"name":"read"}"#, r#"{ "a": {"name":"x"}, "n\u0061me" : "re\u0061d" }"#] {
            assert_eq!(name(params).as_deref(), Some("read"), "{params}");
        }
        for params in ["{}", r#"{"name":7}"#, r#"{"Name":"read"}"#, "null"] {
            assert_eq!(name(params), None, "{params}");
        }
    }

    #[test]
    fn t_49_an_id_that_could_not_be_echoed_exactly_is_refused() {
        let too_long = format!("\"{}\"", "a".repeat(MAX_ID + 1));
        for id in [
            "null",
            "{}",
            "[]",
            "true",
            "1.0",
            "1e0",
            "1.5",
            "-0",
            "9223372036854775808",
            "1E400",
            too_long.as_str(),
        ] {
            let expected = if id == "1E400" { PARSE_ERROR } else { INVALID_REQUEST };
            assert_eq!(outcome(&with_id(id)), Err((expected, None)), "{id}");
        }
    }

    #[test]
    fn parameters_that_would_be_passed_over_are_told() {
        let with = |method: &str, params: &str| {
            format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#)
        };
        for (method, params) in
            [("ping", "{}"), ("ping", "null"), ("tools/list", r#"{"cursor":"x"}"#), ("x", r#"{"cursor":5}"#)]
        {
            assert!(outcome(&with(method, params)).is_ok(), "{method} {params}");
        }
        for (method, params) in [
            ("ping", "[]"),
            ("ping", "1"),
            ("tools/list", "\"x\""),
            ("tools/list", r#"{"cursor":5}"#),
            ("tools/list", r#"{"_meta":{},"cursor":null}"#),
        ] {
            assert_eq!(
                outcome(&with(method, params)),
                Err((INVALID_PARAMS, Some("1".to_owned()))),
                "{method} {params}"
            );
        }
    }

    #[test]
    fn only_a_connection_that_carries_questions_takes_answers() {
        for answer in [
            r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
            r#"{"jsonrpc":"2.0","id":"a","error":{"code":1,"message":"no"}}"#,
        ] {
            assert_eq!(judge_either(answer.as_bytes()), Ok(None), "{answer}");
            assert!(judge(answer.as_bytes()).is_err(), "{answer}");
        }
        for neither in [
            r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{}}"#,
            r#"{"jsonrpc":"2.0","result":{}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{},"method":"ping"}"#,
            r#"{"id":1,"result":{}}"#,
        ] {
            assert!(judge_either(neither.as_bytes()).is_err(), "{neither}");
        }
        let request = judge_either(with_id("1").as_bytes()).map(|envelope| envelope.map(|one| one.method));
        assert_eq!(request, Ok(Some("ping".to_owned())));
    }

    #[test]
    fn t_48_what_is_no_request_is_refused_with_the_id_it_had() {
        let one = Some("1".to_owned());
        for (text, code, id) in [
            ("", PARSE_ERROR, None),
            ("{", PARSE_ERROR, None),
            ("[]", INVALID_REQUEST, None),
            (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, INVALID_REQUEST, None),
            ("1", INVALID_REQUEST, None),
            ("null", INVALID_REQUEST, None),
            ("{}", INVALID_REQUEST, None),
            (r#"{"id":1,"method":"ping"}"#, INVALID_REQUEST, one.clone()),
            (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, INVALID_REQUEST, one.clone()),
            (r#"{"jsonrpc":2.0,"id":1,"method":"ping"}"#, INVALID_REQUEST, one.clone()),
            (r#"{"jsonrpc":"2.0","id":1}"#, INVALID_REQUEST, one.clone()),
            (r#"{"jsonrpc":"2.0","id":1,"method":1}"#, INVALID_REQUEST, one.clone()),
            (r#"{"jsonrpc":"2.0","id":1,"method":""}"#, INVALID_REQUEST, one.clone()),
            (r#"{"jsonrpc":"2.0","id":1,"Method":"ping"}"#, INVALID_REQUEST, one.clone()),
            (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, INVALID_REQUEST, one.clone()),
            (r#"{"jsonrpc":"2.0","id":1,"error":{}}"#, INVALID_REQUEST, one.clone()),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call"}"#,
                INVALID_REQUEST,
                None,
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"x","params":{"name":"a","name":"b"}}"#,
                INVALID_REQUEST,
                None,
            ),
        ] {
            assert_eq!(outcome(text), Err((code, id)), "{text}");
        }
    }
}
