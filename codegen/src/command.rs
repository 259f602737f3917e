//! The commands: one document in, a report, a program, a schema, a table of tools, the plain description or a new
//! package out. Each has a file of its own; what they share is here.

mod accept;
mod changelog;
mod check;
mod diff;
mod exit;
mod fetch;
mod generate;
mod ir;
mod new;
mod output;
mod progress;
mod regenerate;
mod replace;
mod report;
mod schema;
mod side;
mod tools;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use codegen::drift::{self, Drift};
use openapi::report::Report;
use openapi::{Reading, Source};

pub(crate) use exit::USAGE;
use progress::Progress;

/// Compiles an OpenAPI document into the tools of an MCP server.
#[derive(Debug, Parser)]
#[command(
    name = "mcp-codegen",
    version,
    max_term_width = 110,
    disable_help_subcommand = true,
    after_help = exit::HELP
)]
pub(crate) struct Command {
    #[command(subcommand)]
    action: Action,
    /// Tell on standard error what is being done, also when it is no terminal.
    #[arg(long, global = true)]
    progress: bool,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Shows what becomes of each operation, every problem, and what the tools cost a client.
    Report(report::Options),
    /// Writes the Rust program of a document.
    Generate(generate::Options),
    /// Prints the schema of one tool as clients see it.
    Schema(schema::Options),
    /// Lists the tools: name, operation, effect and the bytes of their schemas.
    #[command(after_help = "Example:\n  mcp-codegen tools openapi.json --overlay overlay.yaml")]
    Tools {
        #[command(flatten)]
        input: Input,
    },
    /// Shows what the generator sees of a document, as JSON.
    #[command(after_help = "Example:\n  mcp-codegen ir openapi.json | jq '.operations[].id'")]
    Ir {
        #[command(flatten)]
        input: Input,
    },
    /// Makes a package that builds as it stands: the server of a document.
    New(new::Options),
    /// Compares what the generator makes now with the lock of the tool contract.
    Check(check::Options),
    /// Writes the lock of the tool contract; what breaks clients needs a reason.
    Accept(accept::Options),
    /// Compares two documents, locks or servers.
    Diff(diff::Options),
    /// Takes over a new document together with its lock, or leaves everything as it was.
    Regenerate(regenerate::Options),
}

/// The document that a command is about.
#[derive(Debug, Args)]
struct Input {
    /// The OpenAPI document, JSON or YAML; what it refers to is read from the files beside it.
    #[arg(value_name = "SPEC")]
    document: PathBuf,
    /// An OpenAPI Overlay to apply to it.
    #[arg(long, value_name = "FILE")]
    overlay: Option<PathBuf>,
}

impl Command {
    /// Does what was asked for; the status says how it went.
    pub(crate) fn run(self) -> ExitCode {
        let progress = Progress::new(self.progress);
        match self.action {
            Action::Report(options) => report::run(options, &progress),
            Action::Generate(options) => generate::run(&options, &progress),
            Action::Schema(options) => schema::run(&options, &progress),
            Action::Tools { input } => tools::run(&input, &progress),
            Action::Ir { input } => ir::run(&input, &progress),
            Action::New(options) => new::run(&options, &progress),
            Action::Check(options) => check::run(options),
            Action::Accept(options) => accept::run(&options),
            Action::Diff(options) => diff::run(&options),
            Action::Regenerate(options) => regenerate::run(&options),
        }
    }
}

impl Input {
    /// Reads the document; a status when there is none to read.
    fn read(&self, progress: &Progress) -> Result<Reading, ExitCode> {
        for path in [Some(&self.document), self.overlay.as_ref()].into_iter().flatten() {
            // Opened for the reason alone: a folder can be opened too, and is told from a file by reading.
            let opened = std::fs::File::open(path).and_then(|file| match file.metadata()?.is_dir() {
                true => Err(std::io::Error::other("it is a folder")),
                false => Ok(()),
            });
            if let Err(cause) = opened {
                eprintln!("mcp-codegen: cannot read {}: {cause}", path.display());
                return Err(ExitCode::from(exit::NO_INPUT));
            }
        }
        progress.during(&format!("reading {}", self.document.display()), || {
            Ok(openapi::read(&Source { document: self.document.clone(), overlay: self.overlay.clone() }))
        })
    }
}

/// The problems of reading, then those of planning.
fn joined(reading: &Reading, planning: &Report) -> Report {
    let problems = reading.report.problems.iter().chain(&planning.problems).cloned().collect();
    Report { problems }
}

/// Prints findings; the status tells the worst of them.
fn tell(drift: &Drift, format: drift::Format) -> ExitCode {
    let told = output::print(&drift::render(drift, format));
    if told == ExitCode::SUCCESS { ExitCode::from(drift.status()) } else { told }
}
