//! When each key was last used, to the minute: beside the keys, so that a use never changes a key.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use super::Shared;
use crate::private_file::{beside, replace, turn};

/// How long uses are gathered before they are written.
const INTERVAL: Duration = Duration::from_secs(60);

/// Times of use by the names of keys, RFC 3339.
type Times = BTreeMap<String, String>;

/// The uses of keys.
#[derive(Debug)]
pub(super) struct Used(Arc<Uses>);

#[derive(Debug)]
struct Uses {
    place: Place,
    gathered: Mutex<Gathered>,
    /// Held while uses are written, so that they are written one after the other.
    writing: tokio::sync::Mutex<()>,
}

#[derive(Clone, Debug)]
enum Place {
    File(PathBuf),
    Redis(Arc<Shared>),
}

#[derive(Debug, Default)]
struct Gathered {
    times: BTreeMap<String, SystemTime>,
    /// The time of use at which it was last begun to write them down.
    written: Option<SystemTime>,
}

impl Used {
    /// The uses of the keys in this file.
    pub(super) fn new(keys: &Path) -> Self {
        Self::at(Place::File(beside(keys, "used")))
    }

    /// The uses of the keys in Redis.
    pub(super) fn among(shared: Arc<Shared>) -> Self {
        Self::at(Place::Redis(shared))
    }

    fn at(place: Place) -> Self {
        Self(Arc::new(Uses { place, gathered: Mutex::default(), writing: tokio::sync::Mutex::default() }))
    }

    /// Notes a use, and has written down what was gathered when it is time. Nobody waits for that.
    pub(super) fn note(&self, id: &str, time: SystemTime) {
        if self.0.gather(id, time) {
            let uses = Arc::clone(&self.0);
            tokio::spawn(async move { uses.write().await });
        }
    }

    /// Writes down all that is not yet.
    pub(super) async fn write_down(&self) {
        self.0.write().await;
    }
}

impl Uses {
    fn gathered(&self) -> MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is time to write.
    fn gather(&self, id: &str, time: SystemTime) -> bool {
        let mut gathered = self.gathered();
        match gathered.times.get_mut(id) {
            Some(last) => *last = time,
            None => {
                gathered.times.insert(id.to_owned(), time);
            }
        }
        let is_due = |written| time.duration_since(written).is_ok_and(|since| since >= INTERVAL);
        let is_due = gathered.written.is_none_or(is_due);
        if is_due {
            gathered.written = Some(time);
        }
        is_due
    }

    /// Writes what was gathered, once what is being written is. A use that cannot be written down is no harm.
    async fn write(&self) {
        let _turn = self.writing.lock().await;
        let times = std::mem::take(&mut self.gathered().times);
        match &self.place {
            _ if times.is_empty() => {}
            Place::Redis(shared) => shared.note(times).await,
            Place::File(file) => {
                let (file, times) = (file.clone(), as_text(times));
                let _ = tokio::task::spawn_blocking(move || write(&file, times)).await;
            }
        }
    }
}

fn as_text(times: BTreeMap<String, SystemTime>) -> Times {
    let text = |time| humantime::format_rfc3339_seconds(time).to_string();
    times.into_iter().map(|(id, time)| (id, text(time))).collect()
}

fn write(file: &Path, times: Times) {
    if let Err(error) = add(file, times) {
        tracing::warn!(%error, "when API keys were used cannot be written down");
    }
}

/// Adds times to those in a file, in which other servers write too.
fn add(file: &Path, times: Times) -> io::Result<()> {
    let _turn = turn(file)?;
    let mut all = read(file);
    for (id, time) in times {
        // Written in one form, so that texts stand in the order of times; another server may have been later.
        let last = all.entry(id).or_default();
        if *last < time {
            *last = time;
        }
    }
    let text = serde_json::to_string_pretty(&all).expect("times are JSON") + "\n";
    replace(file, text.as_bytes())
}

fn read(file: &Path) -> Times {
    fs::read(file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

/// When each key in this file was last used, RFC 3339, by its name.
pub fn last_used(keys: &Path) -> BTreeMap<String, String> {
    read(&beside(keys, "used"))
}
