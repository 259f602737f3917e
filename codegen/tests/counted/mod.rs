//! What the operations of a document take and give, read from the plain value.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use codegen::plan::model::{Content, Source, Tool, Write};
use openapi::ir::{Location, Operation};
use serde_json::Value;

use crate::documents::Tree;

/// An operation and its parts.
pub(crate) struct Counted {
    /// Its method, upper-case.
    pub(crate) method: String,
    /// Its path, the base path of Swagger 2.0 before it.
    pub(crate) template: String,
    /// Where it stands, and the path item around it.
    pub(crate) pointers: Vec<String>,
    /// What must not be lost.
    pub(crate) parts: Vec<Part>,
}

/// One part that must not be lost.
pub(crate) struct Part {
    /// What it is.
    pub(crate) what: What,
    /// Where it stands: where it is used, and what is referred to there.
    pub(crate) pointers: Vec<String>,
}

/// What a part is.
#[derive(Debug)]
pub(crate) enum What {
    /// A parameter: its name, and where it goes.
    Parameter(String, String),
    /// One of the body's media types.
    Media(String),
    /// A member of the JSON body.
    Member(String),
    /// A response, and whether it has content.
    Response(String, bool),
    /// So many ways to be let in.
    Security(usize),
}

impl What {
    /// The kind in a word.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Parameter(..) => "parameter",
            Self::Media(_) => "media type",
            Self::Member(_) => "member",
            Self::Response(..) => "response",
            Self::Security(_) => "security",
        }
    }
}

impl std::fmt::Display for What {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{self:?}")
    }
}

/// Every operation of the document at a path.
pub(crate) fn operations(path: &Path) -> Vec<Counted> {
    let mut tree = Tree::of(path);
    let (root, first) = (tree.root().clone(), tree.first());
    let base = root
        .get("swagger")
        .and(root["basePath"].as_str())
        .unwrap_or_default()
        .trim_end_matches('/')
        .to_owned();
    let mut found = Vec::new();
    for (name, item) in members(&root["paths"]) {
        let at = format!("/paths/{}", escaped(name));
        let Some(item) = Found::of(&mut tree, item, &first, &at) else { continue };
        for (method, operation) in methods(&item.value) {
            let pointer = format!("{}/{}", item.pointer, method.pointer);
            if is_excluded(&operation) {
                continue;
            }
            let mut reader = Reader {
                tree: &mut tree,
                root: &root,
                item: &item,
                operation: &operation,
                pointer: &pointer,
            };
            let parts = reader.parts();
            let template = format!("{base}{}", name.split(['?', '#']).next().unwrap_or_default());
            found.push(Counted { method: method.name, template, pointers: vec![pointer, at.clone()], parts });
        }
    }
    found
}

struct Method {
    name: String,
    pointer: String,
}

/// The operations of a path item.
fn methods(item: &Value) -> Vec<(Method, Value)> {
    const FIXED: [&str; 9] = ["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"];
    let fixed = FIXED.into_iter().filter_map(|name| {
        let operation = item.get(name).filter(|operation| operation.is_object())?;
        Some((Method { name: name.to_uppercase(), pointer: name.to_owned() }, operation.clone()))
    });
    let others = members(&item["additionalOperations"]).map(|(name, operation)| {
        let pointer = format!("additionalOperations/{}", escaped(name));
        (Method { name: name.to_owned(), pointer }, operation.clone())
    });
    fixed.chain(others).collect()
}

fn is_excluded(operation: &Value) -> bool {
    operation["x-mcp"]["exclude"] == true
}

fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let is_extension = |name: &str| name.starts_with("x-");
    let members = value.as_object().into_iter().flatten();
    members.map(|(name, value)| (name.as_str(), value)).filter(move |(name, _)| !is_extension(name))
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// What only answers hold, said here or by a part.
fn is_read_only(schema: &Value) -> bool {
    schema["readOnly"] == true || schema["allOf"].as_array().into_iter().flatten().any(is_read_only)
}

/// A value that may have been referred to.
struct Found {
    value: Value,
    file: PathBuf,
    pointer: String,
    pointers: Vec<String>,
}

