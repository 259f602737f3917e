//! Tool names: from the overlay, else from the operation's own identifier. Operations whose identifiers make one name,
//! or names that could be mistaken for one another, are all named by method and path; so a name depends on no operation
//! but those that it would collide with, and no operation is lost. Names that an overlay gives are never changed: where
//! they collide, both places are named and the later one is refused.

use std::collections::HashMap;

use heck::ToSnakeCase;
use openapi::ir::Operation;
use openapi::report::Place;
use sha2::{Digest, Sha256};
use unicode_security::confusable_detection::skeleton as confusable;

use super::findings::Findings;

/// Most characters of a tool name: what MCP clients take.
pub(crate) const LONGEST: usize = 64;

/// Names that begin so read like the protocol's or the host's own.
const RESERVED: [&str; 2] = ["mcp_", "system_"];

/// The names of the operations' own tools, in their order; nothing where the overlay gives a bad one. Names that are
/// made here leave room for the `prefix` that clients put before them.
pub(crate) fn of_operations(
    operations: &[Operation],
    prefix: usize,
    findings: &mut Findings,
) -> Vec<Option<String>> {
    let longest = LONGEST.saturating_sub(prefix);
    let variants = operations.iter().flat_map(|operation| &operation.mcp.variants);
    let given = operations.iter().filter_map(|operation| operation.mcp.name.as_deref());
    // Names of overlays stay, so every other name keeps away from them.
    let fixed: Vec<&str> = variants.map(|variant| variant.name.as_str()).chain(given).collect();
    let derived: Vec<usize> =
        (0..operations.len()).filter(|index| operations[*index].mcp.name.is_none()).collect();
    let likenesses = Likenesses::of(operations);
    let first: Vec<Derived> =
        derived.iter().map(|index| of_identifier(&operations[*index], longest, &likenesses)).collect();
    let moves = colliding(&first, &fixed);
    let second: Vec<Derived> = derived
        .iter()
        .zip(first.iter().zip(&moves))
        .map(
            |(index, (name, moves))| {
                if *moves { of_path(&operations[*index], longest) } else { name.clone() }
            },
        )
        .collect();
    let marks = colliding(&second, &fixed);
    let mut names: Vec<Option<String>> = operations.iter().map(|_| None).collect();
    for (position, index) in derived.iter().enumerate() {
        let operation = &operations[*index];
        let mut name = second[position].clone();
        if moves[position] {
            if marks[position] {
                name.text = marked(&name.text, &identity(operation), longest);
            }
            let wanted = &first[position].text;
            let others = others(operations, &derived, &first, &fixed, position);
            let message =
                format!("tool name `{wanted}` {others}; `{}`, of method and path, is used", name.text);
            findings.warning("tool-name-clash", &operation.at, message);
        }
        name.tell(&operation.at, findings);
        names[*index] = Some(name.text);
    }
    for (name, operation) in names.iter_mut().zip(operations) {
        if let Some(text) = &operation.mcp.name {
            *name = given_name(text, &operation.at, findings);
        }
    }
    names
}

/// Which names could be mistaken for another one.
fn colliding(names: &[Derived], fixed: &[&str]) -> Vec<bool> {
    let mut count: HashMap<String, usize> = HashMap::new();
    let texts = names.iter().map(|name| name.text.as_str());
    for text in texts.clone().chain(fixed.iter().copied()) {
        *count.entry(skeleton(text)).or_default() += 1;
    }
    texts.map(|text| count[&skeleton(text)] > 1).collect()
}

/// With whom a name collides, in words.
fn others(
    operations: &[Operation],
    derived: &[usize],
    names: &[Derived],
    fixed: &[&str],
    position: usize,
) -> String {
    let own = skeleton(&names[position].text);
    let like = |other: &str| if other == names[position].text { "is also" } else { "looks like" };
    let other = (0..names.len()).find(|other| *other != position && skeleton(&names[*other].text) == own);
    if let Some(other) = other {
        let (text, at) = (&names[other].text, &operations[derived[other]].at);
        return format!("{} `{text}` of {} ({at})", like(text), at.pointer);
    }
    let given = fixed.iter().find(|text| skeleton(text) == own).copied().unwrap_or_default();
    format!("{} `{given}` of the overlay", like(given))
}

