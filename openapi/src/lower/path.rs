//! Path templates, taken apart and checked.

use std::collections::HashMap;

use crate::ir::{Part, Path, Segment};
use crate::problems::Problems;
use crate::store::At;

/// Templates met so far, by their form without names.
#[derive(Debug, Default)]
pub(super) struct Known(HashMap<String, String>);

/// A template taken apart, with what real documents write behind the path.
pub(super) struct Written {
    /// The path.
    pub(super) path: Path,
    /// Names and values of the query that every request carries.
    pub(super) query: Vec<(String, Said)>,
}

/// What a path writes as the value of a query parameter.
pub(super) enum Said {
    /// A value.
    Value(String),
    /// The value of the parameter of this name.
    Parameter(String),
}

/// Takes a template apart; `None` after a problem that leaves no address to send to.
pub(super) fn read(
    template: &str,
    at: &At<'_>,
    known: &mut Known,
    problems: &mut Problems,
) -> Option<Written> {
    let (whole, fragment) =
        template.split_once('#').map_or((template, None), |(whole, rest)| (whole, Some(rest)));
    if fragment.is_some() {
        let message = "a fragment (`#`) is never sent: it only tells this path from others, and is left off";
        problems.warning("path-fragment", at.place(), message);
    }
    let (plain, query) = whole.split_once('?').unwrap_or((whole, ""));
    let behind = &template[plain.len()..];
    let parsed = parse(plain).and_then(|path| pairs(query).map(|query| Written { path, query }));
    let Written { path, query } = match parsed {
        Ok(path) => path,
        Err(reason) => {
            problems.error(
                "path-template",
                at.place(),
                format!("the path {template:?} cannot be used: {reason}"),
            );
            return None;
        }
    };
    let mut names: Vec<&str> = Vec::new();
    for name in parameters(&path) {
        if names.contains(&name) {
            let message = format!("the path names {{{name}}} twice: give each place a name of its own");
            problems.error("path-template", at.place(), message);
        }
        names.push(name);
    }
    if !query.is_empty() {
        let message = "the query of the path is carried as query parameters: declare them as such instead";
        problems.warning("path-query", at.place(), message);
    }
    if let Some(other) = known.0.insert(format!("{}{behind}", form(&path)), template.to_owned()) {
        let message = format!("the path is the same as {other}, but for the names of its parameters");
        problems.warning("duplicate-path", at.place(), message);
    }
    Some(Written { path, query })
}

/// The names of a template's parameters, in order.
pub(super) fn parameters(path: &Path) -> impl Iterator<Item = &str> {
    path.segments.iter().flat_map(|segment| &segment.parts).filter_map(|part| match part {
        Part::Parameter(name) => Some(name.as_str()),
        Part::Literal(_) => None,
    })
}

fn parse(template: &str) -> Result<Path, String> {
    let Some(rest) = template.strip_prefix('/') else {
        return Err("it must begin with `/`".to_owned());
    };
    let segments = rest.split('/').map(segment).collect::<Result<Vec<Segment>, String>>()?;
    Ok(Path { template: template.to_owned(), segments })
}

/// The pairs of a query; a parameter may be a whole value.
fn pairs(query: &str) -> Result<Vec<(String, Said)>, String> {
    let decoded = |text: &str| {
        let text = text.replace('+', " ");
        let decoded = percent_encoding::percent_decode_str(&text).decode_utf8();
        decoded.map(std::borrow::Cow::into_owned).map_err(|_| "its query is not UTF-8".to_owned())
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            // `{name}=1` shows a value of the parameter that it names.
            let shown = name.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            if let Some(name) = shown.filter(|name| !name.is_empty() && !pair_is_braced(name, value)) {
                return Ok((name.to_owned(), Said::Parameter(name.to_owned())));
            }
            let whole = value.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            let said = match whole.filter(|whole| !whole.is_empty()) {
                Some(parameter) => Said::Parameter(parameter.to_owned()),
                None => Said::Value(decoded(value)?),
            };
            if pair_is_braced(name, whole.unwrap_or(value)) {
                return Err("in its query a parameter must be a whole value, as `?name={name}`".to_owned());
            }
            Ok((decoded(name)?, said))
        })
        .collect()
}

fn pair_is_braced(name: &str, value: &str) -> bool {
    [name, value].iter().any(|text| text.contains(['{', '}']))
}

fn segment(text: &str) -> Result<Segment, String> {
    if is_dots(text) {
        return Err(format!("the segment {text:?} means another path"));
    }
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find(['{', '}']) {
        if rest.as_bytes()[open] == b'}' {
            return Err("a `}` closes nothing".to_owned());
        }
        if open > 0 {
            parts.push(Part::Literal(literal(&rest[..open])?));
        }
        let inside = &rest[open + 1..];
        let close = inside.find('}').ok_or("a `{` is not closed within its segment")?;
        let name = &inside[..close];
        if name.is_empty() || name.contains('{') {
            return Err(format!("{{{name}}} is no name of a parameter"));
        }
        parts.push(Part::Parameter(name.to_owned()));
        rest = &inside[close + 1..];
    }
    if !rest.is_empty() || parts.is_empty() {
        parts.push(Part::Literal(literal(rest)?));
    }
    Ok(Segment { parts })
}

fn literal(text: &str) -> Result<String, String> {
    let is_foreign = |character: char| character.is_control() || " \"<>\\^`|?#".contains(character);
    match text.chars().find(|character| is_foreign(*character)) {
        Some(character) => Err(format!("it holds {character:?}, which no path may")),
        None => Ok(text.to_owned()),
    }
}

/// `.` and `..`, also percent-encoded, are resolved away by readers of addresses.
fn is_dots(segment: &str) -> bool {
    matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
}

fn form(path: &Path) -> String {
    let mut form = String::new();
    for segment in &path.segments {
        form.push('/');
        for part in &segment.parts {
            match part {
                Part::Literal(text) => form.push_str(text),
                Part::Parameter(_) => form.push_str("{}"),
            }
        }
    }
    form
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_taken_apart() {
        let path = parse("/files/{name}.{ending}/raw/").unwrap();
        let parts = |index: usize| path.segments[index].parts.clone();
        assert_eq!(parts(0), [Part::Literal("files".into())]);
        let name = |text: &str| Part::Parameter(text.into());
        assert_eq!(parts(1), [name("name"), Part::Literal(".".into()), name("ending")]);
        assert_eq!(parts(3), [Part::Literal(String::new())]);
    }

    #[test]
    fn templates_that_lead_elsewhere_are_refused() {
        for template in
            ["a", "/a/../b", "/./b", "/%2E%2e/b", "/a?b={c}", "/a#b", "/{", "/}", "/{}", "/{a{b}}", "/a b"]
        {
            assert!(parse(template).is_err(), "{template}");
        }
    }
}
