//! The command line: which checks, how much of them, on which program.

use std::path::PathBuf;

use crate::checks::{CHECKS, Check};

/// How it is called.
pub const USAGE: &str = "usage: reliability [--short] [--program FILE] [--seed N] [--minutes N] [R4 R5 ...]";

/// Faults are drawn from this unless another is named, so that a run can be repeated.
const SEED: u64 = 1;

/// What is wanted.
#[derive(Debug)]
pub struct Command {
    /// The checks in the order of their names on the command line, all where none is named.
    pub checks: Vec<&'static Check>,
    /// Fewer calls with the same rules.
    pub short: bool,
    /// A program that was built before; else it is built.
    pub program: Option<PathBuf>,
    /// What faults are drawn from.
    pub seed: u64,
    /// Whether the seed was named, and is the only one.
    pub is_replay: bool,
    /// How long R19 goes on.
    pub minutes: Option<u32>,
}

impl Command {
    /// Reads the arguments; an error is one line for whoever wrote them.
    pub fn read(arguments: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut command = Self {
            checks: Vec::new(),
            short: false,
            program: None,
            seed: SEED,
            is_replay: false,
            minutes: None,
        };
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--short" => command.short = true,
                "--program" => {
                    command.program = Some(arguments.next().ok_or("--program needs a file")?.into())
                }
                "--seed" => {
                    let seed = arguments.next().and_then(|seed| seed.parse().ok());
                    command.seed = seed.ok_or("--seed needs a whole number")?;
                    command.is_replay = true;
                }
                "--minutes" => {
                    let minutes = arguments.next().and_then(|minutes| minutes.parse().ok());
                    let minutes = minutes.filter(|minutes| *minutes > 0);
                    command.minutes = Some(minutes.ok_or("--minutes needs a whole number above zero")?);
                }
                name => command.checks.push(find(name)?),
            }
        }
        if command.checks.is_empty() {
            command.checks = CHECKS.iter().collect();
        }
        Ok(command)
    }
}

fn find(name: &str) -> Result<&'static Check, String> {
    let known = CHECKS.iter().find(|check| check.name.eq_ignore_ascii_case(name));
    known.ok_or_else(|| {
        let names: Vec<&str> = CHECKS.iter().map(|check| check.name).collect();
        format!("there is no check {name}; there are {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Command, String> {
        Command::read(line.split_whitespace().map(str::to_owned))
    }

    fn names(line: &str) -> Vec<&'static str> {
        read(line).expect(line).checks.iter().map(|check| check.name).collect()
    }

    #[test]
    fn no_name_stands_for_all_and_names_are_taken_in_their_order() {
        assert_eq!(names("--short").len(), CHECKS.len());
        assert_eq!(names("R5 r4"), ["R5", "R4"]);
        let command = read("--short --seed 17 --minutes 3 --program /tmp/x R4").expect("it is right");
        assert_eq!(command.minutes, Some(3));
        assert!(command.short && command.is_replay);
        assert_eq!((command.seed, command.program), (17, Some("/tmp/x".into())));
    }

    #[test]
    fn what_is_not_known_is_named_with_what_is() {
        let error = read("R4 R99").expect_err("there is no such check");
        assert!(error.contains("R99") && error.contains("R4"), "{error}");
        for line in ["--fast", "--seed", "--seed x", "--program", "--minutes", "--minutes 0"] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
