//! Programs that registered here: what a program said is sealed into the name that it got.

use serde::{Deserialize, Serialize};

use super::super::sealed::Seal;
use super::{Client, Known, shown};

/// What every such name begins with.
const MARK: &str = "mcpc_";
const KIND: &str = "client";
/// What people are shown of a program that has no name.
const NAMELESS: &str = "A program without a name";

/// What a program said of itself.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::facade) struct Registration {
    #[serde(rename = "n")]
    name: String,
    #[serde(rename = "r")]
    redirects: Vec<String>,
}

impl Registration {
    /// Of a program that calls itself so and waits for answers there.
    pub(in crate::facade) fn new(name: Option<&str>, redirects: Vec<String>) -> Self {
        let name = name.map(shown).filter(|name| !name.is_empty()).unwrap_or_else(|| NAMELESS.to_owned());
        Self { name, redirects }
    }

    /// The name that the program gets.
    pub(in crate::facade) fn id(&self, seal: &Seal) -> String {
        format!("{MARK}{}", seal.close(KIND, b"", self))
    }

    /// What a name says, if this server gave it.
    pub(super) fn open(id: &str, seal: &Seal) -> Option<Self> {
        seal.open(KIND, b"", id.strip_prefix(MARK)?)
    }

    /// The program that got this name.
    pub(super) fn client(self, id: &str) -> Client {
        Client { id: id.to_owned(), name: self.name, redirects: self.redirects, known: Known::ByItself }
    }

    pub(in crate::facade) fn name(&self) -> &str {
        &self.name
    }

    pub(in crate::facade) fn redirects(&self) -> &[String] {
        &self.redirects
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_was_registered_and_nobody_else_makes_one() {
        let [seal, other] = ["one", "two"].map(|secret| Seal::new(&secret.into()));
        let registration = || Registration::new(Some("Editor"), vec!["http://127.0.0.1/cb".to_owned()]);
        let id = registration().id(&seal);
        assert_eq!(Registration::open(&id, &seal), Some(registration()));
        assert_eq!(Registration::open(&id, &other), None);
        assert_eq!(Registration::open(&id[MARK.len()..], &seal), None);
        assert_eq!(Registration::new(Some(" "), Vec::new()).name(), NAMELESS);
    }
}
