//! What a caller may choose of an answer: the argument for it, and the members that it can name.

use std::collections::BTreeSet;

use openapi::ir::{self, Operation};
use serde_json::{Value, json};

use super::findings::Findings;
use super::model::Fields;

/// The argument's name.
const ARGUMENT: &str = "fields";
/// How deep members are offered.
const DEPTH: usize = 3;
/// How many members a message names.
const NAMED: usize = 20;

/// Adds the argument to the schema of the tool's arguments, if the overlay wants it.
pub(crate) fn plan(
    operation: &Operation,
    input: &mut Value,
    output: Option<&Value>,
    findings: &mut Findings,
) -> Option<Fields> {
    let hint = operation.mcp.fields.as_ref()?;
    let offered = match output {
        Some(output) => offered(hint, output),
        None => Err("nothing is known of the answer's members".to_owned()),
    };
    let added = offered.and_then(|fields| {
        let schema = json!({
            "type": "array",
            "description": "The members of the answer that are wanted; all without it.",
            "items": { "type": "string", "enum": fields.offered },
            "minItems": 1
        });
        add_argument(input, ARGUMENT, schema).map(|()| fields)
    });
    added.map_err(|message| findings.error("hint", &hint.at, format!("`fields`: {message}"))).ok()
}

/// Adds an argument that this server keeps to itself; an error is that there is one of this name already.
pub(crate) fn add_argument(input: &mut Value, name: &str, schema: Value) -> Result<(), String> {
    let taken = || format!("the operation has an argument `{name}` of its own");
    if input["properties"].is_null() {
        input["properties"] = json!({});
    }
    let properties = input["properties"].as_object_mut().filter(|properties| !properties.contains_key(name));
    properties.ok_or_else(taken)?.insert(name.to_owned(), schema);
    Ok(())
}

fn offered(hint: &ir::Fields, output: &Value) -> Result<Fields, String> {
    let mut members = Members { root: output, fields: Fields::default(), above: BTreeSet::new() };
    members.below(output, "", 1);
    let mut fields = members.fields;
    if fields.offered.is_empty() {
        return Err("nothing is known of the answer's members".to_owned());
    }
    if !hint.paths.is_empty() {
        if let Some(unknown) = hint.paths.iter().find(|path| !fields.offered.contains(path)) {
            let known: Vec<&str> = fields.offered.iter().take(NAMED).map(String::as_str).collect();
            let more = if fields.offered.len() > NAMED { ", ..." } else { "" };
            return Err(format!(
                "`{unknown}` is no member of the answer; these are: {}{more}",
                known.join(", ")
            ));
        }
        fields.offered.retain(|path| hint.paths.contains(path));
    }
    Ok(fields)
}

/// Collects the paths of an answer's members.
struct Members<'s> {
    root: &'s Value,
    fields: Fields,
    /// The definitions that the present place lies in, so that a schema within itself ends.
    above: BTreeSet<&'s str>,
}

impl<'s> Members<'s> {
    fn below(&mut self, schema: &'s Value, prefix: &str, depth: usize) {
        if let Some(name) =
            schema.get("$ref").and_then(Value::as_str).and_then(|at| at.strip_prefix("#/$defs/"))
        {
            let definition = self.root.get("$defs").and_then(|definitions| definitions.get(name));
            if let Some(definition) = definition.filter(|_| self.above.insert(name)) {
                self.below(definition, prefix, depth);
                self.above.remove(name);
            }
            return;
        }
        if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
            // A value or `null`; of other choices nothing is the same in all.
            let mut values = choices.iter().filter(|choice| choice.get("type") != Some(&json!("null")));
            if let (Some(value), None) = (values.next(), values.next()) {
                self.below(value, prefix, depth);
            }
            return;
        }
        if let Some(items) = schema.get("items") {
            return self.below(items, prefix, depth);
        }
        self.object(schema, prefix, depth);
    }

    fn object(&mut self, schema: &'s Value, prefix: &str, depth: usize) {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
        // A dot within a name would be taken for one between two.
        if depth > DEPTH || properties.keys().any(|name| name.contains('.')) {
            return;
        }
        let path = |name: &str| if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        self.fields.kept.extend(required.filter_map(Value::as_str).map(path));
        for (name, member) in properties {
            let path = path(name);
            self.fields.offered.push(path.clone());
            self.below(member, &path, depth + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> Value {
        json!({
            "type": "object",
            "properties": {
                "message": { "type": "string" },
                "tasks": { "type": "array", "items": { "$ref": "#/$defs/Task" } },
                "owner": { "anyOf": [{ "$ref": "#/$defs/Owner" }, { "type": "null" }] },
                "dotted": { "type": "object", "properties": { "a.b": {} } }
            },
            "required": ["tasks"],
            "$defs": {
                "Task": { "type": "object", "properties": { "id": {}, "parent": { "$ref": "#/$defs/Task" } }, "required": ["id"] },
                "Owner": { "type": "object", "properties": { "name": { "type": "string" } } }
            }
        })
    }

    fn check(paths: &[&str]) -> Result<Fields, String> {
        let hint = ir::Fields {
            at: openapi::report::Place { pointer: String::new(), file: "".into(), line: 1, column: 1 },
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        };
        offered(&hint, &schema())
    }

    #[test]
    fn members_are_found_through_lists_references_and_null() {
        let fields = check(&[]).expect("there are members");
        let expected = ["message", "tasks", "tasks.id", "tasks.parent", "owner", "owner.name", "dotted"];
        assert_eq!(fields.offered, expected);
        assert_eq!(fields.kept, ["tasks", "tasks.id"]);
    }

    #[test]
    fn a_list_offers_what_it_names_and_what_is_no_member_is_told() {
        assert_eq!(check(&["tasks.id", "message"]).expect("both are there").offered, ["message", "tasks.id"]);
        let told = check(&["tasks.name"]).expect_err("it is not there");
        assert!(
            told.starts_with("`tasks.name` is no member of the answer; these are: message, tasks,"),
            "{told}"
        );
    }

    #[test]
    fn an_argument_of_that_name_is_left_alone() {
        let mut input = json!({ "type": "object", "properties": { "fields": {} } });
        assert!(add_argument(&mut input, "fields", json!(true)).is_err());
        let mut empty = json!({ "type": "object" });
        add_argument(&mut empty, "fields", json!(true)).expect("there is none");
        assert_eq!(empty, json!({ "type": "object", "properties": { "fields": true } }));
    }
}