impl Found {
    fn of(tree: &mut Tree, value: &Value, file: &Path, pointer: &str) -> Option<Found> {
        let (value, file, target) = tree.resolve(value, file, pointer)?;
        let pointers = BTreeSet::from([pointer.to_owned(), target.clone()]).into_iter().collect();
        Some(Found { value, file, pointer: target, pointers })
    }
}

struct Reader<'a> {
    tree: &'a mut Tree,
    root: &'a Value,
    item: &'a Found,
    operation: &'a Value,
    pointer: &'a str,
}

impl Reader<'_> {
    fn parts(&mut self) -> Vec<Part> {
        let mut parts = self.parameters();
        parts.extend(self.body());
        parts.extend(self.responses());
        parts.extend(self.security());
        parts
    }

    /// The parameters of path and operation; an operation's own takes the place of the path's.
    fn parameters(&mut self) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        let shared = (self.item.value["parameters"].clone(), format!("{}/parameters", self.item.pointer));
        let own = (self.operation["parameters"].clone(), format!("{}/parameters", self.pointer));
        let is_swagger = self.root.get("swagger").is_some();
        for (list, at) in [shared, own] {
            for (index, item) in list.as_array().into_iter().flatten().enumerate() {
                let Some(found) = Found::of(self.tree, item, &self.item.file, &format!("{at}/{index}"))
                else {
                    continue;
                };
                let text = |key: &str| found.value[key].as_str().unwrap_or_default().to_owned();
                let (name, place) = (text("name"), text("in"));
                if is_swagger && place == "body" {
                    parts.extend(self.properties(&found.value["schema"], &found, "schema"));
                    continue;
                }
                let what =
                    if place == "formData" { What::Member(name) } else { What::Parameter(name, place) };
                let shown = format!("{what:?}");
                parts.retain(|known| format!("{:?}", known.what) != shown);
                parts.push(Part { what, pointers: found.pointers });
            }
        }
        parts
    }

    fn body(&mut self) -> Vec<Part> {
        let Some(body) = self.operation.get("requestBody").cloned() else { return Vec::new() };
        let at = format!("{}/requestBody", self.pointer);
        let Some(found) = Found::of(self.tree, &body, &self.item.file, &at) else { return Vec::new() };
        let mut parts = Vec::new();
        for (name, media) in members(&found.value["content"]) {
            let pointers = found.pointers.clone();
            parts.push(Part { what: What::Media(name.to_owned()), pointers });
            if name.split(';').next() == Some("application/json") {
                let step = format!("content/{}/schema", escaped(name));
                parts.extend(self.properties(&media["schema"].clone(), &found, &step));
            }
        }
        parts
    }

    /// The members that a schema declares at its top level, those of all parts of `allOf` together.
    fn properties(&mut self, schema: &Value, within: &Found, step: &str) -> Vec<Part> {
        let at = format!("{}/{step}", within.pointer);
        let Some(found) = Found::of(self.tree, schema, &within.file, &at) else { return Vec::new() };
        let mut parts = Vec::new();
        for (name, property) in members(&found.value["properties"]) {
            let at = format!("{}/properties/{}", found.pointer, escaped(name));
            let resolved = Found::of(self.tree, property, &found.file, &at);
            if is_read_only(property) || resolved.as_ref().is_some_and(|found| is_read_only(&found.value)) {
                continue;
            }
            let mut pointers = within.pointers.clone();
            pointers.extend(found.pointers.clone());
            parts.push(Part { what: What::Member(name.to_owned()), pointers });
        }
        let all = found.value["allOf"].clone();
        for (index, part) in all.as_array().into_iter().flatten().enumerate() {
            parts.extend(self.properties(part, &found, &format!("allOf/{index}")));
        }
        parts
    }

    fn responses(&mut self) -> Vec<Part> {
        let mut parts = Vec::new();
        let responses = self.operation["responses"].clone();
        for (status, response) in members(&responses) {
            let at = format!("{}/responses/{}", self.pointer, escaped(status));
            let Some(found) = Found::of(self.tree, response, &self.item.file, &at) else { continue };
            let has_content = found.value["content"].as_object().is_some_and(|content| !content.is_empty());
            let what = What::Response(status.to_owned(), has_content || found.value.get("schema").is_some());
            parts.push(Part { what, pointers: found.pointers });
        }
        parts
    }

    fn security(&mut self) -> Option<Part> {
        let own = self.operation.get("security").map(|list| (list, format!("{}/security", self.pointer)));
        let (list, at) = own.or_else(|| Some((self.root.get("security")?, "/security".to_owned())))?;
        // An empty list is one way to be let in: with nothing.
        let ways = list.as_array()?.len().max(1);
        Some(Part { what: What::Security(ways), pointers: vec![at] })
    }
}

