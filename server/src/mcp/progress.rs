//! Tells a client each new state of the work that it waits for, where it asked for that and its answer may be a stream.

use std::pin::pin;

use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::RequestContext;
use rmcp::{Peer, RoleServer};
use tokio::sync::mpsc;

use super::front::TakesStreams;

/// A client that is told.
pub(super) struct Told {
    token: ProgressToken,
    peer: Peer<RoleServer>,
    count: u32,
}

impl Told {
    /// The client of this request, if it gave a token for progress. Over HTTP it must take streams of events.
    pub(super) fn asked(context: &RequestContext<RoleServer>) -> Option<Self> {
        let token = context.meta.get_progress_token()?;
        let from_http = context.extensions.get::<::http::request::Parts>();
        let streams = from_http.is_none_or(|parts| {
            parts.extensions.get::<TakesStreams>().is_some_and(|TakesStreams(streams)| *streams)
        });
        streams.then(|| Self { token, peer: context.peer.clone(), count: 0 })
    }

    async fn tell(&mut self, state: String) {
        self.count += 1;
        let progress =
            ProgressNotificationParam::new(self.token.clone(), self.count.into()).with_message(state);
        if let Err(error) = self.peer.notify_progress(progress).await {
            tracing::debug!(%error, "the client was not told of a state");
        }
    }
}

/// What the call comes to; meanwhile the client is told of each state.
pub(super) async fn telling<T>(
    made: impl Future<Output = T>,
    told: Option<(Told, mpsc::Receiver<String>)>,
) -> T {
    let Some((mut told, mut states)) = told else { return made.await };
    let mut made = pin!(made);
    loop {
        tokio::select! {
            Some(state) = states.recv() => told.tell(state).await,
            outcome = &mut made => {
                // The last state comes with the outcome, and is told before it.
                while let Ok(state) = states.try_recv() {
                    told.tell(state).await;
                }
                return outcome;
            }
        }
    }
}
