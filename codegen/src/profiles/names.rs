//! Argument names that a client takes: the name in the schema changes, the name on the wire stays.

use std::collections::HashSet;

use openapi::ir::Profile;

use crate::plan::model::Struct;

/// Most characters of an argument's name.
const LONGEST: usize = 64;

/// The characters that a client takes in an argument's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// Letters, digits, `_`, `.`, `-`.
    Dotted,
    /// Letters, digits, `_`, no digit first.
    Word,
}

impl Alphabet {
    /// The narrowest that the profiles ask for.
    pub fn of(profiles: &[Profile]) -> Option<Alphabet> {
        if profiles.contains(&Profile::Gemini) {
            return Some(Alphabet::Word);
        }
        profiles.contains(&Profile::Anthropic).then_some(Alphabet::Dotted)
    }

    fn takes(self, byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || byte == b'_' || (self == Alphabet::Dotted && b".-".contains(&byte))
    }
}

/// Whether a client takes the name.
pub fn is_plain(name: &str, alphabet: Alphabet) -> bool {
    let starts_well = alphabet == Alphabet::Dotted || !name.starts_with(|first: char| first.is_ascii_digit());
    !name.is_empty() && name.len() <= LONGEST && starts_well && name.bytes().all(|byte| alphabet.takes(byte))
}

/// Gives each argument a name that a client takes. Arguments that have one keep it, and no name depends on another
/// argument unless both would become the same.
pub(crate) fn make_plain(arguments: &mut Struct, alphabet: Alphabet) {
    let mut taken: HashSet<String> = arguments
        .fields
        .iter()
        .map(|field| field.wire.clone())
        .chain(arguments.hidden.iter().cloned())
        .filter(|name| is_plain(name, alphabet))
        .collect();
    for field in &mut arguments.fields {
        if is_plain(&field.wire, alphabet) {
            continue;
        }
        let plain = plain(&field.wire, alphabet);
        let mut name = plain.clone();
        let mut number = 2_usize;
        while !taken.insert(name.clone()) {
            let ending = format!("_{number}");
            name = format!("{}{ending}", &plain[..plain.len().min(LONGEST - ending.len())]);
            number += 1;
        }
        field.wire = name;
    }
}

/// Every run of other characters becomes one `_`: `filter[app.id]` is `filter_app.id`.
fn plain(name: &str, alphabet: Alphabet) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        let is_taken = letter.is_ascii() && alphabet.takes(letter as u8);
        match (is_taken, out.ends_with('_')) {
            (true, _) => out.push(letter),
            (false, false) => out.push('_'),
            (false, true) => {}
        }
    }
    let trimmed = out.trim_matches('_');
    let mut out = if trimmed.is_empty() { "argument".to_owned() } else { trimmed.to_owned() };
    if alphabet == Alphabet::Word && out.starts_with(|first: char| first.is_ascii_digit()) {
        out.insert(0, '_');
    }
    out.truncate(LONGEST);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_words() {
        for (name, expected) in [
            ("filter[app.id]", "filter_app.id"),
            ("ids[]", "ids"),
            ("$filter", "filter"),
            ("größe in m", "gr_e_in_m"),
            ("🚀", "argument"),
        ] {
            assert_eq!(plain(name, Alphabet::Dotted), expected);
        }
        assert_eq!(plain("2nd.x", Alphabet::Word), "_2nd_x");
        assert_eq!(plain(&"[long]".repeat(40), Alphabet::Dotted).len(), LONGEST);
    }

    #[test]
    fn what_a_client_takes_is_a_matter_of_its_alphabet() {
        assert!(is_plain("a.b-c", Alphabet::Dotted) && !is_plain("a.b-c", Alphabet::Word));
        assert!(is_plain("2a", Alphabet::Dotted) && !is_plain("2a", Alphabet::Word));
        assert!(is_plain(&"a".repeat(64), Alphabet::Word) && !is_plain(&"a".repeat(65), Alphabet::Word));
        assert!(!is_plain("", Alphabet::Dotted));
    }
}
