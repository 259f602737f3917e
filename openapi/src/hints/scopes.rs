//! `scopes`: what whoever makes a call must have been allowed, on one operation or by effect for all.

use crate::ir::EffectScopes;
use crate::problems::Problems;
use crate::shape::{self, Form};
use crate::store::At;

const EFFECTS: [&str; 3] = ["read", "write", "destroy"];

/// The scopes at `at`, in the order written.
pub(super) fn read(at: &At<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    if !at.value.is_array() {
        shape::wrong_form(at, Form::List, problems);
        return None;
    }
    let mut scopes: Vec<String> = Vec::new();
    for item in at.items() {
        match item.value.as_str().filter(|scope| is_scope(scope)) {
            Some(scope) if !scopes.iter().any(|known| known == scope) => scopes.push(scope.to_owned()),
            _ => {
                let message = "a scope is expected, each once: visible ASCII characters without blanks, quotes and backslashes";
                problems.error("hint", item.place(), message);
            }
        }
    }
    Some(scopes)
}

/// The scopes at `at` for each effect. An effect that is left out would need none, so none may be.
pub(crate) fn by_effect(at: &At<'_>, problems: &mut Problems) -> Option<EffectScopes> {
    if !at.value.is_object() {
        shape::wrong_form(at, Form::Object, problems);
        return None;
    }
    let mut found = [None, None, None];
    for (key, member) in at.members() {
        match EFFECTS.iter().position(|effect| *effect == key) {
            Some(index) => found[index] = read(&member, problems),
            None => {
                let near = crate::words::suggestion(key, EFFECTS.into_iter());
                let message = format!("`scopes` has no key `{key}`; known are {}{near}", EFFECTS.join(", "));
                problems.error("hint", member.place(), message);
            }
        }
    }
    if let [Some(read), Some(write), Some(destroy)] = found {
        return Some(EffectScopes { read, write, destroy });
    }
    let message = format!("`scopes` takes a list for each of {}", EFFECTS.join(", "));
    problems.error("hint", at.place(), message);
    None
}

/// As RFC 6749, section 3.3, has it.
fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
}
