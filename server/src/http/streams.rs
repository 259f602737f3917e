//! The streams of one connection of HTTP/2: how many are open, and how much of their answers the client has not taken yet.
//!
//! The library asks for a piece of an answer once the client makes room for a byte of it, and holds what it was given until there is
//! room for all. So neither the end of an answer nor the socket tells whether the client reads; the answer and its bytes do.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::ResponseBody;

/// While more bytes than this wait for the client, no further request of its connection is begun.
const MOST_UNSENT: usize = 1 << 20;

/// The streams of a connection. Copies are handles of the same.
#[derive(Clone, Debug)]
pub(super) struct Streams(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// Told when a stream begins or ends, and when bytes begin to wait.
    changed: Notify,
    /// Told when few enough bytes wait.
    room: Notify,
}

#[derive(Debug)]
struct State {
    open: usize,
    /// Answers that are there and are not asked for more.
    waiting: usize,
    /// Bytes that are there and have not left.
    unsent: usize,
    /// When something was begun, sent or ended last.
    moved: Instant,
}

impl Streams {
    /// None yet.
    pub(super) fn new() -> Self {
        let state = Mutex::new(State { open: 0, waiting: 0, unsent: 0, moved: Instant::now() });
        Self(Arc::new(Shared { state, changed: Notify::new(), room: Notify::new() }))
    }

    /// Begins a stream, once there is room for what it will be answered.
    pub(super) async fn begin(&self) -> Stream {
        let stream = Stream::open(&self.0);
        loop {
            let room = self.0.room.notified();
            if !self.0.state().is_full() {
                return stream;
            }
            room.await;
        }
    }

    /// Waits until nothing has been under way for so long.
    pub(super) async fn idle(&self, time: Duration) {
        self.still(time, |state| state.open == 0 && !state.is_left()).await;
    }

    /// Waits until the client has taken nothing for so long of what waits for it.
    pub(super) async fn unread(&self, time: Duration) {
        self.still(time, State::is_left).await;
    }

    /// Waits until nothing has moved for so long, and it is like this.
    async fn still(&self, time: Duration, is_so: impl Fn(&State) -> bool) {
        loop {
            let changed = self.0.changed.notified();
            let until = {
                let state = self.0.state();
                let until = state.moved + time;
                let is_so = is_so(&state);
                if is_so && until <= Instant::now() {
                    return;
                }
                is_so.then_some(until)
            };
            match until {
                None => changed.await,
                Some(until) => tokio::select! {
                    () = changed => {}
                    () = sleep_until(until) => {}
                },
            }
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and tells whoever waits for what it is now.
    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        let before = (state.open, state.is_left(), state.is_full());
        change(&mut state);
        state.moved = Instant::now();
        let after = (state.open, state.is_left(), state.is_full());
        drop(state);
        if (before.0, before.1) != (after.0, after.1) {
            self.changed.notify_waiters();
        }
        if before.2 && !after.2 {
            self.room.notify_waiters();
        }
    }
}

impl State {
    /// Whether the client has something to take.
    fn is_left(&self) -> bool {
        self.waiting > 0 || self.unsent > 0
    }

    fn is_full(&self) -> bool {
        self.unsent > MOST_UNSENT
    }
}

/// A stream that is open until this is dropped.
#[derive(Debug)]
pub(super) struct Stream(Arc<Shared>);

impl Stream {
    fn open(streams: &Arc<Shared>) -> Self {
        streams.change(|state| state.open += 1);
        Self(Arc::clone(streams))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.0.change(|state| state.open -= 1);
    }
}

/// The body of an answer, whose stream is open until it ends.
pub(super) struct Answer {
    body: ResponseBody,
    stream: Stream,
    /// It is there, and is not asked for more.
    waits: bool,
    /// How many of its bytes are counted that it has not given yet.
    counted: usize,
}

impl Answer {
    /// The body of the answer on this stream.
    pub(super) fn new(body: ResponseBody, stream: Stream) -> Self {
        let counted = body.size_hint().exact().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
        stream.0.change(|state| {
            state.waiting += 1;
            state.unsent += counted;
        });
        Self { body, stream, waits: true, counted }
    }

    /// Whether it is the client's turn now, or ours.
    fn turn(&mut self, waits: bool) {
        if std::mem::replace(&mut self.waits, waits) != waits {
            let change = |state: &mut State| {
                if waits { state.waiting += 1 } else { state.waiting -= 1 }
            };
            self.stream.0.change(change);
        }
    }

