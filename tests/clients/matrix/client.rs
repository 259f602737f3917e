//! The client of `rmcp` as rows of the matrix: it lists, pages, calls, confirms and cancels.
//!
//! It starts no server: it is given the address of one, or for stdio the program to launch. What is called stands in calls.json. It
//! prints one line of JSON: the row, with what is wrong. That a call that was cancelled has ended at the server too is for whoever reads
//! the server's log.

use std::collections::HashMap;
use std::error::Error;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use rmcp::model::{
    CallToolRequest, CallToolRequestParams, CallToolResult, ClientCapabilities, ClientConfig, ClientRequest,
    ElicitRequestParams, ElicitResult, ElicitationAction, ErrorData, Implementation, PaginatedRequestParams,
    ProgressNotificationParam, ProtocolVersion,
};
use rmcp::service::{
    ClientLifecycleMode, ClientServiceExt, NotificationContext, PeerRequestOptions, RequestContext,
    RunningService, ServiceError,
};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::{ClientHandler, RoleClient};
use serde_json::{Map, Value, json};
use tokio::process::{Child, Command};
use tokio::sync::Notify;
use tokio::time::timeout;

/// What is done and seen for one cell.
type Outcome = Result<(), Box<dyn Error>>;

const PATIENCE: Duration = Duration::from_secs(30);

/// Whoever is asked, and told.
#[derive(Clone, Default)]
struct Person {
    says_no: Arc<Mutex<bool>>,
    asked: Arc<Mutex<Vec<String>>>,
    heard: Arc<Notify>,
}

impl ClientHandler for Person {
    fn get_info(&self) -> ClientConfig {
        let capabilities = ClientCapabilities::builder().enable_elicitation().build();
        ClientConfig::new(capabilities, Implementation::new("matrix", "1.0.0"))
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        if let ElicitRequestParams::FormElicitationParams { message, .. } = request {
            self.asked.lock().expect("nobody panicked").push(message);
        }
        Ok(match *self.says_no.lock().expect("nobody panicked") {
            true => ElicitResult::new(ElicitationAction::Decline),
            false => ElicitResult::new(ElicitationAction::Accept).with_content(json!({ "confirm": true })),
        })
    }

    async fn on_progress(&self, _: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        self.heard.notify_one();
    }
}

/// A connected client, and the server that was launched for it.
struct Connected {
    client: RunningService<RoleClient, Person>,
    person: Person,
    _server: Option<Child>,
}

/// What the command line says.
struct Options(HashMap<String, String>);

impl Options {
    fn read() -> Self {
        let words: Vec<String> = std::env::args().skip(1).collect();
        Self(
            words
                .chunks(2)
                .map(|pair| (pair[0].trim_start_matches("--").to_owned(), pair[1].clone()))
                .collect(),
        )
    }

    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or_else(|| panic!("--{name} is missing"), String::as_str)
    }

    fn is_modern(&self) -> bool {
        self.get("era") == "modern"
    }

    async fn connect(&self) -> Result<Connected, Box<dyn Error>> {
        let person = Person::default();
        let lifecycle = match self.is_modern() {
            true => ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] },
            false => ClientLifecycleMode::Initialize,
        };
        if let Some(url) = self.0.get("url") {
            let transport = StreamableHttpClientTransport::from_uri(url.as_str());
            let client = person.clone().serve_with_lifecycle(transport, lifecycle).await?;
            return Ok(Connected { client, person, _server: None });
        }
        let mut server = Command::new(self.get("stdio"))
            .arg("stdio")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let pipes = server.stdout.take().zip(server.stdin.take()).ok_or("the server has no pipes")?;
        let client = person.clone().serve_with_lifecycle(pipes, lifecycle).await?;
        Ok(Connected { client, person, _server: Some(server) })
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime starts");
    runtime.block_on(async {
        let options = Options::read();
        let calls = std::fs::read_to_string(options.get("calls")).expect("the calls can be read");
        let calls: Value = serde_json::from_str(&calls).expect("the calls are JSON");
        let mut cells = Map::new();
        // What is left under way when a call is cancelled may forbid other changes, so that comes last.
        for name in ["lists", "calls", "pages", "confirms", "cancels"] {
            let outcome = timeout(2 * PATIENCE, cell(name, &options, &calls)).await;
            let words = match outcome {
                Ok(Ok(())) => "yes".to_owned(),
                Ok(Err(error)) => format!("FAILED: {error}"),
                Err(_) => "FAILED: it took too long".to_owned(),
            };
            cells.insert(name.to_owned(), words.into());
        }
        let name = format!("rmcp {} (Rust)", rmcp_version());
        println!("{}", json!({ "client": name, "cells": cells }));
    });
}

