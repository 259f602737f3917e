//! Every operation that a document holds, found without judging any: what was read is held against this, so that
//! nothing is lost without being named.

use crate::hints;
use crate::report::Place;
use crate::resolve;
use crate::store::At;
use crate::version::Version;

/// The methods that have a place of their own, and the version that each came with.
const METHODS: [(&str, Version); 9] = [
    ("get", Version::V2_0),
    ("put", Version::V2_0),
    ("post", Version::V2_0),
    ("delete", Version::V2_0),
    ("options", Version::V2_0),
    ("head", Version::V2_0),
    ("patch", Version::V2_0),
    ("trace", Version::V3_0),
    ("query", Version::V3_2),
];

/// References of path items that are followed one after another.
const LONGEST_CHAIN: usize = 32;

/// An operation as the document writes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// Where it stands.
    pub at: Place,
    /// Its `operationId`, else its method and path.
    pub name: String,
    /// The path as written.
    pub path: String,
    /// Whether the overlay leaves it out.
    pub is_excluded: bool,
}

/// The operations below `paths`, in document order.
pub(crate) fn list(root: &At<'_>) -> Vec<Listed> {
    let mut found = Vec::new();
    for (path, item) in root.member("paths").iter().flat_map(At::members) {
        if path.starts_with("x-") {
            continue;
        }
        let Some(item) = followed(item) else { continue };
        for (key, member) in item.members() {
            if key == "additionalOperations" && item.version() >= Version::V3_2 {
                let others = member.members().filter(|(word, _)| !word.starts_with("x-"));
                found.extend(others.map(|(word, member)| listed(path, word, &member)));
            } else if METHODS.iter().any(|(name, since)| *name == key && item.version() >= *since) {
                found.push(listed(path, &key.to_ascii_uppercase(), &member));
            }
        }
    }
    found
}

fn listed(path: &str, method: &str, at: &At<'_>) -> Listed {
    let id = at.member("operationId").and_then(|id| id.value.as_str()).filter(|id| !id.trim().is_empty());
    Listed {
        at: at.place(),
        name: id.map_or_else(|| format!("{method} {path}"), str::to_owned),
        path: path.to_owned(),
        is_excluded: hints::excludes(at),
    }
}

/// The path item that a reference leads to, if it leads anywhere; why not is told where it is read.
fn followed(at: At<'_>) -> Option<At<'_>> {
    let mut at = at;
    for _ in 0..LONGEST_CHAIN {
        let Some((reference, _)) = resolve::reference(&at) else { return Some(at) };
        at = resolve::find(at.store(), at.document, reference).ok()?;
    }
    None
}
