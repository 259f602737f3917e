//! Addresses with variables in them, `scheme://{one}/words/{two}`: what fits one, and with which values.
//!
//! A variable stands for a whole or a part of a segment, is never empty, and holds no slash but a percent-encoded one
//! (RFC 6570, level 1).

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

/// What variables stand for.
pub type Values = BTreeMap<String, String>;

/// The longest address that is looked at, in bytes.
const LONGEST: usize = 4096;

/// An address with variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Variable(String),
}

impl Template {
    /// Reads a template; an error says what is wrong with it.
    pub(crate) fn read(text: &str) -> Result<Self, &'static str> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let close = rest[open..].find('}').ok_or("a brace is not closed")? + open;
            let (literal, name) = (&rest[..open], &rest[open + 1..close]);
            if !is_name(name) {
                return Err("a variable is a name of letters, digits and underscores in braces");
            }
            if literal.is_empty() && matches!(pieces.last(), Some(Piece::Variable(_))) {
                return Err("two variables must have something between them");
            }
            if pieces.contains(&Piece::Variable(name.to_owned())) {
                return Err("a variable stands in it twice");
            }
            if !literal.is_empty() {
                pieces.push(Piece::Literal(literal.to_owned()));
            }
            pieces.push(Piece::Variable(name.to_owned()));
            rest = &rest[close + 1..];
        }
        if rest.contains('}') {
            return Err("a brace is closed that was not opened");
        }
        if !rest.is_empty() {
            pieces.push(Piece::Literal(rest.to_owned()));
        }
        match pieces.first() {
            Some(Piece::Literal(first)) if has_scheme(first) => Ok(Self { pieces }),
            _ => Err("it must begin with a scheme, such as `name://`"),
        }
    }

    /// The names of its variables, in their order.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Variable(name) => Some(name.as_str()),
            Piece::Literal(_) => None,
        })
    }

    /// The values with which it is this address, if it is.
    pub(crate) fn values(&self, uri: &str) -> Option<Values> {
        if uri.len() > LONGEST {
            return None;
        }
        let (mut values, mut rest) = (Values::new(), uri);
        for (index, piece) in self.pieces.iter().enumerate() {
            match piece {
                Piece::Literal(literal) => rest = rest.strip_prefix(literal.as_str())?,
                Piece::Variable(name) => {
                    let end = match self.pieces.get(index + 1) {
                        Some(Piece::Literal(next)) => rest.find(next.as_str())?,
                        _ => rest.len(),
                    };
                    let (value, after) = rest.split_at(end);
                    if value.is_empty() || value.contains(['/', '?', '#']) {
                        return None;
                    }
                    let value = percent_decode_str(value).decode_utf8().ok()?.into_owned();
                    values.insert(name.clone(), value);
                    rest = after;
                }
            }
        }
        rest.is_empty().then_some(values)
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn has_scheme(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_lowercase())
            && scheme
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(template: &str, uri: &str) -> Option<Vec<(String, String)>> {
        Template::read(template).unwrap().values(uri).map(|values| values.into_iter().collect())
    }

    #[test]
    fn an_address_fits_whole_or_not_at_all() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let sets = "cp://{srid}/sets/{set}";
        assert_eq!(values(sets, "cp://a-1/sets/S%2F1"), Some(vec![pair("set", "S/1"), pair("srid", "a-1")]));
        assert_eq!(values("x://{a}.json", "x://b.json"), Some(vec![pair("a", "b")]));
        assert_eq!(values("x://fixed", "x://fixed"), Some(Vec::new()));
        for uri in [
            "cp://a-1/sets/",
            "cp:///sets/S1",
            "cp://a-1/sets/S1/tasks",
            "cp://a-1/sets/S1?x=1",
            "cp://a-1/tasks/S1",
            "CP://a-1/sets/S1",
            "cp://a-1/sets/%ff",
            "",
        ] {
            assert_eq!(values(sets, uri), None, "{uri}");
        }
        let long = |length: usize| format!("x://{}", "a".repeat(length - 4));
        assert!(values("x://{a}", &long(LONGEST)).is_some());
        assert!(values("x://{a}", &long(LONGEST + 1)).is_none());
    }

    #[test]
    fn a_template_that_says_nothing_clear_is_refused() {
        for (text, what) in [
            ("cp://{a", "not closed"),
            ("cp://a}", "not opened"),
            ("cp://{a}{b}", "between"),
            ("cp://{a}/{a}", "twice"),
            ("cp://{}", "name"),
            ("cp://{a-b}", "name"),
            ("{a}/b", "scheme"),
            ("/sets/{a}", "scheme"),
            ("1cp://{a}", "scheme"),
        ] {
            let wrong = Template::read(text).expect_err(text);
            assert!(wrong.contains(what), "{text}: {wrong}");
        }
    }

    #[test]
    fn variables_stand_in_their_order() {
        let template = Template::read("cp://{b}/x/{a}").unwrap();
        assert_eq!(template.variables().collect::<Vec<_>>(), ["b", "a"]);
    }
}
