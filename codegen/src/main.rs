//! `mcp-codegen`: what the generator sees in a document, what it would write, and what it could not carry.
//!
//! `command/exit.rs` lists how it ends.

mod command;

use std::process::ExitCode;

use clap::Parser;

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match command::Command::try_parse() {
        Ok(command) => command.run(),
        Err(refusal) => {
            // Help and version are answers, not mistakes.
            let is_mistake = refusal.use_stderr();
            let _ = refusal.print();
            ExitCode::from(if is_mistake { command::USAGE } else { 0 })
        }
    }
}
