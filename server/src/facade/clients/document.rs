//! Programs that are known by an address: what is found there says their names and where they wait for answers (OAuth Client ID
//! Metadata Document).
//!
//! Whoever sends a browser here chooses what this server fetches. So it goes to https alone, follows nothing, reaches nothing that
//! is not everybody's, reads little, and does so seldom.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use quick_cache::sync::Cache;
use reqwest::{Client as Http, Url};
use serde::Deserialize;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::super::{Documents, redirect};
use super::{Client, Known as By, NoClient, shown};
use crate::identity::address::{self, Somewhere};
use crate::identity::exchange;
use crate::quota::Rate;
use crate::start_error::StartError;

/// The longest address in bytes.
const LONGEST: usize = 512;
/// The largest document in bytes.
const LARGEST: usize = 16 * 1024;
/// How many redirect addresses one may name.
const MOST_REDIRECTS: usize = 32;
/// How many documents are remembered.
const MOST: usize = 1000;
/// How long one is remembered.
const MEMORY: Duration = Duration::from_secs(600);
/// How long it is remembered that there is none.
const MEMORY_OF_NONE: Duration = Duration::from_secs(30);
/// For how long one is still believed while it cannot be read again.
const WHILE_AWAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How many are fetched at once, in a minute, and in a burst.
const AT_ONCE: usize = 8;
const PER_MINUTE: usize = 60;
const BURST: usize = 30;

const NOT_GOOD: &str = "The address by which the program calls itself (client_id) is none at which a program can describe itself.";
const NOT_THERE: &str = "What the program says of itself at its address (client_id) cannot be read.";
const NOT_ITS_OWN: &str = "What is found at the program's address (client_id) does not describe this program: it needs the same client_id, redirect_uris that are https or on this machine, and no secret.";
const BUSY: NoClient = NoClient::Away("Too many programs are being looked up. Try again in a minute.");

/// Reads documents.
pub(super) struct Reader {
    http: Http,
    documents: Documents,
    known: Cache<String, Known>,
    room: Semaphore,
    rate: Rate,
    began: Instant,
    /// When the quota of fetches is whole again.
    whole: Mutex<Duration>,
}

/// What was found at an address, and when.
#[derive(Clone)]
struct Known {
    found: Result<Client, NoClient>,
    at: Instant,
}

impl Known {
    fn is_fresh(&self, now: Instant) -> bool {
        now < self.at + if self.found.is_ok() { MEMORY } else { MEMORY_OF_NONE }
    }
}

/// What is read of a document.
#[derive(Deserialize)]
struct Written {
    client_id: String,
    client_name: Option<String>,
    #[serde(default)]
    redirect_uris: Vec<String>,
    token_endpoint_auth_method: Option<String>,
}

impl Reader {
    pub(super) fn new(documents: Documents) -> Result<Self, StartError> {
        let somewhere = if documents == Documents::Loopback { Somewhere::Any } else { Somewhere::Public };
        Ok(Self {
            http: exchange::client(somewhere, 0)?,
            documents,
            known: Cache::new(MOST),
            room: Semaphore::new(AT_ONCE),
            rate: Rate::per_minute(PER_MINUTE, BURST),
            began: Instant::now(),
            whole: Mutex::default(),
        })
    }

    /// The program that describes itself at this address. While that cannot be found out, it is as it was within a day.
    pub(super) async fn read(&self, id: &str) -> Result<Client, NoClient> {
        let address = self.address(id).ok_or(NoClient::Unknown(NOT_GOOD))?;
        let (known, now) = (self.known.get(id), Instant::now());
        if let Some(known) = known.as_ref().filter(|known| known.is_fresh(now)) {
            return known.found.clone();
        }
        match (self.fetch(id, &address).await, known) {
            (Err(NoClient::Away(_)), Some(Known { found: Ok(client), at })) if now < at + WHILE_AWAY => {
                Ok(client)
            }
            (Err(BUSY), _) => Err(BUSY),
            (found, _) => {
                self.known.insert(id.to_owned(), Known { found: found.clone(), at: now });
                found
            }
        }
    }

    async fn fetch(&self, id: &str, address: &Url) -> Result<Client, NoClient> {
        let Ok(_room) = self.room.try_acquire() else { return Err(BUSY) };
        if !self.is_in_time() {
            return Err(BUSY);
        }
        match exchange::read(self.http.get(address.clone()), LARGEST).await {
            Ok(body) => described(id, address, &body),
            Err(cause) => {
                tracing::info!(cause, client = id, "a program's description cannot be read");
                Err(NoClient::Away(NOT_THERE))
            }
        }
    }

    /// The address, if a program may be known by it: written plainly, with a path, and nothing but that.
    fn address(&self, id: &str) -> Option<Url> {
        let address = Url::parse(id).ok().filter(|address| address.as_str() == id && id.len() <= LONGEST)?;
        let is_reachable = match self.documents {
            Documents::Off => false,
            Documents::Public => address::is_public(&address),
            Documents::Loopback => address::configured(id).is_ok(),
        };
        let is_plain = address.username().is_empty() && address.password().is_none();
        let is_whole = address.path() != "/" && address.query().is_none() && address.fragment().is_none();
        (is_reachable && is_plain && is_whole).then_some(address)
    }

    fn is_in_time(&self) -> bool {
        let mut whole = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
        match self.rate.charge(*whole, 1, self.began.elapsed()) {
            Ok(after) => {
                *whole = after;
                true
            }
            Err(_) => false,
        }
    }
}

