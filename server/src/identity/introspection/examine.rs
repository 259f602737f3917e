//! A question for whoever runs the server: whether the issuer answers about tokens at all, and knows this server.

use std::time::SystemTime;

use http::header::{AUTHORIZATION, CONTENT_TYPE};

use super::{Introspection, LARGEST, Options, answer, exchange, question};
use crate::metrics::Metrics;

/// What no issuer gives to anybody.
const NOBODYS: &str = "a-token-that-nobody-has";

/// Asks the issuer about a token that nobody has, as a server would about one that somebody shows. Gives what the clock of the
/// issuer says, if it says it; else what is wrong.
pub async fn examine(options: &Options) -> Result<Option<SystemTime>, String> {
    let introspection =
        Introspection::new(options.clone(), Metrics::default()).map_err(|error| error.to_string())?;
    let asking = &introspection.asking;
    let request = asking
        .client
        .post(asking.place.clone())
        .header(AUTHORIZATION, asking.authorization.clone())
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(question(NOBODYS));
    let (body, date) = exchange::dated(request, LARGEST).await?;
    let answer = answer::read(&body)?;
    match answer.get("active").and_then(serde_json::Value::as_bool) {
        Some(false) => Ok(date),
        Some(true) => Err("it calls a token good that nobody has".to_owned()),
        None => Err("it says neither yes nor no to a token".to_owned()),
    }
}
