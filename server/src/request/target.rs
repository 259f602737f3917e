//! The request target: built from the template and encoded parts, then read back and compared with the
//! template.
//!
//! The second half knows nothing of the first: it takes the finished text apart as a server would. What it
//! refuses is a fault of this program, never of the caller, and such a request is not sent.

use std::fmt;

use percent_encoding::percent_decode;

use super::Parts;

/// A part of a path segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Literal text, as it appears on the wire.
    Literal(&'static str),
    /// The value of this path parameter.
    Parameter(&'static str),
}

/// A request target that agrees with its template: path and query, without origin.
pub struct Target(String);

impl Target {
    /// Builds and verifies the target; `base_path` has no slash at its end, `extra` are encoded pairs of ours
    /// (a credential that travels in the query).
    pub fn build(
        template: &[&[Part]],
        base_path: &str,
        parts: &Parts,
        extra: &[(String, String)],
    ) -> Result<Self, Violation> {
        let mut text = base_path.to_owned();
        for segment in template {
            text.push('/');
            for part in *segment {
                text.push_str(match part {
                    Part::Literal(literal) => literal,
                    Part::Parameter(name) => {
                        parts.path_value(name).ok_or(Violation("a path parameter is missing"))?
                    }
                });
            }
        }
        if template.is_empty() {
            text.push('/');
        }
        let pairs = || parts.query_pairs().iter().chain(extra);
        let mut separator = '?';
        for (name, value) in pairs() {
            text.push_str(&format!("{separator}{name}={value}"));
            separator = '&';
        }
        // A query that is one value stands after all pairs, of which there are none but a credential.
        if let Some(bare) = parts.bare_query() {
            text.push_str(&format!("{separator}{bare}"));
        }
        let names: Vec<&str> = pairs().map(|(name, _)| name.as_str()).chain(parts.bare_query()).collect();
        verify(&text, template, base_path, &names)?;
        Ok(Self(text))
    }

    /// The text that goes on the request line.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Not printed whole: the query may hold a credential.
impl fmt::Debug for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Target({})", self.0.split('?').next().unwrap_or_default())
    }
}

/// How a finished target disagrees with its template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Violation(pub &'static str);

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0)
    }
}

/// Compares a finished target with the template that it was made from.
fn verify(target: &str, template: &[&[Part]], base_path: &str, names: &[&str]) -> Result<(), Violation> {
    if !target.bytes().all(|byte| byte.is_ascii_graphic() && !b"#\\\"<>^`{|}".contains(&byte)) {
        return Err(Violation("the target holds a character that must be encoded"));
    }
    if !well_encoded(target) {
        return Err(Violation("the target holds a broken percent-encoding"));
    }
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    let rest = path.strip_prefix(base_path).ok_or(Violation("the base path is gone"))?;
    let rest = rest.strip_prefix('/').ok_or(Violation("the path does not begin after the base path"))?;
    let segments: Vec<&str> = rest.split('/').collect();
    if segments.len() != template.len().max(1) {
        return Err(Violation("the path has another number of segments than its template"));
    }
    for (segment, parts) in segments.iter().zip(template) {
        verify_segment(segment, parts)?;
    }
    verify_query(query, names)
}

fn well_encoded(text: &str) -> bool {
    let hex = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    let bytes = text.as_bytes();
    (0..bytes.len()).all(|at| bytes[at] != b'%' || (hex(bytes.get(at + 1)) && hex(bytes.get(at + 2))))
}

fn verify_segment(segment: &str, parts: &[Part]) -> Result<(), Violation> {
    if parts.is_empty() {
        return if segment.is_empty() { Ok(()) } else { Err(Violation("an empty segment is filled")) };
    }
    if segment.is_empty() {
        return Err(Violation("a segment is empty"));
    }
    if is_dot_segment(segment) {
        return Err(Violation("a segment is a dot segment"));
    }
    if parts.iter().any(|part| matches!(part, Part::Parameter(_))) && hides_separator(segment) {
        return Err(Violation("a segment hides a separator or a control character"));
    }
    if literals_stand(segment, parts) { Ok(()) } else { Err(Violation("a literal segment has changed")) }
}

