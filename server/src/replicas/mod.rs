//! What several processes that serve the same API share, through Redis: which changes are made, which answers of people
//! were used, and what stages above keep here for each other.
//!
//! Redis holds nothing that is not also somewhere else or of use for minutes only. When it cannot be reached, whoever asks
//! hears that it is away at once and does without; when it comes back empty or as another server, a new *epoch* begins, in which
//! no change is made until every process that is alive has told what it knows.

mod changes;
mod epoch;
mod examine;
mod keeper;
mod link;
mod once;
mod proof;
mod recent;
mod reply;
mod script;
mod shared;
mod state;
mod store;

use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

use crate::digest;
use crate::start_error::StartError;

pub(crate) use changes::{Became, Begun, Changes, LEASE, Names, Told};
pub(crate) use epoch::Epoch;
pub use examine::{Found, examine};
pub(crate) use link::Link;
pub(crate) use proof::Proof;
pub(crate) use recent::Recent;
pub(crate) use reply::{packed, unpacked};
pub(crate) use script::Script;
pub(crate) use state::Away;
pub(crate) use store::Store;

/// The shortest secret, in bytes: whoever knows it can put answers and outcomes into the mouths of other processes.
pub const SHORTEST_SECRET: usize = 32;

/// How Redis is used.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it is: `redis://`, `rediss://` or `unix://`, with a password where it wants one.
    pub url: SecretString,
    /// What all processes know and Redis does not: it proves that a value was written by one of them.
    pub secret: SecretString,
    /// What every key begins with.
    pub prefix: String,
    /// How long a read waits for an answer of Redis before it does without.
    pub timeout: Duration,
    /// How long a change does, which is refused then.
    pub patience: Duration,
    /// How long after Redis came back empty no change is made, so that every process can tell what it knows.
    pub settle: Duration,
    /// Whether changes are made while Redis is away: each process knows its own then, and not those of the others.
    pub alone: bool,
}

impl Settings {
    /// The usual times, for the Redis at this address.
    pub fn new(url: SecretString, secret: SecretString) -> Self {
        Self {
            url,
            secret,
            prefix: "mcp:".to_owned(),
            timeout: Duration::from_millis(50),
            patience: Duration::from_secs(1),
            settle: Duration::from_secs(6),
            alone: false,
        }
    }
}

/// What processes of one API share.
#[derive(Clone, Debug)]
pub struct Replicas {
    link: Link,
    settings: Settings,
    /// The API's address: what is known of one API is nothing of another.
    address: String,
}

impl Replicas {
    /// Checks the settings; nothing is connected before something is asked.
    pub(crate) fn new(settings: Settings, address: String) -> Result<Self, StartError> {
        if settings.secret.expose_secret().len() < SHORTEST_SECRET {
            return Err(StartError::new(format!(
                "the secret that servers share is too short: it needs {SHORTEST_SECRET} bytes or more, such as `openssl rand -hex 32` prints"
            )));
        }
        if settings.timeout.is_zero() || settings.patience.is_zero() {
            return Err(StartError::new("the time for an answer of Redis must be above zero"));
        }
        let link = Link::new(&settings)?;
        Ok(Self { link, settings, address })
    }

    /// The way to Redis.
    pub(crate) fn link(&self) -> &Link {
        &self.link
    }

    /// What every key begins with.
    pub(crate) fn prefix(&self) -> &str {
        &self.settings.prefix
    }

    /// How long a read waits for Redis.
    pub(crate) fn timeout(&self) -> Duration {
        self.settings.timeout
    }

    /// How long a change waits for Redis.
    pub(crate) fn patience(&self) -> Duration {
        self.settings.patience
    }

    /// Whether changes are made while Redis is away.
    pub(crate) fn may_be_alone(&self) -> bool {
        self.settings.alone
    }

    /// How long a new epoch settles.
    pub(crate) fn settle(&self) -> Duration {
        self.settings.settle
    }

    /// A key that all processes know, for what has this label.
    pub(crate) fn key(&self, label: &str) -> [u8; 32] {
        self.digest(&["key", label], &[])
    }

    /// What proves that a value with this label was written by one of the processes.
    pub(crate) fn proof(&self, label: &str) -> Proof {
        Proof::new(&self.key(label))
    }

    /// The name in Redis of what has this label and is known here as `name`. It tells nothing of the name.
    pub(crate) fn name(&self, label: &str, name: &[u8]) -> String {
        let digest = self.digest(&["name", label, &self.address], name);
        format!("{}{label}:{}", self.settings.prefix, digest::hex(&digest[..16]))
    }

    /// Each word with its length before it, so that none can look like the end of another.
    fn digest(&self, words: &[&str], last: &[u8]) -> [u8; 32] {
        let key = self.settings.secret.expose_secret().as_bytes();
        let mut digest = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
        for word in words {
            digest.update(&(word.len() as u64).to_be_bytes());
            digest.update(word.as_bytes());
        }
        digest.update(last);
        digest.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replicas(secret: &str, address: &str) -> Result<Replicas, StartError> {
        Replicas::new(Settings::new("redis://127.0.0.1:1".into(), secret.into()), address.to_owned())
    }

    #[test]
    fn a_name_differs_by_secret_label_address_and_name_and_tells_none_of_them() {
        let (one, other) = ("a".repeat(SHORTEST_SECRET), "b".repeat(SHORTEST_SECRET));
        let name = |secret: &str, address: &str, label: &str, name: &str| {
            replicas(secret, address).expect("sound settings").name(label, name.as_bytes())
        };
        let names = [
            name(&one, "http://a", "change", "PRD"),
            name(&other, "http://a", "change", "PRD"),
            name(&one, "http://b", "change", "PRD"),
            name(&one, "http://a", "chang", "ePRD"),
            name(&one, "http://a", "change", "TST"),
        ];
        for (place, name) in names.iter().enumerate() {
            assert!(name.starts_with("mcp:chang") && !name.contains("PRD"), "{name}");
            assert!(!names[..place].contains(name), "{name}");
        }
        assert_eq!(name(&one, "http://a", "change", "PRD"), names[0]);
    }

    #[test]
    fn a_secret_that_can_be_guessed_stops_the_start() {
        let line = replicas(&"a".repeat(SHORTEST_SECRET - 1), "").expect_err("too short").to_string();
        assert!(line.contains("32 bytes") && !line.contains("aaaa"), "{line}");
        assert!(replicas(&"a".repeat(SHORTEST_SECRET), "").is_ok());
    }
}
