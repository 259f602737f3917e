//! Reads schemas as they are met, follows what they refer to until all of it is held, and refuses schemas that are made
//! of themselves.

use std::collections::{HashMap, HashSet, VecDeque};

use indexmap::IndexMap;

use super::{schema, schema_2_0};
use crate::held::Held;
use crate::names::Names;
use crate::problems::Problems;
use crate::resolve;
use crate::store::At;

/// The schemas held so far.
pub(crate) struct Schemas<'a> {
    names: Names,
    /// Named schemas, those of the document's components first.
    pub(crate) named: IndexMap<String, Held>,
    known: HashSet<String>,
    waiting: VecDeque<(String, At<'a>)>,
}

impl<'a> Schemas<'a> {
    /// Nothing is held yet.
    pub(crate) fn new(names: Names) -> Self {
        let (named, known, waiting) = (IndexMap::new(), HashSet::new(), VecDeque::new());
        Schemas { names, named, known, waiting }
    }

    /// Holds the schemas of the document's components and all that they refer to.
    pub(crate) fn add_components(&mut self, schemas: &At<'a>, problems: &mut Problems) {
        for (name, at) in schemas.members() {
            if self.known.insert(name.to_owned()) {
                self.waiting.push_back((name.to_owned(), at));
            }
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
        let held = schema_2_0::read_inline(at, self, problems);
        self.follow(problems);
        held
    }

    /// The name of what a reference leads to; that schema will be held too. `None` after a problem.
    pub(crate) fn refer(&mut self, reference: &str, at: &At<'a>, problems: &mut Problems) -> Option<String> {
        let target = match resolve::find(at.store(), at.document, reference) {
            Ok(target) => target,
            Err((rule, message)) => {
                problems.error(rule, at.place(), message);
                return None;
            }
        };
        let name = self.names.name(target.document, &target.pointer);
        if self.known.insert(name.clone()) {
            self.waiting.push_back((name.clone(), target));
        }
        Some(name)
    }

    fn normalise(&mut self, at: &At<'a>, problems: &mut Problems) -> Held {
        schema::read(at, self, problems)
    }

    fn follow(&mut self, problems: &mut Problems) {
        let first = self.named.len();
        while let Some((name, at)) = self.waiting.pop_front() {
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Done,
}
