//! Runs checks of the whole program and prints a line for each: its name, `pass` or `fail`, and the figures.
//!
//! Usage: `cargo run --release -p bench --bin reliability -- [--short] [--program FILE] [--seed N] [--minutes N] [R4 R5 ...]`

use std::process::ExitCode;
use std::time::Duration;

use bench::command::{Command, USAGE};
use bench::rig::{Rig, build_program};

#[tokio::main]
async fn main() -> ExitCode {
    let command = match Command::read(std::env::args().skip(1)) {
        Ok(command) => command,
        Err(problem) => {
            eprintln!("reliability: {problem}\n{USAGE}");
            return ExitCode::from(64);
        }
    };
    let program = match command.program.map_or_else(build_program, Ok) {
        Ok(program) => program,
        Err(error) => {
            eprintln!("reliability: {error}");
            return ExitCode::FAILURE;
        }
    };
    let long = command.minutes.map(|minutes| Duration::from_secs(60) * minutes);
    let rig = Rig { program, short: command.short, seed: command.seed, is_replay: command.is_replay, long };
    let mut all_pass = true;
    for check in command.checks {
        eprintln!("{}: {}", check.name, check.about);
        let (passes, figures) = match (check.run)(rig.clone()).await {
            Ok(verdict) => (verdict.passes(), verdict.to_string()),
            Err(error) => (false, format!("could not be run: {error}")),
        };
        all_pass &= passes;
        println!("{} {} {figures}", check.name, if passes { "pass" } else { "fail" });
    }
    if all_pass { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
