//! Documents in, text out: `problems/*` give the report beside them, `features/*` give the IR beside them. A document
//! `NAME.yaml` may have an overlay `NAME.overlay.yaml`. `UPDATE_EXPECT=1` rewrites what is expected; review reads it.

#![allow(clippy::unwrap_used, reason = "what cannot go on here has failed")]

use std::path::{Path, PathBuf};

use openapi::{Reading, Source, read, text};

#[test]
fn every_problem_is_reported_with_its_place() {
    each("tests/problems", |document, reading| {
        check(&document.with_extension("report"), &text::render(&reading.report));
    });
}

#[test]
fn every_feature_reaches_the_ir() {
    each("tests/features", |document, reading| {
        assert!(!reading.report.has_errors(), "{}:\n{}", document.display(), text::render(&reading.report));
        let mut api = reading.api.expect("a document without errors gives an API");
        assert_eq!(api.digest.len(), 64);
        // It changes with every byte of the document, and says nothing about the feature.
        api.digest = String::new();
        let ir = serde_json::to_string_pretty(&api).unwrap();
        check(&document.with_extension("ir.json"), &format!("{ir}\n"));
        check(&document.with_extension("report"), &text::render(&reading.report));
    });
}

fn each(folder: &str, check: impl Fn(&Path, Reading)) {
    let mut documents: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| is_document(path))
        .collect();
    documents.sort();
    assert!(!documents.is_empty());
    for document in documents {
        let overlay = Some(document.with_extension("overlay.yaml")).filter(|path| path.exists());
        check(&document, read(&Source { document: document.clone(), overlay }));
    }
}

fn is_document(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_string_lossy();
    let is_result = name.ends_with(".ir.json") || name.contains(".overlay.");
    !is_result && (name.ends_with(".yaml") || name.ends_with(".json"))
}

fn check(expected: &Path, found: &str) {
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(expected, found).unwrap();
        return;
    }
    let text = std::fs::read_to_string(expected).unwrap_or_default();
    assert!(text == found, "{} differs (UPDATE_EXPECT=1 rewrites it); found:\n{found}", expected.display());
}
