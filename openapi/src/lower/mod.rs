//! From checked structure to [`ir::Api`]: object by object, so that one broken part costs nothing but itself.

mod answer;
mod body;
mod encoding;
mod hints;
mod identify;
mod media;
mod operation;
mod parameter;
mod path;
mod schema;
mod security;
mod simple;
mod swagger;

use std::collections::HashSet;

use indexmap::IndexMap;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::held::Held;
use crate::ir;
use crate::limits;
use crate::names::Names;
use crate::normalise::{self, Schemas};
use crate::pointer;
use crate::problems::Problems;
use crate::shape::{self, Field, Form, Need};
use crate::store::At;
use crate::version::Version;

use schema::{Lowering, Memory};

/// Everything that is known while the structure is read.
pub(crate) struct Reader<'a> {
    root: At<'a>,
    pub(crate) problems: Problems,
    schemas: Schemas<'a>,
    memory: Memory,
    security_schemes: IndexMap<String, ir::SecurityScheme>,
    /// Schemes whose credential is the client's certificate: the connection carries it, not the request.
    certificates: HashSet<String>,
}

const ROOT: &[Field] = &[
    Field("openapi", Form::Any, Need::Required),
    Field("info", Form::Object, Need::Required),
    Field("servers", Form::List, Need::Optional),
    Field("jsonSchemaDialect", Form::Text, Need::Since(Version::V3_1)),
    Field("$self", Form::Text, Need::Since(Version::V3_2)),
    Field("paths", Form::Object, Need::RequiredUntil(Version::V3_0)),
    Field("webhooks", Form::Object, Need::Since(Version::V3_1)),
    Field("components", Form::Object, Need::Optional),
    Field("security", Form::List, Need::Optional),
    Field("tags", Form::List, Need::Optional),
    Field("externalDocs", Form::Object, Need::Optional),
    Field("x-mcp", Form::Any, Need::Optional),
];

const INFO: &[Field] = &[
    Field("title", Form::Text, Need::Required),
    Field("summary", Form::Text, Need::Since(Version::V3_1)),
    Field("description", Form::Text, Need::Optional),
    Field("termsOfService", Form::Text, Need::Optional),
    Field("contact", Form::Object, Need::Optional),
    Field("license", Form::Object, Need::Optional),
    Field("version", Form::Any, Need::Required),
];

const TAG: &[Field] = &[
    Field("name", Form::Text, Need::Required),
    Field("summary", Form::Text, Need::Since(Version::V3_2)),
    Field("description", Form::Text, Need::Optional),
    Field("externalDocs", Form::Object, Need::Optional),
    Field("parent", Form::Text, Need::Since(Version::V3_2)),
    Field("kind", Form::Text, Need::Since(Version::V3_2)),
];

const COMPONENTS: &[Field] = &[
    Field("schemas", Form::Object, Need::Optional),
    Field("responses", Form::Object, Need::Optional),
    Field("parameters", Form::Object, Need::Optional),
    Field("examples", Form::Object, Need::Optional),
    Field("requestBodies", Form::Object, Need::Optional),
    Field("headers", Form::Object, Need::Optional),
    Field("securitySchemes", Form::Object, Need::Optional),
    Field("links", Form::Object, Need::Optional),
    Field("callbacks", Form::Object, Need::Optional),
    Field("pathItems", Form::Object, Need::Since(Version::V3_1)),
    Field("mediaTypes", Form::Object, Need::Since(Version::V3_2)),
];

/// The description; since some version a summary may stand before it, or instead.
fn said(at: Option<&At<'_>>, description: Option<String>) -> String {
    let description = description.unwrap_or_default();
    let is_later = |at: &&At<'_>| at.version() >= Version::V3_1;
    let summary = at.filter(is_later).and_then(|at| at.member("summary")?.value.as_str());
    match summary.unwrap_or_default() {
        "" => description,
        summary if description.is_empty() => summary.to_owned(),
        summary => format!("{summary}\n\n{description}"),
    }
}

/// What came of a document.
pub(crate) struct Lowered {
    /// The API.
    pub(crate) api: ir::Api,
    /// Problems, those of before included.
    pub(crate) problems: Problems,
    /// The named schemas as they were held.
    pub(crate) held: IndexMap<String, Held>,
}

