//! Held schemas to [`ir::Schema`]: the JSON form that judges, and beside it the schema taken apart into a kind that
//! accepts exactly the same, or [`Kind::Checked`] where only the JSON form can say.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::simple::{self, Simple};
use crate::held::{self, Extra, Held, Types};
use crate::ir::{self, Additional, Kind, ListRules, NumberRules, ObjectRules, Property, TextRules};
use crate::judge;
use crate::limits;
use crate::problems::Problems;

/// What is remembered from one schema to the next.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Nodes of all JSON forms so far.
    nodes: usize,
    /// Places of the compositions that are being merged, outermost first.
    merging: Vec<(Arc<str>, String)>,
    /// How many were merged inside another so far.
    nested_merges: usize,
}

/// Lowers schemas.
pub(crate) struct Lowering<'l> {
    /// All named schemas.
    pub(crate) named: &'l IndexMap<String, Held>,
    /// What is remembered.
    pub(crate) memory: &'l mut Memory,
    /// Problems found.
    pub(crate) problems: &'l mut Problems,
}

/// A kind with the JSON form that accepts the same, null aside.
struct Lowered {
    kind: Kind,
    json: Map<String, Value>,
}

impl Lowering<'_> {
    /// Lowers one schema and everything inside it.
    pub(crate) fn schema(&mut self, held: &Held) -> ir::Schema {
        if self.memory.nodes > limits::SCHEMA_NODES {
            let message = format!("all schemas together have more than {} nodes", limits::SCHEMA_NODES);
            // One place is enough: everything after the limit is cut in the same way.
            self.problems.error("limit-schemas", held.at.clone(), message);
            return self.finish(held, held, Lowered { kind: Kind::Any, json: Map::new() }, false);
        }
        let (named, mut merges) = (self.named, false);
        let simplified = simple::simplify(held, named, || {
            merges = merges || self.enter(held);
            merges
        });
        let schema = match simplified {
            Ok(simple) => self.simple(held, simple),
            Err(reason) => self.checked(held, reason),
        };
        if merges {
            self.memory.merging.pop();
        }
        schema
    }

    /// A composition that contains itself, or nests deep, would be written out again and again.
    fn enter(&mut self, held: &Held) -> bool {
        let place = (held.at.file.clone(), held.at.pointer.clone());
        let depth = self.memory.merging.len();
        self.memory.nested_merges += usize::from(depth > 0);
        let is_new = depth < limits::MERGE_NESTING
            && self.memory.nested_merges <= limits::NESTED_MERGES
            && !self.memory.merging.contains(&place);
        if is_new {
            self.memory.merging.push(place);
        }
        is_new
    }

    fn simple(&mut self, original: &Held, simple: Simple<'_>) -> ir::Schema {
        let Simple { held, mut nullable } = simple;
        let lowered = if held.never {
            Err("nothing can be accepted")
        } else if held.not.is_some() {
            Err("`not` has no typed form")
        } else if !held.further.is_empty() {
            Err("it has keywords without a typed form")
        } else if let Some(name) = &held.reference {
            if held.has_own_rules() || held.is_composed() {
                Err("rules beside a reference")
            } else {
                Ok(Lowered {
                    kind: Kind::Reference(name.clone()),
                    json: object([("$ref", json!(ir::reference(name)))]),
                })
            }
        } else if !held.any_of.is_empty() || !held.one_of.is_empty() {
            self.union(&held)
        } else {
            nullable |= accepts_null(&held);
            self.value(&held)
        };
        match lowered {
            Ok(lowered) => {
                let is_checked = matches!(lowered.kind, Kind::Checked);
                if is_checked {
                    self.checked(original, "nothing can be accepted")
                } else {
                    self.finish(original, &held, lowered, nullable)
                }
            }
            Err(reason) => self.checked(original, reason),
        }
    }

    fn union(&mut self, held: &Held) -> Result<Lowered, &'static str> {
        let both = !held.any_of.is_empty() && !held.one_of.is_empty();
        if both || held.has_own_rules() {
            return Err("a choice beside other rules");
        }
        let exactly_one = !held.one_of.is_empty();
        let choices = if exactly_one { &held.one_of } else { &held.any_of };
        let mut choices: Vec<ir::Schema> = choices.iter().map(|choice| self.schema(choice)).collect();
        let forms = Value::Array(choices.iter_mut().map(form_of).collect());
        let key = if exactly_one { "oneOf" } else { "anyOf" };
        Ok(Lowered { kind: Kind::Union { exactly_one, choices }, json: object([(key, forms)]) })
    }

    /// A schema without composition.
    fn value(&mut self, held: &Held) -> Result<Lowered, &'static str> {
        if let Some(values) = &held.enumeration {
            return Ok(self.enumeration(held, values));
        }
        let Some(types) = held.types else {
            if !held.has_rules_besides_format() {
                return Ok(Lowered { kind: Kind::Any, json: Map::new() });
            }
            return Err("rules for several types without `type`");
        };
        let names = types.without(Types::NULL).names();
        match names[..] {
            [] => Ok(Lowered { kind: Kind::Null, json: object([("type", json!("null"))]) }),
            [one] => Ok(self.typed(held, one)),
            ref several => {
                let mut choices: Vec<ir::Schema> =
                    several.iter().map(|name| self.one_type(held, name)).collect();
                let forms = Value::Array(choices.iter_mut().map(form_of).collect());
                Ok(Lowered {
                    kind: Kind::Union { exactly_one: false, choices },
                    json: object([("anyOf", forms)]),
                })
            }
        }
    }

    /// The part of a schema of several types that is about one of them.
    fn one_type(&mut self, held: &Held, name: &str) -> ir::Schema {
        let alone = Held { types: Types::named(name), remarks: held::Remarks::default(), ..held.clone() };
        let lowered = self.typed_quietly(&alone, name, true);
        self.finish(&alone, &alone, lowered, false)
    }

    fn typed(&mut self, held: &Held, name: &str) -> Lowered {
        self.typed_quietly(held, name, false)
    }

    fn typed_quietly(&mut self, held: &Held, name: &str, quiet: bool) -> Lowered {
        let is_number = matches!(name, "integer" | "number");
        let idle = [
            (held.numbers != NumberRules::default() && !is_number, "numbers"),
            (held.text != TextRules::default() && name != "string", "text"),
            (held.has_list_rules() && name != "array", "lists"),
            (held.has_object_rules() && name != "object", "objects"),
        ];
        for (_, subject) in idle.into_iter().filter(|(is_idle, _)| *is_idle && !quiet) {
            let message =
                format!("the rules on {subject} say nothing of a value of type {name} and are left out");
            self.problems.note("idle-keyword", held.at.clone(), message);
        }
        let format = held.format.clone();
        let kind = match name {
            "boolean" => Kind::Boolean,
            "string" => Kind::Text(TextRules { format, ..held.text.clone() }),
            "array" => return self.list(held),
            "object" => return self.object(held),
            _ => {
                let rules = NumberRules { format, ..held.numbers.clone() };
                if name == "integer" { Kind::Integer(rules) } else { Kind::Number(rules) }
            }
        };
        let mut json = object([("type", json!(name))]);
        held.write_rules_on(Types::named(name).unwrap_or(Types::ALL), &mut json);
        Lowered { kind, json }
    }

    fn list(&mut self, held: &Held) -> Lowered {
        let mut items = match &held.items {
            Some(items) => self.schema(items),
            None => self.schema(&Held::any(held.at.clone())),
        };
        let mut json = object([("type", json!("array"))]);
        held.write_rules_on(Types::ARRAY, &mut json);
        if held.items.is_some() {
            json.insert("items".into(), form_of(&mut items));
        }
        let rules = ListRules {
            items: Box::new(items),
            min_items: held.min_items,
            max_items: held.max_items,
            unique: held.unique,
        };
        Lowered { kind: Kind::List(rules), json }
    }

    fn object(&mut self, held: &Held) -> Lowered {
        let mut properties = Vec::with_capacity(held.properties.len());
        let mut forms = Map::new();
        for (name, property) in &held.properties {
            let mut schema = self.schema(property);
            forms.insert(name.clone(), form_of(&mut schema));
            properties.push(Property { name: name.clone(), required: held.required.contains(name), schema });
        }
        for name in held.required.iter().filter(|name| !held.properties.contains_key(*name)) {
            let schema = match &held.additional {
                Extra::Closed => {
                    let message = format!(
                        "`{name}` is required but neither declared nor allowed: nothing can be accepted"
                    );
                    self.problems.warning("unsatisfiable", held.at.clone(), message);
                    return Lowered { kind: Kind::Checked, json: Map::new() };
                }
                Extra::Schema(extra) => self.schema(extra),
                Extra::Unsaid | Extra::Any => self.schema(&Held::any(held.at.clone())),
            };
            properties.push(Property { name: name.clone(), required: true, schema });
        }
        let mut json = object([("type", json!("object"))]);
        if !forms.is_empty() {
            json.insert("properties".into(), Value::Object(forms));
        }
        let mut additional = match &held.additional {
            Extra::Unsaid => Additional::Unsaid,
            Extra::Any => Additional::Any,
            Extra::Closed => Additional::Closed,
            Extra::Schema(extra) => Additional::Schema(Box::new(self.schema(extra))),
        };
        held.write_rules_on(Types::OBJECT, &mut json);
        if let Additional::Schema(extra) = &mut additional {
            json.insert("additionalProperties".into(), form_of(extra));
        }
        let rules = ObjectRules {
            properties,
            additional,
            min_properties: held.min_properties,
            max_properties: held.max_properties,
        };
        Lowered { kind: Kind::Object(rules), json }
    }

    /// Only the listed values that the other rules accept can ever be accepted; these are the enumeration.
    fn enumeration(&mut self, held: &Held, values: &[Value]) -> Lowered {
        let is_accepted = |value: &&Value| judge::accepts(held, value, self.named);
        let mut accepted: Vec<Value> =
            values.iter().filter(is_accepted).filter(|value| !value.is_null()).cloned().collect();
        let listed = values.iter().filter(|value| !value.is_null()).count();
        let mut types = held.types;
        if accepted.len() < listed {
            let kept_all = accepted.is_empty();
            let words =
                if kept_all { "none of the listed values is" } else { "not all of the listed values are" };
            let consequence =
                if kept_all { "the list is taken as it stands" } else { "the others are left out" };
            let message = format!("{words} accepted by the other rules of the schema; {consequence}");
            self.problems.warning("enum-mismatch", held.at.clone(), message);
            if kept_all {
                accepted = values.iter().filter(|value| !value.is_null()).cloned().collect();
                types = None;
            }
        }
        if accepted.is_empty() {
            return Lowered { kind: Kind::Null, json: object([("type", json!("null"))]) };
        }
        let mut json = Map::new();
        if let Some(types) = types.map(|types| types.without(Types::NULL)) {
            json.insert("type".into(), types.json());
        }
        json.insert("enum".into(), Value::Array(accepted.clone()));
        Lowered { kind: Kind::Enumeration(accepted), json }
    }

    fn checked(&mut self, held: &Held, reason: &'static str) -> ir::Schema {
        let message = format!(
            "{reason}: the value is checked against the schema as a whole, without a type of its own"
        );
        self.problems.note("checked-schema", held.at.clone(), message);
        let bare = Held { remarks: held::Remarks::default(), ..held.clone() };
        let json = match bare.json() {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        self.finish(held, held, Lowered { kind: Kind::Checked, json }, false)
    }

    /// Adds null, remarks and hints. `original` is the schema as held, `held` the simpler one with its remarks.
    fn finish(&mut self, original: &Held, held: &Held, lowered: Lowered, nullable: bool) -> ir::Schema {
        let Lowered { kind, mut json } = lowered;
        let mut remarks = held.remarks.clone();
        if nullable {
            add_null(&kind, &mut json);
        }
        self.check_remarks(original, &mut remarks);
        remarks.write(&mut json);
        self.memory.nodes += own_nodes(&kind, &json);
        let nullable = match &kind {
            Kind::Any | Kind::Checked => false,
            Kind::Null => true,
            Kind::Reference(_) | Kind::Union { .. } => judge::accepts(original, &Value::Null, self.named),
            _ => nullable,
        };
        ir::Schema {
            at: held.at.clone(),
            json: Some(Value::Object(json)),
            title: remarks.title,
            description: remarks.description,
            kind,
            nullable,
            default: remarks.default,
            deprecated: remarks.deprecated,
            read_only: remarks.read_only,
            write_only: remarks.write_only,
            mcp: remarks.hints,
        }
    }

    fn check_remarks(&mut self, held: &Held, remarks: &mut held::Remarks) {
        let accepts = |value: &Value| judge::accepts(held, value, self.named);
        if remarks.default.as_ref().is_some_and(|default| !accepts(default)) {
            let default = remarks.default.take().unwrap_or_default();
            let message =
                format!("the default {} is not accepted by its own schema; it is left out", shown(&default));
            self.problems.warning("default-mismatch", held.at.clone(), message);
        }
        if let Some(pin) = remarks.hints.pin.as_ref().filter(|pin| !accepts(pin)) {
            let message = format!("the pinned value {} is not accepted by its schema", shown(pin));
            self.problems.error("hint", held.at.clone(), message);
        }
    }
}

