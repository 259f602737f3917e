//! The stem of an English word, lightly: what is left of `deletes`, `deleted`, `deleting` and `deletion` is one text. It need not be
//! a word, since questions and tools go through the same.

/// The fewest letters that are left of a word.
const LEAST: usize = 3;

/// The stem of a word in lower case.
pub(super) fn stem(word: &str) -> String {
    let word = ended(singular(word));
    let word = word.strip_suffix('e').filter(|rest| rest.len() >= LEAST).unwrap_or(&word);
    match word.strip_suffix('y').filter(|rest| rest.len() >= LEAST) {
        // As `policies` has lost its ending.
        Some(rest) => format!("{rest}i"),
        None => word.to_owned(),
    }
}

fn singular(word: &str) -> &str {
    let has_own = ["ss", "us", "is"].iter().any(|ending| word.ends_with(ending));
    if word.len() <= LEAST || has_own {
        return word;
    }
    let hisses = |rest: &&str| ["ch", "sh", "ss", "x", "z"].iter().any(|end| rest.ends_with(end));
    // Both go on as if they ended in `y`: `policies`, and `movies`, of which there are few.
    if let Some(rest) = word.strip_suffix("ies").filter(|rest| rest.len() >= LEAST) {
        return &word[..rest.len() + 1];
    }
    word.strip_suffix("es").filter(hisses).or_else(|| word.strip_suffix('s')).unwrap_or(word)
}

/// Without what makes another kind of word of a verb.
fn ended(word: &str) -> String {
    for (ending, least, keeps) in [
        ("ator", 3, "at"),
        ("ization", 3, "iz"),
        ("isation", 3, "iz"),
        ("ation", 3, "at"),
        ("tion", 3, "t"),
        ("sion", 3, "s"),
        ("ment", 5, ""),
        ("ing", 3, ""),
        ("ed", 3, ""),
        ("al", 5, ""),
    ] {
        let rest = word.strip_suffix(ending).filter(|rest| rest.len() >= least && has_vowel(rest));
        if let Some(rest) = rest {
            return format!("{}{keeps}", if keeps.is_empty() { single(rest) } else { rest });
        }
    }
    word.to_owned()
}

fn has_vowel(text: &str) -> bool {
    text.contains(['a', 'e', 'i', 'o', 'u', 'y'])
}

/// Without the second of two equal letters at the end, as `stopping` has them and `stop` not.
fn single(text: &str) -> &str {
    let mut letters = text.chars().rev();
    match (letters.next(), letters.next()) {
        (Some(last), Some(before)) if last == before && !matches!(last, 'l' | 's' | 'z' | 'e' | 'o') => {
            &text[..text.len() - last.len_utf8()]
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_one_word_have_one_stem() {
        for forms in [
            &["delete", "deletes", "deleted", "deleting", "deletion", "deletions"][..],
            &["create", "creating", "created", "creation"],
            &["deploy", "deploys", "deployed", "deploying", "deployment", "deployments"],
            &["stop", "stopped", "stopping", "stops"],
            &["generate", "generation", "generating"],
            &["policy", "policies"],
            &["history", "histories"],
            &["approve", "approves", "approved", "approving", "approval", "approvals"],
            &["collaborator", "collaboration", "collaborations", "collaborators"],
            &["box", "boxes"],
            &["branch", "branches"],
            &["classification", "classifications"],
            &["image", "images"],
            &["install", "installed", "installing"],
        ] {
            let stems: Vec<String> = forms.iter().map(|form| stem(form)).collect();
            assert!(stems.iter().all(|one| *one == stems[0]), "{forms:?}: {stems:?}");
        }
    }

    #[test]
    fn other_words_keep_apart() {
        for (one, other) in [
            ("status", "stat"),
            ("access", "acces"),
            ("task", "tag"),
            ("set", "site"),
            ("release", "real"),
            ("user", "use"),
        ] {
            assert_ne!(stem(one), stem(other), "{one} {other}");
        }
        // Too short to lose anything.
        for word in ["id", "ip", "set", "red", "ing", "es", "s", "é", ""] {
            assert_eq!(stem(word), word);
        }
    }
}
