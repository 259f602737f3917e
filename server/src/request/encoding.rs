//! Percent-encoding: which characters stay as they are in which place.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What is encoded in a query value whose reserved characters may stay: never what ends or splits a query
/// (`#`, `&`, `+` as an old blank), nor `'`, which URL libraries encode on their own.
const QUERY_ALLOWED: &AsciiSet = &RESERVED
    .remove(b':')
    .remove(b'/')
    .remove(b'?')
    .remove(b'[')
    .remove(b']')
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

/// Encodes all but unreserved characters.
pub(super) fn strict(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Encodes a query value whose reserved characters may stay.
pub(super) fn reserved(text: &str) -> String {
    utf8_percent_encode(text, QUERY_ALLOWED).to_string()
}

/// Encodes an item of a comma-separated query value whose reserved characters may stay.
pub(super) fn reserved_item(text: &str) -> String {
    utf8_percent_encode(text, QUERY_ALLOWED_ITEM).to_string()
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
