//! What a tool takes, and how that is written into the request: parameters in document order, then the body, its
//! members as arguments of their own (flat) or as one argument (nested).
//!
//! A body is flat when it is a plain object with declared members, none of which is called like a parameter. An
//! optional body with required members is nested even so: only then "all of these or no body" can be said exactly.

use indexmap::IndexMap;
use openapi::ir::{
    Additional, Api, Body, Kind, Location, Media, MediaKind, ObjectRules, Operation, Parameter,
    ParameterEncoding, Schema, SchemaHints, Style,
};
use serde_json::Value;

use super::model::{self, Field, Rest, Shape, Source, Struct, Within, Write};
use super::names::{self, Scope};
use super::shapes::{self, Shaper, Site};
use super::structs::{Fate, Member};

/// What a tool takes.
pub(crate) struct Surface {
    pub(crate) arguments: Struct,
    pub(crate) writes: Vec<Write>,
}

/// Decides what the tool takes; `pins` are the variant's. Nothing, when the operation cannot be carried; why is then
/// among the findings.
pub(crate) fn plan<'a>(
    shaper: &mut Shaper<'a>,
    operation: &'a Operation,
    pins: &IndexMap<String, Value>,
) -> Option<Surface> {
    let mut builder = Builder {
        scope: Scope::default(),
        object: Struct { fields: Vec::new(), rest: Rest::Refuse, hidden: Vec::new(), min: None, max: None },
        writes: Vec::new(),
        shaper,
        pins,
    };
    let names = argument_names(&operation.parameters);
    for (parameter, name) in operation.parameters.iter().zip(&names) {
        builder.parameter(parameter, name);
    }
    if let Some(body) = &operation.body {
        builder.body(body, operation, &names)?;
    }
    Some(Surface { arguments: builder.object, writes: builder.writes })
}

struct Builder<'s, 'a> {
    scope: Scope,
    object: Struct,
    writes: Vec<Write>,
    shaper: &'s mut Shaper<'a>,
    pins: &'s IndexMap<String, Value>,
}

