//! `contract`: the tool contract that this program was built from, as the lock file has it. It is written from the
//! tables of the tools, so that a program does not carry its schemas twice; a test holds the text to the generator's.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use server::catalog::{AnswerRule, Api, Confirm, Content, Long, Need, Source, Tool};
use server::generated::Part;

/// The version of the lock's format.
const FORMAT: u64 = 1;

/// The text of the lock.
pub(crate) fn text(api: &Api) -> String {
    let tools: Map<String, Value> =
        api.tools.iter().map(|tool| (tool.name.to_owned(), of_tool(api, tool))).collect();
    let lock = json!({
        "lock": FORMAT,
        "contract": api.contract,
        "api": { "title": api.title, "version": api.version },
        "tools": tools,
    });
    format!("{lock:#}")
}

fn of_tool(api: &Api, tool: &Tool) -> Value {
    let arguments = of_text(tool.input_schema);
    let answer = tool.output_schema.map(of_text);
    let mut entry = json!({
        "title": tool.title,
        "description": tool.description,
        "operation": tool.operation,
        "request": format!("{} {}", tool.method, tool.template),
        "effect": tool.effect.word(),
        "idempotent": tool.idempotent,
    });
    let mut set = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            entry[key] = value;
        }
    };
    set("deprecated", tool.deprecated.then_some(true.into()));
    set("cacheSeconds", tool.cache.filter(|cache| !cache.is_zero()).map(|cache| cache.as_secs().into()));
    set("staleSeconds", tool.stale.map(|stale| stale.as_secs().into()));
    set("busy", (!tool.busy.is_empty()).then(|| json!(tool.busy)));
    set("timeoutSeconds", tool.timeout.map(|timeout| timeout.as_secs().into()));
    set("proof", tool.proof.map(Into::into));
    set("confirm", confirm(tool.confirm));
    set("weight", tool.weight.map(Into::into));
    set("long", tool.long.map(long));
    set("security", (!tool.security.is_empty()).then(|| security(tool.security)));
    let scopes = api.scopes(tool);
    let says_more = tool.scopes.is_some() || scopes != [tool.effect.word()];
    set("scopes", says_more.then(|| json!(scopes)));
    let gated: Vec<&str> = tool.gated.iter().map(|gated| gated.pointer).collect();
    set("gated", (!gated.is_empty()).then(|| json!(gated)));
    set("secrets", (!tool.secrets.is_empty()).then(|| json!(tool.secrets)));
    set("answers", Some(json!(tool.answers.iter().map(of_answer).collect::<BTreeMap<_, _>>())));
    let schemas = arguments.to_string().len() + answer.as_ref().map_or(0, |answer| answer.to_string().len());
    let bytes = tool.name.len() + tool.title.len() + tool.description.len() + schemas;
    set("size", Some(json!({ "bytes": bytes, "tokens": bytes.div_ceil(4) })));
    set("arguments", Some(arguments));
    set("answer", answer);
    entry
}

fn confirm(confirm: Confirm) -> Option<Value> {
    let word = |part: &Part| match part {
        Part::Literal(text) => (*text).to_owned(),
        Part::Parameter(name) => format!("{{{name}}}"),
    };
    match confirm {
        Confirm::ByEffect => None,
        Confirm::Never => Some(false.into()),
        Confirm::Always => Some(true.into()),
        Confirm::Question(parts) => Some(parts.iter().map(word).collect::<String>().into()),
    }
}

fn long(long: Long) -> Value {
    let Long { id, tool, with, state, done, failed, waiting } = long;
    let source = |source: &Source| match source {
        Source::Answer(pointer) => *pointer,
        Source::Argument(name) => *name,
    };
    let with: BTreeMap<&str, &str> = with.iter().map(|(name, from)| (*name, source(from))).collect();
    json!({
        "id": id, "tool": tool, "with": with, "state": state, "done": done, "failed": failed, "waiting": waiting
    })
}

