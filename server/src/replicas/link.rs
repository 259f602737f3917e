//! The way to Redis: one connection that all share, bounded in how much is asked at once and in how long an answer may take.
//! Nothing is repeated here, and nobody waits for a Redis that is known to be away.

use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use redis::aio::{MultiplexedConnection, PubSub};
use redis::{
    AsyncConnectionConfig, Client, FromRedisValue, IntoConnectionInfo as _, RedisResult, ToRedisArgs,
};
use secrecy::ExposeSecret as _;
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::{Instant, timeout, timeout_at};

use super::state::State;
use super::{Away, Epoch, Settings, keeper};
use crate::start_error::StartError;

/// How much is asked at once.
const MOST_AT_ONCE: usize = 512;
/// How long a connection may take to come about.
const CONNECTING: Duration = Duration::from_millis(500);

/// A script that Redis runs as a whole, without anybody between its steps.
#[derive(Debug)]
pub(crate) struct Script(redis::Script);

impl Script {
    /// A script in Lua.
    pub(crate) fn new(text: &str) -> Self {
        Self(redis::Script::new(text))
    }

    pub(super) async fn run<T: FromRedisValue>(
        &self,
        connection: &mut MultiplexedConnection,
        keys: &[impl ToRedisArgs],
        arguments: &[impl ToRedisArgs],
    ) -> RedisResult<T> {
        let mut script = self.0.prepare_invoke();
        for key in keys {
            script.key(key);
        }
        for argument in arguments {
            script.arg(argument);
        }
        script.invoke_async(connection).await
    }
}

/// The way to Redis, shared by all who hold it.
#[derive(Clone)]
pub(crate) struct Link(Arc<Shared>);

pub(super) struct Shared {
    client: Client,
    config: AsyncConnectionConfig,
    pub(super) prefix: String,
    state: Mutex<State<(MultiplexedConnection, Epoch)>>,
    /// Told whenever the state has changed.
    turned: watch::Sender<()>,
    /// How often an epoch was joined.
    joined: watch::Sender<u64>,
    /// Told when the keeper has something to do.
    pub(super) wanted: Arc<Notify>,
    room: Semaphore,
    failures: AtomicU64,
    keeper: Once,
}

impl Link {
    pub(super) fn new(settings: &Settings) -> Result<Self, StartError> {
        // The address may hold a password: what is wrong with it is not repeated.
        let wrong = || {
            StartError::new(
                "REDIS_URL: expected an address such as redis://127.0.0.1:6379/0, rediss://user:password@redis.example.com or unix:///run/redis.sock",
            )
        };
        let info = settings.url.expose_secret().into_connection_info().map_err(|_| wrong())?;
        let client = Client::open(info).map_err(|_| wrong())?;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECTING))
            .set_response_timeout(Some(settings.patience.max(settings.timeout)));
        let (turned, joined) = (watch::Sender::new(()), watch::Sender::new(0));
        Ok(Self(Arc::new(Shared {
            client,
            config,
            prefix: settings.prefix.clone(),
            state: Mutex::new(State::Untried),
            turned,
            joined,
            wanted: Arc::default(),
            room: Semaphore::new(MOST_AT_ONCE),
            failures: AtomicU64::new(0),
            keeper: Once::new(),
        })))
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

impl Shared {
    fn state(&self) -> MutexGuard<'_, State<(MultiplexedConnection, Epoch)>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new connection.
    pub(super) async fn connect(&self) -> Result<MultiplexedConnection, Away> {
        let connecting = self.client.get_multiplexed_async_connection_with_config(&self.config);
        match timeout(2 * CONNECTING, connecting).await {
            Ok(connected) => connected.map_err(|error| Away::new(error.to_string())),
            Err(_) => Err(Away::new("it could not be connected in time")),
        }
    }

    /// The connection and its epoch, if there is one.
    pub(super) fn here(&self) -> Option<(MultiplexedConnection, Epoch)> {
        match &*self.state() {
            State::Here { connection, .. } => Some(connection.clone()),
            State::Untried | State::Away(_) => None,
        }
    }

    /// Redis can be asked from now on.
    pub(super) fn arrived(&self, connection: MultiplexedConnection, epoch: Epoch) {
        *self.state() = State::Here { connection: (connection, epoch), failures: 0 };
        self.turned.send_replace(());
        self.joined.send_modify(|count| *count += 1);
        tracing::info!("Redis is connected");
    }

    /// Redis could not be connected.
    pub(super) fn refused(&self, why: Away) {
        let mut state = self.state();
        let is_news = !matches!(&*state, State::Away(known) if *known == why);
        *state = State::Away(why.clone());
        drop(state);
        self.turned.send_replace(());
        if is_news {
            tracing::warn!(%why, "Redis cannot be used; reads go on without it, changes are refused unless told otherwise");
        }
    }

    /// A question got no answer.
    pub(super) fn failed(&self, why: Away, is_broken: bool) -> Away {
        self.failures.fetch_add(1, Ordering::Relaxed);
        if self.state().failed(why.clone(), is_broken) {
            tracing::warn!(%why, "Redis does not answer; reads go on without it, changes are refused unless told otherwise");
            self.turned.send_replace(());
            self.wanted.notify_one();
        }
        why
    }
}
