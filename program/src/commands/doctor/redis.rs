//! The Redis that servers share: whether it is there, keeps what it is given, and can be written.

use server::replicas::{Found, Settings, examine};

use super::finding::Finding;

const CHECK: &str = "redis";
/// What it must do when its memory is full: throwing keys away would be throwing away what was changed.
const KEEPS: &str = "noeviction";

/// Connects to it.
pub(super) async fn look(settings: Option<Settings>) -> Vec<Finding> {
    let Some(settings) = settings else {
        return vec![Finding::not_configured(CHECK, "this server is alone (REDIS_URL)")];
    };
    match examine(&settings).await {
        Ok(found) => told(&found),
        Err(cause) => vec![Finding::failed(
            CHECK,
            format!("it cannot be reached: {cause}"),
            "look at REDIS_URL, its user and password, and whether Redis runs there",
        )],
    }
}

fn told(Found { version, when_full, used, written }: &Found) -> Vec<Finding> {
    if let Err(cause) = used {
        let found = format!("servers do not use it: {cause}");
        return vec![Finding::failed(
            CHECK,
            found,
            "let its user ask INFO, and let Redis throw nothing away",
        )];
    }
    if let Err(cause) = written {
        return vec![Finding::failed(
            CHECK,
            format!("it cannot be written: {cause}"),
            "let its user read and write keys that begin with REDIS_KEY_PREFIX, at a server that is no replica and has room",
        )];
    }
    let version = if version.is_empty() { "of a version that it does not tell" } else { version.as_str() };
    let mut findings =
        vec![Finding::fine(CHECK, format!("Redis {version} answers, and takes what is written"))];
    if !when_full.is_empty() && when_full != KEEPS {
        findings.push(Finding::warning(
            CHECK,
            format!("it would throw keys away ({when_full}), had its memory a bound"),
            format!("set maxmemory-policy to {KEEPS} before somebody sets one: servers do not use it then"),
        ));
    }
    findings
}
