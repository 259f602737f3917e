//! Two schemas compared by the values that they accept, not by how they are spelt.
//!
//! `form` takes a schema apart into alternatives of one type each, `subsume` decides whether one accepts all that
//! another accepts, `sample` finds values that show the difference, `walk` says in words where it lies.

mod alternative;
mod annotations;
mod both;
mod form;
mod formats;
mod judge;
mod language;
mod numbers;
mod sample;
mod subsume;
mod walk;

pub(crate) use annotations::{Annotation, annotations, declared};
pub(crate) use subsume::{Comparison, Verdict};
pub(crate) use walk::{Difference, Kind, differences, near};

use serde_json::{Map, Value};

/// The definitions that references of a schema lead to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Definitions<'s> {
    table: Option<&'s Map<String, Value>>,
}

impl<'s> Definitions<'s> {
    /// The definitions beside a root schema.
    pub(crate) fn of(root: &'s Value) -> Self {
        Self { table: root.get("$defs").and_then(Value::as_object) }
    }

    /// What a reference stands for; nothing for one that leads elsewhere.
    fn find(self, reference: &str) -> Option<&'s Value> {
        let name = reference.strip_prefix("#/$defs/")?;
        self.table?.get(&name.replace("~1", "/").replace("~0", "~"))
    }
}
