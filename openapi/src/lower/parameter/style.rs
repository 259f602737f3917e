//! How a parameter is written: which styles are legal where ("Style Values" of OpenAPI 3.2), and which of them can write
//! the values that the schema accepts.

use serde_json::{Map, Value};

use crate::ir::{Additional, Kind, Location, MediaKind, ParameterEncoding, Schema, Style};
use crate::lower::Reader;
use crate::store::At;
use crate::version::Version;

const STYLES: [(&str, Style); 9] = [
    ("matrix", Style::Matrix),
    ("label", Style::Label),
    ("form", Style::Form),
    ("simple", Style::Simple),
    ("spaceDelimited", Style::SpaceDelimited),
    ("pipeDelimited", Style::PipeDelimited),
    ("tabDelimited", Style::TabDelimited),
    ("deepObject", Style::DeepObject),
    ("cookie", Style::Cookie),
];

/// Styles by location, the default first.
fn legal(location: Location, version: Version) -> &'static [&'static str] {
    match location {
        Location::Path => &["simple", "label", "matrix"],
        Location::Query => &["form", "spaceDelimited", "pipeDelimited", "deepObject"],
        Location::Header => &["simple"],
        Location::Cookie if version >= Version::V3_2 => &["form", "cookie"],
        Location::Cookie => &["form"],
    }
}

/// What values are to a style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    One,
    Many,
    Members,
    Unknown,
}

impl<'a> Reader<'a> {
    /// Takes the style out of a parameter, the default where none or an illegal one is written.
    pub(super) fn written_style(
        &mut self,
        sound: &mut Map<String, Value>,
        location: Location,
        is_whole: bool,
        at: &At<'_>,
    ) -> Style {
        let accepted = legal(location, at.version());
        let written = sound.remove("style");
        let name = written.as_ref().and_then(Value::as_str);
        let place = at.member("style").map_or_else(|| at.place(), |style| style.place());
        if let Some(name) = name.filter(|_| is_whole) {
            let message = format!("`style: {name}` says nothing of a query that is one value and is ignored");
            self.problems.warning("parameter-style", place, message);
        } else if let Some(name) = name.filter(|name| !accepted.contains(name)) {
            let message = format!(
                "the style {name:?} is not for a parameter in {}: {}",
                word(location),
                accepted.join(", ")
            );
            self.problems.error("parameter-style", place, message);
        }
        let name = name.filter(|name| accepted.contains(name)).unwrap_or(accepted[0]);
        STYLES.iter().find(|(known, _)| *known == name).map_or(Style::Simple, |(_, style)| *style)
    }

    /// The encoding of a parameter with `schema`.
    pub(super) fn encoding(
        &mut self,
        written: Style,
        location: Location,
        read: &openapiv3::Parameter,
        schema: &Schema,
        at: &At<'_>,
    ) -> ParameterEncoding {
        let flag = |key: &str| at.member(key).is_some_and(|member| member.value == true);
        let is_carried = match location {
            Location::Query => true,
            Location::Path => at.version() >= Version::V3_2,
            Location::Header | Location::Cookie => false,
        };
        if flag("allowReserved") && !is_carried {
            let message = format!("`allowReserved` says nothing of {} and is ignored", word(location));
            self.problems.warning("ignored-member", at.place(), message);
        }
        let own = read.parameter_data_ref().explode;
        let (style, explode) = self.fitting(written, own, schema, at);
        self.tell_nesting(style, location, schema, at);
        ParameterEncoding::Style {
            style,
            explode,
            allow_reserved: flag("allowReserved") && is_carried,
            allow_empty: flag("allowEmptyValue") && location == Location::Query,
        }
    }

    /// The encoding of a parameter with `content`. What is neither JSON nor a form is a single value, written as it is.
    pub(super) fn content_encoding(
        &mut self,
        kind: MediaKind,
        location: Location,
        schema: &Schema,
        at: &At<'_>,
    ) -> Option<ParameterEncoding> {
        let shape = self.shape(schema, 0);
        match kind {
            MediaKind::Json => Some(ParameterEncoding::Content(kind)),
            MediaKind::Form if matches!(shape, Shape::Members | Shape::Unknown) => {
                Some(ParameterEncoding::Content(kind))
            }
            _ if shape == Shape::One => {
                let (style, explode) = match location {
                    Location::Query | Location::Cookie => (Style::Form, true),
                    Location::Path | Location::Header => (Style::Simple, false),
                };
                Some(super::style(style, explode))
            }
            _ => {
                let message = "only text, numbers and flags can be written as this media type: the parameter is left out; give it a schema of text with the overlay";
                self.problems.error("parameter-content", at.place(), message);
                None
            }
        }
    }

