//! Headers that arguments may set: visible ASCII, and never one that HTTP, proxies or this program own.

/// Names that no argument may set, whatever a table says.
const RESERVED: &[&str] = &[
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "x-request-id",
    "traceparent",
];

/// Whether the name is owned by someone else, or no header name at all.
pub(super) fn is_reserved(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    http::HeaderName::from_bytes(lower.as_bytes()).is_err()
        || RESERVED.contains(&lower.as_str())
        || ["proxy-", "x-forwarded-", "sec-"].iter().any(|prefix| lower.starts_with(prefix))
}

/// Why a text cannot be the value of a header, if so.
pub(crate) fn refusal(text: &str) -> Option<&'static str> {
    if text.bytes().any(|byte| !(0x20..=0x7e).contains(&byte)) {
        return Some("visible ASCII characters and blanks are accepted");
    }
    if text.starts_with(' ') || text.ends_with(' ') {
        return Some("no blank at the beginning or end is accepted");
    }
    None
}
