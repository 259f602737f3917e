//! What the compiler cannot check of this crate's own rules.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the sources are there") {
        let path = entry.expect("entries can be read").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn only_emit_quotes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    sources(&root, &mut found);
    let quoting: Vec<String> = found
        .iter()
        .filter(|path| fs::read_to_string(path).expect("sources are text").contains("quote!"))
        .map(|path| path.strip_prefix(&root).expect("lies below").display().to_string())
        .collect();
    assert!(!quoting.is_empty());
    assert!(quoting.iter().all(|path| path.starts_with("emit")), "{quoting:?}");
}
