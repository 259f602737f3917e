//! The parts of a request before they are put together, each encoded for its place the moment it is written.

use std::fmt;

use serde_json::{Map, Value};

use super::body::{self, Body, BodyRule};
use super::{ParameterRule, Style, header, style};
use crate::decode::{Problem, Problems};
use crate::encode::Encode;

/// The parts of a request: what arguments decide of it.
#[derive(Debug, Default)]
pub struct Parts {
    path: Vec<(&'static str, String)>,
    query: Vec<(String, String)>,
    bare_query: Option<String>,
    headers: Vec<(&'static str, String)>,
    cookies: Vec<(String, String)>,
    draft: Draft,
    body: Option<Body>,
    problems: Problems,
}

/// A body that is being written.
#[derive(Default)]
struct Draft {
    /// How it is written; plain JSON where nothing else is said.
    rule: Option<&'static BodyRule>,
    /// What arguments say of it so far.
    value: Option<Value>,
    /// Whether it is one argument, so that problems are told below its name.
    is_whole: bool,
}

/// The content is not for printing: it may hold secrets.
impl fmt::Debug for Draft {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Draft(written: {})", self.value.is_some())
    }
}

impl Parts {
    /// Writes a path parameter.
    pub fn path<T: Encode>(&mut self, rule: &'static ParameterRule, value: &T) {
        let written = style::path(rule, &value.encode());
        if let Some(text) = self.accept(rule.name, written) {
            self.path.push((rule.name, text));
        }
    }

    /// Writes a query parameter; null is absent.
    pub fn query<T: Encode>(&mut self, rule: &'static ParameterRule, value: &T) {
        if matches!(rule.style, Style::WholeJson | Style::WholeText) {
            let written = style::whole_query(rule, &value.encode());
            self.bare_query = self.accept(rule.name, written).flatten();
            return;
        }
        let written = style::query(rule, &value.encode());
        let Some(pairs) = self.accept(rule.name, written) else { return };
        if let Some((name, _)) =
            pairs.iter().find(|(name, _)| self.query.iter().any(|(there, _)| there == name))
        {
            self.refuse(rule.name, format!("its member `{name}` has the name of another query parameter"));
            return;
        }
        self.query.extend(pairs);
    }

    /// Writes a header; null is absent. A name that HTTP or this program owns is refused.
    pub fn header<T: Encode>(&mut self, rule: &'static ParameterRule, value: &T) {
        if header::is_reserved(rule.name) {
            self.refuse(rule.name, "is a header that arguments may not set".to_owned());
            return;
        }
        let written = style::header(rule, &value.encode());
        if let Some(Some(text)) = self.accept(rule.name, written) {
            self.headers.push((rule.name, text));
        }
    }

    /// Writes a cookie; null is absent.
    pub fn cookie<T: Encode>(&mut self, rule: &'static ParameterRule, value: &T) {
        let written = style::cookie(rule, &value.encode());
        if let Some(pairs) = self.accept(rule.name, written) {
            self.cookies.extend(pairs);
        }
    }

    /// Says how the body is written, if there is one. Without this it is plain JSON.
    pub fn media(&mut self, rule: &'static BodyRule) {
        self.draft.rule = Some(rule);
    }

    /// Writes the whole body.
    pub fn body<T: Encode>(&mut self, value: &T) {
        self.draft.value = Some(value.encode());
        self.draft.is_whole = true;
    }

    /// Makes the body an object that is sent even if it stays empty.
    pub fn object_body(&mut self) {
        self.object();
    }

    /// Writes one member of an object body, null included.
    pub fn member<T: Encode>(&mut self, name: &'static str, value: &T) {
        self.object().insert(name.to_owned(), value.encode());
    }

    /// The encoded text of this path parameter.
    pub fn path_value(&self, name: &str) -> Option<&str> {
        self.path.iter().find(|(written, _)| *written == name).map(|(_, text)| text.as_str())
    }

    /// The encoded pairs of the query, in order.
    pub fn query_pairs(&self) -> &[(String, String)] {
        &self.query
    }

    /// The encoded query that is one value, without names.
    pub fn bare_query(&self) -> Option<&str> {
        self.bare_query.as_deref()
    }

    /// The headers that arguments decide, in order.
    pub fn headers(&self) -> &[(&'static str, String)] {
        &self.headers
    }

    /// The encoded pairs of the cookies, in order.
    pub fn cookie_pairs(&self) -> &[(String, String)] {
        &self.cookies
    }

    /// The body, if one is sent; there is none before [`Parts::finish`].
    pub fn sent_body(&self) -> Option<&Body> {
        self.body.as_ref()
    }

    /// Writes what was said of the body as bytes, at most `limit` of them. A body that cannot be written is a problem.
    pub fn finish(&mut self, limit: usize) {
        let Draft { rule, value, is_whole } = std::mem::take(&mut self.draft);
        let Some(value) = value else { return };
        match body::write(rule.unwrap_or(&BodyRule::JSON), &value, limit) {
            Ok(body) => self.body = Some(body),
            Err(refusal) => {
                let member = refusal.member;
                let path = match (is_whole, member.is_empty()) {
                    (true, true) => "body".to_owned(),
                    (true, false) if member.starts_with('[') => format!("body{member}"),
                    (true, false) => format!("body.{member}"),
                    (false, _) => member,
                };
                self.problems.push(Problem { path, rule: refusal.rule, message: refusal.message });
            }
        }
    }

    /// What could not be written; a request with problems is not sent.
    pub fn problems(&self) -> &Problems {
        &self.problems
    }

    pub(super) fn take_problems(&mut self) -> Problems {
        std::mem::take(&mut self.problems)
    }

    /// The body as an object; anything else that was written before gives way.
    fn object(&mut self) -> &mut Map<String, Value> {
        let body = self.draft.value.get_or_insert_with(|| Value::Object(Map::new()));
        if !body.is_object() {
            *body = Value::Object(Map::new());
        }
        body.as_object_mut().expect("the body was just made an object")
    }

    fn accept<T>(&mut self, name: &str, written: Result<T, String>) -> Option<T> {
        match written {
            Ok(written) => Some(written),
            Err(refusal) => {
                self.refuse(name, refusal);
                None
            }
        }
    }

    fn refuse(&mut self, name: &str, message: String) {
        self.problems.push(Problem { path: name.to_owned(), rule: "parameter", message });
    }
}
