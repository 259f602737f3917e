//! Secrets that are more than a text: headers with values that nobody may read.

use std::fmt;

use http::{HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret as _, SecretString};

/// Headers of requests to somebody else. Their values cannot be printed, and are wiped when they are dropped.
#[derive(Clone, Default)]
pub struct Headers(Vec<(HeaderName, SecretString)>);

/// A text that names no headers. It holds a secret and is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoHeaders;

impl Headers {
    /// Reads headers as `OTEL_EXPORTER_OTLP_HEADERS` has them: `name=value`, separated by commas, values percent-encoded where
    /// they hold a comma or a blank.
    pub fn parse(text: &str) -> Result<Self, NoHeaders> {
        let mut headers = Self::default();
        for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            let (name, value) = item.split_once('=').ok_or(NoHeaders)?;
            let name: HeaderName = name.trim().parse().map_err(|_| NoHeaders)?;
            let value = percent_decode_str(value.trim()).decode_utf8().map_err(|_| NoHeaders)?;
            HeaderValue::from_str(&value).map_err(|_| NoHeaders)?;
            if headers.names().any(|other| *other == name) {
                return Err(NoHeaders);
            }
            headers.0.push((name, SecretString::from(&*value)));
        }
        Ok(headers)
    }

    /// Adds a header, in the place of one of this name.
    pub(crate) fn insert(&mut self, name: HeaderName, value: SecretString) {
        self.0.retain(|(other, _)| *other != name);
        self.0.push((name, value));
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What they are called.
    pub(crate) fn names(&self) -> impl Iterator<Item = &HeaderName> {
        self.0.iter().map(|(name, _)| name)
    }

    /// Names and values.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&HeaderName, &SecretString)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// The headers as a request has them; their values are not printed with it.
    pub(crate) fn to_send(&self) -> http::HeaderMap {
        let value = |secret: &SecretString| {
            let mut value = HeaderValue::from_str(secret.expose_secret()).ok()?;
            value.set_sensitive(true);
            Some(value)
        };
        self.0.iter().filter_map(|(name, secret)| Some((name.clone(), value(secret)?))).collect()
    }
}

/// In any order of the names, as a request is the same.
impl PartialEq for Headers {
    fn eq(&self, other: &Self) -> bool {
        self.to_send() == other.to_send()
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self.names()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t_51_headers_are_read_and_never_printed() {
        let read =
            Headers::parse("api-key=canary, Authorization = Basic%20Y2FuYXJ5==,").expect("two headers");
        let sent = read.to_send();
        assert_eq!(
            (&sent["api-key"], &sent["authorization"]),
            (&"canary".parse().expect("a value"), &"Basic Y2FuYXJ5==".parse().expect("a value"))
        );
        for printed in [format!("{read:?}"), format!("{sent:?}")] {
            assert!(printed.contains("api-key") && !printed.contains("canary"), "{printed}");
        }
        assert_eq!(Headers::parse("a=b,c=d"), Headers::parse("c=d,a=b"));
        assert_ne!(Headers::parse("a=b"), Headers::parse("a=c"));
        for wrong in ["canary", "a b=c", "=c", "a=b,a=c", "a=%0d%0ab: c", "a=%ff"] {
            assert!(Headers::parse(wrong).is_err(), "{wrong}");
        }
    }
}
