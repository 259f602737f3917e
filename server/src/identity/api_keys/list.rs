//! The keys of a file.

use std::path::Path;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::Key;
use crate::private_file::{self, Listed};
use crate::start_error::StartError;

/// The form of the file.
const VERSION: u32 = 1;

/// What is kept of one key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The key's name.
    pub id: String,
    hash: String,
    /// Whose it is.
    pub owner: String,
    /// What its holder is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// What its holder may do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// When it was made, RFC 3339.
    pub created: String,
    /// Until when it is good, RFC 3339; for ever while unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// When it was withdrawn, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<String>,
}

impl Entry {
    /// Until when it is good.
    pub fn expires(&self) -> Option<SystemTime> {
        humantime::parse_rfc3339(self.expires.as_deref()?).ok()
    }

    /// Whether its time has passed.
    pub fn is_over(&self, time: SystemTime) -> bool {
        self.expires().is_some_and(|expires| time >= expires)
    }
}

/// The keys of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    version: u32,
    salt: String,
    keys: Vec<Entry>,
}

impl Listed for List {
    const SETTING: &'static str = "AUTH_API_KEYS_FILE";
    const COMMAND: &'static str = "keys";
    const VERSION: u32 = VERSION;

    fn empty() -> Self {
        let mut salt = [0; 32];
        getrandom::fill(&mut salt).expect("the system gives random bytes");
        Self { version: VERSION, salt: STANDARD.encode(salt), keys: Vec::new() }
    }

    fn version(&self) -> u32 {
        self.version
    }

    fn fault(&self) -> Option<String> {
        self.timeless().map(|entry| format!("the key {} expires at no time", entry.id))
    }
}

impl List {
    /// The list as others read it.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("keys are JSON")
    }

    /// A list that was written so.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let list: Self = serde_json::from_slice(bytes).ok()?;
        (list.version == VERSION && list.timeless().is_none()).then_some(list)
    }

    /// A key that ends at a time that cannot be read, which must not be one that never comes.
    fn timeless(&self) -> Option<&Entry> {
        let is_time =
            |text: &Option<String>| text.as_ref().is_none_or(|text| humantime::parse_rfc3339(text).is_ok());
        self.keys.iter().find(|entry| !is_time(&entry.expires))
    }

    /// The keys of a file; none where there is no file yet.
    pub fn load(path: &Path) -> Result<Self, StartError> {
        private_file::load(path)
    }

    /// Changes the keys of a file, one change after the other however many programs make some.
    pub fn change<T>(
        path: &Path,
        change: impl FnOnce(&mut Self) -> Result<T, StartError>,
    ) -> Result<T, StartError> {
        private_file::change(path, change)
    }

    /// Adds a key: of this owner, with these roles and scopes, good until then.
    pub fn add(
        &mut self,
        key: &Key,
        owner: &str,
        roles: &[String],
        scopes: &[String],
        expires: Option<SystemTime>,
    ) {
        let time = |time| humantime::format_rfc3339_seconds(time).to_string();
        let salt = self.salt();
        self.keys.push(Entry {
            id: key.id().to_owned(),
            hash: STANDARD.encode(key.hash(&salt)),
            owner: owner.to_owned(),
            roles: roles.to_vec(),
            scopes: scopes.to_vec(),
            created: time(SystemTime::now()),
            expires: expires.map(time),
            revoked: None,
        });
    }

    /// The keys, in the order in which they were made.
    pub fn entries(&self) -> &[Entry] {
        &self.keys
    }

    /// The key of this name, to be changed.
    pub fn entry(&mut self, id: &str) -> Option<&mut Entry> {
        self.keys.iter_mut().find(|entry| entry.id == id)
    }

    /// What is kept of a key, if it is one of these.
    pub(super) fn find(&self, key: &Key) -> Option<&Entry> {
        let entry = self.keys.iter().find(|entry| entry.id == key.id())?;
        let hash = STANDARD.decode(&entry.hash).ok()?;
        key.is(&hash, &self.salt()).then_some(entry)
    }

    fn salt(&self) -> Vec<u8> {
        STANDARD.decode(&self.salt).unwrap_or_default()
    }
}
