//! Parameters: their styles, and which of them are legal where (OpenAPI 3.0.3, "Style Values").

use serde_json::{Value, json};

use super::Reader;
use crate::held::over;
use crate::hints;
use crate::ir::{
    Kind, Location, MediaKind, Parameter, ParameterEncoding, Schema, SchemaHints, Style, TextRules,
};
use crate::normalise::Version;
use crate::report::Place;
use crate::resolve;
use crate::shape::{self, Field, Form, Need};
use crate::store::At;

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

const STYLES: [(&str, Style); 7] = [
    ("matrix", Style::Matrix),
    ("label", Style::Label),
    ("form", Style::Form),
    ("simple", Style::Simple),
    ("spaceDelimited", Style::SpaceDelimited),
    ("pipeDelimited", Style::PipeDelimited),
    ("deepObject", Style::DeepObject),
];

/// Styles by location, the default first.
fn legal(location: Location) -> &'static [&'static str] {
    match location {
        Location::Path => &["simple", "label", "matrix"],
        Location::Query => &["form", "spaceDelimited", "pipeDelimited", "deepObject"],
        Location::Header => &["simple"],
        Location::Cookie => &["form"],
    }
}

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
        json: json!({"type": "string", "enum": [value]}),
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
        if let Some(written) = sound.get("style").and_then(Value::as_str)
            && !legal(location).contains(&written)
        {
            let accepted = legal(location).join(", ");
            let message = format!("the style {written:?} is not for a parameter in {location:?}: {accepted}");
            let place = at.member("style").map_or_else(|| at.place(), |style| style.place());
            self.problems.error(
                "parameter-style",
                place,
                message.replace(&format!("{location:?}"), word(location)),
            );
            sound.remove("style");
        }
        if location == Location::Path && required != Some(Value::Bool(true)) {
            let message =
                format!("the path parameter `{name}` must say `required: true`; it is read as such");
            self.problems.warning("path-parameter-required", at.place(), message);
        }
        sound.remove("example");
        sound.insert("schema".into(), json!({}));
        let read = self.typed::<openapiv3::Parameter>(sound, &at)?;
        let (schema, content) = self.schema_or_content(&at)?;
        let encoding = match content {
            Some(media_type) => ParameterEncoding::Content(media_type),
            None => self.encoding(&read, &schema, &at),
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

    fn location(&mut self, at: &At<'_>) -> Option<Location> {
        let member = at.member("in")?;
        let location = match member.value.as_str()? {
            "path" => Location::Path,
            "query" => Location::Query,
            "header" => Location::Header,
            "cookie" => Location::Cookie,
            "querystring" if at.version() >= Version::V3_2 => {
                let message = "`in: querystring` makes the whole query one value, which is not supported: declare its parts as query parameters with the overlay";
                self.problems.error("parameter-location", member.place(), message);
                return None;
            }
            other => {
                let message =
                    format!("`in: {other}` is unknown: path, query, header and cookie are accepted");
                self.problems.error("parameter-location", member.place(), message);
                return None;
            }
        };
        Some(location)
    }

    fn schema_or_content(&mut self, at: &At<'a>) -> Option<(Schema, Option<String>)> {
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

    fn content(&mut self, at: &At<'a>) -> Option<(Schema, Option<String>)> {
        let mut media = self.media(at);
        let is_json = matches!(&media[..], [one] if one.kind == MediaKind::Json);
        if !is_json {
            let message = "`content` of a parameter takes one media type, and that must be JSON; the parameter is left out";
            self.problems.error("parameter-content", at.place(), message);
            return None;
        }
        let one = media.remove(0);
        let schema = one.schema.unwrap_or_else(|| any(one.at));
        Some((schema, Some(one.media_type)))
    }

    fn encoding(&mut self, read: &openapiv3::Parameter, schema: &Schema, at: &At<'_>) -> ParameterEncoding {
        use openapiv3::{Parameter as Read, PathStyle, QueryStyle};
        let (written, allow_reserved, allow_empty) = match read {
            Read::Path { style: PathStyle::Simple, .. } | Read::Header { .. } => {
                (Style::Simple, false, false)
            }
            Read::Path { style: PathStyle::Label, .. } => (Style::Label, false, false),
            Read::Path { style: PathStyle::Matrix, .. } => (Style::Matrix, false, false),
            Read::Cookie { .. } => (Style::Form, false, false),
            Read::Query { style, allow_reserved, allow_empty_value, .. } => {
                let style = match style {
                    QueryStyle::Form => Style::Form,
                    QueryStyle::SpaceDelimited => Style::SpaceDelimited,
                    QueryStyle::PipeDelimited => Style::PipeDelimited,
                    QueryStyle::DeepObject => Style::DeepObject,
                };
                (style, *allow_reserved, allow_empty_value.unwrap_or_default())
            }
        };
        let own = read.parameter_data_ref().explode;
        let (style, explode) = self.fitting(written, own, schema, at);
        ParameterEncoding::Style { style, explode, allow_reserved, allow_empty }
    }

    /// The style that can write values of the schema, and whether it explodes.
    fn fitting(
        &mut self,
        style: Style,
        explode: Option<bool>,
        schema: &Schema,
        at: &At<'_>,
    ) -> (Style, bool) {
        let shape = self.shape(schema, 0);
        let default = matches!(style, Style::Form | Style::DeepObject);
        let explode = explode.unwrap_or(default);
        let is_odd = match style {
            Style::SpaceDelimited | Style::PipeDelimited => {
                shape == Shape::One || shape == Shape::Members || explode
            }
            Style::DeepObject => matches!(shape, Shape::One | Shape::Many) || !explode,
            Style::Matrix | Style::Label | Style::Form | Style::Simple => false,
        };
        if !is_odd {
            return (style, explode);
        }
        let name = STYLES.iter().find(|(_, one)| *one == style).map_or("", |(name, _)| name);
        let (style, explode) = match (style, shape) {
            // A single value has no delimiters: every style writes it alike.
            (_, Shape::One) => (Style::Form, true),
            (Style::DeepObject, _) => (style, true),
            // With `explode` each item is a pair of its own, as `form` writes it.
            (_, Shape::Many) => (Style::Form, true),
            (style, _) => (style, false),
        };
        let used = STYLES.iter().find(|(_, one)| *one == style).map_or("", |(name, _)| name);
        let message = format!(
            "the specification does not say how `{name}` writes this value; it is written as `{used}` with `explode: {explode}`"
        );
        self.problems.warning("parameter-style", at.place(), message);
        (style, explode)
    }

    /// Whether values are single, lists or objects.
    fn shape(&self, schema: &Schema, steps: usize) -> Shape {
        match &schema.kind {
            Kind::List(_) => Shape::Many,
            Kind::Object(_) => Shape::Members,
            Kind::Any | Kind::Checked | Kind::Union { .. } => Shape::Unknown,
            Kind::Reference(name) => self.held_shape(name, steps),
            _ => Shape::One,
        }
    }

    fn held_shape(&self, name: &str, steps: usize) -> Shape {
        use crate::held::Types;
        let Some(held) = self.schemas.named.get(name).filter(|_| steps < 16) else { return Shape::Unknown };
        match (held.types.map(|types| types.without(Types::NULL)), &held.reference) {
            (None, Some(next)) => self.held_shape(next, steps + 1),
            (Some(Types::ARRAY), _) => Shape::Many,
            (Some(Types::OBJECT), _) => Shape::Members,
            (Some(types), _) if !types.meets(Types::ARRAY.or(Types::OBJECT)) => Shape::One,
            _ => Shape::Unknown,
        }
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    One,
    Many,
    Members,
    Unknown,
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

fn word(location: Location) -> &'static str {
    match location {
        Location::Path => "the path",
        Location::Query => "the query",
        Location::Header => "a header",
        Location::Cookie => "a cookie",
    }
}

fn style(style: Style, explode: bool) -> ParameterEncoding {
    ParameterEncoding::Style { style, explode, allow_reserved: false, allow_empty: false }
}

fn text(at: Place) -> Schema {
    Schema { kind: Kind::Text(TextRules::default()), json: json!({"type": "string"}), ..any(at) }
}

fn any(at: Place) -> Schema {
    Schema {
        at,
        json: json!({}),
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
