//! Who calls.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::Principal;

/// Who calls. Two callers are equal when they are the same, whatever rights either has at the moment.
#[derive(Clone, Debug)]
pub enum Caller {
    /// Whoever can reach the loopback address, or holds the process's standard input.
    LocalOwner,
    /// Somebody who named nobody, where that is allowed.
    Anonymous,
    /// Somebody whom an identity provider or a key names.
    Known(Arc<Principal>),
}

impl Caller {
    /// Names the caller for this program: no two callers have the same, and nothing can be learnt from it. What one caller
    /// has is kept from others by it: answers, changes, quotas, states and cursors.
    pub fn key(&self) -> &str {
        match self {
            Self::LocalOwner => "local_owner",
            Self::Anonymous => "anonymous",
            Self::Known(principal) => principal.key(),
        }
    }

    /// Names the caller for people, as the journal and the log have it: bounded, on one line.
    pub fn word(&self) -> &str {
        match self {
            Self::LocalOwner => "local_owner",
            Self::Anonymous => "anonymous",
            Self::Known(principal) => principal.word(),
        }
    }

    /// What is known of a caller who is named.
    pub fn principal(&self) -> Option<&Arc<Principal>> {
        match self {
            Self::Known(principal) => Some(principal),
            Self::LocalOwner | Self::Anonymous => None,
        }
    }
}

impl PartialEq for Caller {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Caller {}

impl Hash for Caller {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}
