//! `completions` and `man`: what shells and readers of manuals are told of the commands, from the one description that `--help` has.

mod arguments;

use std::io;
use std::path::Path;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap_complete::generate;
use clap_mangen::{Man, generate_to};

use crate::Program;
use crate::arguments::{Shell, command};
use crate::output::print;
use crate::refusal::Refusal;

/// Commands that take a tool's name, where one knows which.
const WITH_TOOL: [&[&str]; 3] = [&["call"], &["doctor"], &["policy", "explain"]];

/// Prints what completes commands in this shell.
pub(super) fn run(program: &Program, shell: Shell) -> Result<(), Refusal> {
    let mut described = WITH_TOOL.iter().fold(command(program), |described, path| {
        at(described, path, |command| command.mut_arg("tool", |tool| tool.value_parser(tools(program))))
    });
    let mut text = Vec::new();
    let generator = match shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Zsh => clap_complete::Shell::Zsh,
        Shell::Fish => clap_complete::Shell::Fish,
    };
    generate(generator, &mut described, program.name, &mut text);
    let text = mended(&String::from_utf8_lossy(&text), program.name);
    print(&arguments::beside(&text, program, shell))
}

/// The text for bash names a command in two ways where the program's name has a hyphen (clap-rs/clap#6421), and then completes nothing
/// behind the first word. Texts without that fault stay as they are.
fn mended(text: &str, name: &str) -> String {
    text.replace(&name.replace('-', "__subcmd__"), &name.replace('-', "__"))
}

/// Changes the command at this path below another.
fn at(
    command: clap::Command,
    path: &[&'static str],
    change: impl FnOnce(clap::Command) -> clap::Command,
) -> clap::Command {
    match path {
        [] => change(command),
        [first, rest @ ..] => command.mut_subcommand(first, |below| at(below, rest, change)),
    }
}

fn tools(program: &Program) -> PossibleValuesParser {
    let value = |tool: &&server::catalog::Tool| PossibleValue::new(tool.name).help(tool.title);
    PossibleValuesParser::new(program.api.tools.iter().map(value))
}

/// Prints the manual's first page, or writes all pages into a folder.
pub(super) fn manual(program: &Program, folder: Option<&Path>) -> Result<(), Refusal> {
    // What stands in a page's margin is one line.
    let described = command(program).version(program.version);
    let Some(folder) = folder else {
        let mut page = Vec::new();
        let rendered = Man::new(described).render(&mut page);
        rendered.map_err(|error| Refusal::failure(format!("the page cannot be made: {error}")))?;
        return print(&String::from_utf8_lossy(&page));
    };
    let failed = |error: io::Error| {
        Refusal::failure(format!("--folder {}: cannot be written: {error}", folder.display()))
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    generate_to(described, folder).map_err(failed)
}
