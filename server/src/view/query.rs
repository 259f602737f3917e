//! What the query of an address says of how tools are shown: `tools=search`, `toolsets=assignments,sets`. Parameters of other names
//! are somebody else's, unless they are near enough to be meant for one of these.

use percent_encoding::percent_decode_str;

use crate::decode::{nearest, quote};

/// How they are shown.
const TOOLS: &str = "tools";
/// Of which sets they are.
const TOOLSETS: &str = "toolsets";

/// What was asked for.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Asked {
    /// The word for how tools are shown.
    pub(super) mode: Option<String>,
    /// The names of sets, one at least.
    pub(super) sets: Option<Vec<String>>,
}

impl Asked {
    /// Reads the query of an address; an error says what is wrong, and what is accepted.
    pub(super) fn read(query: &str) -> Result<Self, String> {
        let mut asked = Self::default();
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let Some(name) = decoded(name) else { continue };
            match name.as_str() {
                TOOLS if asked.mode.is_none() => asked.mode = Some(text(TOOLS, value)?),
                TOOLSETS if asked.sets.is_none() => asked.sets = Some(names(&text(TOOLSETS, value)?)),
                TOOLS | TOOLSETS => return Err(format!("`{name}` may be there once")),
                other => {
                    if let Some(near) = nearest(other, [TOOLS, TOOLSETS]) {
                        return Err(format!(
                            "there is no parameter {}; did you mean `{near}`?",
                            quote(other)
                        ));
                    }
                }
            }
        }
        Ok(asked)
    }
}

fn text(name: &str, value: &str) -> Result<String, String> {
    decoded(value).ok_or_else(|| format!("`{name}` must be text in UTF-8, percent-encoded"))
}

/// Names with commas between; one that is empty is no name of a set, and told as such.
fn names(text: &str) -> Vec<String> {
    text.split(',').map(|name| name.trim().to_owned()).collect()
}

fn decoded(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    percent_decode_str(&text).decode_utf8().ok().map(|text| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<(Option<String>, Option<Vec<String>>), String> {
        Asked::read(query).map(|asked| (asked.mode, asked.sets))
    }

    #[test]
    fn what_is_said_is_read_however_it_is_written() {
        let names = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        for (query, mode, sets) in [
            ("", None, None),
            ("tools=search", Some("search"), None),
            ("toolsets=sets", None, names(&["sets"])),
            ("x=1&t%6fols=search&toolsets=a,b", Some("search"), names(&["a", "b"])),
            ("toolsets=a%2Cscope%3Acp%3Aread,+b", None, names(&["a", "scope:cp:read", "b"])),
            ("tools", Some(""), None),
            ("toolsets=a,,b", None, names(&["a", "", "b"])),
            ("session=1&key=%ff", None, None),
        ] {
            assert_eq!(read(query), Ok((mode.map(str::to_owned), sets)), "{query}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_told() {
        for (query, told) in [
            ("tools=a&tools=b", "`tools` may be there once"),
            ("toolsets=a&tools=b&toolsets=c", "`toolsets` may be there once"),
            ("toolset=a", "did you mean `toolsets`?"),
            ("Tools=search", "did you mean `tools`?"),
            ("tool_sets=a", "did you mean `toolsets`?"),
            ("tools=%ff", "`tools` must be text in UTF-8"),
        ] {
            let error = read(query).expect_err(query);
            assert!(error.contains(told), "{query}: {error}");
        }
    }
}
