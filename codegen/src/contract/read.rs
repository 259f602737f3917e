//! Reading a lock: strict, since it was written by a program; what is wrong is told with its line.

use std::collections::BTreeMap;
use std::fmt;

use openapi::report::Place;
use serde_json::{Map, Value};

use super::lines::Lines;
use super::{Confirm, Contract, Effect, FORMAT, Places, Tool, canonical};

/// Why a text is no lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLock {
    /// The file as it was named.
    pub file: String,
    /// Line, from 1; 0 when unknown.
    pub line: u32,
    /// What is wrong, and what would be accepted.
    pub message: String,
}

impl fmt::Display for BadLock {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(out, "{}: {}", self.file, self.message),
            line => write!(out, "{}:{line}: {}", self.file, self.message),
        }
    }
}

impl std::error::Error for BadLock {}

/// Reads the text of a lock; `file` is how messages name it. A lock whose content was changed by hand is refused, since
/// nobody would have decided on that change.
pub fn read(text: &str, file: &str) -> Result<Contract, BadLock> {
    let bad = |line: u32, message: String| BadLock { file: file.to_owned(), line, message };
    let value: Value = serde_json::from_str(text).map_err(|error| {
        bad(u32::try_from(error.line()).unwrap_or(0), format!("this is no JSON: {error}"))
    })?;
    let reader = Reader { file, lines: Lines::of(text) };
    let root = reader.object(&value, "the lock")?;
    match root.get("lock").and_then(Value::as_u64) {
        Some(FORMAT) => {}
        Some(other) => {
            return Err(bad(0, format!("format {other} of the lock: this program reads {FORMAT}")));
        }
        None => {
            return Err(bad(0, format!("this is no lock of a tool contract: `lock: {FORMAT}` is missing")));
        }
    }
    let contract = reader.contract(root)?;
    let said = reader.text(root, "contract", &[])?;
    let found = contract.hash();
    if said != found {
        return Err(bad(
            reader.lines.line(&["contract"]),
            format!(
                "the content has the hash {found}, and the lock says {said}: it was changed by hand; write it with `mcp-codegen accept`"
            ),
        ));
    }
    Ok(contract)
}

struct Reader<'t> {
    file: &'t str,
    lines: Lines,
}

type Read<T> = Result<T, BadLock>;

