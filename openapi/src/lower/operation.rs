//! Path items and operations.

use serde_json::json;

use super::path::Said;
use super::swagger::Given;
use super::{Reader, hints, path};
use crate::hints as vocabulary;
use crate::ir::{Body, Location, Method, Operation, Parameter, Path};
use crate::resolve;
use crate::shape::{self, Field, Form, Need};
use crate::store::At;
use crate::version::Version;

/// The methods, each with the version that it came with.
const METHODS: [(&str, Method, Version); 9] = [
    ("get", Method::Get, Version::V2_0),
    ("put", Method::Put, Version::V2_0),
    ("post", Method::Post, Version::V2_0),
    ("delete", Method::Delete, Version::V2_0),
    ("options", Method::Options, Version::V2_0),
    ("head", Method::Head, Version::V2_0),
    ("patch", Method::Patch, Version::V2_0),
    ("trace", Method::Trace, Version::V3_0),
    ("query", Method::Query, Version::V3_2),
];

const PATH_ITEM: &[Field] = &[
    Field("$ref", Form::Text, Need::Optional),
    Field("summary", Form::Text, Need::Since(Version::V3_0)),
    Field("description", Form::Text, Need::Since(Version::V3_0)),
    Field("get", Form::Object, Need::Optional),
    Field("put", Form::Object, Need::Optional),
    Field("post", Form::Object, Need::Optional),
    Field("delete", Form::Object, Need::Optional),
    Field("options", Form::Object, Need::Optional),
    Field("head", Form::Object, Need::Optional),
    Field("patch", Form::Object, Need::Optional),
    Field("trace", Form::Object, Need::Since(Version::V3_0)),
    Field("query", Form::Object, Need::Since(Version::V3_2)),
    Field("additionalOperations", Form::Object, Need::Since(Version::V3_2)),
    Field("servers", Form::List, Need::Since(Version::V3_0)),
    Field("parameters", Form::List, Need::Optional),
];

const OPERATION: &[Field] = &[
    Field("tags", Form::Texts, Need::Optional),
    Field("summary", Form::Text, Need::Optional),
    Field("description", Form::Text, Need::Optional),
    Field("externalDocs", Form::Object, Need::Optional),
    Field("operationId", Form::Text, Need::Optional),
    Field("parameters", Form::List, Need::Optional),
    Field("requestBody", Form::Object, Need::Since(Version::V3_0)),
    Field("consumes", Form::Texts, Need::Until(Version::V2_0)),
    Field("produces", Form::Texts, Need::Until(Version::V2_0)),
    Field("schemes", Form::Texts, Need::Until(Version::V2_0)),
    Field("responses", Form::Object, Need::ExpectedUntil(Version::V3_0)),
    Field("callbacks", Form::Object, Need::Since(Version::V3_0)),
    Field("deprecated", Form::Flag, Need::Optional),
    Field("security", Form::List, Need::Optional),
    Field("servers", Form::List, Need::Since(Version::V3_0)),
    Field("x-mcp", Form::Any, Need::Optional),
];

/// What all operations of a path item take.
#[derive(Default)]
struct Shared<'a> {
    parameters: Vec<Parameter>,
    /// Of Swagger 2.0, where a parameter may be the body.
    given: Vec<Given<'a>>,
    /// Those of the path's own query.
    fixed: Vec<Parameter>,
    /// Parameters that the path's own query takes: their names there, and in the query.
    moved: Vec<(String, String)>,
}

/// Where the `x-mcp` of an operation stands. An overlay reaches no further than the reference that a path item of a split
/// document is, so what it writes beside that counts, as `post: {x-mcp: ...}`.
fn hinted<'a>(item: &At<'a>, method: &Method, at: &At<'a>) -> At<'a> {
    let key = METHODS.iter().find(|(_, known, _)| known == method).map(|(key, _, _)| *key);
    let beside = key.filter(|_| resolve::reference(item).is_some()).and_then(|key| item.member(key));
    beside.filter(|beside| beside.member("x-mcp").is_some()).unwrap_or_else(|| at.clone())
}

