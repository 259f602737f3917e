//! What goes with every request to a collector, as `OTEL_EXPORTER_OTLP_HEADERS` has it: `name=value`, separated by commas, values
//! percent-encoded where they hold a comma or a blank.

use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;

/// A text that names no headers. It holds a secret and is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoHeaders;

/// Reads headers; their values are not to be printed.
pub fn headers(text: &str) -> Result<HeaderMap, NoHeaders> {
    let mut headers = HeaderMap::new();
    for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        let (name, value) = item.split_once('=').ok_or(NoHeaders)?;
        let name: HeaderName = name.trim().parse().map_err(|_| NoHeaders)?;
        let value: Vec<u8> = percent_decode_str(value.trim()).collect();
        let mut value = HeaderValue::from_bytes(&value).map_err(|_| NoHeaders)?;
        value.set_sensitive(true);
        if headers.insert(name, value).is_some() {
            return Err(NoHeaders);
        }
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t_51_headers_are_read_and_never_printed() {
        let read = headers("api-key=canary, Authorization = Basic%20Y2FuYXJ5==,").expect("two headers");
        assert_eq!(
            (&read["api-key"], &read["authorization"]),
            (&"canary".parse().expect("a value"), &"Basic Y2FuYXJ5==".parse().expect("a value"))
        );
        assert!(!format!("{read:?}").contains("canary"), "{read:?}");
        for wrong in ["canary", "a b=c", "=c", "a=b,a=c", "a=%0d%0ab: c"] {
            assert_eq!(headers(wrong), Err(NoHeaders), "{wrong}");
        }
    }
}
