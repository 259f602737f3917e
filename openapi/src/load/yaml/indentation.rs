//! Closing brackets at the start of a line that stand no deeper than what they belong to: YAML refuses them, and people
//! and other readers do not. Such a line is read as if it stood one column further in.

use saphyr_parser::ScanError;

/// Bytes that are read again at most, all attempts together.
const REREAD: usize = 64 * 1024 * 1024;

/// The text with the line of the error mended, if a closing bracket at its start is what is wrong. `attempt` is how
/// often that has been done.
pub(super) fn mended(text: &str, error: &ScanError, attempt: usize) -> Option<String> {
    if text.len().saturating_mul(attempt + 1) > REREAD || !error.info().starts_with("invalid indentation") {
        return None;
    }
    let line = error.marker().line().checked_sub(1)?;
    let start = match line {
        0 => 0,
        line => text.match_indices('\n').nth(line - 1)?.0 + 1,
    };
    let is_closing = text[start..].trim_start_matches(' ').starts_with(['}', ']']);
    is_closing.then(|| format!("{} {}", &text[..start], &text[start..]))
}
