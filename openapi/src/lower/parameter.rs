//! Parameters: where they go, what they may be, and how they are written; the choice of a style is beside this file.

use serde_json::{Value, json};

mod style;

use super::Reader;
use crate::held::over;
use crate::hints;
use crate::ir::{
    Kind, Location, MediaKind, Parameter, ParameterEncoding, Schema, SchemaHints, Style, TextRules,
};
use crate::report::Place;
use crate::resolve;
use crate::shape::{self, Field, Form, Need};
use crate::store::At;
use crate::version::Version;

const PARAMETER: &[Field] = &[
    Field("name", Form::Text, Need::Required),
    Field("in", Form::Text, Need::Required),
    Field("description", Form::Text, Need::Optional),
    Field("required", Form::Flag, Need::Optional),
    Field("deprecated", Form::Flag, Need::Optional),
    Field("allowEmptyValue", Form::Flag, Need::Optional),
    Field("style", Form::Text, Need::Optional),
    Field("explode", Form::Flag, Need::Optional),
    Field("allowReserved", Form::Flag, Need::Optional),
    Field("schema", Form::Schema, Need::Optional),
    Field("example", Form::Any, Need::Optional),
    Field("examples", Form::Object, Need::Optional),
    Field("content", Form::Object, Need::Optional),
    Field("x-mcp", Form::Any, Need::Optional),
];

/// Whether two parameters are the same one: by name and location, header names in any case.
pub(super) fn same(one: &Parameter, other: &Parameter) -> bool {
    one.location == other.location
        && (one.name == other.name
            || one.location == Location::Header && one.name.eq_ignore_ascii_case(&other.name))
}

/// A path parameter that only the template names.
pub(super) fn undeclared(name: &str, at: Place) -> Parameter {
    Parameter {
        name: name.to_owned(),
        location: Location::Path,
        description: String::new(),
        required: true,
        deprecated: false,
        encoding: style(Style::Simple, false),
        schema: text(at.clone()),
        mcp: SchemaHints::default(),
        at,
    }
}

/// The parameter as one of the query, by this name.
pub(super) fn in_query(parameter: Parameter, name: &str) -> Parameter {
    let encoding = style(Style::Form, true);
    Parameter { name: name.to_owned(), location: Location::Query, encoding, ..parameter }
}

/// A query parameter that the path itself writes: always sent, never asked for.
pub(super) fn fixed(name: &str, value: &str, at: Place) -> Parameter {
    let schema = Schema {
        kind: Kind::Enumeration(vec![json!(value)]),
        json: Some(json!({"type": "string", "enum": [value]})),
        ..any(at.clone())
    };
    Parameter {
        location: Location::Query,
        encoding: style(Style::Form, true),
        schema,
        mcp: SchemaHints { pin: Some(json!(value)), ..SchemaHints::default() },
        ..undeclared(name, at)
    }
}

impl<'a> Reader<'a> {
    /// Reads the parameters of a path item or an operation.
    pub(super) fn parameters(&mut self, at: &At<'a>) -> Vec<Parameter> {
        let mut parameters: Vec<Parameter> = Vec::new();
        for item in at.member("parameters").iter().flat_map(At::items) {
            let Some(parameter) = self.parameter(&item) else { continue };
            if parameters.iter().any(|known| same(known, &parameter)) {
                let message =
                    format!("the parameter `{}` is declared twice here; the first holds", parameter.name);
                self.problems.error("duplicate-parameter", item.place(), message);
                continue;
            }
            if self.may_be_sent(&parameter) {
                parameters.push(parameter);
            }
        }
        parameters
    }