    /// The bytes, which are counted until they have left.
    fn unsent(&mut self, bytes: Bytes) -> Unsent {
        let known = self.counted.min(bytes.len());
        self.counted -= known;
        self.stream.0.change(|state| state.unsent += bytes.len() - known);
        Unsent { bytes, streams: Arc::clone(&self.stream.0) }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.turn(false);
        let counted = self.counted;
        self.stream.0.change(|state| state.unsent -= counted);
    }
}

impl Body for Answer {
    type Data = Unsent;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Unsent>, Infallible>>> {
        let this = &mut *self;
        let polled = Pin::new(&mut this.body).poll_frame(context);
        this.turn(polled.is_ready());
        polled.map(|frame| frame.map(|frame| frame.map(|frame| frame.map_data(|bytes| this.unsent(bytes)))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Bytes of an answer that have not left yet.
#[derive(Debug)]
pub(super) struct Unsent {
    bytes: Bytes,
    streams: Arc<Shared>,
}

impl Buf for Unsent {
    fn remaining(&self) -> usize {
        self.bytes.len()
    }

    fn chunk(&self) -> &[u8] {
        &self.bytes
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
        self.streams.change(|state| state.unsent -= count);
    }
}

impl Drop for Unsent {
    fn drop(&mut self) {
        let given_up = self.bytes.len();
        if given_up > 0 {
            self.streams.change(|state| state.unsent -= given_up);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream::pending;
    use http_body_util::{BodyExt as _, Full, StreamBody};
    use tokio::time::{sleep, timeout};

    const TIME: Duration = Duration::from_secs(30);

    /// The bytes of an answer of this length, on a stream that has ended.
    async fn answered(streams: &Streams, length: usize) -> Unsent {
        let body = Full::new(Bytes::from(vec![b'x'; length])).boxed();
        let mut answer = Answer::new(body, streams.begin().await);
        let frame = answer.frame().await.expect("a frame").expect("no error");
        frame.into_data().expect("bytes")
    }

    async fn seconds(wait: impl Future<Output = ()>) -> u64 {
        let begun = Instant::now();
        wait.await;
        begun.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_idle_when_nothing_has_been_open_for_its_time() {
        let streams = Streams::new();
        assert_eq!(seconds(streams.idle(TIME)).await, 30);
        let stream = streams.begin().await;
        assert!(timeout(TIME * 10, streams.idle(TIME)).await.is_err(), "one is open");
        drop(stream);
        let again = async {
            sleep(Duration::from_secs(20)).await;
            drop(streams.begin().await);
        };
        assert_eq!(tokio::join!(seconds(streams.idle(TIME)), again).0, 50);
    }

    #[tokio::test(start_paused = true)]
    async fn t_44_an_answer_may_be_left_unread_for_its_time_and_no_longer() {
        let streams = Streams::new();
        let stream = streams.begin().await;
        assert!(timeout(TIME * 10, streams.unread(TIME)).await.is_err(), "nothing waits to be read");
        drop(stream);
        let mut bytes = answered(&streams, 100).await;
        let reading = async {
            for _ in 0..3 {
                sleep(Duration::from_secs(29)).await;
                bytes.advance(1);
            }
        };
        assert_eq!(tokio::join!(seconds(streams.unread(TIME)), reading).0, 3 * 29 + 30);
        drop(bytes);
        assert!(
            timeout(TIME * 10, streams.unread(TIME)).await.is_err(),
            "what was given up waits for nobody"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn t_44_an_answer_that_is_not_asked_for_is_unread_and_one_that_says_nothing_is_not() {
        let streams = Streams::new();
        let full = Answer::new(Full::new(Bytes::from_static(b"x")).boxed(), streams.begin().await);
        assert_eq!(seconds(streams.unread(TIME)).await, 30);
        drop(full);
        let silent = StreamBody::new(pending::<Result<Frame<Bytes>, Infallible>>()).boxed();
        let mut silent = Answer::new(silent, streams.begin().await);
        assert_eq!(seconds(streams.unread(TIME)).await, 30);
        assert!(futures_util::poll!(silent.frame()).is_pending());
        assert!(timeout(TIME * 10, streams.unread(TIME)).await.is_err(), "it is our turn to say something");
        assert!(timeout(TIME * 10, streams.idle(TIME)).await.is_err(), "and the stream is open");
    }

    #[tokio::test(start_paused = true)]
    async fn t_44_while_a_mebibyte_waits_to_be_read_nothing_more_is_begun() {
        let streams = Streams::new();
        let mut full = answered(&streams, MOST_UNSENT).await;
        let over = answered(&streams, 1).await;
        assert!(timeout(TIME, streams.begin()).await.is_err(), "one byte too many waits");
        let beginning = streams.begin();
        let reading = async {
            sleep(Duration::from_secs(5)).await;
            full.advance(1);
        };
        let begun = async { seconds(async { drop(beginning.await) }).await };
        assert_eq!(tokio::join!(begun, reading).0, 5);
        drop(over);
    }
}
