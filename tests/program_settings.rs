//! Which settings let the program start, and how it says no: one line on standard error, and an exit code.

mod program_support;
#[path = "../server/tests/scratch/mod.rs"]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod scratch;

use std::path::Path;

use program_support::{Outcome, run, start};
use scratch::Scratch;

const ADDRESS: (&str, &str) = ("API_BASE_URL", "http://127.0.0.1:9");

const JWT: (&str, &str) = ("AUTH_PROVIDER", "fastmcp.server.auth.providers.jwt.JWTVerifier");
const OIDC: (&str, &str) = ("AUTH_PROVIDER", "oidc");
const KEYS: (&str, &str) = ("AUTH_JWKS_URI", "https://idp.example.com/jwks");
const ISSUER: (&str, &str) = ("AUTH_ISSUER", "https://idp.example.com");
const AUDIENCE: (&str, &str) = ("AUTH_AUDIENCE", "https://mcp.example.com/mcp");
const INTROSPECTION: (&str, &str) = ("AUTH_PROVIDER", "introspection");
const ASKED: (&str, &str) = ("AUTH_INTROSPECTION_URL", "https://idp.example.com/introspect");
const ASKS_AS: (&str, &str) = ("AUTH_INTROSPECTION_CLIENT_ID", "mcp");
const ASKS_WITH: (&str, &str) = ("AUTH_INTROSPECTION_CLIENT_SECRET", "canary");
const WORKOS: (&str, &str) = ("AUTH_PROVIDER", "fastmcp.server.auth.providers.workos.AuthKitProvider");
const DOMAIN: (&str, &str) = ("FASTMCP_SERVER_AUTH_AUTHKIT_DOMAIN", "https://x.authkit.app");
const DESCOPE: (&str, &str) = ("AUTH_PROVIDER", "descope");
const PROJECT: (&str, &str) = ("AUTH_DESCOPE_PROJECT_ID", "P1");
const APPLICATION: (&str, &str) = (
    "AUTH_DESCOPE_CONFIG_URL",
    "https://api.descope.com/v1/apps/agentic/P1/M1/.well-known/openid-configuration",
);

const GITHUB: (&str, &str) = ("AUTH_PROVIDER", "fastmcp.server.auth.providers.github.GitHubProvider");
const GITHUB_ID: (&str, &str) = ("FASTMCP_SERVER_AUTH_GITHUB_CLIENT_ID", "app");
const GITHUB_SECRET: (&str, &str) = ("FASTMCP_SERVER_AUTH_GITHUB_CLIENT_SECRET", "canary");
const GOOGLE: (&str, &str) = ("AUTH_PROVIDER", "google");
const GOOGLE_ID: (&str, &str) = ("AUTH_GOOGLE_CLIENT_ID", "client");
const GOOGLE_SECRET: (&str, &str) = ("FASTMCP_SERVER_AUTH_GOOGLE_CLIENT_SECRET", "canary");
const RESOURCE: (&str, &str) = ("MCP_RESOURCE_URL", "https://mcp.example.com/mcp");

const ENDPOINT: (&str, &str) = ("API_TOKEN_ENDPOINT", "https://idp.example.com/token");
const CLIENT: (&str, &str) = ("API_CLIENT_ID", "mcp");
const SECRET: (&str, &str) = ("API_CLIENT_SECRET", "canary");
const GATEWAY: (&str, &str) = ("UPSTREAM_GATEWAY_URL", "https://gateway.example.com");

