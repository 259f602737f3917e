//! How the server stands, for whoever may do everything in it: what it was set to, and what it knows of itself, the API, Redis and the
//! journal without asking anybody.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use serde_json::{Map, Value, json};

use super::Logged;
use crate::engine::Engine;
use crate::metrics::Breaker;

/// What a program shows of itself and its settings, secrets masked. Copies are handles of the same.
#[derive(Clone)]
pub struct Shown(Arc<Told>);

struct Told {
    began: SystemTime,
    members: Mutex<Map<String, Value>>,
}

impl Shown {
    /// These members, of a program that begins now. `server` is an object with its name and version.
    pub fn new(members: Map<String, Value>) -> Self {
        Self(Arc::new(Told { began: SystemTime::now(), members: Mutex::new(members) }))
    }

    /// Shows these in the place of those before.
    pub fn put(&self, members: Map<String, Value>) {
        *self.0.members.lock().unwrap_or_else(PoisonError::into_inner) = members;
    }

    /// All of it with how the server stands and how much it logs, as JSON.
    pub(super) fn text(&self, engine: &Engine, logged: Option<Logged>) -> String {
        let mut all = self.0.members.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (api, breaker) = (engine.api(), engine.counters().current_breaker());
        let journal = match engine.journal() {
            Some(journal) if journal.is_failing() => "failing",
            Some(_) => "ok",
            None => "off",
        };
        let redis = match engine.replicas() {
            Some(replicas) if replicas.link().is_here() => "here",
            Some(_) => "away",
            None => "off",
        };
        let is_well = breaker == Breaker::Closed && journal != "failing" && redis != "away";
        let server = all.entry("server").or_insert_with(|| json!({}));
        server["start_time"] = humantime::format_rfc3339_seconds(self.0.began).to_string().into();
        server["uptime_seconds"] = self.0.began.elapsed().unwrap_or_default().as_secs().into();
        server["contract"] = api.contract.into();
        all.insert("status".to_owned(), if is_well { "ok" } else { "degraded" }.into());
        let about =
            json!({ "title": api.title, "version": api.version, "digest": api.digest, "breaker": breaker });
        all.insert("api".to_owned(), about);
        all.insert("redis".to_owned(), redis.into());
        all.insert("journal".to_owned(), journal.into());
        all.extend(logged.map(|logged| ("log".to_owned(), logged.as_json())));
        Value::Object(all).to_string()
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Shown")
    }
}
