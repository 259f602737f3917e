//! One GET, bounded in size and time. Redirects are followed within the host only, and never from https to http, so
//! that what is fetched comes from where the command line says.

/// Bytes that an answer may have; no document may be larger.
#[cfg(feature = "fetch")]
const LARGEST: u64 = 10 * 1024 * 1024;
/// What a whole request may take.
#[cfg(feature = "fetch")]
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);
/// Redirects in a row.
#[cfg(feature = "fetch")]
const REDIRECTS: usize = 3;

/// Whether a source is an address rather than a path.
pub(super) fn is_address(source: &str) -> bool {
    let lower = source.to_ascii_lowercase();
    lower.starts_with("http://") || lower.starts_with("https://")
}

/// An address without a path is a server's: its health names its contract.
pub(super) fn or_health(address: &str) -> String {
    let after = address.find("://").map_or(0, |at| at + 3);
    match address[after..].find('/') {
        None => format!("{address}/health"),
        Some(slash) if after + slash + 1 == address.len() => format!("{address}health"),
        Some(_) => address.to_owned(),
    }
}

/// The last part of an address's path, by whose ending JSON is told from YAML.
pub(super) fn file_name(address: &str) -> String {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    if name.is_empty() { "document".to_owned() } else { name.to_owned() }
}

/// The body of a successful answer.
#[cfg(feature = "fetch")]
pub(super) fn get(address: &str) -> Result<Vec<u8>, String> {
    use std::io::Read as _;

    let failed = |cause: &dyn std::fmt::Display| format!("cannot fetch {address}: {cause}");
    let url = reqwest::Url::parse(address).map_err(|cause| failed(&cause))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "an address with a user name or a password is not fetched: it would be repeated in messages"
                .to_owned(),
        );
    }
    let client = reqwest::blocking::Client::builder()
        .timeout(PATIENCE)
        .user_agent(concat!("mcp-codegen/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::custom(follow))
        .build()
        .map_err(|cause| failed(&cause))?;
    let answer = client.get(url).send().map_err(|cause| failed(&with_causes(&cause)))?;
    if !answer.status().is_success() {
        return Err(failed(&format!("it answers with status {}", answer.status())));
    }
    let mut bytes = Vec::new();
    answer.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|cause| failed(&cause))?;
    if bytes.len() as u64 > LARGEST {
        return Err(failed(&format!("it is larger than {LARGEST} bytes")));
    }
    Ok(bytes)
}

/// Without the feature, nothing is fetched.
#[cfg(not(feature = "fetch"))]
pub(super) fn get(address: &str) -> Result<Vec<u8>, String> {
    Err(format!("cannot fetch {address}: this mcp-codegen was built without the feature `fetch`"))
}

#[cfg(feature = "fetch")]
fn follow(attempt: reqwest::redirect::Attempt<'_>) -> reqwest::redirect::Action {
    let Some(from) = attempt.previous().last() else { return attempt.stop() };
    let to = attempt.url();
    let stays = from.host_str() == to.host_str() && (to.scheme() == "https" || from.scheme() == to.scheme());
    if !stays {
        let message = format!(
            "it redirects to another host, {}: give that address if you trust it",
            to.host_str().unwrap_or("none")
        );
        return attempt.error(message);
    }
    if attempt.previous().len() > REDIRECTS {
        attempt.error("it redirects too often")
    } else {
        attempt.follow()
    }
}

/// An error with what is behind it: the outermost sentence alone says little.
#[cfg(feature = "fetch")]
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_path_is_a_servers() {
        assert_eq!(or_health("http://127.0.0.1:8080"), "http://127.0.0.1:8080/health");
        assert_eq!(or_health("https://mcp.example.com/"), "https://mcp.example.com/health");
        assert_eq!(or_health("https://example.com/a.lock"), "https://example.com/a.lock");
        assert_eq!(file_name("https://example.com/v1/openapi.yaml?x=1"), "openapi.yaml");
        assert!(is_address("HTTPS://example.com") && !is_address("config/openapi.json"));
    }
}
