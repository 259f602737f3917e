//! On which line of a lock each member begins. The lock is written by one printer, with one member on a line, so the
//! indentation alone tells where a member belongs; for a file that was laid out otherwise there is simply no line.

use std::collections::BTreeMap;

/// The lines of members by their path.
#[derive(Debug, Default)]
pub(super) struct Lines {
    by_path: BTreeMap<Vec<String>, u32>,
}

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        let mut lines = Self::default();
        let mut open: Vec<String> = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let inside = line.trim_start_matches(' ');
            let depth = (line.len() - inside.len()) / 2;
            let Some(name) = key(inside) else { continue };
            if depth == 0 || depth > open.len() + 1 {
                continue;
            }
            open.truncate(depth - 1);
            open.push(name);
            lines.by_path.insert(open.clone(), number);
        }
        lines
    }

    /// The line of a member, or 0.
    pub(super) fn line(&self, path: &[&str]) -> u32 {
        let path: Vec<String> = path.iter().map(|&step| step.to_owned()).collect();
        self.by_path.get(&path).copied().unwrap_or(0)
    }

    /// The names of the members directly below a path.
    pub(super) fn below(&self, path: &[&str]) -> Vec<&str> {
        let start: Vec<String> = path.iter().map(|&step| step.to_owned()).collect();
        let rest = self.by_path.range(start.clone()..);
        rest.take_while(|(path, _)| path.starts_with(&start))
            .filter(|(path, _)| path.len() == start.len() + 1)
            .filter_map(|(path, _)| path.last().map(String::as_str))
            .collect()
    }
}

/// The name at the beginning of `"name": ...`.
fn key(text: &str) -> Option<String> {
    let mut names = serde_json::Deserializer::from_str(text).into_iter::<String>();
    let name = names.next()?.ok()?;
    text[names.byte_offset()..].starts_with(':').then_some(name)
}

#[cfg(test)]
mod tests {
    use super::Lines;

    #[test]
    fn a_member_has_the_line_that_it_begins_on() {
        let value = serde_json::json!({"a": 1, "tools": {"one \"x\"": {"b": [{"c": 2}], "d": 3}}});
        let lines = Lines::of(&serde_json::to_string_pretty(&value).expect("is plain"));
        assert_eq!(lines.line(&["tools"]), 3);
        assert_eq!(lines.line(&["tools", "one \"x\""]), 4);
        assert_eq!(lines.line(&["tools", "one \"x\"", "d"]), 10);
        assert_eq!(lines.below(&["tools", "one \"x\""]), ["b", "d"]);
        assert_eq!(lines.line(&["nowhere"]), 0);
    }
}