    /// Reads one parameter, reference or not.
    pub(super) fn parameter(&mut self, at: &At<'a>) -> Option<Parameter> {
        let beside = resolve::beside(at, "description").map(str::to_owned);
        let at = resolve::follow(at, &mut self.problems)?;
        let mut sound = shape::check(&at, PARAMETER, &mut self.problems);
        let Some(location) = self.location(&at) else {
            // The parameter is dropped, but what is wrong inside it is told in the same report.
            if at.member("schema").is_some() {
                self.schema_or_content(&at);
            }
            return None;
        };
        let (name, required) = (sound.get("name")?.as_str()?.to_owned(), sound.get("required").cloned());
        let is_whole = location.is_none();
        let location = location.unwrap_or(Location::Query);
        let written = self.written_style(&mut sound, location, is_whole, &at);
        if location == Location::Path && required != Some(Value::Bool(true)) {
            let message =
                format!("the path parameter `{name}` must say `required: true`; it is read as such");
            self.problems.warning("path-parameter-required", at.place(), message);
        }
        sound.remove("example");
        sound.insert("schema".into(), json!({}));
        if is_whole {
            sound.insert("in".into(), json!("query"));
        }
        let read = self.typed::<openapiv3::Parameter>(sound, &at)?;
        let (schema, content) = self.schema_or_content(&at)?;
        let encoding = match content {
            Some(kind) if is_whole => self.whole_query(kind, &schema, &at)?,
            None if is_whole => {
                let message =
                    "`in: querystring` takes `content` with one media type; the parameter is left out";
                self.problems.error("parameter-content", at.place(), message);
                return None;
            }
            Some(kind) => self.content_encoding(kind, location, &schema, &at)?,
            None => self.encoding(written, location, &read, &schema, &at),
        };
        let data = read.parameter_data();
        let own = hints::schema(&at, &mut self.problems);
        Some(Parameter {
            at: at.place(),
            name: data.name,
            location,
            description: beside.or(data.description).unwrap_or_default(),
            required: data.required || location == Location::Path,
            deprecated: data.deprecated.unwrap_or_default(),
            encoding,
            mcp: over(&own, &schema.mcp),
            schema,
        })
    }

    /// Where a parameter goes: nothing when that is unknown, and within it nothing when it is the whole query.
    fn location(&mut self, at: &At<'_>) -> Option<Option<Location>> {
        let member = at.member("in")?;
        Some(Some(match member.value.as_str()? {
            "path" => Location::Path,
            "query" => Location::Query,
            "header" => Location::Header,
            "cookie" => Location::Cookie,
            "querystring" if at.version() >= Version::V3_2 => return Some(None),
            other => {
                let since = if at.version() >= Version::V3_2 { ", querystring" } else { "" };
                let message =
                    format!("`in: {other}` is unknown: path, query{since}, header and cookie are accepted");
                self.problems.error("parameter-location", member.place(), message);
                return None;
            }
        }))
    }

    fn schema_or_content(&mut self, at: &At<'a>) -> Option<(Schema, Option<MediaKind>)> {
        let content = at.member("content").filter(|content| content.value.is_object());
        match (at.member("schema").filter(|schema| Form::Schema.fits(schema.value)), content) {
            (Some(schema), content) => {
                if content.is_some() {
                    let message = "`schema` and `content` exclude each other; `schema` holds";
                    self.problems.error("parameter-content", at.place(), message);
                }
                Some((self.schema(&schema).1, None))
            }
            (None, Some(content)) => self.content(&content),
            (None, None) => {
                let message = "the parameter has neither `schema` nor `content`; it is read as text";
                self.problems.error("parameter-schema", at.place(), message);
                Some((text(at.place()), None))
            }
        }
    }

