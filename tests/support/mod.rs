//! A whole product for one test: simulator, server on a real listener, and a real MCP client of either era.

#![allow(dead_code, reason = "each test file uses its own part of this")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use code_pipeline_mcp::api;
use rmcp::model::{CallToolRequestParams, CallToolResult, ProtocolVersion};
use rmcp::service::{ClientLifecycleMode, ClientServiceExt, RunningService, ServiceError};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::{ClientHandler, RoleClient};
use serde::Deserialize;
use serde_json::{Map, Value};
use simulator::{Clock, Running, Simulator};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The protocol revisions that clients speak.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Era {
    /// With the `initialize` handshake, 2025-11-25.
    Handshake,
    /// Stateless, 2026-07-28.
    Stateless,
}

/// Both of them.
pub(crate) const ERAS: [Era; 2] = [Era::Handshake, Era::Stateless];

/// A client of the protocol's own library.
pub(crate) type Client = RunningService<RoleClient, ()>;

/// Simulator and server, running.
pub(crate) struct World {
    /// The simulated API; its clock stands still unless a test moves it.
    pub(crate) simulator: Running,
    /// Where the server listens.
    pub(crate) address: SocketAddr,
    /// Its MCP endpoint.
    pub(crate) endpoint: String,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl World {
    /// Starts both on free loopback ports.
    pub(crate) async fn start() -> World {
        World::start_with(|_| {}).await
    }

    /// Starts both, with options changed by `change`.
    pub(crate) async fn start_with(change: impl FnOnce(&mut server::Options)) -> World {
        World::start_at("127.0.0.1:0", change).await
    }

    /// Starts both, the server at this address.
    pub(crate) async fn start_at(address: &str, change: impl FnOnce(&mut server::Options)) -> World {
        let simulator =
            Simulator::builder().clock(Clock::manual()).start().await.expect("the simulator starts");
        let mut options = server::Options {
            engine: server::engine::Options::new(simulator.url()),
            http: server::http::Options::default(),
            mcp: server::mcp::Options::default(),
        };
        options.engine.upstream.credentials =
            vec![("accessToken".to_owned(), simulator.token().to_owned().into())];
        // These tests are about requests; who is asked before them is not.
        options.engine.confirm.mode = server::stages::confirm::Mode::Off;
        change(&mut options);
        let server = Arc::new(server::Server::new(api::catalog(), options).expect("the options are right"));
        let listener = TcpListener::bind(address).await.expect("loopback has a free port");
        let port = listener.local_addr().expect("a bound listener has an address").port();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let endpoint = format!("http://{address}/mcp");
        let stop = CancellationToken::new();
        let serving = tokio::spawn({
            let stop = stop.clone();
            async move { server.serve(listener, stop).await.expect("the server serves") }
        });
        World { simulator, address, endpoint, stop, serving }
    }

    /// A client connected to the server.
    pub(crate) async fn client(&self, era: Era) -> Client {
        self.client_as((), era).await
    }

    /// A client that handles by itself what the server tells it.
    pub(crate) async fn client_as<H: ClientHandler>(
        &self,
        handler: H,
        era: Era,
    ) -> RunningService<RoleClient, H> {
        let lifecycle = match era {
            Era::Handshake => ClientLifecycleMode::Initialize,
            Era::Stateless => {
                ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] }
            }
        };
        let transport = StreamableHttpClientTransport::from_uri(self.endpoint.as_str());
        handler.serve_with_lifecycle(transport, lifecycle).await.expect("the client connects")
    }

    /// Stops both.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.serving.await.expect("the server ends without a panic");
        self.simulator.shutdown().await;
    }
}

/// Calls a tool.
pub(crate) async fn call(
    client: &Client,
    tool: &str,
    arguments: &Map<String, Value>,
) -> Result<CallToolResult, ServiceError> {
    client.call_tool(CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments.clone())).await
}

/// All text of a result.
pub(crate) fn text(result: &CallToolResult) -> String {
    result
        .content
        .iter()
        .filter_map(|block| block.as_text())
        .map(|text| text.text.clone())
        .collect::<Vec<_>>()
        .join("\n")
}

/// What a call must become.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Request {
    /// The HTTP method.
    pub(crate) method: String,
    /// The exact request target.
    pub(crate) target: String,
    /// The JSON body; `null` means none.
    pub(crate) body: Value,
}

/// A row of `tests/requests`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Row {
    /// For recorded examples, which.
    pub(crate) example: Option<u32>,
    /// The operation of the document.
    pub(crate) operation: Option<String>,
    /// The tool.
    pub(crate) tool: Option<String>,
    /// Its arguments.
    pub(crate) arguments: Option<Map<String, Value>>,
    /// The request, if there is one for this intent.
    pub(crate) request: Option<Request>,
    /// Whether the simulator's shop may refuse it.
    #[serde(default)]
    pub(crate) may_refuse: bool,
    /// Whether a recording is followed to the letter.
    pub(crate) follow: Option<bool>,
    /// Why, or what to know.
    pub(crate) note: Option<String>,
}

/// The rows of `tests/requests/{name}`.
pub(crate) fn rows(name: &str) -> Vec<Row> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/requests").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
