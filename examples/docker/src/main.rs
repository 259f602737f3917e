//! The program `docker-mcp`: the generated API and nothing else.

use std::process::ExitCode;

use docker_mcp::api;
use program::{Offers, Program};

fn main() -> ExitCode {
    program::main(Program {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        api: api::catalog(),
        tools: &[],
        offers: Offers::NONE,
        policy: None,
        demonstration: None,
    })
}
