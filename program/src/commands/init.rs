//! `init`: a settings file to begin with, from a few answers or from flags. It holds nothing that `serve` would refuse: the text is
//! read by the same code, and a server is put together from it, before any of it is written.

mod answers;
mod asking;
mod checking;
mod questions;
mod text;
mod writing;

use std::io::{IsTerminal as _, stderr, stdin};
use std::path::Path;
use std::process::ExitCode;

use crate::Program;
use crate::arguments::Init;
use crate::output::print;
use crate::refusal::Refusal;
use answers::Answers;
use asking::Person;
use questions::Question;

/// Asks, checks and writes.
pub(super) fn run(program: &Program, what: &Init, api_base_url: Option<&str>) -> Result<ExitCode, Refusal> {
    if what.file.exists() && !what.force {
        return Err(Refusal::failure(format!(
            "{} is there already, and is left as it is: name another file, or say --force to write over it",
            what.file.display()
        )));
    }
    let flags = questions::flags(what, api_base_url);
    let answers = if what.yes {
        from_flags(program, &flags)?
    } else if stdin().is_terminal() && stderr().is_terminal() {
        asking::all(program, &flags, &mut Person::at(stdin().lock(), stderr()))?
    } else {
        return Err(Refusal::usage(format!(
            "nobody is here to ask: say --yes, with --api-base-url URL and what else is wanted of {}",
            questions::names_of_flags().join(", ")
        )));
    };
    let text = text::of(program, &answers);
    checking::check_text(program, &text).map_err(Refusal::configuration)?;
    writing::write(&what.file, &text, answers.keys_file(), what.force)?;
    print(&next(program, &what.file, &answers))?;
    Ok(ExitCode::SUCCESS)
}

/// What flags say; the first that is wrong is an error that names it.
fn from_flags(program: &Program, flags: &Answers) -> Result<Answers, Refusal> {
    let mut answers = Answers::default();
    for question in questions::all().filter(|question| question.is_of(program)) {
        let given = flags.get(question.key);
        if !question.is_asked(&answers) {
            if given.is_some() {
                return Err(Refusal::usage(format!(
                    "{} is given, and {}",
                    question.flag,
                    question.needless(&answers)
                )));
            }
            continue;
        }
        match given.or(question.usual) {
            Some(answer) => answers
                .give(program, &question, answer)
                .map_err(|wrong| Refusal::usage(format!("{}: {wrong}", question.flag)))?,
            None if question.is_needed => {
                return Err(Refusal::usage(format!("{} is missing: {}", question.flag, question.words)));
            }
            None => {}
        }
    }
    Ok(answers)
}

/// What to do with the file.
fn next(program: &Program, file: &Path, answers: &Answers) -> String {
    let (name, shown) = (program.name, file.display());
    let mut text = format!("{shown} is written. What comes next:\n");
    if answers.keys_file().is_some() {
        text.push_str(&format!("  {name} --settings {shown} keys create --owner NAME --role ROLE\n"));
    }
    for (command, what) in [
        ("doctor", "whether everything is there that it names"),
        ("serve", "the server"),
        ("config", "every setting, with those that it does not name"),
    ] {
        text.push_str(&format!("  {name} --settings {shown} {command:6}  # {what}\n"));
    }
    text
}

impl Question {
    /// Why it is not asked.
    fn needless(&self, answers: &Answers) -> String {
        match self.only_with {
            Some((other, value)) => {
                let answer = answers.get(other.key).unwrap_or("nothing");
                format!("{} says {answer}: it is for {value}", other.flag)
            }
            None => "it is for nothing here".to_owned(),
        }
    }
}
