//! How much the server logs, for whoever may read how it stands: told, changed for a while, and put back. For anybody else there is
//! nothing here, as there is none at `/status`.

use std::time::Duration;

use ::http::Method;
use serde_json::{Map, Value};

use super::problem::Problem;
use super::{Asked, in_json};
use crate::http::{RequestBody, Response, Site};
use crate::journal::{Asker, By};
use crate::mcp::arrived;

/// What is answered there.
pub(super) const METHODS: &str = "GET, HEAD, PUT, DELETE";

/// For how long a change is good where nobody says it, in minutes: a longer log fills disks, and nobody remembers it.
const USUAL: u64 = 15;
/// For how long at most.
const MOST: u64 = 60;

/// What is asked.
#[derive(Clone, Copy)]
pub(super) enum Wanted {
    /// How much is logged.
    Told,
    /// More or less than is configured.
    Changed,
    /// As much as is configured.
    PutBack,
}

impl Wanted {
    /// By a method, where it means something here.
    pub(super) fn by(method: &Method) -> Option<Self> {
        match *method {
            Method::GET | Method::HEAD => Some(Self::Told),
            Method::PUT => Some(Self::Changed),
            Method::DELETE => Some(Self::PutBack),
            _ => None,
        }
    }
}

impl Asked<'_> {
    /// Does it, and tells how much is logged then.
    pub(super) async fn log_level(&self, wanted: Wanted, body: RequestBody) -> Result<Response, Problem> {
        let Some(volume) = self.shared.shelf().volume(&self.caller, &self.view) else {
            tracing::info!(resource = "log-level", outcome = "denied", "read");
            return Err(Problem::no_such_resource());
        };
        let logged = match wanted {
            Wanted::Told => volume.now(),
            Wanted::PutBack => volume.reset(self.by()),
            Wanted::Changed => {
                let object = self.object(body).await?;
                let Asking { level, minutes } =
                    Asking::read(&object, volume.levels()).map_err(Problem::arguments)?;
                let set = volume.set(level, Duration::from_secs(minutes * 60), self.by());
                set.expect("it is one of the levels that there are")
            }
        };
        Ok(in_json(&logged.as_json().to_string()))
    }

    fn by(&self) -> By {
        let extensions = &self.head.extensions;
        let request_id = arrived::request_id(Some(extensions)).to_string();
        let address = extensions.get::<Site>().map(|Site(address)| *address);
        By::Call(Box::new(Asker { caller: self.caller.clone(), request_id, address }))
    }
}

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
struct Asking<'a> {
    level: &'a str,
    minutes: u64,
}

impl<'a> Asking<'a> {
    /// Reads it; an error names each member that is wrong and what is accepted there.
    fn read(object: &'a Map<String, Value>, levels: &[&str]) -> Result<Self, String> {
        let mut wrong = Vec::new();
        let level = object.get("level").and_then(Value::as_str).filter(|level| levels.contains(level));
        if level.is_none() {
            wrong.push(format!("`level`: expected one of {}", levels.join(", ")));
        }
        let minutes = object.get("minutes").map_or(Some(USUAL), Value::as_u64);
        let minutes = minutes.filter(|minutes| (1..=MOST).contains(minutes));
        if minutes.is_none() {
            wrong
                .push(format!("`minutes`: expected a whole number from 1 to {MOST}, or nothing for {USUAL}"));
        }
        let others = object.keys().filter(|name| !matches!(name.as_str(), "level" | "minutes"));
        wrong.extend(
            others.map(|name| format!("{name:?}: there is no such member, only `level` and `minutes`")),
        );
        match (level, minutes) {
            (Some(level), Some(minutes)) if wrong.is_empty() => Ok(Self { level, minutes }),
            _ => Err(format!("How much is logged was not changed. {}.", wrong.join("; "))),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(asked: &Value) -> Result<(String, u64), String> {
        let asking = Asking::read(asked.as_object().unwrap(), &["off", "info", "debug"])?;
        Ok((asking.level.to_owned(), asking.minutes))
    }

    #[test]
    fn a_level_is_one_that_there_is_and_good_for_an_hour_at_most() {
        let good = |asked: Value, minutes: u64| assert_eq!(read(&asked), Ok(("debug".to_owned(), minutes)));
        good(json!({ "level": "debug" }), 15);
        good(json!({ "level": "debug", "minutes": 1 }), 1);
        good(json!({ "level": "debug", "minutes": 60 }), 60);
        for minutes in [json!(0), json!(61), json!(-1), json!(1.5), json!("15"), Value::Null] {
            let refused = read(&json!({ "level": "debug", "minutes": minutes })).unwrap_err();
            assert!(
                refused.contains("`minutes`: expected a whole number from 1 to 60"),
                "{minutes}: {refused}"
            );
        }
        for level in [json!("loud"), json!("DEBUG"), json!(3), Value::Null] {
            let refused = read(&json!({ "level": level })).unwrap_err();
            assert!(refused.contains("`level`: expected one of off, info, debug"), "{level}: {refused}");
        }
    }

    #[test]
    fn every_member_that_is_wrong_is_named() {
        let refused = read(&json!({ "minute": 5, "minutes": 61 })).unwrap_err();
        for member in ["`level`", "`minutes`", "\"minute\": there is no such member"] {
            assert!(refused.contains(member), "{member}: {refused}");
        }
    }
}
