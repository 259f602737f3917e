//! The server as a program sees it: made from a static API and options, then served on a listener or on standard
//! input and output. What it promises: nothing is bound, read or sent before [`Server::serve`] or [`Server::stdio`].

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value};
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::call::Answer;
use crate::catalog::{Api, Tool};
use crate::changing::Changing;
use crate::engine::{self, Engine};
use crate::http::tls::Certificate;
use crate::http::{self, SiteRate, Status};
use crate::identity::Gate;
use crate::journal::{Entry, Event};
use crate::mcp::{self, Made, Protocol, Unseen};
use crate::policy::Policies;
use crate::start_error::StartError;

/// Everything a server can be told, by module.
#[derive(Debug)]
pub struct Options {
    /// How calls are made.
    pub engine: engine::Options,
    /// How HTTP is served.
    pub http: http::Options,
    /// How the server presents itself to MCP clients.
    pub mcp: mcp::Options,
}

/// A server for one API.
pub struct Server {
    engine: Arc<Engine>,
    protocol: Protocol,
    gate: Arc<Gate>,
    certificate: Option<Arc<Certificate>>,
    http: http::Options,
    /// How often requests may come from one site.
    site_rate: Changing<Option<SiteRate>>,
}

impl Server {
    /// Prepares the server; an error is one line that names what is wrong.
    pub fn new(api: &'static Api, options: Options) -> Result<Server, StartError> {
        options.http.check()?;
        let certificate = options.http.tls.clone().map(Certificate::read).transpose()?.map(Arc::new);
        let journal = options.engine.journal.clone();
        let engine = Arc::new(Engine::new(api, options.engine)?);
        let mut http = options.http;
        if let Some(telemetry) = engine.telemetry() {
            http.sampling = telemetry.sampling();
            let counting = Arc::downgrade(&engine);
            telemetry.measure(move || counting.upgrade().map(|engine| engine.families()).unwrap_or_default());
        }
        let name = options.mcp.title.as_deref().unwrap_or(api.title);
        let (scopes, counters, replicas) =
            (Arc::clone(engine.scopes()), engine.counters(), engine.replicas());
        let gate = Gate::new(&http.identity, name, scopes, journal, counters, replicas)?;
        let protocol = Protocol::new(Arc::clone(&engine), options.mcp)?;
        let site_rate = SiteRate::of(&http).into();
        Ok(Server { engine, protocol, gate: Arc::new(gate), certificate, http, site_rate })
    }

