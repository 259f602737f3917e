//! Near misses: the declared name or value that was probably meant, and how a foreign word is quoted.

use super::characters::Visible;

/// The most characters of a caller's text that any message repeats.
const QUOTED: usize = 64;

/// The candidate that the word is a near miss of.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.is_empty() || word.chars().count() > QUOTED {
        return None;
    }
    let folded = fold(word);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&folded, &fold(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= 1.max(candidate.chars().count() / 4).min(3))
        .filter(|(distance, candidate)| *distance < candidate.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Case and word separators are the commonest difference, so they do not count.
fn fold(word: &str) -> String {
    word.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect()
}

/// Repeats a caller's text in a message: at most 64 characters, the invisible ones made visible.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::from("`");
    for (count, character) in text.chars().enumerate() {
        if count == QUOTED {
            quoted.push_str("...");
            break;
        }
        Visible::push(&mut quoted, character);
    }
    quoted.push('`');
    quoted
}

/// Lists what is accepted, the first twenty of it.
pub(crate) fn list(words: &[&str]) -> String {
    let mut listed = words.iter().take(20).map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    if words.len() > 20 {
        listed.push_str(&format!(" and {} more", words.len() - 20));
    }
    listed
}
