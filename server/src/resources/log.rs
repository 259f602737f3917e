//! The end of the program's log, in memory: what whoever may do everything reads by its address, without a way to the machine.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// How many lines are kept.
pub(super) const LINES: usize = 200;
/// How many bytes are kept of a line.
const LONGEST: usize = 2048;

/// The last lines of a log. Copies are handles of the same.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<VecDeque<String>>>);

impl Log {
    /// Keeps a line, without its end; the oldest goes when there is no room. No more is in it than what is written elsewhere.
    pub fn push(&self, line: &str) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The room of the line that goes is that of the line that comes.
        let mut kept =
            if lines.len() == LINES { lines.pop_front().unwrap_or_default() } else { String::new() };
        kept.clear();
        let end = line.floor_char_boundary(LONGEST);
        kept.push_str(&line[..end]);
        if end < line.len() {
            kept.push_str("...");
        }
        lines.push_back(kept);
    }

    /// What is kept, oldest first.
    pub(super) fn text(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Log")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_and_no_more() {
        let log = Log::default();
        assert_eq!(log.text(), "");
        (0..LINES).for_each(|number| log.push(&format!("line {number}")));
        assert!(log.text().starts_with("line 0\nline 1\n"));
        log.clone().push("one more");
        let text = log.text();
        assert_eq!(text.lines().count(), LINES);
        assert!(text.starts_with("line 1\n") && text.ends_with("\none more\n"), "{text}");
    }

    #[test]
    fn a_long_line_is_cut_between_letters() {
        let log = Log::default();
        log.push(&"a".repeat(LONGEST));
        log.push(&format!("{}é", "a".repeat(LONGEST - 1)));
        let text = log.text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines, [&"a".repeat(LONGEST), &format!("{}...", "a".repeat(LONGEST - 1))]);
    }
}
