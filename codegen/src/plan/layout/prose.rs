//! Words of a schema are said once: a title that is the member's name again, and a description that is the name, the
//! title or the words of what it stands in, are dropped.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::super::case;
use super::{is_data, is_table_of_schemas};

/// What is known around a schema.
#[derive(Clone, Copy, Default)]
struct Around<'a> {
    name: &'a str,
    said: &'a str,
}

/// Drops every repetition in a whole schema.
pub(crate) fn once(schema: &mut Value) {
    let definitions: HashMap<String, String> = schema
        .get("$defs")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(name, definition)| {
            let said = definition.get("description")?.as_str()?;
            Some((format!("#/$defs/{name}"), said.to_owned()))
        })
        .collect();
    visit(schema, Around::default(), &definitions);
}

fn visit(schema: &mut Value, around: Around<'_>, definitions: &HashMap<String, String>) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(|item| visit(item, around, definitions)),
        Value::Object(members) => {
            let said = say(members, around, definitions);
            let inner = Around { said: said.as_deref().unwrap_or(around.said), ..around };
            for (keyword, value) in members.iter_mut().filter(|(keyword, _)| !is_data(keyword)) {
                match value {
                    Value::Object(table) if is_table_of_schemas(keyword) => {
                        // A definition stands on its own: what refers to it may say something else.
                        let said = if keyword == "$defs" { "" } else { inner.said };
                        for (name, value) in table {
                            visit(value, Around { name, said }, definitions);
                        }
                    }
                    value => visit(value, inner, definitions),
                }
            }
        }
        _ => {}
    }
}

/// Drops the repetitions of one schema; gives what it said, dropped or not.
fn say(
    members: &mut Map<String, Value>,
    around: Around<'_>,
    definitions: &HashMap<String, String>,
) -> Option<String> {
    let text = |members: &Map<String, Value>, key: &str| members.get(key)?.as_str().map(str::to_owned);
    let (title, said) = (text(members, "title"), text(members, "description"));
    if title.as_deref().is_some_and(|title| is_same(title, around.name)) {
        members.shift_remove("title");
    }
    let said = said?;
    let target = members.get("$ref").and_then(Value::as_str).and_then(|target| definitions.get(target));
    let is_repetition = is_same(&said, around.name)
        || said == around.said
        || title.is_some_and(|title| is_same(&said, &title))
        || target.is_some_and(|known| *known == said);
    if is_repetition {
        members.shift_remove("description");
    }
    Some(said)
}

/// Whether two texts are the same words, however they are joined: `accountId`, `Account ID`, `The account id.`
fn is_same(one: &str, other: &str) -> bool {
    // Much longer texts say more.
    if other.is_empty() || one.len() > 2 * other.len() + 8 {
        return false;
    }
    one == other || words(one) == words(other)
}

fn words(text: &str) -> String {
    let words = case::snake(text);
    let without = ["the_", "a_", "an_"].iter().find_map(|article| words.strip_prefix(article));
    without.map_or_else(|| words.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(mut given: Value, expected: &Value) {
        once(&mut given);
        assert_eq!(given, *expected);
    }

    #[test]
    fn a_name_is_not_said_again() {
        check(
            json!({"properties": {"accountId": {"title": "Account Id", "description": "The account ID.", "type": "string"},
                                  "level": {"title": "Level", "description": "Level where the task is."}}}),
            &json!({"properties": {"accountId": {"type": "string"}, "level": {"description": "Level where the task is."}}}),
        );
    }

    #[test]
    fn a_title_and_the_words_around_are_not_said_again() {
        check(
            json!({"properties": {"x": {"title": "Due date", "description": "Due date."},
                                  "tags": {"description": "Labels to add.", "items": {"description": "Labels to add."}}}}),
            &json!({"properties": {"x": {"title": "Due date"},
                                   "tags": {"description": "Labels to add.", "items": {}}}}),
        );
    }

    #[test]
    fn a_reference_does_not_repeat_its_definition_and_data_is_no_prose() {
        check(
            json!({"properties": {"a": {"$ref": "#/$defs/A", "description": "A thing."}, "b": {"$ref": "#/$defs/A", "description": "Another."},
                                  "description": {"const": {"title": "a", "description": "a"}}},
                   "$defs": {"A": {"title": "A", "description": "A thing."}}}),
            &json!({"properties": {"a": {"$ref": "#/$defs/A"}, "b": {"$ref": "#/$defs/A", "description": "Another."},
                                   "description": {"const": {"title": "a", "description": "a"}}},
                    "$defs": {"A": {"description": "A thing."}}}),
        );
    }
}
