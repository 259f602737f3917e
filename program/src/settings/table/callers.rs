//! Who may call, which tokens are taken, and what is read of them.

use crate::settings::setting::{Setting, setting};
use crate::settings::value::Kind;

/// The rows of the table.
pub(super) fn rows() -> Vec<Setting> {
    let mut rows = Vec::from(asking_who());
    rows.extend(tokens());
    rows.extend(claims());
    rows
}

/// Who may call at all, and what clients are told of it.
fn asking_who() -> [Setting; 6] {
    [
        setting(
            "auth.enabled",
            &["AUTH_ENABLED", "FASTMCP_AUTH_ENABLED"],
            Kind::Decision(|config| &mut config.auth.enabled),
            "`true` refuses to start without a provider; `false` asks nobody, whatever is set below.",
        ),
        setting(
            "auth.providers",
            &["AUTH_PROVIDER", "FASTMCP_AUTH_PROVIDER", "FASTMCP_SERVER_AUTH"],
            Kind::Providers(|config| &mut config.auth.providers),
            "What vouches for callers over HTTP: `jwt` for signed access tokens, `oidc` for the same with keys from where the issuer says, `introspection` for tokens about which the issuer is asked, `workos` and `descope` for tokens of AuthKit and Descope, `github` or `google` for a login there and tokens of this server's own, `api_key` for keys that `keys create` makes, several with commas between, or `none`.",
        ),
        setting(
            "auth.api_keys_file",
            &["AUTH_API_KEYS_FILE"],
            Kind::File(|config| &mut config.auth.api_keys_file),
            "The file of the API keys, which `keys` writes; its changes take effect within a second.",
        )
        .read_again(),
        setting(
            "auth.resource",
            &["MCP_RESOURCE_URL"],
            Kind::Text { at: |config| &mut config.auth.resource, longest: 2048 },
            "The address under which clients reach this server, such as https://mcp.example.com/mcp, as tokens and metadata name it; the audience while unset, if that is an address.",
        ),
        setting(
            "auth.authorization_servers",
            &["AUTH_AUTHORIZATION_SERVERS"],
            Kind::Texts(|config| &mut config.auth.authorization_servers),
            "Where clients get tokens; the issuer while unset.",
        ),
        setting(
            "auth.required_scopes",
            &["AUTH_REQUIRED_SCOPES", "FASTMCP_SERVER_AUTH_JWT_REQUIRED_SCOPES"],
            Kind::Texts(|config| &mut config.auth.scopes),
            "Scopes that every caller must have; clients are told to ask for them.",
        ),
    ]
}

/// Which tokens are taken.
fn tokens() -> [Setting; 8] {
    [
        setting(
            "auth.jwks_uris",
            &["FASTMCP_AUTH_JWKS_URI", "AUTH_JWKS_URI", "FASTMCP_SERVER_AUTH_JWT_JWKS_URI"],
            Kind::Texts(|config| &mut config.auth.jwks_addresses),
            "Where the issuer publishes its keys: https, or http on this machine; of several issuers in their order.",
        ),
        setting(
            "auth.public_key_file",
            &["AUTH_PUBLIC_KEY_FILE"],
            Kind::File(|config| &mut config.auth.public_key_file),
            "The issuer's public key in PEM, or its set of keys in JSON, instead of an address.",
        ),
        setting(
            "auth.issuers",
            &["FASTMCP_AUTH_ISSUER", "AUTH_ISSUER", "FASTMCP_SERVER_AUTH_JWT_ISSUER"],
            Kind::Texts(|config| &mut config.auth.issuers),
            "Who issues tokens, exactly as they have it in `iss`; with `jwt` and `oidc` several with commas between.",
        ),
        setting(
            "auth.audiences",
            &["FASTMCP_AUTH_AUDIENCE", "AUTH_AUDIENCE", "FASTMCP_SERVER_AUTH_JWT_AUDIENCE"],
            Kind::Texts(|config| &mut config.auth.audiences),
            "What tokens for this server have in `aud`: one of these; `MCP_RESOURCE_URL` while unset.",
        ),
        setting(
            "auth.algorithms",
            &["AUTH_JWT_ALGORITHMS", "FASTMCP_SERVER_AUTH_JWT_ALGORITHM"],
            Kind::Algorithms(|config| &mut config.auth.algorithms),
            "How tokens may be signed; every way that the issuer's kind of key can while unset. Shared secrets are never taken.",
        ),
        setting(
            "auth.token_types",
            &["AUTH_JWT_TYPES"],
            Kind::Texts(|config| &mut config.auth.types),
            "What tokens may have in the `typ` of their header; one without it counts as `JWT`.",
        ),
        setting(
            "auth.leeway_seconds",
            &["AUTH_CLOCK_SKEW"],
            Kind::Seconds { at: |config| &mut config.auth.leeway, minimum: 0.0, maximum: 30.0 },
            "How far the clocks of the issuer and of this machine may differ.",
        ),
        setting(
            "auth.longest_life_seconds",
            &["AUTH_MAX_TOKEN_LIFETIME"],
            Kind::Seconds { at: |config| &mut config.auth.longest_life, minimum: 1.0, maximum: 31_536_000.0 },
            "For how long a token may be good in all; one that is good for longer is refused.",
        ),
    ]
}

/// What is read of a token besides, and by which names.
fn claims() -> [Setting; 7] {
    [
        setting(
            "auth.user_claims",
            &["AUTH_USER_CLAIM"],
            Kind::Claims(|config| &mut config.auth.names.user),
            "The claim that has who the caller is, which the issuer must never give to anybody else; of several the first that a token has. Dots lead into objects, such as `realm_access.roles`. A token without it is refused.",
        ),
        setting(
            "auth.client_claims",
            &["AUTH_CLIENT_CLAIM"],
            Kind::Claims(|config| &mut config.auth.names.client),
            "The claim that has the program that the caller uses. Where it is set, a token without it is refused.",
        ),
        setting(
            "auth.name_claims",
            &["AUTH_NAME_CLAIM"],
            Kind::Claims(|config| &mut config.auth.names.name),
            "The claim that has what the caller is called, for people only.",
        ),
        setting(
            "auth.roles_claims",
            &["AUTH_ROLES_CLAIM"],
            Kind::Claims(|config| &mut config.auth.names.roles),
            "The claim that has the caller's roles: a list, or a text with blanks between. Where it is set, a token that has it in another form is refused.",
        ),
        setting(
            "auth.groups_claims",
            &["AUTH_GROUPS_CLAIM"],
            Kind::Claims(|config| &mut config.auth.names.groups),
            "The claim that has the caller's groups, in the same form.",
        ),
        setting(
            "auth.scopes_claims",
            &["AUTH_SCOPES_CLAIM"],
            Kind::Claims(|config| &mut config.auth.names.scopes),
            "The claim that has the scopes, in the same form.",
        ),
        setting(
            "auth.tenant_claims",
            &["AUTH_TENANT_CLAIM"],
            Kind::Claims(|config| &mut config.auth.names.tenant),
            "The claim that has the organisation that the caller acts for. Where it is set, a token without it is refused.",
        ),
    ]
}
