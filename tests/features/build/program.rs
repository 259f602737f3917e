//! A feature as Rust: a file with its program, and its row in the table.

use std::fs;
use std::path::Path;

use openapi::report::{Problem, Report};
use serde_json::{Value, json};

use crate::fixture::Fixture;

/// What a feature adds to the generated file.
pub(crate) struct Compiled {
    /// Its module, if its document gave an API.
    pub(crate) module: String,
    /// Its row in the table.
    pub(crate) row: String,
}

/// Writes the feature's program.
pub(crate) fn compile(fixture: &Fixture, out: &Path) -> Result<Compiled, String> {
    let reading = openapi::read_texts(fixture.documents.clone(), fixture.overlay.clone());
    let mut diagnostics = told(&reading.report);
    let module = fixture.module();
    let mut compiled = Compiled { module: String::new(), row: String::new() };
    let mut api = "None".to_owned();
    if let Some(description) = &reading.api {
        let written = codegen::write(description);
        diagnostics.extend(told(&written.report));
        let path = out.join(format!("{module}.rs"));
        fs::write(&path, written.source).map_err(|cause| format!("{}: {cause}", path.display()))?;
        compiled.module = format!(
            "/// `{}`\npub mod {module} {{\n    include!(concat!(env!(\"OUT_DIR\"), \"/{module}.rs\"));\n}}\n",
            fixture.file
        );
        api = format!("Some({module}::catalog())");
    }
    let (cases, diagnostics) = (fixture.value.to_string(), Value::Array(diagnostics).to_string());
    compiled.row = format!(
        "    Feature {{\n        file: {:?},\n        cases: {cases:?},\n        diagnostics: {diagnostics:?},\n        \
         api: || {api},\n    }},\n",
        fixture.file
    );
    Ok(compiled)
}

fn told(report: &Report) -> Vec<Value> {
    let one = |problem: &Problem| {
        let file = Some(&*problem.place.file).filter(|file| !file.starts_with("openapi."));
        let place = format!("{}{}", file.unwrap_or_default(), problem.place.pointer);
        let place = if place.is_empty() { "/" } else { &place };
        json!({
            "diagnostic": format!("{} {} at {place}", problem.severity.word(), problem.rule),
            "says": problem.message,
        })
    };
    report.problems.iter().map(one).collect()
}
