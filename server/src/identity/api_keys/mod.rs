//! Keys for programs that cannot log in: made by whoever runs the server, shown once, kept as a keyed hash in a file.

mod key;
mod list;
mod used;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::{Caller, Denied, Identity, Principal};
use crate::start_error::StartError;
use list::Stamp;
use used::Used;

pub use key::Key;
pub use list::{Entry, List};
pub use used::last_used;

/// The provider in a word.
pub const PROVIDER: &str = "api_key";
/// How often the file is looked at: for so long a key that was withdrawn may still be taken.
const LOOK: Duration = Duration::from_secs(1);

/// Where the keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The file.
    pub file: PathBuf,
}

/// The keys that are taken now.
#[derive(Debug)]
pub(super) struct ApiKeys {
    file: PathBuf,
    state: Mutex<State>,
    used: Used,
}

#[derive(Debug)]
struct State {
    list: List,
    /// Callers by the names of their keys, made when the file was read.
    callers: HashMap<String, Caller>,
    stamp: Stamp,
    looked: Instant,
}

impl State {
    fn of(list: List, stamp: Stamp) -> Self {
        let callers = list.entries().iter().map(|entry| (entry.id.clone(), caller(entry))).collect();
        Self { list, callers, stamp, looked: Instant::now() }
    }
}

impl ApiKeys {
    /// Reads the file, which must be there and be its owner's only.
    pub(super) fn open(options: Options) -> Result<Self, StartError> {
        let file = options.file;
        let (list, stamp) = List::read(&file)?;
        let used = Used::new(&file);
        Ok(Self { file, state: Mutex::new(State::of(list, stamp)), used })
    }

    /// Whose key it is at this time.
    pub(super) fn admit(&self, text: &str, time: SystemTime) -> Result<Caller, Denied> {
        const UNKNOWN: Denied = Denied::Invalid("unknown_api_key");
        let key = Key::parse(text).ok_or(UNKNOWN)?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.look_again(&mut state);
        let entry = state.list.find(&key).ok_or(UNKNOWN)?;
        if entry.revoked.is_some() {
            return Err(Denied::Invalid("revoked"));
        }
        if entry.is_over(time) {
            return Err(Denied::Invalid("expired"));
        }
        let caller = state.callers.get(&entry.id).cloned().ok_or(UNKNOWN)?;
        drop(state);
        self.used.note(key.id(), time);
        Ok(caller)
    }

    /// Reads the file again if it was changed. One that cannot be read leaves everything as it was, and is told of.
    fn look_again(&self, state: &mut State) {
        if state.looked.elapsed() < LOOK {
            return;
        }
        state.looked = Instant::now();
        let stamp = Stamp::of(&self.file);
        if stamp == state.stamp {
            return;
        }
        match List::read(&self.file) {
            Ok((list, stamp)) => {
                *state = State::of(list, stamp);
                tracing::info!(keys = state.callers.len(), "the API keys were read again");
            }
            Err(error) => {
                // Told once, not every second.
                state.stamp = stamp;
                tracing::error!(%error, "the API keys cannot be read again; those from before are still taken");
            }
        }
    }
}

