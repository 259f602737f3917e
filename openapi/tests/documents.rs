//! Reads every document of the folder that `OPENAPI_SPECS` names, if it names one: none may make the reader panic,
//! none may lose an operation without a word.

#![allow(clippy::unwrap_used, reason = "what cannot go on here has failed")]

use std::path::{Path, PathBuf};
use std::time::Instant;

use openapi::report::Severity;
use openapi::{Source, read};
use serde_json::Value;

#[test]
fn every_document_of_the_folder_is_read_and_no_operation_is_lost() {
    let Some(folder) = std::env::var_os("OPENAPI_SPECS") else { return };
    let index = std::fs::read_to_string(Path::new(&folder).join("index.json")).unwrap();
    let index: Vec<Value> = serde_json::from_str(&index).unwrap();
    let mut read_documents = 0;
    for entry in &index {
        let file = entry["file"].as_str().unwrap();
        let document: PathBuf = Path::new(&folder).join(file);
        let start = Instant::now();
        let reading = read(&Source { document, overlay: None });
        let api = reading
            .api
            .unwrap_or_else(|| panic!("{file} is not read:\n{}", openapi::text::render(&reading.report)));
        let count = |severity| reading.report.count(severity);
        println!(
            "{file}: {} operations, {} schemas, {} errors, {} warnings, {} notes, {:?}",
            api.operations.len(),
            api.schemas.len(),
            count(Severity::Error),
            count(Severity::Warning),
            count(Severity::Note),
            start.elapsed(),
        );
        if std::env::var_os("OPENAPI_SPECS_REPORT").is_some() {
            println!("{}", openapi::text::render(&reading.report));
        }
        let expected = entry["operations"].as_u64().unwrap() as usize;
        assert!(
            api.operations.len() == expected || reading.report.has_errors(),
            "{file}: {} of {expected} operations, and no error says why",
            api.operations.len()
        );
        read_documents += 1;
    }
    assert!(read_documents > 0, "the folder holds an index.json, but no document");
}
