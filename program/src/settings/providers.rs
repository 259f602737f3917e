//! The settings of single providers, and of what callers must have been allowed: rows of the table.

use server::scopes::Source;

use super::Config;
use super::predecessor::AUTHKIT_DOMAIN;
use super::setting::{Setting, setting};
use super::value::Kind;

/// How an issuer is asked about its tokens.
pub(super) fn introspection() -> [Setting; 5] {
    [
        setting(
            "auth.introspection_url",
            &["AUTH_INTROSPECTION_URL", "FASTMCP_SERVER_AUTH_INTROSPECTION_INTROSPECTION_URL"],
            Kind::Text { at: |config: &mut Config| &mut config.auth.introspection.address, longest: 2048 },
            "With `introspection`, where the issuer is asked about each token (RFC 7662): https, or http on this machine.",
        ),
        setting(
            "auth.introspection_client_id",
            &["AUTH_INTROSPECTION_CLIENT_ID", "FASTMCP_SERVER_AUTH_INTROSPECTION_CLIENT_ID"],
            Kind::Text { at: |config| &mut config.auth.introspection.client_id, longest: 256 },
            "The client as which this server asks.",
        ),
        setting(
            "auth.introspection_client_secret",
            &["AUTH_INTROSPECTION_CLIENT_SECRET", "FASTMCP_SERVER_AUTH_INTROSPECTION_CLIENT_SECRET"],
            Kind::Secret(|config| &mut config.auth.introspection.client_secret),
            "The secret of that client.",
        ),
        setting(
            "auth.introspection_clients",
            &["AUTH_INTROSPECTION_CLIENTS"],
            Kind::Texts(|config| &mut config.auth.introspection.clients),
            "The programs whose tokens are taken, by their `client_id`; those of any while unset.",
        ),
        setting(
            "auth.introspection_memory_seconds",
            &["AUTH_INTROSPECTION_MEMORY"],
            Kind::Seconds { at: |config| &mut config.auth.introspection.memory, minimum: 0.0, maximum: 60.0 },
            "How long an answer is remembered, until the token expires at most: for so long one that was withdrawn is still taken.",
        ),
    ]
}

/// What names the issuers of providers that have presets.
pub(super) fn presets() -> [Setting; 4] {
    [
        setting(
            "auth.authkit_domain",
            &AUTHKIT_DOMAIN,
            Kind::Text { at: |config| &mut config.auth.presets.authkit_domain, longest: 256 },
            "With `workos`, the domain of AuthKit, such as your-project.authkit.app.",
        ),
        setting(
            "auth.descope_project_id",
            &[
                "AUTH_DESCOPE_PROJECT_ID",
                "FASTMCP_SERVER_AUTH_DESCOPE_PROJECT_ID",
                "FASTMCP_SERVER_AUTH_DESCOPEPROVIDER_PROJECT_ID",
            ],
            Kind::Text { at: |config| &mut config.auth.presets.descope_project, longest: 128 },
            "With `descope`, the project; it is the audience of tokens too unless `AUTH_AUDIENCE` is set.",
        ),
        setting(
            "auth.descope_base_url",
            &["AUTH_DESCOPE_BASE_URL", "FASTMCP_SERVER_AUTH_DESCOPEPROVIDER_DESCOPE_BASE_URL"],
            Kind::Text { at: |config| &mut config.auth.presets.descope_base, longest: 256 },
            "Where Descope is, for a region or a domain of one's own; https://api.descope.com while unset.",
        ),
        setting(
            "auth.descope_config_url",
            &["AUTH_DESCOPE_CONFIG_URL", "FASTMCP_SERVER_AUTH_DESCOPEPROVIDER_CONFIG_URL"],
            Kind::Text { at: |config| &mut config.auth.presets.descope_document, longest: 2048 },
            "Instead of both, the address of the application's document, which ends in /.well-known/openid-configuration.",
        ),
    ]
}

/// What callers must have been allowed.
pub(super) fn scopes() -> [Setting; 2] {
    const SOURCES: [Source; 3] = [Source::Off, Source::Effect, Source::Document];
    [
        setting(
            "auth.scopes",
            &["AUTH_SCOPES"],
            Kind::OneOf {
                at: |config| {
                    let source = config.server.engine.scopes.source;
                    SOURCES.iter().position(|known| *known == source).unwrap_or_default()
                },
                put: |config, index| config.server.engine.scopes.source = SOURCES[index],
                words: &["off", "effect", "document"],
            },
            "Which scopes a token or a key needs for a tool: those that the overlay names for it or for its effect (`effect`), those of the document's own security where it has any (`document`), or none (`off`).",
        ),
        setting(
            "auth.scope_hierarchy",
            &["AUTH_SCOPE_HIERARCHY"],
            Kind::Hierarchy(|config| &mut config.server.engine.scopes.hierarchy),
            "Which scopes include others, the widest first with `>` between; a name without `:`, `/` or `.` stands for the last word of a scope. `none` for none.",
        ),
    ]
}