/// Whether the literal parts stand in the segment, in order and byte by byte, with something between them.
fn literals_stand(segment: &str, parts: &[Part]) -> bool {
    let mut left = segment;
    let mut open = false;
    for (index, part) in parts.iter().enumerate() {
        match part {
            Part::Parameter(_) => open = true,
            Part::Literal(literal) => {
                let last = index + 1 == parts.len();
                let found = match (open, last) {
                    (false, _) => left.starts_with(literal).then_some(0),
                    (true, true) => left.ends_with(literal).then(|| left.len() - literal.len()),
                    (true, false) => left.get(1..).and_then(|tail| tail.find(literal)).map(|at| at + 1),
                };
                let Some(at) = found.filter(|at| !open || *at > 0) else { return false };
                left = &left[at + literal.len()..];
                open = false;
            }
        }
    }
    open != left.is_empty()
}

/// Whether a server that decodes once or twice, or strips `;` parameters, would read a dot segment.
fn is_dot_segment(segment: &str) -> bool {
    rounds(segment).iter().any(|bytes| {
        let bare = bytes.split(|byte| *byte == b';').next().unwrap_or_default();
        bare == b"." || bare == b".."
    })
}

fn hides_separator(segment: &str) -> bool {
    rounds(segment).iter().any(|bytes| bytes.iter().any(|byte| b"/\\\x7f".contains(byte) || *byte < 0x20))
}

/// The segment as it stands, and after one, two and three decodings: ours, and two of a careless server.
fn rounds(segment: &str) -> [Vec<u8>; 4] {
    let plain = segment.as_bytes().to_vec();
    let once: Vec<u8> = percent_decode(&plain).collect();
    let twice: Vec<u8> = percent_decode(&once).collect();
    let thrice: Vec<u8> = percent_decode(&twice).collect();
    [plain, once, twice, thrice]
}

/// The query holds exactly the pairs that were written, by name and in order.
fn verify_query(query: Option<&str>, names: &[&str]) -> Result<(), Violation> {
    let read: Vec<&str> = match query {
        None => Vec::new(),
        Some(query) => query.split('&').map(|pair| pair.split('=').next().unwrap_or_default()).collect(),
    };
    if read == names { Ok(()) } else { Err(Violation("the query holds other names than were written")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &[&[Part]] = &[
        &[Part::Literal("ispw")],
        &[Part::Parameter("srid")],
        &[Part::Literal("tasks.v"), Part::Parameter("id")],
    ];

    #[test]
    fn t02_a_target_that_agrees_with_its_template_passes() {
        assert_eq!(verify("/b/ispw/A%20B/tasks.v1?x=1&y=", TEMPLATE, "/b", &["x", "y"]), Ok(()));
    }

    #[test]
    fn t02_every_disagreement_is_found() {
        for (target, names) in [
            ("/b/ispw/A/B/tasks.v1", &[][..]),
            ("/b/ispw/tasks.v1", &[]),
            ("/b/ispw//tasks.v1", &[]),
            ("/b/ispx/A/tasks.v1", &[]),
            ("/b/ispw/A/tasks.v", &[]),
            ("/b/ispw/A/task.v1", &[]),
            ("/c/ispw/A/tasks.v1", &[]),
            ("/ispw/A/tasks.v1", &[]),
            ("/b/ispw/../tasks.v1", &[]),
            ("/b/ispw/%2e%2E/tasks.v1", &[]),
            ("/b/ispw/%252e./tasks.v1", &[]),
            ("/b/ispw/%25252e./tasks.v1", &[]),
            ("/b/ispw/..;x/tasks.v1", &[]),
            ("/b/ispw/a%2fb/tasks.v1", &[]),
            ("/b/ispw/a%255cb/tasks.v1", &[]),
            ("/b/ispw/a%00/tasks.v1", &[]),
            ("/b/ispw/a%0/tasks.v1", &[]),
            ("/b/ispw/A/tasks.v1#x", &[]),
            ("/b/ispw/A /tasks.v1", &[]),
            ("/b/ispw/é/tasks.v1", &[]),
            ("/b/ispw/A/tasks.v1?y=1", &["x"]),
            ("/b/ispw/A/tasks.v1?x=1&y=2", &["x"]),
            ("/b/ispw/A/tasks.v1", &["x"]),
            ("/b/ispw/A/tasks.v1?", &[]),
        ] {
            assert!(verify(target, TEMPLATE, "/b", names).is_err(), "{target} must not pass");
        }
    }
}
