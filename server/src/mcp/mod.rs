//! The Model Context Protocol: both eras on one endpoint, stateless, over HTTP and standard input and output.
//!
//! `rmcp` owns the protocol and no other folder names it. What it leaves to a server is done here: strict bodies
//! before it (`front`), the duties of a server that has no more than it says (`handler`), sessions that are bounded and belong to
//! somebody (`sessions`), and words for callers (`answer`).

mod answer;
mod arrived;
mod asking;
mod became;
mod called;
mod calling;
mod completing;
mod connection;
mod context;
mod cursor;
mod envelope;
mod front;
mod handler;
mod json;
mod lane;
mod listening;
mod listing;
mod missing;
mod owner;
mod pages;
mod plain;
mod progress;
mod prompting;
mod reading;
mod rounds;
mod sessions;
mod shared;
mod talking;
mod tasks;
pub mod stdio;

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use rmcp::model::ProtocolVersion;
use serde_json::Value;

use crate::engine::Engine;
use crate::http;
use crate::prompts;
use crate::resources;
use crate::start_error::StartError;
use crate::view;

pub use front::McpEndpoint;
pub use owner::{Made, Unseen};

use shared::Shared;

/// The protocol revisions that are spoken: the stateless one, and those with a handshake.
const VERSIONS: &[ProtocolVersion] = &[
    ProtocolVersion::V_2024_11_05,
    ProtocolVersion::V_2025_03_26,
    ProtocolVersion::V_2025_06_18,
    ProtocolVersion::V_2025_11_25,
    ProtocolVersion::V_2026_07_28,
];

/// How the server presents itself to MCP clients.
#[derive(Clone, Debug)]
pub struct Options {
    /// The server's name for programs.
    pub name: String,
    /// The server's title for people; the API's title when absent.
    pub title: Option<String>,
    /// The server's version.
    pub version: String,
    /// What a model should know before it uses any tool, said before the fixed sentences on answers and characters; the
    /// API's description when absent.
    pub instructions: Option<String>,
    /// For how long clients may keep the list of tools.
    pub tools_list_ttl: Duration,
    /// How many tools one page of the list holds; all of them when absent.
    pub tools_page_size: Option<NonZeroUsize>,
    /// The longest line on standard input in bytes.
    pub max_line_bytes: usize,
    /// Whether plain calls over HTTP are made without the protocol library.
    pub direct_lane: bool,
    /// Whether plain requests are answered below `/mcp`, for programs that are no clients of the protocol.
    pub plain: bool,
    /// Which tools clients are shown that do not say what they want.
    pub view: view::Settings,
    /// What is offered to be read.
    pub resources: resources::Settings,
    /// What prompts a program adds.
    pub prompts: prompts::Settings,
    /// How many sessions clients of the handshake revisions may have at once over HTTP; with none, each of their requests stands
    /// alone, and they cannot be asked anything.
    pub sessions: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            name: "openapi-mcp-server".to_owned(),
            title: None,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            instructions: None,
            tools_list_ttl: Duration::from_secs(300),
            tools_page_size: None,
            max_line_bytes: 1024 * 1024,
            direct_lane: true,
            plain: true,
            view: view::Settings::default(),
            resources: resources::Settings::default(),
            prompts: prompts::Settings::default(),
            sessions: 0,
        }
    }
}

/// The protocol of one API, ready to be served over any transport.
pub struct Protocol {
    shared: Arc<Shared>,
}

impl Protocol {
    /// Prepares the list of tools; an error names the tool whose schema cannot be served.
    pub fn new(engine: Arc<Engine>, options: Options) -> Result<Protocol, StartError> {
        Ok(Protocol { shared: Arc::new(Shared::new(engine, options)?) })
    }

    /// The server's version.
    pub fn version(&self) -> &str {
        self.shared.version()
    }

    /// What answers `POST /mcp` on a listener at this address.
    pub fn endpoint(&self, address: SocketAddr, options: &http::Options) -> McpEndpoint {
        McpEndpoint::new(&self.shared, address, options)
    }

    /// The tools as `tools/list` gives them.
    pub fn tools(&self) -> Value {
        self.shared.tools()
    }
}
