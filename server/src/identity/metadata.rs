//! What this server says of itself to clients that look for a token (RFC 9728).

use serde_json::{Value, json};

use super::Options;

/// Where the metadata is; before the path of the resource as well (RFC 9728, section 3.1).
pub(crate) const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// The metadata, and the two places where it is.
#[derive(Clone, Debug)]
pub(crate) struct Metadata {
    /// Its address, as challenges name it.
    pub(crate) address: String,
    body: Value,
    /// The path of the resource.
    path: String,
}

impl Metadata {
    /// The metadata of a server of this name, for which clients ask for these scopes at first, at its own authorization server where
    /// it has one; nothing where there is no place that gives tokens.
    pub(super) fn of(options: &Options, own: Option<&str>, scopes: &[String], name: &str) -> Option<Self> {
        let resource = options.resource.as_deref()?.trim_end_matches('/');
        let servers = servers(options, own);
        if servers.is_empty() {
            return None;
        }
        let authority_at = resource.find("://")? + 3;
        let path_at = resource[authority_at..].find('/').map_or(resource.len(), |at| authority_at + at);
        let (origin, path) = resource.split_at(path_at);
        let mut body = json!({ "resource": resource, "authorization_servers": servers });
        if !scopes.is_empty() {
            body["scopes_supported"] = scopes.into();
        }
        body["bearer_methods_supported"] = json!(["header"]);
        body["resource_name"] = name.into();
        Some(Self { address: format!("{origin}{WELL_KNOWN}{path}"), body, path: path.to_owned() })
    }

    /// Whether the metadata is at this path of this server: at the root, and before the path of the resource, or of the
    /// endpoint where a proxy in front has moved it.
    pub(crate) fn is_at(&self, path: &str) -> bool {
        path.strip_prefix(WELL_KNOWN)
            .is_some_and(|rest| rest.is_empty() || rest == "/mcp" || rest == self.path)
    }

    /// The metadata as JSON.
    pub(crate) fn body(&self) -> &Value {
        &self.body
    }
}

/// Where clients get tokens: where that is said, else from this server itself and from the issuers whose names are addresses.
fn servers<'o>(options: &'o Options, own: Option<&'o str>) -> Vec<&'o str> {
    if !options.authorization_servers.is_empty() {
        return options.authorization_servers.iter().map(String::as_str).collect();
    }
    let asked = options.introspection.iter().map(|asked| &*asked.issuer);
    let issuers = own.into_iter().chain(options.tokens.iter().map(|tokens| &*tokens.issuer)).chain(asked);
    let mut servers: Vec<&str> = Vec::new();
    for issuer in issuers.filter(|issuer| issuer.starts_with("https://") || issuer.starts_with("http://")) {
        if !servers.contains(&issuer) {
            servers.push(issuer);
        }
    }
    servers
}
