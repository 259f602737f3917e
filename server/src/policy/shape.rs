//! What rules may know of a tool's arguments: their types, found in the tool's schema, as far as Cedar has them; and the values
//! of a call, as far as they are of these types.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::facts::Fact;
use crate::catalog::Tool;

/// How deep a schema is followed: one that contains itself has no end.
const DEEPEST: usize = 8;

/// The arguments of a tool that rules may read.
#[derive(Debug, PartialEq)]
pub(super) struct Shape {
    /// Each with its type.
    pub(super) members: Vec<Member>,
    /// The others, each with the reason.
    pub(super) left_out: Vec<(String, &'static str)>,
}

/// A member of an object.
#[derive(Debug, PartialEq)]
pub(super) struct Member {
    /// Its name.
    pub(super) name: String,
    /// What it is.
    pub(super) kind: Type,
    /// Whether it must be given.
    is_required: bool,
    /// Whether it may be given as null, which says as much as not to give it.
    is_nullable: bool,
}

impl Member {
    /// Whether a call that is good always has it.
    pub(super) fn is_certain(&self) -> bool {
        self.is_required && !self.is_nullable
    }
}

/// What Cedar can hold of JSON.
#[derive(Debug, PartialEq)]
pub(super) enum Type {
    Text,
    Integer,
    Boolean,
    Set(Box<Type>),
    Record(Vec<Member>),
}

/// An argument is not of its type, or one that must be given is not: a call with it is refused where arguments are checked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unfit;

impl Shape {
    /// The arguments of this tool. What is marked as secret is nothing for rules.
    pub(super) fn of(tool: &Tool) -> Self {
        let root: Value = serde_json::from_str(tool.input_schema).unwrap_or_default();
        let mut reading = Reading { root: &root, secrets: tool.secrets, left_out: Vec::new() };
        let members = reading.members(&root, "", 0);
        Self { members, left_out: reading.left_out }
    }

    /// Puts the values at this path among the arguments into a record; all of them where the path is empty.
    pub(super) fn pick<'a>(
        &'a self,
        given: &Map<String, Value>,
        path: &'a [String],
        case: Case,
        into: &mut BTreeMap<&'a str, Fact<'a>>,
    ) -> Result<(), Unfit> {
        pick(&self.members, given, path, case, into)
    }
}

/// How texts are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Case {
    AsGiven,
    Upper,
}

fn pick<'a>(
    members: &'a [Member],
    given: &Map<String, Value>,
    path: &'a [String],
    case: Case,
    into: &mut BTreeMap<&'a str, Fact<'a>>,
) -> Result<(), Unfit> {
    match path.split_first() {
        None => members.iter().try_for_each(|member| pick_member(member, given, &[], case, into)),
        Some((first, rest)) => match members.iter().find(|member| member.name == *first) {
            Some(member) => pick_member(member, given, rest, case, into),
            None => Ok(()),
        },
    }
}

fn pick_member<'a>(
    member: &'a Member,
    given: &Map<String, Value>,
    rest: &'a [String],
    case: Case,
    into: &mut BTreeMap<&'a str, Fact<'a>>,
) -> Result<(), Unfit> {
    match (given.get(&member.name), &member.kind) {
        (None, _) if member.is_required => Err(Unfit),
        (None, _) => Ok(()),
        (Some(Value::Null), _) if member.is_nullable => Ok(()),
        (Some(Value::Object(given)), Type::Record(members)) => {
            let Fact::Record(inner) =
                into.entry(&member.name).or_insert_with(|| Fact::Record(BTreeMap::new()))
            else {
                return Ok(());
            };
            pick(members, given, rest, case, inner)
        }
        (Some(value), kind) => {
            into.insert(&member.name, kind.value(value, case).ok_or(Unfit)?);
            Ok(())
        }
    }
}

impl Type {
    /// The value, if it is of this type.
    fn value(&self, value: &Value, case: Case) -> Option<Fact<'_>> {
        Some(match (self, value) {
            (Self::Text, Value::String(text)) => Fact::Text(match case {
                Case::AsGiven => text.clone(),
                Case::Upper => text.to_uppercase(),
            }),
            (Self::Integer, Value::Number(number)) => Fact::Integer(number.as_i64().or_else(|| {
                // As arguments are checked: 5.0 is an integer. The cast is exact for what passes the test.
                let float = number.as_f64().filter(|float| float.fract() == 0.0)?;
                (float.abs() <= crate::decode::EXACT as f64).then_some(float as i64)
            })?),
            (Self::Boolean, Value::Bool(value)) => Fact::Boolean(*value),
            (Self::Set(kind), Value::Array(items)) => {
                Fact::Set(items.iter().map(|item| kind.value(item, case)).collect::<Option<_>>()?)
            }
            _ => return None,
        })
    }
}