fn security(alternatives: &[&[Need]]) -> Value {
    let together = |needs: &&[Need]| needs.iter().map(|need| (need.scheme, need.scopes)).collect();
    let alternatives: Vec<BTreeMap<&str, &[&str]>> = alternatives.iter().map(together).collect();
    json!(alternatives)
}

fn of_answer(rule: &AnswerRule) -> (String, &'static str) {
    let status =
        if rule.from == rule.to { rule.from.to_string() } else { format!("{}-{}", rule.from, rule.to) };
    let content = match rule.content {
        Content::Empty => "nothing",
        Content::Json { .. } | Content::AnyJson => "json",
        Content::Text => "text",
        Content::Binary => rule.media_type,
    };
    (status, content)
}

/// The generator wrote the text, so it is JSON.
fn of_text(text: &str) -> Value {
    schema(&serde_json::from_str(text).unwrap_or_default())
}

/// A schema in its one spelling: members sorted, lists that are sets sorted, whole numbers without a fraction.
fn schema(value: &Value) -> Value {
    let Value::Object(keywords) = value else { return value.clone() };
    sorted(keywords.iter().map(|(keyword, value)| (keyword.clone(), keyword_value(keyword, value))))
}

fn keyword_value(keyword: &str, value: &Value) -> Value {
    match (keyword, value) {
        ("properties" | "patternProperties" | "$defs" | "dependentSchemas", Value::Object(members)) => {
            sorted(members.iter().map(|(name, member)| (name.clone(), schema(member))))
        }
        ("allOf" | "anyOf" | "oneOf" | "prefixItems", Value::Array(items)) => {
            items.iter().map(schema).collect()
        }
        (
            "items"
            | "additionalProperties"
            | "not"
            | "if"
            | "then"
            | "else"
            | "contains"
            | "propertyNames"
            | "unevaluatedItems"
            | "unevaluatedProperties",
            value,
        ) => schema(value),
        ("required" | "type", Value::Array(words)) => {
            let mut words = words.clone();
            words.sort_by_key(Value::to_string);
            words.dedup();
            words.into()
        }
        (_, value) => plain(value),
    }
}

fn plain(value: &Value) -> Value {
    match value {
        Value::Object(members) => sorted(members.iter().map(|(name, member)| (name.clone(), plain(member)))),
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Number(number) if number.is_f64() => match number.as_f64() {
            Some(float) if float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0 => {
                (float as i64).into()
            }
            _ => value.clone(),
        },
        _ => value.clone(),
    }
}

fn sorted(members: impl Iterator<Item = (String, Value)>) -> Value {
    let mut members: Vec<(String, Value)> = members.collect();
    members.sort_by(|(one, _), (other, _)| one.cmp(other));
    Value::Object(members.into_iter().collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use server::catalog::{Effect, EffectScopes, Work};

    use super::*;

    static TOOL: Tool = Tool {
        name: "t",
        stale: Some(Duration::from_secs(600)),
        busy: &[409, 423],
        timeout: Some(Duration::from_secs(90)),
        weight: Some(3),
        ..Tool::bare(Effect::Read, Work::Rest)
    };
    static API: Api = Api {
        title: "",
        version: "",
        description: "",
        digest: "",
        contract: "",
        tools: &[&TOOL],
        security_schemes: &[],
        effect_scopes: EffectScopes::BY_WORD,
        prompts: &[],
    };

    #[test]
    fn what_a_document_may_say_and_that_of_code_pipeline_does_not_is_printed_too() {
        let entry = &serde_json::from_str::<Value>(&text(&API)).unwrap()["tools"]["t"];
        let facts: Vec<&str> = entry.as_object().unwrap().keys().map(String::as_str).collect();
        let own = ["staleSeconds", "busy", "timeoutSeconds", "weight"];
        let found: Vec<&str> = facts.into_iter().filter(|fact| own.contains(fact)).collect();
        assert_eq!(found, own, "in the generator's order");
        assert_eq!(own.map(|fact| entry[fact].clone()), [json!(600), json!([409, 423]), json!(90), json!(3)]);
    }
}