    /// Serves streamable HTTP at `/mcp`, and `/health` and `/ready`, until `shutdown`; then lets what is in flight
    /// finish for as long as [`http::Options::drain`] allows.
    ///
    /// A listener that others than this machine can reach is refused where nothing authenticates callers, unless
    /// [`http::Options::allow_unauthenticated`] says that this is wanted.
    pub async fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        shutdown: CancellationToken,
    ) -> Result<(), StartError> {
        let address = listener
            .local_addr()
            .map_err(|error| StartError::new(format!("the listener has no address: {error}")))?;
        http::refuse_open_listener(address, &self.http)?;
        let (app, endpoint) = self.application(address, &shutdown);
        let certificate = self.certificate.clone();
        let serving = http::serve(listener, Arc::new(app), &self.http, certificate, shutdown.clone());
        let (_, latest) = self.until_served(serving, &shutdown).await;
        endpoint.stop();
        self.drain(latest).await;
        self.gate.end().await;
        Ok(())
    }

    /// Tells what was counted at this path of a listener of its own until `shutdown`, bounded as the other one is. Nobody is asked
    /// who they are there, and nothing else is served.
    pub async fn serve_metrics(
        &self,
        listener: TcpListener,
        path: String,
        shutdown: CancellationToken,
    ) -> Result<(), StartError> {
        let address = listener
            .local_addr()
            .map_err(|error| StartError::new(format!("the listener has no address: {error}")))?;
        let status = Status::new(&self.engine, &shutdown, self.protocol.version());
        let app = http::App::counted(address, &self.http, &self.site_rate, &self.gate, status, path);
        http::serve(listener, Arc::new(app), &self.http, self.certificate.clone(), shutdown).await;
        Ok(())
    }

    /// What answers requests as a listener at this address would: for whoever brings them by other means. A request needs the
    /// address that it comes from among its extensions, as [`http::Peer`].
    pub fn app(&self, address: SocketAddr, shutdown: &CancellationToken) -> http::App {
        self.application(address, shutdown).0
    }

    fn application(
        &self,
        address: SocketAddr,
        shutdown: &CancellationToken,
    ) -> (http::App, mcp::McpEndpoint) {
        let endpoint = self.protocol.endpoint(address, &self.http);
        let status = Status::new(&self.engine, shutdown, self.protocol.version());
        let app = http::App::new(address, &self.http, &self.site_rate, &self.gate, status, endpoint.clone());
        (app, endpoint)
    }

    /// Serves one client on standard input and output until end of input or `shutdown`. Nothing else may write to
    /// standard output meanwhile.
    pub async fn stdio(self: Arc<Self>, shutdown: CancellationToken) -> std::io::Result<()> {
        let serving = mcp::stdio::serve(
            &self.protocol,
            tokio::io::stdin(),
            tokio::io::stdout(),
            self.http.drain,
            shutdown.clone(),
        );
        let (outcome, latest) = self.until_served(serving, &shutdown).await;
        self.drain(latest).await;
        outcome
    }

    /// What makes the calls.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Who may do what.
    pub fn policies(&self) -> &Policies {
        self.engine.policies()
    }

    /// Reads again what changes while the server runs: the rules of access and the certificate. What cannot be used leaves in
    /// force what was read before, and the log says so.
    pub fn reload(&self) {
        self.engine.reload().look(true);
        if let Some(certificate) = &self.certificate {
            certificate.look(true);
        }
    }

    /// Takes of these options what may change while the server runs, all of it or nothing: how often calls may be made and requests
    /// may come, what calls and requests to the API may take, how long callers may wait, how long answers are kept. Calls under way
    /// may see some of it. An error says what is wrong.
    pub fn take(&self, options: &Options) -> Result<(), StartError> {
        options.http.check()?;
        let site_rate = SiteRate::of(&options.http);
        self.engine.take(&options.engine)?;
        self.site_rate.put(site_rate);
        Ok(())
    }

    /// Puts something on the record that whoever runs the server has changed in it, where there is one.
    pub fn record(&self, event: Event) {
        if let Some(journal) = self.engine.journal() {
            journal.note(Entry { event, subject: None });
        }
    }

    /// The tools as `tools/list` gives them to the owner of this process: a JSON array.
    pub fn tools(&self) -> Value {
        self.protocol.tools()
    }

    /// Calls a tool for the owner of this process and gives the call's result as the protocol would; `None` when
    /// there is no such tool. An idempotency key makes a call with the same arguments another change. Where a person must say
    /// yes first, `ask` puts the question and gives the answer.
    pub async fn call(
        &self,
        tool: &str,
        arguments: Map<String, Value>,
        idempotency_key: Option<String>,
        ask: impl FnOnce(&str) -> Answer,
    ) -> Option<Value> {
        self.call_as(tool, arguments, Made { key: idempotency_key, states: None }, ask).await
    }

    /// The same with all that can be said of a call.
    pub async fn call_as(
        &self,
        tool: &str,
        arguments: Map<String, Value>,
        made: Made,
        ask: impl FnOnce(&str) -> Answer,
    ) -> Option<Value> {
        self.protocol.call(tool, arguments, made, ask).await
    }

    /// Looks at the state of something for the owner of this process: the structured answer of a tool that reads, as it is now.
    pub async fn look(&self, tool: &'static Tool, arguments: Map<String, Value>) -> Result<Value, Unseen> {
        self.protocol.look(tool, arguments).await
    }

    /// Serves to the end, and ends all waits when that is wanted: they would hold it up. Meanwhile changed rules and a changed
    /// certificate are read. Gives besides until when what still goes on may: all of an end takes [`http::Options::drain`] at most.
    async fn until_served<T>(
        &self,
        serving: impl Future<Output = T>,
        shutdown: &CancellationToken,
    ) -> (T, Instant) {
        let began = OnceLock::new();
        let ending = async {
            shutdown.cancelled().await;
            let _ = began.set(Instant::now());
            self.engine.end_waits();
            std::future::pending().await
        };
        let watching = async {
            self.engine.reload().watch().await;
            std::future::pending().await
        };
        let certificate = async {
            if let Some(certificate) = &self.certificate {
                certificate.watch().await;
            }
            std::future::pending().await
        };
        let outcome = tokio::select! {
            outcome = serving => outcome,
            outcome = ending => outcome,
            outcome = watching => outcome,
            outcome = certificate => outcome,
        };
        (outcome, began.get().copied().unwrap_or_else(Instant::now) + self.http.drain)
    }

    /// Waits until then for mutations that go on although nobody waits for them.
    async fn drain(&self, latest: Instant) {
        if tokio::time::timeout_at(latest, self.engine.drain()).await.is_err() {
            tracing::error!("stopped while changes were still being made: their outcome is unknown");
        }
    }
}