impl Reader<'_> {
    fn contract(&self, root: &Map<String, Value>) -> Read<Contract> {
        let api = self.object(root.get("api").unwrap_or(&Value::Null), "`api`")?;
        let tools = self.object(root.get("tools").unwrap_or(&Value::Null), "`tools`")?;
        let read = |(name, tool): (&String, &Value)| Ok((name.clone(), self.tool(name, tool)?));
        Ok(Contract {
            title: self.text(api, "title", &["api"])?,
            version: self.text(api, "version", &["api"])?,
            tools: tools.iter().map(read).collect::<Read<_>>()?,
        })
    }

    fn tool(&self, name: &str, value: &Value) -> Read<Tool> {
        let at = ["tools", name];
        let entry = self.object(value, &format!("tool {name}"))?;
        let text = |key: &str| self.text(entry, key, &at);
        let request = text("request")?;
        let (method, path) =
            request.split_once(' ').ok_or_else(|| self.wrong(&at, "request", "METHOD /path"))?;
        let number = |key: &str, what: &str| match entry.get(key) {
            None => Ok(None),
            Some(value) => value.as_u64().map(Some).ok_or_else(|| self.wrong(&at, key, what)),
        };
        let seconds = |key: &str| number(key, "a number of seconds");
        let flag = |key: &str| match entry.get(key) {
            None => Ok(false),
            Some(value) => value.as_bool().ok_or_else(|| self.wrong(&at, key, "true or false")),
        };
        let schema = |key: &str| match entry.get(key) {
            None => Ok(None),
            Some(value @ (Value::Object(_) | Value::Bool(_))) => Ok(Some(canonical::schema(value.clone()))),
            Some(_) => Err(self.wrong(&at, key, "a JSON Schema")),
        };
        Ok(Tool {
            title: text("title")?,
            description: text("description")?,
            operation: text("operation")?,
            method: method.to_owned(),
            path: path.to_owned(),
            deprecated: flag("deprecated")?,
            effect: effect(&text("effect")?)
                .ok_or_else(|| self.wrong(&at, "effect", "read, write or destroy"))?,
            idempotent: flag("idempotent")?,
            cache_seconds: seconds("cacheSeconds")?,
            stale_seconds: seconds("staleSeconds")?,
            busy: self.decoded(entry, "busy", &at, "a list of statuses")?,
            timeout_seconds: seconds("timeoutSeconds")?,
            confirm: entry.get("confirm").map(|value| self.confirm(value, &at)).transpose()?,
            weight: number("weight", "a number of calls")?,
            long: entry
                .get("long")
                .map(|_| self.decoded(entry, "long", &at, "how work is followed"))
                .transpose()?,
            proof: entry.get("proof").map(|_| text("proof")).transpose()?,
            security: self.decoded(entry, "security", &at, "a list of sets of schemes")?,
            scopes: self.decoded(entry, "scopes", &at, "a list of scopes")?,
            gated: self.decoded(entry, "gated", &at, "a list of JSON pointers")?,
            secrets: self.decoded(entry, "secrets", &at, "a list of JSON pointers")?,
            answers: self.decoded::<BTreeMap<_, _>>(entry, "answers", &at, "contents by status")?,
            arguments: schema("arguments")?.ok_or_else(|| self.wrong(&at, "arguments", "a JSON Schema"))?,
            answer: schema("answer")?,
            places: self.places(name),
        })
    }

    fn confirm(&self, value: &Value, at: &[&str]) -> Read<Confirm> {
        match value {
            Value::Bool(true) => Ok(Confirm::Always),
            Value::Bool(false) => Ok(Confirm::Never),
            Value::String(words) => Ok(Confirm::Question(words.clone())),
            _ => Err(self.wrong(at, "confirm", "true, false or a question")),
        }
    }

    fn places(&self, name: &str) -> Places {
        let place = |path: &[&str]| Place {
            pointer: String::new(),
            file: self.file.into(),
            line: self.lines.line(path),
            column: 1,
        };
        let members = |side: &str| {
            let below = ["tools", name, side, "properties"];
            let names = self.lines.below(&below).into_iter();
            names.map(|member| (member.to_owned(), place(&[&below[..], &[member]].concat()))).collect()
        };
        Places {
            tool: Some(place(&["tools", name])),
            arguments: members("arguments"),
            answer: members("answer"),
        }
    }

    fn object<'v>(&self, value: &'v Value, what: &str) -> Read<&'v Map<String, Value>> {
        let message = || format!("{what} is expected to be an object");
        value.as_object().ok_or_else(|| BadLock { file: self.file.to_owned(), line: 0, message: message() })
    }

    fn text(&self, entry: &Map<String, Value>, key: &str, at: &[&str]) -> Read<String> {
        let text = entry.get(key).and_then(Value::as_str).map(str::to_owned);
        text.ok_or_else(|| self.wrong(at, key, "text"))
    }

    fn decoded<T: serde::de::DeserializeOwned + Default>(
        &self,
        entry: &Map<String, Value>,
        key: &str,
        at: &[&str],
        expected: &str,
    ) -> Read<T> {
        let Some(value) = entry.get(key) else { return Ok(T::default()) };
        T::deserialize(value).map_err(|_| self.wrong(at, key, expected))
    }

    fn wrong(&self, at: &[&str], key: &str, expected: &str) -> BadLock {
        let path = [at, &[key]].concat();
        let line = match self.lines.line(&path) {
            0 => self.lines.line(at),
            line => line,
        };
        let of = at.last().map(|tool| format!(" of {tool}")).unwrap_or_default();
        BadLock { file: self.file.to_owned(), line, message: format!("`{key}`{of}: expected {expected}") }
    }
}

fn effect(word: &str) -> Option<Effect> {
    Some(match word {
        "read" => Effect::Read,
        "write" => Effect::Write,
        "destroy" => Effect::Destroy,
        _ => return None,
    })
}
