//! The file of a feature, as far as compiling it goes: its document, its overlay and the files beside it.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// A feature's file.
pub(crate) struct Fixture {
    /// Area and name with its ending: `styles/query-form.yaml`.
    pub(crate) file: String,
    /// Everything in it.
    pub(crate) value: Value,
    /// What is compiled: the document first, then the files that it may refer to.
    pub(crate) documents: Vec<(String, Vec<u8>)>,
    /// The overlay, if any.
    pub(crate) overlay: Option<(String, Vec<u8>)>,
}

impl Fixture {
    /// Reads the file at this path, which is relative to the package.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let file = path.to_str().ok_or("the name of a feature's file is ASCII")?.to_owned();
        let bytes = fs::read(path).map_err(|cause| format!("{file}: {cause}"))?;
        let value = openapi::read_value(&file, &bytes)
            .map_err(|report| format!("{file}: {}", openapi::text::render(&report)))?;
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let document = text(value.get("document"))
            .ok_or_else(|| format!("{file}: the member `document` must be a block of text"))?;
        let overlay = text(value.get("overlay")).map(|text| (named("overlay", &text), text.into_bytes()));
        let mut documents = vec![(named("openapi", &document), document.into_bytes())];
        for (name, beside) in value.get("files").and_then(Value::as_object).into_iter().flatten() {
            let beside =
                text(Some(beside)).ok_or_else(|| format!("{file}: {name} must be a block of text"))?;
            documents.push((name.clone(), beside.into_bytes()));
        }
        Ok(Self { file, value, documents, overlay })
    }

    /// The name of the module for it.
    pub(crate) fn module(&self) -> String {
        let name = self.file.trim_end_matches(".yaml").to_ascii_lowercase();
        name.replace(|letter: char| !letter.is_ascii_alphanumeric(), "_")
    }
}

fn named(name: &str, text: &str) -> String {
    format!("{name}.{}", if text.trim_start().starts_with('{') { "json" } else { "yaml" })
}
