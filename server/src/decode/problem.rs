//! What is wrong with arguments: bounded, ordered, each with path, rule and what would be accepted.

use std::fmt;

use super::object::{UNDECLARED, unknown_besides};

/// How many problems are kept; the others are counted.
const KEPT: usize = 50;

/// One problem of an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: `tags[0].name`; empty for the arguments as a whole.
    pub path: String,
    /// The rule that was broken, mostly by its JSON Schema keyword.
    pub rule: &'static str,
    /// The rule in words, and what is accepted.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "arguments" } else { &self.path };
        write!(out, "{path}: {}", self.message)
    }
}

/// All problems of one decoding, in the order found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    kept: Vec<Problem>,
    more: usize,
}

impl Problems {
    /// Adds a problem; beyond the bound it is only counted.
    pub fn push(&mut self, problem: Problem) {
        if self.kept.len() < KEPT {
            self.kept.push(problem);
        } else {
            self.more += 1;
        }
    }

    /// Adds those of another decoding.
    pub(crate) fn append(&mut self, other: Self) {
        let more = other.more;
        other.kept.into_iter().for_each(|problem| self.push(problem));
        self.more += more;
    }

    /// Says what is accepted besides, wherever a name of the arguments themselves is not known.
    pub(crate) fn accept_also(&mut self, names: &[&str]) {
        if names.is_empty() {
            return;
        }
        // A name below is one of another object.
        let is_at_root = |path: &str| path.starts_with('[') || !path.contains(['.', '[']);
        for problem in self.kept.iter_mut().filter(|problem| is_at_root(&problem.path)) {
            if problem.rule == UNDECLARED {
                problem.message = unknown_besides(&problem.path, &problem.message, names);
            }
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Those that were kept.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.kept.iter()
    }

    /// How many there were beyond those kept.
    pub fn more(&self) -> usize {
        self.more
    }

    /// How many there are in all.
    pub fn len(&self) -> usize {
        self.kept.len() + self.more
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.kept.iter().enumerate() {
            if index > 0 {
                out.write_str("\n")?;
            }
            problem.fmt(out)?;
        }
        if self.more > 0 {
            write!(out, "\nand {} more", self.more)?;
        }
        Ok(())
    }
}
