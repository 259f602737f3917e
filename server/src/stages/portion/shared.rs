//! Answers of which a part was given, for whichever process is asked for the rest.

use serde::{Deserialize, Serialize};

use super::kept::{Id, LIFETIME};
use crate::call::Reply;
use crate::catalog::{Api, Tool};
use crate::replicas::{Replicas, Store, packed, unpacked};

/// Where other processes find them.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    store: Store,
    api: &'static Api,
}

#[derive(Serialize, Deserialize)]
struct Value {
    tool: String,
    /// The packed answer.
    reply: String,
}

impl Shared {
    pub(super) fn new(replicas: Replicas, api: &'static Api) -> Self {
        Self { store: Store::new(replicas, "rest"), api }
    }

    /// Keeps an answer. That it could not be kept is no failure: this process has it still.
    pub(super) async fn put(&self, id: &Id, tool: &Tool, reply: &Reply) {
        let Ok(reply) = String::from_utf8(packed(reply)) else { return };
        let value = Value { tool: tool.name.to_owned(), reply };
        let bytes = serde_json::to_vec(&value).expect("text is JSON");
        if let Err(why) = self.store.put(id, &bytes, LIFETIME).await {
            tracing::debug!(%why, "only this server has the rest of an answer");
        }
    }

    /// The answer of this name and its tool, if one of the processes has kept it.
    pub(super) async fn get(&self, id: &Id) -> Option<(&'static Tool, Reply)> {
        let bytes = self.store.get(id).await.ok()??;
        let value: Value = serde_json::from_slice(&bytes).ok()?;
        Some((self.api.find(&value.tool)?, unpacked(value.reply.as_bytes())?))
    }
}
