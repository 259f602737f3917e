//! Answers, each held against what a server takes as soon as it is given.

use std::path::Path;

use server::identity::api_keys::List;

use super::answers::{Answers, KEYS};
use super::questions::{self, NOBODY, Question};
use super::text;
use crate::Program;
use crate::commands::doctor;
use crate::settings::{Environment, load_text};

/// What stands for an answer that is still to come, so that those before it can be checked.
const PLACEHOLDERS: [(&str, &str); 2] =
    [("auth.issuers", "https://login.example.com"), ("auth.resource", "https://mcp.example.com/mcp")];

impl Answers {
    /// Takes an answer, if a server with it and those before would start; else what is wrong with it.
    pub(super) fn give(
        &mut self,
        program: &Program,
        question: &Question,
        answer: &str,
    ) -> Result<(), String> {
        let answer = if question.is_path { absolute(answer)? } else { answer.to_owned() };
        if question.key == "auth.providers" && ![NOBODY, "api_key", "oidc"].contains(&&*answer) {
            return Err(format!("expected `none`, `api_key` or `oidc`, got {answer:?}"));
        }
        if question.key == "listen" && !answer.contains(':') {
            return Err(format!("expected ADDRESS:PORT such as 127.0.0.1:8080, got {answer:?}"));
        }
        if question.key == KEYS {
            keys_can_be_there(Path::new(&answer))?;
        }
        let mut all = self.clone();
        all.0.push((question.key, answer));
        all.check(program)?;
        *self = all;
        Ok(())
    }

    /// What is wrong with the last of these answers.
    fn check(&self, program: &Program) -> Result<(), String> {
        let mut all = self.clone();
        let is_open = |question: &Question| question.is_asked(self) && self.get(question.key).is_none();
        let open: Vec<&str> = questions::all()
            .filter(|question| question.is_needed && is_open(question))
            .map(|open| open.key)
            .collect();
        for (key, placeholder) in PLACEHOLDERS {
            if open.contains(&key) {
                all.0.push((key, placeholder.to_owned()));
            }
        }
        // These name files, for which nothing can stand: what is before them is checked with them.
        if open.iter().any(|key| [KEYS, "redis.secret_file"].contains(key)) {
            return Ok(());
        }
        check_text(program, &text::of(program, &all))
    }
}

/// Reads a settings file as `serve` does and puts a server together from it; what would stop that.
pub(super) fn check_text(program: &Program, text: &str) -> Result<(), String> {
    const SHOWN: &str = "these settings";
    let nothing = Environment::from([]);
    // Nobody has seen the text yet, so that a line of it is of no use.
    let unplaced = |line: String| match line.strip_prefix(SHOWN).and_then(|rest| rest.split_once(": ")) {
        Some((_, rest)) => rest.to_owned(),
        None => line,
    };
    let settings = load_text(program.name, program.api, &nothing, (SHOWN, text))
        .map_err(|refusal| unplaced(refusal.to_string()))?;
    match doctor::refusals(program, settings).into_iter().next() {
        Some(line) => Err(line),
        None => Ok(()),
    }
}

/// Whether a list of keys is there, or can be made.
fn keys_can_be_there(path: &Path) -> Result<(), String> {
    if path.exists() {
        return List::load(path).map(drop).map_err(|error| error.to_string());
    }
    match path.parent().is_some_and(Path::is_dir) {
        true => Ok(()),
        false => Err(format!("expected a file in a folder that is there, got {}", path.display())),
    }
}

/// The path as it is wherever a program is started.
fn absolute(path: &str) -> Result<String, String> {
    let path =
        std::path::absolute(path).map_err(|error| format!("expected a path, got {path:?}: {error}"))?;
    path.into_os_string().into_string().map_err(|_| "expected a path in UTF-8".to_owned())
}