    /// The encoding of a parameter that is the whole query.
    pub(super) fn whole_query(
        &mut self,
        kind: MediaKind,
        schema: &Schema,
        at: &At<'_>,
    ) -> Option<ParameterEncoding> {
        let shape = self.shape(schema, 0);
        let fits = match kind {
            MediaKind::Json => true,
            MediaKind::Form => matches!(shape, Shape::Members | Shape::Unknown),
            _ => shape == Shape::One,
        };
        if !fits {
            let message = "the value cannot be written as this media type: a form takes an object, and any type but JSON a single value; the parameter is left out";
            self.problems.error("parameter-content", at.place(), message);
        }
        fits.then_some(ParameterEncoding::Querystring(kind))
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
        let default = matches!(style, Style::Form | Style::DeepObject | Style::Cookie);
        let explode = explode.unwrap_or(default);
        let is_odd = match style {
            Style::SpaceDelimited | Style::PipeDelimited | Style::TabDelimited => {
                shape == Shape::One || explode
            }
            Style::DeepObject => matches!(shape, Shape::One | Shape::Many) || !explode,
            Style::Matrix | Style::Label | Style::Form | Style::Simple | Style::Cookie => false,
        };
        if !is_odd {
            return (style, explode);
        }
        let name = named(style);
        let (style, explode) = match (style, shape) {
            // A single value has no delimiters: every style writes it alike.
            (_, Shape::One) => (Style::Form, true),
            (Style::DeepObject, _) => (style, true),
            // With `explode` each item is a pair of its own, as `form` writes it.
            (_, Shape::Many) => (Style::Form, true),
            (style, _) => (style, false),
        };
        let message = format!(
            "the specification does not say how `{name}` writes this value; it is written as `{}` with `explode: {explode}`",
            named(style)
        );
        self.problems.warning("parameter-style", at.place(), message);
        (style, explode)
    }

    /// No style but `deepObject` has a form for lists and objects inside others.
    pub(in crate::lower) fn tell_nesting(
        &mut self,
        style: Style,
        location: Location,
        schema: &Schema,
        at: &At<'_>,
    ) {
        if style == Style::DeepObject || !self.nests(schema, 0) {
            return;
        }
        let name = named(style);
        let consequence = match location {
            Location::Query => "each is written as JSON text",
            Location::Path | Location::Header | Location::Cookie => "a call that gives one is refused",
        };
        let message = format!(
            "the specification does not say how `{name}` writes lists and objects inside others: {consequence}"
        );
        self.problems.warning("parameter-nesting", at.place(), message);
    }

    /// Whether values hold lists or objects inside.
    fn nests(&self, schema: &Schema, steps: usize) -> bool {
        let is_several = |inner: &Schema| matches!(self.shape(inner, 0), Shape::Many | Shape::Members);
        match &schema.kind {
            Kind::List(rules) => is_several(&rules.items),
            Kind::Object(rules) => {
                rules.properties.iter().any(|property| is_several(&property.schema))
                    || matches!(&rules.additional, Additional::Schema(extra) if is_several(extra))
            }
            Kind::Reference(name) => {
                let held = self.schemas.named.get(name).filter(|_| steps < 16);
                let inner = held.map(|held| {
                    let items = held.items.iter().map(AsRef::as_ref);
                    items.chain(held.properties.values()).any(|inner| self.is_several(inner))
                });
                inner.unwrap_or_default()
            }
            _ => false,
        }
    }

    fn is_several(&self, held: &crate::held::Held) -> bool {
        let shape = match &held.reference {
            Some(name) => self.held_shape(name, 1),
            None => shape_of(held.types),
        };
        matches!(shape, Shape::Many | Shape::Members)
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
        let Some(held) = self.schemas.named.get(name).filter(|_| steps < 16) else { return Shape::Unknown };
        match (held.types, &held.reference) {
            (None, Some(next)) => self.held_shape(next, steps + 1),
            (types, _) => shape_of(types),
        }
    }
}

fn shape_of(types: Option<crate::held::Types>) -> Shape {
    use crate::held::Types;
    match types.map(|types| types.without(Types::NULL)) {
        Some(Types::ARRAY) => Shape::Many,
        Some(Types::OBJECT) => Shape::Members,
        Some(types) if !types.meets(Types::ARRAY.or(Types::OBJECT)) => Shape::One,
        _ => Shape::Unknown,
    }
}

fn named(style: Style) -> &'static str {
    STYLES.iter().find(|(_, one)| *one == style).map_or("", |(name, _)| name)
}

fn word(location: Location) -> &'static str {
    match location {
        Location::Path => "the path",
        Location::Query => "the query",
        Location::Header => "a header",
        Location::Cookie => "a cookie",
    }
}
