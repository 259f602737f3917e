//! The protocol itself, in its revisions up to 2025-11-25: the schema of that revision (`schema.json`, `Tool`) wants
//! `type: object` at the root of both schemas, and its page on tools names of 1 to 128 letters, digits, `_`, `-`, `.`.

use super::{Finding, View};

pub(super) fn check(view: &View<'_>, found: &mut Vec<Finding>) {
    let is_sound = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    if view.name.is_empty() || view.name.len() > 128 || !view.name.bytes().all(is_sound) {
        let message = "its name is not of 1 to 128 letters, digits, `_`, `-` and `.`".to_owned();
        found.push(Finding { rule: "mcp-tool-name", message });
    }
    if view.input["type"] != "object" {
        let message = "the root of its input schema is not of `type: object`".to_owned();
        found.push(Finding { rule: "mcp-input-root", message });
    }
    if view.output.as_ref().is_some_and(|output| output["type"] != "object") {
        let message = "the root of its output schema is not of `type: object`".to_owned();
        found.push(Finding { rule: "mcp-output-root", message });
    }
}
