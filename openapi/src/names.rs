//! Names of schemas. Those of the document's components keep theirs; any other that is referred to gets a name from
//! its place, so that the name does not depend on what else is read or in which order.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::pointer;
use crate::resolve::{self, Target};
use crate::store::Store;
use crate::version::Version;

/// The names of all schemas that are referred to.
#[derive(Debug, Default)]
pub(crate) struct Names {
    by_target: HashMap<(usize, String), String>,
    /// The pointer of the object that holds the document's own.
    own: &'static str,
}

impl Names {
    /// Names everything in the documents that a reference leads to, be it a schema or not.
    pub(crate) fn of(store: &Store) -> Names {
        let taken: BTreeSet<String> = store
            .at(0, store.version().schemas_at())
            .iter()
            .flat_map(|schemas| schemas.members().map(|(name, _)| name.to_owned()))
            .collect();
        let mut short: BTreeMap<String, Vec<(usize, Target)>> = BTreeMap::new();
        for (document, target) in targets(store) {
            short.entry(short_name(&target)).or_default().push((document, target));
        }
        let mut names = Names { own: store.version().schemas_at(), ..Names::default() };
        let mut given = taken.clone();
        for (name, targets) in short {
            let is_free = targets.len() == 1 && !given.contains(&name);
            for (document, target) in targets {
                let chosen = if is_free { name.clone() } else { long_name(&target, &given) };
                given.insert(chosen.clone());
                names.by_target.insert((document, target.pointer), chosen);
            }
        }
        names
    }

    /// The name of the schema at a pointer.
    pub(crate) fn name(&self, document: usize, at: &str) -> String {
        if document == 0
            && let Some(rest) = at.strip_prefix(self.own).and_then(|rest| rest.strip_prefix('/'))
            && !rest.contains('/')
        {
            return pointer::last_step(at).unwrap_or_default();
        }
        let known = self.by_target.get(&(document, at.to_owned()));
        known.cloned().unwrap_or_else(|| format!("schema {document}{at}"))
    }
}

/// Where references lead, but for the document's own components, in the order of their places.
fn targets(store: &Store) -> BTreeSet<(usize, Target)> {
    let mut found = BTreeSet::new();
    for (index, held) in store.documents.iter().enumerate() {
        for reference in resolve::references(&held.value) {
            let Ok(at) = resolve::find(store, index, reference) else { continue };
            let document = at.document;
            let target = Target { path: store.documents[document].path.clone(), pointer: at.pointer };
            let is_part = |section: &str| {
                let rest = target.pointer.strip_prefix(section);
                rest.is_some_and(|rest| rest.matches('/').count() == 1)
            };
            let of_components = document == 0
                && match store.version() {
                    Version::V2_0 => ["/definitions", "/parameters", "/responses"].into_iter().any(is_part),
                    _ => is_part("/components/"),
                };
            if !of_components {
                found.insert((document, target));
            }
        }
    }
    found
}

fn short_name(target: &Target) -> String {
    let file = stem(target);
    match pointer::last_step(&target.pointer) {
        // A file that holds one schema is named like it.
        None => file.rsplit('/').next().unwrap_or(file).to_owned(),
        Some(step) if step != "schema" && step != "items" && step.parse::<usize>().is_err() => step,
        Some(_) => long_text(target),
    }
}

/// The whole place as one name; a number is added should even that be taken.
fn long_name(target: &Target, given: &BTreeSet<String>) -> String {
    let text = long_text(target);
    let mut name = text.clone();
    let mut number = 2;
    while given.contains(&name) {
        name = format!("{text}_{number}");
        number += 1;
    }
    name
}

/// The path of the file without its ending.
fn stem(target: &Target) -> &str {
    target.path.rsplit_once('.').map_or(target.path.as_str(), |(stem, _)| stem)
}

fn long_text(target: &Target) -> String {
    let text = format!("{}{}", stem(target), target.pointer);
    let parts = text.split(|character: char| !character.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("_")
}
