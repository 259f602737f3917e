//! Where programs register (RFC 7591), where that is allowed. Nothing is kept: the name that a program gets says, sealed, all that
//! it said, so that no flood of programs takes any room and a restart forgets none.

use std::time::{SystemTime, UNIX_EPOCH};

use http::StatusCode;
use http::request::Parts;
use serde::Deserialize;
use serde_json::json;

use super::clients::Registration;
use super::reply::{self, Wrong};
use super::{Facade, redirect};
use crate::http::{RequestBody, Response, json_answer};

/// How many redirect addresses a program may name.
const MOST: usize = 8;
/// How long they may be together: they become a part of the program's name.
const LONGEST: usize = 1024;

/// What is read of what a program says of itself.
#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    redirect_uris: Vec<String>,
    client_name: Option<String>,
}

impl Facade {
    /// Registers a program.
    pub(super) async fn register(&self, request: &Parts, body: RequestBody) -> Response {
        if !reply::is_of_type(&request.headers, "application/json") {
            return no("invalid_client_metadata", "Send JSON: Content-Type: application/json").answer();
        }
        let read = match reply::whole(body).await {
            Ok(body) => serde_json::from_slice::<Said>(&body),
            Err(wrong) => return wrong.answer(),
        };
        let Ok(said) = read else {
            let why =
                "Expected an object with redirect_uris, a list of texts, and perhaps client_name, a text";
            return no("invalid_client_metadata", why).answer();
        };
        match checked(said) {
            Ok(registration) => self.registered(&registration),
            Err(wrong) => wrong.answer(),
        }
    }

    fn registered(&self, registration: &Registration) -> Response {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let body = json!({
            "client_id": registration.id(&self.seal),
            "client_id_issued_at": now.as_secs(),
            "client_name": registration.name(),
            "redirect_uris": registration.redirects(),
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        });
        json_answer(StatusCode::CREATED, &body)
    }
}

fn no(word: &'static str, why: &'static str) -> Wrong {
    Wrong::of(word, why)
}

fn checked(said: Said) -> Result<Registration, Wrong> {
    const WORD: &str = "invalid_redirect_uri";
    if said.redirect_uris.is_empty() || said.redirect_uris.len() > MOST {
        return Err(no(WORD, "redirect_uris must be there, and at most 8"));
    }
    for address in &said.redirect_uris {
        redirect::check(address).map_err(|why| no(WORD, why))?;
    }
    if said.redirect_uris.iter().map(String::len).sum::<usize>() > LONGEST {
        return Err(no(WORD, "redirect_uris may have 1024 characters together"));
    }
    Ok(Registration::new(said.client_name.as_deref(), said.redirect_uris))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn register(redirects: &[&str]) -> Result<Registration, Wrong> {
        let redirect_uris = redirects.iter().map(|&text| text.to_owned()).collect();
        checked(Said { redirect_uris, client_name: None })
    }

    #[test]
    fn t_27_a_program_names_a_few_good_addresses() {
        assert!(register(&["http://127.0.0.1/cb"; MOST]).is_ok());
        assert!(register(&["http://127.0.0.1/cb"; MOST + 1]).is_err());
        assert!(register(&[]).is_err());
        let of_length = |length: usize| format!("https://a.example.com/{}", "x".repeat(length - 22));
        assert!(register(&[&of_length(512), &of_length(512)]).is_ok());
        assert!(register(&[&of_length(512), &of_length(513)]).is_err());
        for bad in ["javascript:alert(1)", "http://evil", "https://ok/../evil", "http://localhost.evil"] {
            let wrong = register(&["https://ok.example.com/cb", bad]).err().map(|wrong| wrong.word);
            assert_eq!(wrong, Some("invalid_redirect_uri"), "{bad}");
        }
    }
}
