//! Patterns: JSON Schema's regular expressions on an engine whose time is linear in the text.

use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock};

use regex::{Regex, RegexBuilder};

/// How many compiled patterns are kept; a program has as many as its document.
const KEPT: usize = 4096;

static COMPILED: LazyLock<RwLock<HashMap<&'static str, Option<Regex>>>> = LazyLock::new(RwLock::default);

/// Whether the text holds a match of the pattern. A pattern that cannot be compiled matches nothing.
pub(super) fn matches(pattern: &'static str, text: &str) -> bool {
    let judge = |regex: &Option<Regex>| regex.as_ref().is_some_and(|regex| regex.is_match(text));
    if let Some(regex) = COMPILED.read().unwrap_or_else(PoisonError::into_inner).get(pattern) {
        return judge(regex);
    }
    let regex = compile(pattern);
    let verdict = judge(&regex);
    let mut compiled = COMPILED.write().unwrap_or_else(PoisonError::into_inner);
    if compiled.len() < KEPT {
        compiled.insert(pattern, regex);
    }
    verdict
}

fn compile(pattern: &'static str) -> Option<Regex> {
    let regex = RegexBuilder::new(&translate(pattern)).size_limit(1 << 20).build();
    // The generator refuses such a pattern, so this is a fault of the program and closes the argument.
    regex.inspect_err(|error| tracing::error!(pattern, %error, "a pattern cannot be compiled")).ok()
}

/// Writes an ECMA-262 pattern for the `regex` crate: ASCII classes, and no set operators inside brackets.
fn translate(pattern: &str) -> String {
    let mut translated = String::with_capacity(pattern.len() + 16);
    let mut characters = pattern.chars().peekable();
    let mut bracketed = false;
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('d') => translated.push_str("[0-9]"),
                Some('D') => translated.push_str("[^0-9]"),
                Some('w') => translated.push_str("[A-Za-z0-9_]"),
                Some('W') => translated.push_str("[^A-Za-z0-9_]"),
                Some('b') if !bracketed => translated.push_str(r"(?-u:\b)"),
                Some(escaped) => translated.extend(['\\', escaped]),
                None => translated.push('\\'),
            },
            '[' if bracketed => translated.push_str(r"\["),
            '[' => {
                bracketed = true;
                translated.push('[');
                if characters.next_if_eq(&'^').is_some() {
                    translated.push('^');
                }
            }
            ']' => {
                bracketed = false;
                translated.push(']');
            }
            '&' | '~' if bracketed => translated.extend(['\\', character]),
            _ => translated.push(character),
        }
    }
    translated
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_mean_what_ecma_says() {
        assert!(matches(r"^\d+$", "12"));
        assert!(!matches(r"^\d+$", "١٢"));
        assert!(matches(r"^[\d#@$]{1,8}$", "1#@$"));
        assert!(matches(r"^[[&&a]+$", "[&a"));
        assert!(matches(r"^[^\w]$", "-"));
        assert!(matches(r"^A$", "A"));
        assert!(!matches(r"^A$", "A\n"));
        assert!(matches(r"b", "abc"));
        assert!(matches(r"^\u0041\/$", "A/"));
    }

    #[test]
    fn a_pattern_that_cannot_be_compiled_matches_nothing() {
        assert!(!matches(r"(?=a)", "a"));
    }
}
