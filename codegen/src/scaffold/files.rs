//! The files of a package.

use std::path::{Path, PathBuf};

use openapi::report::Severity;

use super::package::Package;
use super::source::{Source, quoted};
use super::template::fill;
use super::{overlay, suggestions};
use crate::plan::words;

/// The document and what it refers to, and where they go in the package.
pub(super) struct Copies {
    /// The document in the package, with `/`.
    pub(super) document: String,
    /// From where to where.
    pub(super) files: Vec<(PathBuf, PathBuf)>,
}

/// One file goes to `config/openapi.*`. Several keep their names, since they name each other, in `config/openapi/`.
pub(super) fn copies(document: &Path, inputs: &[PathBuf]) -> Copies {
    let base = document.parent().unwrap_or(Path::new(""));
    let below = |path: &Path| path.strip_prefix(base).unwrap_or(path).to_owned();
    if inputs.len() <= 1 {
        let ending = document.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let ending = if ending == "json" { "json" } else { "yaml" };
        let to = format!("config/openapi.{ending}");
        return Copies { files: vec![(document.to_owned(), PathBuf::from(&to))], document: to };
    }
    let place = |path: &Path| Path::new("config/openapi").join(below(path));
    let files = inputs.iter().map(|path| (path.clone(), place(path))).collect();
    let steps: Vec<String> = place(document).iter().map(|step| step.to_string_lossy().into_owned()).collect();
    Copies { document: steps.join("/"), files }
}

/// The files that are written for the package, in the order in which people read them.
pub(super) fn written(package: &Package<'_>) -> Vec<(PathBuf, Vec<u8>)> {
    let values = Values::of(package);
    let values = values.listed();
    let is_git = matches!(package.source, Source::Git(_));
    let dockerfile = if is_git {
        include_str!("templates/Dockerfile.git.txt")
    } else {
        include_str!("templates/Dockerfile.path.txt")
    };
    let workflow =
        if is_git { include_str!("templates/ci.yml.txt") } else { include_str!("templates/ci.path.yml.txt") };
    let text = |template: &str| fill(template, &values).into_bytes();
    vec![
        ("README.md".into(), text(include_str!("templates/README.md.txt"))),
        ("Cargo.toml".into(), text(include_str!("templates/Cargo.toml.txt"))),
        ("build.rs".into(), text(include_str!("templates/build.rs.txt"))),
        ("src/lib.rs".into(), text(include_str!("templates/lib.rs.txt"))),
        ("src/main.rs".into(), text(include_str!("templates/main.rs.txt"))),
        ("config/overlay.yaml".into(), overlay::text(package).into_bytes()),
        ("config/server.toml".into(), text(include_str!("templates/server.toml.txt"))),
        ("Dockerfile".into(), text(dockerfile)),
        (".dockerignore".into(), text(include_str!("templates/dockerignore.txt"))),
        (".gitignore".into(), text(include_str!("templates/gitignore.txt"))),
        (".github/workflows/ci.yml".into(), text(workflow)),
    ]
}

/// What goes into the templates.
struct Values(Vec<(&'static str, String)>);

impl Values {
    fn of(package: &Package<'_>) -> Values {
        let title = suggestions::line(&package.api.title);
        let title = if title.is_empty() { "an API".to_owned() } else { title };
        let source = match package.source {
            Source::Folder(folder) => folder.display().to_string(),
            Source::Git(url) => url.clone(),
        };
        let mut imports =
            ["use program::Program;".to_owned(), format!("use {}::api;", package.name.replace('-', "_"))];
        imports.sort();
        Values(vec![
            ("name", package.name.to_owned()),
            ("imports", imports.join("\n")),
            ("document_quoted", quoted(package.document)),
            (
                "description",
                quoted(&format!("An MCP server for {title}, generated from its OpenAPI document")),
            ),
            (
                "summary",
                words::doc_line(&format!("The MCP server for {title}: nothing but what is generated.")),
            ),
            ("title", title),
            ("document", package.document.to_owned()),
            ("codegen", package.source.dependency("codegen")),
            ("program", package.source.dependency("program")),
            ("server", package.source.dependency("server")),
            ("source_words", package.source.words()),
            ("source_quoted", shell_quoted(&source)),
            ("source_json", quoted(&source)),
            ("source", source),
            ("counts", counts(package)),
            ("todo", todo(package)),
        ])
    }

    fn listed(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }
}

fn counts(package: &Package<'_>) -> String {
    let (operations, tools) = (package.operations.len(), package.plan.tools.len());
    format!("The document holds {operations} operations; {tools} tools come of them.")
}

/// What must be done before it builds.
fn todo(package: &Package<'_>) -> String {
    let errors = package.report.count(Severity::Error);
    if errors == 0 {
        return String::new();
    }
    format!(
        "\n## Before it builds\n\nThe document has {errors} error{}, and a build refuses what would lose meaning. \
         `config/overlay.yaml` lists each with the lines that accept it: give the reason, or repair the document there.\n",
        if errors == 1 { "" } else { "s" }
    )
}

/// A word for a shell, whatever is in it.
fn shell_quoted(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    if text.bytes().all(is_plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}
