//! The way to Redis: one connection that all share, bounded in how much is asked at once and in how long an answer may take.
//! Nothing is repeated here, and nobody waits for a Redis that is known to be away.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use redis::aio::{MultiplexedConnection, PubSub};
use redis::{FromRedisValue, RedisResult, ToRedisArgs};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use super::script::Script;
use super::shared::{CONNECTING, Shared};
use super::state::State;
use super::{Away, Epoch, Settings, epoch, keeper};
use crate::start_error::StartError;

/// The way to Redis, shared by all who hold it.
#[derive(Clone)]
pub(crate) struct Link(Arc<Shared>);

impl Link {
    pub(super) fn new(settings: &Settings) -> Result<Self, StartError> {
        Ok(Self(Arc::new(Shared::new(settings)?)))
    }

    /// Runs a script; the answer within this time, or none.
    pub(crate) async fn run<T: FromRedisValue + Send>(
        &self,
        script: &Script,
        keys: &[impl ToRedisArgs + Sync],
        arguments: &[impl ToRedisArgs + Sync],
        within: Duration,
    ) -> Result<T, Away> {
        self.ask(
            within,
            |mut connection, _| async move { script.run(&mut connection, keys, arguments).await },
        )
        .await
    }

    /// Asks something through the connection, which is of this epoch; the answer within this time, or none.
    pub(crate) async fn ask<T, F>(
        &self,
        within: Duration,
        question: impl FnOnce(MultiplexedConnection, Epoch) -> F,
    ) -> Result<T, Away>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let end = Instant::now() + within;
        let (connection, epoch) = self.connection(end).await?;
        let Ok(_room) = self.0.room.try_acquire() else {
            self.0.failures.fetch_add(1, Ordering::Relaxed);
            return Err(Away::new("too much is asked of it at once"));
        };
        let (why, is_broken) = match timeout_at(end, question(connection, epoch)).await {
            Ok(Ok(answer)) => {
                self.0.state().answered();
                return Ok(answer);
            }
            // It is there, and has no room: what can be done without room still is.
            Ok(Err(error)) if error.code() == Some("OOM") => {
                self.0.failures.fetch_add(1, Ordering::Relaxed);
                return Err(Away::new(error.to_string()));
            }
            Ok(Err(error)) => (error.to_string(), error.is_unrecoverable_error()),
            Err(_) => (format!("it gave no answer within {} ms", within.as_millis()), false),
        };
        Err(self.0.failed(Away::new(why), is_broken))
    }

    /// A connection of its own that hears what is published on this channel.
    pub(crate) async fn subscribed(&self, channel: &str) -> Result<PubSub, Away> {
        let subscribing = async {
            let mut way = self.0.client.get_async_pubsub().await?;
            way.subscribe(channel).await?;
            RedisResult::Ok(way)
        };
        match timeout(2 * CONNECTING, subscribing).await {
            Ok(subscribed) => subscribed.map_err(|error| Away::new(error.to_string())),
            Err(_) => Err(Away::new("it could not be subscribed to in time")),
        }
    }

    /// Which epoch it is; within this time, or nobody knows.
    pub(crate) async fn epoch(&self, within: Duration) -> Result<Epoch, Away> {
        Ok(self.connection(Instant::now() + within).await?.1)
    }

    /// Told with each time that an epoch is joined: whoever knows something that Redis must know tells it then.
    pub(crate) fn joined(&self) -> watch::Receiver<u64> {
        self.start();
        self.0.joined.subscribe()
    }

    /// Whether the epoch still is what it was; where it is not, what it is now is found out.
    pub(crate) async fn lasts(&self, within: Duration) -> Result<bool, Away> {
        let end = Instant::now() + within;
        let (mut connection, epoch) = self.connection(end).await?;
        let looking = epoch::lasts(&mut connection, &self.0.prefix, &epoch);
        let Ok(lasts) = timeout_at(end, looking).await else {
            return Err(self.0.failed(Away::new("it gave no answer to a look"), false));
        };
        let lasts = lasts?;
        if !lasts {
            self.rejoin(&epoch);
        }
        Ok(lasts)
    }

    /// Finds out which epoch it is now, since it is not this one.
    pub(crate) fn rejoin(&self, epoch: &Epoch) {
        let mut state = self.0.state();
        if matches!(&*state, State::Here { connection: (_, known), .. } if known == epoch) {
            *state = State::Untried;
            drop(state);
            self.0.wanted.notify_one();
        }
    }

    /// A connection of its own, which nothing keeps.
    pub(super) async fn connect(&self) -> Result<MultiplexedConnection, Away> {
        self.0.connect().await
    }

    /// Whether Redis can be asked, as far as is known.
    pub(crate) fn is_here(&self) -> bool {
        matches!(*self.0.state(), State::Here { .. })
    }

    /// Whether it is known that Redis cannot be asked.
    pub(crate) fn is_away(&self) -> bool {
        matches!(*self.0.state(), State::Away(_))
    }

    /// Whether it was joined less than this time ago.
    pub(crate) fn is_new(&self, time: Duration) -> bool {
        self.0.arrival().is_some_and(|arrival| arrival.elapsed() < time)
    }

    /// How many questions got no answer.
    pub(crate) fn failures(&self) -> u64 {
        self.0.failures.load(Ordering::Relaxed)
    }

    /// The connection; only where nobody has tried yet is it waited for.
    async fn connection(&self, end: Instant) -> Result<(MultiplexedConnection, Epoch), Away> {
        self.start();
        let mut turned = self.0.turned.subscribe();
        loop {
            match &*self.0.state() {
                State::Here { connection, .. } => return Ok(connection.clone()),
                State::Away(why) => return Err(why.clone()),
                State::Untried => {}
            }
            if !matches!(timeout_at(end, turned.changed()).await, Ok(Ok(()))) {
                return Err(Away::new("it is not connected yet"));
            }
        }
    }

    /// Begins to keep a connection, where that has not begun.
    fn start(&self) {
        if let Ok(runtime) = Handle::try_current() {
            self.0.keeper.call_once(|| drop(runtime.spawn(keeper::keep(Arc::downgrade(&self.0)))));
        }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Link")
    }
}