impl Part {
    /// Whether a tool, or the description behind it, has this part.
    pub(crate) fn is_in(&self, tool: &Tool, described: Option<&Operation>) -> bool {
        match &self.what {
            What::Parameter(name, place) => {
                let is_written = tool.writes.iter().any(|write| match write {
                    Write::Parameter(parameter, _) => {
                        parameter.name == *name && place == word(parameter.location)
                    }
                    _ => false,
                });
                is_written || tool.arguments.hidden.contains(name)
            }
            What::Media(name) => {
                let media = described.and_then(|operation| operation.body.as_ref()).map(|body| &body.media);
                let is_read = media.is_some_and(|media| media.iter().any(|media| media.media_type == *name));
                is_read && tool.writes.iter().any(|write| !matches!(write, Write::Parameter(..)))
            }
            What::Member(name) => body_has(tool, name) || tool.arguments.hidden.contains(name),
            What::Response(status, has_content) => {
                let described = described.is_some_and(|operation| {
                    operation.answers.iter().any(|answer| is(status, answer.status))
                });
                described
                    && (!is_success(status)
                        || tool.answers.iter().any(|rule| {
                            let is_same = status.parse() == Ok(rule.from)
                                || (status.as_bytes()[1..] == *b"XX" && rule.to == rule.from + 99);
                            is_same && (!has_content || !matches!(rule.content, Content::Empty))
                        }))
            }
            What::Security(ways) => tool.security.len() == *ways,
        }
    }
}

fn word(location: Location) -> &'static str {
    match location {
        Location::Path => "path",
        Location::Query => "query",
        Location::Header => "header",
        Location::Cookie => "cookie",
    }
}

fn is(written: &str, status: openapi::ir::Status) -> bool {
    match status {
        openapi::ir::Status::Code(code) => written.parse() == Ok(code),
        openapi::ir::Status::Class(digit) => written.to_ascii_uppercase() == format!("{digit}XX"),
        openapi::ir::Status::Default => written == "default",
    }
}

fn is_success(status: &str) -> bool {
    status.starts_with('2')
}

/// Whether the body that a tool writes can have this member: written by itself, or declared where the body's schema is.
fn body_has(tool: &Tool, name: &str) -> bool {
    let schema: Value = serde_json::from_str(&tool.input_schema).expect("schemas are JSON");
    tool.writes.iter().any(|write| match write {
        Write::Member(member, _) => member == name,
        Write::Body(Source::Required(field) | Source::Optional(field)) => {
            let wire = tool
                .arguments
                .fields
                .iter()
                .find(|known| known.rust == *field)
                .map(|field| field.wire.as_str());
            wire.is_some_and(|wire| declares(&schema, &schema["properties"][wire], name, 0))
        }
        _ => false,
    })
}

fn declares(root: &Value, schema: &Value, name: &str, depth: usize) -> bool {
    if depth > 16 {
        return false;
    }
    let deeper = |schema: &Value| declares(root, schema, name, depth + 1);
    let target = schema["$ref"].as_str().and_then(|target| root.pointer(target.trim_start_matches('#')));
    // A schema without words takes every member.
    let is_open = schema
        .as_object()
        .is_some_and(|words| !words.keys().any(|word| word != "description" && word != "title"));
    schema["properties"].get(name).is_some()
        || is_open
        || target.is_some_and(deeper)
        || ["allOf", "anyOf", "oneOf"]
            .iter()
            .any(|word| schema[word].as_array().into_iter().flatten().any(deeper))
}
