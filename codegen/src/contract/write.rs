//! The lock as text: one fact in one place, one fact on one line, in an order that never depends on the document's.

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{Confirm, Contract, FORMAT, Tool, canonical, effect_word};

/// The text of the lock file.
pub fn write(contract: &Contract) -> String {
    let mut lock = Map::new();
    lock.insert("lock".to_owned(), FORMAT.into());
    lock.insert("contract".to_owned(), hash(contract).into());
    lock.extend(content(contract));
    let mut text = serde_json::to_string_pretty(&lock).expect("a contract is plain data");
    text.push('\n');
    text
}

/// SHA-256 of everything that the contract says, in one spelling.
pub fn hash(contract: &Contract) -> String {
    use std::fmt::Write as _;
    let digest = Sha256::digest(canonical::compact(&content(contract).into()));
    digest.iter().fold("sha256:".to_owned(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn content(contract: &Contract) -> Map<String, Value> {
    let tools: Map<String, Value> =
        contract.tools.iter().map(|(name, tool)| (name.clone(), of_tool(name, tool))).collect();
    let mut content = Map::new();
    content.insert("api".to_owned(), json!({"title": contract.title, "version": contract.version}));
    content.insert("tools".to_owned(), tools.into());
    content
}

/// What is absent is not written, so that a tool's entry says what is special about it.
fn of_tool(name: &str, tool: &Tool) -> Value {
    let mut entry = json!({
        "title": tool.title,
        "description": tool.description,
        "operation": tool.operation,
        "request": format!("{} {}", tool.method, tool.path),
        "effect": effect_word(tool.effect),
        "idempotent": tool.idempotent,
    });
    let mut set = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            entry[key] = value;
        }
    };
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
    set("gated", (!tool.gated.is_empty()).then(|| json!(tool.gated)));
    set("secrets", (!tool.secrets.is_empty()).then(|| json!(tool.secrets)));
    set("answers", Some(json!(tool.answers)));
    set("size", Some(json!({"bytes": tool.bytes(name), "tokens": tool.tokens(name)})));
    set("arguments", Some(tool.arguments.clone()));
    set("answer", tool.answer.clone());
    entry
}
