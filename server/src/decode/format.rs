//! Formats that are asserted, by the same judge that tests hold the schemas against.

use std::sync::LazyLock;

use base64::Engine as _;
use jsonschema::Validator;
use serde_json::{Value, json};

/// What a text must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 3339 date and time.
    DateTime,
    /// RFC 3339 date.
    Date,
    /// RFC 3339 time.
    Time,
    /// ISO 8601 duration.
    Duration,
    /// UUID.
    Uuid,
    /// E-mail address.
    Email,
    /// URI with a scheme.
    Uri,
    /// IPv4 address.
    Ipv4,
    /// IPv6 address.
    Ipv6,
    /// Base64.
    Byte,
}

impl Format {
    /// Whether the text looks like it.
    pub(super) fn matches(self, text: &str) -> bool {
        static VALIDATORS: LazyLock<[Validator; 9]> = LazyLock::new(|| {
            ["date-time", "date", "time", "duration", "uuid", "email", "uri", "ipv4", "ipv6"].map(validator)
        });
        let index = match self {
            Self::DateTime => 0,
            Self::Date => 1,
            Self::Time => 2,
            Self::Duration => 3,
            Self::Uuid => 4,
            Self::Email => 5,
            Self::Uri => 6,
            Self::Ipv4 => 7,
            Self::Ipv6 => 8,
            Self::Byte => return base64::engine::general_purpose::STANDARD.decode(text).is_ok(),
        };
        VALIDATORS[index].is_valid(&Value::String(text.to_owned()))
    }

    /// What is accepted, in words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::DateTime => "a date and time such as 2026-01-31T09:30:00Z",
            Self::Date => "a date such as 2026-01-31",
            Self::Time => "a time such as 09:30:00Z",
            Self::Duration => "a duration such as PT30M",
            Self::Uuid => "a UUID",
            Self::Email => "an e-mail address",
            Self::Uri => "a URI with its scheme",
            Self::Ipv4 => "an IPv4 address",
            Self::Ipv6 => "an IPv6 address",
            Self::Byte => "base64",
        }
    }
}

fn validator(format: &str) -> Validator {
    jsonschema::options()
        .should_validate_formats(true)
        .build(&json!({ "type": "string", "format": format }))
        .expect("a schema of one known format compiles")
}
