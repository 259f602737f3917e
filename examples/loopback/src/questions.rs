//! How often the tool that somebody asks for is among those that a search finds, measured on questions with their answers.

use std::fmt;

use server::catalog::Api;
use server::search::Index;

/// How many tools are looked at.
const SHOWN: usize = 5;

/// What became of some questions.
#[derive(Debug)]
pub struct Found {
    asked: usize,
    first: usize,
    shown: usize,
    /// Those whose tool was not shown, each with what was.
    missed: Vec<String>,
}

impl Found {
    /// Asks for the tools of this API. Each line that is not empty and no comment is a question: `TOOL, TOOL: WORDS`, where any of
    /// the tools is right.
    ///
    /// # Panics
    ///
    /// If a line has another form, or names a tool that is not there: both are mistakes in the questions.
    pub fn of(api: &'static Api, questions: &str) -> Self {
        let index = Index::of(api);
        let mut found = Self { asked: 0, first: 0, shown: 0, missed: Vec::new() };
        for line in questions.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (tools, words) = line.split_once(": ").expect("a question is `TOOL: WORDS`");
            let right: Vec<&str> = tools.split(", ").collect();
            for tool in &right {
                assert!(api.find(tool).is_some(), "there is no tool {tool}: {line}");
            }
            let shown: Vec<&str> = index.search(words).map(|tool| tool.name).take(SHOWN).collect();
            found.asked += 1;
            found.first += usize::from(shown.first().is_some_and(|first| right.contains(first)));
            if shown.iter().any(|tool| right.contains(tool)) {
                found.shown += 1;
            } else {
                found.missed.push(format!("{line}\n    found: {}", shown.join(", ")));
            }
        }
        found
    }

    /// How many questions there were.
    pub fn asked(&self) -> usize {
        self.asked
    }

    /// The part of the questions, in per cent, whose tool was found first.
    pub fn first(&self) -> usize {
        self.first * 100 / self.asked
    }

    /// The part of the questions, in per cent, whose tool was among the first five.
    pub fn among_five(&self) -> usize {
        self.shown * 100 / self.asked
    }
}

impl fmt::Display for Found {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (asked, first, five) = (self.asked, self.first(), self.among_five());
        write!(out, "{asked} questions, hit at 1: {first} %, hit at 5: {five} %")?;
        self.missed.iter().try_for_each(|line| write!(out, "\n  {line}"))
    }
}