/// The version that Cargo has locked.
fn rmcp_version() -> &'static str {
    let lock = include_str!("../../../Cargo.lock");
    let after = lock.split_once("name = \"rmcp\"\nversion = \"").map_or("", |(_, after)| after);
    after.split('"').next().unwrap_or_default()
}

async fn cell(name: &str, options: &Options, calls: &Value) -> Outcome {
    let connected = options.connect().await?;
    match name {
        "lists" => lists(&connected, options).await?,
        "calls" => {
            let result = call(&connected, &calls["read"]).await?;
            expect(result.is_error != Some(true), || text(&result))?;
            expect(result.structured_content.is_some(), || {
                "an answer without structured content".to_owned()
            })?;
        }
        "pages" => turns_pages(&connected).await?,
        "cancels" => cancels(&connected, calls).await?,
        _ => confirms(&connected, &calls["confirm"]).await?,
    }
    connected.client.cancel().await?;
    Ok(())
}

async fn lists(connected: &Connected, options: &Options) -> Outcome {
    let wanted =
        if options.is_modern() { ProtocolVersion::V_2026_07_28 } else { ProtocolVersion::V_2025_11_25 };
    let spoken = connected.client.peer_info().map(|info| info.protocol_version.clone());
    expect(spoken.as_ref() == Some(&wanted), || format!("it speaks {spoken:?}"))?;
    let all = connected.client.list_all_tools().await?.len();
    let by_page: usize = pages(connected).await?.iter().sum();
    let wanted: usize = options.get("tools").parse()?;
    expect(all == wanted && by_page == wanted, || format!("{all} tools, {by_page} by pages, not {wanted}"))
}

async fn turns_pages(connected: &Connected) -> Outcome {
    let size: usize = std::env::var("MCP_TOOLS_PAGE_SIZE")?.parse()?;
    let sizes = pages(connected).await?;
    let (last, whole) = sizes.split_last().ok_or("no page")?;
    let is_right = !whole.is_empty() && whole.iter().all(|one| *one == size) && *last <= size;
    expect(is_right, || format!("pages of {sizes:?} tools, not of {size}"))
}

/// How many tools each page has.
async fn pages(connected: &Connected) -> Result<Vec<usize>, ServiceError> {
    let (mut sizes, mut cursor) = (Vec::new(), None);
    loop {
        let mut params = PaginatedRequestParams::default();
        params.cursor = cursor;
        let page = connected.client.list_tools(Some(params)).await?;
        sizes.push(page.tools.len());
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(sizes);
        }
    }
}

async fn confirms(connected: &Connected, asking: &Value) -> Outcome {
    *connected.person.says_no.lock().expect("nobody panicked") = true;
    let refused = call(connected, asking).await?;
    let is_refused = refused.is_error == Some(true) && text(&refused).contains("said no");
    expect(is_refused, || format!("after a no: {}", text(&refused)))?;
    *connected.person.says_no.lock().expect("nobody panicked") = false;
    let made = call(connected, asking).await?;
    expect(made.is_error != Some(true), || format!("after a yes: {}", text(&made)))?;
    let asked = connected.person.asked.lock().expect("nobody panicked").clone();
    expect(asked.len() == 2 && asked[0].contains("PLAY000313"), || format!("asked: {asked:?}"))
}

async fn cancels(connected: &Connected, calls: &Value) -> Outcome {
    let request = ClientRequest::CallToolRequest(CallToolRequest::new(params(&calls["wait"])));
    let options = PeerRequestOptions::no_options();
    let handle = connected.client.send_cancellable_request(request, options).await?;
    timeout(PATIENCE, connected.person.heard.notified()).await.map_err(|_| "the call was not under way")?;
    handle.cancel(Some("enough".to_owned())).await?;
    let after = call(connected, &calls["read"]).await?;
    expect(after.is_error != Some(true), || text(&after))
}

async fn call(connected: &Connected, call: &Value) -> Result<CallToolResult, ServiceError> {
    connected.client.call_tool(params(call)).await
}

fn params(call: &Value) -> CallToolRequestParams {
    let arguments = call["arguments"].as_object().cloned().unwrap_or_default();
    CallToolRequestParams::new(call["tool"].as_str().unwrap_or_default().to_owned()).with_arguments(arguments)
}

fn expect(holds: bool, otherwise: impl FnOnce() -> String) -> Outcome {
    if holds { Ok(()) } else { Err(otherwise().into()) }
}

fn text(result: &CallToolResult) -> String {
    result.content.iter().filter_map(|block| block.as_text()).map(|text| text.text.as_str()).collect()
}
