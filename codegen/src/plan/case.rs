//! Names in the cases of Rust, as `heck` takes words apart. Almost every name is ASCII, which is taken apart here without
//! asking Unicode about each letter: a large program has some hundred thousand of them.

use heck::{ToShoutySnakeCase as _, ToSnakeCase as _, ToUpperCamelCase as _};

/// `snake_case`.
pub(crate) fn snake(text: &str) -> String {
    if text.is_ascii() { joined(text, "_", str::make_ascii_lowercase) } else { text.to_snake_case() }
}

/// `SHOUTY_CASE`.
pub(crate) fn shouty(text: &str) -> String {
    if text.is_ascii() { joined(text, "_", str::make_ascii_uppercase) } else { text.to_shouty_snake_case() }
}

/// `UpperCamelCase`.
pub(crate) fn upper_camel(text: &str) -> String {
    if text.is_ascii() { joined(text, "", capitalise) } else { text.to_upper_camel_case() }
}

fn capitalise(word: &mut str) {
    word.make_ascii_lowercase();
    word[..1].make_ascii_uppercase();
}

/// The words of an ASCII text, each in its case, with `between` between them.
fn joined(text: &str, between: &str, case: fn(&mut str)) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    let runs = text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|run| !run.is_empty());
    for run in runs {
        let mut rest = run;
        while !rest.is_empty() {
            let (word, more) = rest.split_at(first_word(rest.as_bytes()));
            if !out.is_empty() {
                out.push_str(between);
            }
            let start = out.len();
            out.push_str(word);
            case(&mut out[start..]);
            rest = more;
        }
    }
    out
}

/// The length of the first word of letters and digits: `camelCase` ends one before `C`, `XMLHttp` before `H`. Digits are
/// of the case of the letter before them.
fn first_word(run: &[u8]) -> usize {
    let (mut was_lower, mut was_upper) = (false, false);
    for (index, pair) in run.windows(2).enumerate() {
        let (letter, next) = (pair[0], pair[1]);
        if was_upper && letter.is_ascii_uppercase() && next.is_ascii_lowercase() {
            return index;
        }
        if letter.is_ascii_alphabetic() {
            (was_lower, was_upper) = (letter.is_ascii_lowercase(), letter.is_ascii_uppercase());
        }
        if was_lower && next.is_ascii_uppercase() {
            return index + 1;
        }
    }
    run.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn words_are_those_of_heck(text in "[aBcD1_ -]{0,12}|[ -~]{0,20}|[a-zA-Z0-9é_]{0,12}") {
            prop_assert_eq!(snake(&text), text.to_snake_case());
            prop_assert_eq!(shouty(&text), text.to_shouty_snake_case());
            prop_assert_eq!(upper_camel(&text), text.to_upper_camel_case());
        }
    }

    #[test]
    fn words_end_where_their_case_does() {
        assert_eq!(snake("XMLHttpRequest"), "xml_http_request");
        assert_eq!(snake("sha256Sum OK"), "sha256_sum_ok");
        assert_eq!(upper_camel("assignment-id"), "AssignmentId");
        assert_eq!(shouty("fooBar2"), "FOO_BAR2");
    }
}
