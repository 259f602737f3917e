//! What is known of the connection to Redis, shared by those who ask through it and the keeper: both hear what the other found.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, IntoConnectionInfo as _};
use secrecy::ExposeSecret as _;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::{Instant, timeout};

use super::state::State;
use super::{Away, Epoch, Settings};
use crate::start_error::StartError;

/// How much is asked at once.
const MOST_AT_ONCE: usize = 512;
/// How long a connection may take to come about.
pub(super) const CONNECTING: Duration = Duration::from_millis(500);

/// The connection, and who waits for it.
pub(super) struct Shared {
    pub(super) client: Client,
    config: AsyncConnectionConfig,
    pub(super) prefix: String,
    state: Mutex<State<(MultiplexedConnection, Epoch)>>,
    /// Told whenever the state has changed.
    pub(super) turned: watch::Sender<()>,
    /// How often an epoch was joined.
    pub(super) joined: watch::Sender<u64>,
    /// When that was the last time.
    arrival: Mutex<Option<Instant>>,
    /// Told when the keeper has something to do.
    pub(super) wanted: Arc<Notify>,
    pub(super) room: Semaphore,
    pub(super) failures: AtomicU64,
    pub(super) keeper: Once,
}

impl Shared {
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
        Ok(Self {
            client,
            config,
            prefix: settings.prefix.clone(),
            state: Mutex::new(State::Untried),
            turned,
            joined,
            arrival: Mutex::default(),
            wanted: Arc::default(),
            room: Semaphore::new(MOST_AT_ONCE),
            failures: AtomicU64::new(0),
            keeper: Once::new(),
        })
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State<(MultiplexedConnection, Epoch)>> {
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
        // Whoever finds it here knows since when.
        *self.arrival.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        *self.state() = State::Here { connection: (connection, epoch), failures: 0 };
        self.turned.send_replace(());
        self.joined.send_modify(|count| *count += 1);
        tracing::info!("Redis is connected");
    }

    /// When an epoch was joined the last time, if there was one.
    pub(super) fn arrival(&self) -> Option<Instant> {
        *self.arrival.lock().unwrap_or_else(PoisonError::into_inner)
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
