//! The parts of a request before they are put together, each encoded for its place the moment it is written.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{ParameterRule, Style, header, style};
use crate::decode::{Problem, Problems};

/// The parts of a request: what arguments decide of it.
#[derive(Debug, Default)]
pub struct Parts {
    path: Vec<(&'static str, String)>,
    query: Vec<(String, String)>,
    bare_query: Option<String>,
    headers: Vec<(&'static str, String)>,
    cookies: Vec<(String, String)>,
    body: Option<Value>,
    problems: Problems,
}

impl Parts {
    /// Writes a path parameter.
    pub fn path<T: Serialize>(&mut self, rule: &'static ParameterRule, value: &T) {
        let written = self.json(rule.name, value).map(|value| style::path(rule, &value));
        if let Some(text) = self.accept(rule.name, written) {
            self.path.push((rule.name, text));
        }
    }

    /// Writes a query parameter; null is absent.
    pub fn query<T: Serialize>(&mut self, rule: &'static ParameterRule, value: &T) {
        if matches!(rule.style, Style::WholeJson | Style::WholeText) {
            let written = self.json(rule.name, value).map(|value| style::whole_query(rule, &value));
            self.bare_query = self.accept(rule.name, written).flatten();
            return;
        }
        let written = self.json(rule.name, value).map(|value| style::query(rule, &value));
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
    pub fn header<T: Serialize>(&mut self, rule: &'static ParameterRule, value: &T) {
        if header::is_reserved(rule.name) {
            self.refuse(rule.name, "is a header that arguments may not set".to_owned());
            return;
        }
        let written = self.json(rule.name, value).map(|value| style::header(rule, &value));
        if let Some(Some(text)) = self.accept(rule.name, written) {
            self.headers.push((rule.name, text));
        }
    }

    /// Writes a cookie; null is absent.
    pub fn cookie<T: Serialize>(&mut self, rule: &'static ParameterRule, value: &T) {
        let written = self.json(rule.name, value).map(|value| style::cookie(rule, &value));
        if let Some(pairs) = self.accept(rule.name, written) {
            self.cookies.extend(pairs);
        }
    }

    /// Writes the whole body.
    pub fn body<T: Serialize>(&mut self, value: &T) {
        self.body = self.json("body", value);
    }

    /// Makes the body an object that is sent even if it stays empty.
    pub fn object_body(&mut self) {
        self.object();
    }

    /// Writes one member of an object body, null included.
    pub fn member<T: Serialize>(&mut self, name: &'static str, value: &T) {
        if let Some(value) = self.json(name, value) {
            self.object().insert(name.to_owned(), value);
        }
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

    /// The JSON body, if one is sent.
    pub fn json_body(&self) -> Option<&Value> {
        self.body.as_ref()
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
        let body = self.body.get_or_insert_with(|| Value::Object(Map::new()));
        if !body.is_object() {
            *body = Value::Object(Map::new());
        }
        body.as_object_mut().expect("the body was just made an object")
    }

    fn json<T: Serialize>(&mut self, name: &str, value: &T) -> Option<Value> {
        match serde_json::to_value(value) {
            Ok(value) => Some(value),
            Err(error) => {
                self.refuse(name, format!("cannot be written as JSON: {error}"));
                None
            }
        }
    }

    fn accept<T>(&mut self, name: &str, written: Option<Result<T, String>>) -> Option<T> {
        match written? {
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
