//! The commands that the API's own words make: `sets watch ID` where it has sets whose work goes on. Flags are the other arguments
//! of the tool that tells the state.

use std::time::Duration;

use clap::{Arg, ArgMatches, Command};
use serde_json::{Map, Value};

use crate::works::Work;

/// What is asked of one kind of work.
const WATCH: &str = "watch";
const ID: &str = "id";
const LONGEST: &str = "for";

/// What is watched.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    /// The kind of work.
    pub(crate) work: Work,
    /// Which one.
    pub(crate) id: String,
    /// Other arguments of the tool that tells its state, as `NAME=VALUE`.
    pub(crate) others: Vec<String>,
    /// How long at most; for ever without it.
    pub(crate) longest: Option<Duration>,
}

/// The command of a kind of work, for the program of this name, beside those whose flags are `taken`.
pub(super) fn command(program: &str, work: &Work, taken: &[String]) -> Command {
    let name = work.name.clone();
    let watch = Command::new(WATCH)
        .about("Show the state of one until it is done or has failed")
        .long_about(format!(
            "Show the state of one until it is done or has failed, as {} tells it. Ctrl-C ends the watching and nothing else. Exit codes: 0 it is done, 1 it has failed, 3 it is not known how it ends: nobody watches any more, or it cannot be seen.",
            work.read.name
        ))
        .arg(Arg::new(ID).value_name("ID").required(true).help(described(work, work.id)))
        .args(others(program, work, taken))
        .arg(
            Arg::new(LONGEST)
                .long(LONGEST)
                .value_name("TIME")
                .value_parser(|text: &str| humantime::parse_duration(text).map_err(|_| "expected a time such as 10m"))
                .help("Watch no longer than this, such as 10m"),
        );
    Command::new(name)
        .about(format!(
            "Watch work of the API that goes on after the answer that started it ({})",
            work.read.name
        ))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(watch)
}

/// What was typed, if it is this command.
pub(super) fn typed(work: &Work, matches: &ArgMatches, taken: &[String]) -> Option<Watch> {
    let (_, typed) = matches.subcommand_matches(&work.name)?.subcommand()?;
    let text = |name: &str| typed.get_one::<String>(name).cloned();
    let other = |name: String| Some(format!("{name}={}", text(&flag(&name, taken))?));
    Some(Watch {
        work: work.clone(),
        id: text(ID)?,
        others: names(work).into_iter().filter_map(other).collect(),
        longest: typed.get_one::<Duration>(LONGEST).copied(),
    })
}

/// Flags for the other arguments. Whoever always gives the same has them in the environment.
fn others(program: &str, work: &Work, taken: &[String]) -> Vec<Arg> {
    let schema = schema(work);
    let required = schema["required"].as_array();
    let is_required = |name: &str| required.is_some_and(|required| required.iter().any(|one| one == name));
    let argument = |name: String| {
        let (help, is_required, flag) = (described(work, &name), is_required(&name), flag(&name, taken));
        let argument = Arg::new(flag.clone()).env(variable(program, &name)).long(flag);
        argument.value_name("VALUE").required(is_required).help(help)
    };
    names(work).into_iter().map(argument).collect()
}

/// The arguments that are flags.
fn names(work: &Work) -> Vec<String> {
    let schema = schema(work);
    let all = schema["properties"].as_object().into_iter().flat_map(Map::keys);
    all.filter(|name| *name != work.id).cloned().collect()
}

/// The flag of an argument: its name, unless something else has that.
fn flag(name: &str, taken: &[String]) -> String {
    let is_taken = [ID, LONGEST].contains(&name) || taken.iter().any(|one| one == name);
    if is_taken { format!("arg-{name}") } else { name.to_owned() }
}

/// The variable of the environment for an argument, such as `CODE_PIPELINE_MCP_SRID`.
fn variable(program: &str, name: &str) -> String {
    let mut variable = format!("{program}_");
    let mut before = '_';
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && before.is_ascii_lowercase() {
            variable.push('_');
        }
        variable.push(letter);
        before = letter;
    }
    let is_letter = |letter: char| letter.is_ascii_alphanumeric();
    variable.to_ascii_uppercase().chars().map(|letter| if is_letter(letter) { letter } else { '_' }).collect()
}

/// The first sentence of what the tool says of an argument.
fn described(work: &Work, name: &str) -> String {
    let schema = schema(work);
    let words = schema["properties"][name]["description"].as_str().unwrap_or_default();
    words.split("\n").next().unwrap_or_default().trim_end_matches('.').to_owned()
}

fn schema(work: &Work) -> Value {
    serde_json::from_str(work.read.input_schema).expect("the generator writes schemas as JSON")
}

#[cfg(test)]
mod tests {
    use super::{flag, variable};

    #[test]
    fn a_flag_has_the_name_of_its_argument_unless_another_one_has_it() {
        let taken = ["settings".to_owned()];
        assert_eq!(flag("srid", &taken), "srid");
        assert_eq!(
            ["settings", "id", "for"].map(|name| flag(name, &taken)),
            ["arg-settings", "arg-id", "arg-for"]
        );
    }

    #[test]
    fn a_variable_is_named_by_program_and_argument() {
        assert_eq!(variable("code-pipeline-mcp", "srid"), "CODE_PIPELINE_MCP_SRID");
        assert_eq!(variable("box-mcp", "rtConfig-x"), "BOX_MCP_RT_CONFIG_X");
    }
}
