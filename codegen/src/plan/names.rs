//! Names in the generated program, each made of its own place in the document alone: what other operations are called
//! never matters.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::case;

/// Names that a generated type must not take: generated code uses them as they are.
const TAKEN_TYPES: [&str; 12] =
    ["Arguments", "Box", "Err", "None", "Ok", "Option", "Result", "Self", "Some", "String", "Value", "Vec"];

/// Words that Rust keeps for itself.
const KEYWORDS: [&str; 51] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual",
    "where", "while", "yield",
];

/// Names of one scope, each given out once.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    taken: HashSet<String>,
}

impl Scope {
    /// A scope in which these names are taken already.
    pub(crate) fn with(taken: &[&str]) -> Self {
        Self { taken: taken.iter().map(|name| (*name).to_owned()).collect() }
    }

    /// This name, or the first free one of `name2`, `name3`, ... with `separator` before the number.
    pub(crate) fn claim(&mut self, name: String, separator: &str) -> String {
        if self.taken.insert(name.clone()) {
            return name;
        }
        let mut number = 2_usize;
        loop {
            let candidate = format!("{name}{separator}{number}");
            if self.taken.insert(candidate.clone()) {
                return candidate;
            }
            number += 1;
        }
    }

    /// A scope of types in which these names are taken already.
    pub(crate) fn of_types(taken: &[&str]) -> Self {
        Self { taken: taken.iter().map(|name| constant(name)).collect() }
    }

    /// A type name: this one, or the first free one of `Name2`, `Name3`, ... Names are told apart as constants are, since
    /// what answers hold is kept in statics of these names.
    pub(crate) fn type_name(&mut self, name: String) -> String {
        if self.taken.insert(constant(&name)) {
            return name;
        }
        let mut number = 2_usize;
        loop {
            let candidate = format!("{name}{number}");
            if self.taken.insert(constant(&candidate)) {
                return candidate;
            }
            number += 1;
        }
    }

    /// A field name for a wire name; `index` names what has no letters.
    pub(crate) fn field(&mut self, wire: &str, index: usize) -> String {
        let name = snake(wire).unwrap_or_else(|| format!("field_{}", index + 1));
        let name = self.claim(name, "_");
        as_identifier(&name)
    }

    /// A variant name for an enumerated text; `index` names what has no letters.
    pub(crate) fn variant(&mut self, wire: &str, index: usize) -> String {
        let name = match pascal(wire) {
            Some(name) if name == "Self" => "SelfValue".to_owned(),
            Some(name) => name,
            None if wire.is_empty() => "Empty".to_owned(),
            None => format!("Value{}", index + 1),
        };
        self.claim(name, "")
    }
}

/// The Rust names of all named schemas: a function of the set of their names, not of their order.
pub(crate) fn of_components<'a>(names: impl Iterator<Item = &'a String>) -> BTreeMap<String, String> {
    let wanted: BTreeMap<&String, String> = names.map(|name| (name, type_name(name, "Schema"))).collect();
    let exact: BTreeSet<&str> =
        wanted.iter().filter(|(name, wanted)| **name == *wanted).map(|(name, _)| name.as_str()).collect();
    let mut scope = Scope::default();
    let mut out = BTreeMap::new();
    for name in &exact {
        out.insert((*name).to_owned(), scope.type_name((*name).to_owned()));
    }
    for (name, wanted) in wanted.iter().filter(|(name, _)| !exact.contains(name.as_str())) {
        out.insert((*name).clone(), scope.type_name(wanted.clone()));
    }
    out
}

/// A type's name for a wire name.
pub(crate) fn type_name(wire: &str, otherwise: &str) -> String {
    let name = pascal(wire).unwrap_or_else(|| otherwise.to_owned());
    if TAKEN_TYPES.contains(&name.as_str()) { format!("{name}Type") } else { name }
}

/// The name of a static for a field's Rust name.
pub(crate) fn constant(field: &str) -> String {
    case::shouty(field.trim_start_matches("r#"))
}

/// The name of a tool's module; inside `tools` it must not be called so itself.
pub(crate) fn module(tool: &str) -> String {
    if tool == "tools" { "tools_".to_owned() } else { as_identifier(tool) }
}

