//! What Swagger 2.0 writes in another structure than OpenAPI 3: the root, parameters that may be the body, media types
//! beside answers instead of in them. Each object is read where it stands, so that every place is the document's own.

mod body;
mod parameter;

use crate::ir::{Answer, Location, Media, Schema, SecurityKind, SecurityScheme, Status};
use crate::resolve;
use crate::shape::{self, Field, Form, Need};
use crate::store::At;

use super::Reader;
use super::media::{essence, kind};

pub(super) use parameter::Given;

const ROOT: &[Field] = &[
    Field("swagger", Form::Any, Need::Required),
    Field("info", Form::Object, Need::Required),
    Field("host", Form::Text, Need::Optional),
    Field("basePath", Form::Text, Need::Optional),
    Field("schemes", Form::Texts, Need::Optional),
    Field("consumes", Form::Texts, Need::Optional),
    Field("produces", Form::Texts, Need::Optional),
    Field("paths", Form::Object, Need::Required),
    Field("definitions", Form::Object, Need::Optional),
    Field("parameters", Form::Object, Need::Optional),
    Field("responses", Form::Object, Need::Optional),
    Field("securityDefinitions", Form::Object, Need::Optional),
    Field("security", Form::List, Need::Optional),
    Field("tags", Form::List, Need::Optional),
    Field("externalDocs", Form::Object, Need::Optional),
    Field("x-mcp", Form::Any, Need::Optional),
];

const ANSWER: &[Field] = &[
    Field("description", Form::Text, Need::Expected),
    Field("schema", Form::Schema, Need::Optional),
    Field("headers", Form::Object, Need::Optional),
    Field("examples", Form::Object, Need::Optional),
];

const SCHEME: &[Field] = &[
    Field("type", Form::Text, Need::Required),
    Field("description", Form::Text, Need::Optional),
    Field("name", Form::Text, Need::Optional),
    Field("in", Form::Text, Need::Optional),
    Field("flow", Form::Text, Need::Optional),
    Field("authorizationUrl", Form::Text, Need::Optional),
    Field("tokenUrl", Form::Text, Need::Optional),
    Field("scopes", Form::Object, Need::Optional),
];

impl<'a> Reader<'a> {
    /// Checks the members of the root.
    pub(super) fn swagger_root(&mut self) {
        let root = self.root.clone();
        shape::check(&root, ROOT, &mut self.problems);
    }

    /// Reads what operations refer to, the unused parts too: their problems are problems of the document.
    pub(super) fn swagger_components(&mut self) {
        let root = self.root.clone();
        let of = |key: &str| root.member(key).filter(|at| at.value.is_object());
        for key in ["definitions", "parameters", "responses", "securityDefinitions"] {
            if let Some(section) = of(key) {
                self.check_names(&section);
            }
        }
        if let Some(schemas) = of("definitions") {
            self.schemas.add_components(&schemas, &mut self.problems);
        }
        if let Some(schemes) = of("securityDefinitions") {
            self.read_security_schemes(&schemes);
        }
        for (_, at) in of("parameters").iter().flat_map(At::members) {
            if let Some(given) = self.one_given(&at) {
                self.swagger_inputs(&[given], &root);
            }
        }
        let types = self.produced(&root);
        for (_, at) in of("responses").iter().flat_map(At::members) {
            self.answer(&at, Status::Default, &types);
        }
    }

    /// What stands before every path. The configured address ends before it: like the paths, and unlike the host, it is
    /// part of what the document describes. In OpenAPI 3 it is part of `servers`, and so of the configured address.
    pub(super) fn base_path(&mut self) -> String {
        let Some(at) = self.root.member("basePath") else { return String::new() };
        let Some(text) = at.value.as_str() else { return String::new() };
        let base = text.trim_end_matches('/');
        if base.is_empty() {
            return String::new();
        }
        if !base.starts_with('/') || base.contains(['{', '}']) {
            let message =
                format!("the base path {text:?} must begin with `/` and holds no parameters; it is left out");
            self.problems.error("base-path", at.place(), message);
            return String::new();
        }
        let message =
            format!("{base} is part of every path: the configured address of the API ends before it");
        self.problems.note("base-path", at.place(), message);
        base.to_owned()
    }

