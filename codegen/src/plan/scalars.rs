//! Numbers and texts: from the document's rules to a shape that decodes exactly them, or to a checked schema where
//! the decoders have no such rule.

use openapi::ir::{NumberRules, SchemaHints, TextRules};
use serde_json::{Value, json};

use super::model::{Format, Integer, Number, Shape, Text, Within};
use super::whole::{EXACT, whole};

/// Formats that JSON Schema validators may assert but our decoders do not: advertising them would promise less than
/// is accepted.
const UNASSERTED: [&str; 12] = [
    "hostname",
    "idn-email",
    "idn-hostname",
    "uri-reference",
    "iri",
    "iri-reference",
    "uri-template",
    "json-pointer",
    "relative-json-pointer",
    "regex",
    "color",
    "iso-date-time",
];

/// An integer in a request.
pub(crate) fn integer(rules: &NumberRules) -> Shape {
    let lowest = [
        rules.minimum.as_ref().map(|bound| at_least(bound, false)),
        rules.exclusive_minimum.as_ref().map(|bound| at_least(bound, true)),
    ];
    let highest = [
        rules.maximum.as_ref().map(|bound| at_most(bound, false)),
        rules.exclusive_maximum.as_ref().map(|bound| at_most(bound, true)),
    ];
    let minimum = lowest.into_iter().flatten().fold(-EXACT, i64::max);
    let maximum = highest.into_iter().flatten().fold(EXACT, i64::min);
    match rules.multiple_of.as_ref() {
        None => Shape::Integer(Integer { minimum, maximum, multiple_of: None }),
        Some(step) => match whole(step).filter(|step| *step > 0) {
            Some(step) => Shape::Integer(Integer { minimum, maximum, multiple_of: Some(step) }),
            None => Shape::Checked(
                json!({"type": "integer", "minimum": minimum, "maximum": maximum, "multipleOf": step}),
            ),
        },
    }
}

/// A number in a request.
pub(crate) fn number(rules: &NumberRules) -> Shape {
    let number = Number {
        minimum: rules.minimum.as_ref().and_then(serde_json::Number::as_f64),
        maximum: rules.maximum.as_ref().and_then(serde_json::Number::as_f64),
        exclusive_minimum: rules.exclusive_minimum.as_ref().and_then(serde_json::Number::as_f64),
        exclusive_maximum: rules.exclusive_maximum.as_ref().and_then(serde_json::Number::as_f64),
    };
    match &rules.multiple_of {
        None => Shape::Number(number),
        // Remainders of binary fractions are a matter of taste; the schema's judge is asked.
        Some(step) => {
            let mut schema = super::schema::number(&number);
            schema["multipleOf"] = Value::Number(step.clone());
            Shape::Checked(schema)
        }
    }
}

/// Text in a request; tells also which format is neither asserted nor advertised.
pub(crate) fn text(rules: &TextRules, within: Within, hints: &SchemaHints) -> (Shape, Option<String>) {
    let format = rules.format.as_deref().and_then(asserted);
    let other = rules.format.clone().filter(|_| format.is_none());
    let dropped = other.clone().filter(|format| UNASSERTED.contains(&format.as_str()));
    // An empty path segment would address something else.
    let min_length = match within {
        Within::Path => Some(rules.min_length.unwrap_or(0).max(1)),
        _ => rules.min_length.filter(|length| *length > 0),
    };
    let text = Text {
        within,
        format,
        advertised_format: other.filter(|_| dropped.is_none()),
        min_length,
        max_length: rules.max_length,
        pattern: rules.pattern.clone(),
        callback_url: hints.callback_url,
        blank_is_unset: false,
    };
    (Shape::Text(text), dropped)
}

/// Any text in a body.
pub(crate) fn body_text() -> Shape {
    text(&TextRules::default(), Within::Body, &SchemaHints::default()).0
}

/// An integer in an answer: whatever the API sends.
pub(crate) fn any_integer() -> Shape {
    Shape::Integer(Integer { minimum: i64::MIN, maximum: i64::MAX, multiple_of: None })
}

/// Text in an answer: whatever the API sends.
pub(crate) fn any_text(blank_is_unset: bool) -> Shape {
    Shape::Text(Text {
        within: Within::Body,
        format: None,
        advertised_format: None,
        min_length: None,
        max_length: None,
        pattern: None,
        callback_url: false,
        blank_is_unset,
    })
}

fn asserted(format: &str) -> Option<Format> {
    Some(match format {
        "date-time" => Format::DateTime,
        "date" => Format::Date,
        "time" => Format::Time,
        "duration" => Format::Duration,
        "uuid" => Format::Uuid,
        "email" => Format::Email,
        "uri" => Format::Uri,
        "ipv4" => Format::Ipv4,
        "ipv6" => Format::Ipv6,
        "byte" => Format::Byte,
        _ => return None,
    })
}

/// The smallest integer that meets a lower bound. A cast of a float saturates, which is what a bound needs.
fn at_least(bound: &serde_json::Number, exclusive: bool) -> i64 {
    match (bound.as_i64(), bound.as_f64()) {
        (Some(bound), _) => bound.saturating_add(i64::from(exclusive)),
        (None, Some(bound)) if bound.fract() == 0.0 => (bound as i64).saturating_add(i64::from(exclusive)),
        (None, Some(bound)) => bound.ceil() as i64,
        (None, None) => i64::MIN,
    }
}

/// The largest integer that meets an upper bound.
fn at_most(bound: &serde_json::Number, exclusive: bool) -> i64 {
    match (bound.as_i64(), bound.as_f64()) {
        (Some(bound), _) => bound.saturating_sub(i64::from(exclusive)),
        (None, Some(bound)) if bound.fract() == 0.0 => (bound as i64).saturating_sub(i64::from(exclusive)),
        (None, Some(bound)) => bound.floor() as i64,
        (None, None) => i64::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(rules: &NumberRules) -> (i64, i64) {
        match integer(rules) {
            Shape::Integer(integer) => (integer.minimum, integer.maximum),
            other => panic!("expected an integer, got {other:?}"),
        }
    }

    #[test]
    fn integers_stay_exact_and_take_the_tighter_bound() {
        assert_eq!(bounds(&NumberRules::default()), (-EXACT, EXACT));
        let rules = NumberRules {
            minimum: serde_json::Number::from_f64(0.5),
            exclusive_maximum: Some(10.into()),
            maximum: Some(u64::MAX.into()),
            ..NumberRules::default()
        };
        assert_eq!(bounds(&rules), (1, 9));
    }

    #[test]
    fn a_broken_step_of_an_integer_is_left_to_the_schema() {
        let rules = NumberRules { multiple_of: serde_json::Number::from_f64(0.5), ..NumberRules::default() };
        assert!(matches!(integer(&rules), Shape::Checked(_)));
        let rules = NumberRules { multiple_of: serde_json::Number::from_f64(5.0), ..NumberRules::default() };
        assert!(matches!(integer(&rules), Shape::Integer(Integer { multiple_of: Some(5), .. })));
    }

    #[test]
    fn a_path_text_is_never_empty() {
        let (shape, _) = text(&TextRules::default(), Within::Path, &SchemaHints::default());
        assert!(matches!(shape, Shape::Text(Text { min_length: Some(1), .. })));
    }
}
