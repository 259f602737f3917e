//! The words that mutations are made of, one file for each kind of tree.

use std::sync::LazyLock;

use serde_json::Value;

use crate::mutate::Words;
use crate::programs;

/// Words of one kind of tree.
pub(crate) struct Vocabulary {
    /// What to begin with.
    pub(crate) start: Value,
    /// Names of members.
    pub(crate) names: Vec<String>,
    /// Values.
    pub(crate) values: Vec<Value>,
}

static DOCUMENTS: LazyLock<Vocabulary> = LazyLock::new(|| read(include_str!("vocabulary/documents.json")));
static REQUESTS: LazyLock<Vocabulary> = LazyLock::new(|| read(include_str!("vocabulary/requests.json")));
static MESSAGES: LazyLock<Vocabulary> = LazyLock::new(|| read(include_str!("vocabulary/messages.json")));
static ARGUMENTS: LazyLock<Vocabulary> = LazyLock::new(|| {
    let mut words = read(include_str!("vocabulary/arguments.json"));
    for tool in programs::tools() {
        words.values.push(tool.name.into());
        take(&serde_json::from_str(tool.input_schema).unwrap_or_default(), &mut words);
    }
    words
});

/// The words for these trees.
pub(crate) fn of(words: Words) -> &'static Vocabulary {
    match words {
        Words::Documents => &DOCUMENTS,
        Words::Requests => &REQUESTS,
        Words::Arguments => &ARGUMENTS,
        Words::Messages => &MESSAGES,
    }
}

fn read(text: &str) -> Vocabulary {
    let mut file: Value = serde_json::from_str(text).expect("the file is JSON");
    let mut list = |name: &str| match file[name].take() {
        Value::Array(items) => items,
        _ => Vec::new(),
    };
    let names = list("names").iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let values = list("values");
    Vocabulary { start: file["start"].take(), names, values }
}

/// The names and values that a schema speaks of.
fn take(schema: &Value, words: &mut Vocabulary) {
    match schema {
        Value::Array(items) => items.iter().for_each(|item| take(item, words)),
        Value::Object(members) => {
            if let Some(Value::Object(properties)) = members.get("properties") {
                words.names.extend(properties.keys().cloned());
            }
            if let Some(Value::Array(values)) = members.get("enum") {
                words.values.extend(values.iter().cloned());
            }
            members.values().for_each(|member| take(member, words));
        }
        _ => {}
    }
}
