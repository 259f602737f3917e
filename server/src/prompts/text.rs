//! The text of a generated prompt: its opening, and its steps with the values that were filled in.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::catalog::{Prompt, Step};
use crate::decode::neutralise;
use crate::request::Part;

/// The text of a prompt with these values.
pub(super) fn of(prompt: &Prompt, values: &BTreeMap<String, String>) -> String {
    let mut text = filled(prompt.opening, values);
    let is_there = |step: &&Step| step.when.is_none_or(|argument| values.contains_key(argument));
    for (number, step) in (1..).zip(prompt.steps.iter().filter(is_there)) {
        let _ = write!(text, "\n{number}. ");
        if let Some(tool) = step.tool {
            let _ = write!(text, "Call `{tool}`{}. ", arguments(step, values));
        }
        text.push_str(&filled(step.text, values));
    }
    text
}

/// The arguments of a step's call; one whose value was not filled in is left out.
fn arguments(step: &Step, values: &BTreeMap<String, String>) -> String {
    let is_filled = |parts: &[Part]| {
        parts.iter().all(|part| match part {
            Part::Literal(_) => true,
            Part::Parameter(name) => values.contains_key(*name),
        })
    };
    let given = step.with.iter().filter(|(_, parts)| is_filled(parts));
    let listed: Vec<String> =
        given.map(|(name, parts)| format!("{name} = {:?}", filled(parts, values))).collect();
    if listed.is_empty() { String::new() } else { format!(" with {}", listed.join(", ")) }
}

/// A text with values in the place of its parameters; what a reader would not see of them is made visible.
fn filled(parts: &[Part], values: &BTreeMap<String, String>) -> String {
    let part = |part: &Part| match part {
        Part::Literal(text) => (*text).to_owned(),
        Part::Parameter(name) => {
            let value = values.get(*name).cloned().unwrap_or_default();
            neutralise(&value).map_or(value, |(visible, _)| visible)
        }
    };
    parts.iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROMPT: Prompt = Prompt {
        name: "promote",
        title: "",
        description: "",
        arguments: &[],
        opening: &[Part::Literal("Promote "), Part::Parameter("what"), Part::Literal(".")],
        steps: &[
            Step {
                when: None,
                tool: Some("look"),
                with: &[("id", &[Part::Parameter("what")]), ("level", &[Part::Parameter("level")])],
                text: &[Part::Literal("See how it stands.")],
            },
            Step {
                when: Some("level"),
                tool: None,
                with: &[],
                text: &[Part::Parameter("level"), Part::Literal(" is meant.")],
            },
            Step { when: None, tool: None, with: &[], text: &[Part::Literal("Tell.")] },
        ],
    };

    fn text(values: &[(&str, &str)]) -> String {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        of(&PROMPT, &values.collect())
    }

    #[test]
    fn a_step_is_left_out_with_the_argument_that_it_is_about() {
        assert_eq!(
            text(&[("what", "A-1")]),
            "Promote A-1.\n1. Call `look` with id = \"A-1\". See how it stands.\n2. Tell."
        );
        assert_eq!(
            text(&[("what", "A-1"), ("level", "PRD")]),
            "Promote A-1.\n1. Call `look` with id = \"A-1\", level = \"PRD\". See how it stands.\n2. PRD is meant.\n3. Tell."
        );
    }

    #[test]
    fn t57_a_value_cannot_hide_what_it_says() {
        let text = text(&[("what", "A\u{202E}1")]);
        assert!(!text.contains('\u{202E}'), "{text:?}");
    }
}
