//! Keys for programs that cannot log in: made by whoever runs the server, shown once, kept as a keyed hash in a file or in Redis.

mod key;
mod list;
mod shared;
mod used;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::{Caller, Denied, Identity, Principal};
use crate::private_file::{self, Listed as _, Stamp};
use crate::replicas::Replicas;
use crate::start_error::StartError;
use shared::Look;
use used::Used;

pub use key::Key;
pub use list::{Entry, List};
pub use shared::Shared;
pub use used::last_used;

/// The provider in a word.
pub const PROVIDER: &str = "api_key";
/// How often is looked whether the keys were changed: for so long a key that was withdrawn may still be taken.
const LOOK: Duration = Duration::from_secs(1);
/// How long the keys that are known are still taken while Redis is away. A minute bridges a restart of Redis; longer, and a key
/// that was withdrawn meanwhile would be good for longer than whoever withdrew it can be asked to wait.
const WHILE_AWAY: Duration = Duration::from_secs(60);

/// Where the keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The file; in the Redis that servers share without one.
    pub file: Option<PathBuf>,
}

/// The keys that are taken now.
#[derive(Debug)]
pub(super) struct ApiKeys {
    place: Place,
    state: Mutex<State>,
    used: Used,
}

#[derive(Debug)]
enum Place {
    File(PathBuf),
    Redis(Arc<Shared>),
}

#[derive(Debug)]
struct State {
    list: List,
    /// Callers by the names of their keys, made when the list was read.
    callers: HashMap<String, Caller>,
    /// Which state of the list it is.
    version: Version,
    looked: Instant,
}

/// Which state of a list is known.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Version {
    File(Stamp),
    /// Its number in Redis; none before it was ever read.
    Redis(Option<u64>),
}

/// What is known of the list when somebody shows a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// All of it, as it was a second ago at most.
    Sure,
    /// As it was a minute ago at most, and nobody can be asked: a key may have been made since.
    Away,
    /// Nothing that is worth anything.
    Unknown,
}

impl State {
    fn of(list: List, version: Version, looked: Instant) -> Self {
        let callers = list.entries().iter().map(|entry| (entry.id.clone(), caller(entry))).collect();
        Self { list, callers, version, looked }
    }
}

impl ApiKeys {
    /// Reads the file, which must be there and be its owner's only; Redis is asked when the first key comes.
    pub(super) fn open(options: Options, replicas: Option<Replicas>) -> Result<Self, StartError> {
        let now = Instant::now();
        match (options.file, replicas) {
            (Some(file), _) => {
                let (list, stamp) = private_file::read(&file)?;
                let used = Used::new(&file);
                let state = State::of(list, Version::File(stamp), now);
                Ok(Self { place: Place::File(file), state: Mutex::new(state), used })
            }
            (None, Some(replicas)) => {
                let shared = Arc::new(Shared::new(replicas));
                let used = Used::among(Arc::clone(&shared));
                let state = State::of(List::empty(), Version::Redis(None), now);
                Ok(Self { place: Place::Redis(shared), state: Mutex::new(state), used })
            }
            (None, None) => Err(StartError::new(
                "AUTH_API_KEYS_FILE is not set, and neither is REDIS_URL: API keys must be somewhere",
            )),
        }
    }

    /// Whose key it is at this time.
    pub(super) async fn admit(&self, text: &str, time: SystemTime) -> Result<Caller, Denied> {
        const UNKNOWN: Denied = Denied::Invalid("unknown_api_key");
        const AWAY: Denied = Denied::Unavailable("api_keys_away");
        let key = Key::parse(text).ok_or(UNKNOWN)?;
        let standing = match &self.place {
            Place::File(file) => self.look_at_file(file),
            Place::Redis(shared) => self.look_at_redis(shared).await,
        };
        let unknown = match standing {
            Standing::Sure => UNKNOWN,
            Standing::Away => AWAY,
            Standing::Unknown => return Err(AWAY),
        };
        let caller = {
            let state = self.state();
            let entry = state.list.find(&key).ok_or(unknown)?;
            if entry.revoked.is_some() {
                return Err(Denied::Invalid("revoked"));
            }
            if entry.is_over(time) {
                return Err(Denied::Invalid("expired"));
            }
            state.callers.get(&entry.id).cloned().ok_or(unknown)?
        };
        self.used.note(key.id(), time);
        Ok(caller)
    }

    /// Writes down which keys were used, as far as it is not yet.
    pub(super) async fn write_down_uses(&self) {
        self.used.write_down().await;
    }

    /// Reads the file again if it was changed. One that cannot be read leaves everything as it was, and is told of.
    fn look_at_file(&self, file: &std::path::Path) -> Standing {
        let mut state = self.state();
        if state.looked.elapsed() < LOOK {
            return Standing::Sure;
        }
        state.looked = Instant::now();
        let stamp = Stamp::of(file);
        if state.version == Version::File(stamp.clone()) {
            return Standing::Sure;
        }
        match private_file::read(file) {
            Ok((list, stamp)) => {
                *state = State::of(list, Version::File(stamp), state.looked);
                tracing::info!(keys = state.callers.len(), "the API keys were read again");
            }
            Err(error) => {
                // Told once, not every second.
                state.version = Version::File(stamp);
                tracing::error!(%error, "the API keys cannot be read again; those from before are still taken");
            }
        }
        Standing::Sure
    }

