//! A request as the handlers see it: decoded path, query and body, with getters that refuse bad input.
//!
//! Members that a handler does not ask for are ignored in silence, as the real API seems to do.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::answer::Refusal;
use crate::state::{Container, Options};

/// The decoded parts of one request.
#[derive(Debug, Default)]
pub(crate) struct Inquiry {
    path: Vec<(String, String)>,
    query: Vec<(String, String)>,
    body: Map<String, Value>,
}

impl Inquiry {
    /// Decodes the parts; a body that is not a JSON object is bad input.
    pub(crate) fn new(path: Vec<(String, String)>, query: &str, body: &[u8]) -> Result<Self, Refusal> {
        let body = if body.iter().all(u8::is_ascii_whitespace) {
            Map::new()
        } else {
            match serde_json::from_slice(body) {
                Ok(Value::Object(body)) => body,
                Ok(_) => return Err(Refusal::impossible("The body   must be a JSON object.")),
                Err(error) => {
                    return Err(Refusal::impossible(format!("The body   cannot be read: {error}.")));
                }
            }
        };
        Ok(Self { path, query: decode_query(query)?, body })
    }

    /// A path parameter, or nothing when the route has none of this name.
    pub(crate) fn path(&self, name: &str) -> &str {
        self.path.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The container that the path names.
    pub(crate) fn container(&self) -> Container {
        match self.path("assignmentId") {
            "" => Container::Release(self.path("releaseId").to_owned()),
            id => Container::Assignment(id.to_owned()),
        }
    }

    /// The first value of a query parameter; a blank one counts as absent.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query_all(name).next()
    }

    /// Every value of a repeated query parameter.
    pub(crate) fn query_all<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        let values = self.query.iter().filter(move |(known, _)| known == name);
        values.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// A query parameter that the operation cannot do without.
    pub(crate) fn required_query(&self, name: &str) -> Result<&str, Refusal> {
        self.query(name).ok_or_else(|| Refusal::impossible(format!("Parameter   {name} is required.")))
    }

    /// A query parameter that is `true` or `false`.
    pub(crate) fn query_flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.query(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => Err(Refusal::impossible(format!("{name}   {other} is invalid: true or false."))),
        }
    }

    /// A query parameter that is a date, `yyyy-mm-dd`.
    pub(crate) fn query_date(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.query(name) {
            Some(date) if !is_date(date) => {
                Err(Refusal::impossible(format!("{name}   {date} is invalid: yyyy-mm-dd.")))
            }
            date => Ok(date),
        }
    }

    /// A member of the body as it came.
    pub(crate) fn member(&self, name: &str) -> Option<&Value> {
        self.body.get(name)
    }

    /// A text member of the body, empty when absent or blank; numbers count as text.
    pub(crate) fn text(&self, name: &str) -> Result<String, Refusal> {
        match self.body.get(name) {
            None | Some(Value::Null) => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.trim().to_owned()),
            Some(Value::Number(number)) => Ok(number.to_string()),
            Some(_) => Err(Refusal::impossible(format!("{name}   must be text."))),
        }
    }

    /// A text member that the operation cannot do without.
    pub(crate) fn required_text(&self, name: &str) -> Result<String, Refusal> {
        match self.text(name)? {
            text if text.is_empty() => Err(Refusal::impossible(format!("{name}   is required."))),
            text => Ok(text),
        }
    }

    /// A member that is a boolean or the text of one; absent or blank is false.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.body.get(name) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(Value::String(text)) if text == "true" => Ok(true),
            Some(Value::String(text)) if text == "false" || text.trim().is_empty() => Ok(false),
            Some(other) => Err(Refusal::impossible(format!("{name}   {other} is invalid: true or false."))),
        }
    }

    /// The common body of every operation that makes a set.
    pub(crate) fn options(&self) -> Result<Options, Refusal> {
        self.choice("changeType", &["S", "I", "E"])?;
        let environments = self.text("dpenvlst")?;
        if environments.len() > 255 {
            return Err(Refusal::impossible("dpenvlst   is longer than 255 characters."));
        }
        Ok(Options {
            held: self.choice("executionStatus", &["I", "H"])? == "H",
            auto_deploy: self.flag("autoDeploy")?,
            override_newer: self.flag("override")?,
            environments: environments.split_whitespace().map(str::to_owned).collect(),
            system: self.text("system")?,
            implementation_date: self.text("deployImplementationDate")?,
            implementation_time: self.text("deployImplementationTime")?,
            active_date: self.text("deployActiveDate")?,
            active_time: self.text("deployActiveTime")?,
        })
    }

    /// A text member that must be one of these, or absent.
    pub(crate) fn choice(&self, name: &str, accepted: &[&str]) -> Result<String, Refusal> {
        let text = self.text(name)?;
        if text.is_empty() || accepted.contains(&text.as_str()) {
            return Ok(text);
        }
        Err(Refusal::impossible(format!("{name}   {text} is invalid: {}.", accepted.join(", "))))
    }
}

/// Whether a value matches a filter: exactly, or by its beginning when the filter ends in `*`.
pub(crate) fn matches(filter: Option<&str>, value: &str) -> bool {
    match filter {
        None => true,
        Some(filter) => match filter.strip_suffix('*') {
            Some(beginning) => value.starts_with(beginning),
            None => value == filter,
        },
    }
}

fn decode_query(query: &str) -> Result<Vec<(String, String)>, Refusal> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, decode(value)?))
        })
        .collect()
}

fn decode(text: &str) -> Result<String, Refusal> {
    let spaced = text.replace('+', " ");
    match percent_decode_str(&spaced).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err(Refusal::impossible(format!("{text}   is not UTF-8."))),
    }
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else { return false };
    let number = |part: &str, digits: usize, highest: u32| {
        part.len() == digits && part.parse().is_ok_and(|number: u32| (1..=highest).contains(&number))
    };
    number(year, 4, 9999) && number(month, 2, 12) && number(day, 2, 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_decoded_and_blank_values_are_absent() {
        let inquiry =
            Inquiry::new(Vec::new(), "taskId=A&taskId=B&mname=T%23X%40&level=+&flag", b"{}").unwrap();
        assert_eq!(inquiry.query_all("taskId").collect::<Vec<_>>(), ["A", "B"]);
        assert_eq!(inquiry.query("mname"), Some("T#X@"));
        assert_eq!(inquiry.query("level"), None);
        assert_eq!(inquiry.query("flag"), None);
    }

    #[test]
    fn a_trailing_star_matches_the_beginning() {
        assert!(matches(None, "PLAY"));
        assert!(matches(Some("PL*"), "PLAY"));
        assert!(matches(Some("PLAY"), "PLAY"));
        assert!(!matches(Some("PL"), "PLAY"));
        assert!(!matches(Some("*L*"), "PLAY"));
    }

    #[test]
    fn only_real_looking_dates_are_dates() {
        assert!(is_date("2023-08-14"));
        for bad in ["2023-8-14", "14-08-2023", "2023-13-01", "2023-08-00", "2023/08/14", "yesterday"] {
            assert!(!is_date(bad), "{bad}");
        }
    }
}
