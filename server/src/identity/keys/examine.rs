//! A look at the keys of a provider for whoever runs the server: what is published now, and where.

use std::time::SystemTime;

use super::fetch::Fetch;
use super::set::Set;
use super::{Algorithm, Source};

/// Keys as a provider publishes them now, or as they are pinned.
#[derive(Clone, Debug)]
pub struct Published {
    /// The address at which they are; nothing of keys that are pinned.
    pub place: Option<String>,
    /// How many can be used.
    pub keys: usize,
    /// The ways in which tokens may be signed by one of them.
    pub algorithms: Vec<Algorithm>,
    /// What the clock of the provider says, if it says it.
    pub date: Option<SystemTime>,
}

/// Fetches keys as a server would for the first token; else what is wrong.
pub async fn examine(source: &Source) -> Result<Published, String> {
    let fetch = match source {
        Source::Pinned(text) => {
            let set = Set::pinned(text).map_err(|error| error.to_string())?;
            return Ok(of(&set, None, None));
        }
        Source::Address(address) => Fetch::keys(address),
        Source::Issuer(name) => Fetch::issuer(name),
    };
    let look = fetch.map_err(|error| error.to_string())?.look().await?;
    Ok(of(&look.set, Some(look.place), look.date))
}

fn of(set: &Set, place: Option<String>, date: Option<SystemTime>) -> Published {
    Published { place, keys: set.len(), algorithms: set.algorithms(), date }
}
