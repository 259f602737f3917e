//! One client on a pair of byte streams, a message per line, through the same strict front and the same handler.
//!
//! The library ignores lines that it cannot read; here each gets its JSON-RPC error. End of input, and shutdown, let
//! requests in flight be answered before the end, so that a script may write its requests and close.

use std::collections::HashSet;
use std::io;
use std::time::Duration;

use rmcp::RoleServer;
use rmcp::model::{ClientJsonRpcMessage, ClientNotification, RequestId, ServerJsonRpcMessage};
use rmcp::service::{ServerInitializeError, serve_server_with_ct};
use rmcp::transport::Transport;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::Protocol;
use super::envelope::{self, INVALID_REQUEST, PARSE_ERROR, Refused};
use super::handler::Handler;

/// How many messages and lines may wait between the tasks.
const WAITING: usize = 16;

/// Serves one client until the end of `input` or `shutdown`, and lets what is in flight finish within `drain`.
pub async fn serve(
    protocol: &Protocol,
    input: impl AsyncRead + Send + Unpin + 'static,
    output: impl AsyncWrite + Send + Unpin + 'static,
    drain: Duration,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let (lines, lines_to_write) = mpsc::channel(WAITING);
    let (messages, messages_to_serve) = mpsc::channel(WAITING);
    let (in_flight, asked) = (Ids::default(), Ids::default());
    let abandoned = CancellationToken::new();
    let writer = tokio::spawn(abandoned.clone().run_until_cancelled_owned(write(output, lines_to_write)));
    let reader = Reader {
        input: BufReader::new(input),
        limit: protocol.shared.max_line_bytes(),
        messages,
        lines: lines.clone(),
        in_flight: in_flight.clone(),
        asked: asked.clone(),
        opened: false,
    };
    let transport = Lines { messages: messages_to_serve, lines, in_flight, asked };
    // A child, since the library cancels its token when it ends: that must not keep the writer from its last line.
    let served = serve_library(Handler::connected(&protocol.shared), transport, abandoned.child_token());
    let (read, served) = tokio::join!(reader.run(drain, shutdown, abandoned), served);
    served?;
    read?;
    // A client that reads nothing must not hold up the end.
    let unread = || io::Error::new(io::ErrorKind::TimedOut, "the client does not read its answers");
    let written = timeout(drain, writer).await.map_err(|_| unread())?;
    written.map_err(io::Error::other)?.unwrap_or_else(|| Err(unread()))
}

/// Runs the library on the transport to its end.
async fn serve_library(handler: Handler, transport: Lines, abandoned: CancellationToken) -> io::Result<()> {
    let running = match serve_server_with_ct(handler, transport, abandoned).await {
        Ok(running) => running,
        // The client left before it said anything that counts, or was told to leave.
        Err(ServerInitializeError::ConnectionClosed(_) | ServerInitializeError::Cancelled) => return Ok(()),
        Err(error) => return Err(io::Error::other(error)),
    };
    running.waiting().await.map(|_| ()).map_err(io::Error::other)
}

/// Writes lines until nobody holds the channel any more.
async fn write(mut output: impl AsyncWrite + Unpin, mut lines: mpsc::Receiver<Vec<u8>>) -> io::Result<()> {
    while let Some(mut line) = lines.recv().await {
        line.push(b'\n');
        output.write_all(&line).await?;
        output.flush().await?;
    }
    Ok(())
}

/// The ids of requests that have no answer yet.
#[derive(Clone)]
struct Ids(watch::Sender<HashSet<RequestId>>);

impl Default for Ids {
    fn default() -> Self {
        Self(watch::Sender::new(HashSet::new()))
    }
}

impl Ids {
    fn begin(&self, id: RequestId) {
        self.0.send_modify(|ids| {
            ids.insert(id);
        });
    }

    /// Whether it had no answer until now.
    fn end(&self, id: &RequestId) -> bool {
        self.0.send_if_modified(|ids| ids.remove(id))
    }

    async fn none(&self) {
        // The sender lives as long as we do, so waiting cannot fail.
        let _ = self.0.subscribe().wait_for(HashSet::is_empty).await;
    }
}

/// Reads lines, answers those that are refused, and passes the others on.
struct Reader<R> {
    input: BufReader<R>,
    limit: usize,
    messages: mpsc::Sender<ClientJsonRpcMessage>,
    lines: mpsc::Sender<Vec<u8>>,
    /// Requests of the client.
    in_flight: Ids,
    /// Requests of ours.
    asked: Ids,
    /// A request has been passed on. The library ends at a notification before that.
    opened: bool,
}

/// A line as it was read.
enum Line {
    Text(Vec<u8>),
    TooLong,
}