/// A schema that is being read.
struct Reading<'s> {
    root: &'s Value,
    secrets: &'static [&'static str],
    left_out: Vec<(String, &'static str)>,
}

impl<'s> Reading<'s> {
    /// The members of an object at this pointer; what has no type here is noted as left out.
    fn members(&mut self, schema: &'s Value, at: &str, depth: usize) -> Vec<Member> {
        let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let required = schema.get("required").and_then(Value::as_array);
        let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|one| one == name));
        let mut members = Vec::new();
        for (name, schema) in properties {
            let at = format!("{at}/{name}");
            let found = if self.secrets.contains(&at.as_str()) {
                Err("a secret")
            } else {
                self.kind(schema, &at, depth + 1)
            };
            match found {
                Ok((kind, is_nullable)) => {
                    let (name, is_required) = (name.clone(), is_required(name));
                    members.push(Member { name, kind, is_required, is_nullable });
                }
                Err(reason) => self.left_out.push((at.trim_start_matches('/').replace('/', "."), reason)),
            }
        }
        members
    }

    /// The type of what a schema describes, and whether null is described too; or why there is none.
    fn kind(&mut self, schema: &'s Value, at: &str, depth: usize) -> Result<(Type, bool), &'static str> {
        if depth > DEEPEST {
            return Err("too deep");
        }
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            let found = target.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
            return self.kind(found.ok_or("of no known type")?, at, depth + 1);
        }
        for together in ["allOf", "anyOf", "oneOf"] {
            if let Some(parts) = schema.get(together).and_then(Value::as_array) {
                return self.one_of(parts, at, depth, together == "allOf");
            }
        }
        match schema.get("type") {
            Some(Value::String(word)) => Ok((self.named(word, schema, at, depth)?, false)),
            Some(Value::Array(words)) => {
                let mut others = words.iter().filter_map(Value::as_str).filter(|word| *word != "null");
                match (others.next(), others.next()) {
                    (Some(word), None) => Ok((self.named(word, schema, at, depth)?, words.len() > 1)),
                    _ => Err("of several types"),
                }
            }
            _ => of_values(schema),
        }
    }

    /// The type that all parts have; of those that hold together, the first that has one.
    fn one_of(
        &mut self,
        parts: &'s [Value],
        at: &str,
        depth: usize,
        hold_together: bool,
    ) -> Result<(Type, bool), &'static str> {
        let (mut found, mut is_nullable): (Option<Type>, _) = (None, false);
        for part in parts {
            if part.get("type").is_some_and(|word| word == "null") {
                is_nullable = !hold_together;
                continue;
            }
            match (self.kind(part, at, depth + 1), &found) {
                (Ok(kind), _) if hold_together => return Ok(kind),
                (Err(_), _) if hold_together => {}
                (Err(reason), _) => return Err(reason),
                (Ok((kind, nullable)), Some(before)) if kind == *before => is_nullable |= nullable,
                (Ok(_), Some(_)) => return Err("of several types"),
                (Ok((kind, nullable)), None) => {
                    (found, is_nullable) = (Some(kind), is_nullable | nullable);
                }
            }
        }
        found.map(|kind| (kind, is_nullable)).ok_or("of no known type")
    }

    fn named(&mut self, word: &str, schema: &'s Value, at: &str, depth: usize) -> Result<Type, &'static str> {
        match word {
            "string" => Ok(Type::Text),
            "integer" => Ok(Type::Integer),
            "boolean" => Ok(Type::Boolean),
            "number" => Err("a number that may have a fraction"),
            "array" => match schema.get("items").map(|items| self.kind(items, at, depth + 1)) {
                Some(Ok((kind @ (Type::Text | Type::Integer | Type::Boolean), false))) => {
                    Ok(Type::Set(Box::new(kind)))
                }
                _ => Err("a list of what is no text, integer or boolean"),
            },
            "object" => match self.members(schema, at, depth) {
                members if members.is_empty() => Err("an object of undeclared members"),
                members => Ok(Type::Record(members)),
            },
            _ => Err("of no known type"),
        }
    }
}