fn caller(entry: &Entry) -> Caller {
    Caller::Known(Arc::new(Principal::new(Identity {
        provider: PROVIDER,
        issuer: PROVIDER.to_owned(),
        subject: entry.owner.clone(),
        client: Some(entry.id.clone()),
        roles: entry.roles.clone(),
        scopes: entry.scopes.clone(),
        expires: entry.expires(),
        ..Identity::default()
    })))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use secrecy::ExposeSecret as _;

    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("api-keys-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir(&path).unwrap();
            Self(path)
        }

        fn file(&self) -> PathBuf {
            self.0.join("keys.json")
        }

        fn open(&self) -> ApiKeys {
            ApiKeys::open(Options { file: self.file() }).unwrap()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn made(file: &Path, owner: &str, expires: Option<SystemTime>) -> Key {
        let key = Key::make();
        let roles = ["service".to_owned()];
        List::change(file, |list| {
            list.add(&key, owner, &roles, &["cp:read".to_owned()], expires);
            Ok(())
        })
        .unwrap();
        key
    }

    fn shown(key: &Key) -> String {
        key.reveal().expose_secret().to_owned()
    }

    #[tokio::test]
    async fn a_key_is_let_in_until_it_expires_and_says_whose_it_is() {
        let folder = Folder::new("admit");
        let (now, second) = (SystemTime::now(), Duration::from_secs(1));
        let key = made(&folder.file(), "pipeline", Some(now + 60 * second));
        let other = made(&folder.file(), "pipeline", None);
        let keys = folder.open();
        let caller = keys.admit(&shown(&key), now).unwrap();
        let identity = caller.principal().unwrap().identity();
        assert_eq!((identity.subject.as_str(), identity.provider), ("pipeline", "api_key"));
        assert_eq!(identity.client.as_deref(), Some(key.id()));
        assert_eq!(
            (&*identity.roles, &*identity.scopes),
            (&["service".to_owned()][..], &["cp:read".to_owned()][..])
        );
        assert_ne!(keys.admit(&shown(&other), now).unwrap(), caller, "two keys of one owner are two callers");
        let last = identity.expires.unwrap();
        assert!(keys.admit(&shown(&key), last - second).is_ok());
        assert_eq!(keys.admit(&shown(&key), last), Err(Denied::Invalid("expired")));
        let wrong = shown(&key).replace(key.id(), other.id());
        for text in [shown(&Key::make()), wrong, "mcpk_x".to_owned(), String::new()] {
            assert_eq!(keys.admit(&text, now), Err(Denied::Invalid("unknown_api_key")), "{text}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_that_is_withdrawn_or_new_is_heard_of_within_a_second_and_a_broken_file_changes_nothing() {
        let (folder, now) = (Folder::new("reload"), SystemTime::now());
        let key = made(&folder.file(), "one", None);
        let keys = folder.open();
        let new = made(&folder.file(), "two", None);
        List::change(&folder.file(), |list| {
            list.entry(key.id()).unwrap().revoked = Some("2026-01-01T00:00:00Z".to_owned());
            Ok(())
        })
        .unwrap();
        tokio::time::advance(LOOK - Duration::from_millis(1)).await;
        assert!(keys.admit(&shown(&key), now).is_ok() && keys.admit(&shown(&new), now).is_err());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(keys.admit(&shown(&key), now), Err(Denied::Invalid("revoked")));
        assert!(keys.admit(&shown(&new), now).is_ok());
        fs::write(folder.file(), "{").unwrap();
        tokio::time::advance(LOOK).await;
        assert!(keys.admit(&shown(&new), now).is_ok());
        assert_eq!(keys.admit(&shown(&key), now), Err(Denied::Invalid("revoked")));
    }

    #[tokio::test]
    async fn the_file_tells_nobody_a_key_and_is_its_owners_only() {
        let folder = Folder::new("file");
        let key = made(&folder.file(), "one", None);
        let text = fs::read_to_string(folder.file()).unwrap();
        assert!(!text.contains(shown(&key).rsplit_once('_').unwrap().1), "{text}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(folder.file()).unwrap().permissions().mode() & 0o777, 0o600);
            fs::set_permissions(folder.file(), fs::Permissions::from_mode(0o640)).unwrap();
            let line = ApiKeys::open(Options { file: folder.file() }).unwrap_err().to_string();
            assert!(line.starts_with("AUTH_API_KEYS_FILE: ") && line.contains("0600"), "{line}");
        }
    }

    #[test]
    fn a_file_that_is_none_stops_the_start_and_is_not_repeated() {
        let folder = Folder::new("broken");
        made(&folder.file(), "one", None);
        let good = fs::read_to_string(folder.file()).unwrap();
        let bad = [
            "{\"canary".to_owned(),
            "[]".to_owned(),
            good.replace("\"version\": 1", "\"version\": 2"),
            good.replace("\"owner\"", "\"canary\""),
            good.replace("\"created\"", "\"expires\": \"never\", \"created\""),
        ];
        for text in bad {
            fs::write(folder.file(), &text).unwrap();
            let line = ApiKeys::open(Options { file: folder.file() }).unwrap_err().to_string();
            assert!(line.starts_with("AUTH_API_KEYS_FILE: ") && !line.contains("canary"), "{line}");
        }
        fs::remove_file(folder.file()).unwrap();
        assert!(ApiKeys::open(Options { file: folder.file() }).is_err());
    }

    #[test]
    fn many_who_change_the_file_lose_nobodys_change() {
        let folder = Folder::new("many");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10).for_each(|_| drop(made(&folder.file(), "many", None))));
            }
        });
        assert_eq!(List::load(&folder.file()).unwrap().entries().len(), 40);
    }

    #[test]
    fn the_last_use_is_written_down_and_no_key_is_changed_by_it() {
        let folder = Folder::new("used");
        let key = made(&folder.file(), "one", None);
        let before = fs::read(folder.file()).unwrap();
        let first = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let used = Used::new(&folder.file());
        let seen = || last_used(&folder.file()).get(key.id()).cloned().unwrap_or_default();
        used.note(key.id(), first);
        assert_eq!(seen(), "2027-01-15T08:00:00Z");
        used.note(key.id(), first + Duration::from_secs(59));
        assert_eq!(seen(), "2027-01-15T08:00:00Z", "gathered");
        used.note(key.id(), first + Duration::from_secs(60));
        assert_eq!(seen(), "2027-01-15T08:01:00Z");
        used.note(key.id(), first + Duration::from_secs(61));
        drop(used);
        assert_eq!(seen(), "2027-01-15T08:01:01Z", "the rest at the end");
        assert_eq!(fs::read(folder.file()).unwrap(), before);
    }
}