/// Environments in which `serve` must not start, each with what its one line must begin with.
const REFUSED: &[(&[(&str, &str)], &str)] = &[
    // Nothing is known about the API.
    (&[], "API_BASE_URL"),
    // Wrong values.
    (&[ADDRESS, ("HOST", "somewhere")], "HOST"),
    (&[ADDRESS, ("HOST", "300.0.0.1")], "HOST"),
    (&[ADDRESS, ("PORT", "http")], "PORT"),
    (&[ADDRESS, ("PORT", "-1")], "PORT"),
    (&[ADDRESS, ("PORT", "65536")], "PORT"),
    (&[ADDRESS, ("LOG_LEVEL", "canary")], "LOG_LEVEL"),
    (&[ADDRESS, ("FASTMCP_LOG_LEVEL", "VERBOSE")], "FASTMCP_LOG_LEVEL"),
    (&[ADDRESS, ("LOG_FORMAT", "xml")], "LOG_FORMAT"),
    (&[ADDRESS, ("API_TIMEOUT", "30s")], "API_TIMEOUT"),
    (&[ADDRESS, ("API_TIMEOUT", "0")], "API_TIMEOUT"),
    (&[ADDRESS, ("API_TIMEOUT", "nan")], "API_TIMEOUT"),
    (&[ADDRESS, ("CALL_DEADLINE", "-5")], "CALL_DEADLINE"),
    (&[ADDRESS, ("SECURITY_MAX_REQUEST_SIZE", "1M")], "SECURITY_MAX_REQUEST_SIZE"),
    (&[ADDRESS, ("SECURITY_MAX_CONNECTIONS", "0")], "SECURITY_MAX_CONNECTIONS"),
    (&[ADDRESS, ("SECURITY_MAX_CONNECTIONS_PER_SITE", "-1")], "SECURITY_MAX_CONNECTIONS_PER_SITE"),
    (&[ADDRESS, ("SECURITY_MAX_STREAMS", "0")], "SECURITY_MAX_STREAMS"),
    (&[ADDRESS, ("DRAIN_SECONDS", "soon")], "DRAIN_SECONDS"),
    (&[ADDRESS, ("API_HTTP_VERSION", "3")], "API_HTTP_VERSION"),
    // Half of a certificate and its key, or none.
    (&[ADDRESS, ("TLS_CERT_FILE", "/file")], "TLS_KEY_FILE is not set"),
    (&[ADDRESS, ("TLS_KEY_FILE", "/file")], "TLS_CERT_FILE is not set"),
    (&[ADDRESS, ("TLS_CERT_FILE", "/does/not/exist"), ("TLS_KEY_FILE", "/does/not/exist")], "TLS_KEY_FILE"),
    (&[ADDRESS, ("API_TOKEN_SCHEME", "Bearer token")], "API_TOKEN_SCHEME"),
    (&[ADDRESS, ("API_TOKEN", "canary\u{7}")], "API_TOKEN"),
    (&[ADDRESS, ("API_TOKEN_FILE", "/does/not/exist")], "API_TOKEN_FILE"),
    (&[ADDRESS, ("ALLOWED_HOSTS", "*")], "ALLOWED_HOSTS"),
    (&[ADDRESS, ("ALLOWED_HOSTS", "https://mcp.example.com")], "ALLOWED_HOSTS"),
    (&[ADDRESS, ("SECURITY_CORS_ALLOWED_ORIGINS", "*")], "SECURITY_CORS_ALLOWED_ORIGINS"),
    (&[ADDRESS, ("ALLOWED_ORIGINS", "app.example.com")], "ALLOWED_ORIGINS"),
    (&[ADDRESS, ("TRUSTED_PROXIES", "proxy.example.com")], "TRUSTED_PROXIES"),
    (&[ADDRESS, ("WEBHOOK_ALLOWED_HOSTS", "*.example.com")], "WEBHOOK_ALLOWED_HOSTS"),
    (&[ADDRESS, ("SETTINGS_FILE", "/does/not/exist")], "settings file /does/not/exist"),
    // Addresses that mean something else to someone else, or hold a secret.
    (&[("API_BASE_URL", "https://ces:2020@evil/")], "API_BASE_URL"),
    (&[("API_BASE_URL", "https://user:canary@ces.example.com")], "API_BASE_URL"),
    (&[("API_BASE_URL", "file:///etc/passwd")], "API_BASE_URL"),
    (&[("API_BASE_URL", "ces.example.com")], "API_BASE_URL"),
    (&[("API_BASE_URL", "https://ces.example.com/?token=canary")], "API_BASE_URL"),
    (&[("API_BASE_URL", "https://ces.example.com/a/../b")], "API_BASE_URL"),
    // Half of as whom calls go to the API, or what belongs to another way.
    (&[ADDRESS, ("API_ACCOUNT", "everybody")], "API_ACCOUNT"),
    (&[ADDRESS, ("API_ACCOUNT", "own")], "API_CREDENTIALS_FILE is not set"),
    (&[ADDRESS, ("API_ACCOUNT", "own"), ("API_CREDENTIALS_FILE", "/file")], "API_CREDENTIALS_KEY is not set"),
    (
        &[
            ADDRESS,
            ("API_ACCOUNT", "own"),
            ("API_CREDENTIALS_FILE", "/file"),
            ("API_CREDENTIALS_KEY", "canary"),
        ],
        "API_CREDENTIALS_KEY",
    ),
    (&[ADDRESS, ("API_CREDENTIALS_KEY", "canary")], "API_CREDENTIALS_KEY is set"),
    (&[ADDRESS, ("API_ACCOUNT", "client")], "API_TOKEN_ENDPOINT is not set"),
    (&[ADDRESS, ("API_ACCOUNT", "client"), ENDPOINT], "API_CLIENT_ID is not set"),
    (
        &[ADDRESS, ("API_ACCOUNT", "client"), ENDPOINT, ("API_CLIENT_ID", "mcp")],
        "API_CLIENT_SECRET is not set",
    ),
    (&[ADDRESS, ("API_CLIENT_SECRET", "canary")], "API_CLIENT_SECRET is set"),
    (
        &[ADDRESS, ("API_ACCOUNT", "client"), ENDPOINT, CLIENT, SECRET, ("API_TOKEN_ISSUERS", "x")],
        "API_TOKEN_ISSUERS is set",
    ),
    (
        &[ADDRESS, ("API_ACCOUNT", "exchange"), ENDPOINT, CLIENT, SECRET],
        "API_ACCOUNT: `exchange` needs callers",
    ),
    (
        &[ADDRESS, ("API_ACCOUNT", "client"), ENDPOINT, CLIENT, SECRET, ("API_TOKEN", "canary")],
        "API_ACCOUNT: a token is got",
    ),
    (
        &[
            ADDRESS,
            ("API_ACCOUNT", "client"),
            CLIENT,
            SECRET,
            ("API_TOKEN_ENDPOINT", "http://login.example.com"),
        ],
        "API_TOKEN_ENDPOINT: expected https",
    ),
    (&[ADDRESS, ("API_CLIENT_CERTIFICATE", "canary")], "API_CLIENT_CERTIFICATE, API_CLIENT_KEY"),
    (
        &[("API_BASE_URL", "https://127.0.0.1:9"), ("API_CLIENT_KEY", "canary")],
        "API_CLIENT_CERTIFICATE is not set",
    ),
    (&[ADDRESS, ("API_CA_FILE", "/does/not/exist")], "API_CA_FILE"),
    (&[ADDRESS, ("UPSTREAM_GATEWAY_HEADERS", "x-key=canary")], "UPSTREAM_GATEWAY_URL is not set"),
    (&[ADDRESS, ("UPSTREAM_GATEWAY_URL", "https://u:canary@gateway.example.com")], "UPSTREAM_GATEWAY_URL"),
    (&[ADDRESS, GATEWAY, ("UPSTREAM_GATEWAY_HEADERS", "canary")], "UPSTREAM_GATEWAY_HEADERS"),
    (&[ADDRESS, GATEWAY, ("UPSTREAM_GATEWAY_HEADERS", "host=canary")], "UPSTREAM_GATEWAY_HEADERS"),
    (
        &[ADDRESS, GATEWAY, ("API_TOKEN", "canary"), ("UPSTREAM_GATEWAY_HEADERS", "authorization=canary")],
        "UPSTREAM_GATEWAY_HEADERS",
    ),
    (&[ADDRESS, ("UPSTREAM_GATEWAY", "https://gateway.example.com")], "UPSTREAM_GATEWAY"),
    // Names of claims that no token could have.
    (&[ADDRESS, ("AUTH_USER_CLAIM", ",")], "AUTH_USER_CLAIM: expected names of claims"),
    (&[ADDRESS, ("AUTH_CLIENT_CLAIM", "app..id")], "AUTH_CLIENT_CLAIM: expected names of claims"),
    (&[ADDRESS, ("AUTH_NAME_CLAIM", "given name")], "AUTH_NAME_CLAIM: expected names of claims"),
    (&[ADDRESS, ("AUTH_ROLES_CLAIM", "roles,.roles")], "AUTH_ROLES_CLAIM: expected names of claims"),
    (&[ADDRESS, ("AUTH_CLAIM_USER", "oid")], "AUTH_CLAIM_USER"),
    // Names that nobody knows.
    (&[ADDRESS, ("API_TOKN", "canary")], "API_TOKN"),
    (&[ADDRESS, ("FASTMCP_LOGLEVEL", "INFO")], "FASTMCP_LOGLEVEL"),
    (&[ADDRESS, ("AUTH_ENABLE", "true")], "AUTH_ENABLE"),
    (&[ADDRESS, ("SECURITY_MAX_REQEST_SIZE", "1")], "SECURITY_MAX_REQEST_SIZE"),
    (&[ADDRESS, ("ALLOW_UNAUTHENTICATD", "i-understand")], "ALLOW_UNAUTHENTICATD"),
    // What the Python server could be asked for and this one does not do.
    (&[ADDRESS, ("SECURITY_ENABLED", "false")], "SECURITY_ENABLED: expected `true`"),
    (&[ADDRESS, ("FASTMCP_INCLUDE_TAGS", "public")], "FASTMCP_INCLUDE_TAGS: use TOOLSETS"),
    (&[ADDRESS, ("FASTMCP_REDIS_HOST", "redis")], "FASTMCP_REDIS_HOST: use REDIS_URL"),
    // Two names that disagree.
    (&[ADDRESS, ("BMC_API_BASE_URL", "http://127.0.0.1:10")], "API_BASE_URL and BMC_API_BASE_URL"),
    (&[ADDRESS, ("API_TIMEOUT", "5"), ("FASTMCP_API_TIMEOUT", "6")], "FASTMCP_API_TIMEOUT and API_TIMEOUT"),
    (&[ADDRESS, ("API_TOKEN", "canary"), ("BMC_API_TOKEN", "canary2")], "API_TOKEN and BMC_API_TOKEN"),
    // Authentication that is asked for and not there: the ways in which the Python server was open without saying so.
    (&[ADDRESS, ("AUTH_ENABLED", "true")], "AUTH_PROVIDER is not set"),
    (&[ADDRESS, ("AUTH_ENABLED", "1")], "AUTH_PROVIDER is not set"),
    (&[ADDRESS, ("FASTMCP_AUTH_ENABLED", "true")], "AUTH_PROVIDER is not set"),
    (&[ADDRESS, ("AUTH_ENABLED", "maybe")], "AUTH_ENABLED"),
    (
        &[ADDRESS, ("AUTH_ENABLED", "true"), ("FASTMCP_AUTH_ENABLED", "false")],
        "AUTH_ENABLED and FASTMCP_AUTH_ENABLED",
    ),
    (&[ADDRESS, ("auth_enabled", "true")], "auth_enabled"),
    (&[ADDRESS, ("Api_Token", "canary")], "Api_Token"),
    (&[ADDRESS, ("AUTH_SCOPES", "on")], "AUTH_SCOPES"),
    (&[ADDRESS, ("AUTH_SCOPE_HIERARCHY", "read")], "AUTH_SCOPE_HIERARCHY"),
    (&[ADDRESS, ("SECURITY_CORS_ENABLED", "maybe")], "SECURITY_CORS_ENABLED"),
    (&[ADDRESS, ("AUTH_PROVIDER", "ldap")], "AUTH_PROVIDER"),
    (&[ADDRESS, ("AUTH_PROVIDER", "gitlab")], "AUTH_PROVIDER"),
    // Half of a login at GitHub or Google, or one that would be for everybody.
    (&[ADDRESS, GITHUB, RESOURCE], "AUTH_GITHUB_CLIENT_ID is not set"),
    (&[ADDRESS, GITHUB, RESOURCE, GITHUB_ID], "AUTH_GITHUB_CLIENT_SECRET is not set"),
    (&[ADDRESS, GITHUB, RESOURCE, GITHUB_SECRET], "AUTH_GITHUB_CLIENT_ID is not set"),
    (&[ADDRESS, GITHUB, GITHUB_ID, GITHUB_SECRET, ("PORT", "0")], "MCP_RESOURCE_URL is not set"),
    (
        &[ADDRESS, GITHUB, GITHUB_ID, GITHUB_SECRET, ("MCP_RESOURCE_URL", "http://mcp.example.com/mcp")],
        "MCP_RESOURCE_URL: expected https",
    ),
    (
        &[ADDRESS, GITHUB, GITHUB_ID, GITHUB_SECRET, RESOURCE, ("AUTH_GITHUB_URL", "http://ghe.example.com")],
        "AUTH_GITHUB_URL: expected https",
    ),
    (
        &[ADDRESS, GITHUB, GITHUB_ID, GITHUB_SECRET, RESOURCE, ("AUTH_GITHUB_API_URL", "api.github.com")],
        "AUTH_GITHUB_API_URL: expected an address",
    ),
    (
        &[ADDRESS, GITHUB, GITHUB_ID, GITHUB_SECRET, RESOURCE, ("AUTH_LOGIN_ROLES", "observer")],
        "AUTH_LOGIN_ROLES would be for everybody",
    ),
    (
        &[ADDRESS, GITHUB, GITHUB_ID, GITHUB_SECRET, RESOURCE, ("AUTH_GOOGLE_DOMAINS", "example.com")],
        "AUTH_GOOGLE_DOMAINS is set",
    ),
    (&[ADDRESS, GITHUB, GITHUB_ID, GITHUB_SECRET, RESOURCE, AUDIENCE], "AUTH_AUDIENCE is set"),
    (
        &[ADDRESS, GITHUB, GITHUB_ID, GITHUB_SECRET, RESOURCE, ("AUTH_CLIENT_DOCUMENTS", "all")],
        "AUTH_CLIENT_DOCUMENTS: expected",
    ),
    (
        &[ADDRESS, GITHUB, GITHUB_ID, GITHUB_SECRET, RESOURCE, ("AUTH_LOGIN_LIFETIME", "59")],
        "AUTH_LOGIN_LIFETIME: expected",
    ),
    (
        &[ADDRESS, GITHUB, GITHUB_ID, GITHUB_SECRET, RESOURCE, ("REDIS_URL", "redis://127.0.0.1:1")],
        "REDIS_URL is for several servers",
    ),
    (&[ADDRESS, GOOGLE, RESOURCE], "AUTH_GOOGLE_CLIENT_ID is not set"),
    (&[ADDRESS, GOOGLE, RESOURCE, GOOGLE_ID], "AUTH_GOOGLE_CLIENT_SECRET is not set"),
    (
        &[
            ADDRESS,
            GOOGLE,
            GOOGLE_ID,
            GOOGLE_SECRET,
            RESOURCE,
            ("AUTH_GOOGLE_URL", "http://google.example.com"),
        ],
        "AUTH_GOOGLE_URL: expected https",
    ),
    (
        &[ADDRESS, GOOGLE, GOOGLE_ID, GOOGLE_SECRET, RESOURCE, ("AUTH_LOGIN_ROLES", "observer")],
        "AUTH_LOGIN_ROLES would be for everybody",
    ),
    (
        &[
            ADDRESS,
            ("AUTH_PROVIDER", "github,google"),
            GITHUB_ID,
            GITHUB_SECRET,
            GOOGLE_ID,
            GOOGLE_SECRET,
            RESOURCE,
        ],
        "AUTH_PROVIDER: `github` and `google`",
    ),
    (&[ADDRESS, ("AUTH_CLIENT_REGISTRATION", "true")], "AUTH_CLIENT_REGISTRATION is set"),
    (
        &[ADDRESS, GITHUB, GITHUB_ID, GITHUB_SECRET, RESOURCE, ("AUTH_LOGINS_FILE", "/file")],
        "AUTH_LOGINS_KEY is not set",
    ),
    (
        &[ADDRESS, GITHUB, GITHUB_ID, GITHUB_SECRET, RESOURCE, ("AUTH_LOGINS_KEY", "canary")],
        "AUTH_LOGINS_FILE is not set",
    ),
    (
        &[
            ADDRESS,
            GITHUB,
            GITHUB_ID,
            GITHUB_SECRET,
            RESOURCE,
            ("AUTH_LOGINS_FILE", "/does/not/exist"),
            ("AUTH_LOGINS_KEY", "canary"),
        ],
        "AUTH_LOGINS_KEY is too short",
    ),
    (&[ADDRESS, ("AUTH_LOGINS_FILE", "/file")], "AUTH_LOGINS_FILE is set"),
    (&[ADDRESS, ("AUTH_PROVIDER", "jwt,none"), KEYS, ISSUER, AUDIENCE], "AUTH_PROVIDER"),
    (&[ADDRESS, ("AUTH_PROVIDER", "none"), ("AUTH_ENABLED", "true")], "AUTH_PROVIDER"),
    // Half of what a provider needs, or what belongs to another.
    (&[ADDRESS, ("AUTH_PROVIDER", "jwt")], "AUTH_JWKS_URI is not set"),
    (&[ADDRESS, ("FASTMCP_SERVER_AUTH", "JWT")], "AUTH_JWKS_URI is not set"),
    (&[ADDRESS, JWT, ISSUER, AUDIENCE], "AUTH_JWKS_URI is not set"),
    (&[ADDRESS, JWT, KEYS, AUDIENCE], "AUTH_ISSUER is not set"),
    (&[ADDRESS, JWT, KEYS, ISSUER], "AUTH_AUDIENCE is not set"),
    (
        &[ADDRESS, JWT, KEYS, ("AUTH_PUBLIC_KEY_FILE", "/key"), ISSUER, AUDIENCE],
        "AUTH_JWKS_URI and AUTH_PUBLIC_KEY_FILE",
    ),
    (&[ADDRESS, JWT, ("AUTH_PUBLIC_KEY_FILE", "/does/not/exist"), ISSUER, AUDIENCE], "AUTH_PUBLIC_KEY_FILE"),
    (
        &[ADDRESS, JWT, ("AUTH_PUBLIC_KEY_FILE", "/proc/self/cmdline"), ISSUER, AUDIENCE],
        "AUTH_PUBLIC_KEY_FILE",
    ),
    (&[ADDRESS, JWT, ("AUTH_JWKS_URI", "http://idp.example.com/jwks"), ISSUER, AUDIENCE], "AUTH_JWKS_URI"),
    (
        &[ADDRESS, JWT, ("AUTH_JWKS_URI", "https://u:canary@idp.example.com/"), ISSUER, AUDIENCE],
        "AUTH_JWKS_URI",
    ),
    (&[ADDRESS, JWT, ("AUTH_JWKS_URI", "https://169.254.169.254/"), ISSUER, AUDIENCE], "AUTH_JWKS_URI"),
    (&[ADDRESS, JWT, KEYS, ISSUER, AUDIENCE, ("AUTH_JWT_ALGORITHMS", "RS256,HS256")], "AUTH_JWT_ALGORITHMS"),
    (&[ADDRESS, JWT, KEYS, ISSUER, AUDIENCE, ("AUTH_JWT_ALGORITHMS", "none")], "AUTH_JWT_ALGORITHMS"),
    (&[ADDRESS, JWT, KEYS, ISSUER, AUDIENCE, ("AUTH_CLOCK_SKEW", "31")], "AUTH_CLOCK_SKEW"),
    (&[ADDRESS, JWT, KEYS, ISSUER, AUDIENCE, ("MCP_RESOURCE_URL", "mcp.example.com")], "MCP_RESOURCE_URL"),
    (
        &[ADDRESS, JWT, KEYS, ISSUER, AUDIENCE, ("AUTH_REQUIRED_SCOPES", "a\" , error=\"x")],
        "AUTH_REQUIRED_SCOPES",
    ),
    (
        &[ADDRESS, JWT, KEYS, ISSUER, AUDIENCE, ("AUTH_AUTHORIZATION_SERVERS", "idp")],
        "AUTH_AUTHORIZATION_SERVERS",
    ),
    (&[ADDRESS, JWT, KEYS, ISSUER, AUDIENCE, ("AUTH_API_KEYS_FILE", "/keys")], "AUTH_API_KEYS_FILE is set"),
    (&[ADDRESS, OIDC], "AUTH_ISSUER is not set"),
    (&[ADDRESS, OIDC, ISSUER], "AUTH_AUDIENCE is not set"),
    (&[ADDRESS, OIDC, ISSUER, AUDIENCE, KEYS], "AUTH_JWKS_URI is set"),
    (&[ADDRESS, OIDC, ("AUTH_ISSUER", "http://idp.example.com"), AUDIENCE], "AUTH_ISSUER"),
    (&[ADDRESS, OIDC, ("AUTH_ISSUER", "a-name"), AUDIENCE], "AUTH_ISSUER"),
    (&[ADDRESS, ("AUTH_PROVIDER", "jwt,oidc"), ISSUER, AUDIENCE], "AUTH_PROVIDER"),
    (
        &[ADDRESS, JWT, KEYS, ("AUTH_ISSUER", "https://a.example.com,https://b.example.com"), AUDIENCE],
        "AUTH_JWKS_URI",
    ),
    (
        &[ADDRESS, OIDC, ("AUTH_ISSUER", "https://a.example.com,https://a.example.com"), AUDIENCE],
        "AUTH_ISSUER",
    ),
    (&[ADDRESS, INTROSPECTION], "AUTH_INTROSPECTION_URL is not set"),
    (&[ADDRESS, INTROSPECTION, ASKED, ASKS_AS, ASKS_WITH, AUDIENCE], "AUTH_ISSUER is not set"),
    (&[ADDRESS, INTROSPECTION, ASKED, ASKS_AS, ASKS_WITH, ISSUER], "AUTH_AUDIENCE is not set"),
    (
        &[ADDRESS, INTROSPECTION, ASKED, ASKS_WITH, ISSUER, AUDIENCE],
        "AUTH_INTROSPECTION_CLIENT_ID is not set",
    ),
    (
        &[ADDRESS, INTROSPECTION, ASKED, ASKS_AS, ISSUER, AUDIENCE],
        "AUTH_INTROSPECTION_CLIENT_SECRET is not set",
    ),
    (
        &[
            ADDRESS,
            INTROSPECTION,
            ("AUTH_INTROSPECTION_URL", "http://idp.example.com/"),
            ASKS_AS,
            ASKS_WITH,
            ISSUER,
            AUDIENCE,
        ],
        "AUTH_INTROSPECTION_URL",
    ),
    (
        &[
            ADDRESS,
            INTROSPECTION,
            ASKED,
            ASKS_AS,
            ASKS_WITH,
            ISSUER,
            AUDIENCE,
            ("AUTH_INTROSPECTION_MEMORY", "61"),
        ],
        "AUTH_INTROSPECTION_MEMORY",
    ),
    (
        &[ADDRESS, INTROSPECTION, ASKED, ASKS_AS, ASKS_WITH, ("AUTH_ISSUER", "a,b"), AUDIENCE],
        "AUTH_ISSUER: `introspection` asks one issuer",
    ),
    (&[ADDRESS, JWT, KEYS, ISSUER, AUDIENCE, ASKS_WITH], "AUTH_INTROSPECTION_CLIENT_SECRET is set"),
    (&[ADDRESS, WORKOS], "AUTH_AUTHKIT_DOMAIN is not set"),
    (
        &[ADDRESS, WORKOS, ("FASTMCP_SERVER_AUTH_AUTHKIT_CLIENT_ID", "x")],
        "FASTMCP_SERVER_AUTH_AUTHKIT_CLIENT_ID",
    ),
    (&[ADDRESS, WORKOS, DOMAIN], "AUTH_AUDIENCE is not set"),
    (&[ADDRESS, WORKOS, ("AUTH_AUTHKIT_DOMAIN", "http://x.authkit.app"), AUDIENCE], "AUTH_AUTHKIT_DOMAIN"),
    (
        &[ADDRESS, WORKOS, DOMAIN, ("AUTH_AUTHKIT_DOMAIN", "y.authkit.app"), AUDIENCE],
        "FASTMCP_SERVER_AUTH_AUTHKIT_DOMAIN and",
    ),
    (&[ADDRESS, WORKOS, DOMAIN, AUDIENCE, ISSUER], "AUTH_ISSUER is set"),
    (&[ADDRESS, DOMAIN], "AUTH_AUTHKIT_DOMAIN is set"),
    (&[ADDRESS, DESCOPE], "AUTH_DESCOPE_PROJECT_ID is not set"),
    (&[ADDRESS, DESCOPE, ("AUTH_DESCOPE_PROJECT_ID", "P1/..")], "AUTH_DESCOPE_PROJECT_ID"),
    (
        &[ADDRESS, DESCOPE, PROJECT, ("AUTH_DESCOPE_BASE_URL", "http://descope.example.com")],
        "AUTH_DESCOPE_BASE_URL",
    ),
    (
        &[ADDRESS, DESCOPE, ("AUTH_DESCOPE_CONFIG_URL", "https://api.descope.com/P1")],
        "AUTH_DESCOPE_CONFIG_URL",
    ),
    (
        &[ADDRESS, DESCOPE, ("AUTH_DESCOPE_PROJECT_ID", "P2"), APPLICATION],
        "AUTH_DESCOPE_CONFIG_URL and AUTH_DESCOPE_PROJECT_ID contradict",
    ),
    (&[ADDRESS, PROJECT], "AUTH_DESCOPE_PROJECT_ID is set"),
    (&[ADDRESS, KEYS], "AUTH_JWKS_URI is set"),
    (&[ADDRESS, ("FASTMCP_AUTH_ISSUER", "x")], "AUTH_ISSUER is set"),
    (&[ADDRESS, ("AUTH_PROVIDER", "api_key")], "AUTH_API_KEYS_FILE is not set"),
    (
        &[ADDRESS, ("AUTH_PROVIDER", "api_key"), ("AUTH_API_KEYS_FILE", "/does/not/exist")],
        "AUTH_API_KEYS_FILE",
    ),
    (&[ADDRESS, ("AUTH_PROVIDER", "api_key"), ("AUTH_API_KEYS_FILE", "/keys"), ISSUER], "AUTH_ISSUER is set"),
    // One thing under two names that disagree.
    (&[ADDRESS, JWT, ("FASTMCP_SERVER_AUTH", "none")], "AUTH_PROVIDER and FASTMCP_SERVER_AUTH"),
    (
        &[ADDRESS, JWT, KEYS, ISSUER, AUDIENCE, ("FASTMCP_AUTH_ISSUER", "other")],
        "FASTMCP_AUTH_ISSUER and AUTH_ISSUER",
    ),
    (
        &[ADDRESS, JWT, KEYS, ISSUER, AUDIENCE, ("FASTMCP_SERVER_AUTH_JWT_AUDIENCE", "other")],
        "AUTH_AUDIENCE and FASTMCP_SERVER_AUTH_JWT_AUDIENCE",
    ),
    // Providers that are not there yet.
    (&[ADDRESS, ("FASTMCP_AUTH_SOMETHING", "x")], "FASTMCP_AUTH_SOMETHING"),
    (&[ADDRESS, ("FASTMCP_SERVER_AUTH_GITHUB_CLIENT_SECRET", "canary")], "AUTH_GITHUB_CLIENT_SECRET is set"),
    // Open to other machines, and nobody is asked who they are.
    (&[ADDRESS, ("HOST", "0.0.0.0")], "HOST"),
    (&[ADDRESS, ("HOST", "::")], "HOST"),
    (&[ADDRESS, ("HOST", "0.0.0.0"), ("AUTH_ENABLED", "false")], "HOST"),
    (&[ADDRESS, ("HOST", "0.0.0.0"), ("AUTH_PROVIDER", "none")], "HOST"),
    (&[ADDRESS, ("HOST", "0.0.0.0"), ("AUTH_ENABLED", "false"), JWT, KEYS, ISSUER, AUDIENCE], "HOST"),
    (
        &[ADDRESS, ("HOST", "0.0.0.0"), JWT, KEYS, ISSUER, ("AUTH_AUDIENCE", "a-name")],
        "MCP_RESOURCE_URL is not set",
    ),
    (&[ADDRESS, ("HOST", "0.0.0.0"), ("ALLOW_UNAUTHENTICATED", "true")], "ALLOW_UNAUTHENTICATED"),
];

