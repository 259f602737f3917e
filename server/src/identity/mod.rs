//! Who calls: the kinds of caller there are, and what an identity provider says of one.

mod caller;
mod principal;

pub use caller::Caller;
pub use principal::{Identity, Principal};
