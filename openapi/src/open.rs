//! Opens the document, its overlay and every local file that it refers to; what is opened here is all that is read.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use sha2::{Digest, Sha256};

use crate::document::Document;
use crate::load::{self, File};
use crate::problems::Problems;
use crate::report::Place;
use crate::resolve;
use crate::store::Store;
use crate::{limits, overlay};

/// Where files come from.
pub(crate) enum Shelf {
    /// The folder of the first document.
    Folder(PathBuf),
    /// Texts in memory, by path.
    Texts(IndexMap<String, Vec<u8>>),
}

/// What was opened.
#[derive(Debug)]
pub(crate) struct Opened {
    /// The documents, the overlay applied.
    pub(crate) store: Store,
    /// SHA-256 of the bytes of all files, in the order read.
    pub(crate) digest: String,
}

struct Opener<'p> {
    shelf: Shelf,
    problems: &'p mut Problems,
    store: Store,
    inputs: Vec<PathBuf>,
    hash: Sha256,
    bytes: usize,
}

/// Opens everything, and names every file read, as the caller would open it. `None` means that not even the first
/// document can be read.
pub(crate) fn open(
    shelf: Shelf,
    document: &str,
    overlay: Option<(&Path, Option<Vec<u8>>)>,
    problems: &mut Problems,
) -> (Option<Opened>, Vec<PathBuf>) {
    let mut opener = Opener {
        shelf,
        problems,
        store: Store::default(),
        inputs: Vec::new(),
        hash: Sha256::new(),
        bytes: 0,
    };
    let opened = opener.first(document);
    if let Some((path, text)) = overlay {
        opener.overlay(path, text, opened);
    }
    if !opened {
        return (None, opener.inputs);
    }
    opener.others();
    let mut digest = String::with_capacity(64);
    for byte in opener.hash.finalize() {
        let _ = write!(digest, "{byte:02x}");
    }
    (Some(Opened { store: opener.store, digest }), opener.inputs)
}

impl Opener<'_> {
    fn first(&mut self, document: &str) -> bool {
        let name = self.shelf.display(document);
        match self.shelf.bytes(document) {
            Ok(bytes) => self.add(document, bytes).is_some(),
            Err(reason) => {
                self.problems.error("missing-file", top(&name), format!("cannot be read: {reason}"));
                false
            }
        }
    }

    fn overlay(&mut self, path: &Path, text: Option<Vec<u8>>, apply: bool) {
        let name = path.display().to_string();
        let bytes = match text.map_or_else(|| read_file(path), Ok) {
            Ok(bytes) => bytes,
            Err(reason) => {
                return self.problems.error("missing-file", top(&name), format!("cannot be read: {reason}"));
            }
        };
        self.inputs.push(path.to_owned());
        let Some((value, spot)) = self.load(&name, &bytes) else { return };
        let overlays = Store::new(vec![Document { path: name, value, spot }], self.store.files.clone());
        if apply {
            overlay::apply(&mut self.store, &overlays, self.problems);
        }
    }

    /// Opens what is referred to, breadth first, in the order met.
    fn others(&mut self) {
        let mut known: HashSet<String> = self.store.documents.iter().map(|held| held.path.clone()).collect();
        let mut next = 0;
        while next < self.store.documents.len() {
            let held = &self.store.documents[next];
            let paths: Vec<String> = resolve::references(&held.value)
                .into_iter()
                .filter_map(|reference| resolve::file(&held.path, reference).ok())
                .collect();
            next += 1;
            for path in paths {
                if !known.insert(path.clone()) {
                    continue;
                }
                if self.store.documents.len() >= limits::FILES {
                    let message = format!("the document is split over more than {} files", limits::FILES);
                    let place = self.store.root(0).place();
                    return self.problems.error("limit-files", place, message);
                }
                // A file that cannot be read is reported where the reference is followed: one in an example is none.
                if let Some(bytes) = may_be_document(&path).then(|| self.shelf.bytes(&path).ok()).flatten() {
                    self.add(&path, bytes);
                }
            }
        }
    }

    fn add(&mut self, path: &str, bytes: Vec<u8>) -> Option<()> {
        let name = self.shelf.display(path);
        self.inputs.push(PathBuf::from(&name));
        let (value, spot) = self.load(&name, &bytes)?;
        self.store.documents.push(Document { path: path.to_owned(), value, spot });
        Some(())
    }

    fn load(&mut self, name: &str, bytes: &[u8]) -> Option<load::Loaded> {
        self.hash.update(bytes);
        self.bytes += bytes.len();
        if self.bytes > limits::BYTES {
            let message = format!("all files together have more than {} bytes", limits::BYTES);
            self.problems.error("limit-bytes", top(name), message);
            return None;
        }
        let index = self.store.files.len();
        self.store.files.push(name.into());
        load::read(bytes, File { index, name }, self.problems)
    }
}

impl Shelf {
    fn display(&self, path: &str) -> String {
        match self {
            Shelf::Folder(folder) => folder.join(path).display().to_string(),
            Shelf::Texts(_) => path.to_owned(),
        }
    }

    fn bytes(&self, path: &str) -> Result<Vec<u8>, String> {
        match self {
            Shelf::Texts(texts) => texts.get(path).cloned().ok_or_else(|| "there is no such text".to_owned()),
            Shelf::Folder(folder) => {
                let file = folder.join(path);
                // A link must not lead out of the folder either.
                let base = if folder.as_os_str().is_empty() { Path::new(".") } else { folder.as_path() };
                let base = base.canonicalize().map_err(|error| error.to_string())?;
                let real = file.canonicalize().map_err(|error| error.to_string())?;
                if !real.starts_with(&base) {
                    return Err("it leads out of the document's folder".to_owned());
                }
                read_file(&file)
            }
        }
    }
}

/// Some documents refer to pages of prose, which hold no part of an API.
fn may_be_document(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    !name.contains('.') || [".json", ".yaml", ".yml"].iter().any(|ending| name.ends_with(ending))
}

/// Reads one byte more than is allowed at most, so that a huge file costs no memory and is still refused.
fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    use std::io::Read as _;
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    let most = limits::BYTES as u64 + 1;
    file.take(most).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

fn top(file: &str) -> Place {
    Place { pointer: String::new(), file: file.into(), line: 1, column: 1 }
}
