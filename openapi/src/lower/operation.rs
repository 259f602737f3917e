//! Path items and operations.

use std::collections::HashMap;

use serde_json::json;

use super::{Reader, hints, path};
use crate::hints as vocabulary;
use crate::ir::{Location, Method, Operation, Parameter, Path};
use crate::problems::Problems;
use crate::resolve;
use crate::shape::{self, Field, Form, Need};
use crate::store::At;

const METHODS: [(&str, Method); 8] = [
    ("get", Method::Get),
    ("put", Method::Put),
    ("post", Method::Post),
    ("delete", Method::Delete),
    ("options", Method::Options),
    ("head", Method::Head),
    ("patch", Method::Patch),
    ("trace", Method::Trace),
];

const PATH_ITEM: &[Field] = &[
    Field("$ref", Form::Text, Need::Optional),
    Field("summary", Form::Text, Need::Optional),
    Field("description", Form::Text, Need::Optional),
    Field("get", Form::Object, Need::Optional),
    Field("put", Form::Object, Need::Optional),
    Field("post", Form::Object, Need::Optional),
    Field("delete", Form::Object, Need::Optional),
    Field("options", Form::Object, Need::Optional),
    Field("head", Form::Object, Need::Optional),
    Field("patch", Form::Object, Need::Optional),
    Field("trace", Form::Object, Need::Optional),
    Field("servers", Form::List, Need::Optional),
    Field("parameters", Form::List, Need::Optional),
];

const OPERATION: &[Field] = &[
    Field("tags", Form::Texts, Need::Optional),
    Field("summary", Form::Text, Need::Optional),
    Field("description", Form::Text, Need::Optional),
    Field("externalDocs", Form::Object, Need::Optional),
    Field("operationId", Form::Text, Need::Optional),
    Field("parameters", Form::List, Need::Optional),
    Field("requestBody", Form::Object, Need::Optional),
    Field("responses", Form::Object, Need::Expected),
    Field("callbacks", Form::Object, Need::Optional),
    Field("deprecated", Form::Flag, Need::Optional),
    Field("security", Form::List, Need::Optional),
    Field("servers", Form::List, Need::Optional),
    Field("x-mcp", Form::Any, Need::Optional),
];

impl<'a> Reader<'a> {
    /// Reads all operations of a path item.
    pub(super) fn path_item(&mut self, path: &Path, at: &At<'a>, operations: &mut Vec<Operation>) {
        let Some(at) = resolve::follow(at, &mut self.problems) else { return };
        let sound = shape::check(&at, PATH_ITEM, &mut self.problems);
        let Some(item) = self.typed::<openapiv3::PathItem>(sound, &at) else { return };
        self.report_servers(&at);
        let shared = self.parameters(&at);
        for (key, member) in at.members() {
            let Some((_, method)) = METHODS.iter().find(|(name, _)| *name == key) else { continue };
            if !member.value.is_object() || vocabulary::excludes(&member) {
                continue;
            }
            if let Some(mut operation) = self.operation(path, *method, &member, &shared) {
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

    fn operation(
        &mut self,
        path: &Path,
        method: Method,
        at: &At<'a>,
        shared: &[Parameter],
    ) -> Option<Operation> {
        let mut sound = shape::check(at, OPERATION, &mut self.problems);
        sound.insert("responses".into(), json!({}));
        let mcp = vocabulary::operation(at, &mut self.problems);
        let read = self.typed::<openapiv3::Operation>(sound, at)?;
        self.report_servers(at);
        if let Some(callbacks) = at.member("callbacks") {
            let message = "callbacks are not received: a caller learns of what happens later by asking";
            self.problems.note("callbacks-ignored", callbacks.place(), message);
        }
        let own = self.parameters(at);
        let mut parameters = merged(shared, own);
        self.match_path(path, at, &mut parameters);
        let body = at.member("requestBody").and_then(|body| self.body(&body));
        if let Some(body) =
            body.as_ref().filter(|_| matches!(method, Method::Get | Method::Head | Method::Delete))
        {
            let message = "a body on this method has no defined meaning and may be dropped on its way";
            self.problems.warning("body-on-method", body.at.clone(), message);
        }
        let answers = at.member("responses").map(|responses| self.answers(&responses)).unwrap_or_default();
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

    /// The address of the API is a setting of the deployment, never the document's choice.
    fn report_servers(&mut self, at: &At<'_>) {
        if let Some(servers) = at.member("servers") {
            let message = "`servers` here is ignored: requests go to the configured address of the API only";
            self.problems.warning("servers-ignored", servers.place(), message);
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
                self.problems.error("path-parameter", at.place(), message);
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

/// Gives every operation an identifier, and reports those that share one.
pub(super) fn identify(operations: &mut [Operation], problems: &mut Problems) {
    let mut by_id: HashMap<String, String> = HashMap::new();
    let mut by_summary: HashMap<String, usize> = HashMap::new();
    for operation in operations.iter() {
        if !operation.id_is_given {
            *by_summary.entry(slug(&operation.summary)).or_default() += 1;
        } else if let Some(first) = by_id.insert(operation.id.clone(), operation.at.pointer.clone()) {
            let message =
                format!("the operationId {:?} is also that of {first}: give each its own", operation.id);
            problems.error("duplicate-operation-id", operation.at.clone(), message);
        }
    }
    for operation in operations.iter_mut().filter(|operation| !operation.id_is_given) {
        let summary = slug(&operation.summary);
        // A summary names an operation only if it is its alone, whatever the order.
        let is_its_own = by_summary[&summary] == 1 && !by_id.contains_key(&summary);
        operation.id = if is_its_own && !summary.is_empty() && summary.len() <= 64 {
            summary
        } else {
            slug(&format!("{:?} {}", operation.method, operation.path.template))
        };
        let message = format!("no operationId: it is called {:?}", operation.id);
        problems.note("missing-operation-id", operation.at.clone(), message);
    }
}

/// Letters and digits in small letters, everything else one `_` between words.
fn slug(text: &str) -> String {
    let words =
        text.split(|character: char| !character.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("_")
}
