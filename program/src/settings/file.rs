//! The settings file: TOML as written, flattened to keys with the line each stands on. What a key means is
//! not decided here.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::refusal::Refusal;
use crate::settings::value::Notation;

/// One `key = value` of the file.
pub(crate) struct Entry {
    /// The whole key, `section.name`.
    pub(crate) key: String,
    /// The value as text, a list's items separated by commas; with what it was written as.
    pub(crate) value: Written,
    /// `FILE:LINE`.
    pub(crate) place: String,
}

/// A value as written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// Text in quotes.
    Text(String),
    /// A whole number in decimal digits.
    Integer(String),
    /// A number with a fraction.
    Fraction(String),
    /// A list of text.
    List(String),
    /// `true` or `false`.
    Boolean(bool),
    /// Anything else, by its name.
    Other(&'static str),
}

/// Reads a settings file.
pub(crate) fn read(path: &Path) -> Result<Vec<Entry>, Refusal> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map(secrecy::zeroize::Zeroizing::new)
        .map_err(|error| Refusal::configuration(format!("settings file {shown}: cannot be read: {error}")))?;
    parse(&shown.to_string(), &text)
}

/// Reads the text of a settings file called `name`.
pub(crate) fn parse(name: &str, text: &str) -> Result<Vec<Entry>, Refusal> {
    let place = |offset: usize| {
        let line = 1 + text.as_bytes().iter().take(offset).filter(|&&byte| byte == b'\n').count();
        format!("{name}:{line}")
    };
    // The message names the rule, never the text: a broken line may hold a secret.
    let table = DeTable::parse(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        Refusal::configuration(format!("{}: this is not TOML: {}", place(offset), error.message()))
    })?;
    let mut entries = Vec::new();
    flatten(table.get_ref(), "", &place, &mut entries);
    Ok(entries)
}

fn flatten(table: &DeTable<'_>, prefix: &str, place: &dyn Fn(usize) -> String, entries: &mut Vec<Entry>) {
    for (name, value) in table {
        let key = format!("{prefix}{}", name.get_ref());
        match value.get_ref() {
            DeValue::Table(inner) => flatten(inner, &format!("{key}."), place, entries),
            value => entries.push(Entry { key, value: written(value), place: place(name.span().start) }),
        }
    }
}

fn written(value: &DeValue<'_>) -> Written {
    match value {
        DeValue::String(text) => Written::Text(text.to_string()),
        DeValue::Integer(integer) if integer.radix() == 10 => Written::Integer(integer.as_str().to_owned()),
        DeValue::Integer(_) => Written::Other("a number that is not decimal"),
        DeValue::Float(float) => Written::Fraction(float.as_str().to_owned()),
        DeValue::Boolean(value) => Written::Boolean(*value),
        DeValue::Datetime(_) => Written::Other("a date"),
        DeValue::Array(items) => {
            let texts: Option<Vec<&str>> = items.iter().map(item_text).collect();
            texts.map_or(Written::Other("a list of something else"), |texts| Written::List(texts.join(",")))
        }
        DeValue::Table(_) => Written::Other("a table"),
    }
}

fn item_text<'a>(item: &'a Spanned<DeValue<'_>>) -> Option<&'a str> {
    item.get_ref().as_str()
}

impl Written {
    /// The value as text, if it is written the way this setting is written; otherwise what is wrong.
    pub(crate) fn text(self, notation: Notation) -> Result<String, String> {
        let found = match (self, notation) {
            (Self::Text(text), Notation::Text)
            | (Self::Integer(text), Notation::Integer | Notation::Number)
            | (Self::Fraction(text), Notation::Number)
            | (Self::List(text), Notation::List) => return Ok(text),
            (Self::Boolean(value), Notation::Boolean) => return Ok(value.to_string()),
            (Self::Text(_), _) => "text",
            (Self::Integer(_), _) => "a number",
            (Self::Fraction(_), _) => "a number with a fraction",
            (Self::List(_), _) => "a list",
            (Self::Boolean(_), _) => "a boolean",
            (Self::Other(found), _) => found,
        };
        let expected = match notation {
            Notation::Text => "text in quotes",
            Notation::Integer => "a whole number",
            Notation::Number => "a number",
            Notation::List => "a list of text such as [\"one\", \"two\"]",
            Notation::Boolean => "true or false without quotes",
        };
        Err(format!("expected {expected}, got {found}"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Written, parse};
    use crate::settings::value::Notation;

    #[test]
    fn keys_are_flattened_and_know_their_line() {
        let entries =
            parse("s.toml", "# first\n[log]\nlevel = \"info\"\n\n[api]\nnested.name = [\"a\", \"b\"]\n")
                .unwrap();
        let read: Vec<_> = entries.iter().map(|entry| (&*entry.key, &*entry.place)).collect();
        assert!(read.contains(&("log.level", "s.toml:3")), "{read:?}");
        assert!(read.contains(&("api.nested.name", "s.toml:6")), "{read:?}");
        let list = entries.into_iter().find(|entry| entry.key == "api.nested.name").unwrap();
        assert_eq!(list.value, Written::List("a,b".to_owned()));
    }

    #[test]
    fn broken_toml_is_placed_and_its_text_is_not_repeated() {
        let refusal = parse("s.toml", "[api]\ntoken = \"canary\n").err().unwrap().to_string();
        assert!(refusal.starts_with("s.toml:2: this is not TOML: "), "{refusal}");
        assert!(!refusal.contains("canary"), "{refusal}");
    }

    #[test]
    fn a_value_is_written_the_way_its_setting_is_written() {
        let text = |value: Written, notation| value.text(notation);
        assert_eq!(text(Written::Integer("5".into()), Notation::Number), Ok("5".to_owned()));
        assert_eq!(
            text(Written::Text("5".into()), Notation::Integer),
            Err("expected a whole number, got text".to_owned())
        );
        assert_eq!(
            text(Written::Fraction("5.5".into()), Notation::Integer),
            Err("expected a whole number, got a number with a fraction".to_owned())
        );
        assert_eq!(
            text(Written::Boolean(true), Notation::Text),
            Err("expected text in quotes, got a boolean".to_owned())
        );
        assert_eq!(text(Written::Boolean(false), Notation::Boolean), Ok("false".to_owned()));
        assert_eq!(
            text(Written::Text("false".into()), Notation::Boolean),
            Err("expected true or false without quotes, got text".to_owned())
        );
    }
}
