//! What a person may mean who has begun to type the value of an argument: the choices of its schema, else what a tool that reads
//! says there is.
//!
//! A tool that reads is asked like by any call: the same decision, limits, cache and record. The tool is one whose arguments are all
//! known and whose answer lists members of the name that is wanted; the more of what is known it takes, the better it fits.

use serde_json::{Map, Value};

use crate::call::{Call, Caller, Purpose};
use crate::catalog::{Effect, Prompt, Tool, Work};
use crate::engine::Engine;
use crate::request::Part;

/// How many values are given at once; the protocol allows no more.
const MOST: usize = 100;
/// The longest value that is worth giving, in characters.
const LONGEST: usize = 200;

/// An argument of a tool that a value is wanted for.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) tool: &'static Tool,
    pub(crate) argument: String,
    /// Arguments whose values are known.
    pub(crate) known: Map<String, Value>,
}

/// The values that begin as what was typed.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Completion {
    pub(crate) values: Vec<String>,
    /// How many there are.
    pub(crate) total: usize,
}

impl Completion {
    /// Those of these values that begin so, in their order, each once.
    pub(crate) fn of(values: impl IntoIterator<Item = String>, typed: &str) -> Self {
        let typed = typed.to_lowercase();
        let mut kept: Vec<String> = Vec::new();
        for value in values {
            if value.to_lowercase().starts_with(&typed) && !kept.contains(&value) {
                kept.push(value);
            }
        }
        let total = kept.len();
        kept.truncate(MOST);
        Self { values: kept, total }
    }
}

/// The argument of a tool that an argument of a prompt is passed on to, with what is known of the others.
pub(crate) fn of_prompt(
    engine: &Engine,
    prompt: &Prompt,
    argument: &str,
    known: &Map<String, Value>,
) -> Option<Slot> {
    let passed = |parts: &[Part]| match parts {
        [Part::Parameter(name)] => Some(*name),
        _ => None,
    };
    let pairs = || {
        let steps = prompt.steps.iter().filter_map(|step| Some((step.tool?, step.with)));
        steps.flat_map(|(tool, with)| with.iter().map(move |(name, parts)| (tool, *name, *parts)))
    };
    let (tool, name, _) = pairs().find(|(_, _, parts)| passed(parts) == Some(argument))?;
    let known =
        pairs().filter_map(|(_, name, parts)| Some((name.to_owned(), known.get(passed(parts)?)?.clone())));
    Some(Slot { tool: engine.api().find(tool)?, argument: name.to_owned(), known: known.collect() })
}

