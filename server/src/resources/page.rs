//! The page about a tool, in Markdown: what a person or a model wants to know before its first call, from what the catalog says.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::catalog::{Api, Tool, Work};
use crate::decode::Gate;
use crate::engine::Engine;

/// The page about this tool.
pub(super) fn of(tool: &Tool, engine: &Engine) -> String {
    let mut page = format!("# {}\n\n`{}`: {}\n", tool.title, tool.name, tool.description);
    facts(tool, engine, &mut page);
    schema("Arguments", tool.input_schema, &closed(tool, engine), &mut page);
    match tool.output_schema {
        Some(text) => schema("Answer", text, &[], &mut page),
        None => page.push_str("\n## Answer\n\nA text.\n"),
    }
    page
}

fn facts(tool: &Tool, engine: &Engine, page: &mut String) {
    let mut fact = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = write!(page, "\n- {name}: {value}");
        }
    };
    fact("effect", tool.effect.word());
    fact("repeating a call changes nothing more", if tool.idempotent { "yes" } else { "no" });
    fact("a person is asked first", if engine.asks(tool) { "yes" } else { "no" });
    if let Work::Request(_) = tool.work {
        fact("operation", &format!("`{} {}` ({})", tool.method, tool.template, tool.operation));
        fact("tags", &tool.tags.join(", "));
    }
    fact("scopes", &scopes(engine.api(), tool));
    fact("read as", &tool.resource.map(|uri| format!("`{uri}`")).unwrap_or_default());
    if let Some(long) = &tool.long {
        fact("work goes on after the answer; its state comes from", &format!("`{}`", long.tool));
    }
    if tool.deprecated {
        fact("deprecated", "yes");
    }
    page.push('\n');
}

fn scopes(api: &Api, tool: &Tool) -> String {
    api.scopes(tool).iter().map(|scope| format!("`{scope}`")).collect::<Vec<_>>().join(", ")
}

/// The arguments that this deployment does not offer.
fn closed(tool: &Tool, engine: &Engine) -> Vec<&'static str> {
    let is_closed = |gate: Gate| match gate {
        Gate::Callbacks => engine.deployment().callback_hosts.is_empty(),
    };
    let gated = tool.gated.iter().filter(|gated| is_closed(gated.gate));
    gated.filter_map(|gated| gated.pointer.strip_prefix("/properties/")).collect()
}

/// The members of an object, a line for each, but those that are left out.
fn schema(title: &str, text: &str, left_out: &[&str], page: &mut String) {
    let _ = write!(page, "\n## {title}\n\n");
    let schema: Value = serde_json::from_str(text).unwrap_or_default();
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let empty = Map::new();
    let members = schema["properties"].as_object().unwrap_or(&empty);
    if members.is_empty() {
        page.push_str("None.\n");
    }
    for (name, member) in members.iter().filter(|(name, _)| !left_out.contains(&name.as_str())) {
        let must = if required.iter().any(|one| one == name) { ", required" } else { "" };
        let _ = write!(page, "- `{name}` ({}{must})", kind(member, &schema));
        if let Some(description) = member["description"].as_str() {
            let _ = write!(page, ": {}", description.split_whitespace().collect::<Vec<_>>().join(" "));
        }
        page.push('\n');
    }
}

/// The type of a member in a word or two.
fn kind(member: &Value, root: &Value) -> String {
    let target = member["$ref"].as_str().and_then(|target| target.strip_prefix('#'));
    let member = target.and_then(|pointer| root.pointer(pointer)).unwrap_or(member);
    if let Some(values) = member["enum"].as_array() {
        return values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(" or ");
    }
    match &member["type"] {
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "any".to_owned(),
    }
}
