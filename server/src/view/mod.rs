//! What of the tools a client is shown: all of them, those of some sets, or three tools that find the others.
//!
//! It is a choice of whoever connects and no right: the rules alone say what a caller may do, in each of them alike. What it promises:
//! a tool that is not shown reads as if there were none, and tools that are not the API's are always there.

mod query;
mod sets;

use std::collections::HashSet;
use std::sync::Arc;

use crate::catalog::{Tool, Work};
use crate::engine::Engine;
use crate::start_error::StartError;
use query::Asked;
pub(crate) use sets::Sets;

/// What clients are shown that do not say what they want.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// How tools are shown.
    pub mode: Mode,
    /// The sets of which they are; all where none is named. No client is shown a tool of another one.
    pub toolsets: Vec<String>,
}

/// How tools are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Each of them.
    #[default]
    All,
    /// Each of those that are in chosen sets.
    Toolsets,
    /// None of the API's: they are found, described and called by three others.
    Search,
}

impl Mode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::All, Self::Toolsets, Self::Search];
    /// The word of each.
    pub const WORDS: [&'static str; 3] = [Self::All.word(), Self::Toolsets.word(), Self::Search.word()];

    /// Its word, in settings and in addresses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Toolsets => "toolsets",
            Self::Search => "search",
        }
    }
}

/// What one client is shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct View {
    /// Whether tools of the API are found by others and not listed.
    pub(crate) searches: bool,
    /// The names of those that are there; all where nothing is said.
    within: Option<Arc<HashSet<&'static str>>>,
}

impl View {
    /// Whether a tool is there.
    pub(crate) fn has(&self, tool: &Tool) -> bool {
        let is_within = |within: &HashSet<&str>| within.contains(tool.name);
        !is_of_the_api(tool) || self.within.as_deref().is_none_or(is_within)
    }

    /// Whether a tool stands in the list of tools.
    pub(crate) fn lists(&self, tool: &Tool) -> bool {
        !is_of_the_api(tool) || !self.searches && self.has(tool)
    }
}

fn is_of_the_api(tool: &Tool) -> bool {
    matches!(tool.work, Work::Request(_))
}

/// Every way in which the tools of a server may be shown.
pub(crate) struct Views {
    sets: Sets,
    mode: Mode,
    /// The sets that clients may choose among; all where none is named.
    chosen: Vec<String>,
    /// What is shown to who says nothing.
    usual: View,
    /// The tool whose name the search would need.
    taken: Option<&'static str>,
}

impl Views {
    /// All ways in which the tools of this server may be shown; an error says what of the settings is wrong, and what there is.
    pub(crate) fn new(engine: &Engine, settings: &Settings) -> Result<Self, StartError> {
        let wrong = |what: String| Err(StartError::new(what));
        let sets = Sets::of(engine.api(), engine.scopes());
        let Settings { mode, toolsets } = settings;
        let taken = engine.finders().err();
        if let (Mode::Search, Some(name)) = (mode, taken) {
            return wrong(format!(
                "TOOLS_MODE is search, which calls tools by one named {name}, and the API has a tool of that name: name it otherwise in the overlay, or choose all or toolsets"
            ));
        }
        match (mode, toolsets.is_empty()) {
            (Mode::All, false) => {
                return wrong(
                    "TOOLSETS names sets of tools, and TOOLS_MODE is all: set it to toolsets or search"
                        .to_owned(),
                );
            }
            (Mode::Toolsets, true) => {
                let names = sets.list(|_| true);
                return wrong(format!(
                    "TOOLS_MODE is toolsets, and TOOLSETS names none: name some of {names}"
                ));
            }
            _ => {}
        }
        if let Some(name) = toolsets.iter().find(|name| sets.get(name).is_none()) {
            return wrong(format!("TOOLSETS: {}", sets.unknown(name, |_| true)));
        }
        let within = (!toolsets.is_empty()).then(|| Arc::new(sets.together(toolsets)));
        let usual = View { searches: *mode == Mode::Search, within };
        Ok(Self { sets, mode: *mode, chosen: toolsets.clone(), usual, taken })
    }

    /// How tools are shown to who says nothing.
    pub(crate) fn usual(&self) -> &View {
        &self.usual
    }

    /// What an address with this query shows a caller who may use these tools; an error says what is wrong, and what is accepted.
    pub(crate) fn asked_by(&self, query: &str, may_use: impl Fn(&Tool) -> bool) -> Result<View, String> {
        let Asked { mode, sets } = Asked::read(query)?;
        if mode.is_none() && sets.is_none() {
            return Ok(self.usual.clone());
        }
        let mode = match mode {
            None => Mode::Toolsets,
            Some(word) => self.modes().find(|mode| mode.word() == word).ok_or_else(|| {
                let words: Vec<_> = self.modes().map(|mode| format!("`{}`", mode.word())).collect();
                format!("`tools` is one of {}", words.join(", "))
            })?,
        };
        // A set of which a caller may use nothing is not there for it.
        let is_there = |name: &str| {
            let may_choose = self.chosen.is_empty() || self.chosen.iter().any(|chosen| chosen == name);
            may_choose && self.sets.get(name).is_some_and(|tools| tools.iter().any(|tool| may_use(tool)))
        };
        let within = match (mode, sets) {
            (Mode::All, Some(_)) => return Err("`tools=all` and `toolsets` exclude each other".to_owned()),
            (Mode::Toolsets, None) if self.chosen.is_empty() => {
                let names = self.sets.list(is_there);
                return Err(format!(
                    "`tools=toolsets` needs `toolsets=` with some of {names}, commas between"
                ));
            }
            (_, None) => self.usual.within.clone(),
            (_, Some(names)) => {
                if let Some(name) = names.iter().find(|name| !is_there(name)) {
                    return Err(self.sets.unknown(name, is_there));
                }
                Some(Arc::new(self.sets.together(&names)))
            }
        };
        Ok(View { searches: mode == Mode::Search, within })
    }

    /// The modes that an address may ask for.
    fn modes(&self) -> impl Iterator<Item = Mode> {
        let can = |mode: &Mode| match mode {
            Mode::All => self.chosen.is_empty(),
            Mode::Toolsets => true,
            Mode::Search => self.taken.is_none(),
        };
        Mode::ALL.into_iter().filter(can)
    }

    /// Whether tools are searched where nobody says otherwise.
    pub(crate) fn searches(&self) -> bool {
        self.mode == Mode::Search
    }
}
