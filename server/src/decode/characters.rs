//! Characters that no argument may hold and no answer may show: controls, bidirectional, invisible, tags.

/// Why a character is refused, if it is; TAB, LF and CR are judged by the place, not here.
pub(super) fn class(character: char) -> Option<&'static str> {
    match character {
        '\0' => Some("NUL"),
        '\u{1}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => Some("control character"),
        '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Some("bidirectional control character")
        }
        // Text of one line must not become two for a reader who takes these for line ends.
        '\u{2028}' | '\u{2029}' => Some("line separator"),
        '\u{e0000}'..='\u{e007f}' => Some("invisible tag character"),
        // Soft hyphen, fillers, joiners, annotation marks, and the variation selectors that carry hidden bytes.
        '\u{ad}'
        | '\u{115f}'..='\u{1160}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2060}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0080}'..='\u{e0fff}' => Some("invisible character"),
        _ => None,
    }
}

/// Whether a character is none for people to see, TAB, LF and CR included.
pub(crate) fn is_refused(character: char) -> bool {
    class(character).is_some()
}

/// Names the first refused character of a text; `blanks` lets TAB, LF and CR pass.
pub(super) fn refused(text: &str, blanks: bool) -> Option<String> {
    // What most texts are made of; the search below takes several times as long.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return None;
    }
    text.chars()
        .filter(|character| !(blanks && matches!(character, '\t' | '\n' | '\r')))
        .find_map(|character| class(character).map(|class| format!("{class} U+{:04X}", character as u32)))
}

/// Whether there is nothing to spell out in a text.
pub(crate) fn is_visible(text: &str) -> bool {
    refused(text, true).is_none()
}

/// How refused characters are shown: `<U+202E>`.
pub(crate) struct Visible;

impl Visible {
    /// Appends the character, spelled out if it would be invisible or act on a terminal. Tells whether it
    /// was.
    pub(crate) fn push(out: &mut String, character: char) -> bool {
        if class(character).is_none() {
            out.push(character);
            return false;
        }
        out.push_str(&format!("<U+{:04X}>", character as u32));
        true
    }
}

/// Spells out the refused characters of a text, TAB, LF and CR excepted; `None` when there is none.
pub(crate) fn neutralise(text: &str) -> Option<(String, usize)> {
    refused(text, true)?;
    let mut visible = String::with_capacity(text.len() + 8);
    let mut count = 0;
    for character in text.chars() {
        if matches!(character, '\t' | '\n' | '\r') {
            visible.push(character);
        } else if Visible::push(&mut visible, character) {
            count += 1;
        }
    }
    Some((visible, count))
}

/// Why a text cannot be the value of a path parameter, if so.
///
/// Servers decode once or twice, strip `;` parameters, and then resolve dot segments, so the text is judged
/// as it stands and after each of two decodings. Encoding the dots would not help: `%2e%2e` is a dot segment
/// for many.
pub(crate) fn path_refusal(text: &str) -> Option<&'static str> {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..3 {
        let segment = bytes.split(|byte| *byte == b';').next().unwrap_or_default();
        match segment {
            b"" => return Some("must not be empty"),
            b"." | b".." => return Some("must not be a dot segment"),
            _ => {}
        }
        if bytes.iter().any(|byte| matches!(byte, b'/' | b'\\')) {
            return Some("must not hold `/` or `\\`, plain or percent-encoded");
        }
        if bytes.iter().any(|byte| *byte < 0x20 || *byte == 0x7f) {
            return Some("must not hold a control character, plain or percent-encoded");
        }
        if !bytes.contains(&b'%') {
            break;
        }
        bytes = percent_encoding::percent_decode(&bytes).collect();
    }
    None
}
