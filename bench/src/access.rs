//! What it costs to find out who calls and whether that one may: processor time of the gate and of the rules that come with the
//! program, for credentials that were seen before and decisions that were or were not.

use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use secrecy::ExposeSecret as _;
use serde_json::{Map, Value, json};
use server::call::Caller;
use server::identity::api_keys::{self, Key, List};
use server::identity::keys::Source;
use server::identity::{Gate, Identity, Options, Presented, Principal, jwt};
use server::metrics::Metrics;
use server::policy::{self, Policies, Verdict};

use crate::cost::{micros, processor_time};
use crate::issuer::{AUDIENCE, ISSUER, Issuer};
use crate::scratch::Scratch;

const RULES: &str = include_str!("../../config/policy.cedar");

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A token and a decision that were seen before.
    Token,
    /// The same with a key of the server.
    Key,
    /// A decision that was not made before, for a caller who is known.
    Anew,
    /// The same for one who is not.
    NewCaller,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Token, Self::Key, Self::Anew, Self::NewCaller];

    /// The kind in words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Token => "token and decision known",
            Self::Key => "key, decision known",
            Self::Anew => "decision anew, without the gate",
            Self::NewCaller => "decision anew for a new caller, without the gate",
        }
    }
}

/// A gate that takes a token and a key, and the rules of the program.
pub struct Access {
    gate: Gate,
    policies: Policies,
    token: String,
    key: String,
    made: usize,
    _folder: Scratch,
}

impl Access {
    /// Both, with a developer behind token and key.
    pub fn new() -> io::Result<Self> {
        let folder = Scratch::in_memory()?;
        let (file, key) = (folder.path().join("keys.json"), Key::make());
        List::change(&file, |list| {
            list.add(&key, "bench", &["developer".to_owned()], &[], None);
            Ok(())
        })
        .map_err(io::Error::other)?;
        let issuer = Issuer::new()?;
        let tokens = jwt::Options::new(Source::Pinned(issuer.keys()), ISSUER, vec![AUDIENCE.to_owned()]);
        let keys = Some(api_keys::Options { file: Some(file) });
        let options = Options { tokens: vec![tokens], keys, ..Options::default() };
        let gate = Gate::new(&options, "bench", Arc::default(), None, Metrics::default(), None)
            .map_err(io::Error::other)?;
        let settings = policy::Settings {
            source: policy::Source::Text(RULES),
            protected_levels: vec!["PRD".to_owned()],
            ..policy::Settings::default()
        };
        let policies =
            Policies::new(code_pipeline_mcp::api::catalog(), settings).map_err(io::Error::other)?;
        let (token, key) = (issuer.token("developer")?, key.reveal().expose_secret().to_owned());
        Ok(Self { gate, policies, token, key, made: 0, _folder: folder })
    }

    /// Microseconds of processor time that one of `count` takes.
    pub async fn cost(&mut self, kind: Kind, count: usize) -> f64 {
        let tool = code_pipeline_mcp::api::catalog().find("promote_assignment").expect("the catalog has it");
        let numbers = self.made..self.made + count;
        self.made += count;
        let calls: Vec<(Caller, Map<String, Value>)> = numbers
            .map(|number| {
                let level = if matches!(kind, Kind::Token | Kind::Key) { 0 } else { number };
                let subject = if kind == Kind::NewCaller { number } else { 0 };
                (developer(subject), arguments(&format!("L{level}")))
            })
            .collect();
        let begun = processor_time();
        for (caller, arguments) in &calls {
            let caller = match kind {
                Kind::Token => &self.admitted(Presented::Bearer(&self.token)).await,
                Kind::Key => &self.admitted(Presented::Key(&self.key)).await,
                Kind::Anew | Kind::NewCaller => caller,
            };
            let verdict = self.policies.decide_for(caller, tool, arguments, None, SystemTime::now());
            assert_eq!(verdict, Verdict::Allowed, "{kind:?}");
        }
        micros(processor_time() - begun, count)
    }

    async fn admitted(&self, presented: Presented<'_>) -> Caller {
        self.gate.admit(presented).await.expect("the credential is good")
    }
}

fn developer(number: usize) -> Caller {
    Caller::Known(Arc::new(Principal::new(Identity {
        provider: "jwt",
        issuer: ISSUER.to_owned(),
        subject: format!("user{number}"),
        roles: vec!["developer".to_owned()],
        ..Identity::default()
    })))
}

fn arguments(level: &str) -> Map<String, Value> {
    let arguments = json!({ "srid": "cw09-47623", "assignmentId": "PLAY000313", "level": level });
    arguments.as_object().cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_kind_lets_a_developer_promote() {
        let mut access = Access::new().expect("it starts");
        for kind in Kind::ALL {
            assert!(access.cost(kind, 20).await > 0.0, "{kind:?}");
        }
    }
}
