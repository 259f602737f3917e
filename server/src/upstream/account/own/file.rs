//! The file of callers' credentials, and a server's look at it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::super::Account;
use super::{Entry, Opening, Owner};
use crate::private_file::{self, Listed, Stamp};
use crate::start_error::StartError;

/// The form of the file.
const VERSION: u32 = 1;
/// How often the file is looked at: for so long a credential that was removed may still be used.
const LOOK: Duration = Duration::from_secs(1);

/// The credentials of a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    version: u32,
    credentials: Vec<Entry>,
}

impl Listed for List {
    const SETTING: &'static str = "API_CREDENTIALS_FILE";
    const COMMAND: &'static str = "credentials";
    const VERSION: u32 = VERSION;

    fn empty() -> Self {
        Self { version: VERSION, credentials: Vec::new() }
    }

    fn version(&self) -> u32 {
        self.version
    }
}

impl List {
    /// The credentials of a file; none where there is no file yet.
    pub fn load(path: &Path) -> Result<Self, StartError> {
        private_file::load(path)
    }

    /// Changes the credentials of a file, one change after the other however many programs make some.
    pub fn change<T>(
        path: &Path,
        change: impl FnOnce(&mut Self) -> Result<T, StartError>,
    ) -> Result<T, StartError> {
        private_file::change(path, change)
    }

    /// Adds a credential, in the place of one of the same owner for the same scheme. Whether there was one.
    pub fn add(&mut self, entry: Entry) -> bool {
        let was_there = self.remove(entry.owner(), Some(entry.scheme())) > 0;
        self.credentials.push(entry);
        was_there
    }

    /// Removes the credentials of an owner, all of them where no scheme is named. How many there were.
    pub fn remove(&mut self, owner: &Owner, scheme: Option<&str>) -> usize {
        let before = self.credentials.len();
        self.credentials
            .retain(|entry| entry.owner() != owner || scheme.is_some_and(|scheme| entry.scheme() != scheme));
        before - self.credentials.len()
    }

    /// The credentials, in the order in which they were added.
    pub fn entries(&self) -> &[Entry] {
        &self.credentials
    }
}

/// The file as a server sees it.
pub(super) struct Watched {
    path: PathBuf,
    state: Mutex<State>,
}

struct State {
    accounts: HashMap<String, Account>,
    stamp: Stamp,
    looked: Instant,
}

impl Watched {
    /// Reads the file, which must be there, be its owner's only, and be encrypted with our key.
    pub(super) fn open(path: &Path, opening: &Opening) -> Result<Self, StartError> {
        let (list, stamp) = private_file::read::<List>(path)?;
        let state = State { accounts: opening.all(list.entries())?, stamp, looked: Instant::now() };
        Ok(Self { path: path.to_owned(), state: Mutex::new(state) })
    }

    /// The account of this owner.
    pub(super) fn of(&self, owner: &Owner, opening: &Opening) -> Option<Account> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.look_again(&mut state, opening);
        state.accounts.get(&owner.name()).cloned()
    }

    /// Reads the file again if it was changed. One that cannot be read leaves everything as it was, and is told of.
    fn look_again(&self, state: &mut State, opening: &Opening) {
        if state.looked.elapsed() < LOOK {
            return;
        }
        state.looked = Instant::now();
        let stamp = Stamp::of(&self.path);
        if stamp == state.stamp {
            return;
        }
        let read = private_file::read::<List>(&self.path);
        let read = read.and_then(|(list, stamp)| Ok((opening.all(list.entries())?, stamp)));
        match read {
            Ok((accounts, stamp)) => {
                tracing::info!(callers = accounts.len(), "callers' credentials were read again");
                *state = State { accounts, stamp, looked: state.looked };
            }
            Err(error) => {
                // Told once, not every second.
                state.stamp = stamp;
                tracing::error!(%error, "callers' credentials cannot be read again; those from before are still used");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::catalog::{Carrier, SecurityScheme};
    use crate::upstream::account::own::Seal;

    static SCHEMES: &[SecurityScheme] =
        &[SecurityScheme { name: "token", carrier: Carrier::Header("X-Token") }];

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("credentials-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir(&path).unwrap();
            Self(path)
        }

        fn file(&self) -> PathBuf {
            self.0.join("credentials.json")
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn opening() -> Opening {
        Opening { seal: Seal::new(&"k".repeat(32).into()).unwrap(), schemes: SCHEMES, word: None }
    }

    fn owner(name: &str) -> Owner {
        Owner::ApiKeys { owner: name.to_owned() }
    }

    fn add(file: &Path, name: &str, secret: &str) {
        let entry = Entry::new(owner(name), &SCHEMES[0], &secret.into(), &opening().seal).unwrap();
        List::change(file, |list| Ok(list.add(entry))).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_removed_or_replaced_is_so_within_a_second_and_a_broken_file_changes_nothing() {
        let (folder, opening) = (Folder::new("watched"), opening());
        let file = folder.file();
        add(&file, "alice", "first");
        add(&file, "bob", "second");
        let watched = Watched::open(&file, &opening).unwrap();
        let partition =
            |name: &str| watched.of(&owner(name), &opening).map(|account| account.partition().to_owned());
        let (alice, bob) = (partition("alice"), partition("bob"));
        assert!(alice.is_some() && bob.is_some() && alice != bob);
        add(&file, "alice", "third");
        assert_eq!(List::change(&file, |list| Ok(list.remove(&owner("bob"), None))), Ok(1));
        tokio::time::advance(LOOK - Duration::from_millis(1)).await;
        assert_eq!((partition("alice"), partition("bob")), (alice.clone(), bob));
        tokio::time::advance(Duration::from_millis(1)).await;
        let third = partition("alice");
        assert!(third.is_some() && third != alice && partition("bob").is_none());
        fs::write(&file, "{").unwrap();
        tokio::time::advance(LOOK).await;
        assert_eq!(partition("alice"), third);
    }

    #[test]
    fn t_30_another_secret_of_the_same_caller_is_another_account() {
        let opening = opening();
        let of = |name: &str, secret: &str| {
            let entry = Entry::new(owner(name), &SCHEMES[0], &secret.into(), &opening.seal).unwrap();
            opening.account(&[&entry]).unwrap().partition().to_owned()
        };
        assert_eq!(of("alice", "one"), of("alice", "one"));
        assert_ne!(of("alice", "one"), of("alice", "two"));
    }

    #[test]
    fn a_secret_that_cannot_be_sent_is_not_kept() {
        for secret in ["", "a\nb", " a"] {
            assert!(
                Entry::new(owner("x"), &SCHEMES[0], &secret.into(), &opening().seal).is_err(),
                "{secret:?}"
            );
        }
    }
}
