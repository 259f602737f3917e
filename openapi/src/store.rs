//! All documents together, and a cursor that walks them without losing the place of any node.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::anchors::Anchors;
use crate::document::{Document, Spot};
use crate::pointer;
use crate::report::Place;
use crate::version::Version;

/// All documents; the first is the one that was asked for, the others are those that it refers to.
#[derive(Debug, Default)]
pub(crate) struct Store {
    /// The documents.
    pub(crate) documents: Vec<Document>,
    /// Names of files for people, by the index that [`Spot::file`] holds.
    pub(crate) files: Vec<Arc<str>>,
    /// The version of OpenAPI that the first document says it is of; the others hold parts of it.
    version: Version,
    anchors: Anchors,
}

impl Store {
    /// The documents with the names of their files, for a version that is not known yet.
    pub(crate) fn new(documents: Vec<Document>, files: Vec<Arc<str>>) -> Store {
        Store { documents, files, ..Store::default() }
    }

    /// Says which version the documents are of; from 3.1 on, schemas may be referred to by names of their own.
    pub(crate) fn take_version(&mut self, version: Version) {
        self.version = version;
        if version >= Version::V3_1 {
            self.anchors = Anchors::of(&self.documents);
        }
    }

    /// The version of OpenAPI that the documents are of.
    pub(crate) fn version(&self) -> Version {
        self.version
    }

    /// The schema that a reference names, if it does not lead there by file and pointer.
    pub(crate) fn anchored(&self, document: usize, path: Option<&str>, reference: &str) -> Option<At<'_>> {
        let (document, pointer) = self.anchors.find(&self.documents, document, path, reference)?;
        self.at(document, &pointer)
    }

    /// How many schemas have this name as their `$dynamicAnchor`.
    pub(crate) fn dynamic_anchors(&self, name: &str) -> usize {
        self.anchors.dynamic(name)
    }

    /// A cursor at the root of a document.
    pub(crate) fn root(&self, document: usize) -> At<'_> {
        let held = &self.documents[document];
        At { store: self, document, pointer: String::new(), value: &held.value, spot: &held.spot }
    }

    /// A cursor at a pointer, if there is such a node.
    pub(crate) fn at(&self, document: usize, pointer: &str) -> Option<At<'_>> {
        pointer::steps(pointer)?.iter().try_fold(self.root(document), |at, step| at.step(step))
    }
}

/// A cursor: one node of a document.
#[derive(Clone)]
pub(crate) struct At<'a> {
    store: &'a Store,
    /// Index of the document.
    pub(crate) document: usize,
    /// The pointer from the document's root.
    pub(crate) pointer: String,
    /// The node.
    pub(crate) value: &'a Value,
    spot: &'a Spot,
}

impl fmt::Debug for At<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}{}", self.document, self.pointer)
    }
}

impl<'a> At<'a> {
    /// The place, for a problem or the IR.
    pub(crate) fn place(&self) -> Place {
        Place {
            pointer: self.pointer.clone(),
            file: self.store.files.get(self.spot.file).cloned().unwrap_or_else(|| Arc::from("")),
            line: self.spot.line,
            column: self.spot.column,
        }
    }

    /// The place of the node and of what is inside.
    pub(crate) fn spot(&self) -> &'a Spot {
        self.spot
    }

    /// The version of OpenAPI that the document is of.
    pub(crate) fn version(&self) -> Version {
        self.store.version
    }

    /// The documents that the cursor walks.
    pub(crate) fn store(&self) -> &'a Store {
        self.store
    }

    /// The value of the member of this name, for those who need no cursor.
    pub(crate) fn get(&self, key: &str) -> Option<&'a Value> {
        self.value.as_object()?.get(key)
    }

    /// The member of this name.
    pub(crate) fn member(&self, key: &str) -> Option<At<'a>> {
        Some(self.under(key, self.get(key)?))
    }

    /// All members in order; none when this is no object.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&'a str, At<'a>)> + use<'a> {
        let at = self.clone();
        self.value
            .as_object()
            .into_iter()
            .flatten()
            .map(move |(key, value)| (key.as_str(), at.under(key, value)))
    }

    /// All items in order; none when this is no list.
    pub(crate) fn items(&self) -> impl Iterator<Item = At<'a>> + use<'a> {
        let at = self.clone();
        let items = self.value.as_array().into_iter().flatten().enumerate();
        items.map(move |(index, value)| at.at_item(index, value))
    }

    /// The item at `index`.
    pub(crate) fn item(&self, index: usize) -> Option<At<'a>> {
        let value = self.value.as_array()?.get(index)?;
        Some(self.at_item(index, value))
    }

    fn at_item(&self, index: usize, value: &'a Value) -> At<'a> {
        At {
            store: self.store,
            document: self.document,
            pointer: pointer::item(&self.pointer, index),
            value,
            spot: self.spot.item(index),
        }
    }

    fn under(&self, key: &str, value: &'a Value) -> At<'a> {
        At {
            store: self.store,
            document: self.document,
            pointer: pointer::member(&self.pointer, key),
            value,
            spot: self.spot.member(key),
        }
    }

    fn step(&self, step: &str) -> Option<At<'a>> {
        match self.value {
            Value::Object(_) => self.member(step),
            Value::Array(_) => self.item(step.parse().ok()?),
            _ => None,
        }
    }
}
