//! What schemas refer to: each gets its name at once, and waits until it is read.

use std::collections::{HashSet, VecDeque};

use crate::names::Names;
use crate::problems::Problems;
use crate::resolve;
use crate::store::At;

/// The named schemas that were met so far.
pub(super) struct References<'a> {
    names: Names,
    known: HashSet<String>,
    waiting: VecDeque<(String, At<'a>)>,
}

impl<'a> References<'a> {
    /// Nothing has been met yet.
    pub(super) fn new(names: Names) -> Self {
        References { names, known: HashSet::new(), waiting: VecDeque::new() }
    }

    /// Has a schema wait under its name, once.
    pub(super) fn add(&mut self, name: String, at: At<'a>) {
        if self.known.insert(name.clone()) {
            self.waiting.push_back((name, at));
        }
    }

    /// The schema that has waited longest, with its name.
    pub(super) fn next(&mut self) -> Option<(String, At<'a>)> {
        self.waiting.pop_front()
    }

    /// The name of what a reference leads to; that schema will be held too. `None` after a problem.
    pub(super) fn refer(&mut self, reference: &str, at: &At<'a>, problems: &mut Problems) -> Option<String> {
        let target = match resolve::find(at.store(), at.document, reference) {
            Ok(target) => target,
            Err((rule, message)) => {
                problems.error(rule, at.place(), message);
                return None;
            }
        };
        let name = self.names.name(target.document, &target.pointer);
        self.add(name.clone(), target);
        Some(name)
    }
}