/// Lowers the document at `root`; the digest is that of all that was read.
pub(crate) fn lower(root: &At<'_>, digest: String, problems: Problems) -> Lowered {
    let schemas = Schemas::new(Names::of(root.store()));
    let mut reader = Reader {
        root: root.clone(),
        problems,
        schemas,
        memory: Memory::default(),
        security_schemes: IndexMap::new(),
        certificates: HashSet::new(),
    };
    let api = reader.api(digest);
    Lowered { api, problems: reader.problems, held: reader.schemas.named }
}

impl<'a> Reader<'a> {
    fn api(&mut self, digest: String) -> ir::Api {
        let root = self.root.clone();
        let is_swagger = root.version() == Version::V2_0;
        if is_swagger {
            self.swagger_root();
        } else {
            let sound = shape::check(&root, ROOT, &mut self.problems);
            self.report_root(&sound);
        }
        let info = self.info();
        if is_swagger {
            self.swagger_components()
        } else {
            self.components()
        }
        let mut tags = self.tags();
        let operations = self.operations();
        for name in operations.iter().flat_map(|operation| &operation.tags) {
            if !tags.iter().any(|tag| tag.name == *name) {
                tags.push(ir::Tag { name: name.clone(), description: String::new() });
            }
        }
        let named: Vec<String> = self.schemas.named.keys().cloned().collect();
        let schemas = named.into_iter().map(|name| self.named_schema(name)).collect();
        ir::Api {
            title: info.title,
            version: info.version,
            description: said(self.root.member("info").as_ref(), info.description),
            digest,
            tags,
            operations,
            schemas,
            security_schemes: std::mem::take(&mut self.security_schemes),
            // Read last, since it speaks of the problems of everything else.
            mcp: ir::ApiHints::default(),
        }
    }

    /// Says what of the root is not carried.
    fn report_root(&mut self, sound: &Map<String, Value>) {
        let root = self.root.clone();
        let place = |key: &str| root.member(key).map_or_else(|| root.place(), |at| at.place());
        if let Some(dialect) = sound.get("jsonSchemaDialect").and_then(Value::as_str)
            && !normalise::knows_dialect(dialect)
        {
            let message = format!(
                "the dialect {dialect:?} is not read: schemas are taken as JSON Schema 2020-12 with the base vocabulary of OpenAPI"
            );
            self.problems.error("schema-dialect", place("jsonSchemaDialect"), message);
        }
        if sound.contains_key("$self") {
            let message = "`$self`: references are still read from the files beside the document";
            self.problems.note("self-address", place("$self"), message);
        }
        let hooks = root.member("webhooks").filter(|_| root.version() >= Version::V3_1);
        if let Some(hooks) = hooks.filter(|hooks| hooks.members().next().is_some()) {
            let message = "webhooks are not received: a caller learns of what happens later by asking";
            self.problems.note("webhooks-ignored", hooks.place(), message);
        }
        if root.version() >= Version::V3_1
            && ["paths", "components", "webhooks"].iter().all(|key| root.member(key).is_none())
        {
            let message = "one of the members `paths`, `components` and `webhooks` must be there";
            self.problems.error("missing-member", root.place(), message);
        }
    }

    fn named_schema(&mut self, name: String) -> (String, ir::Schema) {
        let mut lowering =
            Lowering { named: &self.schemas.named, memory: &mut self.memory, problems: &mut self.problems };
        let schema = lowering.schema(&self.schemas.named[&name]);
        (name, schema)
    }

    fn info(&mut self) -> openapiv3::Info {
        let empty = openapiv3::Info::default();
        let Some(at) = self.root.member("info") else { return empty };
        let mut sound = shape::check(&at, INFO, &mut self.problems);
        // Many documents write the version as a number.
        if let Some(version) = at.member("version").filter(|version| !version.value.is_string()) {
            sound.remove("version");
            if version.value.is_number() {
                let message = format!("the version {} is read as text: put it in quotes", version.value);
                self.problems.warning("wrong-form", version.place(), message);
                sound.insert("version".into(), Value::String(version.value.to_string()));
            } else {
                shape::wrong_form(&version, Form::Text, &mut self.problems);
            }
        }
        for key in ["title", "version"] {
            sound.entry(key).or_insert_with(|| Value::String(String::new()));
        }
        self.typed(sound, &at).unwrap_or(empty)
    }