/// The program that a document describes, which was found at this address.
fn described(id: &str, address: &Url, body: &[u8]) -> Result<Client, NoClient> {
    const NO: NoClient = NoClient::Unknown(NOT_ITS_OWN);
    let written: Written = serde_json::from_slice(body).map_err(|_| NO)?;
    let is_public = written.token_endpoint_auth_method.is_none_or(|method| method == "none");
    // Addresses of other kinds may stand among them, for servers that take those.
    let redirects: Vec<String> =
        written.redirect_uris.into_iter().filter(|address| redirect::check(address).is_ok()).collect();
    if written.client_id != id || !is_public || redirects.is_empty() || redirects.len() > MOST_REDIRECTS {
        return Err(NO);
    }
    let host = address.host_str().unwrap_or_default().to_owned();
    let name = written.client_name.as_deref().map(shown).filter(|name| !name.is_empty());
    let name = name.unwrap_or_else(|| host.clone());
    Ok(Client { id: id.to_owned(), name, redirects, known: By::At(host) })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn reader(documents: Documents) -> Reader {
        Reader::new(documents).expect("a client")
    }

    #[test]
    fn a18_a_program_is_known_by_a_plain_address_that_everybody_reaches() {
        let public = reader(Documents::Public);
        assert!(public.address("https://app.example.com/mcp.json").is_some());
        for bad in [
            "http://app.example.com/mcp.json",
            "https://app.example.com/",
            "https://app.example.com",
            "https://app.example.com/a/../mcp.json",
            "https://app.example.com/mcp.json?x",
            "https://app.example.com/mcp.json#x",
            "https://u:p@app.example.com/mcp.json",
            "https://App.example.com/mcp.json",
            "https://127.0.0.1/mcp.json",
            "https://10.0.0.1/mcp.json",
            "https://2130706433/mcp.json",
            "https://[::1]/mcp.json",
            "https://[::ffff:7f00:1]/mcp.json",
            "https://169.254.169.254/latest",
            "file:///etc/passwd",
            "gopher://app.example.com/x",
        ] {
            assert!(public.address(bad).is_none(), "{bad}");
        }
        let here = "http://127.0.0.1:9/mcp.json";
        assert!(reader(Documents::Loopback).address(here).is_some());
        assert!(public.address(here).is_none());
        let long = |length: usize| format!("https://a.example.com/{}", "x".repeat(length - 22));
        assert!(public.address(&long(LONGEST)).is_some() && public.address(&long(LONGEST + 1)).is_none());
    }

    #[test]
    fn a_document_describes_the_program_whose_address_it_has() {
        let id = "https://app.example.com/mcp.json";
        let read = |changed: Value| {
            let mut document = json!({
                "client_id": id, "client_name": "App", "redirect_uris": ["http://127.0.0.1/cb", "app://cb"],
            });
            document
                .as_object_mut()
                .expect("an object")
                .extend(changed.as_object().cloned().unwrap_or_default());
            described(id, &Url::parse(id).expect("an address"), document.to_string().as_bytes())
        };
        let client = read(json!({})).expect("a program");
        assert_eq!((&*client.name, &*client.redirects), ("App", &["http://127.0.0.1/cb".to_owned()][..]));
        assert_eq!(client.known, By::At("app.example.com".to_owned()));
        assert!(read(json!({ "token_endpoint_auth_method": "none" })).is_ok());
        assert_eq!(read(json!({ "client_name": "" })).expect("a program").name, "app.example.com");
        for wrong in [
            json!({ "client_id": "https://app.example.com/other.json" }),
            json!({ "redirect_uris": [] }),
            json!({ "redirect_uris": ["javascript:alert(1)"] }),
            json!({ "redirect_uris": vec!["http://127.0.0.1/cb"; MOST_REDIRECTS + 1] }),
            json!({ "redirect_uris": "http://127.0.0.1/cb" }),
            json!({ "token_endpoint_auth_method": "client_secret_basic" }),
            json!({ "client_name": 7 }),
        ] {
            assert_eq!(read(wrong.clone()), Err(NoClient::Unknown(NOT_ITS_OWN)), "{wrong}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a18_documents_are_fetched_seldom_and_believed_for_a_day_while_they_cannot_be() {
        let reader = reader(Documents::Public);
        let id = "https://app.example.com/mcp.json";
        let use_up = || while reader.is_in_time() {};
        assert_eq!((0..BURST).filter(|_| reader.is_in_time()).count(), BURST);
        assert!(!reader.is_in_time(), "one more than the burst");
        assert_eq!(reader.read(id).await, Err(BUSY));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(reader.is_in_time() && !reader.is_in_time());
        assert_eq!(reader.read(id).await, Err(BUSY), "that is not remembered");

        let address = Url::parse(id).expect("an address");
        let document = json!({ "client_id": id, "redirect_uris": ["http://127.0.0.1/cb"] }).to_string();
        let found = described(id, &address, document.as_bytes());
        reader.known.insert(id.to_owned(), Known { found: found.clone(), at: Instant::now() });
        for wait in [MEMORY - Duration::from_secs(1), WHILE_AWAY - MEMORY] {
            tokio::time::advance(wait).await;
            use_up();
            assert_eq!(reader.read(id).await, found);
        }
        tokio::time::advance(Duration::from_secs(1)).await;
        use_up();
        assert_eq!(reader.read(id).await, Err(BUSY), "a day is over");
    }
}
