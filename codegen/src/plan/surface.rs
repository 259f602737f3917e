//! What a tool takes, and how that is written into the request: parameters in document order, then the body.

use indexmap::IndexMap;
use openapi::ir::{Lists, Location, MediaKind, Operation, Parameter, ParameterEncoding, SchemaHints, Style};
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

/// Decides what the tool takes; `pins` are the variant's, and `media` is the media type that it wants. Nothing, when the
/// operation cannot be carried; why is then among the findings.
pub(crate) fn plan<'a>(
    shaper: &mut Shaper<'a>,
    operation: &'a Operation,
    pins: &IndexMap<String, Value>,
    media: Option<&str>,
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
        builder.body(body, media, operation, &names)?;
    }
    Some(Surface { arguments: builder.object, writes: builder.writes })
}

/// The surface of one tool while it is built.
pub(super) struct Builder<'s, 'a> {
    pub(super) scope: Scope,
    object: Struct,
    pub(super) writes: Vec<Write>,
    pub(super) shaper: &'s mut Shaper<'a>,
    pub(super) pins: &'s IndexMap<String, Value>,
}

impl Builder<'_, '_> {
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
    pub(super) fn field(
        &mut self,
        member: &Member<'_>,
        site: &Site,
        adjust: impl FnOnce(Shape) -> Shape,
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
                if matches!(field.shape, Shape::File(_)) {
                    field.default = None;
                }
                Some((self.offer(*field), constant))
            }
        }
    }

    /// Offers a field, unless it is pinned: then its name is only known.
    pub(super) fn offer(&mut self, field: Field) -> Source {
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

    pub(super) fn pin(&self, hints: &mut SchemaHints, name: &str) {
        if let Some(value) = self.pins.get(name) {
            hints.pin = Some(value.clone());
        }
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

/// Only JSON has a way to say `null`.
pub(super) fn without_null(shape: Shape) -> Shape {
    match shape {
        Shape::Nullable(shape) => *shape,
        shape => shape,
    }
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
            let lists = parameter.mcp.lists;
            let by_brackets = lists.is_some() && *explode && parameter.location == Location::Query;
            let written = if by_brackets { Style::DeepObject } else { *style };
            (self::style(written, lists), *explode, *allow_reserved, *allow_empty)
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

/// A style of the document; `lists` is how the vendor reads lists.
pub(super) fn style(style: Style, lists: Option<Lists>) -> model::Style {
    match style {
        Style::Matrix => model::Style::Matrix,
        Style::Label => model::Style::Label,
        Style::Form => model::Style::Form,
        Style::Simple => model::Style::Simple,
        Style::SpaceDelimited => model::Style::SpaceDelimited,
        Style::PipeDelimited => model::Style::PipeDelimited,
        Style::TabDelimited => model::Style::TabDelimited,
        Style::Cookie => model::Style::Cookie,
        Style::DeepObject => match lists {
            None | Some(Lists::Indexed) => model::Style::DeepObject,
            Some(Lists::Brackets) => model::Style::DeepBrackets,
            Some(Lists::Repeated) => model::Style::DeepRepeated,
        },
    }
}
