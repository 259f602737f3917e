//! The commands: one document in, a report, a program, the plain description or a table of tools out.

mod accept;
mod changelog;
mod check;
mod diff;
mod fetch;
mod regenerate;
mod replace;
mod report;
mod side;
mod tools;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use codegen::drift::{self, Drift};
use openapi::ir::Api;
use openapi::report::Report;
use openapi::{Reading, Source};

/// Exit status: the command line was wrong.
pub(crate) const USAGE: u8 = 64;
/// Exit status: the document has errors.
const BAD_DOCUMENT: u8 = 65;
/// Exit status: a file could not be written.
const NOT_WRITTEN: u8 = 74;

/// Compiles an OpenAPI document into the tools of an MCP server.
///
/// Exit status: 0 done, 64 wrong usage, 65 the document has errors, 74 a file could not be written.
#[derive(Debug, Parser)]
#[command(name = "mcp-codegen", version)]
pub(crate) struct Command {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Shows every problem of a document, and which operations become tools.
    Report {
        #[command(flatten)]
        input: Input,
        /// How the report is written.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Writes the Rust program of a document.
    Generate {
        #[command(flatten)]
        input: Input,
        /// Where to; standard output if not given.
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Write what can be carried even if the document has errors.
        #[arg(long)]
        lenient: bool,
    },
    /// Shows what the generator sees of a document, as JSON.
    Ir {
        #[command(flatten)]
        input: Input,
    },
    /// Lists the tools: name, operation, effect and the bytes of their schemas.
    Tools {
        #[command(flatten)]
        input: Input,
    },
    /// Compares what the generator makes now with the lock of the tool contract.
    Check(check::Options),
    /// Writes the lock of the tool contract; what breaks clients needs a reason.
    Accept(accept::Options),
    /// Compares two documents, locks or servers.
    Diff(diff::Options),
    /// Takes over a new document together with its lock, or leaves everything as it was.
    Regenerate(regenerate::Options),
}

#[derive(Debug, Args)]
struct Input {
    /// The OpenAPI document, JSON or YAML.
    #[arg(value_name = "DOCUMENT")]
    document: PathBuf,
    /// An OpenAPI Overlay to apply to it.
    #[arg(long, value_name = "FILE")]
    overlay: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

impl Command {
    /// Does what was asked for; the status says how it went.
    pub(crate) fn run(self) -> ExitCode {
        match self.action {
            Action::Report { input, format } => report::show(&input.read(), format),
            Action::Generate { input, output, lenient } => generate(&input.read(), output, lenient),
            Action::Ir { input } => show_ir(&input.read()),
            Action::Tools { input } => tools::show(&input.read()),
            Action::Check(options) => check::run(options),
            Action::Accept(options) => accept::run(&options),
            Action::Diff(options) => diff::run(&options),
            Action::Regenerate(options) => regenerate::run(&options),
        }
    }
}

impl Input {
    fn read(&self) -> Reading {
        openapi::read(&Source { document: self.document.clone(), overlay: self.overlay.clone() })
    }
}

fn generate(reading: &Reading, output: Option<PathBuf>, lenient: bool) -> ExitCode {
    let Some(api) = &reading.api else { return refused(&reading.report) };
    let written = codegen::write(api);
    let report = joined(reading, &written.report);
    if report.has_errors() {
        report::complain(&report);
        if !lenient {
            return ExitCode::from(BAD_DOCUMENT);
        }
    }
    match output {
        None => print(&written.source),
        Some(path) => match std::fs::write(&path, &written.source) {
            Ok(()) => ExitCode::SUCCESS,
            Err(cause) => {
                eprintln!("mcp-codegen: cannot write {}: {cause}", path.display());
                ExitCode::from(NOT_WRITTEN)
            }
        },
    }
}

fn show_ir(reading: &Reading) -> ExitCode {
    let Some(api) = &reading.api else { return refused(&reading.report) };
    print(&ir_text(api))
}

fn ir_text(api: &Api) -> String {
    let mut text = serde_json::to_string_pretty(api).expect("the description of an API is plain data");
    text.push('\n');
    text
}

/// Nothing usable could be read: the problems say why.
fn refused(report: &Report) -> ExitCode {
    report::complain(report);
    ExitCode::from(BAD_DOCUMENT)
}

/// The problems of reading, then those of planning.
fn joined(reading: &Reading, planning: &Report) -> Report {
    let problems = reading.report.problems.iter().chain(&planning.problems).cloned().collect();
    Report { problems }
}

/// Prints findings; the status tells the worst of them.
fn tell(drift: &Drift, format: drift::Format) -> ExitCode {
    let told = print(&drift::render(drift, format));
    if told == ExitCode::SUCCESS { ExitCode::from(drift.status()) } else { told }
}

/// Writes to standard output; a reader that went away (`| head`) is no failure.
fn print(text: &str) -> ExitCode {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) if cause.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("mcp-codegen: cannot write to standard output: {cause}");
            ExitCode::from(NOT_WRITTEN)
        }
    }
}
