//! What was found of one thing, in a line for people or a member of a list for programs.

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::output::{print, print_json};
use crate::refusal::Refusal;
use crate::terminal::{Paint, Tone};

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// As it should be.
    Fine,
    /// Somebody should look at it; the server starts and works.
    Warning,
    /// The server does not start, or calls fail.
    Failed,
    /// Nobody asked for it.
    NotConfigured,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Fine => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::NotConfigured => "not configured",
        }
    }

    fn tone(self) -> Tone {
        match self {
            Self::Fine => Tone::Good,
            Self::Warning => Tone::Odd,
            Self::Failed => Tone::Bad,
            Self::NotConfigured => Tone::Faint,
        }
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// What was looked at.
    pub(super) check: &'static str,
    pub(super) state: State,
    /// How it is.
    pub(super) found: String,
    /// What to do about it.
    pub(super) advice: Option<String>,
}

impl Finding {
    pub(super) fn fine(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, state: State::Fine, found: found.into(), advice: None }
    }

    pub(super) fn warning(check: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, state: State::Warning, found: found.into(), advice: Some(advice.into()) }
    }

    pub(super) fn failed(check: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, state: State::Failed, found: found.into(), advice: Some(advice.into()) }
    }

    pub(super) fn not_configured(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, state: State::NotConfigured, found: found.into(), advice: None }
    }

    fn line(&self, paint: Paint, width: usize) -> String {
        let state = paint.put(self.state.tone(), &format!("{:14}", self.state.word()));
        let advice = self.advice.as_ref().map(|advice| format!("; {advice}")).unwrap_or_default();
        // What others say of themselves is among it, and stays on its line.
        let said: String =
            format!("{}{advice}", self.found).chars().filter(|letter| !letter.is_control()).collect();
        format!("{state}  {:width$}  {said}\n", self.check)
    }

    fn member(&self) -> Value {
        json!({
            "check": self.check, "state": self.state.word(), "found": self.found, "advice": self.advice
        })
    }
}

/// Prints what was found. The exit code is 1 if something failed.
pub(super) fn show(findings: &[Finding], as_json: bool) -> Result<ExitCode, Refusal> {
    if as_json {
        print_json(&findings.iter().map(Finding::member).collect())?;
    } else {
        print(&table(findings, Paint::of_output()))?;
    }
    let has_failed = findings.iter().any(|finding| finding.state == State::Failed);
    Ok(if has_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn table(findings: &[Finding], paint: Paint) -> String {
    let width = findings.iter().map(|finding| finding.check.len()).max().unwrap_or_default();
    findings.iter().map(|finding| finding.line(paint, width)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_finding_is_one_line_whatever_others_say_of_themselves() {
        let findings = [
            Finding::fine("api", "it is\nwell\u{1b}[31m"),
            Finding::failed("api certificate", "it expired", "renew it"),
            Finding::not_configured("redis", "nobody asks for it"),
        ];
        assert_eq!(
            table(&findings, Paint::plain()),
            "ok              api              it iswell[31m\n\
             failed          api certificate  it expired; renew it\n\
             not configured  redis            nobody asks for it\n"
        );
    }
}
