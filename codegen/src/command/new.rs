//! `new`: a package around a document.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use codegen::scaffold::{self, Made, Order, Refusal, Source};
use openapi::report::Severity;

use super::progress::Progress;
use super::{exit, output};

/// Which document, and where to.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  mcp-codegen new petstore.yaml petstore-mcp\n  \
                        mcp-codegen new api/openapi.json server --name orders-mcp --source git=https://git.example.com/generator.git\n\n\
                        The package holds a copy of the document. What the document leaves open is listed, commented\n\
                        out, in its config/overlay.yaml.")]
pub(super) struct Options {
    /// The OpenAPI document, JSON or YAML; what it refers to is copied from the files beside it.
    #[arg(value_name = "SPEC")]
    document: PathBuf,
    /// The folder of the package; it must not exist yet, or be empty.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// The package's name; else one from the document's title.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Where the generator's crates come from: `path=DIR` or `git=URL`; else the folder this program was built from.
    #[arg(long, value_name = "SOURCE")]
    source: Option<Source>,
}

/// Makes the package and says what to do next.
pub(super) fn run(options: &Options, progress: &Progress) -> ExitCode {
    if let Err(cause) = std::fs::File::open(&options.document) {
        eprintln!("mcp-codegen: cannot read {}: {cause}", options.document.display());
        return ExitCode::from(exit::NO_INPUT);
    }
    let source = options.source.clone().unwrap_or_else(Source::of_this_program);
    let order = Order {
        document: &options.document,
        folder: &options.folder,
        name: options.name.as_deref(),
        source: &source,
    };
    match progress.during("making the package", || scaffold::make(&order)) {
        Ok(made) => output::print(&told(&made, options)),
        Err(Refusal::Order(message)) => {
            eprintln!("mcp-codegen: {message}");
            ExitCode::from(exit::USAGE)
        }
        Err(Refusal::Document(report)) => {
            output::complain(&report);
            eprintln!("mcp-codegen: no package was made: nothing of the document can be read");
            ExitCode::from(exit::BAD_DOCUMENT)
        }
        Err(Refusal::Files(path, cause)) => {
            eprintln!("mcp-codegen: no package was made: {}: {cause}", path.display());
            ExitCode::from(exit::NOT_WRITTEN)
        }
    }
}

fn told(made: &Made, options: &Options) -> String {
    let folder = options.folder.display();
    let files: Vec<String> = made.files.iter().map(|path| format!("  {}\n", path.display())).collect();
    let errors = made.report.count(Severity::Error);
    let next = if errors == 0 {
        format!("Next: go through {folder}/config/overlay.yaml, then `cargo run -- tools` in {folder}.\n")
    } else {
        format!(
            "The document has {errors} error{}, so the package does not build yet: {folder}/config/overlay.yaml lists \
             them,\nwith the lines that accept each once you give the reason.\n",
            if errors == 1 { "" } else { "s" }
        )
    };
    format!("{} with {} tools in {folder}:\n{}{next}", made.name, made.tools, files.concat())
}
