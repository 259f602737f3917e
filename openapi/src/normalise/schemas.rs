//! Reads schemas as they are met, each as its version does, follows what they refer to until all of it is held, and
//! refuses schemas that are made of themselves.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::references::References;
use super::schema::{Mode, Reader, Reading};
use super::{schema_2_0, schema_3_0, schema_3_1};
use crate::held::Held;
use crate::names::Names;
use crate::problems::Problems;
use crate::store::At;
use crate::version::Version;

/// The schemas held so far.
pub(crate) struct Schemas<'a> {
    references: References<'a>,
    /// Named schemas, those of the document's components first.
    pub(crate) named: IndexMap<String, Held>,
}

impl<'a> Schemas<'a> {
    /// Nothing is held yet.
    pub(crate) fn new(names: Names) -> Self {
        Schemas { references: References::new(names), named: IndexMap::new() }
    }

    /// Holds the schemas of the document's components and all that they refer to.
    pub(crate) fn add_components(&mut self, schemas: &At<'a>, problems: &mut Problems) {
        for (name, at) in schemas.members() {
            self.references.add(name.to_owned(), at);
        }
        self.follow(problems);
    }

    /// Reads a schema that stands in the structure, and all that it refers to.
    pub(crate) fn read(&mut self, at: &At<'a>, problems: &mut Problems) -> Held {
        let held = self.normalise(at, problems);
        self.follow(problems);
        held
    }

    /// Reads what a parameter or header of Swagger 2.0 says of its value, and all that it refers to.
    pub(crate) fn read_inline(&mut self, at: &At<'a>, problems: &mut Problems) -> Held {
        let held = schema_2_0::read_inline(at, &mut self.references, problems);
        self.follow(problems);
        held
    }

    fn normalise(&mut self, at: &At<'a>, problems: &mut Problems) -> Held {
        Reading::new(at, &mut self.references, problems, reader(at.version())).schema(Mode::Whole)
    }

    fn follow(&mut self, problems: &mut Problems) {
        let first = self.named.len();
        while let Some((name, at)) = self.references.next() {
            let held = self.normalise(&at, problems);
            self.named.insert(name, held);
        }
        self.break_circles(first, problems);
    }

    /// A schema may contain itself, but it cannot be made of itself: `A` as one of the choices of `A` says nothing.
    /// Only schemas from index `first` on can close a circle, as the earlier ones refer to none of them.
    fn break_circles(&mut self, first: usize, problems: &mut Problems) {
        let edges: Vec<Vec<usize>> = self.named.values().skip(first).map(|held| self.made_of(held)).collect();
        let mut state: HashMap<usize, State> = HashMap::new();
        for start in first..self.named.len() {
            let mut path = vec![(start, 0)];
            while let Some((node, next)) = path.pop() {
                if next == 0 && state.get(&node) == Some(&State::Done) {
                    continue;
                }
                state.insert(node, State::Open);
                let Some(&to) = edges[node - first].get(next) else {
                    state.insert(node, State::Done);
                    continue;
                };
                path.push((node, next + 1));
                match state.get(&to) {
                    _ if to < first => {}
                    None => path.push((to, 0)),
                    Some(State::Open) => self.refuse_circle(to, problems),
                    Some(State::Done) => {}
                }
            }
        }
    }

    fn refuse_circle(&mut self, index: usize, problems: &mut Problems) {
        let (name, held) = self.named.get_index_mut(index).expect("the index is of a held schema");
        let message = format!("the schema {name} is made of itself; it is taken as accepting anything");
        problems.error("circular-schema", held.at.clone(), message);
        *held = Held { remarks: held.remarks.clone(), ..Held::any(held.at.clone()) };
    }

    /// The named schemas that judge the same value as `held` does.
    fn made_of(&self, held: &Held) -> Vec<usize> {
        let mut found = Vec::new();
        let mut open = vec![held];
        while let Some(held) = open.pop() {
            found.extend(held.reference.as_ref().and_then(|name| self.named.get_index_of(name)));
            open.extend(held.all_of.iter().chain(&held.any_of).chain(&held.one_of));
            open.extend(held.not.as_deref());
            open.extend(held.further.in_place());
        }
        found
    }
}

/// How the schemas of a version are read.
fn reader(version: Version) -> Reader {
    match version {
        Version::V2_0 => schema_2_0::read,
        Version::V3_0 => schema_3_0::read,
        Version::V3_1 | Version::V3_2 => schema_3_1::read,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Done,
}