impl<'a> Reader<'a> {
    /// Reads all operations of a path item.
    pub(super) fn path_item(
        &mut self,
        written: &path::Written,
        at: &At<'a>,
        operations: &mut Vec<Operation>,
    ) {
        let beside = ["summary", "description"].map(|key| resolve::beside(at, key).map(str::to_owned));
        let written_at = at;
        let Some(at) = resolve::follow(at, &mut self.problems) else { return };
        let sound = shape::check(&at, PATH_ITEM, &mut self.problems);
        let Some(mut item) = self.typed::<openapiv3::PathItem>(sound, &at) else { return };
        let [summary, description] = beside;
        item.summary = summary.or(item.summary);
        item.description = description.or(item.description);
        self.report_servers(&at);
        let mut shared = self.shared(&at);
        for (name, said) in &written.query {
            match said {
                Said::Value(value) => shared.fixed.push(super::parameter::fixed(name, value, at.place())),
                Said::Parameter(from) => shared.moved.push((from.clone(), name.clone())),
            }
        }
        for (method, member) in self.methods(&at) {
            let hints = hinted(written_at, &method, &member);
            if !member.value.is_object() || vocabulary::excludes(&hints) {
                continue;
            }
            if let Some(mut operation) = self.operation(&written.path, method, &member, &hints, &shared) {
                if operation.summary.is_empty() {
                    operation.summary = item.summary.clone().unwrap_or_default();
                }
                if operation.description.is_empty() {
                    operation.description = item.description.clone().unwrap_or_default();
                }
                operations.push(operation);
            }
        }
    }

    /// The methods of a path item in document order, those of `additionalOperations` in its place.
    fn methods(&mut self, at: &At<'a>) -> Vec<(Method, At<'a>)> {
        let mut found = Vec::new();
        for (key, member) in at.members() {
            if key == "additionalOperations" && at.version() >= Version::V3_2 {
                for (word, member) in member.members().filter(|(word, _)| !word.starts_with("x-")) {
                    found.extend(self.other_method(word, &member).map(|method| (method, member)));
                }
            } else if let Some((_, method, since)) = METHODS.iter().find(|(name, _, _)| *name == key)
                && at.version() >= *since
            {
                found.push((method.clone(), member));
            }
        }
        found
    }

    fn other_method(&mut self, word: &str, at: &At<'_>) -> Option<Method> {
        if let Some((name, _, _)) = METHODS.iter().find(|(name, _, _)| name.eq_ignore_ascii_case(word)) {
            let message =
                format!("the method {word:?} has a place of its own: write it as `{name}` of the path item");
            self.problems.error("additional-operation", at.place(), message);
            return None;
        }
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if word.is_empty() || !word.bytes().all(is_token) || word.eq_ignore_ascii_case("CONNECT") {
            let message = format!("{word:?} is no method that can be sent");
            self.problems.error("additional-operation", at.place(), message);
            return None;
        }
        if !at.value.is_object() {
            shape::wrong_form(at, Form::Object, &mut self.problems);
        }
        Some(Method::Other(word.to_owned()))
    }

    fn operation(
        &mut self,
        path: &Path,
        method: Method,
        at: &At<'a>,
        hints: &At<'a>,
        shared: &Shared<'a>,
    ) -> Option<Operation> {
        let mut sound = shape::check(at, OPERATION, &mut self.problems);
        sound.insert("responses".into(), json!({}));
        let mcp = vocabulary::operation(hints, &mut self.problems);
        let read = self.typed::<openapiv3::Operation>(sound, at)?;
        self.report_servers(at);
        if let Some(callbacks) = at.member("callbacks") {
            let message = "callbacks are not received: a caller learns of what happens later by asking";
            self.problems.note("callbacks-ignored", callbacks.place(), message);
        }
        let (parameters, body) = self.inputs(shared, at);
        // What the path itself says of the query holds, whatever is declared of it.
        let mut parameters = merged(&parameters, shared.fixed.clone());
        self.move_to_query(path, &shared.moved, at, &mut parameters);
        self.match_path(path, at, &mut parameters);
        self.keep_whole_query_alone(&mut parameters);
        if let Some(body) =
            body.as_ref().filter(|_| matches!(method, Method::Get | Method::Head | Method::Delete))
        {
            let message = "a body on this method has no defined meaning and may be dropped on its way";
            self.problems.warning("body-on-method", body.at.clone(), message);
        }
        let types = self.produced(at);
        let answers =
            at.member("responses").map(|responses| self.answers(&responses, &types)).unwrap_or_default();
        let operation = Operation {
            at: at.place(),
            id_is_given: read.operation_id.as_ref().is_some_and(|id| !id.trim().is_empty()),
            id: read.operation_id.unwrap_or_default(),
            method,
            path: path.clone(),
            tags: read.tags,
            summary: read.summary.unwrap_or_default(),
            description: read.description.unwrap_or_default(),
            deprecated: read.deprecated,
            parameters,
            body,
            answers,
            security: self.security(at),
            mcp,
        };
        hints::check(&operation, &self.schemas.named, &mut self.problems);
        Some(operation)
    }

