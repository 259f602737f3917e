//! Judges JSON text before a tree is built from it: a tree of tiny values takes many times the room of its text.

/// So many values may be as small as they like.
const ANY_SIZE: usize = 50_000;
/// Beyond that, the bytes that a value takes on average, with its name and punctuation; answers of real APIs take
/// more.
const LEAST_BYTES: usize = 8;

/// Why no tree is built, in words that follow "got"; `None` when nothing speaks against it.
pub(super) fn refusal(text: &str) -> Option<String> {
    let values = values(text.as_bytes());
    (values > ANY_SIZE && values > text.len() / LEAST_BYTES)
        .then(|| format!("more than {ANY_SIZE} values of less than {LEAST_BYTES} bytes each"))
}

/// How many values the text holds, counted by what separates and begins them; exact enough, also for broken JSON.
fn values(text: &[u8]) -> usize {
    let (mut count, mut quoted, mut escaped) = (0, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' | b'[' | b'{' if !quoted => count += 1,
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::values;

    #[test]
    fn what_stands_in_texts_is_not_counted() {
        for (text, count) in
            [("[]", 1), ("[1,2]", 2), (r#"{"a,[":"b\",{","c":[1,{}]}"#, 5), ("\"[[[,,\\\\\",", 1), ("", 0)]
        {
            assert_eq!(values(text.as_bytes()), count, "{text}");
        }
    }
}
