//! What is shown of work that is watched: a line for each new state, or on a terminal one line that keeps up.

use std::io::{IsTerminal as _, Write as _, stdout};
use std::time::Duration;

use server::follow::Outcome;
use tokio::time::{Instant, sleep};

use crate::output::print;
use crate::refusal::Refusal;

/// How often the one line keeps up.
const TICK: Duration = Duration::from_secs(1);
/// To the beginning of the line, and nothing behind it.
const ANEW: &str = "\r\u{1b}[K";

/// What is shown.
pub(super) struct Shown {
    begun: Instant,
    is_terminal: bool,
    last: Option<(String, Outcome)>,
}

impl Shown {
    pub(super) fn new() -> Self {
        Self { begun: Instant::now(), is_terminal: stdout().is_terminal(), last: None }
    }

    /// Shows a state, if it is a new one.
    pub(super) fn tell(&mut self, state: String, outcome: Outcome) {
        let is_new = self.last.as_ref().is_none_or(|(last, _)| *last != state);
        self.last = Some((state, outcome));
        if self.is_terminal {
            self.keep_up();
        } else if is_new && let Some(line) = self.line() {
            // Whoever reads it may have seen enough; the exit code still tells how it ended.
            let _ = print(&line);
        }
    }

    /// Waits until the next look, and keeps the line up meanwhile.
    pub(super) async fn pause(&self, mut pause: Duration) {
        while self.is_terminal && pause > TICK {
            sleep(TICK).await;
            pause -= TICK;
            self.keep_up();
        }
        sleep(pause).await;
    }

    /// Leaves the line as it is.
    pub(super) fn end(&self) -> Result<(), Refusal> {
        if self.is_terminal && self.last.is_some() { print("\n") } else { Ok(()) }
    }

    fn keep_up(&self) {
        if let Some(line) = self.line() {
            let mut output = stdout().lock();
            let _ = write!(output, "{ANEW}{line}").and_then(|()| output.flush());
        }
    }

    fn line(&self) -> Option<String> {
        let (state, outcome) = self.last.as_ref()?;
        Some(line(self.begun.elapsed(), state, *outcome))
    }
}

fn line(elapsed: Duration, state: &str, outcome: Outcome) -> String {
    let elapsed = humantime::format_duration(Duration::from_secs(elapsed.as_secs())).to_string();
    let state: String = state.chars().filter(|letter| !letter.is_control()).collect();
    let meaning = match outcome {
        Outcome::Running => "",
        Outcome::Waiting => ": a person must act before it goes on",
        Outcome::Done => ": done",
        Outcome::Failed => ": failed",
    };
    format!("{elapsed:>8}  {state}{meaning}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_since_when_and_what_the_state_means() {
        let told = |seconds, state, outcome| line(Duration::from_secs(seconds), state, outcome);
        assert_eq!(told(0, "Dispatched", Outcome::Running), "      0s  Dispatched");
        assert_eq!(
            told(75, "Held\u{1b}", Outcome::Waiting),
            "  1m 15s  Held: a person must act before it goes on"
        );
        assert_eq!(told(3600, "Complete", Outcome::Done), "      1h  Complete: done");
    }
}
