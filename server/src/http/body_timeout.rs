//! Bounds the time a body takes: each pause, and all of it from the request's head on.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::time::{Instant, Sleep, sleep_until};

use super::layer::{Answering, Layer, Next};
use super::{BodyError, Options, Request, RequestBody};

/// The layer.
pub(super) struct BodyTimeout {
    idle: Duration,
    total: Duration,
}

impl BodyTimeout {
    /// The times of the options.
    pub(super) fn new(options: &Options) -> Self {
        Self { idle: options.body_idle_timeout, total: options.body_timeout }
    }
}

impl Layer for BodyTimeout {
    fn name(&self) -> &'static str {
        "body_timeout"
    }

    fn handle<'a>(&'a self, request: Request, next: Next<'a>) -> Answering<'a> {
        if request.body().is_end_stream() {
            return next.run(request);
        }
        let (idle, total) = (self.idle, self.total);
        let end = Instant::now() + total;
        next.run(request.map(|body| Timed { body, idle, total, end, pause: None }.boxed_unsync()))
    }
}

/// A body that fails when it pauses or lasts too long.
struct Timed {
    body: RequestBody,
    idle: Duration,
    total: Duration,
    end: Instant,
    /// Runs while a frame is waited for.
    pause: Option<Pin<Box<Sleep>>>,
}

impl Body for Timed {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            self.pause = None;
            return Poll::Ready(frame);
        }
        let this = &mut *self;
        let until = (Instant::now() + this.idle).min(this.end);
        let pause = this.pause.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if pause.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        let limit = if Instant::now() >= this.end { this.total } else { this.idle };
        Poll::Ready(Some(Err(BodyError::TooSlow(limit))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;
    use http_body_util::StreamBody;
    use tokio::time::sleep;

    /// The outcome of reading a body whose frames come after these pauses, and the seconds it took.
    async fn read(pauses: &'static [u64]) -> (Result<usize, BodyError>, u64) {
        let begun = Instant::now();
        let frames = stream::unfold(pauses.iter(), |mut pauses| async {
            let pause = pauses.next()?;
            sleep(Duration::from_secs(*pause)).await;
            Some((Ok::<_, BodyError>(Frame::data(Bytes::from_static(b"x"))), pauses))
        });
        let body = Timed {
            body: StreamBody::new(frames).boxed_unsync(),
            idle: Duration::from_secs(10),
            total: Duration::from_secs(30),
            end: begun + Duration::from_secs(30),
            pause: None,
        };
        let outcome = body.collect().await.map(|body| body.to_bytes().len());
        (outcome, begun.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn t_44_a_body_may_pause_and_last_so_long_and_no_longer() {
        assert_eq!(read(&[9, 9, 9]).await, (Ok(3), 27));
        let idle = Err(BodyError::TooSlow(Duration::from_secs(10)));
        assert_eq!(read(&[1, 11]).await, (idle, 11));
        let total = Err(BodyError::TooSlow(Duration::from_secs(30)));
        assert_eq!(read(&[9, 9, 9, 9]).await, (total, 30));
    }
}
