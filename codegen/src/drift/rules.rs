//! Every kind of change, each with a stable identifier, its severity and what it does to whom. A severity is never
//! changed by circumstances: what is worse under some circumstances is a rule of its own.

pub mod answers;
pub mod arguments;
pub mod safety;
pub mod texts;
pub mod tools;

use super::Severity;

/// A kind of change.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its stable identifier, kebab-case.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it breaks or does, and for whom, in one sentence.
    pub explanation: &'static str,
}

/// Declares the rules of a group and the list of them.
macro_rules! rules {
    ($($name:ident = $id:literal, $severity:ident, $explanation:literal;)*) => {
        $(
            #[doc = $explanation]
            pub static $name: $crate::drift::Rule = $crate::drift::Rule {
                id: $id,
                severity: $crate::drift::Severity::$severity,
                explanation: $explanation,
            };
        )*

        /// All rules of this group.
        pub static ALL: &[&$crate::drift::Rule] = &[$(&$name),*];
    };
}
use rules;

/// The groups in the order of their listing, each with its title.
pub fn groups() -> [(&'static str, &'static [&'static Rule]); 5] {
    [
        ("Tools", tools::ALL),
        ("Arguments", arguments::ALL),
        ("Answers", answers::ALL),
        ("Effect, rights and other promises", safety::ALL),
        ("Words and cost", texts::ALL),
    ]
}

/// The rule of this identifier.
pub fn find(id: &str) -> Option<&'static Rule> {
    groups().iter().flat_map(|(_, rules)| rules.iter()).find(|rule| rule.id == id).copied()
}

/// The tables of all rules, as `docs/drift.md` has them.
pub fn markdown() -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for (title, rules) in groups() {
        let _ = writeln!(out, "### {title}\n\n| rule | severity | what it means |\n|---|---|---|");
        for rule in rules {
            let _ = writeln!(out, "| `{}` | {} | {} |", rule.id, rule.severity, rule.explanation);
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn identifiers_are_unique_and_explanations_are_sentences() {
        let mut seen = BTreeSet::new();
        for rule in super::groups().iter().flat_map(|(_, rules)| rules.iter()) {
            assert!(seen.insert(rule.id), "{} is there twice", rule.id);
            assert!(rule.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", rule.id);
            assert!(rule.explanation.ends_with('.'), "{}", rule.id);
            assert!(!rule.explanation.contains('|'), "{} would break the table", rule.id);
        }
    }
}