impl<'a> Builder<'_, 'a> {
    fn parameter(&mut self, parameter: &Parameter, name: &str) {
        let mut hints = parameter.mcp.clone();
        shapes::merge(&mut hints, &shapes::hints(self.shaper.api, &parameter.schema));
        self.pin(&mut hints, &parameter.name);
        let within = within(parameter.location);
        let member = Member {
            wire: name,
            required: parameter.required,
            schema: &parameter.schema,
            description: &parameter.description,
            deprecated: parameter.deprecated || parameter.schema.deprecated,
            hints,
        };
        let site = Site::new(names::type_name(name, "Parameter"), within);
        if let Some((source, constant)) = self.field(&member, &site, without_null) {
            self.writes.push(Write::Parameter(encoded(parameter, constant), source));
        }
    }

    /// Adds a field, its shape adjusted, or notes that the member is hidden; tells where its value comes from and the
    /// name of a constant for it.
    fn field(
        &mut self,
        member: &Member<'_>,
        site: &Site,
        adjust: fn(Shape) -> Shape,
    ) -> Option<(Source, String)> {
        let rust = self.scope.field(member.wire, self.object.fields.len() + self.object.hidden.len());
        let constant = names::constant(&rust);
        match self.shaper.member(member, rust, site) {
            Fate::Hidden => {
                self.object.hidden.push(member.wire.to_owned());
                None
            }
            Fate::Field(mut field) => {
                field.shape = adjust(field.shape);
                Some((self.offer(*field), constant))
            }
        }
    }

    /// Offers a field, unless it is pinned: then its name is only known.
    fn offer(&mut self, field: Field) -> Source {
        if let Some(value) = field.pinned {
            self.object.hidden.push(field.wire);
            return Source::Pinned(value);
        }
        let source = if field.required {
            Source::Required(field.rust.clone())
        } else {
            Source::Optional(field.rust.clone())
        };
        self.object.fields.push(field);
        source
    }

    fn pin(&self, hints: &mut SchemaHints, name: &str) {
        if let Some(value) = self.pins.get(name) {
            hints.pin = Some(value.clone());
        }
    }

    fn body(&mut self, body: &'a Body, operation: &Operation, taken: &[String]) -> Option<()> {
        let Some(media) = body.media.iter().find(|media| media.kind == MediaKind::Json) else {
            let types: Vec<&str> = body.media.iter().map(|media| media.media_type.as_str()).collect();
            let message = format!(
                "`{}` has no tool: its body can only be sent as {}, and only JSON bodies are carried so far; `x-mcp: {{exclude: true}}` in the overlay leaves it out",
                operation.id,
                types.join(" or ")
            );
            self.shaper.findings.error("unsupported-body", &body.at, message);
            return None;
        };
        match self.flat(body, media, operation, taken) {
            Some(rules) => {
                self.members(body, rules);
                Some(())
            }
            None => self.nested(body, media, taken),
        }
    }

    fn members(&mut self, body: &Body, rules: &ObjectRules) {
        if body.required {
            self.writes.push(Write::ObjectBody);
        }
        for property in &rules.properties {
            let mut member = Member::of_property(self.shaper.api, property);
            self.pin(&mut member.hints, &property.name);
            let site = Site::new(names::type_name(&property.name, "Member"), Within::Body);
            if let Some((source, _)) = self.field(&member, &site, as_it_is) {
                self.writes.push(Write::Member(property.name.clone(), source));
            }
        }
    }

    fn nested(&mut self, body: &Body, media: &Media, taken: &[String]) -> Option<()> {
        let is_parameter = |name: &String| taken.contains(name);
        if let Some(name) = self.pins.keys().find(|name| !is_parameter(name)) {
            let message =
                format!("pin `{name}` names no parameter, and the body is one argument; say `body: flat`");
            self.shaper.findings.error("pin-in-nested-body", &body.at, message);
            return None;
        }
        let Some(name) =
            ["body", "requestBody", "request_body"].into_iter().find(|name| !taken.contains(&(*name).into()))
        else {
            let message =
                "parameters take all names for the body (`body`, `requestBody`, `request_body`)".to_owned();
            self.shaper.findings.error("argument-collision", &body.at, message);
            return None;
        };
        let site = Site::new("Body".to_owned(), Within::Body);
        let source = match &media.schema {
            None => {
                let rust = self.scope.field(name, 0);
                self.offer(anything(name, rust, body))
            }
            Some(schema) => {
                let member = Member {
                    wire: name,
                    required: body.required,
                    schema,
                    description: &body.description,
                    deprecated: false,
                    hints: shapes::hints(self.shaper.api, schema),
                };
                self.field(&member, &site, as_it_is)?.0
            }
        };
        self.writes.push(Write::Body(source));
        Some(())
    }

    /// The body's object, if its members are arguments of their own.
    fn flat(
        &mut self,
        body: &Body,
        media: &'a Media,
        operation: &Operation,
        taken: &[String],
    ) -> Option<&'a ObjectRules> {
        let wanted = operation.mcp.flat_body;
        if wanted == Some(false) {
            return None;
        }
        let rules = plain_object(self.shaper.api, media.schema.as_ref()?);
        let obstacle = match rules {
            None => Some("it is not a plain object with declared members".to_owned()),
            Some(rules) => obstacle(self.shaper.api, body, rules, taken),
        };
        if let Some(reason) = &obstacle
            && wanted == Some(true)
        {
            let message = format!("the body cannot be flat: {reason}");
            self.shaper.findings.error("body-not-flat", &body.at, message);
        }
        rules.filter(|_| obstacle.is_none())
    }
}

/// The object behind a schema, when its declared members are all that it holds.
fn plain_object<'a>(api: &'a Api, schema: &'a Schema) -> Option<&'a ObjectRules> {
    let targets = shapes::targets(api, schema);
    let last = targets.last().copied().unwrap_or(schema);
    let is_nullable = schema.nullable || targets.iter().any(|target| target.nullable);
    match &last.kind {
        Kind::Object(rules)
            if !is_nullable
                && !rules.properties.is_empty()
                && matches!(rules.additional, Additional::Unsaid | Additional::Closed)
                && rules.min_properties.is_none()
                && rules.max_properties.is_none() =>
        {
            Some(rules)
        }
        _ => None,
    }
}

