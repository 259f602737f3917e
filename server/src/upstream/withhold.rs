//! Takes what is secret out of what the API sent: it may repeat a credential in a message, and that must not reach callers.

use std::ops::Range;

use memchr::{memchr2_iter, memmem};
use secrecy::{ExposeSecret, SecretString};

/// The shortest secret that is looked for in answers: a shorter one would be found where it is not meant.
const SHORTEST: usize = 8;

/// What stands in an answer where a secret stood.
const WITHHELD: &[u8] = b"[withheld credential]";

/// The body without these secrets, as they are and as JSON may spell them.
pub(super) fn withhold<'s>(body: Vec<u8>, secrets: impl Iterator<Item = &'s SecretString>) -> Vec<u8> {
    secrets.map(|secret| secret.expose_secret().as_bytes()).filter(|secret| secret.len() >= SHORTEST).fold(
        body,
        |body, secret| {
            let body = replaced(body, plain(secret));
            replaced(body, escaped(secret))
        },
    )
}

/// Finds the first place of a secret in a text.
type Find<'a> = Box<dyn Fn(&[u8]) -> Option<Range<usize>> + 'a>;

/// Finds it as it is.
fn plain(sought: &[u8]) -> Find<'_> {
    let finder = memmem::Finder::new(sought);
    Box::new(move |text| finder.find(text).map(|begin| begin..begin + sought.len()))
}

/// Finds it as JSON may spell it: any character may be escaped there, and some must be.
fn escaped(sought: &[u8]) -> Find<'_> {
    let first = sought[0];
    Box::new(move |text| {
        memchr2_iter(first, b'\\', text)
            .find_map(|begin| Some(begin..begin + spelled(&text[begin..], sought)?))
    })
}

/// How many bytes of the text's beginning spell the secret, if they do.
fn spelled(text: &[u8], sought: &[u8]) -> Option<usize> {
    sought.iter().try_fold(0, |at, byte| Some(at + spelled_byte(&text[at..], *byte)?))
}

fn spelled_byte(text: &[u8], byte: u8) -> Option<usize> {
    match text {
        [b'\\', b'u', b'0', b'0', high, low, ..] => {
            let digits = [*high, *low];
            let value = u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?;
            (value == byte).then_some(6)
        }
        [b'\\', next @ (b'"' | b'\\' | b'/'), ..] => (*next == byte).then_some(2),
        [next, ..] => (*next == byte).then_some(1),
        [] => None,
    }
}

fn replaced(body: Vec<u8>, find: Find<'_>) -> Vec<u8> {
    let (mut clean, mut from) = (Vec::new(), 0);
    while let Some(place) = find(&body[from..]) {
        clean.extend_from_slice(&body[from..from + place.start]);
        clean.extend_from_slice(WITHHELD);
        from += place.end;
    }
    if from == 0 {
        return body;
    }
    clean.extend_from_slice(&body[from..]);
    clean
}
