//! Text: where it goes decides which characters it may hold; then length, pattern, format.

use serde_json::Value;

use super::suggestion::{list, nearest, quote};
use super::{Decoder, Format, Rule, callback, characters, pattern, type_of};

/// Text within bounds.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    /// Where it goes.
    pub within: Within,
    /// What it must look like.
    pub format: Option<Format>,
    /// The least number of characters.
    pub min_length: u64,
    /// The greatest number of characters.
    pub max_length: u64,
    /// What it must match.
    pub pattern: Option<&'static str>,
    /// Whether it is an address that the API will call, and so must be on an allowed host.
    pub callback_url: bool,
}

/// Where a text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// A path parameter: never empty, never a dot segment, no slashes, no controls.
    Path,
    /// A query parameter: no controls.
    Query,
    /// A header: visible ASCII, no blank at either end.
    Header,
    /// A cookie: no controls.
    Cookie,
    /// A body: TAB, LF and CR, but no other controls.
    Body,
}

impl Text {
    /// Any text in a body.
    pub const ANY: Self = Self {
        within: Within::Body,
        format: None,
        min_length: 0,
        max_length: u64::MAX,
        pattern: None,
        callback_url: false,
    };

    /// Any text in the path: never empty.
    pub const PATH: Self = Self { within: Within::Path, min_length: 1, ..Self::ANY };

    /// Any text in the query.
    pub const QUERY: Self = Self { within: Within::Query, ..Self::ANY };

    /// Any text in a header.
    pub const HEADER: Self = Self { within: Within::Header, ..Self::ANY };

    /// Any text in a cookie.
    pub const COOKIE: Self = Self { within: Within::Cookie, ..Self::ANY };

    /// The first rule that the text breaks.
    fn broken(&self, text: &str, at: &Decoder<'_>) -> Option<(&'static str, String)> {
        if let Some((rule, message)) = self.within.broken(text) {
            let accepted = self.pattern.map(|pattern| format!("; must match {pattern}")).unwrap_or_default();
            return Some((rule, message + &accepted));
        }
        let length = text.chars().count() as u64;
        if length < self.min_length {
            return Some((
                "minLength",
                format!("at least {} characters are needed, got {length}", self.min_length),
            ));
        }
        if length > self.max_length {
            return Some((
                "maxLength",
                format!("at most {} characters are accepted, got {length}", self.max_length),
            ));
        }
        if let Some(pattern) = self.pattern.filter(|pattern| !pattern::matches(pattern, text)) {
            return Some(("pattern", format!("must match {pattern}")));
        }
        if let Some(format) = self.format.filter(|format| !format.matches(text)) {
            return Some(("format", format!("must be {}", format.words())));
        }
        if self.callback_url {
            return callback::refusal(text, at.callback_hosts()).map(|message| ("callback", message));
        }
        None
    }
}

impl Rule for Text {
    type Output = String;

    fn decode(&self, value: Value, at: &mut Decoder<'_>) -> Option<String> {
        let Value::String(text) = value else {
            at.push("type", format!("expected text, got {}", type_of(&value)));
            return None;
        };
        if let Some((rule, message)) = self.broken(&text, at) {
            at.push(rule, message);
            return None;
        }
        Some(text)
    }
}

impl Within {
    fn broken(self, text: &str) -> Option<(&'static str, String)> {
        let characters =
            |refused: String| ("characters", format!("holds a {refused}, which is not accepted"));
        match self {
            Self::Body => characters::refused(text, true).map(characters),
            Self::Query | Self::Cookie => characters::refused(text, false).map(characters),
            Self::Path => characters::refused(text, false)
                .map(characters)
                .or_else(|| characters::path_refusal(text).map(|refusal| ("path", refusal.to_owned()))),
            Self::Header => characters::refused(text, false).map(characters).or_else(|| {
                let refusal = crate::request::header_refusal(text)?;
                Some(("characters", refusal.to_owned()))
            }),
        }
    }
}

/// Text that is one of a few.
#[derive(Clone, Copy, Debug)]
pub struct Enumeration<'v> {
    /// What is accepted.
    pub values: &'v [&'v str],
}

impl Rule for Enumeration<'_> {
    type Output = String;

    fn decode(&self, value: Value, at: &mut Decoder<'_>) -> Option<String> {
        let Value::String(text) = value else {
            at.push("type", format!("expected text, one of {}, got {}", list(self.values), type_of(&value)));
            return None;
        };
        if self.values.contains(&text.as_str()) {
            return Some(text);
        }
        at.push("enum", none_of(&text, self.values));
        None
    }
}

/// Says that a text is none of those accepted, and which was probably meant.
pub(crate) fn none_of(text: &str, values: &[&str]) -> String {
    let mut message = format!("{} is none of {}", quote(text), list(values));
    if let Some(value) = nearest(text, values.iter().copied()) {
        message.push_str(&format!("; did you mean `{value}`?"));
    }
    message
}
