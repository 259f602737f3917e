//! What asks the program: requests of both eras, one after another over a connection that is kept.

use std::time::Duration;

use serde_json::{Value, json};
use ureq::Agent;

use crate::Result;

/// The eras, told apart by how a request says what it is: by the revision in a header, or by that and `_meta`.
#[derive(Clone, Copy)]
pub enum Era {
    /// Revisions with a handshake, here without a session.
    Handshake,
    /// Revisions without.
    Stateless,
}

/// The revision of each.
pub const HANDSHAKE: &str = "2025-11-25";
const STATELESS: &str = "2026-07-28";

/// How long an answer may take: a program that counts is slow, and one that hangs is not waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody who asks.
pub struct Asking {
    agent: Agent,
    address: String,
    key: Option<String>,
}

impl Asking {
    /// Asks the program at this address, with this key if there is one.
    pub fn new(address: &str, key: Option<String>) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).proxy(None);
        let agent = config.timeout_global(Some(PATIENCE)).build().into();
        Self { agent, address: address.to_owned(), key }
    }

    /// The status of a page.
    pub fn page(&self, path: &str) -> Result<u16> {
        let mut request = self.agent.get(format!("{}{path}", self.address));
        if let Some(key) = &self.key {
            request = request.header("X-API-Key", key);
        }
        let mut answer = request.call()?;
        answer.body_mut().read_to_vec()?;
        Ok(answer.status().as_u16())
    }

    /// The answer to a message of the protocol.
    pub fn ask(&self, era: Era, method: &str, mut params: Value) -> Result<Value> {
        let revision = match era {
            Era::Handshake => HANDSHAKE,
            Era::Stateless => STATELESS,
        };
        let mut request = self
            .agent
            .post(format!("{}/mcp", self.address))
            .header("Content-Type", "application/json")
            .header("Accept", "application/json, text/event-stream")
            .header("MCP-Protocol-Version", revision);
        if let Some(key) = &self.key {
            request = request.header("X-API-Key", key);
        }
        if matches!(era, Era::Stateless) {
            request = request.header("Mcp-Method", method);
            if let Some(name) = params["name"].as_str() {
                request = request.header("Mcp-Name", name);
            }
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": revision,
                "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": { "name": "train", "version": "1" },
            });
        }
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let text = request.send(message.to_string())?.body_mut().read_to_string()?;
        Ok(serde_json::from_str(&text)
            .map_err(|error| format!("{method} was answered with {text}: {error}"))?)
    }
}
