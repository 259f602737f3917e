//! `application/x-www-form-urlencoded`: each member by its style, or as its own text; blanks become `+`.

use serde_json::{Map, Value};

use super::super::{ParameterRule, encoding, style};
use super::room::Room;
use super::{Refusal, text};

/// Writes the members of an object. Text stands for a form that is written already, and a list for an object with its
/// indices as names.
pub(super) fn write(rules: &[ParameterRule], value: &Value, room: &mut Room) -> Result<(), Refusal> {
    match value {
        Value::Object(members) => object(rules, members, room),
        Value::Array(items) => {
            let members = items.iter().enumerate().map(|(index, item)| (index.to_string(), item.clone()));
            object(rules, &members.collect(), room)
        }
        Value::String(written) if is_form(written) => room.push(written.as_bytes()),
        Value::String(_) => Err(Refusal::new(
            "form",
            "is no form: write `name=value` pairs with `&` between, percent-encoded",
        )),
        _ => Err(Refusal::new("form", "must be an object: a form has a name for each value")),
    }
}

fn object(rules: &[ParameterRule], members: &Map<String, Value>, room: &mut Room) -> Result<(), Refusal> {
    for (name, value) in members {
        let pairs = match rules.iter().find(|rule| rule.name == name) {
            Some(rule) if !style::writes_deep(rule.style) && style::nests(value) => {
                let message = "lists and objects inside lists and objects have no written form here";
                return Err(Refusal::new("parameter", message).of(name));
            }
            Some(rule) => style::query(rule, value)
                .map_err(|message| Refusal::new("parameter", message).of(name))?
                .into_iter()
                // Nothing but a blank is ever encoded like this, and forms write blanks so.
                .map(|(name, value)| (name.replace("%20", "+"), value.replace("%20", "+")))
                .collect(),
            None => plain(name, value),
        };
        for (name, value) in pairs {
            let separator = if room.is_empty() { "" } else { "&" };
            for text in [separator, &name, "=", &value] {
                room.push(text.as_bytes())?;
            }
        }
    }
    Ok(())
}

/// A member without a style: null is absent, and each item of a list is a pair of its own.
fn plain(name: &str, value: &Value) -> Vec<(String, String)> {
    let pair = |value: &Value| (encoding::form(name), encoding::form(&text::of(value)));
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().filter(|item| !item.is_null()).map(pair).collect(),
        single => vec![pair(single)],
    }
}

/// Whether a text is made of what a written form may hold.
fn is_form(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_hex = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_hexdigit);
    bytes.iter().enumerate().all(|(at, byte)| match byte {
        b'%' => is_hex(at + 1) && is_hex(at + 2),
        other => other.is_ascii_alphanumeric() || b"*-._+&=~:/?@!$'(),;[]".contains(other),
    })
}