/// The values for an argument of a tool that the caller may use. `call` makes a call of the caller's.
pub(crate) async fn complete(
    engine: &Engine,
    caller: &Caller,
    slot: &Slot,
    typed: &str,
    call: impl Fn(&'static Tool, Map<String, Value>) -> Call,
) -> Completion {
    let choices = choices(slot.tool, &slot.argument);
    if !choices.is_empty() {
        return Completion::of(choices, typed);
    }
    let Some((tool, arguments)) = source(engine, caller, slot) else { return Completion::default() };
    let mut call = call(tool, arguments);
    call.purpose = Purpose::Program;
    // What cannot be read completes nothing; the log has why.
    let answer = engine.call(call).await.ok().and_then(|reply| reply.into_structured()).unwrap_or_default();
    let mut found = Vec::new();
    named(&answer, &slot.argument, &mut found);
    Completion::of(found, typed)
}

/// The choices that the schema of an argument names.
fn choices(tool: &Tool, argument: &str) -> Vec<String> {
    let schema: Value = serde_json::from_str(tool.input_schema).unwrap_or_default();
    let resolved = |mut property: Value| {
        let target = property["$ref"].as_str().and_then(|target| target.strip_prefix('#'));
        if let Some(target) = target.and_then(|pointer| schema.pointer(pointer)) {
            property = target.clone();
        }
        property
    };
    let property = resolved(schema["properties"][argument].clone());
    let property = if property["items"].is_object() { resolved(property["items"].clone()) } else { property };
    match (&property["enum"], &property["type"]) {
        (Value::Array(values), _) => values.iter().filter_map(text).collect(),
        (_, Value::String(kind)) if kind == "boolean" => vec!["true".to_owned(), "false".to_owned()],
        _ => Vec::new(),
    }
}

/// The tool that says what there is, and its arguments.
fn source(engine: &Engine, caller: &Caller, slot: &Slot) -> Option<(&'static Tool, Map<String, Value>)> {
    let reads = engine.api().tools.iter().copied();
    let reads = reads.filter(|tool| tool.effect == Effect::Read && matches!(tool.work, Work::Request(_)));
    let fitting = reads.filter_map(|tool| {
        // The cheaper question first: most tools do not speak of it at all.
        if !tool.output_schema?.contains(&slot.argument) {
            return None;
        }
        let required = tool.required();
        let has_all = required.iter().all(|name| slot.known.contains_key(name));
        let lists = has_all && lists(&serde_json::from_str(tool.output_schema?).ok()?, &slot.argument);
        (lists && engine.may(caller, tool)).then_some((required, tool))
    });
    let (required, tool) =
        fitting.min_by_key(|(required, tool)| (std::cmp::Reverse(required.len()), tool.name))?;
    let arguments =
        required.into_iter().filter_map(|name| Some((name.clone(), slot.known.get(&name)?.clone())));
    Some((tool, arguments.collect()))
}

/// Whether something in a list has a member of this name.
fn lists(schema: &Value, name: &str) -> bool {
    let declares = |object: &Map<String, Value>| {
        object.get("properties").is_some_and(|members| members.get(name).is_some())
    };
    match schema {
        Value::Object(object) => {
            let items = object.get("items").and_then(Value::as_object);
            // An item may be defined elsewhere in the same schema, where the member then stands.
            items.is_some_and(|items| declares(items) || items.contains_key("$ref"))
                || object.values().any(|value| lists(value, name))
        }
        Value::Array(values) => values.iter().any(|value| lists(value, name)),
        _ => false,
    }
}

/// All values of members of this name, wherever they stand.
fn named(value: &Value, name: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (member, value) in members {
                match text(value).filter(|text| member == name && text.chars().count() <= LONGEST) {
                    Some(text) => found.push(text),
                    None => named(value, name, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| named(value, name, found)),
        _ => {}
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_begin_as_typed_and_come_once_and_not_too_many() {
        let values = ["DEV1", "dev2", "PRD", "DEV1"].map(str::to_owned);
        assert_eq!(
            Completion::of(values, "de"),
            Completion { values: vec!["DEV1".into(), "dev2".into()], total: 2 }
        );
        let many = Completion::of((0..=MOST).map(|number| number.to_string()), "");
        assert_eq!((many.values.len(), many.total), (MOST, MOST + 1));
    }

    #[test]
    fn members_are_found_wherever_they_stand() {
        let answer =
            json!({ "sets": [{ "setId": "S1", "more": { "setId": 2 } }, { "setId": " " }, { "set": "S3" }] });
        let mut found = Vec::new();
        named(&answer, "setId", &mut found);
        assert_eq!(found, ["S1", "2"]);
    }

    #[test]
    fn the_choices_of_a_schema_are_those_of_its_definition_or_its_items() {
        let schema = r##"{"properties":{"a":{"enum":["x","y"]},"b":{"$ref":"#/$defs/B"},"c":{"type":"array","items":{"enum":[1]}},
            "d":{"type":"boolean"},"e":{"type":"string"}},"$defs":{"B":{"enum":["z"]}}}"##;
        let tool = Tool { input_schema: schema, ..Tool::bare(Effect::Read, Work::Rest) };
        for (argument, expected) in [
            ("a", vec!["x", "y"]),
            ("b", vec!["z"]),
            ("c", vec!["1"]),
            ("d", vec!["true", "false"]),
            ("e", vec![]),
            ("f", vec![]),
        ] {
            assert_eq!(choices(&tool, argument), expected, "{argument}");
        }
    }
}
