//! Tokens that say nothing themselves: their issuer is asked about each (RFC 7662).
//!
//! What it promises: whoever shows a token waits for one question about it, together with all who show the same; only so many
//! questions are open at once; and that the issuer cannot be asked is never taken for a bad token.

mod answer;
mod examine;
mod flights;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, Url};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;

use super::address::{self, Somewhere};
use super::verified::Hash;
use super::{Denied, Identity, Names, exchange};
use crate::metrics::{Count, Metrics};
use crate::start_error::StartError;
use flights::Flights;

pub use examine::examine;

/// The provider in a word.
pub const PROVIDER: &str = "introspection";
/// How large an answer may be in bytes.
const LARGEST: usize = 16 * 1024;
/// How many questions may be open at once.
const MOST: usize = 64;
/// How long a token waits for its turn to be asked about.
const TURN: Duration = Duration::from_secs(1);
/// How many connections are kept: a token is shown to be used, and whoever uses it waits.
const IDLE: usize = 8;
/// Said of a token for which there is no turn.
const BUSY: Denied = Denied::Unavailable("introspection_busy");
/// What stands as it is in a form (HTML, section 4.10.22.8); a blank is a plus.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_');

/// Who is asked about tokens, and which of them are taken.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it is asked.
    pub address: String,
    /// Who this server is to it.
    pub client_id: String,
    /// What proves that.
    pub client_secret: SecretString,
    /// Its name, exactly as it says it.
    pub issuer: String,
    /// For whom tokens must be: one of these.
    pub audiences: Vec<String>,
    /// The programs to which tokens must have been given, by the claim that names them; any while none is named.
    pub clients: Vec<String>,
    /// How far the clocks of the provider and of this machine may differ.
    pub leeway: Duration,
    /// How long an answer is remembered, a minute at most: for so long a token that was withdrawn may still be taken.
    pub memory: Duration,
    /// What the members are called that say who it is, and more.
    pub names: Names,
}

impl Options {
    /// Tokens of this issuer for these audiences, about which this address is asked.
    pub fn new(
        address: impl Into<String>,
        (client_id, client_secret): (impl Into<String>, SecretString),
        issuer: impl Into<String>,
        audiences: Vec<String>,
    ) -> Self {
        Self {
            address: address.into(),
            client_id: client_id.into(),
            client_secret,
            issuer: issuer.into(),
            audiences,
            clients: Vec::new(),
            leeway: Duration::from_secs(30),
            memory: Duration::from_secs(60),
            names: Names::default(),
        }
    }
}

/// Asks about tokens.
pub(super) struct Introspection {
    asking: Arc<Asking>,
    flights: Flights,
}

struct Asking {
    options: Options,
    client: Client,
    place: Url,
    authorization: HeaderValue,
    room: Semaphore,
    metrics: Metrics,
}

impl fmt::Debug for Introspection {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Introspection")
    }
}

impl Introspection {
    /// Refuses half of what it needs; nothing is asked yet.
    pub(super) fn new(options: Options, metrics: Metrics) -> Result<Self, StartError> {
        let missing = |name: &str, why: &str| Err(StartError::new(format!("{name} is not set: {why}")));
        if options.issuer.is_empty() {
            return missing("AUTH_ISSUER", "tokens need an issuer, or anybody's would do");
        }
        if options.audiences.is_empty() || options.audiences.iter().any(String::is_empty) {
            return missing("AUTH_AUDIENCE", "tokens need an audience, or those for other servers would do");
        }
        if options.client_id.is_empty() || options.client_secret.expose_secret().is_empty() {
            return missing(
                "AUTH_INTROSPECTION_CLIENT_ID or AUTH_INTROSPECTION_CLIENT_SECRET",
                "an issuer answers nobody whom it does not know",
            );
        }
        let place = address::configured(&options.address)
            .map_err(|wrong| StartError::new(format!("AUTH_INTROSPECTION_URL: {wrong}")))?;
        let client = exchange::client(Somewhere::Any, IDLE)?;
        let authorization = basic(&options.client_id, options.client_secret.expose_secret());
        let asking = Asking { options, client, place, authorization, room: Semaphore::new(MOST), metrics };
        Ok(Self { asking: Arc::new(asking), flights: Flights::default() })
    }

    /// How long it is remembered whose a token is.
    pub(super) fn memory(&self) -> Duration {
        self.asking.options.memory
    }

    /// Whose token it is, which has this hash.
    pub(super) async fn verify(&self, token: &str, hash: Hash) -> Result<Identity, Denied> {
        let begin = || {
            let (asking, form) = (Arc::clone(&self.asking), question(token));
            async move { asking.count(asking.ask(form).await) }.boxed()
        };
        self.flights.join(hash, begin).await
    }
}

impl Asking {
    /// Counts a question by what came of it.
    fn count(&self, found: Result<Identity, Denied>) -> Result<Identity, Denied> {
        self.metrics.count(match found {
            Ok(_) => Count::Active,
            Err(BUSY) => Count::IssuerBusy,
            Err(Denied::Unavailable(_)) => Count::IssuerAway,
            Err(_) => Count::Inactive,
        });
        found
    }

