//! The settings of what several servers of one API share: rows of the table, and what they are put together to.

use std::time::Duration;

use secrecy::SecretString;
use server::replicas;

use super::Config;
use super::setting::{Setting, setting};
use super::value::Kind;
use crate::refusal::Refusal;

/// What is shared, where an address of Redis is named.
pub(crate) struct Sharing {
    /// Where Redis is.
    url: Option<SecretString>,
    /// What all servers know.
    secret: Option<SecretString>,
    prefix: String,
    timeout: Duration,
    settle: Duration,
    alone: bool,
}

impl Default for Sharing {
    fn default() -> Self {
        let usual = replicas::Settings::new("".into(), "".into());
        let replicas::Settings { prefix, timeout, settle, alone, .. } = usual;
        Self { url: None, secret: None, prefix, timeout, settle, alone }
    }
}

impl Sharing {
    /// Whether an address of Redis is named.
    pub(crate) fn is_wanted(&self) -> bool {
        self.url.is_some()
    }

    /// What the runtime is given; nothing where no Redis is named. Half of it is refused.
    pub(crate) fn settings(&self) -> Result<Option<replicas::Settings>, Refusal> {
        let needs = |name: &str, what: &str| Refusal::configuration(format!("{name} is not set: {what}"));
        match (&self.url, &self.secret) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(needs("REDIS_URL", "REDIS_SECRET is, which is of no use without it")),
            (Some(_), None) => Err(needs(
                "REDIS_SECRET",
                "with REDIS_URL every server needs the same 32 bytes or more, such as `openssl rand -hex 32` prints, so that what it reads in Redis is certainly another server's",
            )),
            (Some(url), Some(secret)) => Ok(Some(replicas::Settings {
                prefix: self.prefix.clone(),
                timeout: self.timeout,
                settle: self.settle,
                alone: self.alone,
                ..replicas::Settings::new(url.clone(), secret.clone())
            })),
        }
    }
}

/// The rows of the table.
pub(super) fn rows() -> [Setting; 7] {
    [
        setting(
            "redis.url",
            &["REDIS_URL"],
            Kind::Secret(|config: &mut Config| &mut config.sharing.url),
            "The address of the Redis through which several servers of one API share what must be known to all: `redis://`, `rediss://` or `unix://`, with user and password where it wants them. While it is unset a server is alone.",
        ),
        setting(
            "redis.secret",
            &["REDIS_SECRET"],
            Kind::Secret(|config| &mut config.sharing.secret),
            "32 bytes or more, the same for all servers and unknown to Redis, which prove that a value in Redis was written by one of them.",
        ),
        setting(
            "redis.key_prefix",
            &["REDIS_KEY_PREFIX"],
            Kind::Name(|config| &mut config.sharing.prefix),
            "What every key in Redis begins with.",
        ),
        setting(
            "redis.serializer",
            &["REDIS_SERIALIZER"],
            Kind::Serializer,
            "The form of answers in Redis: `json`, behind a proof by `REDIS_SECRET`.",
        ),
        setting(
            "redis.timeout_seconds",
            &["REDIS_TIMEOUT"],
            Kind::Seconds { at: |config| &mut config.sharing.timeout, minimum: 0.001, maximum: 5.0 },
            "How long a read waits for Redis before it does without; a change waits a second.",
        ),
        setting(
            "redis.settle_seconds",
            &["REDIS_SETTLE"],
            Kind::Seconds { at: |config| &mut config.sharing.settle, minimum: 0.0, maximum: 60.0 },
            "How long changes wait after Redis came back as another one or empty, so that every server can tell it first what it knows; below 5 a server may come too late.",
        ),
        setting(
            "redis.changes_on_failure",
            &["LEDGER_FAIL_MODE"],
            Kind::OneOf {
                at: |config| usize::from(!config.sharing.alone),
                put: |config, index| config.sharing.alone = index == 0,
                words: &["open", "closed"],
            },
            "`closed` refuses changes while Redis is away, since another server may have made them; `open` makes them, and then the same change may be made once by each server.",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_what_is_shared_stops_the_start_and_names_the_other_half() {
        let secret = || Some(SecretString::from("0123456789abcdef0123456789abcdef"));
        let with = |url, secret| Sharing { url, secret, ..Sharing::default() }.settings();
        assert!(with(None, None).is_ok_and(|settings| settings.is_none()));
        assert!(with(secret(), secret()).is_ok_and(|settings| settings.is_some()));
        for (url, secret, name) in [(None, secret(), "REDIS_URL"), (secret(), None, "REDIS_SECRET")] {
            let Err(refusal) = with(url, secret) else { panic!("{name} is missing") };
            let line = refusal.to_string();
            assert!(line.starts_with(&format!("{name} is not set")) && !line.contains("0123"), "{line}");
        }
    }
}