/// Whether a schema without composition lists null among what it accepts.
fn accepts_null(held: &Held) -> bool {
    let by_type = held.types.is_some_and(|types| types.has(Types::NULL));
    match &held.enumeration {
        Some(values) => {
            values.contains(&Value::Null) && held.types.is_none_or(|types| types.has(Types::NULL))
        }
        None => by_type,
    }
}

/// Makes a JSON form accept null too.
fn add_null(kind: &Kind, json: &mut Map<String, Value>) {
    match kind {
        Kind::Any | Kind::Checked | Kind::Null => {}
        Kind::Union { exactly_one: false, .. } => {
            if let Some(Value::Array(choices)) = json.get_mut("anyOf") {
                choices.push(json!({"type": "null"}));
            }
        }
        Kind::Reference(_) | Kind::Union { .. } => {
            let inner = Value::Object(std::mem::take(json));
            json.insert("anyOf".into(), json!([inner, {"type": "null"}]));
        }
        _ => {
            if let Some(Value::Array(values)) = json.get_mut("enum") {
                values.push(Value::Null);
            }
            if let Some(types) = json.get_mut("type") {
                let mut names = match types.take() {
                    Value::Array(names) => names,
                    one => vec![one],
                };
                names.push(json!("null"));
                *types = Value::Array(names);
            }
        }
    }
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
    members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// The form of a schema inside another, for the other's form: what only the form describes keeps it as well.
fn form_of(inside: &mut ir::Schema) -> Value {
    let form = if matches!(inside.kind, Kind::Checked) { inside.json.clone() } else { inside.json.take() };
    form.unwrap_or_default()
}

/// The nodes of a form, those of the schemas inside left out: they were counted before.
fn own_nodes(kind: &Kind, json: &Map<String, Value>) -> usize {
    let listed = match kind {
        Kind::Checked => json.values().map(nodes).sum(),
        Kind::Enumeration(values) => values.iter().map(nodes).sum(),
        Kind::Object(rules) => rules.properties.len(),
        _ => 0usize,
    };
    1 + json.len() + listed
}

fn nodes(value: &Value) -> usize {
    1 + match value {
        Value::Object(members) => members.values().map(nodes).sum(),
        Value::Array(items) => items.iter().map(nodes).sum(),
        _ => 0usize,
    }
}

/// A value of the document in a message, cut when it is long.
pub(crate) fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 80 { text } else { text.chars().take(77).chain("...".chars()).collect() }
}