    async fn ask(&self, form: Bytes) -> Result<Identity, Denied> {
        let turn = tokio::time::timeout(TURN, self.room.acquire()).await;
        let Ok(Ok(_turn)) = turn else { return Err(BUSY) };
        let request = self
            .client
            .post(self.place.clone())
            .header(AUTHORIZATION, self.authorization.clone())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form);
        let answer = exchange::read(request, LARGEST).await;
        // By the clock as it is now: the answer may have taken its time.
        let found = answer.and_then(|body| answer::read(&body).map_err(str::to_owned));
        match found {
            Ok(answer) => answer::judge(&answer, &self.options, SystemTime::now()),
            Err(cause) => {
                tracing::error!(cause, "the identity provider cannot be asked about tokens");
                Err(Denied::Unavailable("introspection_unavailable"))
            }
        }
    }
}

/// The form that asks about a token.
fn question(token: &str) -> Bytes {
    Bytes::from(format!("token={}&token_type_hint=access_token", encoded(token)))
}

/// Who asks: name and secret are encoded each, so that a colon in the one does not begin the other (RFC 6749, section 2.3.1).
fn basic(id: &str, secret: &str) -> HeaderValue {
    let digits = STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret)));
    let mut value = HeaderValue::try_from(format!("Basic {digits}")).expect("base64 is visible ASCII");
    value.set_sensitive(true);
    value
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, FORM).to_string().replace("%20", "+")
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;
    use tokio::net::TcpListener;

    use super::*;
    use crate::identity::verified::Verified;

    fn good() -> Options {
        let client = ("mcp", SecretString::from("s"));
        Options::new("https://login.example.com/introspect", client, "issuer", vec!["me".to_owned()])
    }

    #[tokio::test(start_paused = true)]
    async fn t_2a_only_so_many_questions_are_open_at_once_and_none_for_ever() {
        // It takes connections and never answers.
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/introspect", listener.local_addr().unwrap());
        let metrics = Metrics::default();
        let asked = Introspection::new(Options { address, ..good() }, metrics.clone()).unwrap();
        let tokens: Vec<String> = (0..=MOST).map(|number| number.to_string()).collect();
        let answers = tokens.iter().map(|token| asked.verify(token, Verified::hash(token)));
        let answers = join_all(answers).await;
        let (last, others) = answers.split_last().unwrap();
        assert_eq!(*last, Err(Denied::Unavailable("introspection_busy")));
        for other in others {
            assert_eq!(*other, Err(Denied::Unavailable("introspection_unavailable")));
        }
        let text = metrics.render(crate::metrics::Format::Prometheus, crate::metrics::Beside::default());
        for (result, count) in [("busy", 1), ("unavailable", MOST), ("good", 0), ("bad", 0)] {
            let line = format!("mcp_auth_introspections_total{{result=\"{result}\"}} {count}");
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
    }

    #[test]
    fn t_2a_name_and_secret_are_encoded_each_by_itself() {
        let value = basic("a:b c", "s%:\u{e9}+*-._~/=");
        let digits = value.to_str().unwrap().strip_prefix("Basic ").unwrap();
        let text = String::from_utf8(STANDARD.decode(digits).unwrap()).unwrap();
        assert_eq!(text, "a%3Ab+c:s%25%3A%C3%A9%2B*-._%7E%2F%3D");
        assert!(!format!("{value:?}").contains(digits));
        assert_eq!(question("a+/b=="), "token=a%2B%2Fb%3D%3D&token_type_hint=access_token");
    }

    #[test]
    fn t_60_half_of_it_and_addresses_of_no_provider_stop_the_start() {
        assert!(Introspection::new(good(), Metrics::default()).is_ok());
        let with = |change: fn(&mut Options)| {
            let mut options = good();
            change(&mut options);
            Introspection::new(options, Metrics::default()).unwrap_err().to_string()
        };
        type Change = fn(&mut Options);
        let wrong: [(Change, &str); 7] = [
            (|options| options.issuer.clear(), "AUTH_ISSUER is not set"),
            (|options| options.audiences.clear(), "AUTH_AUDIENCE is not set"),
            (|options| options.client_id.clear(), "AUTH_INTROSPECTION_CLIENT_ID or"),
            (|options| options.client_secret = "".into(), "AUTH_INTROSPECTION_CLIENT_ID or"),
            (|options| options.address = "http://login.example.com/".to_owned(), "AUTH_INTROSPECTION_URL: "),
            (
                |options| options.address = "https://u:p@login.example.com/".to_owned(),
                "AUTH_INTROSPECTION_URL: ",
            ),
            (|options| options.address = "https://169.254.169.254/".to_owned(), "AUTH_INTROSPECTION_URL: "),
        ];
        for (change, line) in wrong {
            let found = with(change);
            assert!(found.starts_with(line) && !found.contains('\n'), "{found}");
        }
    }
}