/// Environments in which `serve` starts.
const STARTED: &[&[(&str, &str)]] = &[
    &[ADDRESS],
    &[ADDRESS, ("AUTH_ENABLED", "false"), ("FASTMCP_AUTH_ENABLED", "0")],
    &[ADDRESS, ("AUTH_ENABLED", "0"), JWT],
    &[ADDRESS, JWT, KEYS, ISSUER, AUDIENCE],
    &[
        ADDRESS,
        ("FASTMCP_SERVER_AUTH", "JWT"),
        ("FASTMCP_SERVER_AUTH_JWT_JWKS_URI", "https://idp.example.com/jwks"),
        ("FASTMCP_SERVER_AUTH_JWT_ISSUER", "https://idp.example.com"),
        ("FASTMCP_SERVER_AUTH_JWT_AUDIENCE", "https://mcp.example.com/mcp"),
    ],
    &[ADDRESS, OIDC, ISSUER, ("MCP_RESOURCE_URL", "https://mcp.example.com/mcp")],
    &[ADDRESS, OIDC, ("AUTH_ISSUER", "https://a.example.com,https://b.example.com"), AUDIENCE],
    &[ADDRESS, INTROSPECTION, ASKED, ASKS_AS, ASKS_WITH, ISSUER, AUDIENCE],
    &[ADDRESS, ("AUTH_PROVIDER", "oidc,introspection"), ASKED, ASKS_AS, ASKS_WITH, ISSUER, AUDIENCE],
    &[ADDRESS, WORKOS, DOMAIN, ("MCP_RESOURCE_URL", "https://mcp.example.com/mcp")],
    &[ADDRESS, WORKOS, DOMAIN, AUDIENCE, ("FASTMCP_SERVER_AUTH_AUTHKIT_CLIENT_SECRET", "canary")],
    &[ADDRESS, DESCOPE, PROJECT],
    &[ADDRESS, DESCOPE, PROJECT, APPLICATION],
    &[ADDRESS, ("AUTH_PROVIDER", "workos,descope"), DOMAIN, PROJECT, AUDIENCE],
    &[ADDRESS, GITHUB, GITHUB_ID, GITHUB_SECRET, RESOURCE],
    &[
        ADDRESS,
        ("FASTMCP_SERVER_AUTH", "GitHub"),
        GITHUB_ID,
        GITHUB_SECRET,
        RESOURCE,
        ("AUTH_GITHUB_URL", "https://github.example.com"),
        ("AUTH_GITHUB_ORGANIZATIONS", "acme"),
        ("AUTH_LOGIN_ROLES", "observer"),
        ("AUTH_CLIENT_REGISTRATION", "true"),
    ],
    &[ADDRESS, GOOGLE, GOOGLE_ID, GOOGLE_SECRET, RESOURCE],
    &[
        ADDRESS,
        ("AUTH_PROVIDER", "google,oidc"),
        GOOGLE_ID,
        GOOGLE_SECRET,
        ISSUER,
        RESOURCE,
        ("AUTH_GOOGLE_DOMAINS", "example.com"),
        ("AUTH_LOGIN_ROLES", "observer"),
    ],
    &[ADDRESS, JWT, KEYS, ISSUER, AUDIENCE, ("AUTH_SCOPES", "off"), ("AUTH_SCOPE_HIERARCHY", "none")],
    &[ADDRESS, ("HOST", "0.0.0.0"), ("ALLOW_UNAUTHENTICATED", "i-understand")],
    &[ADDRESS, ("SECURITY_ENABLED", "true"), ("FASTMCP_HEALTH_CHECK_PATH", "/health")],
];

