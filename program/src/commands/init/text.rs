//! The text of the file: what was answered, each with the words of its setting, in sections as `config/server.toml` has them.

use toml::Value;

use super::answers::Answers;
use super::questions::NOBODY;
use crate::Program;
use crate::settings::value::Notation;
use crate::settings::{Setting, key_of_file, table};

/// Where comments end their lines.
const WIDTH: usize = 100;

/// The file.
pub(super) fn of(program: &Program, answers: &Answers) -> String {
    let name = program.name;
    let mut text = comment(&format!(
        "Settings of {name}, written by `{name} init`. The environment is stronger than this file, and a flag is stronger than both: `{name} --settings THIS-FILE config` shows what is in effect, and every setting that is not here."
    ));
    let given = settings(answers);
    let mut sections: Vec<&str> = Vec::new();
    for (key, _) in &given {
        let section = section(key);
        if !sections.contains(&section) {
            sections.push(section);
        }
    }
    let table = table(program.api);
    for section_name in sections {
        text.push_str(&format!("\n[{section_name}]\n"));
        for (key, value) in given.iter().filter(|(key, _)| section(key) == section_name) {
            text.push_str(&entry(&table, key, value));
        }
    }
    text
}

/// Answers as settings: an address to listen on is two of them, and callers who are asked nothing are none.
fn settings(answers: &Answers) -> Vec<(&str, &str)> {
    let mut given = Vec::new();
    for (key, answer) in answers.iter() {
        match (key, answer.rsplit_once(':')) {
            ("auth.providers", _) if answer == NOBODY => {}
            ("listen", Some((host, port))) => given.extend([("listen.host", host), ("listen.port", port)]),
            // Without a port it is no address, as whoever reads it will say.
            ("listen", None) => given.extend([("listen.host", answer), ("listen.port", "")]),
            _ => given.push((key, answer)),
        }
    }
    given
}

fn section(key: &str) -> &str {
    key.split_once('.').map_or("", |(section, _)| section)
}

fn entry(table: &[Setting], key: &str, answer: &str) -> String {
    let name = key.split_once('.').map_or(key, |(_, name)| name);
    let setting = table.iter().find(|setting| setting.key == key || key_of_file(setting) == key);
    let setting = setting.expect("questions are about settings");
    let is_file = setting.key != key;
    let variable = format!("{}{}", setting.environment[0], if is_file { "_FILE" } else { "" });
    let what = if is_file { "The file that holds this: " } else { "" };
    let help = comment(&format!("{what}{} ({variable})", setting.help));
    let text = || Value::String(answer.to_owned());
    let value = match setting.kind.notation() {
        _ if is_file => text(),
        Notation::List => Value::Array(vec![text()]),
        // What is no number is text, so that whoever reads it says what it must be.
        Notation::Integer => answer.parse().map_or_else(|_| text(), Value::Integer),
        _ => text(),
    };
    format!("{help}{name} = {value}\n")
}

/// Lines of a comment.
fn comment(words: &str) -> String {
    let mut text = String::new();
    let mut line = "#".to_owned();
    for word in words.split_whitespace() {
        if line.len() > 1 && line.chars().count() + 1 + word.chars().count() > WIDTH {
            text.push_str(&line);
            text.push('\n');
            line = "#".to_owned();
        }
        line.push(' ');
        line.push_str(word);
    }
    text + &line + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_end_their_lines_at_a_word() {
        let text = comment(&"word ".repeat(60));
        assert!(text.lines().count() > 2 && text.lines().all(|line| line.starts_with("# word")));
        assert!(text.lines().all(|line| line.len() <= WIDTH && !line.ends_with(' ')), "{text}");
    }
}
