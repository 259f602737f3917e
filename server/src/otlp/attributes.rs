//! What an operator says of a service, in the notation of `OTEL_RESOURCE_ATTRIBUTES`.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The longest text of attributes, in bytes.
const LONGEST: usize = 4096;
/// What stands for itself in a value.
const PLAIN: AsciiSet =
    NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/').remove(b':');

/// Names, each with a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes(Vec<(String, String)>);

/// A text that has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoAttributes;

impl Attributes {
    /// Reads `name=value`, separated by commas, values percent-encoded where they hold a comma or a blank.
    pub fn parse(text: &str) -> Result<Self, NoAttributes> {
        let mut read: Vec<(String, String)> = Vec::new();
        if text.len() > LONGEST {
            return Err(NoAttributes);
        }
        for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            let (name, value) = item.split_once('=').ok_or(NoAttributes)?;
            let (name, value) =
                (name.trim(), percent_decode_str(value.trim()).decode_utf8().map_err(|_| NoAttributes)?);
            let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-');
            let is_new = read.iter().all(|(other, _)| other != name);
            if name.is_empty()
                || !name.chars().all(is_plain)
                || value.chars().any(char::is_control)
                || !is_new
            {
                return Err(NoAttributes);
            }
            read.push((name.to_owned(), value.into_owned()));
        }
        Ok(Self(read))
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Adds one, unless it is there.
    pub fn add(&mut self, name: &str, value: &str) {
        if self.iter().all(|(other, _)| other != name) {
            self.0.push((name.to_owned(), value.to_owned()));
        }
    }
}

/// As [`Attributes::parse`] reads it.
impl fmt::Display for Attributes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, value)) in self.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(out, "{comma}{name}={}", utf8_percent_encode(value, &PLAIN))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_read_as_they_are_written_or_not_at_all() {
        let read =
            Attributes::parse(" service.namespace=change%20control, host.name = a:1/b ,").expect("two");
        assert_eq!(
            read.iter().collect::<Vec<_>>(),
            [("service.namespace", "change control"), ("host.name", "a:1/b")]
        );
        assert_eq!(read.to_string(), "service.namespace=change%20control,host.name=a:1/b");
        assert_eq!(Attributes::parse(&read.to_string()), Ok(read));
        for wrong in ["a", "=b", "a b=c", "a=b,a=c", "a=%0a", "a=%ff"] {
            assert_eq!(Attributes::parse(wrong), Err(NoAttributes), "{wrong}");
        }
        let longest = format!("a={}", "x".repeat(LONGEST - 2));
        assert!(Attributes::parse(&longest).is_ok() && Attributes::parse(&format!("{longest}x")).is_err());
    }
}
