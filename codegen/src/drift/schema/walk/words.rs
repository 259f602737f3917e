//! Rules and values in words.

use serde_json::Value;

use crate::drift::schema::alternative::Lists;
use crate::drift::schema::language::Texts;
use crate::drift::schema::numbers::Numbers;

pub(super) fn listed(values: &[&Value]) -> String {
    const SHOWN: usize = 8;
    let mut words: Vec<String> = values.iter().take(SHOWN).map(ToString::to_string).collect();
    if values.len() > SHOWN {
        words.push(format!("and {} more", values.len() - SHOWN));
    }
    words.join(", ")
}

pub(super) fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

pub(super) fn range(min: u64, max: Option<u64>, what: &str) -> String {
    match (min, max) {
        (0, None) => format!("any number of {what}"),
        (min, None) => format!("at least {min} {what}"),
        (0, Some(max)) => format!("at most {max} {what}"),
        (min, Some(max)) => format!("{min} to {max} {what}"),
    }
}

pub(super) fn rule_of_numbers(numbers: &Numbers) -> String {
    let mut words = Vec::new();
    for (bound, inside, outside) in [(numbers.low, "from", "above"), (numbers.high, "to", "below")] {
        if let Some(bound) = bound {
            words.push(format!("{} {}", if bound.included { inside } else { outside }, bound.at.words()));
        }
    }
    words.extend(numbers.multiples.iter().map(|of| format!("multiples of {}", of.words())));
    if words.is_empty() {
        format!("any {}", if numbers.integer { "integer" } else { "number" })
    } else {
        words.join(" ")
    }
}

pub(super) fn rule_of_texts(texts: &Texts) -> String {
    let mut words = Vec::new();
    if texts.min > 0 || texts.max.is_some() {
        words.push(range(texts.min, texts.max, "characters"));
    }
    words.extend(texts.patterns.iter().map(|pattern| format!("pattern {pattern}")));
    if words.is_empty() { "any text".to_owned() } else { words.join(" and ") }
}

pub(super) fn rule_of_lists(lists: &Lists) -> String {
    let count = range(lists.min, lists.max, "items");
    if lists.unique { format!("{count}, no two equal") } else { count }
}
