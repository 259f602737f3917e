//! The built program before an API that answers as a script says, with some settings changed.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::fake_upstream::{Act, FakeUpstream};
use crate::program_support::{Running, patiently, serve};
use crate::wire::{Answer, MEDIA_TYPES, modern_body, read_to_close, send};

/// An address of an API that is not asked.
pub(crate) const NOWHERE: (&str, &str) = ("API_BASE_URL", "http://127.0.0.1:9");

/// Program and API, running.
pub(crate) struct World {
    pub(crate) api: FakeUpstream,
    pub(crate) address: SocketAddr,
    pub(crate) running: Running,
}

impl World {
    /// Starts both, with these settings changed.
    pub(crate) async fn start(script: impl IntoIterator<Item = Act>, changed: &[(&str, &str)]) -> Self {
        let api = FakeUpstream::start(script).await;
        let base = api.base_url();
        let usual = [("API_BASE_URL", &*base), ("API_TOKEN", "x")];
        let (running, address) = serve(&[&usual, changed].concat()).await;
        Self { api, address, running }
    }

    /// Sends a request with this head (method, target).
    pub(crate) async fn request(&self, head: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        patiently(send(self.address, head, headers, body)).await
    }

    /// Asks for what is at this path.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request(&format!("GET {path}"), &[], "").await
    }

    /// Calls a tool by a plain request.
    pub(crate) async fn call(&self, tool: &str, arguments: &Value) -> Answer {
        self.call_as(tool, arguments, &[]).await
    }

    /// Calls a tool by a plain request with these header lines.
    pub(crate) async fn call_as(&self, tool: &str, arguments: &Value, headers: &[(&str, &str)]) -> Answer {
        let headers = [&MEDIA_TYPES, headers].concat();
        self.request(&format!("POST /mcp/tools/{tool}"), &headers, &arguments.to_string()).await
    }

    /// Reads something of which no answer is kept.
    pub(crate) async fn read(&self) -> Answer {
        self.call("get_assignment_tasks", &assignment("PLAY000313")).await
    }

    /// Reads something of which answers are kept for half a minute.
    pub(crate) async fn read_kept(&self, assignment_id: &str) -> Answer {
        self.call("get_assignment_details", &assignment(assignment_id)).await
    }

    /// Changes something of which nobody is asked.
    pub(crate) async fn change(&self) -> Answer {
        self.call("create_assignment", &creating()).await
    }

    /// The answer to a message of the handshake era.
    pub(crate) async fn message(&self, method: &str, params: Value) -> Answer {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let headers = [&MEDIA_TYPES[..], &[("MCP-Protocol-Version", "2025-11-25")]].concat();
        self.request("POST /mcp", &headers, &body.to_string()).await
    }

    /// The answer to a message of the stateless era, from a client with these capabilities.
    pub(crate) async fn stateless(
        &self,
        method: &str,
        name: Option<&str>,
        params: Value,
        capabilities: Value,
    ) -> Answer {
        let mut body = modern_body(method, params);
        body["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = capabilities;
        let mut headers = MEDIA_TYPES.to_vec();
        headers.extend([("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", method)]);
        headers.extend(name.map(|name| ("Mcp-Name", name)));
        self.request("POST /mcp", &headers, &body.to_string()).await
    }

    /// The names of the tools of the first page.
    pub(crate) async fn tools(&self) -> Vec<String> {
        let list = self.message("tools/list", json!({})).await.result();
        list["tools"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tool| tool["name"].as_str().unwrap().to_owned())
            .collect()
    }

    /// How many requests the API got.
    pub(crate) fn sent(&self) -> usize {
        self.api.requests().len()
    }

    /// Writes this on a connection of its own, and gives all that comes until it is closed.
    pub(crate) async fn raw(&self, text: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        patiently(read_to_close(&mut stream)).await
    }

    /// A line of `/metrics`.
    pub(crate) async fn counted(&self, name: &str) -> u64 {
        let text = self.get("/metrics").await.body;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("{name}: {text}")).parse().unwrap()
    }
}

/// Arguments that name an assignment.
pub(crate) fn assignment(id: &str) -> Value {
    json!({ "srid": "cw09-47623", "assignmentId": id })
}

/// Arguments that create one.
pub(crate) fn creating() -> Value {
    json!({
        "srid": "cw09-47623", "stream": "PLAY", "application": "PLAY", "assignmentPrefix": "PLAY",
        "defaultPath": "DEV2", "description": "Invoice rounding",
    })
}

/// Status and word of a plain answer.
pub(crate) fn outcome(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
}

/// How long this takes.
pub(crate) async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let begun = Instant::now();
    let done = work.await;
    (done, begun.elapsed())
}

/// Much less than the usual times that tests shorten, and much more than what they shorten them to.
pub(crate) const SOON: Duration = Duration::from_secs(5);
