//! Tool names: from the overlay, else from the operation's own identifier; never from what other operations are called.
//! Names that people or models could mistake for one another are refused, both places named.

use std::collections::HashMap;

use heck::ToSnakeCase;
use openapi::ir::Operation;
use openapi::report::Place;
use sha2::{Digest, Sha256};

use super::findings::Findings;

/// Most characters of a tool name: what MCP clients take.
pub(crate) const LONGEST: usize = 64;

/// Names that begin so read like the protocol's or the host's own.
const RESERVED: [&str; 2] = ["mcp_", "system_"];

/// The name of an operation's tool; one that is made here leaves room for what clients put before it.
pub(crate) fn of_operation(operation: &Operation, prefix: usize, findings: &mut Findings) -> Option<String> {
    match &operation.mcp.name {
        Some(name) => given(name, &operation.at, findings),
        None => Some(derived(operation, LONGEST.saturating_sub(prefix), findings)),
    }
}

/// A name that the overlay gives.
pub(crate) fn given(name: &str, at: &Place, findings: &mut Findings) -> Option<String> {
    let mut letters = name.bytes();
    let is_good = letters.next().is_some_and(|first| first.is_ascii_lowercase())
        && letters.all(|letter| matches!(letter, b'a'..=b'z' | b'0'..=b'9' | b'_'))
        && name.len() <= LONGEST;
    if !is_good {
        let message = format!(
            "tool name {name:?} is not accepted: lower-case ASCII letters, digits and `_`, a letter first, at most {LONGEST}"
        );
        findings.error("tool-name", at, message);
        return None;
    }
    Some(name.to_owned())
}

fn derived(operation: &Operation, longest: usize, findings: &mut Findings) -> String {
    let is_ascii = !operation.id.chars().any(|letter| letter.is_alphanumeric() && !letter.is_ascii());
    let name = if is_ascii { operation.id.to_snake_case() } else { String::new() };
    let mut name = ascii(&name);
    if name.is_empty() {
        name = ascii(&format!("{} {}", operation.method.as_sent(), operation.path.template).to_snake_case());
        let message = format!("`{}` makes no tool name; `{name}` comes from method and path", operation.id);
        findings.warning("tool-name-from-path", &operation.at, message);
    }
    if !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        name = format!("tool_{name}");
    }
    if name.len() > longest {
        let short = shortened(&name, longest);
        let message = format!("tool name `{name}` is longer than {longest} characters; `{short}` is used");
        findings.warning("tool-name-shortened", &operation.at, message);
        name = short;
    }
    name
}

/// Reports names that could be mistaken for one another; gives back whether each may stay.
pub(crate) fn clashes(names: &[(&str, &Place)], findings: &mut Findings) -> Vec<bool> {
    let mut first: HashMap<String, usize> = HashMap::new();
    let mut may_stay = vec![true; names.len()];
    for (index, (name, at)) in names.iter().enumerate() {
        if RESERVED.iter().any(|start| name.starts_with(start)) {
            let message = format!("tool name `{name}` reads like the host's own; name it in the overlay");
            findings.warning("reserved-tool-name", at, message);
        }
        let Some(earlier) = first.get(&skeleton(name)).copied() else {
            first.insert(skeleton(name), index);
            continue;
        };
        let (other, place) = &names[earlier];
        let message = format!(
            "tool name `{name}` clashes with `{other}` at {} ({place}); give one of them another name in the overlay",
            place.pointer
        );
        findings.error("tool-name-clash", at, message);
        may_stay[index] = false;
    }
    may_stay
}

/// What a name looks like: signs that are read for one another are made one (after UTS 39, for our alphabet).
fn skeleton(name: &str) -> String {
    name.replace('0', "o").replace(['1', 'i'], "l").replace("rn", "m").replace("vv", "w")
}

fn ascii(name: &str) -> String {
    let kept: String =
        name.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect();
    kept.to_ascii_lowercase()
}

/// The beginning of the name, and a mark of the whole: the same name gives the same short one.
fn shortened(name: &str, longest: usize) -> String {
    let digest = Sha256::digest(name.as_bytes());
    let mark: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let start = name[..longest.saturating_sub(mark.len() + 1)].trim_end_matches('_');
    format!("{start}_{mark}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(pointer: &str) -> Place {
        Place { pointer: pointer.to_owned(), file: "api.json".to_owned(), line: 1, column: 1 }
    }

    #[test]
    fn names_that_look_alike_are_refused_and_both_places_named() {
        let places = [place("/a"), place("/b"), place("/c")];
        let names = [("get_item1", &places[0]), ("get_iteml", &places[1]), ("get_item2", &places[2])];
        let mut findings = Findings::default();
        assert_eq!(clashes(&names, &mut findings), [true, false, true]);
        let problem = &findings.into_report().problems[0];
        assert_eq!((problem.rule, problem.place.pointer.as_str()), ("tool-name-clash", "/b"));
        assert!(problem.message.contains("at /a (api.json:1:1)"), "{}", problem.message);
    }

    #[test]
    fn a_long_name_keeps_its_beginning_and_a_mark() {
        let name = shortened(&"very_long_".repeat(9), LONGEST);
        assert_eq!(name, shortened(&"very_long_".repeat(9), LONGEST));
        assert!(name.len() <= LONGEST && name.starts_with("very_long_"));
        assert_ne!(name, shortened(&"very_long_".repeat(10), LONGEST));
        assert!(shortened(&"very_long_".repeat(9), LONGEST - 20).len() <= LONGEST - 20);
    }

    #[test]
    fn a_given_name_must_be_a_plain_one() {
        let mut findings = Findings::default();
        assert_eq!(given("get_1", &place(""), &mut findings), Some("get_1".to_owned()));
        for bad in ["", "Get", "1a", "a-b", "а", &"a".repeat(65)] {
            assert_eq!(given(bad, &place(""), &mut findings), None, "{bad}");
        }
    }
}
