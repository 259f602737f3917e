//! The styles of OpenAPI: how a primitive, a list or an object becomes text in each place.
//!
//! Where the 3.0.0 to 3.0.3 table and RFC 6570 differ (`label` without `explode`), RFC 6570 and 3.0.4 are
//! followed. Lists and objects inside others have no form in any style but `deepObject`: in a query they are written
//! as JSON, in other places they are refused. `tests/features/styles` has a row for every combination.

use std::slice;

use serde_json::Value;

use super::encoding;
use super::{ParameterRule, Style};

/// A value as styles see it.
pub(super) enum Shape {
    /// Null: nothing is sent.
    Absent,
    /// A primitive.
    One(String),
    /// A list of primitives.
    Many(Vec<String>),
    /// An object of primitives.
    Members(Vec<(String, String)>),
}

/// Why a value cannot be written.
pub(super) type Refusal = String;

type Pairs = Vec<(String, String)>;
type Encoder = fn(&str) -> String;

impl Shape {
    /// The shape of a value in which nothing nests.
    fn of(value: &Value) -> Result<Self, Refusal> {
        Self::with(value, primitive)
    }

    /// The shape of a value; what nests in it becomes JSON text.
    fn nesting(value: &Value) -> Self {
        // Nothing is refused then.
        Self::with(value, |value| Ok(primitive(value).unwrap_or_else(|_| value.to_string())))
            .unwrap_or(Self::Absent)
    }

    fn with(value: &Value, text: fn(&Value) -> Result<String, Refusal>) -> Result<Self, Refusal> {
        Ok(match value {
            Value::Null => Self::Absent,
            Value::Array(items) => {
                let items = items.iter().filter(|item| !item.is_null());
                Self::Many(items.map(text).collect::<Result<_, _>>()?)
            }
            Value::Object(members) => {
                let members = members.iter().filter(|(_, member)| !member.is_null());
                let pairs = members.map(|(key, member)| Ok((key.clone(), text(member)?)));
                Self::Members(pairs.collect::<Result<_, Refusal>>()?)
            }
            primitive_value => Self::One(text(primitive_value)?),
        })
    }

    /// Every text in it, to be judged one by one.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let (texts, members): (&[String], &[(String, String)]) = match self {
            Self::Absent => (&[], &[]),
            Self::One(text) => (slice::from_ref(text), &[]),
            Self::Many(items) => (items, &[]),
            Self::Members(members) => (&[], members),
        };
        texts.iter().map(String::as_str).chain(members.iter().flat_map(|(key, value)| [key.as_str(), value]))
    }

    /// Its texts joined: `one,two`, or `key,value` and `key=value` for an object.
    fn join(&self, separator: &str, paired: bool, encode: Encoder) -> String {
        let mut items = Vec::new();
        match self {
            Self::Absent => {}
            Self::One(text) => return encode(text),
            Self::Many(texts) => items.extend(texts.iter().map(|text| encode(text))),
            Self::Members(members) => {
                for (key, value) in members {
                    if paired {
                        items.push(format!("{}={}", encode(key), encode(value)));
                    } else {
                        items.extend([encode(key), encode(value)]);
                    }
                }
            }
        }
        items.join(separator)
    }
}

fn primitive(value: &Value) -> Result<String, Refusal> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(truth) => Ok(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            Err("lists and objects inside lists and objects have no written form here".to_owned())
        }
    }
}

/// Writes a path parameter, without the slash.
pub(super) fn path(rule: &ParameterRule, value: &Value) -> Result<String, Refusal> {
    if matches!(rule.style, Style::Json | Style::FormText) {
        let text = if rule.style == Style::Json { value.to_string() } else { form_text(value)? };
        judge_path(&text)?;
        return Ok(encoding::strict(&text));
    }
    let shape = Shape::of(value)?;
    if shape.texts().next().is_none() {
        return Err("must not be empty".to_owned());
    }
    shape.texts().try_for_each(judge_path)?;
    let encode: Encoder = match (&shape, rule.allow_reserved) {
        (_, false) => encoding::strict,
        // In `matrix` a bare `;` or `=` would begin another pair.
        (Shape::One(_), true) if rule.style != Style::Matrix => encoding::path_reserved,
        (_, true) => encoding::path_reserved_item,
    };
    Ok(match rule.style {
        Style::Simple => shape.join(",", rule.explode, encode),
        Style::Label => {
            let separator = if rule.explode { "." } else { "," };
            format!(".{}", shape.join(separator, rule.explode, encode))
        }
        Style::Matrix => {
            let name = encoding::strict(rule.name);
            match &shape {
                Shape::Many(items) if rule.explode => {
                    items.iter().map(|item| format!(";{name}={}", encode(item))).collect()
                }
                Shape::Members(_) if rule.explode => format!(";{}", shape.join(";", true, encode)),
                _ => format!(";{name}={}", shape.join(",", false, encode)),
            }
        }
        Style::SpaceDelimited | Style::PipeDelimited => {
            let (delimiter, encoded) = delimiter(rule.style);
            without(&shape, delimiter)?;
            shape.join(encoded, false, encode)
        }
        style => return Err(misplaced(style, "path")),
    })
}

