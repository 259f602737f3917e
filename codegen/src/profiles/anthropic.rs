//! The Messages API of Anthropic. Its limits are known by what it answers: "input_schema does not support oneOf, allOf,
//! or anyOf at the top level" (anthropics/claude-code#27337), "Property keys should match pattern
//! '^[a-zA-Z0-9_.-]{1,64}$'" for the properties of the root alone (beautyfree/appstore-connect-mcp#2,
//! aws-solutions-library-samples/accelerated-intelligent-document-processing-on-aws#709), and "String should have at
//! most 64 characters" for a name with the client's prefix (anthropics/claude-code#19882).

use super::{Finding, View, listed, names};

pub(super) fn check(view: &View<'_>, found: &mut Vec<Finding>) {
    for word in ["oneOf", "anyOf", "allOf"] {
        if view.input.get(word).is_some() {
            let message =
                format!("its input schema has `{word}` at the root, which the Messages API refuses");
            found.push(Finding { rule: "anthropic-root-composition", message });
        }
    }
    let arguments = view.input["properties"].as_object();
    let odd: Vec<String> = arguments
        .into_iter()
        .flat_map(|arguments| arguments.keys())
        .filter(|name| !names::is_plain(name, names::Alphabet::Dotted))
        .map(|name| format!("{name:?}"))
        .collect();
    if !odd.is_empty() {
        let message = format!(
            "the Messages API takes arguments that match ^[a-zA-Z0-9_.-]{{1,64}}$, not {}; `x-mcp: {{profiles: \
             [anthropic]}}` on the root gives them names that do",
            listed(&odd)
        );
        found.push(Finding { rule: "anthropic-argument-name", message });
    }
    view.check_name_length("anthropic-tool-name", "the Messages API", found);
}
