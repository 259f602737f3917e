//! Turns a checked API into Rust: types, schemas and tools.
//!
//! `plan` takes every decision, `emit` quotes, `format` prints; [`build`] does all of it for a build script.

pub mod contract;
pub mod drift;
pub mod plan;
pub mod profiles;
pub mod scaffold;
pub mod size;

mod alike;
mod build_script;
mod emit;
mod format;
mod threads;

use openapi::ir::Api;
use openapi::prompts::Prompt;
use openapi::report::Report;

pub use build_script::{Failed, Inputs, build, build_telling, build_with};

/// A written program, and what was found while it was planned.
#[derive(Debug)]
pub struct Written {
    /// Formatted Rust. What could not be carried is missing from it.
    pub source: String,
    /// Why.
    pub report: Report,
}

/// Writes the program of an API: the same input gives the same bytes.
pub fn write(api: &Api) -> Written {
    write_with(api, &[])
}

/// Writes the program of an API with prompts, which are held against its tools.
pub fn write_with(api: &Api, prompts: &[Prompt]) -> Written {
    let planned = plan::plan_with(api, prompts);
    Written { source: source(planned.plan), report: planned.report }
}

/// The program of a plan, formatted.
pub fn source(mut plan: plan::model::Plan) -> String {
    alike::share(&mut plan);
    let source = format::format(&plan);
    // Nobody waits for it, and of a large document it is many small pieces.
    std::thread::spawn(move || drop(plan));
    source
}