    /// Asks Redis whether the list was changed, unless that was asked within the last second.
    async fn look_at_redis(&self, shared: &Shared) -> Standing {
        let now = Instant::now();
        let known = {
            let state = self.state();
            let Version::Redis(known) = state.version else { return Standing::Unknown };
            if known.is_some() && now < state.looked + LOOK {
                return Standing::Sure;
            }
            known
        };
        let look = shared.look(known, LOOK).await;
        let mut state = self.state();
        match look {
            Look::Same => state.looked = state.looked.max(now),
            // Of two who asked at the same time, the later list stays.
            Look::Changed(list, number) if !state.has(number) => {
                *state = State::of(list, Version::Redis(Some(number)), now);
                tracing::info!(keys = state.callers.len(), "the API keys were read");
            }
            Look::Changed(..) => {}
            Look::Away(why) => {
                tracing::debug!(%why, "Redis cannot be asked for API keys");
                return state.away(now);
            }
            Look::Wrong(why) => {
                tracing::error!(why, "the list of API keys in Redis is not used");
                return state.away(now);
            }
        }
        Standing::Sure
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether the list of this number, or a later one, is known.
    fn has(&self, number: u64) -> bool {
        matches!(self.version, Version::Redis(Some(known)) if known >= number)
    }

    /// What the list is worth while nobody can be asked.
    fn away(&self, now: Instant) -> Standing {
        let is_known = matches!(self.version, Version::Redis(Some(_)));
        if is_known && now < self.looked + WHILE_AWAY { Standing::Away } else { Standing::Unknown }
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
            ApiKeys::open(Options { file: Some(self.file()) }, None).unwrap()
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
        let caller = keys.admit(&shown(&key), now).await.unwrap();
        let identity = caller.principal().unwrap().identity();
        assert_eq!((identity.subject.as_str(), identity.provider), ("pipeline", "api_key"));
        assert_eq!(identity.client.as_deref(), Some(key.id()));
        assert_eq!(
            (&*identity.roles, &*identity.scopes),
            (&["service".to_owned()][..], &["cp:read".to_owned()][..])
        );
        assert_ne!(
            keys.admit(&shown(&other), now).await.unwrap(),
            caller,
            "two keys of one owner are two callers"
        );
        let last = identity.expires.unwrap();
        assert!(keys.admit(&shown(&key), last - second).await.is_ok());
        assert_eq!(keys.admit(&shown(&key), last).await, Err(Denied::Invalid("expired")));
        let wrong = shown(&key).replace(key.id(), other.id());
        for text in [shown(&Key::make()), wrong, "mcpk_x".to_owned(), String::new()] {
            assert_eq!(keys.admit(&text, now).await, Err(Denied::Invalid("unknown_api_key")), "{text}");
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
        assert!(keys.admit(&shown(&key), now).await.is_ok() && keys.admit(&shown(&new), now).await.is_err());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(keys.admit(&shown(&key), now).await, Err(Denied::Invalid("revoked")));
        assert!(keys.admit(&shown(&new), now).await.is_ok());
        fs::write(folder.file(), "{").unwrap();
        tokio::time::advance(LOOK).await;
        assert!(keys.admit(&shown(&new), now).await.is_ok());
        assert_eq!(keys.admit(&shown(&key), now).await, Err(Denied::Invalid("revoked")));
    }

    #[tokio::test]
    async fn the_file_tells_nobody_a_key_and_is_its_owners_only() {
        let folder = Folder::new("file");
        let key = made(&folder.file(), "one", None);
        let text = fs::read_to_string(folder.file()).unwrap();
        assert!(!text.contains(shown(&key).splitn(3, '_').nth(2).unwrap()), "{text}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(folder.file()).unwrap().permissions().mode() & 0o777, 0o600);
            fs::set_permissions(folder.file(), fs::Permissions::from_mode(0o640)).unwrap();
            let line = ApiKeys::open(Options { file: Some(folder.file()) }, None).unwrap_err().to_string();
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
            let line = ApiKeys::open(Options { file: Some(folder.file()) }, None).unwrap_err().to_string();
            assert!(line.starts_with("AUTH_API_KEYS_FILE: ") && !line.contains("canary"), "{line}");
        }
        fs::remove_file(folder.file()).unwrap();
        assert!(ApiKeys::open(Options { file: Some(folder.file()) }, None).is_err());
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

    #[tokio::test]
    async fn the_last_use_is_written_down_and_no_key_is_changed_by_it() {
        let folder = Folder::new("used");
        let key = made(&folder.file(), "one", None);
        let before = fs::read(folder.file()).unwrap();
        let first = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let used = Used::new(&folder.file());
        let seen = || last_used(&folder.file()).get(key.id()).cloned().unwrap_or_default();
        let until = async |time: &str| {
            while seen() != time {
                tokio::task::yield_now().await;
            }
        };
        used.note(key.id(), first);
        until("2027-01-15T08:00:00Z").await;
        used.note(key.id(), first + Duration::from_secs(59));
        assert_eq!(seen(), "2027-01-15T08:00:00Z", "gathered");
        used.note(key.id(), first + Duration::from_secs(60));
        until("2027-01-15T08:01:00Z").await;
        used.note(key.id(), first + Duration::from_secs(61));
        used.write_down().await;
        assert_eq!(seen(), "2027-01-15T08:01:01Z", "the rest at the end");
        assert_eq!(fs::read(folder.file()).unwrap(), before);
    }

    #[tokio::test]
    async fn what_is_being_written_is_written_when_the_rest_is() {
        let folder = Folder::new("used-at-once");
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        for turns in 0..4 {
            let used = Used::new(&folder.file());
            let [one, other] = ["one", "other"].map(|name| format!("{name}-{turns}"));
            used.note(&one, time);
            // The task that writes it has not begun, or is at work.
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
            used.note(&other, time);
            used.write_down().await;
            let written = last_used(&folder.file());
            assert!(written.contains_key(&one) && written.contains_key(&other), "{turns}: {written:?}");
        }
    }

    #[tokio::test]
    async fn servers_that_write_at_once_lose_nobodys_use() {
        let folder = Folder::new("used-by-many");
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let writing = (0..16).map(|number| {
            let used = Used::new(&folder.file());
            tokio::spawn(async move {
                used.note(&number.to_string(), time);
                used.write_down().await;
            })
        });
        futures_util::future::join_all(writing).await;
        assert_eq!(last_used(&folder.file()).len(), 16);
    }

    /// Lets time pass without waiting for it.
    async fn after(time: Duration) {
        tokio::time::pause();
        tokio::time::advance(time).await;
        tokio::time::resume();
    }

    #[tokio::test]
    async fn keys_in_redis_are_those_of_all_servers_and_are_believed_for_a_minute_without_it() {
        use crate::redis_server::RedisServer;
        use crate::replicas::Settings;

        let (folder, now) = (Folder::new("redis"), SystemTime::now());
        let mut redis = RedisServer::start(&folder.0);
        let settings = || Settings::new(redis.url().into(), "s".repeat(32).into());
        let open = || {
            let replicas = Replicas::new(settings(), String::new()).unwrap();
            ApiKeys::open(Options { file: None }, Some(replicas)).unwrap()
        };
        let shared = Shared::at(settings()).unwrap();
        let (good, bad, late) = (Key::make(), Key::make(), Key::make());
        let add = async |key: &Key| {
            let added = |list: &mut List| {
                list.add(key, "one", &[], &[], None);
                Ok(())
            };
            shared.change(added).await.unwrap();
        };
        let servers = [open(), open()];
        let all = async |key: &Key| {
            let mut said = Vec::new();
            for server in &servers {
                said.push(server.admit(&shown(key), now).await.map(drop));
            }
            said.dedup();
            assert_eq!(said.len(), 1, "{said:?}");
            said[0]
        };
        let away = Err(Denied::Unavailable("api_keys_away"));
        assert_eq!(all(&good).await, away, "a list that was lost is not an empty one");
        add(&good).await;
        add(&bad).await;
        assert_eq!((all(&good).await, all(&bad).await), (Ok(()), Ok(())));
        let revoked = |list: &mut List| {
            list.entry(bad.id()).unwrap().revoked = Some("2026-01-01T00:00:00Z".to_owned());
            Ok(())
        };
        shared.change(revoked).await.unwrap();
        after(LOOK).await;
        assert_eq!((all(&bad).await, all(&good).await), (Err(Denied::Invalid("revoked")), Ok(())));
        assert_eq!(all(&late).await, Err(Denied::Invalid("unknown_api_key")));

        // An older list, and one that nobody of ours wrote.
        let number: u64 = redis.ask(&["hget", "mcp:api-keys", "number"]).parse().unwrap();
        for forged in [number - 1, number + 1] {
            redis.ask(&["hset", "mcp:api-keys", "number", &forged.to_string()]);
            after(LOOK).await;
            assert_eq!(
                (all(&bad).await, all(&late).await),
                (Err(Denied::Invalid("revoked")), away),
                "{forged}"
            );
        }
        redis.ask(&["hset", "mcp:api-keys", "number", &number.to_string()]);
        after(LOOK).await;
        assert_eq!(all(&late).await, Err(Denied::Invalid("unknown_api_key")));

        redis.kill();
        after(LOOK).await;
        assert_eq!(all(&good).await, Ok(()));
        assert_eq!((all(&bad).await, all(&late).await), (Err(Denied::Invalid("revoked")), away));
        after(WHILE_AWAY).await;
        assert_eq!((all(&good).await, all(&bad).await), (away, away));
    }
}