#[tokio::test]
async fn t_60_every_configuration_starts_or_is_refused_in_the_one_line_that_is_documented() {
    let mut table = String::from("| settings | exit | line |\n|---|---|---|\n");
    for (environment, named) in REFUSED {
        let Outcome { code, stdout, stderr } = run(&["serve"], environment).await;
        assert_eq!(code, 78, "{environment:?}: {stderr}");
        assert_eq!(stdout, "", "{environment:?}");
        let lines: Vec<&str> = stderr.lines().filter(|line| !line.contains(" WARN ")).collect();
        let [line] = lines[..] else { panic!("{environment:?} is not refused in one line: {stderr}") };
        let line = line.strip_prefix("code-pipeline-mcp: ").expect("a line says whose it is");
        assert!(line.starts_with(named), "{environment:?}: {line}");
        assert!(!line.contains("canary") || line.contains(r#"got "canary""#), "{environment:?}: {line}");
        table += &row(environment, code, line);
    }
    for environment in STARTED {
        let port = ("PORT", "0");
        let mut running = start(&["serve"], &[environment, &[port][..]].concat());
        running.log_line("serving").await;
        running.signal(rustix::process::Signal::TERM);
        let code = running.exit_code().await;
        assert_eq!(code, 0, "{environment:?}");
        table += &row(environment, code, "serves until it is told to end");
    }
    assert!(REFUSED.len() + STARTED.len() >= 40);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/starts.md");
    let known = std::fs::read_to_string(&path).expect("the document is there");
    let begin = known.find("| settings |").expect("the document has the table");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, format!("{}{table}", &known[..begin])).expect("the document can be written");
    } else {
        assert_eq!(&known[begin..], table, "docs/starts.md: UPDATE_EXPECT=1 writes it");
    }
}

