//! Prompts as a file describes them: read and checked in form; a key that is not known is an error. Whether the tools and
//! arguments exist that they name is for whoever knows the tools.

use std::path::Path;

use serde_json::Value;

use crate::document::Document;
use crate::load;
use crate::problems::Problems;
use crate::report::{Place, Report};
use crate::shape::{self, Field, Form, Need};
use crate::store::{At, Store};

const ROOT: &[Field] = &[Field("prompts", Form::List, Need::Required)];
const PROMPT: &[Field] = &[
    Field("name", Form::Text, Need::Required),
    Field("title", Form::Text, Need::Required),
    Field("description", Form::Text, Need::Required),
    Field("arguments", Form::List, Need::Optional),
    Field("opening", Form::Text, Need::Required),
    Field("steps", Form::List, Need::Required),
];
const ARGUMENT: &[Field] = &[
    Field("name", Form::Text, Need::Required),
    Field("description", Form::Text, Need::Required),
    Field("required", Form::Flag, Need::Optional),
];
const STEP: &[Field] = &[
    Field("when", Form::Text, Need::Optional),
    Field("tool", Form::Text, Need::Optional),
    Field("with", Form::Object, Need::Optional),
    Field("text", Form::Text, Need::Required),
];

/// A prompt, as written.
#[derive(Clone, Debug, PartialEq)]
pub struct Prompt {
    /// Its name.
    pub name: Placed,
    /// Its title.
    pub title: String,
    /// Its description.
    pub description: String,
    /// What a person fills in.
    pub arguments: Vec<Argument>,
    /// What is said first.
    pub opening: Placed,
    /// The steps.
    pub steps: Vec<Step>,
}

/// What a person fills in.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// Its name.
    pub name: Placed,
    /// Its description.
    pub description: String,
    /// Whether it must be filled in.
    pub required: bool,
}

/// A step.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The argument without which it is left out.
    pub when: Option<Placed>,
    /// The tool that it calls.
    pub tool: Option<Placed>,
    /// The arguments of that tool by name, each with where its name stands.
    pub with: Vec<(Placed, Placed)>,
    /// What is to be done.
    pub text: Placed,
}

/// A text and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// The text.
    pub text: String,
    /// The place.
    pub at: Place,
}

/// Reads the prompts of a file.
pub fn read(path: &Path) -> (Vec<Prompt>, Report) {
    let name = path.display().to_string();
    match std::fs::read(path) {
        Ok(bytes) => read_text(&name, &bytes),
        Err(cause) => {
            let mut problems = Problems::default();
            let place = Place { pointer: String::new(), file: name.as_str().into(), line: 0, column: 0 };
            problems.error("unreadable", place, format!("cannot be read: {cause}"));
            (Vec::new(), problems.finish())
        }
    }
}

/// Reads the prompts of a text in YAML or JSON, by the ending of its name.
pub fn read_text(name: &str, bytes: &[u8]) -> (Vec<Prompt>, Report) {
    let mut problems = Problems::default();
    let Some((value, spot)) = load::read(bytes, load::File { index: 0, name }, &mut problems) else {
        return (Vec::new(), problems.finish());
    };
    let store = Store::new(vec![Document { path: name.to_owned(), value, spot }], vec![name.into()]);
    let root = store.root(0);
    shape::check_ours(&root, ROOT, &mut problems);
    let prompts = root.member("prompts");
    let prompts = prompts.iter().flat_map(At::items).filter_map(|at| prompt(&at, &mut problems)).collect();
    (prompts, problems.finish())
}

fn prompt(at: &At<'_>, problems: &mut Problems) -> Option<Prompt> {
    shape::check_ours(at, PROMPT, problems);
    let arguments = at.member("arguments");
    let arguments = arguments.iter().flat_map(At::items).filter_map(|at| argument(&at, problems)).collect();
    let steps = at.member("steps");
    let steps = steps.iter().flat_map(At::items).filter_map(|at| step(&at, problems)).collect();
    Some(Prompt {
        name: placed(at, "name")?,
        title: placed(at, "title")?.text,
        description: placed(at, "description")?.text,
        arguments,
        opening: placed(at, "opening")?,
        steps,
    })
}

fn argument(at: &At<'_>, problems: &mut Problems) -> Option<Argument> {
    shape::check_ours(at, ARGUMENT, problems);
    let required = at.member("required").is_some_and(|flag| flag.value == &Value::Bool(true));
    Some(Argument { name: placed(at, "name")?, description: placed(at, "description")?.text, required })
}

fn step(at: &At<'_>, problems: &mut Problems) -> Option<Step> {
    shape::check_ours(at, STEP, problems);
    let with = at.member("with");
    let with = with.iter().flat_map(At::members).filter_map(|(name, at)| {
        if !at.value.is_string() {
            shape::wrong_form(&at, Form::Text, problems);
        }
        let value = Placed { text: at.value.as_str()?.to_owned(), at: at.place() };
        Some((Placed { text: name.to_owned(), at: at.place() }, value))
    });
    let with = with.collect();
    Some(Step { when: placed(at, "when"), tool: placed(at, "tool"), with, text: placed(at, "text")? })
}

/// The text of a member.
fn placed(at: &At<'_>, member: &str) -> Option<Placed> {
    let member = at.member(member)?;
    Some(Placed { text: member.value.as_str()?.trim().to_owned(), at: member.place() })
}
