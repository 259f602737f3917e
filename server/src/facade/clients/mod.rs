//! Programs that ask for a login: known by an address at which they describe themselves, or because they registered here.

mod document;
mod registration;

use super::Documents;
use super::sealed::Seal;
use crate::decode::neutralise;
use crate::start_error::StartError;
use document::Reader;

pub(super) use registration::Registration;

/// The longest name of a program that people are shown, in characters.
const LONGEST_NAME: usize = 64;

/// A program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Client {
    pub(super) id: String,
    /// What it calls itself.
    pub(super) name: String,
    /// Where it may wait for answers.
    pub(super) redirects: Vec<String>,
    pub(super) known: Known,
}

/// Who says what a program is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Whoever has this host.
    At(String),
    /// Nobody else.
    ByItself,
}

/// Why a program is not known; in words for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoClient {
    Unknown(&'static str),
    /// It may be later.
    Away(&'static str),
}

/// Finds programs.
pub(super) struct Clients(Option<Reader>);

impl Clients {
    /// Those that describe themselves at such addresses.
    pub(super) fn new(documents: Documents) -> Result<Self, StartError> {
        let reader = (documents != Documents::Off).then(|| Reader::new(documents)).transpose()?;
        Ok(Self(reader))
    }

    /// The program of this name; one that registered, where that `is_allowed` still.
    pub(super) async fn find(&self, id: &str, seal: &Seal, is_allowed: bool) -> Result<Client, NoClient> {
        const UNKNOWN: NoClient = NoClient::Unknown(
            "This server does not know the program (client_id). Let the program register or log in anew.",
        );
        if id.contains("://") {
            return self.0.as_ref().ok_or(UNKNOWN)?.read(id).await;
        }
        Registration::open(id, seal).filter(|_| is_allowed).map(|known| known.client(id)).ok_or(UNKNOWN)
    }
}

/// A name as people are shown it: bounded, on one line, with nothing invisible in it.
fn shown(name: &str) -> String {
    let line: String = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let visible = neutralise(&line).map_or(line, |(visible, _)| visible);
    let mut cut: String = visible.chars().take(LONGEST_NAME).collect();
    if cut.len() < visible.len() {
        cut.push('\u{2026}');
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_bounded_line_without_tricks() {
        assert_eq!(shown("  An\n editor "), "An editor");
        assert_eq!(shown("a\u{202e}b"), "a<U+202E>b");
        assert_eq!(shown(&"x".repeat(LONGEST_NAME)).chars().count(), LONGEST_NAME);
        assert_eq!(shown(&"x".repeat(LONGEST_NAME + 1)), format!("{}\u{2026}", "x".repeat(LONGEST_NAME)));
    }
}
