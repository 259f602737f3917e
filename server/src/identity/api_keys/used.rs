//! When each key was last used, to the minute: beside the keys, so that a use never changes a key.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use super::Shared;
use crate::private_file::{beside, replace};

/// How long uses are gathered before they are written.
const INTERVAL: Duration = Duration::from_secs(60);

/// Times of use by the names of keys, RFC 3339.
type Times = BTreeMap<String, String>;

/// The uses of keys.
#[derive(Debug)]
pub(super) struct Used {
    place: Place,
    gathered: Mutex<Gathered>,
}

#[derive(Clone, Debug)]
enum Place {
    File(PathBuf),
    Redis(Arc<Shared>),
}

#[derive(Debug, Default)]
struct Gathered {
    times: BTreeMap<String, SystemTime>,
    written: Option<SystemTime>,
}

impl Used {
    /// The uses of the keys in this file.
    pub(super) fn new(keys: &Path) -> Self {
        Self { place: Place::File(beside(keys, "used")), gathered: Mutex::default() }
    }

    /// The uses of the keys in Redis.
    pub(super) fn among(shared: Arc<Shared>) -> Self {
        Self { place: Place::Redis(shared), gathered: Mutex::default() }
    }

    /// Notes a use, and writes down what was gathered when it is time.
    pub(super) fn note(&self, id: &str, time: SystemTime) {
        let mut gathered = self.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        match gathered.times.get_mut(id) {
            Some(last) => *last = time,
            None => {
                gathered.times.insert(id.to_owned(), time);
            }
        }
        let is_due = |written| time.duration_since(written).is_ok_and(|since| since >= INTERVAL);
        if !gathered.written.is_none_or(is_due) {
            return;
        }
        gathered.written = Some(time);
        let times = std::mem::take(&mut gathered.times);
        drop(gathered);
        match (self.place.clone(), tokio::runtime::Handle::try_current()) {
            (Place::Redis(shared), _) => shared.note(times),
            // Nobody waits for it: a use that is not written down is no harm.
            (Place::File(file), Ok(runtime)) => drop(runtime.spawn_blocking(move || write(&file, times))),
            (Place::File(file), Err(_)) => write(&file, times),
        }
    }
}

/// Writes down what is not yet.
impl Drop for Used {
    fn drop(&mut self) {
        let gathered = self.gathered.get_mut().unwrap_or_else(PoisonError::into_inner);
        let times = std::mem::take(&mut gathered.times);
        match &self.place {
            _ if times.is_empty() => {}
            Place::File(file) => write(file, times),
            Place::Redis(shared) => shared.note(times),
        }
    }
}

fn write(file: &Path, times: BTreeMap<String, SystemTime>) {
    let mut all = read(file);
    for (id, time) in times {
        let time = humantime::format_rfc3339_seconds(time).to_string();
        // Written in one form, so that texts stand in the order of times; another server may have been later.
        let last = all.entry(id).or_default();
        if *last < time {
            *last = time;
        }
    }
    let text = serde_json::to_string_pretty(&all).expect("times are JSON") + "\n";
    if let Err(error) = replace(file, text.as_bytes()) {
        tracing::warn!(%error, "when API keys were used cannot be written down");
    }
}

fn read(file: &Path) -> Times {
    fs::read(file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

/// When each key in this file was last used, RFC 3339, by its name.
pub fn last_used(keys: &Path) -> BTreeMap<String, String> {
    read(&beside(keys, "used"))
}
