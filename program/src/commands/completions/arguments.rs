//! What shells complete behind `--arg`: the arguments of a tool, and the values that one may have, as its schema has them. The
//! description of the commands knows neither, since both hang on the tool that the line names.

use serde_json::{Map, Value};
use server::catalog::Tool;

use crate::Program;
use crate::arguments::Shell;

/// The text that completes commands in this shell, with what completes their arguments.
pub(super) fn beside(text: &str, program: &Program, shell: Shell) -> String {
    let tools: Vec<(&str, Vec<String>)> = program
        .api
        .tools
        .iter()
        .map(|tool| (tool.name, words(tool)))
        .filter(|(_, words)| !words.is_empty())
        .collect();
    let cases = |line: fn(&str, &str) -> String| {
        let lines: Vec<String> = tools.iter().map(|(tool, words)| line(tool, &words.join(" "))).collect();
        lines.join("\n")
    };
    let name = program.name;
    match shell {
        Shell::Bash => {
            let cases = cases(|tool, words| format!("            {tool}) known='{words}' ;;"));
            text.to_owned() + &filled(include_str!("arguments.bash"), name, &name.replace('-', "__"), &cases)
        }
        Shell::Zsh => {
            let cases = cases(|tool, words| format!("            ({tool}) known=({words}) ;;"));
            let function = filled(include_str!("arguments.zsh"), name, name, &cases);
            // A file of zsh begins with what it completes, and ends with what runs it.
            let (head, rest) = text.split_once("\n\n").unwrap_or(("", text));
            let rest = each_argument(rest, |line| {
                line.replace(":NAME=VALUE:_default'", &format!(":NAME=VALUE:_{name}_arguments'"))
            });
            format!("{head}\n\n{function}{rest}")
        }
        Shell::Fish => {
            let function = format!("__{}", name.replace('-', "_"));
            let cases =
                cases(|tool, words| format!("            case {tool}\n                set known {words}"));
            let text = each_argument(text, |line| format!("{line} -f -a \"({function}_arguments)\""));
            text + &filled(include_str!("arguments.fish"), name, &function, &cases)
        }
    }
}

fn filled(text: &str, name: &str, function: &str, cases: &str) -> String {
    text.replace("FUNCTION", function).replace("NAME", name).replace("CASES", cases)
}

/// The text with the lines changed that describe `--arg`.
fn each_argument(text: &str, change: impl Fn(&str) -> String) -> String {
    let is_meant = |line: &str| line.starts_with("'*--arg=") || line.contains(" -l arg ");
    text.lines().fold(String::new(), |all, line| {
        all + &if is_meant(line) { change(line) } else { line.to_owned() } + "\n"
    })
}

/// `name=` for each argument of a tool, and `name=value` for each value that one is known to have; without those that a shell would
/// take for something else.
fn words(tool: &Tool) -> Vec<String> {
    let schema: Value =
        serde_json::from_str(tool.input_schema).expect("the generator writes schemas as JSON");
    let properties = schema["properties"].as_object().into_iter().flat_map(Map::iter);
    let mut words = Vec::new();
    for (name, property) in properties.filter(|(name, _)| is_plain(name)) {
        let known = Known::of(property, &schema);
        words.push(format!("{name}="));
        words
            .extend(known.into_iter().filter(|value| is_plain(value)).map(|value| format!("{name}={value}")));
    }
    words
}

/// The values that a schema names; of a list, those of its items.
struct Known<'s> {
    root: &'s Value,
    /// References that were followed.
    seen: Vec<&'s str>,
    values: Vec<String>,
}

impl<'s> Known<'s> {
    fn of(schema: &'s Value, root: &'s Value) -> Vec<String> {
        let mut known = Self { root, seen: Vec::new(), values: Vec::new() };
        known.collect(schema);
        known.values
    }

    fn collect(&mut self, schema: &'s Value) {
        let reference = schema.get("$ref").and_then(Value::as_str);
        if let Some(reference) = reference.filter(|reference| !self.seen.contains(reference)) {
            self.seen.push(reference);
            let target = reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
            target.into_iter().for_each(|target| self.collect(target));
        }
        let parts = ["anyOf", "oneOf", "allOf"].into_iter().filter_map(|name| schema.get(name)?.as_array());
        for part in parts.flatten().chain(schema.get("items")) {
            self.collect(part);
        }
        let named = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
        let is_boolean = schema.get("enum").is_none() && holds(schema.get("type"), "boolean");
        let both = ["true", "false"].map(str::to_owned).into_iter().filter(|_| is_boolean);
        for value in named.chain(schema.get("const")).filter_map(text).chain(both) {
            if !self.values.contains(&value) {
                self.values.push(value);
            }
        }
    }
}

/// Whether a type is this one, or one of several.
fn holds(kinds: Option<&Value>, kind: &str) -> bool {
    match kinds {
        Some(Value::Array(kinds)) => kinds.iter().any(|one| one == kind),
        Some(one) => one == kind,
        None => false,
    }
}

/// A value as it is typed.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Whether it means itself to every shell.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-+/".contains(&byte))
}

#[cfg(test)]
mod tests {
    use server::catalog::{Effect, Work};

    use super::*;

    #[test]
    fn names_and_values_are_those_of_the_schema_and_none_that_a_shell_reads() {
        static TOOL: Tool = Tool {
            name: "tool",
            input_schema: r##"{
                "$defs": { "Level": { "enum": ["DEV1", "a b", "$(x)", 7] }, "Loop": { "$ref": "#/$defs/Loop" } },
                "properties": {
                    "id": { "type": "string" },
                    "level": { "anyOf": [{ "$ref": "#/$defs/Level" }, { "const": "QA" }, { "type": "null" }] },
                    "levels": { "type": "array", "items": { "$ref": "#/$defs/Level" } },
                    "is-on": { "type": ["boolean", "null"] },
                    "loop": { "$ref": "#/$defs/Loop" },
                    "; rm": { "type": "string" }
                }
            }"##,
            ..Tool::bare(Effect::Read, Work::Rest)
        };
        let expected = "id= level= level=DEV1 level=7 level=QA levels= levels=DEV1 levels=7 is-on= is-on=true is-on=false loop=";
        assert_eq!(words(&TOOL).join(" "), expected);
    }
}
