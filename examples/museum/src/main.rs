//! The program `museum-mcp`: the generated API and the tool written by hand.

use std::process::ExitCode;

use museum_mcp::{TOOLS, api};
use program::{Offers, Program};

fn main() -> ExitCode {
    program::main(Program {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        api: api::catalog(),
        tools: TOOLS,
        offers: Offers::yaml(include_str!("../config/openapi.yaml")),
        policy: None,
        demonstration: None,
    })
}
