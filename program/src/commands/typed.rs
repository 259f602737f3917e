//! Arguments typed on a command line become JSON as the tool's input schema says.
//!
//! It only chooses among what the typed text can mean. Text that does not fit is passed on as text, so that
//! the tool itself says what it accepts, in the words that any client gets.

use serde_json::{Map, Value};
use server::catalog::Tool;

use crate::refusal::Refusal;

/// How many references and combinations are followed before a schema is taken to accept anything.
const DEEPEST: usize = 32;

/// The arguments of a call: those in `object`, and those typed as `name=value`, which may repeat.
pub(crate) fn arguments(
    tool: &Tool,
    mut object: Map<String, Value>,
    typed: &[String],
) -> Result<Map<String, Value>, Refusal> {
    let schema: Value =
        serde_json::from_str(tool.input_schema).expect("the generator writes schemas as JSON");
    let mut named: Vec<(&str, Vec<&str>)> = Vec::new();
    for argument in typed {
        let (name, value) = argument.split_once('=').ok_or_else(|| {
            Refusal::usage(format!("--arg: expected NAME=VALUE, got {argument:?} without a `=`"))
        })?;
        match named.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(value),
            None => named.push((name, vec![value])),
        }
    }
    for (name, values) in named {
        let property = schema.get("properties").and_then(|properties| properties.get(name));
        let accepted = property.map(|property| Accepted::by(property, &schema, DEEPEST)).unwrap_or_default();
        object.insert(name.to_owned(), accepted.value(name, &values)?);
    }
    Ok(object)
}

/// The kinds of JSON that a schema accepts.
#[derive(Debug, Default, PartialEq, Eq)]
struct Accepted {
    text: bool,
    number: bool,
    boolean: bool,
    null: bool,
    object: bool,
    list: bool,
    /// What the items of a list may be.
    items: Option<Box<Accepted>>,
}

impl Accepted {
    fn by(schema: &Value, root: &Value, depth: usize) -> Self {
        let mut accepted = Self::default();
        if depth == 0 {
            return accepted;
        }
        let target =
            schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
        if let Some(target) = target.and_then(|pointer| root.pointer(pointer)) {
            accepted.add(Self::by(target, root, depth - 1));
        }
        for combination in ["anyOf", "oneOf", "allOf"] {
            for part in schema.get(combination).and_then(Value::as_array).into_iter().flatten() {
                accepted.add(Self::by(part, root, depth - 1));
            }
        }
        match schema.get("type") {
            Some(Value::String(kind)) => accepted.add_kind(kind),
            Some(Value::Array(kinds)) => {
                kinds.iter().filter_map(Value::as_str).for_each(|kind| accepted.add_kind(kind))
            }
            _ => {
                let values = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
                values.chain(schema.get("const")).for_each(|value| accepted.add_kind(kind_of(value)));
            }
        }
        if let Some(items) = schema.get("items") {
            accepted.items = Some(Box::new(Self::by(items, root, depth - 1)));
        }
        accepted
    }

    fn add_kind(&mut self, kind: &str) {
        match kind {
            "string" => self.text = true,
            "integer" | "number" => self.number = true,
            "boolean" => self.boolean = true,
            "null" => self.null = true,
            "object" => self.object = true,
            "array" => self.list = true,
            _ => {}
        }
    }

    fn add(&mut self, other: Self) {
        self.text |= other.text;
        self.number |= other.number;
        self.boolean |= other.boolean;
        self.null |= other.null;
        self.object |= other.object;
        self.list |= other.list;
        self.items = self.items.take().or(other.items);
    }

    /// One value typed several times is a list, where a list is accepted.
    fn value(&self, name: &str, values: &[&str]) -> Result<Value, Refusal> {
        match values {
            [one] if self.list && !self.text => match serde_json::from_str(one) {
                Ok(list @ Value::Array(_)) => Ok(list),
                _ => Ok(Value::Array(vec![self.item(one)])),
            },
            [one] => Ok(self.single(one)),
            several if self.list => Ok(several.iter().map(|one| self.item(one)).collect()),
            _ => Err(Refusal::usage(format!(
                "--arg {name}: given {} times, and it takes one value",
                values.len()
            ))),
        }
    }

    fn item(&self, text: &str) -> Value {
        self.items.as_ref().map_or_else(|| Value::from(text), |items| items.single(text))
    }

    fn single(&self, text: &str) -> Value {
        let meant = if self.text { None } else { serde_json::from_str::<Value>(text).ok() };
        meant.filter(|value| self.accepts(value)).unwrap_or_else(|| Value::from(text))
    }

    fn accepts(&self, value: &Value) -> bool {
        match value {
            Value::Null => self.null,
            Value::Bool(_) => self.boolean,
            Value::Number(_) => self.number,
            Value::String(_) => false,
            Value::Array(_) => self.list,
            Value::Object(_) => self.object,
        }
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Accepted, DEEPEST};

    fn schema() -> Value {
        json!({
            "$defs": {"Level": {"type": "string"}, "Loop": {"$ref": "#/$defs/Loop"}},
            "properties": {
                "text": {"type": "string"},
                "level": {"$ref": "#/$defs/Level"},
                "count": {"type": "integer"},
                "active": {"type": ["boolean", "null"]},
                "names": {"type": "array", "items": {"type": "string"}},
                "numbers": {"type": "array", "items": {"type": "integer"}},
                "one_or_many": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
                "choice": {"enum": ["A", "B"]},
                "credentials": {"type": "object"},
                "loop": {"$ref": "#/$defs/Loop"},
            },
        })
    }

    #[track_caller]
    fn check(name: &str, values: &[&str], expected: Value) {
        let schema = schema();
        let accepted = Accepted::by(&schema["properties"][name], &schema, DEEPEST);
        assert_eq!(accepted.value(name, values).unwrap(), expected);
    }

    #[test]
    fn typed_text_becomes_what_the_schema_says() {
        check("text", &["007"], json!("007"));
        check("text", &["true"], json!("true"));
        check("text", &["[1]"], json!("[1]"));
        check("level", &["1"], json!("1"));
        check("count", &["5"], json!(5));
        check("active", &["true"], json!(true));
        check("active", &["null"], json!(null));
        check("choice", &["A"], json!("A"));
        check("credentials", &[r#"{"user": "x"}"#], json!({"user": "x"}));
    }

    #[test]
    fn a_list_is_repeated_or_written_as_json() {
        check("names", &["a"], json!(["a"]));
        check("names", &["1", "b"], json!(["1", "b"]));
        check("names", &[r#"["a", "b"]"#], json!(["a", "b"]));
        check("numbers", &["1", "2"], json!([1, 2]));
        check("one_or_many", &["a"], json!("a"));
        check("one_or_many", &["a", "b"], json!(["a", "b"]));
    }

    #[test]
    fn what_does_not_fit_stays_text_for_the_tool_to_refuse() {
        check("count", &["five"], json!("five"));
        check("active", &["1"], json!("1"));
        check("credentials", &["{broken"], json!("{broken"));
        check("loop", &["x"], json!("x"));
        check("unknown", &["5"], json!("5"));
    }

    #[test]
    fn a_single_value_is_not_given_twice() {
        let refusal =
            Accepted { number: true, ..Accepted::default() }.value("count", &["1", "2"]).unwrap_err();
        assert_eq!(
            (refusal.code, &*refusal.to_string()),
            (64, "--arg count: given 2 times, and it takes one value")
        );
    }
}