/// The name as an identifier: keywords become raw, and those that cannot be raw get an underscore.
fn as_identifier(name: &str) -> String {
    match name {
        "self" | "super" | "crate" => format!("{name}_"),
        _ if KEYWORDS.contains(&name) => format!("r#{name}"),
        _ => name.to_owned(),
    }
}

/// ASCII snake_case, or nothing when no letter or digit is left.
fn snake(wire: &str) -> Option<String> {
    let name = case::snake(&ascii(wire));
    match name.chars().next()? {
        '0'..='9' => Some(format!("field_{name}")),
        _ => Some(name),
    }
}

/// ASCII PascalCase, or nothing when no letter or digit is left.
fn pascal(wire: &str) -> Option<String> {
    let mut name = case::upper_camel(&ascii(wire));
    // Single letters make no acronym: the name is a word like any other.
    if name.len() > 2 && name.bytes().all(|letter| letter.is_ascii_uppercase()) {
        name[1..].make_ascii_lowercase();
    }
    match name.chars().next()? {
        '0'..='9' => Some(format!("Value{name}")),
        _ => Some(name),
    }
}

/// Signs that carry meaning become words, everything else that is not ASCII alphanumeric a gap.
fn ascii(wire: &str) -> String {
    let signed = match wire.as_bytes() {
        [b'+', rest @ ..] if rest.first().is_some_and(u8::is_ascii_alphanumeric) => {
            format!("plus {}", &wire[1..])
        }
        [b'-', rest @ ..] if rest.first().is_some_and(u8::is_ascii_alphanumeric) => {
            format!("minus {}", &wire[1..])
        }
        _ => wire.to_owned(),
    };
    signed.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { ' ' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(wires: &[&str]) -> Vec<String> {
        let mut scope = Scope::with(&["rest"]);
        wires.iter().enumerate().map(|(index, wire)| scope.field(wire, index)).collect()
    }

    #[test]
    fn odd_member_names_become_identifiers() {
        assert_eq!(
            fields(&[
                "type",
                "self",
                "+1",
                "-1",
                "2fa",
                "a.b[c]",
                "🎉",
                "",
                "rest",
                "assignmentId",
                "X-Trace-Id"
            ]),
            [
                "r#type",
                "self_",
                "plus_1",
                "minus_1",
                "field_2fa",
                "a_b_c",
                "field_7",
                "field_8",
                "rest_2",
                "assignment_id",
                "x_trace_id"
            ]
        );
    }

    #[test]
    fn members_that_collide_are_numbered_in_their_own_order() {
        assert_eq!(fields(&["fooBar", "foo_bar", "FooBar"]), ["foo_bar", "foo_bar_2", "foo_bar_3"]);
    }

    #[test]
    fn every_field_name_is_an_identifier_to_the_compiler() {
        for name in
            fields(&["async", "gen", "Self", "crate", "super", "try", "$ref", "@type", "1", "_", "union"])
        {
            assert!(syn::parse_str::<syn::Ident>(&name).is_ok(), "{name}");
        }
    }

    #[test]
    fn enumerated_texts_become_variants() {
        let mut scope = Scope::default();
        let wires = ["asc", "ASC", "", "Self", "10", "<=", "in progress", "-1", "a b c"];
        let names: Vec<_> =
            wires.iter().enumerate().map(|(index, wire)| scope.variant(wire, index)).collect();
        assert_eq!(
            names,
            ["Asc", "Asc2", "Empty", "SelfValue", "Value10", "Value6", "InProgress", "Minus1", "Abc"]
        );
    }

    #[test]
    fn component_names_do_not_depend_on_their_order() {
        let names = ["foo-bar", "FooBar", "foo_bar", "Option"].map(String::from);
        let mut reversed = names.clone();
        reversed.reverse();
        let found = of_components(names.iter());
        assert_eq!(found, of_components(reversed.iter()));
        assert_eq!(found["FooBar"], "FooBar");
        assert_eq!(found["foo-bar"], "FooBar2");
        assert_eq!(found["Option"], "OptionType");
    }
}