/// A row of the document.
fn row(environment: &[(&str, &str)], code: i32, line: &str) -> String {
    let plain = |text: &str| text.replace('|', "\\|");
    let settings: Vec<String> = environment
        .iter()
        .filter(|setting| **setting != ADDRESS)
        .map(|(name, value)| format!("`{name}={}`", plain(&value.escape_debug().to_string())))
        .collect();
    format!("| {} | {code} | {} |\n", settings.join(" "), plain(line))
}

#[tokio::test]
async fn environments_that_are_right_are_accepted() {
    let accepted: &[&[(&str, &str)]] = &[
        &[],
        &[ADDRESS, ("AUTH_ENABLED", "false"), ("FASTMCP_AUTH_ENABLED", "0")],
        &[ADDRESS, ("BMC_API_BASE_URL", "http://127.0.0.1:9/")],
        &[("HOST", "0.0.0.0"), ("ALLOW_UNAUTHENTICATED", "i-understand")],
        &[("LOG_LEVEL", "INFO"), ("FASTMCP_LOG_LEVEL", "info")],
        &[("PATH", "/usr/bin"), ("OTEL_RESOURCE_ATTRIBUTES", "a=b"), ("API_SERVICE_HOST", "10.0.0.1")],
        &[("HOST", ""), ("API_TOKEN", ""), ("AUTH_PROVIDER", "")],
    ];
    for environment in accepted {
        let Outcome { code, stderr, .. } = run(&["config"], environment).await;
        assert_eq!((code, &*stderr), (0, ""), "{environment:?}");
    }
}

