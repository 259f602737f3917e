//! An authorization server of this server's own (OAuth 2.1), in front of a provider that registers no MCP clients: GitHub or
//! Google. People log in there; programs get tokens from here, and never one of the provider's.
//!
//! What it promises: a login is used for no program but the one that was agreed to, on this very occasion; it ends in the browser
//! in which it began, or not at all; a browser is sent with a code only to where the program said before that it waits; a code
//! and a refresh token are good once, and who shows one again ends the login; and everything that strangers can make it keep is
//! bounded.

mod options;

mod endpoints;
mod metadata;
mod authorize;
mod consent;
mod callback;
mod register;
mod token;
mod revoke;

mod asked;
mod browser;
mod challenge;
mod clients;
mod logins;
mod redirect;
mod upstream;

mod page;
mod reply;
mod sealed;
mod table;
mod unguessable;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::identity::Denied;
use crate::journal::{Entry, Event, Journal};
use crate::metrics::Metrics;
use crate::start_error::StartError;
use asked::Asked;
use clients::Clients;
use logins::{Logins, Terms};
use sealed::Seal;
use table::Table;
use upstream::{Kept, Upstream, User};

pub use options::{Documents, GitHub, Google, Options, Provider, Store};

pub(crate) use logins::is_token;

/// How long a login at the provider may take.
const LOGIN: Duration = Duration::from_secs(10 * 60);
/// How long a code is good.
const CODE: Duration = Duration::from_secs(60);
/// How many logins may be under way at once.
const MOST_PENDING: usize = 4096;
/// How many of them from one address.
const MOST_OF_SITE: usize = 64;
/// How many codes may wait to be used.
const MOST_CODES: usize = 4096;

/// The authorization server.
pub(crate) struct Facade {
    options: Options,
    /// Its name: the origin of the server's address.
    issuer: String,
    /// What people know the server as.
    title: String,
    offer: Offer,
    upstream: Upstream,
    clients: Clients,
    seal: Seal,
    /// Logins that were agreed to and are under way at the provider, by their state there.
    pending: Mutex<Table<Pending>>,
    codes: Mutex<Table<Code>>,
    logins: Arc<Logins>,
    journal: Option<Journal>,
    metrics: Metrics,
}

/// Which scopes a program may ask for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Offer {
    /// All that it may have.
    pub(crate) all: Vec<String>,
    /// What it gets that asks for none.
    pub(crate) usual: Vec<String>,
}

/// A login under way at the provider.
struct Pending {
    asked: Asked,
    /// The browser in which somebody agreed.
    browser: unguessable::Hash,
    /// What our code from the provider is bound to.
    verifier: String,
    nonce: String,
}

/// A code of ours that was given out.
enum Code {
    /// It is good once.
    Good(Box<Agreed>),
    /// It was used for this login, which ends when it is shown again.
    Used(logins::Id),
}

/// Who logged in, and what that person agreed to.
struct Agreed {
    asked: Asked,
    user: User,
    kept: Kept,
}

impl std::fmt::Debug for Facade {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Facade({})", self.issuer)
    }
}

impl Facade {
    /// The authorization server of a server of this title, whose programs may ask for these scopes; nothing is fetched yet.
    pub(crate) fn new(
        options: Options,
        title: &str,
        offer: Offer,
        journal: Option<Journal>,
        metrics: Metrics,
    ) -> Result<Self, StartError> {
        let issuer = options.issuer()?;
        let upstream = Upstream::new(&options.provider, &metrics)?;
        let seal = Seal::new(options.provider.secret());
        let clients = Clients::new(options.documents)?;
        let terms = Terms {
            provider: upstream.word(),
            issuer: upstream.issuer().to_owned(),
            roles: options.roles.clone(),
            access_life: options.access_life,
            login_life: options.login_life,
        };
        Ok(Self {
            issuer,
            title: title.to_owned(),
            offer,
            upstream,
            clients,
            seal,
            pending: Mutex::new(Table::new(MOST_PENDING, MOST_OF_SITE)),
            codes: Mutex::new(Table::new(MOST_CODES, MOST_CODES)),
            logins: Arc::new(Logins::new(terms, options.store.as_ref())?),
            journal,
            metrics,
            options,
        })
    }

    /// Its name, which is its address.
    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Whose access token it is.
    pub(crate) fn admit(&self, token: &str) -> Result<crate::identity::Caller, Denied> {
        self.logins.admit(token, std::time::SystemTime::now())
    }

    /// Whether browsers reach it by https, so that cookies may be bound to it.
    fn is_secure(&self) -> bool {
        self.issuer.starts_with("https://")
    }

    fn callback_address(&self) -> String {
        format!("{}{}", self.issuer, endpoints::CALLBACK)
    }

    /// Puts on the record that somebody was not let in.
    fn refused(&self, outcome: &'static str, from: &reply::Sender) {
        tracing::info!(outcome, request_id = from.request_id, "a login was refused");
        self.metrics.authenticated(self.upstream.word(), false);
        if let Some(journal) = &self.journal {
            let (request_id, address) = (from.request_id.clone(), from.address);
            journal.note(Entry { event: Event::Denied { outcome, request_id, address }, subject: None });
        }
    }

    /// The time by which codes and logins under way end.
    fn now() -> Instant {
        Instant::now()
    }
}

/// What is inside; whoever panicked with it left it whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
