//! CHANGELOG-tools.md: what was accepted, when, and why; the newest first.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use codegen::drift::{Drift, Finding, Severity};

use super::side::refused;

/// Where it is, unless another file is named.
pub(super) const FILE: &str = "CHANGELOG-tools.md";

const HEAD: &str = "# Changes of the tools\n\nWritten by `mcp-codegen accept` and `mcp-codegen regenerate`; the newest first. Changes of words alone are not listed.\n";

/// The text of the changelog with one more entry.
pub(super) fn with(path: &Path, drift: &Drift, reason: Option<&str>) -> Result<String, ExitCode> {
    let known = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => HEAD.to_owned(),
        Err(cause) => return Err(refused(&format!("cannot read {}: {cause}", path.display()))),
    };
    let entry = entry(&today(), drift, reason);
    // Before the first entry, or at the end if there is none yet.
    let at = known.find("\n## ").map_or(known.len(), |at| at + 1);
    let (head, rest) = known.split_at(at);
    let head = head.trim_end();
    Ok(if rest.is_empty() { format!("{head}\n\n{entry}") } else { format!("{head}\n\n{entry}\n{rest}") })
}

fn entry(date: &str, drift: &Drift, reason: Option<&str>) -> String {
    let mut out = format!("## {date}\n\nContract `{}` became `{}`.\n", short(&drift.old), short(&drift.new));
    if let Some(reason) = reason {
        let _ = writeln!(out, "\nReason for breaking clients: {reason}");
    }
    let told: Vec<&Finding> =
        drift.findings.iter().filter(|finding| finding.severity() > Severity::Text).collect();
    if !told.is_empty() {
        out.push('\n');
    }
    for finding in told {
        let tool = finding.tool.as_deref().map_or("the API".to_owned(), |tool| format!("`{tool}`"));
        let path =
            finding.path.as_deref().map(|path| format!(" `{}`", path.replace('`', "'"))).unwrap_or_default();
        let message = finding.message.split_whitespace().collect::<Vec<_>>().join(" ").replace('<', "&lt;");
        let _ = writeln!(out, "- {} ({}): {tool}{path}: {message}", finding.severity(), finding.rule.id);
    }
    out
}

/// Enough of a hash to tell it from others.
fn short(hash: &str) -> &str {
    hash.get(..19).unwrap_or(hash)
}

/// The day in UTC, as in 2026-01-31.
fn today() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    day(seconds / 86_400)
}

/// The date of a day since 1970-01-01, by the Gregorian rule: years of 400 have 146 097 days. Years are counted from
/// March, so that the day a leap year adds is a year's last.
fn day(since_1970: u64) -> String {
    let days = since_1970 + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let (day, month) = (of_year - (153 * from_march + 2) / 5 + 1, (from_march + 2) % 12 + 1);
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn days_are_dates() {
        for (days, date) in [
            (0, "1970-01-01"),
            (59, "1970-03-01"),
            (11_016, "2000-02-29"),
            (20_454, "2026-01-01"),
            (47_541, "2100-03-01"),
        ] {
            assert_eq!(super::day(days), date);
        }
    }
}