fn judge_path(text: &str) -> Result<(), Refusal> {
    crate::decode::path_refusal(text).map_or(Ok(()), |refusal| Err(refusal.to_owned()))
}

fn misplaced(style: Style, place: &str) -> Refusal {
    format!("the style {style:?} has no meaning in a {place}, which is a fault of this server")
}

/// Writes a query parameter as encoded pairs.
pub(super) fn query(rule: &ParameterRule, value: &Value) -> Result<Pairs, Refusal> {
    let (whole, item): (Encoder, Encoder) = if rule.allow_reserved {
        (encoding::reserved, encoding::reserved_item)
    } else {
        (encoding::strict, encoding::strict)
    };
    let name = encoding::strict(rule.name);
    match rule.style {
        Style::Json | Style::FormText if value.is_null() => Ok(Vec::new()),
        // A `%41` in JSON text is that text and nothing else, whatever a reader makes of it elsewhere.
        Style::Json if rule.allow_reserved => Ok(vec![(name, encoding::reserved_text(&value.to_string()))]),
        Style::Json => Ok(vec![(name, encoding::strict(&value.to_string()))]),
        Style::FormText => Ok(vec![(name, encoding::strict(&form_text(value)?))]),
        Style::WholeForm => members_of_form(value),
        Style::DeepObject | Style::DeepBrackets | Style::DeepRepeated => {
            let mut deep = Deep { lists: rule.style, encode: whole, pairs: Vec::new(), left: DEEP };
            deep.write(&name, value)?;
            Ok(deep.pairs)
        }
        Style::Form => form(rule, &Shape::nesting(value), ",", whole, item),
        Style::SpaceDelimited | Style::PipeDelimited | Style::TabDelimited => {
            let (delimiter, encoded) = delimiter(rule.style);
            let shape = Shape::nesting(value);
            if !rule.explode {
                without(&shape, delimiter)?;
                // What is encoded already would stay so.
                if rule.allow_reserved {
                    without(&shape, encoded)?;
                    without(&shape, &encoded.to_ascii_lowercase())?;
                }
            }
            form(rule, &shape, encoded, whole, whole)
        }
        style => Err(misplaced(style, "query")),
    }
}

/// Whether a style writes what nests in a value.
pub(super) fn writes_deep(style: Style) -> bool {
    matches!(style, Style::DeepObject | Style::DeepBrackets | Style::DeepRepeated | Style::Json)
}

/// Whether a list or an object holds another.
pub(super) fn nests(value: &Value) -> bool {
    let is_several = |value: &Value| value.is_array() || value.is_object();
    match value {
        Value::Array(items) => items.iter().any(is_several),
        Value::Object(members) => members.values().any(is_several),
        _ => false,
    }
}

/// Writes the whole query as one value without a name; null is no query.
pub(super) fn whole_query(rule: &ParameterRule, value: &Value) -> Result<Option<String>, Refusal> {
    let text = match rule.style {
        _ if value.is_null() => return Ok(None),
        Style::WholeText => primitive(value)?,
        _ => value.to_string(),
    };
    Ok(Some(encoding::strict(&text)))
}

/// The delimiter of a style, plain and encoded.
fn delimiter(style: Style) -> (&'static str, &'static str) {
    match style {
        Style::SpaceDelimited => (" ", "%20"),
        Style::TabDelimited => ("\t", "%09"),
        _ => ("|", "%7C"),
    }
}

/// The delimiter and the same character inside an item look alike once encoded, so such an item is refused.
fn without(shape: &Shape, delimiter: &str) -> Result<(), Refusal> {
    let several = matches!(shape, Shape::Many(_) | Shape::Members(_));
    if several && shape.texts().any(|text| text.contains(delimiter)) {
        return Err(format!(
            "items that hold `{}`, which separates items here, are not accepted",
            delimiter.escape_default()
        ));
    }
    Ok(())
}

/// The members of an object as the pairs of a form: lists repeat their name, what nests deeper is JSON.
fn members_of_form(value: &Value) -> Result<Pairs, Refusal> {
    let members = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Object(members) => members,
        _ => return Err("only an object can be written as a form".to_owned()),
    };
    let mut pairs = Vec::new();
    for (key, member) in members {
        let texts = match Shape::nesting(member) {
            Shape::Absent => Vec::new(),
            Shape::One(text) => vec![text],
            Shape::Many(texts) => texts,
            Shape::Members(_) => vec![member.to_string()],
        };
        pairs.extend(texts.iter().map(|text| (encoding::strict(key), encoding::strict(text))));
    }
    Ok(pairs)
}

