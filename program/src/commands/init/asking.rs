//! Questions on a terminal: asked again, with the rule, until the answer is one.

use std::io::{BufRead, Write};

use super::answers::Answers;
use super::questions::{self, Question};
use crate::Program;
use crate::refusal::Refusal;

/// Whoever answers.
pub(super) struct Person<R, W> {
    reads: R,
    writes: W,
}

impl<R: BufRead, W: Write> Person<R, W> {
    pub(super) fn at(reads: R, writes: W) -> Self {
        Self { reads, writes }
    }

    /// The answer to one question: nothing where somebody says nothing.
    fn answer(&mut self, question: &Question) -> Result<String, Refusal> {
        let usual = question.usual.map(|usual| format!(" [{usual}]")).unwrap_or_default();
        let gone =
            |error| Refusal::failure(format!("the terminal is gone, and nothing was written: {error}"));
        let Person { reads, writes } = self;
        write!(writes, "{}{usual}\n> ", capital(question.words))
            .and_then(|()| writes.flush())
            .map_err(gone)?;
        let mut line = String::new();
        if reads.read_line(&mut line).map_err(gone)? == 0 {
            let _ = writeln!(writes);
            return Err(Refusal::failure("the answers ended before the questions, so nothing was written"));
        }
        let line = line.trim();
        Ok(if line.is_empty() { question.usual.unwrap_or_default() } else { line }.to_owned())
    }

    fn tell(&mut self, wrong: &str) {
        // Who does not see it sees the question again.
        let _ = writeln!(self.writes, "{wrong}");
    }
}

/// Asks whatever no flag answers.
pub(super) fn all<R: BufRead, W: Write>(
    program: &Program,
    flags: &Answers,
    person: &mut Person<R, W>,
) -> Result<Answers, Refusal> {
    let mut answers = Answers::default();
    for question in questions::all().filter(|question| question.is_of(program)) {
        if question.is_asked(&answers) {
            one(program, &question, flags.get(question.key), &mut answers, person)?;
        }
    }
    Ok(answers)
}

fn one<R: BufRead, W: Write>(
    program: &Program,
    question: &Question,
    flag: Option<&str>,
    answers: &mut Answers,
    person: &mut Person<R, W>,
) -> Result<(), Refusal> {
    if let Some(answer) = flag {
        let wrong = |wrong: String| Refusal::usage(format!("{}: {wrong}", question.flag));
        return answers.give(program, question, answer).map_err(wrong);
    }
    loop {
        let answer = person.answer(question)?;
        if answer.is_empty() {
            if !question.is_needed {
                return Ok(());
            }
            person.tell("This one needs an answer.");
            continue;
        }
        match answers.give(program, question, &answer) {
            Ok(()) => return Ok(()),
            Err(wrong) => person.tell(&wrong),
        }
    }
}

/// A question begins with a capital letter and ends as one.
fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