/// The type of the values that a schema lists, where it says nothing else.
fn of_values(schema: &Value) -> Result<(Type, bool), &'static str> {
    let listed = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
    let values: Vec<&Value> = listed.chain(schema.get("const")).collect();
    let all = |are: fn(&Value) -> bool| !values.is_empty() && values.iter().all(|value| are(value));
    match () {
        () if all(Value::is_string) => Ok((Type::Text, false)),
        () if all(Value::is_boolean) => Ok((Type::Boolean, false)),
        () if all(Value::is_i64) => Ok((Type::Integer, false)),
        () => Err("of no known type"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog::{Effect, Work};

    fn of(schema: Value) -> Shape {
        let input_schema = Box::leak(schema.to_string().into_boxed_str());
        let tool = Tool {
            input_schema,
            secrets: &["/login/password", "/token"],
            ..Tool::bare(Effect::Read, Work::Rest)
        };
        Shape::of(&tool)
    }

    fn shape() -> Shape {
        of(json!({
            "$defs": { "Level": { "type": "string" }, "Loop": { "type": "object", "properties": { "next": { "$ref": "#/$defs/Loop" } } } },
            "type": "object",
            "required": ["level", "count"],
            "properties": {
                "level": { "$ref": "#/$defs/Level" },
                "count": { "type": ["integer", "null"] },
                "force": { "anyOf": [{ "type": "boolean" }, { "type": "null" }] },
                "names": { "type": "array", "items": { "enum": ["a", "b"] } },
                "login": { "type": "object", "required": ["user"], "properties": {
                    "user": { "type": "string" }, "password": { "type": "string" } } },
                "token": { "type": "string" },
                "ratio": { "type": "number" },
                "events": { "type": "array", "items": { "type": "object", "properties": { "url": { "type": "string" } } } },
                "either": { "oneOf": [{ "type": "string" }, { "type": "integer" }] },
                "any": {},
                "loop": { "$ref": "#/$defs/Loop" },
            },
        }))
    }

    #[test]
    fn what_cedar_can_hold_is_typed_and_the_rest_is_left_out_and_said_so() {
        let shape = shape();
        let names: Vec<&str> = shape.members.iter().map(|member| &*member.name).collect();
        assert_eq!(names, ["level", "count", "force", "names", "login"]);
        let certain: Vec<bool> = shape.members.iter().map(Member::is_certain).collect();
        assert_eq!(certain, [true, false, false, false, false]);
        let left: Vec<&str> = shape.left_out.iter().map(|(name, _)| &**name).collect();
        for name in ["login.password", "token", "ratio", "events", "either", "any", "loop"] {
            assert!(left.contains(&name), "{name} is not among {left:?}");
        }
    }

    #[track_caller]
    fn picked(path: &[&str], given: Value, case: Case) -> Result<String, Unfit> {
        let (shape, path): (_, Vec<String>) = (shape(), path.iter().map(|&step| step.to_owned()).collect());
        let mut record = BTreeMap::new();
        shape.pick(given.as_object().expect("an object"), &path, case, &mut record)?;
        Ok(format!("{record:?}"))
    }

    #[test]
    fn values_are_given_where_they_are_of_their_type_and_otherwise_the_call_is_unfit() {
        let of = |path: &[&str], given: Value| picked(path, given, Case::AsGiven);
        assert_eq!(of(&["level"], json!({ "level": "Prd" })).unwrap(), r#"{"level": Text("Prd")}"#);
        assert_eq!(
            picked(&["level"], json!({ "level": "Prd" }), Case::Upper).unwrap(),
            r#"{"level": Text("PRD")}"#
        );
        assert_eq!(of(&["count"], json!({ "count": 5.0 })).unwrap(), r#"{"count": Integer(5)}"#);
        assert_eq!(of(&["count"], json!({ "count": null })).unwrap(), "{}");
        assert_eq!(of(&["force"], json!({})).unwrap(), "{}");
        assert_eq!(
            of(&["login", "user"], json!({ "login": { "user": "u", "password": "p" } })).unwrap(),
            r#"{"login": Record({"user": Text("u")})}"#
        );
        assert_eq!(
            of(&[], json!({ "level": "L", "count": 1, "names": ["a"], "token": "t", "ratio": 0.5 })).unwrap(),
            r#"{"count": Integer(1), "level": Text("L"), "names": Set([Text("a")])}"#
        );
        for (path, given) in [
            (&["level"][..], json!({})),
            (&["level"], json!({ "level": ["PRD"] })),
            (&["level"], json!({ "level": null })),
            (&["count"], json!({ "count": 5.5 })),
            (&["count"], json!({ "count": 1e300 })),
            (&["names"], json!({ "names": ["a", 1] })),
            (&["login", "user"], json!({ "login": {} })),
            (&["login"], json!({ "login": "x" })),
        ] {
            assert_eq!(of(path, given.clone()), Err(Unfit), "{given}");
        }
    }
}
