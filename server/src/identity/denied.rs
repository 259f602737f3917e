//! Why somebody is not let in.

/// Why somebody is not let in. The reasons are words for the journal, and nothing of a credential is in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// There is no credential of a kind that is taken here.
    Missing,
    /// The credential is not in the one place, or not in the form, in which it is taken.
    Malformed(&'static str),
    /// The credential is not good.
    Invalid(&'static str),
    /// The credential is good, and does not reach far enough.
    Insufficient,
    /// Whoever vouches cannot be asked, so that nobody knows whether the credential is good.
    Unavailable(&'static str),
}

impl Denied {
    /// The reason in a word.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Missing => "no_credential",
            Self::Malformed(reason) | Self::Invalid(reason) | Self::Unavailable(reason) => reason,
            Self::Insufficient => "insufficient_scope",
        }
    }
}