    fn shared(&mut self, at: &At<'a>) -> Shared<'a> {
        match at.version() {
            Version::V2_0 => Shared { given: self.given(at), ..Shared::default() },
            _ => Shared { parameters: self.parameters(at), ..Shared::default() },
        }
    }

    /// What a call takes.
    fn inputs(&mut self, shared: &Shared<'a>, at: &At<'a>) -> (Vec<Parameter>, Option<Body>) {
        if at.version() == Version::V2_0 {
            return self.swagger_inputs(&shared.given, at);
        }
        let own = self.parameters(at);
        let body = at.member("requestBody").and_then(|body| self.body(&body));
        (merged(&shared.parameters, own), body)
    }

    /// The address of the API is a setting of the deployment, never the document's choice.
    fn report_servers(&mut self, at: &At<'_>) {
        if let Some(servers) = at.member("servers") {
            let message = "`servers` here is ignored: requests go to the configured address of the API only";
            self.problems.warning("servers-ignored", servers.place(), message);
        }
    }

    /// What the path's own query takes goes there, wherever it says that it goes.
    fn move_to_query(
        &mut self,
        path: &Path,
        moved: &[(String, String)],
        at: &At<'_>,
        parameters: &mut Vec<Parameter>,
    ) {
        for (from, name) in moved {
            let is_query = |one: &Parameter| one.location == Location::Query && one.name == *name;
            if parameters.iter().any(is_query) {
                continue;
            }
            let index = parameters.iter().position(|one| one.location == Location::Path && one.name == *from);
            let in_path = path::parameters(path).any(|known| known == from);
            match index {
                Some(index) if in_path => {
                    let copy = super::parameter::in_query(parameters[index].clone(), name);
                    parameters.push(copy);
                }
                Some(index) => {
                    parameters[index] = super::parameter::in_query(parameters[index].clone(), name);
                }
                None => {
                    let message =
                        format!("{{{from}}} of the path is not declared as a parameter; it is read as text");
                    self.problems.warning("undeclared-path-parameter", at.place(), message);
                    let undeclared = super::parameter::undeclared(from, at.place());
                    parameters.push(super::parameter::in_query(undeclared, name));
                }
            }
        }
    }

    /// Holds the template's names and the declared path parameters against each other.
    fn match_path(&mut self, path: &Path, at: &At<'_>, parameters: &mut Vec<Parameter>) {
        let names: Vec<&str> = path::parameters(path).collect();
        parameters.retain(|parameter| {
            let is_stray = parameter.location == Location::Path && !names.contains(&parameter.name.as_str());
            if is_stray {
                let near = crate::words::suggestion(&parameter.name, names.iter().copied());
                let message = format!("the path {} has no {{{}}}{near}", path.template, parameter.name);
                self.problems.error("path-parameter", parameter.at.clone(), message);
            }
            !is_stray
        });
        for name in names {
            let is_declared = |one: &Parameter| one.location == Location::Path && one.name == name;
            if !parameters.iter().any(is_declared) {
                let message =
                    format!("{{{name}}} of the path is not declared as a parameter; it is read as text");
                self.problems.warning("undeclared-path-parameter", at.place(), message);
                parameters.push(super::parameter::undeclared(name, at.place()));
            }
        }
    }
}

/// Path-level parameters first, overridden in place.
fn merged(shared: &[Parameter], own: Vec<Parameter>) -> Vec<Parameter> {
    let mut parameters = shared.to_vec();
    for parameter in own {
        match parameters.iter_mut().find(|one| super::parameter::same(one, &parameter)) {
            Some(overridden) => *overridden = parameter,
            None => parameters.push(parameter),
        }
    }
    parameters
}
