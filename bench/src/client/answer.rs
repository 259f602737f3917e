//! What a caller is told of a call, told apart by the words of it: they are all that a caller has.

use std::io;

use serde_json::Value;

use super::Response;

/// What a caller is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was done; the structured content as JSON text.
    Done(String),
    /// It was not done, or may have been.
    Failed(Failure, String),
    /// No answer came; why.
    Lost(String),
}

/// Why a call failed, as far as checks tell it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The change may or may not have been made.
    Unknown,
    /// An identical change was sent before; this is the status that it was answered with, if that is known.
    Before(Option<u16>),
    /// The journal cannot be written, so that nothing was sent.
    Unrecorded,
    /// What servers share cannot be reached, so that nothing was sent.
    Unshared,
    /// The API is left alone for a while.
    Unavailable,
    /// Too many calls; when to call again, in seconds.
    Limited(u64),
    /// Too many requests at the API.
    Busy,
    /// The API answered with this status.
    Refused(u16),
    /// Something else.
    Other,
}

impl Answer {
    /// What an exchange over HTTP came to.
    pub fn of(exchange: io::Result<Response>) -> Self {
        exchange.map_or_else(|error| Self::Lost(error.to_string()), |response| Self::read(&response))
    }

    /// What an answer over HTTP says.
    pub fn read(response: &Response) -> Self {
        if response.status == 429 {
            return Self::Failed(Failure::Limited(response.retry_after.unwrap_or(0)), "429".to_owned());
        }
        let message: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let result = &message["result"];
        if response.status != 200 || !result.is_object() {
            let body = String::from_utf8_lossy(&response.body);
            return Self::Failed(Failure::Other, format!("{} {body}", response.status));
        }
        if result["isError"] != Value::Bool(true) {
            return Self::Done(result["structuredContent"].to_string());
        }
        let words = result["content"][0]["text"].as_str().unwrap_or_default();
        Self::Failed(Failure::of(words), words.to_owned())
    }

    /// Whether it was done.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }

    /// Why it failed, if it did.
    pub fn failure(&self) -> Option<Failure> {
        match self {
            Self::Failed(failure, _) => Some(*failure),
            Self::Done(_) | Self::Lost(_) => None,
        }
    }
}

impl Failure {
    fn of(words: &str) -> Self {
        let has = |part: &str| words.contains(part);
        if has("An identical change was sent") {
            return Self::Before(
                number_after(words, "was answered with ").and_then(|status| u16::try_from(status).ok()),
            );
        }
        if has("may or may not have been made") || has("part of the change may have been made") {
            return Self::Unknown;
        }
        if has("its journal cannot be written") {
            return Self::Unrecorded;
        }
        if has("cannot reach the store that they share") {
            return Self::Unshared;
        }
        if has("leaves it alone for a while") {
            return Self::Unavailable;
        }
        if has("More calls were made") {
            return Self::Limited(number_after(words, "Call again in ").unwrap_or(0));
        }
        if has("As many requests are at the API") {
            return Self::Busy;
        }
        let status = number_after(words, "The API answered ").and_then(|status| u16::try_from(status).ok());
        status.map_or(Self::Other, Self::Refused)
    }
}

/// The whole number that follows these words.
fn number_after(words: &str, before: &str) -> Option<u64> {
    let rest = words.split(before).nth(1)?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(status: u16, body: &Value) -> Answer {
        Answer::read(&Response {
            status,
            retry_after: Some(7),
            body: body.to_string().into_bytes(),
            is_kept: true,
        })
    }

    fn failed(words: &str) -> Failure {
        let content = json!([{ "type": "text", "text": words }]);
        let answer = read(200, &json!({ "result": { "isError": true, "content": content } }));
        answer.failure().expect("it failed")
    }

    #[test]
    fn answers_are_told_apart() {
        let done = read(200, &json!({ "result": { "structuredContent": { "setId": "S1" } } }));
        assert_eq!(done, Answer::Done(r#"{"setId":"S1"}"#.to_owned()));
        assert_eq!(read(429, &json!({})).failure(), Some(Failure::Limited(7)));
        assert_eq!(read(503, &json!({ "result": {} })).failure(), Some(Failure::Other));
        assert_eq!(read(200, &json!({ "error": {} })).failure(), Some(Failure::Other));
        for (words, expected) in [
            ("The connection broke. The change may or may not have been made: look", Failure::Unknown),
            (
                "An identical change was sent 3 s ago (request r) and was answered with 200; the",
                Failure::Before(Some(200)),
            ),
            (
                "An identical change was sent 3 s ago (request r) and may or may not have been made: its",
                Failure::Before(None),
            ),
            (
                "The API has failed so often; this server leaves it alone for a while; nothing",
                Failure::Unavailable,
            ),
            (
                "More calls were made than admitted; nothing was sent. Call again in 12 s.",
                Failure::Limited(12),
            ),
            ("As many requests are at the API as this server sends at once; nothing", Failure::Busy),
            ("This server cannot reach the store that they share. Nothing was sent.", Failure::Unshared),
            ("This server cannot: its journal cannot be written. Nothing was sent.", Failure::Unrecorded),
            ("The API answered 503 (Service Unavailable). If it names", Failure::Refused(503)),
            ("The API could not be reached; nothing was sent.", Failure::Other),
        ] {
            assert_eq!(failed(words), expected, "{words}");
        }
    }
}
