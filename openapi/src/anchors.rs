//! Names that schemas have besides their place: `$anchor`, `$dynamicAnchor` and `$id`, which references may use from
//! OpenAPI 3.1 on.

use std::collections::HashMap;

use serde_json::Value;

use crate::document::Document;
use crate::pointer;

/// Where a schema stands: the index of its document, and the pointer there.
type Stand = (usize, String);

/// The names of all schemas of all documents.
#[derive(Debug, Default)]
pub(crate) struct Anchors {
    names: HashMap<(usize, String), String>,
    dynamic: HashMap<String, usize>,
    addresses: HashMap<String, Stand>,
}

impl Anchors {
    /// Finds them; of two schemas with one name the first has it.
    pub(crate) fn of(documents: &[Document]) -> Anchors {
        let mut anchors = Anchors::default();
        for (index, document) in documents.iter().enumerate() {
            let mut open = vec![(String::new(), &document.value)];
            while let Some((at, value)) = open.pop() {
                let first = open.len();
                match value {
                    Value::Object(members) => {
                        anchors.take(index, &at, members);
                        let inside =
                            members.iter().filter(|(key, _)| !matches!(key.as_str(), "enum" | "const"));
                        open.extend(inside.map(|(key, value)| (pointer::member(&at, key), value)));
                    }
                    Value::Array(items) => {
                        let inside = items.iter().enumerate();
                        open.extend(inside.map(|(index, value)| (pointer::item(&at, index), value)));
                    }
                    _ => {}
                }
                open[first..].reverse();
            }
        }
        anchors
    }

    fn take(&mut self, document: usize, at: &str, members: &serde_json::Map<String, Value>) {
        let text = |key: &str| members.get(key).and_then(Value::as_str);
        if let Some(name) = text("$dynamicAnchor") {
            *self.dynamic.entry(name.to_owned()).or_default() += 1;
        }
        for name in ["$anchor", "$dynamicAnchor"].into_iter().filter_map(text) {
            self.names.entry((document, name.to_owned())).or_insert_with(|| at.to_owned());
        }
        // The document's own address is `$self`; its root is no schema.
        let key = if at.is_empty() { "$self" } else { "$id" };
        if let Some(address) = text(key) {
            let address = address.trim_end_matches('#').to_owned();
            self.addresses.entry(address).or_insert_with(|| (document, at.to_owned()));
        }
    }

    /// Where a reference leads that uses such a name; `path` is that of the file that it would else lead to.
    pub(crate) fn find(
        &self,
        documents: &[Document],
        document: usize,
        path: Option<&str>,
        reference: &str,
    ) -> Option<Stand> {
        let (address, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let known = self.addresses.get(address).filter(|_| !address.is_empty());
        if fragment.is_empty() || fragment.starts_with('/') {
            let (document, at) = known?;
            let fragment = percent_encoding::percent_decode_str(fragment).decode_utf8().ok()?;
            return Some((*document, format!("{at}{fragment}")));
        }
        let document = match known {
            Some((document, _)) => *document,
            None if address.is_empty() => document,
            None => documents.iter().position(|held| Some(held.path.as_str()) == path)?,
        };
        self.names.get(&(document, fragment.to_owned())).map(|at| (document, at.clone()))
    }

    /// How many schemas have this `$dynamicAnchor`.
    pub(crate) fn dynamic(&self, name: &str) -> usize {
        self.dynamic.get(name).copied().unwrap_or_default()
    }
}
