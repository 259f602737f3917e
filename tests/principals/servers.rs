//! The servers that principals ask: one that asks everybody who they are, and one for each way of asking nobody.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use code_pipeline_mcp::api;
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value};
use server::Options;
use server::identity::api_keys::{self, Key, List};
use server::identity::jwt;
use server::identity::keys::Source;
use server::journal::By;
use server::policy;
use server::resources::{Logged, Shown, Volume};
use server::stages::confirm;

use crate::callers::Principal;
use crate::identity_provider::{Provider, RESOURCE, RSA};
use crate::scratch::Scratch;
use crate::support::World;

/// What a principal asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    /// The server that takes tokens and keys.
    Gate,
    /// One on loopback that asks nobody.
    Loopback,
    /// One that others can reach and that asks nobody.
    Open,
    /// The same, which lets anybody read.
    OpenToRead,
}

/// All of them, with what vouches for callers.
pub(crate) struct Servers {
    pub(crate) provider: Provider,
    /// An issuer whose keys cannot be had.
    pub(crate) away: Provider,
    /// Keys by their names.
    pub(crate) keys: Vec<(&'static str, String)>,
    /// Keeps the file of the keys.
    _folder: Scratch,
    worlds: [(At, World); 4],
}

/// What becomes of a key before it is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Good,
    Revoked,
    Expired,
}

/// Keys of the server: name, role, scope.
const KEYS: [(&str, &str, &str, Fate); 4] = [
    ("key without a role", "", "cp:admin", Fate::Good),
    ("key of a service account", "service_account", "cp:deploy", Fate::Good),
    ("revoked key", "administrator", "cp:admin", Fate::Revoked),
    ("expired key", "administrator", "cp:admin", Fate::Expired),
];

/// Makes a key in this file.
fn made(file: &Path, (_, role, scope, fate): (&str, &str, &str, Fate)) -> String {
    let (key, roles) = (Key::make(), Vec::from_iter((!role.is_empty()).then(|| role.to_owned())));
    let expires = SystemTime::now() - Duration::from_secs(60);
    List::change(file, |list| {
        list.add(&key, "pipeline", &roles, &[scope.to_owned()], (fate == Fate::Expired).then_some(expires));
        if fate == Fate::Revoked {
            list.entry(key.id()).unwrap().revoked = Some("2026-01-01T00:00:00Z".to_owned());
        }
        Ok(())
    })
    .unwrap();
    key.reveal().expose_secret().to_owned()
}

/// An address of this machine that is not taken for one: requests to 127.0.0.1 arrive there, and nobody else's.
const OPEN: &str = "[::ffff:127.0.0.1]:0";

/// Logs nothing, whatever is wanted.
#[derive(Debug)]
struct Silent;

impl Volume for Silent {
    fn levels(&self) -> &'static [&'static str] {
        &["off"]
    }

    fn now(&self) -> Logged {
        Logged { level: "off", configured: "off", until: None }
    }

    fn set(&self, _: &str, _: Duration, _: By) -> Option<Logged> {
        Some(self.now())
    }

    fn reset(&self, _: By) -> Logged {
        self.now()
    }
}

/// What holds at all of them.
fn common(options: &mut Options) {
    options.engine.policy = policy::Settings {
        source: policy::Source::Text(include_str!("../../config/policy.cedar")),
        protected_levels: vec!["PRD".to_owned()],
        anonymous_reads: false,
    };
    options.engine.confirm.mode = confirm::Mode::Required;
    // What the server says of itself.
    options.mcp.resources.offered = true;
    options.mcp.resources.status = Some(Shown::new(Map::new()));
    options.mcp.resources.volume = Some(Arc::new(Silent));
    // Each call is to be made anew.
    options.engine.cache.enabled = false;
}

impl Servers {
    pub(crate) async fn start() -> Self {
        let (provider, away) = (Provider::start().await, Provider::start().await);
        let mut only = RSA.jwk("rsa");
        only["alg"] = "RS256".into();
        provider.publish(&[provider.signer.jwk("a"), only]);
        away.say("500 Internal Server Error", "");
        let folder = Scratch::new("principals");
        let file = folder.path().join("keys.json");
        let keys = KEYS.map(|key| (key.0, made(&file, key)));
        let gate = World::start_with(|options| {
            common(options);
            let of = |issuer: &Provider| {
                let keys = Source::Address(issuer.jwks());
                jwt::Options::new(keys, issuer.address.clone(), vec![RESOURCE.to_owned()])
            };
            options.http.identity.tokens = vec![of(&provider), of(&away)];
            options.http.identity.keys = Some(api_keys::Options { file: Some(file) });
            options.http.identity.resource = Some(RESOURCE.to_owned());
        })
        .await;
        let loopback = World::start_with(common).await;
        let open = |anonymous_reads| {
            World::start_at(OPEN, move |options| {
                common(options);
                options.engine.policy.anonymous_reads = anonymous_reads;
                options.http.allow_unauthenticated = true;
                options.http.allowed_hosts = vec!["127.0.0.1:*".to_owned()];
            })
        };
        let worlds = [
            (At::Gate, gate),
            (At::Loopback, loopback),
            (At::Open, open(false).await),
            (At::OpenToRead, open(true).await),
        ];
        Self { provider, away, keys: keys.into(), _folder: folder, worlds }
    }

    pub(crate) fn of(&self, principal: &Principal) -> &World {
        &self.worlds.iter().find(|(at, _)| *at == principal.at).unwrap().1
    }

    pub(crate) async fn stop(self) {
        for (_, world) in self.worlds {
            world.stop().await;
        }
    }
}

/// The names of all tools that a server offers to somebody.
pub(crate) fn tools() -> BTreeSet<String> {
    let options = Options {
        engine: server::engine::Options::new("http://127.0.0.1:9"),
        http: server::http::Options::default(),
        mcp: server::mcp::Options::default(),
    };
    let tools = server::Server::new(api::catalog(), options).unwrap().tools();
    let name = |tool: &Value| tool["name"].as_str().unwrap().to_owned();
    tools.as_array().unwrap().iter().map(name).collect()
}
