//! What a program asks for, checked: by whom, where the browser goes afterwards, what proves that it asked, and which scopes.

use serde::{Deserialize, Serialize};

use super::clients::Client;
use super::{Facade, challenge, redirect};
use crate::http::Parameters;

/// The longest state of a program in bytes.
const LONGEST_STATE: usize = 2048;

/// A request that may be put to a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) client: String,
    /// What people know the program as.
    pub(super) name: String,
    pub(super) redirect: String,
    pub(super) challenge: String,
    pub(super) scopes: Vec<String>,
    /// What the program wants to hear again.
    pub(super) state: Option<String>,
}

/// What is wrong with a request from a program whose browser may be sent back: a word of RFC 6749, and a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) word: &'static str,
    pub(super) why: &'static str,
}

const fn fault(word: &'static str, why: &'static str) -> Fault {
    Fault { word, why }
}

/// Where the browser of a request may be sent back to: what the program asks for, if it named it before.
pub(super) fn redirect_of(client: &Client, parameters: &Parameters) -> Result<String, &'static str> {
    let Some(asked) = parameters.get("redirect_uri") else {
        return Err("The program did not say where it waits for the answer (redirect_uri).");
    };
    let is_good = redirect::check(asked).is_ok()
        && client.redirects.iter().any(|named| redirect::is_named(named, asked));
    let refusal = "The program waits for the answer at an address that it never named (redirect_uri).";
    if is_good { Ok(asked.to_owned()) } else { Err(refusal) }
}

impl Facade {
    /// The request of this program, whose answer goes there.
    pub(super) fn asked(
        &self,
        client: &Client,
        redirect: &str,
        parameters: &Parameters,
    ) -> Result<Asked, Fault> {
        if parameters.get("response_type") != Some("code") {
            return Err(fault("unsupported_response_type", "response_type must be code"));
        }
        if parameters.get("request").is_some() || parameters.get("request_uri").is_some() {
            return Err(fault("request_not_supported", "Request objects are not read"));
        }
        if parameters.get("response_mode").is_some_and(|mode| mode != "query") {
            return Err(fault("invalid_request", "response_mode must be query"));
        }
        let challenge = parameters.get("code_challenge").filter(|text| challenge::is_one(text));
        let (Some(challenge), Some("S256")) = (challenge, parameters.get("code_challenge_method")) else {
            return Err(fault(
                "invalid_request",
                "code_challenge is needed, and code_challenge_method must be S256",
            ));
        };
        if !self.is_for_us(parameters) {
            return Err(fault("invalid_target", "resource must be the address of this server"));
        }
        let state = parameters.get("state");
        if state.is_some_and(|state| state.len() > LONGEST_STATE) {
            return Err(fault("invalid_request", "state may have 2048 bytes at most"));
        }
        Ok(Asked {
            client: client.id.clone(),
            name: client.name.clone(),
            redirect: redirect.to_owned(),
            challenge: challenge.to_owned(),
            scopes: self.scopes(parameters.get("scope"))?,
            state: state.map(str::to_owned),
        })
    }

    /// Whether what is asked for is for this server and no other (RFC 8707). A program that does not say is here, where there is
    /// nothing else.
    pub(super) fn is_for_us(&self, parameters: &Parameters) -> bool {
        parameters.resources().all(|asked| asked.trim_end_matches('/') == self.options.resource)
    }

    /// The scopes that may be had of those that are asked for.
    fn scopes(&self, asked: Option<&str>) -> Result<Vec<String>, Fault> {
        let Some(asked) = asked else { return Ok(self.offer.usual.clone()) };
        let asked: Vec<&str> = asked.split_ascii_whitespace().collect();
        let known = self.offer.all.iter().filter(|scope| asked.contains(&scope.as_str()));
        let scopes: Vec<String> = known.cloned().collect();
        if scopes.is_empty() && !self.offer.all.is_empty() {
            return Err(fault("invalid_scope", "None of these scopes is one of this server"));
        }
        Ok(scopes)
    }
}
