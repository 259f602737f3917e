//! Work that goes on after the answer to an operation: which tool tells how far it is, with what arguments. What the overlay
//! says is held against both tools, since nobody would notice a wrong pointer before the first long wait.

use openapi::ir::{self, Operation};
use serde_json::{Value, json};

use super::fields::add_argument;
use super::findings::Findings;
use super::model::{Effect, Long, Tool};

/// The argument by which a caller waits for the end of the work.
const ARGUMENT: &str = "wait_seconds";
/// The longest wait that can be asked for; how long one may be is the deployment's.
const LONGEST: u32 = 86_400;
/// The member of the answer that tells how far the work is.
const MEMBER: &str = "followUp";

/// Decides for each tool of an operation with such work how it is followed.
pub(crate) fn plan(named: &[(&Operation, Option<String>)], tools: &mut [Tool], findings: &mut Findings) {
    for (operation, _) in named {
        let Some(hint) = &operation.mcp.long else { continue };
        let read = read_of(hint, named, tools);
        // Only the operation's own tools: others may have its identifier too.
        let is_own = |tool: &Tool| {
            (tool.operation == operation.id)
                && tool.template == operation.path.template
                && tool.method == operation.method.as_sent()
        };
        for tool in tools.iter_mut().filter(|tool| is_own(tool)) {
            let planned = read.as_ref().map_err(Clone::clone).and_then(|read| followed(hint, tool, read));
            if let Err(message) = planned {
                findings.error("hint", &hint.at, format!("`long`: {message}"));
            }
        }
    }
}

/// What is needed of the tool that reads.
struct Read {
    name: String,
    /// Its arguments, and whether each is required.
    arguments: Vec<(String, bool)>,
}

fn read_of(hint: &ir::Long, named: &[(&Operation, Option<String>)], tools: &[Tool]) -> Result<Read, String> {
    let poll = &hint.poll;
    let mut operations = named.iter().filter(|(operation, _)| operation.id == *poll);
    let name = match (operations.next(), operations.next()) {
        (None, _) => return Err(format!("`poll`: there is no operation `{poll}`")),
        (_, Some(_)) => return Err(format!("`poll`: several operations are called `{poll}`")),
        (Some((_, name)), None) => name.as_deref(),
    };
    let tool = name.and_then(|name| tools.iter().find(|tool| tool.name == name));
    let tool = tool.ok_or_else(|| format!("`poll`: the operation `{poll}` is no tool"))?;
    if tool.effect != Effect::Read {
        return Err(format!("`poll`: the operation `{poll}` is no read"));
    }
    let output = schema(tool.output_schema.as_deref());
    if !leads(&output, &hint.state) {
        return Err(format!("`state`: {} leads to nothing in the answer of `{poll}`", hint.state));
    }
    let fields = tool.arguments.fields.iter();
    let arguments = fields.map(|field| (field.wire.clone(), field.required)).collect();
    Ok(Read { name: tool.name.clone(), arguments })
}

/// Decides it for one tool, and tells clients: an argument more, and a member more of the answer.
fn followed(hint: &ir::Long, tool: &mut Tool, read: &Read) -> Result<(), String> {
    let mut output = schema(tool.output_schema.as_deref());
    if !leads(&output, &hint.id) {
        return Err(format!("`id`: {} leads to nothing in the answer of `{}`", hint.id, tool.name));
    }
    for (argument, source) in &hint.with {
        let taken = read.arguments.iter().find(|(name, _)| name == argument);
        let (_, is_required) = taken.ok_or_else(|| {
            let known: Vec<&str> = read.arguments.iter().map(|(name, _)| name.as_str()).collect();
            format!("`with`: `{argument}` is no argument of `{}`; these are: {}", read.name, known.join(", "))
        })?;
        source_exists(tool, &output, source, *is_required)?;
    }
    let missing = read.arguments.iter().find(|(name, required)| *required && !hint.with.contains_key(name));
    if let Some((missing, _)) = missing {
        return Err(format!("`with`: `{}` needs the argument `{missing}`", read.name));
    }
    let mut input = schema(Some(&tool.input_schema));
    add_argument(&mut input, ARGUMENT, argument())?;
    add_member(&mut output)?;
    tool.input_schema = input.to_string();
    tool.output_schema = Some(output.to_string());
    tool.long = Some(Long {
        id: hint.id.clone(),
        tool: read.name.clone(),
        with: hint.with.iter().map(|(name, source)| (name.clone(), source.clone())).collect(),
        state: hint.state.clone(),
        done: hint.done.clone(),
        failed: hint.failed.clone(),
        waiting: hint.waiting.clone(),
    });
    Ok(())
}