impl<R: AsyncRead + Unpin> Reader<R> {
    async fn run(
        mut self,
        drain: Duration,
        shutdown: CancellationToken,
        abandoned: CancellationToken,
    ) -> io::Result<()> {
        let (lines, messages) = (self.lines.clone(), self.messages.clone());
        let outcome = tokio::select! {
            outcome = self.read() => outcome,
            () = shutdown.cancelled() => Ok(()),
            // Nobody reads our answers any more.
            () = lines.closed() => Ok(()),
            // The library ended by itself.
            () = messages.closed() => Ok(()),
        };
        drop(messages);
        if timeout(drain, self.in_flight.none()).await.is_err() {
            tracing::warn!("stopped before every request was answered");
            abandoned.cancel();
        }
        // Dropping the reader ends the transport, and with it the library.
        outcome
    }

    async fn read(&mut self) -> io::Result<()> {
        while let Some(line) = self.line().await? {
            let message = match &line {
                Line::Text(text) if text.trim_ascii().is_empty() => continue,
                Line::Text(text) => understand(text),
                Line::TooLong => Err(refused(
                    None,
                    PARSE_ERROR,
                    format!("Parse error: a line may have at most {} bytes.", self.limit),
                )),
            };
            match message {
                Ok(message) => self.pass(message).await,
                // A closed channel is noticed where it matters.
                Err(refused) => drop(self.lines.send(refused.to_json().to_string().into_bytes()).await),
            }
        }
        Ok(())
    }

    /// The next line, without its end; a longer one than allowed is read past.
    async fn line(&mut self) -> io::Result<Option<Line>> {
        let (mut text, mut too_long) = (Vec::new(), false);
        loop {
            let available = self.input.fill_buf().await?;
            if available.is_empty() {
                return Ok((!text.is_empty() || too_long).then_some(if too_long {
                    Line::TooLong
                } else {
                    Line::Text(text)
                }));
            }
            let end = available.iter().position(|byte| *byte == b'\n');
            let part = &available[..end.unwrap_or(available.len())];
            too_long |= text.len() + part.len() > self.limit;
            if too_long {
                text = Vec::new();
            } else {
                text.extend_from_slice(part);
            }
            let read = part.len() + usize::from(end.is_some());
            self.input.consume(read);
            if end.is_some() {
                return Ok(Some(if too_long { Line::TooLong } else { Line::Text(text) }));
            }
        }
    }

    async fn pass(&mut self, message: ClientJsonRpcMessage) {
        match &message {
            ClientJsonRpcMessage::Request(request) => {
                self.opened = true;
                self.in_flight.begin(request.id.clone());
            }
            ClientJsonRpcMessage::Notification(notification) => {
                if !self.opened {
                    return;
                }
                // A request that was called off gets no answer, so none is waited for.
                if let ClientNotification::CancelledNotification(cancelled) = &notification.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    let _ = self.in_flight.end(id);
                }
            }
            // The answer to a question of ours, once.
            ClientJsonRpcMessage::Response(response) if self.asked.end(&response.id) => {}
            ClientJsonRpcMessage::Error(error) if error.id.as_ref().is_some_and(|id| self.asked.end(id)) => {}
            ClientJsonRpcMessage::Response(_) | ClientJsonRpcMessage::Error(_) => return,
        }
        // Fails only when the library has ended, which ends the reading as well.
        let _ = self.messages.send(message).await;
    }
}

/// Judges a line and gives it to the library's types.
fn understand(text: &[u8]) -> Result<ClientJsonRpcMessage, Refused> {
    let envelope = envelope::judge_either(text)?;
    serde_json::from_slice(text).map_err(|_| {
        refused(
            envelope.and_then(|envelope| envelope.id),
            INVALID_REQUEST,
            "Invalid Request: the message is not one of the protocol.".to_owned(),
        )
    })
}

fn refused(id: Option<String>, code: i32, message: String) -> Refused {
    Refused { id, code, message, data: None }
}

/// The library's end of the channels.
struct Lines {
    messages: mpsc::Receiver<ClientJsonRpcMessage>,
    lines: mpsc::Sender<Vec<u8>>,
    in_flight: Ids,
    asked: Ids,
}

impl Transport<RoleServer> for Lines {
    type Error = io::Error;

    fn send(
        &mut self,
        message: ServerJsonRpcMessage,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let (lines, in_flight) = (self.lines.clone(), self.in_flight.clone());
        if let ServerJsonRpcMessage::Request(request) = &message {
            self.asked.begin(request.id.clone());
        }
        async move {
            let line = serde_json::to_vec(&message)?;
            let sent = lines.send(line).await.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe));
            match &message {
                ServerJsonRpcMessage::Response(response) => {
                    let _ = in_flight.end(&response.id);
                }
                ServerJsonRpcMessage::Error(error) => {
                    let _ = error.id.as_ref().is_some_and(|id| in_flight.end(id));
                }
                _ => {}
            }
            sent
        }
    }

    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        self.messages.recv().await
    }

    async fn close(&mut self) -> io::Result<()> {
        self.messages.close();
        Ok(())
    }
}
