//! What is remembered of a connection with a handshake between its requests: how much of the log its client wants, and which
//! resources it watches. Where each request stands alone there is none.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use rmcp::model::ResourceUpdatedNotificationParam;
use rmcp::{Peer, RoleServer};

use crate::client::Level;

/// How many resources one connection may watch.
pub(super) const MOST_WATCHED: usize = 64;

/// What is remembered.
#[derive(Default)]
pub(super) struct Connection {
    level: Mutex<Option<Level>>,
    watched: Mutex<HashMap<String, Peer<RoleServer>>>,
}

impl Connection {
    /// From which level on its client is told what happened; nothing where it did not say.
    pub(super) fn level(&self) -> Option<Level> {
        *self.level.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells of what happened from this level on.
    pub(super) fn set_level(&self, level: Level) {
        *self.level.lock().unwrap_or_else(PoisonError::into_inner) = Some(level);
    }

    /// Watches a resource; `false` where too many are watched already.
    pub(super) fn watch(&self, uri: &str, peer: &Peer<RoleServer>) -> bool {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if watched.len() == MOST_WATCHED && !watched.contains_key(uri) {
            return false;
        }
        watched.insert(uri.to_owned(), peer.clone());
        true
    }

    /// Watches it no more.
    pub(super) fn leave(&self, uri: &str) {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner).remove(uri);
    }

    /// Tells the client that something else is there now, if it watches.
    pub(super) async fn changed(&self, uri: &str) {
        let peer = self.watched.lock().unwrap_or_else(PoisonError::into_inner).get(uri).cloned();
        let Some(peer) = peer else { return };
        if let Err(error) = peer.notify_resource_updated(ResourceUpdatedNotificationParam::new(uri)).await {
            tracing::debug!(%error, "a client was not told of a change");
        }
    }
}
