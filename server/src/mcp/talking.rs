//! What is said to a client while its request is worked on: progress, events, questions, and what has changed.
//!
//! Over HTTP a word on the way makes the answer a stream of events, so only who takes streams is told. Questions go only over a
//! connection that carries them.

#![expect(deprecated, reason = "clients still have what the protocol calls deprecated")]

use std::pin::pin;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use rmcp::model::{
    CreateMessageRequest, ElicitRequest, InputRequest, ListRootsRequest, ProgressNotificationParam,
    ProgressToken, ServerRequest,
};
use rmcp::service::RequestContext;
use rmcp::{Peer, RoleServer};
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use super::connection::Connection;
use super::context::stateless;
use super::front::{InSession, TakesStreams};
use super::handler::Handler;
use crate::client::{Ability, Ask, Client, Level, Progress, Said};
use crate::tasks::Later;

/// How much may be said before it is passed on.
const WAITING: usize = 16;
/// The member of `_meta` that says how much of the log a client of the stateless era wants.
const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";

/// The way to the client of one request.
pub(super) struct Talk {
    peer: Peer<RoleServer>,
    /// What its client can.
    pub(super) can: Vec<Ability>,
    /// Whether a question can be put while the request is worked on.
    pub(super) carries: bool,
    token: Option<ProgressToken>,
    level: Option<Level>,
    connection: Option<Arc<Connection>>,
}

impl Talk {
    /// The way to the client of this request.
    pub(super) fn of(handler: &Handler, context: &RequestContext<RoleServer>) -> Self {
        let from_http = context.extensions.get::<::http::request::Parts>().map(|parts| &parts.extensions);
        let streams = from_http.is_none_or(|extensions| {
            extensions.get::<TakesStreams>().is_some_and(|TakesStreams(streams)| *streams)
        });
        let connected =
            !stateless(context) && from_http.is_none_or(|extensions| extensions.get::<InSession>().is_some());
        let level = match stateless(context) {
            true => context.meta.get(LOG_LEVEL).and_then(Value::as_str).and_then(level),
            false => handler.connection.as_ref().and_then(|connection| connection.level()),
        };
        Self {
            peer: context.peer.clone(),
            can: abilities(context),
            carries: connected,
            token: context.meta.get_progress_token().filter(|_| streams),
            level: level.filter(|_| streams),
            connection: handler.connection.clone(),
        }
    }

    /// The client as who works for it sees it, with what it has answered, and where what is said to it arrives.
    pub(super) fn client(
        &self,
        given: Map<String, Value>,
        is_stateless: bool,
        later: Option<Later>,
    ) -> (Client, mpsc::Receiver<Said>) {
        let (sender, said) = mpsc::channel(WAITING);
        // Who cannot be asked on the way, and keeps no state, can do nothing that is asked.
        let client = match (is_stateless, self.carries) {
            (true, _) => Client::stateless(self.can.clone(), given, sender, later),
            (false, true) => Client::connected(self.can.clone(), sender),
            (false, false) => Client::connected(Vec::new(), sender),
        };
        (client, said)
    }

    /// What the work comes to; meanwhile what is said is passed on.
    pub(super) async fn during<T>(
        mut self,
        work: impl Future<Output = T>,
        said: &mut mpsc::Receiver<Said>,
    ) -> T {
        let mut work = pin!(work);
        let mut asked = FuturesUnordered::new();
        loop {
            tokio::select! {
                Some(said) = said.recv() => match said {
                    Said::Asked(_, ask, answer) => {
                        let peer = self.peer.clone();
                        asked.push(async move { drop(answer.send(put(&peer, &ask).await)) });
                    }
                    said => self.tell(said).await,
                },
                Some(()) = asked.next() => {}
                outcome = &mut work => {
                    // What was said last comes with the outcome, and is told before it.
                    while let Ok(said) = said.try_recv() {
                        self.tell(said).await;
                    }
                    return outcome;
                }
            }
        }
    }

