//! What is claimed of a caller, by a token itself or by whoever issued it: members of a JSON object, read with one strictness.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

use super::{Denied, Identity, Names, names};

/// The longest subject in bytes.
const LONGEST_SUBJECT: usize = 256;

/// The claims.
pub(crate) struct Claims(Map<String, Value>);

/// The times that were claimed, in seconds since 1970, and the time by which they were judged.
pub(super) struct Times {
    pub(super) expires: Option<f64>,
    pub(super) issued: Option<f64>,
    pub(super) now: f64,
}

impl Claims {
    /// Reads an object.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok().map(Self)
    }

    /// One of them, whatever it is.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// One of them, if it is text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// Whether a claim names one of these audiences, or several and one of these among them. A list that holds anything but
    /// text is no list of audiences.
    pub(super) fn names_one(&self, claim: &str, audiences: &[String]) -> bool {
        match self.get(claim) {
            Some(Value::String(audience)) => audiences.contains(audience),
            Some(Value::Array(items)) => {
                let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
                texts.is_some_and(|texts| audiences.iter().any(|audience| texts.contains(&audience.as_str())))
            }
            _ => false,
        }
    }

    /// Its times, if none of them says that it is over or to come.
    pub(super) fn times(&self, leeway: Duration, time: SystemTime) -> Result<Times, Denied> {
        let now = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let leeway = leeway.as_secs_f64();
        let expires = self.time("exp")?;
        if expires.is_some_and(|expires| expires <= now - leeway) {
            return Err(Denied::Invalid("expired"));
        }
        if self.time("nbf")?.is_some_and(|begins| begins > now + leeway) {
            return Err(Denied::Invalid("not_yet"));
        }
        let issued = self.time("iat")?;
        if issued.is_some_and(|issued| issued > now + leeway) {
            return Err(Denied::Invalid("issued_later"));
        }
        Ok(Times { expires, issued, now })
    }

    /// A time in seconds since 1970, within what any clock says.
    fn time(&self, name: &str) -> Result<Option<f64>, Denied> {
        const LATEST: f64 = 253_402_300_800.0; // the year 10000
        match self.get(name) {
            None => Ok(None),
            Some(value) => match value.as_f64().filter(|seconds| (0.0..LATEST).contains(seconds)) {
                Some(seconds) => Ok(Some(seconds)),
                None => Err(Denied::Invalid("bad_time")),
            },
        }
    }

    /// What they say of a caller, but who says so and until when it holds.
    pub(super) fn describe(&self, names: &Names) -> Result<Identity, Denied> {
        let held = names.held;
        Ok(Identity {
            subject: self.subject(&names.user)?,
            client: self.one(&names.client, held.client, "client")?,
            name: self.one(&names.name, false, "name")?,
            roles: self.words(&names.roles, held.roles, "roles")?,
            groups: self.words(&names.groups, held.groups, "groups")?,
            scopes: self.words(&names.scopes, held.scopes, "scopes")?,
            tenant: self.one(&names.tenant, held.tenant, "tenant")?,
            ..Identity::default()
        })
    }

    /// Who it is.
    pub(crate) fn subject(&self, names: &[String]) -> Result<String, Denied> {
        let subject = names::find(&self.0, names).and_then(Value::as_str);
        let subject = subject.filter(|subject| (1..=LONGEST_SUBJECT).contains(&subject.len()));
        subject.map(str::to_owned).ok_or(Denied::Invalid("subject"))
    }

    /// The text of a claim, which must be one where tokens are held to it.
    fn one(&self, names: &[String], is_held: bool, reason: &'static str) -> Result<Option<String>, Denied> {
        let text =
            names::find(&self.0, names).and_then(Value::as_str).filter(|text| !is_held || !text.is_empty());
        if is_held && text.is_none() { Err(Denied::Invalid(reason)) } else { Ok(text.map(str::to_owned)) }
    }

    /// The words of a claim. A token may lack it, which gives it no rights; where tokens are held to it, it has no other form.
    fn words(&self, names: &[String], is_held: bool, reason: &'static str) -> Result<Vec<String>, Denied> {
        let claim = names::find(&self.0, names);
        if is_held && claim.is_some_and(|claim| !names::are_words(claim)) {
            return Err(Denied::Invalid(reason));
        }
        Ok(names::words(claim))
    }
}

#[cfg(test)]
impl From<Map<String, Value>> for Claims {
    fn from(claims: Map<String, Value>) -> Self {
        Self(claims)
    }
}
