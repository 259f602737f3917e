//! The command line of a generated server: settings, commands, telemetry.
//!
//! A program is a few lines: it names itself and its API, and [`main`] does the rest. Only this crate reads
//! the environment.
//!
//! ```no_run
//! # mod api { pub fn catalog() -> &'static server::catalog::Api { unimplemented!() } }
//! fn main() -> std::process::ExitCode {
//!     program::main(program::Program {
//!         name: "example-mcp",
//!         version: "1.0.0",
//!         api: api::catalog(),
//!         tools: &[],
//!         offers: program::Offers::NONE,
//!         policy: None,
//!         demonstration: None,
//!     })
//! }
//! ```

mod arguments;
mod commands;
mod memory;
mod output;
mod process;
mod refusal;
pub mod settings;
mod table;
mod telemetry;
mod terminal;
mod works;

use std::any::Any;
use std::io;
use std::pin::Pin;
use std::process::ExitCode;

use server::catalog::Api;
use server::own::Own;
use server::policy::OwnRules;
use server::prompts::OwnPrompt;
use server::resources::{Document, OwnResource};

use refusal::Refusal;

/// The protocol library allocates some 80 KB in large pieces for each call, which glibc's allocator merges and splits
/// again every time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A generated server as a program.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// The name of the program, and of the server unless a setting says otherwise.
    pub name: &'static str,
    /// The version of the program.
    pub version: &'static str,
    /// The API that it serves.
    pub api: &'static Api,
    /// Tools written by hand, to stand beside those of the API: see [`server::own`].
    pub tools: &'static [&'static dyn Own],
    /// What else it offers beside tools.
    pub offers: Offers,
    /// Who may do what, in Cedar, where no file says it; by effect and role where there is none: see [`server::policy`].
    pub policy: Option<OwnRules>,
    /// Starts something that the server can be tried with; the command `demo` is there only if this is.
    pub demonstration: Option<fn() -> Demonstrating>,
}

/// What a program offers beside tools and what the server has itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Offers {
    /// The document that the tools were generated from, for whoever may use all of them.
    pub document: Option<Document>,
    /// Resources written by hand: see [`server::resources`].
    pub resources: &'static [OwnResource],
    /// Prompts written by hand, beside those that were generated: see [`server::prompts`].
    pub prompts: &'static [OwnPrompt],
}

impl Offers {
    /// Nothing.
    pub const NONE: Self = Self { document: None, resources: &[], prompts: &[] };

    /// The API's document in JSON.
    pub const fn json(text: &'static str) -> Self {
        Self { document: Some(Document { media_type: "application/json", text }), ..Self::NONE }
    }

    /// The API's document in YAML.
    pub const fn yaml(text: &'static str) -> Self {
        Self { document: Some(Document { media_type: "application/yaml", text }), ..Self::NONE }
    }
}

/// A [`Demonstration`] that is being started.
pub type Demonstrating = Pin<Box<dyn Future<Output = io::Result<Demonstration>> + Send>>;

/// A stand-in for the API, running in this process.
pub struct Demonstration {
    /// Where it serves the API.
    pub base_url: String,
    /// The credential that it accepts.
    pub token: String,
    /// Tool calls that find something: a tool's name and its arguments as JSON.
    pub calls: &'static [(&'static str, &'static str)],
    /// Whatever keeps it running; dropped at the end.
    pub running: Box<dyn Any + Send>,
}

/// Runs the program with the arguments and the environment of this process.
///
/// Exit codes: 0 is success, 1 that the command failed, 3 that it is not known how watched work ended, 64 that the command line was not understood, 78 that
/// the settings or the program's own tools are wrong.
pub fn main(mut program: Program) -> ExitCode {
    process::keep_memory_private();
    telemetry::tell_panics(program.name);
    match program.api.with(program.tools) {
        Ok(api) => program.api = api,
        Err(error) => return refuse(&program, &Refusal::configuration(error.to_string())),
    }
    let cli = match arguments::parse(&program, std::env::args_os()) {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    match commands::run(&program, cli) {
        Ok(code) => code,
        Err(refusal) => refuse(&program, &refusal),
    }
}

fn refuse(program: &Program, refusal: &Refusal) -> ExitCode {
    eprintln!("{}: {refusal}", program.name);
    ExitCode::from(refusal.code)
}