/// What an argument of the read is taken from must be there.
fn source_exists(tool: &Tool, output: &Value, source: &str, is_required: bool) -> Result<(), String> {
    if source.starts_with('/') {
        return match leads(output, source) {
            true => Ok(()),
            false => Err(format!("`with`: {source} leads to nothing in the answer of `{}`", tool.name)),
        };
    }
    match tool.arguments.fields.iter().find(|field| field.wire == source) {
        Some(field) if field.required || !is_required => Ok(()),
        Some(_) => Err(format!("`with`: `{source}` may be left out, and the read needs it")),
        None => Err(format!(
            "`with`: `{source}` is no argument of `{}`; a pointer into its answer begins with `/`",
            tool.name
        )),
    }
}

fn argument() -> Value {
    json!({
        "type": "integer",
        "description": "How many seconds to wait for the work that this starts; left out, the answer comes at once. Whether it waits or not, the work goes on.",
        "minimum": 0,
        "maximum": LONGEST
    })
}

fn add_member(output: &mut Value) -> Result<(), String> {
    let properties = output["properties"].as_object_mut();
    let properties = properties.filter(|properties| !properties.contains_key(MEMBER));
    let properties = properties.ok_or_else(|| format!("the answer has a member `{MEMBER}` of its own"))?;
    let member = json!({
        "type": "object",
        "description": "How far the work is that goes on after the answer, and the call that tells it.",
        "properties": {
            "outcome": { "type": "string", "enum": ["running", "waiting", "done", "failed"] },
            "state": { "type": "string" },
            "tool": { "type": "string" },
            "arguments": { "type": "object" }
        },
        "required": ["outcome", "tool", "arguments"]
    });
    properties.insert(MEMBER.to_owned(), member);
    Ok(())
}

fn schema(text: Option<&str>) -> Value {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// Whether the pointer leads to a member that the schema declares.
fn leads(root: &Value, pointer: &str) -> bool {
    let names = pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~"));
    let mut at = Some(root);
    for name in names {
        at = at.and_then(|schema| resolved(root, schema)).and_then(|schema| {
            let member = schema.get("properties").and_then(|properties| properties.get(&name));
            member.or_else(|| schema.get("items").filter(|_| name.parse::<usize>().is_ok()))
        });
    }
    at.is_some()
}

/// The schema behind references, and behind a choice between it and `null`.
fn resolved<'s>(root: &'s Value, mut schema: &'s Value) -> Option<&'s Value> {
    for _ in 0..16 {
        let name = schema.get("$ref").and_then(Value::as_str).and_then(|at| at.strip_prefix("#/$defs/"));
        let choices = schema.get("anyOf").and_then(Value::as_array);
        schema = match (name, choices) {
            (Some(name), _) => root.get("$defs")?.get(name)?,
            (None, Some(choices)) => {
                choices.iter().find(|choice| choice.get("type") != Some(&json!("null")))?
            }
            (None, None) => return Some(schema),
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_leads_through_what_the_schema_declares() {
        let root = json!({
            "properties": {
                "set": { "anyOf": [{ "$ref": "#/$defs/Set" }, { "type": "null" }] },
                "a/b": {},
                "loop": { "$ref": "#/$defs/Loop" }
            },
            "$defs": {
                "Set": { "properties": { "tasks": { "items": { "properties": { "id": {} } } } } },
                "Loop": { "$ref": "#/$defs/Loop" }
            }
        });
        for (pointer, expected) in [
            ("/set", true),
            ("/set/tasks/0/id", true),
            ("/a~1b", true),
            ("/set/tasks/id", false),
            ("/set/name", false),
            ("/none", false),
            ("/loop/id", false),
        ] {
            assert_eq!(leads(&root, pointer), expected, "{pointer}");
        }
    }
}
