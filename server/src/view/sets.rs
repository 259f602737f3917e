//! Sets of tools: one for each tag of the document, and one for each scope that tools need. A tool may be in several of them.

use std::collections::{BTreeMap, HashSet};

use crate::catalog::{Api, Tool, Work};
use crate::decode::{nearest, quote};
use crate::scopes::Scopes;

/// The set of tools without a tag.
const UNTAGGED: &str = "untagged";
/// What the name of a set by scope begins with. No name of a tag has a colon.
const OF_SCOPE: &str = "scope:";

/// The sets by name.
#[derive(Debug)]
pub(crate) struct Sets(BTreeMap<String, Vec<&'static Tool>>);

impl Sets {
    /// The sets of an API's tools.
    pub(super) fn of(api: &'static Api, scopes: &Scopes) -> Self {
        let mut sets: BTreeMap<String, Vec<&'static Tool>> = BTreeMap::new();
        for tool in api.tools.iter().copied().filter(|tool| matches!(tool.work, Work::Request(_))) {
            let of_tags = tool.tags.iter().map(|tag| of_tag(tag));
            let of_tags: HashSet<String> =
                if tool.tags.is_empty() { HashSet::from([UNTAGGED.to_owned()]) } else { of_tags.collect() };
            // One with a comma could not be told from two in a list.
            let of_scopes = scopes.of(tool).into_iter().filter(|scope| !scope.contains(','));
            for name in of_tags.into_iter().chain(of_scopes.map(|scope| format!("{OF_SCOPE}{scope}"))) {
                sets.entry(name).or_default().push(tool);
            }
        }
        Self(sets)
    }

    /// The tools of a set.
    pub(super) fn get(&self, name: &str) -> Option<&[&'static Tool]> {
        self.0.get(name).map(Vec::as_slice)
    }

    /// The names of all tools of these sets.
    pub(super) fn together(&self, names: &[String]) -> HashSet<&'static str> {
        names.iter().filter_map(|name| self.get(name)).flatten().map(|tool| tool.name).collect()
    }

    /// The names of those sets that are there for somebody, in a sentence.
    pub(super) fn list(&self, is_there: impl Fn(&str) -> bool) -> String {
        let names = self.0.keys().filter(|name| is_there(name)).map(|name| format!("`{name}`"));
        let names: Vec<String> = names.collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    }

    /// What is said of a name that no set has, for somebody for whom these are there.
    pub(super) fn unknown(&self, name: &str, is_there: impl Fn(&str) -> bool) -> String {
        let near = nearest(name, self.0.keys().map(String::as_str).filter(|name| is_there(name)));
        let near = near.map_or_else(|| ".".to_owned(), |near| format!("; did you mean `{near}`?"));
        format!("there is no set of tools {}{near} Sets are: {}", quote(name), self.list(is_there))
    }
}

/// The name of a tag's set: its letters and digits in lower case, `_` for whatever stands between.
fn of_tag(tag: &str) -> String {
    let words = tag.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let name = words.map(str::to_lowercase).collect::<Vec<_>>().join("_");
    if name.is_empty() { UNTAGGED.to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Effect;
    use crate::decode::Problems;
    use crate::scopes;

    const fn tool(name: &'static str, effect: Effect, tags: &'static [&'static str]) -> Tool {
        Tool { name, tags, ..Tool::bare(effect, Work::Request(|_, _| Err(Problems::default()))) }
    }

    static BOTH: Tool = tool("both", Effect::Read, &["Sign requests", "Files"]);
    static FILE: Tool = tool("file", Effect::Write, &["files"]);
    static ODD: Tool = Tool { scopes: Some(&["a,b", "x"]), ..tool("odd", Effect::Read, &["--"]) };
    static PLAIN: Tool = tool("plain", Effect::Destroy, &[]);
    static OURS: Tool = Tool { name: "rest", ..Tool::bare(Effect::Read, Work::Rest) };
    static API: Api = Api::bare(&[&BOTH, &FILE, &ODD, &PLAIN, &OURS]);

    #[test]
    fn tools_are_together_by_tag_and_by_scope() {
        let scopes = Scopes::new(scopes::Settings::default(), &API).unwrap();
        let sets = Sets::of(&API, &scopes);
        let found: Vec<(&str, Vec<&str>)> = sets
            .0
            .iter()
            .map(|(name, tools)| (name.as_str(), tools.iter().map(|tool| tool.name).collect()))
            .collect();
        assert_eq!(
            found,
            [
                ("files", vec!["both", "file"]),
                ("scope:destroy", vec!["plain"]),
                ("scope:read", vec!["both"]),
                ("scope:write", vec!["file"]),
                ("scope:x", vec!["odd"]),
                ("sign_requests", vec!["both"]),
                ("untagged", vec!["odd", "plain"]),
            ]
        );
        let told = sets.unknown("file", |name| name != "untagged");
        assert!(
            told.starts_with("there is no set of tools `file`; did you mean `files`? Sets are: `files`, "),
            "{told}"
        );
        assert!(!told.contains("untagged"), "{told}");
        assert_eq!(sets.unknown("", |_| false), "there is no set of tools ``. Sets are: none");
    }
}