fn form_text(value: &Value) -> Result<String, Refusal> {
    let pairs = members_of_form(value)?;
    Ok(pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&"))
}

fn form(
    rule: &ParameterRule,
    shape: &Shape,
    separator: &str,
    whole: Encoder,
    item: Encoder,
) -> Result<Pairs, Refusal> {
    let name = encoding::strict(rule.name);
    Ok(match shape {
        Shape::Absent => Vec::new(),
        Shape::One(text) => vec![(name, whole(text))],
        _ if shape.texts().next().is_none() => {
            if rule.allow_empty {
                vec![(name, String::new())]
            } else {
                Vec::new()
            }
        }
        Shape::Many(items) if rule.explode => items.iter().map(|text| (name.clone(), whole(text))).collect(),
        Shape::Members(members) if rule.explode => {
            members.iter().map(|(key, value)| (encoding::strict(key), whole(value))).collect()
        }
        _ => vec![(name, shape.join(separator, false, item))],
    })
}

/// How many bytes one value may take in this style, since names are repeated for each value below them.
const DEEP: usize = 64 << 20;

/// `name[member][member]=value`, lists as the style says; the brackets are encoded as RFC 3986 wants.
struct Deep {
    lists: Style,
    encode: Encoder,
    pairs: Pairs,
    left: usize,
}

impl Deep {
    fn write(&mut self, name: &str, value: &Value) -> Result<(), Refusal> {
        match value {
            Value::Null => Ok(()),
            Value::Object(members) => members.iter().try_for_each(|(key, member)| {
                self.write(&format!("{name}%5B{}%5D", encoding::strict(key)), member)
            }),
            Value::Array(items) => items.iter().enumerate().try_for_each(|(index, item)| {
                let is_single = !item.is_array() && !item.is_object();
                match self.lists {
                    // What is below several items of one name must be told apart.
                    Style::DeepRepeated if is_single => self.write(name, item),
                    Style::DeepBrackets if is_single => self.write(&format!("{name}%5B%5D"), item),
                    _ => self.write(&format!("{name}%5B{index}%5D"), item),
                }
            }),
            Value::String(text) => self.pair(name, text),
            other => self.pair(name, &other.to_string()),
        }
    }

    fn pair(&mut self, name: &str, text: &str) -> Result<(), Refusal> {
        let written = (self.encode)(text);
        self.left = self.left.checked_sub(name.len() + written.len()).ok_or_else(|| {
            format!("is too large to be written: its names are repeated, which makes more than {DEEP} bytes")
        })?;
        self.pairs.push((name.to_owned(), written));
        Ok(())
    }
}

/// The pairs of a query parameter before they are encoded, for a place that encodes nothing.
pub(super) fn plain_pairs(rule: &ParameterRule, value: &Value) -> Result<Pairs, Refusal> {
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let pairs = query(rule, value)?.into_iter();
    Ok(pairs.map(|(name, value)| (decoded(&name), decoded(&value))).collect())
}

/// Writes a header; `None` when there is nothing to send. A delimiter inside an item would forge an item, so it
/// is refused.
pub(super) fn header(rule: &ParameterRule, value: &Value) -> Result<Option<String>, Refusal> {
    let text = match rule.style {
        _ if value.is_null() => return Ok(None),
        Style::Json => value.to_string(),
        Style::FormText => form_text(value)?,
        Style::Simple | Style::SpaceDelimited | Style::PipeDelimited => {
            let separator = if rule.style == Style::Simple { "," } else { delimiter(rule.style).0 };
            let shape = Shape::of(value)?;
            without(&shape, separator)?;
            if !matches!(shape, Shape::One(_)) && shape.texts().next().is_none() {
                return Ok(None);
            }
            shape.join(separator, rule.explode, encoding::plain)
        }
        style => return Err(misplaced(style, "header")),
    };
    match super::header::refusal(&text) {
        Some(refusal) => Err(refusal.to_owned()),
        None => Ok(Some(text)),
    }
}

/// Writes a cookie parameter as encoded pairs.
pub(super) fn cookie(rule: &ParameterRule, value: &Value) -> Result<Pairs, Refusal> {
    let name = || encoding::strict(rule.name);
    match rule.style {
        Style::Json | Style::FormText if value.is_null() => Ok(Vec::new()),
        Style::Json => Ok(vec![(name(), encoding::strict(&value.to_string()))]),
        Style::FormText => Ok(vec![(name(), encoding::strict(&form_text(value)?))]),
        Style::Form => form(rule, &Shape::of(value)?, ",", encoding::strict, encoding::strict),
        Style::Cookie => {
            let shape = Shape::of(value)?;
            shape.texts().try_for_each(judge_cookie)?;
            form(rule, &shape, ",", encoding::plain, encoding::plain)
        }
        style => Err(misplaced(style, "cookie")),
    }
}

/// The style `cookie` encodes nothing, so what would end a cookie or an item of it is refused (RFC 6265, 4.1.1).
fn judge_cookie(text: &str) -> Result<(), Refusal> {
    if text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte)) {
        return Ok(());
    }
    Err("visible ASCII characters without `\"`, `,`, `;` and `\\` are accepted: escape others as the API wants".to_owned())
}
