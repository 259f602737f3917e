//! The lock as text: one fact in one place, one fact on one line, in an order that never depends on the document's.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{Confirm, Contract, FORMAT, Tool, effect_word};

/// The lock file.
#[derive(Serialize)]
struct Lock<'c> {
    lock: u64,
    contract: String,
    #[serde(flatten)]
    content: Content<'c>,
}

/// Everything that a contract says.
#[derive(Serialize)]
struct Content<'c> {
    api: Map<String, Value>,
    tools: BTreeMap<&'c str, Entry<'c>>,
}

/// What it says of one tool. The schemas are most of it.
#[derive(Serialize)]
struct Entry<'c> {
    #[serde(flatten)]
    facts: Map<String, Value>,
    arguments: &'c Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<&'c Value>,
}

/// The text of the lock file.
pub fn write(contract: &Contract) -> String {
    let lock = Lock { lock: FORMAT, contract: hash(contract), content: content(contract) };
    let mut text = serde_json::to_string_pretty(&lock).expect("a contract is plain data");
    text.push('\n');
    text
}

/// SHA-256 of everything that the contract says, in one spelling.
pub fn hash(contract: &Contract) -> String {
    use std::fmt::Write as _;
    let content = serde_json::to_vec(&content(contract)).expect("a contract is plain data");
    let digest = Sha256::digest(content);
    digest.iter().fold("sha256:".to_owned(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn content(contract: &Contract) -> Content<'_> {
    let mut api = Map::new();
    api.insert("title".to_owned(), contract.title.as_str().into());
    api.insert("version".to_owned(), contract.version.as_str().into());
    let tools = contract.tools.iter().map(|(name, tool)| (name.as_str(), entry(name, tool))).collect();
    Content { api, tools }
}

/// What is absent is not written, so that a tool's entry says what is special about it.
fn entry<'c>(name: &str, tool: &'c Tool) -> Entry<'c> {
    let mut facts = Map::new();
    let mut set = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            facts.insert(key.to_owned(), value);
        }
    };
    set("title", Some(tool.title.as_str().into()));
    set("description", Some(tool.description.as_str().into()));
    set("operation", Some(tool.operation.as_str().into()));
    set("request", Some(format!("{} {}", tool.method, tool.path).into()));
    set("effect", Some(effect_word(tool.effect).into()));
    set("idempotent", Some(tool.idempotent.into()));
    set("deprecated", tool.deprecated.then_some(true.into()));
    set("cacheSeconds", tool.cache_seconds.map(Into::into));
    set("staleSeconds", tool.stale_seconds.map(Into::into));
    set("busy", (!tool.busy.is_empty()).then(|| json!(tool.busy)));
    set("timeoutSeconds", tool.timeout_seconds.map(Into::into));
    set("proof", tool.proof.as_deref().map(Into::into));
    set(
        "confirm",
        tool.confirm.as_ref().map(|confirm| match confirm {
            Confirm::Never => false.into(),
            Confirm::Always => true.into(),
            Confirm::Question(words) => words.as_str().into(),
        }),
    );
    set("weight", tool.weight.map(Into::into));
    set("long", tool.long.as_ref().map(|long| json!(long)));
    set("security", (!tool.security.is_empty()).then(|| json!(tool.security)));
    set("scopes", tool.scopes.as_ref().map(|scopes| json!(scopes)));
    set("gated", (!tool.gated.is_empty()).then(|| json!(tool.gated)));
    set("secrets", (!tool.secrets.is_empty()).then(|| json!(tool.secrets)));
    set("answers", Some(json!(tool.answers)));
    let bytes = tool.bytes(name);
    set("size", Some(json!({"bytes": bytes, "tokens": crate::size::tokens(bytes)})));
    Entry { facts, arguments: &tool.arguments, answer: tool.answer.as_ref() }
}
