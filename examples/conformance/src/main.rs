//! The program `conformance-mcp`: a server of what the official conformance suite calls, and of nothing else.

use std::process::ExitCode;

use conformance_mcp::{API, PROMPTS, RESOURCES, TOOLS};
use program::{Offers, Program};

fn main() -> ExitCode {
    program::main(Program {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        api: &API,
        tools: TOOLS,
        offers: Offers { document: None, resources: RESOURCES, prompts: PROMPTS },
        policy: None,
        demonstration: None,
    })
}
