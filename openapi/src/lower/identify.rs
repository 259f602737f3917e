//! Identifiers of operations: each has one of its own, and what it is depends on no operation that has another.

use std::collections::{HashMap, HashSet};

use crate::ir::Operation;
use crate::problems::Problems;

/// Gives every operation an identifier of its own. Those that share an operationId all lose it: which of them keeps it
/// would be a matter of their order.
pub(super) fn identify(operations: &mut [Operation], problems: &mut Problems) {
    let sharing = sharing(operations);
    let is_kept: Vec<bool> =
        operations.iter().zip(&sharing).map(|(one, other)| one.id_is_given && other.is_none()).collect();
    let ids = unique(operations, wanted(operations, &is_kept), &is_kept);
    for (index, id) in ids.iter().enumerate().filter(|(index, _)| !is_kept[*index]) {
        let operation = &operations[index];
        match sharing[index].map(|other| &operations[other]) {
            None => {
                let message = format!("no operationId: it is called {id:?}");
                problems.note("missing-operation-id", operation.at.clone(), message);
            }
            Some(other) => {
                let message = format!(
                    "the operationId {:?} is also that of {} at {}: this one is called {id:?}; give each its own",
                    operation.id,
                    as_written(other),
                    other.at.pointer
                );
                problems.warning("duplicate-operation-id", operation.at.clone(), message);
            }
        }
    }
    for (operation, (id, is_kept)) in operations.iter_mut().zip(ids.into_iter().zip(is_kept)) {
        operation.id = id;
        operation.id_is_given = is_kept;
    }
}

/// For each operation another one with the same operationId, if there is one.
fn sharing(operations: &[Operation]) -> Vec<Option<usize>> {
    let mut by_id: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, operation) in operations.iter().enumerate().filter(|(_, one)| one.id_is_given) {
        by_id.entry(&operation.id).or_default().push(index);
    }
    let another = |(index, operation): (usize, &Operation)| {
        let all = by_id.get(operation.id.as_str()).filter(|_| operation.id_is_given)?;
        // Two are enough to look at, so that a document of nothing but doubles takes no longer.
        all.iter().take(2).copied().find(|one| *one != index)
    };
    operations.iter().enumerate().map(another).collect()
}

/// The identifiers as they would be if no two were the same: the document's own, else the summary, else method and path.
fn wanted(operations: &[Operation], is_kept: &[bool]) -> Vec<String> {
    let mut by_summary: HashMap<String, usize> = HashMap::new();
    for operation in operations.iter().filter(|operation| !operation.id_is_given) {
        *by_summary.entry(slug(&operation.summary)).or_default() += 1;
    }
    let given: HashSet<&str> =
        operations.iter().filter(|one| one.id_is_given).map(|one| one.id.as_str()).collect();
    let wanted = operations.iter().zip(is_kept).map(|(operation, is_kept)| {
        let summary = slug(&operation.summary);
        // A summary names an operation only if it is its alone, whatever the order.
        let is_its_own = by_summary.get(&summary) == Some(&1) && !given.contains(summary.as_str());
        if *is_kept {
            operation.id.clone()
        } else if !operation.id_is_given && is_its_own && !summary.is_empty() && summary.len() <= 64 {
            summary
        } else {
            slug(&as_written(operation))
        }
    });
    wanted.collect()
}

/// What is still shared becomes exact step by step; after the last no two are the same.
fn unique(operations: &[Operation], mut ids: Vec<String>, is_kept: &[bool]) -> Vec<String> {
    let placed = |operation: &Operation| format!("{} {}", as_written(operation), operation.at.pointer);
    let steps: [fn(&Operation) -> String; 2] = [as_written, placed];
    for exact in steps {
        let mut count: HashMap<&str, usize> = HashMap::new();
        ids.iter().for_each(|id| *count.entry(id).or_default() += 1);
        let is_shared: Vec<bool> = ids.iter().map(|id| count[id.as_str()] > 1).collect();
        for (index, operation) in operations.iter().enumerate() {
            if is_shared[index] && !is_kept[index] {
                ids[index] = exact(operation);
            }
        }
    }
    ids
}

/// Method and path as they are written.
fn as_written(operation: &Operation) -> String {
    format!("{} {}", operation.method.as_sent(), operation.path.template)
}

/// Letters and digits in small letters, everything else one `_` between words.
fn slug(text: &str) -> String {
    let words =
        text.split(|character: char| !character.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("_")
}