/// Why the members of an object cannot be arguments of their own, if they cannot.
fn obstacle(api: &Api, body: &Body, rules: &ObjectRules, taken: &[String]) -> Option<String> {
    if let Some(property) = rules.properties.iter().find(|property| taken.contains(&property.name)) {
        return Some(format!("member `{}` is called like a parameter", property.name));
    }
    let needed = rules.properties.iter().find(|property| {
        let hints = shapes::hints(api, &property.schema);
        property.required && !property.schema.read_only && !hints.hidden && hints.pin.is_none()
    });
    match needed {
        Some(property) if !body.required => {
            Some(format!("the body is optional but its member `{}` is required", property.name))
        }
        _ => None,
    }
}

/// Argument names: a parameter's own name, or, when one at a weightier place has it, the name with its place.
fn argument_names(parameters: &[Parameter]) -> Vec<String> {
    let weight = |location: Location| match location {
        Location::Path => 0,
        Location::Query => 1,
        Location::Header => 2,
        Location::Cookie => 3,
    };
    let name = |parameter: &Parameter| {
        let is_outweighed = parameters
            .iter()
            .any(|other| other.name == parameter.name && weight(other.location) < weight(parameter.location));
        match parameter.location {
            Location::Query if is_outweighed => format!("{}_query", parameter.name),
            Location::Header if is_outweighed => format!("{}_header", parameter.name),
            Location::Cookie if is_outweighed => format!("{}_cookie", parameter.name),
            _ => parameter.name.clone(),
        }
    };
    parameters.iter().map(name).collect()
}

fn anything(name: &str, rust: String, body: &Body) -> Field {
    Field {
        wire: name.to_owned(),
        local: rust.clone(),
        rust,
        title: String::new(),
        description: super::words::clean(&body.description),
        default: None,
        deprecated: false,
        required: body.required,
        gated: false,
        secret: false,
        pinned: None,
        shape: Shape::Any,
    }
}

/// A request has no way to say `null` outside of a body.
fn without_null(shape: Shape) -> Shape {
    match shape {
        Shape::Nullable(shape) => *shape,
        shape => shape,
    }
}

fn as_it_is(shape: Shape) -> Shape {
    shape
}

fn within(location: Location) -> Within {
    match location {
        Location::Path => Within::Path,
        Location::Query => Within::Query,
        Location::Header => Within::Header,
        Location::Cookie => Within::Cookie,
    }
}

fn encoded(parameter: &Parameter, constant: String) -> model::Parameter {
    let (style, explode, allow_reserved, allow_empty) = match &parameter.encoding {
        ParameterEncoding::Style { style, explode, allow_reserved, allow_empty } => {
            (styled(*style), *explode, *allow_reserved, *allow_empty)
        }
        ParameterEncoding::Content(MediaKind::Form) => (model::Style::FormText, false, false, false),
        ParameterEncoding::Content(_) => (model::Style::Json, false, false, false),
        ParameterEncoding::Querystring(kind) => (whole_query(*kind), false, false, false),
    };
    model::Parameter {
        constant,
        name: parameter.name.clone(),
        location: parameter.location,
        style,
        explode,
        allow_reserved,
        allow_empty,
    }
}

fn whole_query(kind: MediaKind) -> model::Style {
    match kind {
        MediaKind::Json => model::Style::WholeJson,
        MediaKind::Form => model::Style::WholeForm,
        _ => model::Style::WholeText,
    }
}

fn styled(style: Style) -> model::Style {
    match style {
        Style::Matrix => model::Style::Matrix,
        Style::Label => model::Style::Label,
        Style::Form => model::Style::Form,
        Style::Simple => model::Style::Simple,
        Style::SpaceDelimited => model::Style::SpaceDelimited,
        Style::PipeDelimited => model::Style::PipeDelimited,
        Style::TabDelimited => model::Style::TabDelimited,
        Style::Cookie => model::Style::Cookie,
        Style::DeepObject => model::Style::DeepObject,
    }
}
