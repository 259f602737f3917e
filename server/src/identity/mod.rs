//! Who calls: the kinds of caller there are, what vouches for one, and how that is found out.
//!
//! What it promises: a caller is known only by a credential that was checked whole; what is wrong with a credential is told to
//! the journal and never to whoever sent it; that a provider cannot be asked is never taken for a wrong credential.

mod caller;
mod principal;

mod denied;
mod gate;
mod options;
mod presented;
mod metadata;
mod tokens;
mod verified;

pub mod api_keys;
pub mod introspection;
pub mod jwt;
pub mod keys;

pub(crate) mod address;
pub(crate) mod claims;
pub(crate) mod exchange;
mod names;

pub use caller::Caller;
pub use denied::Denied;
pub use gate::Gate;
pub use names::{Held, Names};
pub use options::Options;
pub use presented::Presented;
pub use principal::{Identity, Principal};

pub(crate) use metadata::Metadata;
pub(crate) use options::is_scope;
