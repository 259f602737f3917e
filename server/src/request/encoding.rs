//! Percent-encoding: which characters stay as they are in which place.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What is encoded in a query value whose reserved characters may stay: never what ends or splits a query
/// (`#`, `&`, `+` as an old blank), nor the brackets that RFC 3986 keeps out of queries, nor `'`, which URL libraries
/// encode on their own.
const QUERY_ALLOWED: &AsciiSet = &RESERVED
    .remove(b':')
    .remove(b'/')
    .remove(b'?')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b',')
    .remove(b';')
    .remove(b'=');

/// The same, where a comma separates items.
const QUERY_ALLOWED_ITEM: &AsciiSet = &QUERY_ALLOWED.add(b',');

/// What is encoded in a path value whose reserved characters may stay: never what ends a segment or the path.
const PATH_ALLOWED: &AsciiSet = &QUERY_ALLOWED.add(b'/').add(b'?').remove(b'&').remove(b'+').remove(b'\'');

/// The same, where these separate or pair items.
const PATH_ALLOWED_ITEM: &AsciiSet = &PATH_ALLOWED.add(b',').add(b';').add(b'=');

/// Encodes all but unreserved characters.
pub(super) fn strict(text: &str) -> String {
    Cow::from(utf8_percent_encode(text, RESERVED)).into_owned()
}

/// Encodes a query value whose reserved characters may stay.
pub(super) fn reserved(text: &str) -> String {
    keeping_triples(text, QUERY_ALLOWED)
}

/// Encodes a query value whose reserved characters may stay, and in which `%` means itself.
pub(super) fn reserved_text(text: &str) -> String {
    Cow::from(utf8_percent_encode(text, QUERY_ALLOWED)).into_owned()
}

/// Encodes an item of a comma-separated query value whose reserved characters may stay.
pub(super) fn reserved_item(text: &str) -> String {
    keeping_triples(text, QUERY_ALLOWED_ITEM)
}

/// Encodes a path value whose reserved characters may stay.
pub(super) fn path_reserved(text: &str) -> String {
    keeping_triples(text, PATH_ALLOWED)
}

/// Encodes an item of a path value whose reserved characters may stay.
pub(super) fn path_reserved_item(text: &str) -> String {
    keeping_triples(text, PATH_ALLOWED_ITEM)
}

/// Reserved expansion (RFC 6570, 3.2.3): what is percent-encoded already stays so, any other `%` is encoded.
fn keeping_triples(text: &str, set: &'static AsciiSet) -> String {
    let mut out = String::with_capacity(text.len());
    let mut pieces = text.split('%');
    out.extend(pieces.next().map(|piece| utf8_percent_encode(piece, set)).into_iter().flatten());
    for piece in pieces {
        let is_triple = piece.len() >= 2 && piece.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
        out.push_str(if is_triple { "%" } else { "%25" });
        out.extend(utf8_percent_encode(piece, set));
    }
    out
}

/// Encodes a name or value of a form, where a blank is `+`.
pub(super) fn form(text: &str) -> String {
    strict(text).replace("%20", "+")
}

/// Leaves the text as it is, for headers, which are judged instead.
pub(super) fn plain(text: &str) -> String {
    text.to_owned()
}

/// A name or value of a query, encoded strictly.
pub(crate) fn query_text(text: &str) -> String {
    strict(text)
}