    /// The media types of answers: the operation's own, else the document's.
    pub(super) fn produced(&self, at: &At<'a>) -> Vec<At<'a>> {
        self.stated("produces", at)
    }

    fn stated(&self, key: &str, at: &At<'a>) -> Vec<At<'a>> {
        let list = at.member(key).or_else(|| self.root.member(key));
        let items = list.iter().flat_map(At::items);
        items.filter(|item| item.value.is_string()).collect()
    }

    /// One schema as each of the stated media types; JSON where none is stated.
    fn as_media(&mut self, types: &[At<'a>], at: &At<'a>, schema: Option<Schema>) -> Vec<Media> {
        let mut found: Vec<Media> = Vec::new();
        for one in types {
            let text = one.value.as_str().unwrap_or_default();
            match essence(text) {
                Some(essence) if found.iter().all(|known| known.media_type != text) => {
                    let kind = kind(&essence, schema.as_ref());
                    found.push(Media::plain(at.place(), text.to_owned(), kind, schema.clone()));
                }
                Some(_) => {}
                None => {
                    let message = format!("{text:?} is no media type: write `application/json` or the like");
                    self.problems.error("media-type", one.place(), message);
                }
            }
        }
        if found.is_empty() {
            let media_type = "application/json";
            let kind = kind(media_type, schema.as_ref());
            found.push(Media::plain(at.place(), media_type.to_owned(), kind, schema));
        }
        found
    }

    /// Reads an answer. One without a schema has no content.
    pub(super) fn swagger_answer(&mut self, at: &At<'a>, status: Status, types: &[At<'a>]) -> Option<Answer> {
        let at = resolve::follow(at, &mut self.problems)?;
        let sound = shape::check(&at, ANSWER, &mut self.problems);
        let headers = self.answer_headers(&at);
        let media = match at.member("schema").filter(|schema| Form::Schema.fits(schema.value)) {
            Some(schema) => {
                let (_, lowered) = self.schema(&schema);
                self.as_media(types, &schema, Some(lowered))
            }
            None => Vec::new(),
        };
        let description = sound.get("description").and_then(|text| text.as_str()).unwrap_or_default();
        Some(Answer { at: at.place(), status, description: description.to_owned(), media, headers })
    }

    /// Reads a security scheme.
    pub(super) fn swagger_security_scheme(&mut self, at: &At<'a>) -> Option<SecurityScheme> {
        let sound = shape::check(at, SCHEME, &mut self.problems);
        let text = |key: &str| sound.get(key).and_then(|text| text.as_str());
        let kind = match (text("type")?, text("in"), text("name")) {
            ("basic", _, _) => SecurityKind::Http { scheme: "basic".to_owned() },
            ("oauth2", _, _) => SecurityKind::Token,
            ("apiKey", Some("header"), Some(name)) => {
                SecurityKind::ApiKey { location: Location::Header, name: name.to_owned() }
            }
            ("apiKey", Some("query"), Some(name)) => {
                SecurityKind::ApiKey { location: Location::Query, name: name.to_owned() }
            }
            ("apiKey", _, _) => {
                let message = "an apiKey needs `name`, and `in: header` or `in: query`";
                self.problems.error("security-scheme", at.place(), message);
                return None;
            }
            (other, _, _) => {
                let message =
                    format!("the security type {other:?} is unknown: basic, apiKey, oauth2 are accepted");
                self.problems.error("security-scheme", at.place(), message);
                return None;
            }
        };
        let description = text("description").unwrap_or_default().to_owned();
        Some(SecurityScheme { at: at.place(), description, kind })
    }
}
