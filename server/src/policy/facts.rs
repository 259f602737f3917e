//! What rules are told of a call, and nothing else: values that Cedar has, in a form that is compared and remembered as it is.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cedar_policy::RestrictedExpression as Expression;

/// A value that rules may read.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fact<'a> {
    Text(String),
    Integer(i64),
    Boolean(bool),
    Set(Vec<Fact<'a>>),
    Record(BTreeMap<&'a str, Fact<'a>>),
    Address(IpAddr),
    /// A time in RFC 3339, to the second.
    Time(String),
}

impl Fact<'_> {
    /// Writes the value so that no two that differ are written alike.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => write_text(b's', text, out),
            Self::Integer(integer) => {
                out.push(b'i');
                out.extend(integer.to_be_bytes());
            }
            Self::Boolean(value) => out.extend([b'b', u8::from(*value)]),
            Self::Set(items) => {
                write_length(b'[', items.len(), out);
                items.iter().for_each(|item| item.write(out));
            }
            Self::Record(members) => write_record(members, out),
            Self::Address(address) => write_text(b'a', &address.to_string(), out),
            Self::Time(time) => write_text(b't', time, out),
        }
    }

    /// The value as Cedar has it.
    pub(super) fn expression(&self) -> Expression {
        match self {
            Self::Text(text) => Expression::new_string(text.clone()),
            Self::Integer(integer) => Expression::new_long(*integer),
            Self::Boolean(value) => Expression::new_bool(*value),
            Self::Set(items) => Expression::new_set(items.iter().map(Fact::expression)),
            Self::Record(members) => Expression::new_record(pairs(members)).expect("a map has no name twice"),
            Self::Address(address) => Expression::new_ip(address.to_string()),
            Self::Time(time) => Expression::new_datetime(time),
        }
    }
}

/// Writes the members of a record, as [`Fact::write`] does.
pub(super) fn write_record(members: &BTreeMap<&str, Fact<'_>>, out: &mut Vec<u8>) {
    write_length(b'{', members.len(), out);
    for (name, value) in members {
        write_text(b':', name, out);
        value.write(out);
    }
}

/// The members of a record as Cedar takes them.
pub(super) fn pairs(members: &BTreeMap<&str, Fact<'_>>) -> Vec<(String, Expression)> {
    members.iter().map(|(name, fact)| ((*name).to_owned(), fact.expression())).collect()
}

fn write_length(tag: u8, length: usize, out: &mut Vec<u8>) {
    out.push(tag);
    out.extend((length as u64).to_be_bytes());
}

fn write_text(tag: u8, text: &str, out: &mut Vec<u8>) {
    write_length(tag, text.len(), out);
    out.extend(text.as_bytes());
}

/// A moment as rules read it, all in UTC. Each part is as coarse as its name, so that what a rule decided by the hour is
/// remembered for the hour.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment(pub(super) SystemTime);

/// The parts of a moment by their names.
pub(super) const MOMENT: [&str; 5] = ["date", "hour", "minute", "now", "weekday"];

impl Moment {
    /// The part of this name.
    pub(super) fn part(self, name: &str) -> Option<Fact<'static>> {
        let since = self.0.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let (days, second) = (since / 86_400, since % 86_400);
        let text = humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(since)).to_string();
        Some(match name {
            "date" => Fact::Text(text.split('T').next().unwrap_or_default().to_owned()),
            "hour" => Fact::Integer(i64::try_from(second / 3600).unwrap_or_default()),
            "minute" => Fact::Integer(i64::try_from(second / 60 % 60).unwrap_or_default()),
            "now" => Fact::Time(text),
            "weekday" => Fact::Text(weekday(days).to_owned()),
            _ => return None,
        })
    }
}

/// The day of the week, so many days after the first of January 1970, which was a Thursday.
fn weekday(days: u64) -> &'static str {
    match days % 7 {
        0 => "Thursday",
        1 => "Friday",
        2 => "Saturday",
        3 => "Sunday",
        4 => "Monday",
        5 => "Tuesday",
        _ => "Wednesday",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_values_are_written_alike() {
        let text = |text: &str| Fact::Text(text.to_owned());
        let values = [
            text(""),
            text("a"),
            text("1"),
            Fact::Integer(1),
            Fact::Boolean(true),
            Fact::Time("1".to_owned()),
            Fact::Set(vec![]),
            Fact::Set(vec![text("a"), text("b")]),
            Fact::Set(vec![text("ab")]),
            Fact::Record(BTreeMap::new()),
            Fact::Record(BTreeMap::from([("a", text("b"))])),
            Fact::Record(BTreeMap::from([("a", Fact::Set(vec![text("b")]))])),
            Fact::Address("10.0.0.1".parse().expect("an address")),
            text("10.0.0.1"),
        ];
        let written: std::collections::HashSet<Vec<u8>> = values
            .iter()
            .map(|value| {
                let mut out = Vec::new();
                value.write(&mut out);
                out
            })
            .collect();
        assert_eq!(written.len(), values.len());
    }

    #[test]
    fn a_moment_is_told_in_parts() {
        let moment = Moment(humantime::parse_rfc3339("2026-11-26T04:35:09Z").expect("a time"));
        let parts: Vec<String> =
            MOMENT.iter().map(|name| format!("{:?}", moment.part(name).expect("a part"))).collect();
        assert_eq!(
            parts,
            [
                r#"Text("2026-11-26")"#,
                "Integer(4)",
                "Integer(35)",
                r#"Time("2026-11-26T04:35:09Z")"#,
                r#"Text("Thursday")"#
            ]
        );
        assert!(moment.part("year").is_none());
    }
}