    fn tags(&mut self) -> Vec<ir::Tag> {
        let mut tags: Vec<ir::Tag> = Vec::new();
        for at in self.root.member("tags").iter().flat_map(At::items) {
            let sound = shape::check(&at, TAG, &mut self.problems);
            // A missing name is reported by the check.
            if !sound.contains_key("name") {
                continue;
            }
            let Some(tag) = self.typed::<openapiv3::Tag>(sound, &at) else { continue };
            if tags.iter().any(|known| known.name == tag.name) {
                let message =
                    format!("the tag {:?} is declared twice; the first declaration holds", tag.name);
                self.problems.warning("duplicate-tag", at.place(), message);
                continue;
            }
            let description = said(Some(&at), tag.description);
            tags.push(ir::Tag { name: tag.name, description });
        }
        tags
    }

    /// Reads the components, the unused ones too: their problems are problems of the document.
    fn components(&mut self) {
        let Some(components) = self.root.member("components") else { return };
        shape::check(&components, COMPONENTS, &mut self.problems);
        let of = |key: &str| components.member(key).filter(|at| at.value.is_object());
        for (_, section) in
            components.members().filter(|(key, at)| !key.starts_with("x-") && at.value.is_object())
        {
            self.check_names(&section);
        }
        if let Some(schemas) = of("schemas") {
            self.schemas.add_components(&schemas, &mut self.problems);
        }
        if let Some(schemes) = of("securitySchemes") {
            self.read_security_schemes(&schemes);
        }
        for (_, at) in of("parameters").iter().flat_map(At::members) {
            self.parameter(&at);
        }
        for (_, at) in of("requestBodies").iter().flat_map(At::members) {
            self.body(&at);
        }
        for (_, at) in of("mediaTypes").iter().flat_map(At::members) {
            self.one_media("application/json", &at);
        }
        for (_, at) in of("responses").iter().flat_map(At::members) {
            self.answer(&at, ir::Status::Default, &[]);
        }
        for (_, at) in of("headers").iter().flat_map(At::members) {
            self.answer_header(&at);
        }
    }

    fn check_names(&mut self, section: &At<'a>) {
        for (name, at) in section.members() {
            let is_sound = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
            if !is_sound || name.is_empty() {
                let message =
                    format!("the name {name:?} should be of letters, digits, `.`, `_` and `-` only");
                self.problems.warning("component-name", at.place(), message);
            }
        }
    }

    fn operations(&mut self) -> Vec<ir::Operation> {
        let mut operations = Vec::new();
        let Some(paths) = self.root.member("paths") else { return operations };
        let mut known = path::Known::default();
        let base = self.base_path();
        for (template, at) in paths.members() {
            if template.starts_with("x-") && template != "x-mcp" {
                continue;
            }
            let template = if template.starts_with('/') { &format!("{base}{template}") } else { template };
            if let Some(written) = path::read(template, &at, &mut known, &mut self.problems) {
                self.path_item(&written, &at, &mut operations);
            }
            // Here and not after all of them: each operation beyond costs time and room.
            if operations.len() > limits::OPERATIONS {
                let message =
                    format!("at most {} operations are read, and there are more", limits::OPERATIONS);
                self.problems.error("limit-operations", paths.place(), message);
                operations.truncate(limits::OPERATIONS);
                break;
            }
        }
        identify::identify(&mut operations, &mut self.problems);
        operations
    }

    /// Reads a schema that stands in the structure, all that it refers to, and lowers it.
    fn schema(&mut self, at: &At<'a>) -> (Held, ir::Schema) {
        let held = self.schemas.read(at, &mut self.problems);
        let schema = self.lowered(&held);
        (held, schema)
    }

    /// Lowers a schema that was read or made.
    fn lowered(&mut self, held: &Held) -> ir::Schema {
        let mut lowering =
            Lowering { named: &self.schemas.named, memory: &mut self.memory, problems: &mut self.problems };
        lowering.schema(held)
    }

    /// The typed form of an object whose members have been checked one by one.
    fn typed<T: DeserializeOwned>(&mut self, members: Map<String, Value>, at: &At<'_>) -> Option<T> {
        match serde_path_to_error::deserialize(Value::Object(members)) {
            Ok(value) => Some(value),
            Err(error) => {
                let mut place = at.place();
                for segment in error.path() {
                    use serde_path_to_error::Segment::{Map, Seq};
                    match segment {
                        Map { key } => place.pointer = pointer::member(&place.pointer, key),
                        Seq { index } => place.pointer = pointer::item(&place.pointer, *index),
                        _ => {}
                    }
                }
                self.problems.error("wrong-form", place, error.inner().to_string());
                None
            }
        }
    }
}
