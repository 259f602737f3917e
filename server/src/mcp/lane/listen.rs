//! A stream of changes on the lane. There may be thousands of them that say nothing for hours: each is a timer and a few words
//! here, where the library keeps tasks and channels for it.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use ::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use ::http::request::Parts;
use bytes::Bytes;
use futures_util::stream;
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use rmcp::model::{
    GetMeta as _, RequestId, ServerJsonRpcMessage, ServerNotification, ServerResult, SubscriptionFilter,
    SubscriptionsAcknowledgedNotification, SubscriptionsAcknowledgedNotificationParams,
    SubscriptionsListenResult,
};
use serde::Deserialize;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{Meta, era, params};
use crate::http::Response;
use crate::mcp::envelope::Envelope;
use crate::mcp::listening;
use crate::mcp::shared::Shared;

/// How often a client is told that the server is still there.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);
/// What it is told: a comment, which no client reads.
const SIGN: Bytes = Bytes::from_static(b":\n\n");

const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// A request to hear of changes.
pub(in crate::mcp) struct Listen {
    id: RequestId,
    heard: SubscriptionFilter,
    /// What changes from now on, so that nothing is missed after the answer has begun.
    changes: watch::Receiver<u64>,
}

/// Its parameters. Equal names were refused before.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params<'a> {
    notifications: SubscriptionFilter,
    #[serde(rename = "_meta", default, borrow)]
    meta: Meta<'a>,
}

impl Listen {
    /// The request of this message, if it is a plain one and there is anything to hear.
    pub(super) fn read(shared: &Shared, head: &Parts, body: &[u8], envelope: &Envelope) -> Option<Self> {
        let Params { notifications, meta } = params(envelope, body)?;
        let stateless = era::is_stateless(&head.headers, listening::METHOD, None, &meta)?;
        let changes = shared.engine().policies().changes()?;
        let heard = shared.heard(&notifications)?;
        let id = serde_json::from_str(envelope.id.as_deref()?).ok()?;
        stateless.then_some(Self { id, heard, changes })
    }

    /// The stream. It ends when the server does.
    pub(super) fn answer(self, shared: &Arc<Shared>) -> Response {
        let standing = Standing {
            listen: self,
            shared: Arc::clone(shared),
            leaving: shared.leaving(),
            next: Next::First,
        };
        let events = stream::unfold(standing, |standing| async {
            let (said, standing) = standing.step().await?;
            Some((Ok::<_, Infallible>(Frame::data(said)), standing))
        });
        let mut response = Response::new(StreamBody::new(events).boxed());
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(BUFFERING, HeaderValue::from_static("no"));
        response
    }
}

/// A stream that stands.
struct Standing {
    listen: Listen,
    shared: Arc<Shared>,
    leaving: CancellationToken,
    next: Next,
}

/// What is said next.
enum Next {
    /// What of all that was asked for is heard.
    First,
    /// What happens.
    Further,
    /// Nothing: the end was said.
    Nothing,
}

impl Standing {
    async fn step(mut self) -> Option<(Bytes, Self)> {
        let said = match self.next {
            Next::First => {
                self.next = Next::Further;
                self.acknowledged()
            }
            Next::Further => tokio::select! {
                biased;
                () = self.leaving.cancelled() => {
                    self.next = Next::Nothing;
                    self.ended()
                }
                Ok(()) = self.listen.changes.changed() => self.changed(),
                () = sleep(SIGN_OF_LIFE) => SIGN,
            },
            Next::Nothing => return None,
        };
        Some((said, self))
    }

    fn acknowledged(&self) -> Bytes {
        let Listen { id, heard, .. } = &self.listen;
        let params = SubscriptionsAcknowledgedNotificationParams::new(heard.clone());
        let said = SubscriptionsAcknowledgedNotification::new(params);
        let mut said = ServerNotification::SubscriptionsAcknowledgedNotification(said);
        said.get_meta_mut().set_subscription_id(id.clone());
        event(&ServerJsonRpcMessage::notification(said))
    }

    fn changed(&self) -> Bytes {
        let Listen { id, heard, .. } = &self.listen;
        let said = listening::changed(id, heard).into_iter().map(ServerJsonRpcMessage::notification);
        let events: Vec<u8> = said.flat_map(|one| event(&one)).collect();
        // Who hears of nothing has a sign of life.
        if events.is_empty() { SIGN } else { events.into() }
    }

    fn ended(&self) -> Bytes {
        let id = self.listen.id.clone();
        let mut result = SubscriptionsListenResult::complete(id.clone());
        result.meta.set_server_info(self.shared.info.server_info.clone());
        event(&ServerJsonRpcMessage::response(ServerResult::SubscriptionsListenResult(result), id))
    }
}

/// A message as an event of a stream.
fn event(message: &ServerJsonRpcMessage) -> Bytes {
    let text = serde_json::to_string(message).expect("a message is JSON");
    ["data: ", &text, "\n\n"].concat().into()
}
