//! Follows `$ref`: inside a document and to other local files below the first document's folder, nowhere else. Nothing
//! here opens a file; what could be opened was opened before.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::problems::Problems;
use crate::store::{At, Store};
use crate::version::Version;

/// Where a reference leads: the path of a document and a pointer in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Target {
    /// Path relative to the folder of the first document.
    pub(crate) path: String,
    /// Pointer in that document.
    pub(crate) pointer: String,
}

/// Why a reference leads nowhere: the rule and the words.
pub(crate) type Refusal = (&'static str, String);

/// Takes a reference apart, as written in the document at `from`.
pub(crate) fn target(from: &str, reference: &str) -> Result<Target, Refusal> {
    let path = file(from, reference)?;
    let (_, fragment) = reference.split_once('#').unwrap_or((reference, ""));
    let pointer = decoded(fragment).ok_or_else(|| bad(reference))?;
    if crate::pointer::steps(&pointer).is_none() {
        return Err(bad(reference));
    }
    Ok(Target { path, pointer })
}

/// The path of the document that a reference leads to.
pub(crate) fn file(from: &str, reference: &str) -> Result<String, Refusal> {
    let (file, _) = reference.split_once('#').unwrap_or((reference, ""));
    if file.is_empty() { Ok(from.to_owned()) } else { relative(from, file, reference) }
}

/// The node that a reference leads to.
pub(crate) fn find<'a>(store: &'a Store, document: usize, reference: &str) -> Result<At<'a>, Refusal> {
    let from = &store.documents[document].path;
    if let Some(at) = store.anchored(document, file(from, reference).ok().as_deref(), reference) {
        return Ok(at);
    }
    let target = target(from, reference)?;
    let Some(index) = store.documents.iter().position(|held| held.path == target.path) else {
        let message = format!(
            "{reference}: there is no readable JSON or YAML file {} beside the document",
            target.path
        );
        return Err(("missing-file", message));
    };
    store.at(index, &target.pointer).ok_or_else(|| {
        let message = format!("{reference} leads nowhere: write a pointer to a part that exists");
        ("dangling-reference", message)
    })
}

/// The reference that a node is, if it is one.
pub(crate) fn reference<'a>(at: &At<'a>) -> Option<(&'a str, At<'a>)> {
    let member = at.member("$ref")?;
    Some((member.value.as_str()?, member))
}

/// Follows references from a node until one that is none. Each problem is reported; `None` after one.
pub(crate) fn follow<'a>(at: &At<'a>, problems: &mut Problems) -> Option<At<'a>> {
    let mut at = at.clone();
    let mut passed: Vec<(usize, String)> = Vec::new();
    while let Some((reference, member)) = reference(&at) {
        report_siblings(&at, problems);
        let next = match find(at.store(), at.document, reference) {
            Ok(next) => next,
            Err((rule, message)) => {
                problems.error(rule, member.place(), message);
                return None;
            }
        };
        let here = (next.document, next.pointer.clone());
        if passed.contains(&here) {
            let message = format!("{reference} leads back to itself through other references");
            problems.error("circular-reference", member.place(), message);
            return None;
        }
        passed.push(here);
        at = next;
    }
    if at.value.get("$ref").is_some() {
        let message = "`$ref` must be text: a pointer such as `#/components/parameters/name`";
        problems.error("wrong-form", at.place(), message);
        return None;
    }
    Some(at)
}

fn report_siblings(at: &At<'_>, problems: &mut Problems) {
    let is_later = at.version() >= Version::V3_1;
    let is_taken = |key: &&str| is_silent(key) || is_later && matches!(*key, "summary" | "description");
    let others = at.members().filter(|(key, member)| !is_taken(key) && !is_hint(member));
    let keys: Vec<&str> = others.map(|(key, _)| key).collect();
    if !keys.is_empty() {
        let message = format!("beside `$ref` {} ignores: {}", at.version().words(), keys.join(", "));
        problems.note("reference-siblings", at.place(), message);
    }
}

