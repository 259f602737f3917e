//! Applies an OpenAPI Overlay (1.0 or 1.1) to the document as loaded, before anything reads its meaning: so an overlay
//! can repair what the reader would refuse, and what it adds is read like the rest. Nodes that it adds keep their
//! places in the overlay file.

use serde_json::Value;
use serde_json_path::JsonPath;

use crate::document::Document;
use crate::limits;
use crate::pointer;
use crate::problems::Problems;
use crate::shape::{self, Field, Form, Need};
use crate::store::{At, Store};

mod change;

use change::Change;

const ROOT: &[Field] = &[
    Field("overlay", Form::Text, Need::Required),
    Field("info", Form::Object, Need::Required),
    Field("extends", Form::Text, Need::Optional),
    Field("actions", Form::List, Need::Required),
];

const INFO: &[Field] = &[
    Field("title", Form::Text, Need::Required),
    Field("version", Form::Text, Need::Required),
    Field("description", Form::Text, Need::Optional),
];

const ACTION: &[Field] = &[
    Field("target", Form::Text, Need::Required),
    Field("description", Form::Text, Need::Optional),
    Field("update", Form::Any, Need::Optional),
    Field("copy", Form::Text, Need::Optional),
    Field("remove", Form::Flag, Need::Optional),
];

/// Applies every action of the overlay in `overlays` to the first document of `store`.
pub(crate) fn apply(store: &mut Store, overlays: &Store, problems: &mut Problems) {
    let root = overlays.root(0);
    let fields = shape::check(&root, ROOT, problems);
    let version = fields.get("overlay").and_then(Value::as_str).unwrap_or("1.1.0");
    let minor = match version.split('.').collect::<Vec<_>>()[..] {
        ["1", "0", _] => 0,
        ["1", "1", _] => 1,
        _ => {
            let at = root.member("overlay").unwrap_or(root);
            let message = format!("overlay version {version:?}: 1.0.x and 1.1.x are read");
            problems.error("unsupported-version", at.place(), message);
            return;
        }
    };
    if let Some(info) = root.member("info") {
        shape::check(&info, INFO, problems);
    }
    let mut added = 0;
    for action in root.member("actions").iter().flat_map(At::items) {
        apply_action(&action, minor, &mut store.documents[0], &mut added, problems);
        if added > limits::OVERLAY_NODES {
            let message = format!("the overlay adds more than {} nodes", limits::OVERLAY_NODES);
            problems.error("limit-overlay", action.place(), message);
            return;
        }
    }
}

fn apply_action(
    action: &At<'_>,
    minor: u8,
    document: &mut Document,
    added: &mut usize,
    problems: &mut Problems,
) {
    let fields = shape::check(action, ACTION, problems);
    let Some(target) = fields.get("target").and_then(Value::as_str) else { return };
    let target_at = action.member("target").expect("checked above");
    let Some(locations) = select(target, &target_at, &document.value, problems) else { return };
    let remove = fields.get("remove") == Some(&Value::Bool(true));
    if remove {
        if ["update", "copy"].iter().any(|key| fields.contains_key(*key)) {
            problems.warning(
                "overlay-action",
                action.place(),
                "`remove` is set: `update` and `copy` do nothing here",
            );
        }
        return remove_all(document, locations, &target_at, problems);
    }
    let Some(change) = chosen_change(action, minor, document, problems) else { return };
    for location in locations {
        change.apply(document, &location, minor, added, problems);
        if *added > limits::OVERLAY_NODES {
            return;
        }
    }
}

/// What the action adds: `update`, or since 1.1 a copy of another node.
fn chosen_change<'a>(
    action: &At<'a>,
    minor: u8,
    document: &Document,
    problems: &mut Problems,
) -> Option<Change<'a>> {
    match (action.member("update"), action.member("copy")) {
        (Some(update), None) => Some(Change::of(&update)),
        (None, Some(copy)) if minor >= 1 => {
            let path = copy.value.as_str()?;
            let mut locations = select(path, &copy, &document.value, problems)?;
            if locations.len() != 1 {
                let message = format!("`copy` must select one node: {path} selects {}", locations.len());
                problems.error("overlay-copy", copy.place(), message);
                return None;
            }
            Change::copied(action, document, &locations.remove(0))
        }
        (None, Some(copy)) => {
            let message = "`copy` needs `overlay: 1.1.0`";
            problems.error("overlay-copy", copy.place(), message);
            None
        }
        (Some(_), Some(_)) => {
            let message = "`update` and `copy` exclude each other: split this action in two";
            problems.error("overlay-action", action.place(), message);
            None
        }
        (None, None) => {
            let message = "the action does nothing: give it `update`, `copy` or `remove: true`";
            problems.error("overlay-action", action.place(), message);
            None
        }
    }
}

/// The nodes that a JSONPath selects, as steps from the root, without doubles.
fn select(path: &str, at: &At<'_>, value: &Value, problems: &mut Problems) -> Option<Vec<Vec<String>>> {
    if let Err(message) = bounded(path) {
        problems.error("overlay-target", at.place(), message);
        return None;
    }
    let parsed = match JsonPath::parse(path) {
        Ok(parsed) => parsed,
        Err(error) => {
            let message = format!("{path:?} is no JSONPath (RFC 9535): {error}");
            problems.error("overlay-target", at.place(), message);
            return None;
        }
    };
    let nodes = parsed.query_located(value).dedup();
    if nodes.is_empty() {
        let message = format!("{path} selects nothing in the document");
        problems.error("overlay-target", at.place(), message);
        return None;
    }
    let steps = |pointer: String| pointer::steps(&pointer).expect("a location is a pointer");
    Some(nodes.iter().map(|node| steps(node.location().to_json_pointer())).collect())
}

/// A path is text of the overlay's author, yet parsing it recurses and walking it multiplies.
fn bounded(path: &str) -> Result<(), String> {
    if path.chars().count() > limits::PATH_LENGTH {
        return Err(format!("a JSONPath of more than {} characters", limits::PATH_LENGTH));
    }
    let mut open = 0usize;
    let mut deepest = 0usize;
    for character in path.chars() {
        match character {
            '(' | '[' | '!' => open += 1,
            ')' | ']' => open = open.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(open);
    }
    if deepest > limits::PATH_NESTING {
        return Err(format!("a JSONPath with more than {} open brackets", limits::PATH_NESTING));
    }
    if path.matches("..").count() > limits::PATH_DESCENDANTS {
        return Err(format!(
            "a JSONPath with more than {} descendant steps (`..`)",
            limits::PATH_DESCENDANTS
        ));
    }
    Ok(())
}

/// Removes from the end, so that indexes of what is still to go stay true.
fn remove_all(
    document: &mut Document,
    mut locations: Vec<Vec<String>>,
    at: &At<'_>,
    problems: &mut Problems,
) {
    let key = |step: &String| (step.parse::<usize>().unwrap_or(0), step.clone());
    locations.sort_by_cached_key(|steps| steps.iter().map(key).collect::<Vec<_>>());
    for location in locations.iter().rev() {
        let Some((last, parent)) = location.split_last() else {
            problems.error("overlay-target", at.place(), "the root of the document cannot be removed");
            continue;
        };
        change::remove(document, parent, last);
    }
}