    fn content(&mut self, at: &At<'a>) -> Option<(Schema, Option<MediaKind>)> {
        let mut media = self.media(at);
        let json = media.iter().position(|one| one.kind == MediaKind::Json);
        if media.is_empty() {
            let message = "`content` of a parameter takes one media type; the parameter is left out";
            self.problems.error("parameter-content", at.place(), message);
            return None;
        }
        let count = media.len();
        let one = media.swap_remove(json.unwrap_or(0));
        if count > 1 {
            let message = format!(
                "`content` of a parameter takes one media type; {} is written, as {} says best what a value is",
                one.media_type,
                if json.is_some() { "JSON" } else { "the first" }
            );
            self.problems.warning("parameter-content", at.place(), message);
        }
        let is_text = !matches!(one.kind, MediaKind::Json | MediaKind::Form);
        let schema = one.schema.unwrap_or_else(|| if is_text { text(one.at) } else { any(one.at) });
        Some((schema, Some(one.kind)))
    }

    /// A query that is one value stands alone: beside it no other parameter can be in the query.
    pub(super) fn keep_whole_query_alone(&mut self, parameters: &mut Vec<Parameter>) {
        let is_whole = |one: &Parameter| matches!(one.encoding, ParameterEncoding::Querystring(_));
        let in_query = parameters.iter().filter(|one| one.location == Location::Query).count();
        if in_query < 2 {
            return;
        }
        parameters.retain(|parameter| {
            if is_whole(parameter) {
                let message = format!(
                    "`{}` is the whole query, but there are other parameters in the query: it is left out",
                    parameter.name
                );
                self.problems.error("parameter-location", parameter.at.clone(), message);
            }
            !is_whole(parameter)
        });
    }

    /// Headers that belong to the connection or to the credential are never an argument.
    pub(super) fn may_be_sent(&mut self, parameter: &Parameter) -> bool {
        if parameter.location == Location::Cookie {
            let message = format!(
                "the cookie `{}` is carried as an argument: cookies usually hold credentials",
                parameter.name
            );
            self.problems.warning("cookie-parameter", parameter.at.clone(), message);
        }
        if parameter.location != Location::Header {
            return true;
        }
        let name = parameter.name.to_ascii_lowercase();
        if SET_BY_THE_SERVER.contains(&name.as_str()) {
            let message = format!(
                "the header `{}` is set by the server, not by callers: it is left out",
                parameter.name
            );
            self.problems.note("ignored-header", parameter.at.clone(), message);
            return false;
        }
        if is_reserved(&name) {
            let message = format!(
                "the header `{}` belongs to the connection and cannot be an argument",
                parameter.name
            );
            self.problems.error("reserved-header", parameter.at.clone(), message);
            return false;
        }
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_token) {
            let message = format!("{:?} is no name of a header", parameter.name);
            self.problems.error("header-name", parameter.at.clone(), message);
            return false;
        }
        true
    }
}

/// Headers that OpenAPI takes away from parameters (the first three), and those that every request carries anyway.
const SET_BY_THE_SERVER: [&str; 7] = [
    "accept",
    "content-type",
    "authorization",
    "accept-encoding",
    "user-agent",
    "x-request-id",
    "traceparent",
];

fn is_reserved(name: &str) -> bool {
    matches!(
        name,
        "host"
            | "content-encoding"
            | "content-length"
            | "transfer-encoding"
            | "connection"
            | "te"
            | "trailer"
            | "upgrade"
            | "cookie"
            | "set-cookie"
            | "forwarded"
            | "expect"
            | "keep-alive"
            | "via"
    ) || name.starts_with("proxy-")
        || name.starts_with("x-forwarded-")
        || name.starts_with("sec-")
}

fn style(style: Style, explode: bool) -> ParameterEncoding {
    ParameterEncoding::Style { style, explode, allow_reserved: false, allow_empty: false }
}

fn text(at: Place) -> Schema {
    Schema { kind: Kind::Text(TextRules::default()), json: Some(json!({"type": "string"})), ..any(at) }
}

fn any(at: Place) -> Schema {
    Schema {
        at,
        json: Some(json!({})),
        title: String::new(),
        description: String::new(),
        kind: Kind::Any,
        nullable: false,
        default: None,
        deprecated: false,
        read_only: false,
        write_only: false,
        mcp: SchemaHints::default(),
    }
}