/// The text beside a reference that holds instead of the one that it leads to (from 3.1 on).
pub(crate) fn beside<'a>(at: &At<'a>, key: &str) -> Option<&'a str> {
    let is_taken = at.version() >= Version::V3_1 && reference(at).is_some();
    at.member(key).filter(|_| is_taken)?.value.as_str()
}

/// Whether a member holds what an overlay says of an operation behind the reference, and nothing else.
fn is_hint(member: &At<'_>) -> bool {
    member.value.as_object().is_some_and(|members| members.len() == 1 && members.contains_key("x-mcp"))
}

fn is_silent(key: &str) -> bool {
    key == "$ref" || key.starts_with("x-")
}

/// Every reference in a value, wherever it stands.
pub(crate) fn references(value: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(members) => {
                for key in ["$ref", "$dynamicRef"] {
                    found.extend(members.get(key).and_then(Value::as_str));
                }
                open.extend(members.values().rev());
            }
            Value::Array(items) => open.extend(items.iter().rev()),
            _ => {}
        }
    }
    found
}

/// The path of `file`, written in the document at `from`, relative to the first document's folder.
fn relative(from: &str, file: &str, reference: &str) -> Result<String, Refusal> {
    let file = decoded(file).ok_or_else(|| bad(reference))?;
    if let Some((scheme, _)) = file.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) {
        let rule =
            if scheme.eq_ignore_ascii_case("file") { "absolute-reference" } else { "network-reference" };
        let message =
            format!("{reference}: only files beside the document are read; copy the part into a local file");
        return Err((rule, message));
    }
    if file.starts_with("//") {
        let message =
            format!("{reference}: nothing is read from the network; copy the part into a local file");
        return Err(("network-reference", message));
    }
    if file.starts_with(['/', '\\']) {
        let message = format!("{reference}: an absolute path; write one relative to this file");
        return Err(("absolute-reference", message));
    }
    if file.contains(['\\', '\0']) {
        return Err(bad(reference));
    }
    let mut steps: Vec<&str> = from.split('/').collect();
    steps.pop();
    for step in file.split('/') {
        match step {
            "" | "." => {}
            ".." if steps.pop().is_none() => {
                let message = format!("{reference} leaves the document's folder; move the file below it");
                return Err(("escaping-reference", message));
            }
            ".." => {}
            step => steps.push(step),
        }
    }
    Ok(steps.join("/"))
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|character| character.is_ascii_alphanumeric() || "+-.".contains(character))
}

fn decoded(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

fn bad(reference: &str) -> Refusal {
    let message = format!("{reference:?} is no reference: write `#/...` or `file.yaml#/...`");
    ("bad-reference", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_stay_below_the_folder() {
        let cases = [
            ("api.yaml", "#/components/schemas/A", Ok(("api.yaml", "/components/schemas/A"))),
            ("api.yaml", "./parts/b.yaml#/X", Ok(("parts/b.yaml", "/X"))),
            ("parts/b.yaml", "../api.yaml#/X", Ok(("api.yaml", "/X"))),
            ("parts/b.yaml", "c.yaml", Ok(("parts/c.yaml", ""))),
            ("a.yaml", "room_%7Bid%7D.yaml#/paths/~1a%20b", Ok(("room_{id}.yaml", "/paths/~1a b"))),
            ("api.yaml", "../x.yaml", Err("escaping-reference")),
            ("parts/b.yaml", "../../x.yaml", Err("escaping-reference")),
            ("api.yaml", "%2e%2e/x.yaml", Err("escaping-reference")),
            ("api.yaml", "http://127.0.0.1/x", Err("network-reference")),
            ("api.yaml", "//evil.example/x", Err("network-reference")),
            ("api.yaml", "FILE:///etc/passwd", Err("absolute-reference")),
            ("api.yaml", "/etc/passwd", Err("absolute-reference")),
            ("api.yaml", "a\\b.yaml", Err("bad-reference")),
            ("api.yaml", "#name", Err("bad-reference")),
        ];
        for (from, reference, expected) in cases {
            let found = target(from, reference);
            let found =
                found.as_ref().map(|to| (to.path.as_str(), to.pointer.as_str())).map_err(|(rule, _)| *rule);
            assert_eq!(found, expected, "{reference} in {from}");
        }
    }
}
