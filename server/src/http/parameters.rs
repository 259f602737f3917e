//! The parameters of a request, in its address or in a form: each once, as RFC 6749, section 3.1, has it.

use percent_encoding::percent_decode_str;

/// How many parameters a request may have.
const MOST: usize = 64;
/// The one that may be there several times (RFC 8707, section 2).
const REPEATED: &str = "resource";

/// The parameters.
#[derive(Debug)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads `name=value&name=value`. What is wrong with it is said in words for whoever sent it.
    pub(crate) fn read(text: &str) -> Result<Self, &'static str> {
        let mut found: Vec<(String, String)> = Vec::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (Some(name), Some(value)) = (decoded(name), decoded(value)) else {
                return Err("Parameters must be text in UTF-8");
            };
            if name != REPEATED && found.iter().any(|(known, _)| *known == name) {
                return Err("Each parameter may be there once");
            }
            found.push((name, value));
            if found.len() > MOST {
                return Err("There are more parameters than any request needs");
            }
        }
        Ok(Self(found))
    }

    /// The value of a parameter. One without a value is not there.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.all().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Every resource that is named.
    pub(crate) fn resources(&self) -> impl Iterator<Item = &str> {
        self.all().filter(|(known, _)| *known == REPEATED).map(|(_, value)| value)
    }

    fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        pairs.filter(|(_, value)| !value.is_empty())
    }
}

fn decoded(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    percent_decode_str(&text).decode_utf8().ok().map(|text| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_and_one_that_is_there_twice_is_refused() {
        let read = Parameters::read("a=1+2%2B&b=&resource=x&resource=y&&c").expect("parameters");
        assert_eq!(
            (read.get("a"), read.get("b"), read.get("c"), read.get("d")),
            (Some("1 2+"), None, None, None)
        );
        assert_eq!(read.resources().collect::<Vec<_>>(), ["x", "y"]);
        for twice in ["a=1&a=2", "a=1&%61=1", "state=&state=x"] {
            assert!(Parameters::read(twice).is_err(), "{twice}");
        }
        assert!(Parameters::read("a=%ff").is_err());
        let many =
            |count: usize| (0..count).map(|number| format!("p{number}=1")).collect::<Vec<_>>().join("&");
        assert!(Parameters::read(&many(MOST)).is_ok());
        assert!(Parameters::read(&many(MOST + 1)).is_err());
    }
}
