//! What a YAML scalar means: the core schema of YAML 1.2, nothing of YAML 1.1.

use saphyr_parser::Tag;
use serde_json::{Number, Value};

/// The value of a scalar; an explicit core tag wins over its looks.
pub(super) fn read(text: &str, plain: bool, tag: Option<&Tag>) -> Result<Value, String> {
    let suffix = tag.filter(|tag| tag.is_yaml_core_schema()).map(|tag| tag.suffix.as_str());
    match suffix {
        Some("str") => return Ok(Value::String(text.to_owned())),
        Some("null" | "bool" | "int" | "float") => return plain_value(text),
        Some(other) => return Err(format!("the tag !!{other} has no meaning in JSON; the text is taken")),
        None if tag.is_some() => {
            return Err("a tag of its own has no meaning in JSON; the text is taken".into());
        }
        None => {}
    }
    if plain { plain_value(text) } else { Ok(Value::String(text.to_owned())) }
}

fn plain_value(text: &str) -> Result<Value, String> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "true" | "True" | "TRUE" => return Ok(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Value::Bool(false)),
        ".nan" | ".NaN" | ".NAN" => return Err(format!("{text} is no number that JSON can carry")),
        _ => {}
    }
    if matches!(text.trim_start_matches(['-', '+']), ".inf" | ".Inf" | ".INF") {
        return Err(format!("{text} is no number that JSON can carry"));
    }
    if let Some(number) = integer(text) {
        return Ok(Value::Number(number));
    }
    match float(text) {
        Some(number) => Number::from_f64(number)
            .map(Value::Number)
            .ok_or_else(|| format!("{text} is no number that JSON can carry")),
        None => Ok(Value::String(text.to_owned())),
    }
}

fn integer(text: &str) -> Option<Number> {
    let radix = |digits: &str, base| u64::from_str_radix(digits, base).ok().map(Number::from);
    if let Some(digits) = text.strip_prefix("0o").filter(|digits| !digits.starts_with('+')) {
        return radix(digits, 8);
    }
    if let Some(digits) = text.strip_prefix("0x").filter(|digits| !digits.starts_with('+')) {
        return radix(digits, 16);
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let text = text.strip_prefix('+').unwrap_or(text);
    text.parse::<u64>().map(Number::from).or_else(|_| text.parse::<i64>().map(Number::from)).ok()
}

/// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
fn float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    let legal =
        |character: char| character.is_ascii_digit() || matches!(character, '.' | 'e' | 'E' | '-' | '+');
    if !unsigned.chars().all(legal) || !unsigned.contains(|character: char| character.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn plain_scalars_follow_the_core_schema_of_yaml_1_2() {
        let cases = [
            ("NO", json!("NO")),
            ("on", json!("on")),
            ("1_000", json!("1_000")),
            ("12:30:45", json!("12:30:45")),
            ("2024-01-01", json!("2024-01-01")),
            ("0o17", json!(15)),
            ("0x1F", json!(31)),
            ("017", json!(17)),
            ("-5", json!(-5)),
            ("+5", json!(5)),
            ("1.5e3", json!(1500.0)),
            (".5", json!(0.5)),
            ("1.", json!(1.0)),
            (".", json!(".")),
            ("3.0.3", json!("3.0.3")),
            ("Null", json!(null)),
            ("TRUE", json!(true)),
            ("yes", json!("yes")),
            ("18446744073709551616", json!(18446744073709551616.0)),
        ];
        for (text, value) in cases {
            assert_eq!(read(text, true, None), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_json_cannot_carry_is_refused() {
        for text in [".nan", ".inf", "-.INF", "1e999"] {
            assert!(read(text, true, None).is_err(), "{text}");
        }
    }
}
