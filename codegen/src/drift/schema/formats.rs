//! The formats that decoders assert; any other is an annotation and accepts every text.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use regex::Regex;

/// The formats that are asserted, with the pattern of their texts. Where a pattern cannot say all (the days of a
/// month), it is a little wider; only samples depend on it.
static PATTERNS: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    let date = r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])";
    let time = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)";
    [
        ("date-time", format!("^{date}[Tt]{time}$")),
        ("date", format!("^{date}$")),
        ("time", format!("^{time}$")),
        ("duration", r"^P(?:\d+W|(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)$".to_owned()),
        ("uuid", "^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$".to_owned()),
        ("email", r"^[^@\s]+@[^@\s]+$".to_owned()),
        ("uri", r"^[A-Za-z][A-Za-z0-9+.-]*:[^\s]*$".to_owned()),
    ]
    .into_iter()
    .map(|(name, pattern)| (name, Regex::new(&pattern).expect("the patterns are valid")))
    .collect()
});

/// Whether a format is asserted at all.
pub(super) fn is_asserted(format: &str) -> bool {
    matches!(format, "ipv4" | "ipv6") || PATTERNS.iter().any(|(name, _)| *name == format)
}

/// Whether a text has a format.
pub(super) fn holds(format: &str, text: &str) -> bool {
    match format {
        "ipv4" => text.parse::<Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<Ipv6Addr>().is_ok(),
        _ => PATTERNS.iter().find(|(name, _)| *name == format).is_none_or(|(_, regex)| regex.is_match(text)),
    }
}

/// A text of this format.
pub(super) fn sample(format: &str) -> &'static str {
    match format {
        "date-time" => "2024-02-29T12:00:00Z",
        "date" => "2024-02-29",
        "time" => "12:00:00Z",
        "duration" => "P1D",
        "uuid" => "123e4567-e89b-12d3-a456-426614174000",
        "email" => "a@example.com",
        "uri" => "https://example.com/",
        "ipv4" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_asserted_format_has_its_sample() {
        for format in ["date-time", "date", "time", "duration", "uuid", "email", "uri", "ipv4", "ipv6"] {
            assert!(super::is_asserted(format), "{format}");
            assert!(super::holds(format, super::sample(format)), "{format}");
            assert!(!super::holds(format, "~"), "{format}");
        }
        assert!(!super::is_asserted("hostname") && super::holds("hostname", "~"));
    }
}