#[tokio::test]
async fn names_of_the_python_server_without_effect_are_named_in_one_warning() {
    let environment = [("FASTMCP_TRACING_ENABLED", "canary"), ("FASTMCP_OTEL_ENABLED", "true")];
    let Outcome { code, stderr, .. } = run(&["config"], &environment).await;
    assert_eq!(code, 0);
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(
        stderr.contains("WARN") && stderr.contains("FASTMCP_OTEL_ENABLED, FASTMCP_TRACING_ENABLED"),
        "{stderr}"
    );
    assert!(!stderr.contains("canary"), "{stderr}");
}

#[tokio::test]
async fn the_settings_in_effect_are_shown_with_their_origin_and_without_secrets() {
    let (folder, name) = (Scratch::new("program-settings"), "server.toml");
    folder.put(name, "[limits]\nconnections = 64\n[api]\nidle_connections = 3\n");
    let path = &*folder.at(name);
    let environment =
        [("API_TOKEN", "canary"), ("LOG_LEVEL", "WARNING"), ("FASTMCP_CONNECTION_POOL_SIZE", "4")];
    let arguments = [
        "config",
        "--settings",
        path,
        "--set",
        "listen.port=9000",
        "--api-base-url",
        "https://ces.example.com",
    ];
    let Outcome { code, stdout, stderr } = run(&arguments, &environment).await;
    let as_json = run(&[&arguments[..], &["--json"]].concat(), &environment).await;

    assert_eq!((code, &*stderr), (0, ""));
    let row = |key: &str| {
        let row = stdout
            .lines()
            .find(|line| line.starts_with(&format!("{key} ")))
            .unwrap_or_else(|| panic!("{key}: {stdout}"));
        row.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(row("api.token"), "**** environment API_TOKEN");
    assert_eq!(row("log.level"), "warn environment LOG_LEVEL");
    assert_eq!(row("listen.port"), "9000 flag --set");
    assert_eq!(row("api.base_url"), "https://ces.example.com flag --api-base-url");
    assert_eq!(row("limits.connections"), format!("64 {path}:2"));
    assert_eq!(row("api.idle_connections"), "4 environment FASTMCP_CONNECTION_POOL_SIZE");
    assert_eq!(row("listen.host"), "127.0.0.1 default");
    assert!(!stdout.contains("canary"), "{stdout}");

    let settings: serde_json::Value = serde_json::from_str(&as_json.stdout).unwrap();
    let token = settings.as_array().unwrap().iter().find(|setting| setting["key"] == "api.token").unwrap();
    assert_eq!((&token["value"], &token["secret"]), (&"****".into(), &true.into()));
    assert!(!as_json.stdout.contains("canary"));
}

#[tokio::test]
async fn a_wrong_settings_file_is_refused_with_its_line() {
    let (folder, name) = (Scratch::new("program-wrong"), "server.toml");
    let path = &*folder.at(name);
    for (text, expected) in [
        ("[listen]\nprot = 1\n", ":2: listen.prot: there is no such setting; did you mean listen.port?"),
        ("[listen]\nport = \"80\"\n", ":2: listen.port: expected a whole number, got text"),
        ("[listen\n", ":1: this is not TOML"),
        ("[api]\ntoken = 12\n", ":2: api.token: expected text in quotes, got a number"),
    ] {
        folder.put(name, text);
        let Outcome { code, stderr, .. } = run(&["config"], &[("SETTINGS_FILE", path)]).await;
        assert_eq!(code, 78, "{stderr}");
        assert!(stderr.starts_with(&format!("code-pipeline-mcp: {path}{expected}")), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
}
