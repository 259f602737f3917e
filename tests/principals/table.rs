//! The table as people read it: principals who get the same of everything share a column, and requests that are answered the same
//! for everybody share a row.

use std::fmt::Write as _;

use crate::outcome;

/// What every principal got.
#[derive(Default)]
pub(crate) struct Table(Vec<Column>);

struct Column {
    names: Vec<String>,
    of_endpoints: Vec<String>,
    of_tools: Vec<String>,
}

/// What stands before the table.
const HEAD: &str = "# Who gets what\n\n\
    Every principal with every endpoint and every tool, by real requests; `UPDATE_EXPECT=1 cargo test --test principals` writes it.\n\
    The server has an issuer of tokens, API keys, `config/policy.cedar` and `POLICY_PROTECTED_LEVELS=PRD`; subjects have names of \
    their own.\n\
    Principals who get the same of everything share a column, and requests that are answered alike share a row: below each table\n\
    stands who and what they are.\n\n";

impl Table {
    /// Adds what a principal got.
    pub(crate) fn add(&mut self, name: &str, of_endpoints: Vec<String>, of_tools: Vec<String>) {
        let same = |column: &&mut Column| column.of_endpoints == of_endpoints && column.of_tools == of_tools;
        match self.0.iter_mut().find(same) {
            Some(column) => column.names.push(name.to_owned()),
            None => self.0.push(Column { names: vec![name.to_owned()], of_endpoints, of_tools }),
        }
    }

    /// The table of these endpoints and tools.
    pub(crate) fn text(&self, endpoints: &[String], tools: &[String]) -> String {
        let mut text = HEAD.to_owned();
        text.push_str(
            "A number is the status of HTTP, and the word after it the `error` of its challenge.\n\n",
        );
        for (word, says) in outcome::WORDS {
            let _ = writeln!(text, "- `{word}`: {says}");
        }
        text.push_str("\n## Principals\n\n");
        for (number, column) in self.0.iter().enumerate() {
            let _ = writeln!(text, "- **{}** {}", letter(number), column.names.join("; "));
        }
        text.push_str("\n## Endpoints\n\n");
        text.push_str(&self.part(endpoints, |column| &column.of_endpoints));
        text.push_str("\n## Tools\n\n");
        text.push_str(&self.part(tools, |column| &column.of_tools));
        text
    }

    fn part(&self, asked: &[String], of: impl Fn(&Column) -> &Vec<String>) -> String {
        let mut rows: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
        for (place, name) in asked.iter().enumerate() {
            let got: Vec<&str> = self.0.iter().map(|column| &*of(column)[place]).collect();
            match rows.iter_mut().find(|(_, known)| *known == got) {
                Some((names, _)) => names.push(name),
                None => rows.push((vec![name], got)),
            }
        }
        let rows: Vec<Row<'_>> = rows.into_iter().enumerate().map(Row::numbered).collect();
        let mut text = self.grid(&rows);
        text.push('\n');
        for (number, row) in rows.iter().enumerate().filter(|(_, row)| row.names.len() > 1) {
            let _ = writeln!(text, "- **{}** {}", number + 1, row.names.join("; "));
        }
        text
    }

    fn grid(&self, rows: &[Row<'_>]) -> String {
        let letters: Vec<String> = (0..self.0.len()).map(letter).collect();
        let widest = rows.iter().map(|row| row.name.len()).max().unwrap_or_default();
        let width = |column: usize| {
            let cells = rows.iter().map(|row| row.got[column].len());
            cells.chain([letters[column].len()]).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..letters.len()).map(width).collect();
        let mut text = String::new();
        let mut line = |name: &str, cells: &[&str]| {
            let _ = write!(text, "| {name:widest$} |");
            for (cell, width) in cells.iter().zip(&widths) {
                let _ = write!(text, " {cell:width$} |");
            }
            text.push('\n');
        };
        line("", &letters.iter().map(String::as_str).collect::<Vec<_>>());
        let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
        line(&"-".repeat(widest), &rules.iter().map(String::as_str).collect::<Vec<_>>());
        for row in rows {
            line(&row.name, &row.got);
        }
        text
    }
}

/// Requests that are answered the same for everybody.
struct Row<'t> {
    name: String,
    names: Vec<&'t str>,
    got: Vec<&'t str>,
}

impl<'t> Row<'t> {
    fn numbered((number, (names, got)): (usize, (Vec<&'t str>, Vec<&'t str>))) -> Self {
        let others = names.len() - 1;
        let more = if others == 0 { String::new() } else { format!(" and {others} like it") };
        Self { name: format!("{} {}{more}", number + 1, names[0]), names, got }
    }
}

/// The name of a column.
fn letter(number: usize) -> String {
    let letter = char::from(b'A' + u8::try_from(number % 26).unwrap());
    if number < 26 { letter.to_string() } else { format!("{letter}{}", number / 26) }
}
