//! What vouches for callers: whether each provider can be asked now, and what it publishes is of use.

use std::time::SystemTime;

use server::facade::{self, Provider};
use server::identity::api_keys::{self, List, Shared};
use server::identity::keys::{self, Algorithm, Published, Source};
use server::identity::{Options, introspection, jwt};
use server::replicas;

use super::clock::Clock;
use super::finding::Finding;
use super::running::Checked;

const CHECK: &str = "callers";
/// Where Google is.
const GOOGLE: &str = "https://accounts.google.com";

/// Asks each of them.
pub(super) async fn look(options: Options, is_open: bool, redis: Option<replicas::Settings>) -> Checked {
    let mut checked = Checked::default();
    if !options.asks() {
        checked.findings.push(nobody(is_open));
    }
    for issuer in &options.tokens {
        signed(&mut checked, issuer).await;
    }
    if let Some(issuer) = &options.introspection {
        asked(&mut checked, issuer).await;
    }
    if let Some(facade) = &options.facade {
        logins(&mut checked, facade).await;
    }
    if let Some(options) = options.keys {
        checked.findings.push(keys_of(options, redis).await);
    }
    checked
}

fn nobody(is_open: bool) -> Finding {
    if is_open {
        Finding::warning(
            CHECK,
            "nobody is asked who they are, and others than this machine reach the server (ALLOW_UNAUTHENTICATED)",
            "set AUTH_PROVIDER: docs/authentication.md",
        )
    } else {
        Finding::not_configured(
            CHECK,
            "nobody is asked who they are (AUTH_PROVIDER); only this machine reaches the server",
        )
    }
}

async fn signed(checked: &mut Checked, issuer: &jwt::Options) {
    let jwt::Options { provider, issuer: name, keys: source, algorithms, .. } = issuer;
    match keys::examine(source).await {
        Ok(published) => {
            checked.clocks.extend(Clock::of(name, published.date));
            checked.findings.push(of_use(&format!("{provider} of {name}"), &published, algorithms));
        }
        Err(cause) => {
            let advice = match source {
                Source::Issuer(_) => {
                    "look at AUTH_ISSUER: its document must be at /.well-known/openid-configuration below it, and name the same issuer and `jwks_uri`"
                }
                Source::Address(_) => "look at AUTH_JWKS_URI",
                Source::Pinned(_) => "look at AUTH_PUBLIC_KEY_FILE",
            };
            let found = format!("{provider}: the keys of {name} cannot be had: {cause}");
            checked.findings.push(Finding::failed(CHECK, found, advice));
        }
    }
}

/// Whether tokens can be signed by these keys in a way that is taken.
fn of_use(who: &str, published: &Published, wanted: &[Algorithm]) -> Finding {
    let names = |all: &[Algorithm]| all.iter().map(|one| one.name()).collect::<Vec<_>>().join(", ");
    let place = published.place.as_ref().map_or("pinned".to_owned(), |place| format!("at {place}"));
    let known: Vec<Algorithm> = match wanted {
        [] => published.algorithms.clone(),
        wanted => published.algorithms.iter().copied().filter(|one| wanted.contains(one)).collect(),
    };
    if known.is_empty() {
        let found = format!(
            "{who}: its keys, {place}, sign by {} and never by {}",
            names(&published.algorithms),
            names(wanted)
        );
        return Finding::failed(CHECK, found, "set AUTH_JWT_ALGORITHMS to what the issuer uses, or unset it");
    }
    let count = match published.keys {
        1 => "1 key".to_owned(),
        many => format!("{many} keys"),
    };
    Finding::fine(CHECK, format!("{who}: {count} {place}, for {}", names(&known)))
}

async fn asked(checked: &mut Checked, issuer: &introspection::Options) {
    let name = &issuer.issuer;
    match introspection::examine(issuer).await {
        Ok(date) => {
            checked.clocks.extend(Clock::of(name, date));
            checked.findings.push(Finding::fine(CHECK, format!("introspection: {name} answers about tokens")));
        }
        Err(cause) => checked.findings.push(Finding::failed(
            CHECK,
            format!("introspection: {name} cannot be asked about tokens: {cause}"),
            "look at AUTH_INTROSPECTION_URL, AUTH_INTROSPECTION_CLIENT_ID and AUTH_INTROSPECTION_CLIENT_SECRET",
        )),
    }
}

async fn logins(checked: &mut Checked, facade: &facade::Options) {
    let google = match &facade.provider {
        Provider::GitHub(app) => {
            let found =
                format!("logins at {}; whether its client is known there shows only a login", app.address);
            checked.findings.push(Finding::fine(CHECK, found));
            return;
        }
        Provider::Google(client) => client.address.clone().unwrap_or_else(|| GOOGLE.to_owned()),
    };
    match keys::examine(&Source::Issuer(google.clone())).await {
        Ok(published) => {
            checked.clocks.extend(Clock::of(&google, published.date));
            checked.findings.push(of_use(&format!("logins at {google}"), &published, &[]));
        }
        Err(cause) => checked.findings.push(Finding::failed(
            CHECK,
            format!("logins: the keys of {google} cannot be had: {cause}"),
            "look whether this machine may connect there",
        )),
    }
}

async fn keys_of(options: api_keys::Options, redis: Option<replicas::Settings>) -> Finding {
    let list = match (options.file, redis) {
        // The file must be there, as a server wants it.
        (Some(file), _) if !file.exists() => {
            let found = format!("AUTH_API_KEYS_FILE: {} is not there", file.display());
            return Finding::failed(CHECK, found, "make a key with `keys create`, which makes the file");
        }
        (Some(file), _) => List::load(&file),
        (None, Some(redis)) => match Shared::at(redis) {
            Ok(shared) => shared.load().await,
            Err(error) => Err(error),
        },
        (None, None) => return Finding::failed(CHECK, "keys are nowhere", "set AUTH_API_KEYS_FILE"),
    };
    let list = match list {
        Ok(list) => list,
        Err(error) => return Finding::failed(CHECK, error.to_string(), "see `keys list`"),
    };
    let now = SystemTime::now();
    let is_over = |key: &&api_keys::Entry| key.revoked.is_some() || key.is_over(now);
    let (over, good): (Vec<_>, Vec<_>) = list.entries().iter().partition(is_over);
    let found = format!("{} API keys that are good, {} that are not any more", good.len(), over.len());
    match good.is_empty() {
        true => Finding::warning(CHECK, found, "make one with `keys create`, or nobody can call by a key"),
        false => Finding::fine(CHECK, found),
    }
}
