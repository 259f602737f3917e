//! JSON text in which no character acts on a terminal, ends a line for some readers, or is not to be seen: each is written by
//! its number, which is the same JSON.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::decode::is_refused;

/// The same JSON with every such character as `\uXXXX`. They stand in strings only, since JSON itself has none of them.
pub fn escaped(json: &str) -> Cow<'_, str> {
    // Serialisation has written what is below a blank by its number already.
    if json.bytes().all(|byte| byte < 0x7f) {
        return Cow::Borrowed(json);
    }
    let mut text = String::with_capacity(json.len() + 16);
    for character in json.chars() {
        if character > '~' && is_refused(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        } else {
            text.push(character);
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn t50_what_acts_on_a_reader_is_written_by_its_number_and_stays_what_it_is() {
        let value = json!({ "a\u{7f}": "\u{1b}[31m \u{9b}31m \u{2028} \u{202e} \u{e0041} \u{fffd} ü 漢 \u{1f600} \\u2028" });
        let text = value.to_string();
        let line = escaped(&text);
        assert_eq!(serde_json::from_str::<Value>(&line).expect("JSON"), value);
        for character in ['\u{7f}', '\u{1b}', '\u{9b}', '\u{2028}', '\u{202e}', '\u{e0041}'] {
            assert!(!line.contains(character), "{character:?} in {line}");
        }
        assert!(line.contains("ü 漢 \u{1f600}") && line.contains("\\udb40\\udc41"), "{line}");
        assert!(matches!(escaped(r#"{"plain":"text"}"#), Cow::Borrowed(_)));
    }
}