    async fn tell(&mut self, said: Said) {
        let told = match said {
            Said::Progress(progress) => self.progress(progress).await,
            Said::Log(level, text) if self.level.is_some_and(|wanted| level >= wanted) => {
                log(&self.peer, level, text).await
            }
            Said::Changed(uri) => {
                if let Some(connection) = &self.connection {
                    connection.changed(&uri).await;
                }
                Ok(())
            }
            Said::Log(..) | Said::Asked(..) => Ok(()),
        };
        if let Err(error) = told {
            tracing::debug!(%error, "the client was not told something");
        }
    }

    async fn progress(&self, progress: Progress) -> Result<(), rmcp::ServiceError> {
        let Some(token) = &self.token else { return Ok(()) };
        let mut told = ProgressNotificationParam::new(token.clone(), progress.done);
        told.total = progress.total;
        told.message = progress.message;
        self.peer.notify_progress(told).await
    }
}

/// Puts a question over the connection; nothing where no answer came.
pub(super) async fn put(peer: &Peer<RoleServer>, ask: &Ask) -> Option<Value> {
    let request = match input_request(ask)? {
        InputRequest::Elicitation(ElicitRequest { params, .. }) => {
            ServerRequest::ElicitRequest(ElicitRequest::new(params))
        }
        InputRequest::CreateMessage(CreateMessageRequest { params, .. }) => {
            ServerRequest::CreateMessageRequest(CreateMessageRequest::new(params))
        }
        InputRequest::ListRoots(_) => ServerRequest::ListRootsRequest(ListRootsRequest::default()),
        _ => return None,
    };
    match peer.send_request(request).await {
        Ok(result) => serde_json::to_value(result).ok(),
        Err(error) => {
            tracing::warn!(%error, "the client did not bring an answer");
            None
        }
    }
}

/// The question as the library has it.
pub(super) fn input_request(ask: &Ask) -> Option<InputRequest> {
    serde_json::from_value(ask.request())
        .inspect_err(|error| tracing::error!(%error, "a question is none of the protocol"))
        .ok()
}

/// What the client of a request says that it can.
pub(super) fn abilities(context: &RequestContext<RoleServer>) -> Vec<Ability> {
    let Some(capabilities) = context.client_capabilities() else { return Vec::new() };
    let all = [
        (Ability::Forms, super::asking::shows_forms(Some(&capabilities))),
        (Ability::Sampling, is_declared(&capabilities, "sampling")),
        (Ability::Roots, is_declared(&capabilities, "roots")),
        (Ability::Tasks, capabilities.supports_tasks()),
    ];
    all.into_iter().filter_map(|(ability, can)| can.then_some(ability)).collect()
}

/// Whether a capability is declared, by its name on the wire: the library calls some of them deprecated.
fn is_declared(capabilities: &rmcp::model::ClientCapabilities, name: &str) -> bool {
    serde_json::to_value(capabilities).is_ok_and(|declared| declared.get(name).is_some_and(Value::is_object))
}

/// The level of this name.
pub(super) fn level(name: &str) -> Option<Level> {
    match name {
        "debug" => Some(Level::Debug),
        "info" => Some(Level::Info),
        "notice" | "warning" => Some(Level::Warning),
        "error" | "critical" | "alert" | "emergency" => Some(Level::Error),
        _ => None,
    }
}

async fn log(peer: &Peer<RoleServer>, level: Level, text: String) -> Result<(), rmcp::ServiceError> {
    use rmcp::model::{LoggingLevel, LoggingMessageNotificationParam};
    let level = match level {
        Level::Debug => LoggingLevel::Debug,
        Level::Info => LoggingLevel::Info,
        Level::Warning => LoggingLevel::Warning,
        Level::Error => LoggingLevel::Error,
    };
    peer.notify_logging_message(LoggingMessageNotificationParam::new(level, Value::String(text))).await
}
