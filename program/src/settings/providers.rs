//! The settings of single providers: rows of the table.

use super::value::Kind;
use super::{Config, Setting};
use super::table::setting;

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