/// A name that the overlay gives.
pub(crate) fn given_name(name: &str, at: &Place, findings: &mut Findings) -> Option<String> {
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

/// A name that is made, not given, and what is to be said of it if it is used.
#[derive(Clone, Debug)]
struct Derived {
    text: String,
    remarks: Vec<(&'static str, String)>,
}

impl Derived {
    /// Makes the text a good name.
    fn of(text: &str, longest: usize) -> Self {
        let text = ascii(&text.to_snake_case());
        let starts_well = text.starts_with(|first: char| first.is_ascii_lowercase());
        let text = if starts_well { text } else { format!("tool_{text}") };
        if text.len() <= longest {
            return Self { text, remarks: Vec::new() };
        }
        let short = marked(&text, &text, longest);
        let message = format!("tool name `{text}` is longer than {longest} characters; `{short}` is used");
        Self { text: short, remarks: vec![("tool-name-shortened", message)] }
    }

    fn tell(&self, at: &Place, findings: &mut Findings) {
        for (rule, message) in &self.remarks {
            findings.warning(rule, at, message.clone());
        }
    }
}

fn of_identifier(operation: &Operation, longest: usize, likenesses: &Likenesses<'_>) -> Derived {
    if has_ascii_letters_only(&operation.id) && !ascii(&operation.id.to_snake_case()).is_empty() {
        return Derived::of(&operation.id, longest);
    }
    let mut name = of_path(operation, longest);
    let message =
        format!("`{}` makes no tool name; `{}` comes from method and path", operation.id, name.text);
    name.remarks.insert(0, ("tool-name-from-path", message));
    if let Some(other) = likenesses.other(operation) {
        let message =
            format!("`{}` looks like `{}` of {} ({})", operation.id, other.id, other.at.pointer, other.at);
        name.remarks.push(("tool-name-clash", message));
    }
    name
}

fn has_ascii_letters_only(id: &str) -> bool {
    !id.chars().any(|letter| letter.is_alphanumeric() && !letter.is_ascii())
}

/// The operations by what their identifiers look like in any script (UTS 39, section 4); none where all are ASCII, whose names are
/// compared by themselves.
struct Likenesses<'o>(HashMap<String, Vec<&'o Operation>>);

impl<'o> Likenesses<'o> {
    fn of(operations: &'o [Operation]) -> Self {
        let mut alike: HashMap<String, Vec<&Operation>> = HashMap::new();
        if !operations.iter().all(|operation| has_ascii_letters_only(&operation.id)) {
            for operation in operations {
                alike.entry(confusable(&operation.id).collect()).or_default().push(operation);
            }
        }
        Self(alike)
    }

    /// Another operation that this one could be taken for.
    fn other(&self, operation: &Operation) -> Option<&'o Operation> {
        let alike = self.0.get(&confusable(&operation.id).collect::<String>())?;
        alike.iter().find(|other| other.at.pointer != operation.at.pointer).copied()
    }
}

fn of_path(operation: &Operation, longest: usize) -> Derived {
    Derived::of(&format!("{} {}", operation.method.as_sent(), operation.path.template), longest)
}

/// What no two operations of a document share.
fn identity(operation: &Operation) -> String {
    format!("{} {} {}", operation.method.as_sent(), operation.path.template, operation.at.pointer)
}

/// Reports given names that could be mistaken for others; gives back whether each may stay.
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

/// The beginning of the name, and a mark of the whole that it stands for: the same whole gives the same mark.
fn marked(name: &str, whole: &str, longest: usize) -> String {
    let digest = Sha256::digest(whole.as_bytes());
    let mark: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let start = name[..name.len().min(longest.saturating_sub(mark.len() + 1))].trim_end_matches('_');
    format!("{start}_{mark}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(pointer: &str) -> Place {
        Place { pointer: pointer.to_owned(), file: "api.json".into(), line: 1, column: 1 }
    }

    #[test]
    fn given_names_that_look_alike_are_refused_and_both_places_named() {
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
        let long = |count: usize| "very_long_".repeat(count);
        let name = marked(&long(9), &long(9), LONGEST);
        assert_eq!(name, marked(&long(9), &long(9), LONGEST));
        assert!(name.len() <= LONGEST && name.starts_with("very_long_"));
        assert_ne!(name, marked(&long(10), &long(10), LONGEST));
        assert!(marked(&long(9), &long(9), LONGEST - 20).len() <= LONGEST - 20);
    }

    #[test]
    fn a_given_name_must_be_a_plain_one() {
        let mut findings = Findings::default();
        assert_eq!(given_name("get_1", &place(""), &mut findings), Some("get_1".to_owned()));
        for bad in ["", "Get", "1a", "a-b", "а", &"a".repeat(65)] {
            assert_eq!(given_name(bad, &place(""), &mut findings), None, "{bad}");
        }
    }
}
