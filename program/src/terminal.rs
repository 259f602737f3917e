//! The terminal, where there is one: whether it takes colours, and how wide it is. What goes into a file or to another program is
//! plain.

use std::io::{IsTerminal as _, stdout};

/// Colours for standard output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    is_on: bool,
}

/// What a colour says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Fine.
    Good,
    /// To be looked at.
    Odd,
    /// Not fine.
    Bad,
    /// Of less interest.
    Faint,
    /// What a column is about.
    Heading,
}

impl Tone {
    fn code(self) -> &'static str {
        match self {
            Self::Good => "32",
            Self::Odd => "33",
            Self::Bad => "1;31",
            Self::Faint => "2",
            Self::Heading => "1",
        }
    }
}

impl Paint {
    /// For standard output as it is: colours on a terminal only, unless NO_COLOR says no.
    pub(crate) fn of_output() -> Self {
        let wants_none = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let takes_none = std::env::var_os("TERM").is_some_and(|name| name == "dumb");
        Self { is_on: stdout().is_terminal() && !wants_none && !takes_none }
    }

    /// No colours.
    #[cfg(test)]
    pub(crate) fn plain() -> Self {
        Self { is_on: false }
    }

    /// The text in this tone.
    pub(crate) fn put(self, tone: Tone, text: &str) -> String {
        if self.is_on { format!("\u{1b}[{}m{text}\u{1b}[0m", tone.code()) } else { text.to_owned() }
    }
}

/// How many characters have room on a line of standard output; nothing where it is no terminal.
#[cfg(unix)]
pub(crate) fn width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(stdout()).ok()?;
    // Some terminals do not know it.
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}

/// It is not asked here.
#[cfg(not(unix))]
pub(crate) fn width() -> Option<usize> {
    None
}
