//! Logins on the disk, so that a restart forgets none: in one private file, which one server has to itself.
//!
//! Our own tokens are hashes there, and what the provider gave is encrypted by a key that is not in the file: who has the file
//! alone can log in nowhere.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::super::lock;
use super::super::options::Store;
use super::super::unguessable::Hash;
use super::super::upstream::{Kept, User};
use super::{Id, Login};
use crate::digest;
use crate::private_file::{self, Listed, cannot};
use crate::start_error::StartError;
use crate::upstream::account::own::Key as Seal;

/// The file.
pub(super) struct LoginsFile {
    path: PathBuf,
    seal: Seal,
    /// Who vouches for the people in it.
    issuer: String,
    /// Held for as long as the server has the file.
    _hold: File,
    /// Which state of the logins is on the disk.
    written: Mutex<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    version: u32,
    issuer: String,
    logins: Vec<Entry>,
}

impl Listed for Content {
    const SETTING: &'static str = "AUTH_LOGINS_FILE";
    const COMMAND: &'static str = "serve";
    const VERSION: u32 = 1;

    fn empty() -> Self {
        Self { version: Self::VERSION, issuer: String::new(), logins: Vec::new() }
    }

    fn version(&self) -> u32 {
        self.version
    }
}

/// A login as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    id: String,
    client: String,
    scopes: Vec<String>,
    user: User,
    access: String,
    access_until: u64,
    refresh: String,
    began: u64,
    until: u64,
    /// What the provider gave, sealed.
    kept: String,
}

impl LoginsFile {
    /// Takes the file for this server alone, and reads what is in it.
    pub(super) fn open(store: &Store, issuer: &str) -> Result<(Self, Vec<Entry>), StartError> {
        let path = &store.file;
        let seal = Seal::by(&store.key, "AUTH_LOGINS_KEY", b"logins 1")?;
        let failed = |error: io::Error| cannot::<Content>(path, &format!("be written: {error}"));
        let hold = private_file::hold(path).map_err(failed)?;
        let hold = hold.ok_or_else(|| cannot::<Content>(path, "be used: another server has it"))?;
        let content = match std::fs::exists(path) {
            Ok(false) => Content { issuer: issuer.to_owned(), ..Content::empty() },
            _ => private_file::read::<Content>(path)?.0,
        };
        if content.issuer != issuer {
            let what = format!("be used: expected logins of {issuer}, got those of {}", content.issuer);
            return Err(cannot::<Content>(path, &what));
        }
        let (path, issuer) = (path.clone(), issuer.to_owned());
        Ok((Self { path, seal, issuer, _hold: hold, written: Mutex::new(0) }, content.logins))
    }

    /// Writes the logins as `state` says that they are, unless that state is on the disk.
    pub(super) fn write(&self, state: impl FnOnce() -> (u64, Vec<Entry>)) -> Result<(), StartError> {
        let mut written = lock(&self.written);
        let (number, logins) = state();
        if number == *written {
            return Ok(());
        }
        let content = Content { version: Content::VERSION, issuer: self.issuer.clone(), logins };
        let text = serde_json::to_string(&content).expect("logins are JSON") + "\n";
        if text.len() as u64 > private_file::LARGEST {
            return Err(cannot::<Content>(
                &self.path,
                "be written: there are more logins than it has room for",
            ));
        }
        let failed = |error: io::Error| cannot::<Content>(&self.path, &format!("be written: {error}"));
        private_file::replace(&self.path, text.as_bytes()).map_err(failed)?;
        *written = number;
        Ok(())
    }

    /// A login as it is written.
    pub(super) fn entry(&self, id: &Id, login: &Login) -> Entry {
        Entry {
            id: digest::hex(id),
            client: login.client.clone(),
            scopes: login.scopes.clone(),
            user: login.user.clone(),
            access: digest::hex(&login.access),
            access_until: seconds(login.access_until),
            refresh: digest::hex(&login.refresh),
            began: seconds(login.began),
            until: seconds(login.until),
            kept: self.seal.close(&login.kept.to_text(), &about(id)),
        }
    }

    /// What an entry says, but for who calls; nothing where it was not written with this key.
    pub(super) fn read(&self, entry: Entry) -> Option<(Id, Read)> {
        let id: Id = bytes(&entry.id)?;
        let kept = Kept::of_text(&self.seal.open(&entry.kept, &about(&id))?)?;
        let read = Read {
            client: entry.client,
            scopes: entry.scopes,
            user: entry.user,
            kept,
            access: bytes(&entry.access)?,
            access_until: time(entry.access_until),
            refresh: bytes(&entry.refresh)?,
            began: time(entry.began),
            until: time(entry.until),
        };
        Some((id, read))
    }
}

/// A login as it was read.
pub(super) struct Read {
    pub(super) client: String,
    pub(super) scopes: Vec<String>,
    pub(super) user: User,
    pub(super) kept: Kept,
    pub(super) access: Hash,
    pub(super) access_until: SystemTime,
    pub(super) refresh: Hash,
    pub(super) began: SystemTime,
    pub(super) until: SystemTime,
}

/// What a sealed secret is about: it is good for one login.
fn about(id: &Id) -> Hash {
    digest::of(&["login 1", &digest::hex(id)])
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn time(seconds: u64) -> SystemTime {
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).unwrap_or(UNIX_EPOCH)
}

/// The bytes that these digits say.
fn bytes<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let pairs = digits.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?;
        u8::from_str_radix(pair, 16).ok()
    });
    pairs.collect::<Option<Vec<u8>>>()?.try_into().ok()
}
