//! Reads an OpenAPI document into a checked, plain description of an API, and a report of every problem.
//!
//! The steps, in order: **load** (bytes to values with places), **overlay** (applied to the loaded document, before
//! anything reads its meaning), **normalise** (any version's schemas to JSON Schema 2020-12), **resolve** (references,
//! as they are met), **lower** (to [`ir::Api`]). Nothing panics, on any bytes; a broken part is reported and left out,
//! and the rest goes on.

pub mod ir;
pub mod listing;
pub mod prompts;
pub mod report;
pub mod text;

mod accept;
mod anchors;
mod document;
mod held;
mod hints;
mod judge;
mod limits;
mod load;
mod lower;
mod merge;
mod names;
mod normalise;
mod open;
mod overlay;
mod pattern;
mod pointer;
mod problems;
mod resolve;
mod root_hints;
mod shape;
mod store;
mod version;
mod words;

use std::path::{Path, PathBuf};
use std::{panic, thread};

use listing::Listed;
use lower::Lowered;
use open::{Opened, Shelf};
use problems::Problems;
use report::Report;
use store::Store;

/// Where a document and its overlay come from.
#[derive(Clone, Debug)]
pub struct Source {
    /// The document, JSON or YAML.
    pub document: PathBuf,
    /// The overlay, if any.
    pub overlay: Option<PathBuf>,
}

/// What came of reading a document.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The API, as far as it could be read; `None` when nothing usable remains. Whether it may be used despite the
    /// problems is the caller's decision: [`Report::has_errors`].
    pub api: Option<ir::Api>,
    /// Every operation that the document holds, read or not, excluded or not.
    pub operations: Vec<Listed>,
    /// Every problem.
    pub report: Report,
    /// Every file that was read, so that a build can watch them.
    pub inputs: Vec<PathBuf>,
}

/// Reads a document and its overlay from files. Other files are read only below the document's folder, and nothing is
/// read from the network.
pub fn read(source: &Source) -> Reading {
    let folder = source.document.parent().unwrap_or(Path::new("")).to_owned();
    let name = source.document.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let overlay = source.overlay.as_deref().map(|path| (path, None));
    read_from(Shelf::Folder(folder), &name, overlay)
}

/// Reads documents held in memory, by name; the first is the one to read, the others are what it may refer to.
pub fn read_texts(documents: Vec<(String, Vec<u8>)>, overlay: Option<(String, Vec<u8>)>) -> Reading {
    let first = documents.first().map(|(name, _)| name.clone()).unwrap_or_default();
    let overlay = overlay.map(|(name, bytes)| (PathBuf::from(name), bytes));
    let overlay = overlay.as_ref().map(|(path, bytes)| (path.as_path(), Some(bytes.clone())));
    read_from(Shelf::Texts(documents.into_iter().collect()), &first, overlay)
}

/// Reads the value of one text as documents are read, JSON or YAML by the ending of its name; or why it has none.
pub fn read_value(name: &str, bytes: &[u8]) -> Result<serde_json::Value, Report> {
    let mut problems = Problems::default();
    let loaded = load::read(bytes, load::File { index: 0, name }, &mut problems);
    let report = problems.finish();
    match loaded {
        Some((value, _)) if !report.has_errors() => Ok(value),
        _ => Err(report),
    }
}

fn read_from(shelf: Shelf, document: &str, overlay: Option<(&Path, Option<Vec<u8>>)>) -> Reading {
    let mut problems = Problems::default();
    let (opened, inputs) = open::open(shelf, document, overlay, &mut problems);
    let Some(Opened { mut store, digest }) = opened else {
        return Reading { api: None, operations: Vec::new(), report: problems.finish(), inputs };
    };
    let Some(version) = normalise::version(&store.root(0), &mut problems) else {
        return Reading { api: None, operations: Vec::new(), report: problems.finish(), inputs };
    };
    store.take_version(version);
    let root = store.root(0);
    let (lowered, words) = thread::scope(|scope| {
        // Texts say nothing of structure, so both are read at the same time.
        let words = scope.spawn(|| words(&store));
        let lowered = lower::lower(&root, digest, problems);
        (lowered, words.join().unwrap_or_else(|cause| panic::resume_unwind(cause)))
    });
    let Lowered { mut api, mut problems, held } = lowered;
    problems.append(words);
    let mut report = problems.finish();
    api.mcp = root_hints::read(&root, &mut report);
    let operations = listing::list(&root);
    // Nobody waits for these, and of a large document they are many.
    thread::spawn(move || drop((store, held)));
    Reading { api: Some(api), operations, report, inputs }
}

fn words(store: &Store) -> Problems {
    let mut problems = Problems::default();
    for index in 0..store.documents.len() {
        words::check(&store.root(index), &mut problems);
    }
    problems
}
