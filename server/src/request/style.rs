//! The styles of OpenAPI 3.0: how a primitive, a list or an object becomes text in each place.
//!
//! Where the 3.0.0 to 3.0.3 table and RFC 6570 differ (`label` without `explode`), RFC 6570 and 3.0.4 are
//! followed.

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
    pub(super) fn of(value: &Value) -> Result<Self, Refusal> {
        Ok(match value {
            Value::Null => Self::Absent,
            Value::Array(items) => {
                let items = items.iter().filter(|item| !item.is_null());
                Self::Many(items.map(primitive).collect::<Result<_, _>>()?)
            }
            Value::Object(members) => {
                let members = members.iter().filter(|(_, member)| !member.is_null());
                let pairs = members.map(|(key, member)| Ok((key.clone(), primitive(member)?)));
                Self::Members(pairs.collect::<Result<_, Refusal>>()?)
            }
            primitive_value => Self::One(primitive(primitive_value)?),
        })
    }

    /// Every text in it, to be judged one by one.
    fn texts(&self) -> Vec<&str> {
        match self {
            Self::Absent => Vec::new(),
            Self::One(text) => vec![text],
            Self::Many(items) => items.iter().map(String::as_str).collect(),
            Self::Members(members) => members.iter().flat_map(|(key, value)| [key.as_str(), value]).collect(),
        }
    }

    /// Its texts joined: `one,two`, or `key,value` and `key=value` for an object.
    fn join(&self, separator: &str, paired: bool, encode: Encoder) -> String {
        let mut items = Vec::new();
        match self {
            Self::Absent => {}
            Self::One(text) => items.push(encode(text)),
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
    if rule.style == Style::Json {
        let text = value.to_string();
        judge_path(&text)?;
        return Ok(encoding::strict(&text));
    }
    let shape = Shape::of(value)?;
    let texts = shape.texts();
    if texts.is_empty() {
        return Err("must not be empty".to_owned());
    }
    texts.into_iter().try_for_each(judge_path)?;
    let name = encoding::strict(rule.name);
    Ok(match rule.style {
        Style::Simple => shape.join(",", rule.explode, encoding::strict),
        Style::Label => {
            let separator = if rule.explode { "." } else { "," };
            format!(".{}", shape.join(separator, rule.explode, encoding::strict))
        }
        Style::Matrix => match &shape {
            Shape::Many(items) if rule.explode => {
                items.iter().map(|item| format!(";{name}={}", encoding::strict(item))).collect()
            }
            Shape::Members(_) if rule.explode => format!(";{}", shape.join(";", true, encoding::strict)),
            _ => format!(";{name}={}", shape.join(",", false, encoding::strict)),
        },
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
        Style::Json if value.is_null() => Ok(Vec::new()),
        Style::Json => Ok(vec![(name, whole(&value.to_string()))]),
        Style::DeepObject | Style::DeepBrackets | Style::DeepRepeated => {
            let mut deep = Deep { lists: rule.style, encode: whole, pairs: Vec::new(), left: DEEP };
            deep.write(&name, value)?;
            Ok(deep.pairs)
        }
        Style::Form => form(rule, &Shape::of(value)?, ",", whole, item),
        Style::SpaceDelimited => delimited(rule, &Shape::of(value)?, " ", "%20", whole),
        Style::PipeDelimited => delimited(rule, &Shape::of(value)?, "|", "%7C", whole),
        style => Err(misplaced(style, "query")),
    }
}

/// The delimiter and the same character inside an item look alike once encoded, so such an item is refused.
fn delimited(
    rule: &ParameterRule,
    shape: &Shape,
    delimiter: &str,
    encoded: &str,
    encode: Encoder,
) -> Result<Pairs, Refusal> {
    let joined = !rule.explode && matches!(shape, Shape::Many(_) | Shape::Members(_));
    if joined && shape.texts().into_iter().any(|text| text.contains(delimiter)) {
        return Err(format!("items that hold `{delimiter}`, which separates items here, are not accepted"));
    }
    form(rule, shape, encoded, encode, encode)
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
        _ if shape.texts().is_empty() => {
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

/// Writes a header; `None` when there is nothing to send. A comma inside an item would forge an item, so it
/// is refused.
pub(super) fn header(rule: &ParameterRule, value: &Value) -> Result<Option<String>, Refusal> {
    let text = match rule.style {
        _ if value.is_null() => return Ok(None),
        Style::Json => value.to_string(),
        Style::Simple => {
            let shape = Shape::of(value)?;
            let several = matches!(shape, Shape::Many(_) | Shape::Members(_));
            if several && shape.texts().into_iter().any(|text| text.contains(',')) {
                return Err("items that hold `,`, which separates items here, are not accepted".to_owned());
            }
            if several && shape.texts().is_empty() {
                return Ok(None);
            }
            shape.join(",", rule.explode, encoding::plain)
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
    match rule.style {
        Style::Json if value.is_null() => Ok(Vec::new()),
        Style::Json => Ok(vec![(encoding::strict(rule.name), encoding::strict(&value.to_string()))]),
        Style::Form => form(rule, &Shape::of(value)?, ",", encoding::strict, encoding::strict),
        style => Err(misplaced(style, "cookie")),
    }
}
