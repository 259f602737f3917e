//! Colour for whoever reads the log on a terminal: the word for how bad something is, and nothing that a value holds.

use std::io::IsTerminal as _;

/// Whether lines on standard error are coloured: on a terminal, unless `NO_COLOR` has a value.
pub(super) fn is_wanted(no_color: bool) -> bool {
    !no_color && std::io::stderr().is_terminal()
}

/// The line with its level in colour. Lines begin with the time and the level.
pub(super) fn paint(line: &str) -> String {
    let level = line.split_ascii_whitespace().nth(1).unwrap_or_default();
    let code = match level {
        "ERROR" => 31,
        "WARN" => 33,
        "INFO" => 32,
        "DEBUG" => 34,
        "TRACE" => 35,
        _ => return line.to_owned(),
    };
    line.replacen(level, &format!("\u{1b}[{code}m{level}\u{1b}[0m"), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_is_coloured_and_nothing_else() {
        let line = "2026-01-02T03:04:05.000006Z  WARN server: INFO told=\"\\u001b[31m\"";
        assert_eq!(
            paint(line),
            "2026-01-02T03:04:05.000006Z  \u{1b}[33mWARN\u{1b}[0m server: INFO told=\"\\u001b[31m\""
        );
        for line in ["", "WARN", "no level here"] {
            assert_eq!(paint(line), line);
        }
    }

    #[test]
    fn nobody_who_wants_no_colour_gets_any() {
        assert!(!is_wanted(true));
    }
}
