//! A new package around a document: it builds as it stands, and its overlay lists what the document leaves open.

mod files;
mod folder;
mod overlay;
mod package;
mod source;
mod suggestions;
mod target;
mod template;

use std::io;
use std::path::{Path, PathBuf};

use heck::ToKebabCase as _;
use openapi::ir::Api;
use openapi::report::Report;
use openapi::{Reading, Source as Input};

use crate::plan::{self, Planned};

use package::Package;

pub use source::Source;

/// What a package is made of.
#[derive(Clone, Debug)]
pub struct Order<'o> {
    /// The document.
    pub document: &'o Path,
    /// Where the package goes; there must be nothing yet, or an empty folder.
    pub folder: &'o Path,
    /// The package's name; else one from the document's title.
    pub name: Option<&'o str>,
    /// Where the generator's crates come from.
    pub source: &'o Source,
}

/// A package that was made.
#[derive(Debug)]
pub struct Made {
    /// Its name.
    pub name: String,
    /// Its files, relative to its folder, in order.
    pub files: Vec<PathBuf>,
    /// How many tools it has.
    pub tools: usize,
    /// What was found in the document and while its tools were planned. With errors the package does not build until
    /// its overlay repairs or accepts them.
    pub report: Report,
}

/// Why there is no package.
#[derive(Debug)]
pub enum Refusal {
    /// The folder is in use, or the name cannot be one.
    Order(String),
    /// Nothing of the document can be read.
    Document(Report),
    /// A file cannot be read or written.
    Files(PathBuf, io::Error),
}

/// Makes the package: whole, or not at all.
pub fn make(order: &Order<'_>) -> Result<Made, Refusal> {
    folder::must_be_free(order.folder)?;
    order.source.check().map_err(Refusal::Order)?;
    let reading = openapi::read(&Input { document: order.document.to_owned(), overlay: None });
    let Reading { api: Some(api), inputs, operations, mut report } = reading else {
        return Err(Refusal::Document(reading.report));
    };
    let name = match order.name {
        Some(name) => checked(name)?,
        None => suggested(&api, order.folder),
    };
    let Planned { plan, report: planning } = plan::plan(&api);
    report.problems.extend(planning.problems);
    let copied = files::copies(order.document, &inputs);
    let package = Package {
        name: &name,
        api: &api,
        plan: &plan,
        report: &report,
        operations: &operations,
        document: &copied.document,
        document_file: order.document.display().to_string(),
        source: order.source,
    };
    let mut files = files::written(&package);
    for (from, to) in copied.files {
        let bytes = std::fs::read(&from).map_err(|cause| Refusal::Files(from, cause))?;
        files.push((to, bytes));
    }
    if let Some(lock) = order.source.lock_file() {
        let bytes = std::fs::read(&lock).map_err(|cause| Refusal::Files(lock, cause))?;
        files.push((PathBuf::from("Cargo.lock"), bytes));
    }
    folder::write(order.folder, &files)?;
    let files = files.into_iter().map(|(path, _)| path).collect();
    Ok(Made { name, files, tools: plan.tools.len(), report })
}

/// Names that cargo refuses or that the package's own dependencies have.
const TAKEN: [&str; 12] = [
    "codegen",
    "openapi",
    "program",
    "server",
    "test",
    "core",
    "std",
    "alloc",
    "proc-macro",
    "build",
    "deps",
    "incremental",
];

fn checked(name: &str) -> Result<String, Refusal> {
    let starts_well = name.starts_with(|first: char| first.is_ascii_lowercase());
    let is_sound = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    let is_word = syn::parse_str::<syn::Ident>(&name.replace('-', "_")).is_ok();
    if starts_well && is_word && name.bytes().all(is_sound) && name.len() <= 64 && !TAKEN.contains(&name) {
        return Ok(name.to_owned());
    }
    Err(Refusal::Order(format!(
        "{name:?} cannot be the name of the package: a small letter, then up to 63 small letters, digits, `-` and `_`, \
         and no name that Rust or the package's dependencies have ({})",
        TAKEN.join(", ")
    )))
}

/// The title's words, else the folder's name.
fn suggested(api: &Api, folder: &Path) -> String {
    let folder = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let from = |text: &str| {
        let ascii: String =
            text.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { ' ' }).collect();
        let mut name = ascii.to_kebab_case();
        name.truncate(48);
        let name = name.trim_end_matches('-').trim_end_matches("-mcp").to_owned();
        checked(&format!("{name}-mcp")).ok()
    };
    from(&api.title).or_else(|| from(&folder)).unwrap_or_else(|| "api-mcp".to_owned())
}

#[cfg(test)]
mod tests;
