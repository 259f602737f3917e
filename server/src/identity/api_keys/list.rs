//! The file of the keys. It is written whole beside itself and put in its place at once, by one who holds its lock, so that
//! whoever reads it reads all of one state.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::Key;
use crate::start_error::StartError;

/// The form of the file.
const VERSION: u32 = 1;
/// The largest file that is read, in bytes.
const LARGEST: u64 = 16 << 20;

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

/// By what a file is known to be another than before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp(Option<(SystemTime, u64, u64)>);

impl Stamp {
    pub(super) fn of(path: &Path) -> Self {
        let known = fs::metadata(path).ok();
        Self(known.and_then(|known| Some((known.modified().ok()?, known.len(), number(&known)))))
    }
}

#[cfg(unix)]
fn number(known: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(known)
}

#[cfg(not(unix))]
fn number(_: &fs::Metadata) -> u64 {
    0
}

impl List {
    /// No keys yet.
    fn empty() -> Self {
        let mut salt = [0; 32];
        getrandom::fill(&mut salt).expect("the system gives random bytes");
        Self { version: VERSION, salt: STANDARD.encode(salt), keys: Vec::new() }
    }

    /// Reads a file that nobody but its owner can read.
    pub(super) fn read(path: &Path) -> Result<(Self, Stamp), StartError> {
        let stamp = Stamp::of(path);
        let known = fs::metadata(path).map_err(|error| cannot(path, &format!("be read: {error}")))?;
        #[cfg(unix)]
        if std::os::unix::fs::PermissionsExt::mode(&known.permissions()) & 0o077 != 0 {
            return Err(cannot(path, "be used: others may read it; its mode must be 0600"));
        }
        if known.len() > LARGEST {
            return Err(cannot(path, "be used: it is too large"));
        }
        let bytes = fs::read(path).map_err(|error| cannot(path, &format!("be read: {error}")))?;
        // What is wrong is told by its place: the text has hashes in it.
        let list: Self = serde_json::from_slice(&bytes).map_err(|error| {
            cannot(
                path,
                &format!(
                    "be used: line {}, column {} is not as `keys` writes it",
                    error.line(),
                    error.column()
                ),
            )
        })?;
        if list.version != VERSION {
            return Err(cannot(path, &format!("be used: expected version {VERSION}, got {}", list.version)));
        }
        let is_time =
            |text: &Option<String>| text.as_ref().is_none_or(|text| humantime::parse_rfc3339(text).is_ok());
        // A time that cannot be read must not be one that never comes.
        if let Some(entry) = list.keys.iter().find(|entry| !is_time(&entry.expires)) {
            return Err(cannot(path, &format!("be used: the key {} expires at no time", entry.id)));
        }
        Ok((list, stamp))
    }

    /// The keys of a file; none where there is no file yet.
    pub fn load(path: &Path) -> Result<Self, StartError> {
        match fs::exists(path) {
            Ok(false) => Ok(Self::empty()),
            _ => Self::read(path).map(|(list, _)| list),
        }
    }

    /// Changes the keys of a file, one change after the other however many programs make some.
    pub fn change<T>(
        path: &Path,
        change: impl FnOnce(&mut Self) -> Result<T, StartError>,
    ) -> Result<T, StartError> {
        let failed = |error: io::Error| cannot(path, &format!("be written: {error}"));
        let lock = private().create(true).truncate(false).open(beside(path, "lock")).map_err(failed)?;
        lock.lock().map_err(failed)?;
        let mut list = Self::load(path)?;
        let changed = change(&mut list)?;
        let text = serde_json::to_string_pretty(&list).expect("keys are JSON") + "\n";
        replace(path, text.as_bytes()).map_err(failed)?;
        Ok(changed)
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

/// Writes a file whole, for its owner only, and puts it in the place of the one before.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let written = beside(path, &format!("new-{}", std::process::id()));
    let mut file = private().create(true).truncate(true).open(&written)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&written, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// A file with more at the end of its name.
pub(super) fn beside(path: &Path, more: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(more);
    PathBuf::from(name)
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn cannot(path: &Path, what: &str) -> StartError {
    StartError::new(format!("AUTH_API_KEYS_FILE: {} cannot {what}", path.display()))
}
