//! Every setting there is: one line of this table each. What is not here cannot be set.
//!
//! Environment names stand in order of precedence: the name the Python server's code read, the name its
//! documentation gave, the name of its third scheme. Defaults are those of `Config::default()`, which takes
//! them from the runtime's own options.

use server::catalog::{Api, Carrier};
use server::stages::cache::Backend;
use server::stages::confirm::{Asking, Mode};
use server::upstream::HttpVersion;
use server::view::Mode as ToolsMode;

use crate::settings::value::Kind;
use crate::settings::{access, account, logins, providers, replicas, tasks, tls};

/// One setting.
pub(crate) struct Setting {
    /// Its place in a TOML file, and its name in `--set` and `config`.
    pub(crate) key: String,
    /// Its names in the environment, most precise first. A secret has each also with `_FILE` at its end.
    pub(crate) environment: Vec<String>,
    /// What kind of value it has, and where it is kept.
    pub(crate) kind: Kind,
    /// What it is for, one sentence.
    pub(crate) help: String,
}

/// Every setting of a server for this API, in the order in which people read them.
pub(crate) fn table(api: &'static Api) -> Vec<Setting> {
    let mut table = Vec::from(listening());
    table.extend(tls::rows());
    table.extend(asking_who());
    table.extend(tokens());
    table.extend(claims());
    table.extend(providers::scopes());
    table.extend(providers::introspection());
    table.extend(providers::presets());
    table.extend(logins::rows());
    table.extend(access::rows());
    table.extend(logging());
    table.extend(presenting());
    table.push(where_the_api_is());
    table.extend(credentials(api));
    table.extend(account::rows());
    table.extend(upstream());
    table.extend(calls());
    table.extend(tasks::rows());
    table.extend(quotas());
    table.extend(asking());
    table.extend(keeping());
    table.extend(failures());
    table.extend(ledger());
    table.extend(replicas::rows());
    table.extend(journal());
    table.extend(collecting());
    table.extend(sizes());
    table.extend(times());
    table
}

pub(super) fn setting(key: &str, environment: &[&str], kind: Kind, help: &str) -> Setting {
    Setting {
        key: key.to_owned(),
        environment: environment.iter().map(|&name| name.to_owned()).collect(),
        kind,
        help: help.to_owned(),
    }
}

fn listening() -> [Setting; 7] {
    [
        setting(
            "listen.host",
            &["HOST"],
            Kind::Host(|config| &mut config.host),
            "The address to listen on; anything but a loopback address needs `AUTH_PROVIDER`, or `ALLOW_UNAUTHENTICATED`.",
        ),
        setting(
            "listen.port",
            &["PORT"],
            Kind::Port(|config| &mut config.port),
            "The port to listen on; 0 lets the system choose.",
        ),
        setting(
            "listen.allow_unauthenticated",
            &["ALLOW_UNAUTHENTICATED"],
            Kind::Acknowledgement(|config| &mut config.server.http.allow_unauthenticated),
            "`i-understand` lets the server listen beyond loopback although nobody is asked who they are: whoever reaches it may do what rules of access give to anonymous callers, which is nothing but reads, and these only with `POLICY_ANONYMOUS_READS`.",
        ),
        setting(
            "listen.allowed_hosts",
            &["ALLOWED_HOSTS"],
            Kind::Hosts { at: |config| &mut config.server.http.allowed_hosts, ports: true },
            "Names under which clients reach the server, besides loopback ones; a request with another `Host` is refused.",
        ),
        setting(
            "listen.allowed_origins",
            &["FASTMCP_SECURITY_CORS_ALLOWED_ORIGINS", "ALLOWED_ORIGINS", "SECURITY_CORS_ALLOWED_ORIGINS"],
            Kind::Origins(|config| &mut config.server.http.allowed_origins),
            "Web pages that may call the server from a browser; `*` is not accepted.",
        ),
        setting(
            "listen.cors",
            &["FASTMCP_SECURITY_CORS_ENABLED", "SECURITY_CORS_ENABLED"],
            Kind::Switch(|config| &mut config.server.http.cors),
            "Whether browsers let these pages read what is answered, and send credentials (CORS).",
        ),
        setting(
            "listen.trusted_proxies",
            &["TRUSTED_PROXIES"],
            Kind::Networks(|config| &mut config.server.http.trusted_proxies),
            "Proxies, by address or range, whose `X-Forwarded-For` says where a request comes from; nobody else's is looked at.",
        ),
    ]
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
        ),
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

fn logging() -> [Setting; 2] {
    [
        setting(
            "log.level",
            &["FASTMCP_LOG_LEVEL", "LOG_LEVEL"],
            Kind::Level(|config| &mut config.log.level),
            "How much is logged to standard error.",
        ),
        setting(
            "log.format",
            &["LOG_FORMAT"],
            Kind::Format(|config| &mut config.log.format),
            "How log lines look: `text` for people, `json` for machines.",
        ),
    ]
}

fn presenting() -> [Setting; 14] {
    [
        setting(
            "mcp.name",
            &["FASTMCP_SERVER_NAME"],
            Kind::Name(|config| &mut config.server.mcp.name),
            "The name by which the server introduces itself to clients; the program's own while unset.",
        ),
        setting(
            "mcp.title",
            &["MCP_TITLE"],
            Kind::Text { at: |config| &mut config.server.mcp.title, longest: 128 },
            "The server's title for people; the title of the API's document while unset.",
        ),
        setting(
            "mcp.instructions",
            &["MCP_INSTRUCTIONS"],
            Kind::Text { at: |config| &mut config.server.mcp.instructions, longest: 4096 },
            "What a model should know before it uses a tool; the description of the API's document while unset.",
        ),
        setting(
            "mcp.tools_seconds",
            &["MCP_TOOLS_TTL"],
            Kind::Seconds {
                at: |config| &mut config.server.mcp.tools_list_ttl,
                minimum: 0.0,
                maximum: 86400.0,
            },
            "How long clients may keep the list of tools.",
        ),
        setting(
            "mcp.tools_page_size",
            &["MCP_TOOLS_PAGE_SIZE"],
            Kind::PageSize(|config| &mut config.server.mcp.tools_page_size),
            "How many tools one page of the list holds; 0 stands for all.",
        ),
        setting(
            "mcp.tools_mode",
            &["TOOLS_MODE"],
            Kind::OneOf {
                at: |config| config.server.mcp.view.mode as usize,
                put: |config, word| config.server.mcp.view.mode = ToolsMode::ALL[word],
                words: &ToolsMode::WORDS,
            },
            "Which tools clients are shown that ask for nothing else (`/mcp?tools=...`): `all`, those of some `toolsets`, or with `search` three tools that find, describe and call the others.",
        ),
        setting(
            "mcp.toolsets",
            &["TOOLSETS"],
            Kind::Texts(|config| &mut config.server.mcp.view.toolsets),
            "The sets of tools that any client is shown, by tag (`sets`) or by scope (`scope:cp:read`); all while none is named. With `TOOLS_MODE` `toolsets` or `search`.",
        ),
        setting(
            "mcp.output_schemas",
            &["TOOLS_OUTPUT_SCHEMAS"],
            Kind::Switch(|config| &mut config.server.engine.output_schemas),
            "Whether the list of tools says what they answer; without that it has about half the size.",
        ),
        setting(
            "mcp.about_tools",
            &["MCP_ABOUT_TOOLS"],
            Kind::Switch(|config| &mut config.server.engine.about),
            "Whether the tools about the server itself are offered: `whoami`, `ping`, `echo` and `health_check`. A tool of the API keeps its name.",
        ),
        setting(
            "mcp.resources",
            &["MCP_RESOURCES"],
            Kind::Switch(|config| &mut config.server.mcp.resources.offered),
            "Whether the API's document, a page about each tool, what reads give by address, the server's figures and a caller's own records are offered as resources, each to whoever may use the tool that it is about.",
        ),
        setting(
            "mcp.sessions",
            &["MCP_SESSIONS"],
            Kind::Count { at: |config| &mut config.server.mcp.sessions, minimum: 0, maximum: 4096 },
            "How many sessions clients of the revisions up to 2025-11-25 may have at once over HTTP: only with one can they be asked something there. 0 is none: each of their requests stands alone.",
        ),
        setting(
            "mcp.max_answer_bytes",
            &["MCP_MAX_ANSWER_SIZE"],
            Kind::Count {
                at: |config| &mut config.server.engine.portion.bytes,
                minimum: 0,
                maximum: 256 << 20,
            },
            "How many bytes of JSON text a client gets of an answer at once, 1024 or more; the rest of a longer one is given for a cursor. 0 gives every answer whole.",
        ),
        setting(
            "mcp.direct_lane",
            &["MCP_DIRECT_LANE"],
            Kind::Switch(|config| &mut config.server.mcp.direct_lane),
            "Whether requests over HTTP that leave nothing to decide are answered without the protocol library: several times faster, and the same to the byte.",
        ),
        setting(
            "mcp.plain",
            &["MCP_PLAIN"],
            Kind::Switch(|config| &mut config.server.mcp.plain),
            "Whether programs that are no MCP clients may ask at `/mcp/capabilities`, `/mcp/tools` and `/mcp/resources`: the same tools, checks and records.",
        ),
    ]
}

fn where_the_api_is() -> Setting {
    setting(
        "api.base_url",
        &["API_BASE_URL", "BMC_API_BASE_URL"],
        Kind::Address(|config| &mut config.server.engine.upstream.base_url),
        "The address of the API that paths of its document are appended to; required to serve.",
    )
}

fn upstream() -> [Setting; 8] {
    [
        setting(
            "api.token_scheme",
            &["API_TOKEN_SCHEME"],
            Kind::Word(|config| &mut config.server.engine.upstream.authorization_word),
            "A word to send before a bare token in `Authorization`, such as `Bearer`, for a site that wants one.",
        ),
        setting(
            "api.http_version",
            &["API_HTTP_VERSION"],
            Kind::OneOf {
                at: |config| place(&VERSIONS, &config.server.engine.upstream.version),
                put: |config, index| config.server.engine.upstream.version = VERSIONS[index],
                words: &["1.1", "2", "best"],
            },
            "Which version of HTTP the API is spoken to: `1.1`, `2` without being asked, or over https the `best` that the API offers. With 2 all requests share one connection.",
        ),
        setting(
            "api.timeout_seconds",
            &["FASTMCP_API_TIMEOUT", "API_TIMEOUT", "BMC_API_TIMEOUT"],
            Kind::Seconds {
                at: |config| &mut config.server.engine.upstream.attempt_timeout,
                minimum: 0.1,
                maximum: 3600.0,
            },
            "How long one request to the API may take.",
        ),
        setting(
            "api.connect_timeout_seconds",
            &["API_CONNECT_TIMEOUT"],
            Kind::Seconds {
                at: |config| &mut config.server.engine.upstream.connect_timeout,
                minimum: 0.1,
                maximum: 300.0,
            },
            "How long connecting to the API may take.",
        ),
        setting(
            "api.max_answer_bytes",
            &["API_MAX_ANSWER_SIZE"],
            Kind::Count {
                at: |config| &mut config.server.engine.upstream.max_answer_bytes,
                minimum: 1024,
                maximum: 256 << 20,
            },
            "The largest answer of the API that is read; a larger one is an error.",
        ),
        setting(
            "api.max_body_bytes",
            &["API_MAX_BODY_SIZE"],
            Kind::Count {
                at: |config| &mut config.server.engine.deployment.max_body_bytes,
                minimum: 1024,
                maximum: 64 << 20,
            },
            "The largest body that is sent to the API; arguments that would make a larger one are refused.",
        ),
        setting(
            "api.idle_connections",
            &["FASTMCP_CONNECTION_POOL_SIZE", "CONNECTION_POOL_SIZE"],
            Kind::Count {
                at: |config| &mut config.server.engine.upstream.max_idle_connections,
                minimum: 0,
                maximum: 1024,
            },
            "How many unused connections to the API are kept open.",
        ),
        setting(
            "api.idle_seconds",
            &["API_IDLE_TIMEOUT"],
            Kind::Seconds {
                at: |config| &mut config.server.engine.upstream.idle_timeout,
                minimum: 0.0,
                maximum: 3600.0,
            },
            "How long an unused connection to the API is kept open; less than the API itself keeps it.",
        ),
    ]
}

/// The credential of each security scheme of the document. `API_TOKEN` is the one of the first scheme that is
/// sent in the `Authorization` header, or of the first scheme where none is.
fn credentials(api: &'static Api) -> Vec<Setting> {
    let schemes = api.security_schemes;
    let main = main_scheme(api);
    let named = |scheme: &'static server::catalog::SecurityScheme| {
        let kind = Kind::Credential(scheme.name);
        let own = format!("API_CREDENTIAL_{}", upper_snake(scheme.name));
        if Some(scheme.name) == main {
            let help = format!("The credential for the API (security scheme `{}`).", scheme.name);
            setting("api.token", &["API_TOKEN", "BMC_API_TOKEN", &own], kind, &help)
        } else {
            let help = format!("The credential for the API's security scheme `{}`.", scheme.name);
            setting(&format!("api.credentials.{}", scheme.name), &[&own], kind, &help)
        }
    };
    let mut settings: Vec<Setting> = schemes.iter().map(named).collect();
    settings.sort_by_key(|setting| setting.key != "api.token");
    settings
}

/// The scheme whose credential is `API_TOKEN`.
pub(crate) fn main_scheme(api: &'static Api) -> Option<&'static str> {
    let is_authorization = |carrier: Carrier| match carrier {
        Carrier::Authorization(_) => true,
        Carrier::Header(name) => name.eq_ignore_ascii_case("authorization"),
        Carrier::Query(_) | Carrier::Cookie(_) => false,
    };
    let mut schemes = api.security_schemes.iter();
    let main = schemes.find(|scheme| is_authorization(scheme.carrier)).or(api.security_schemes.first());
    main.map(|scheme| scheme.name)
}

fn calls() -> [Setting; 3] {
    [
        setting(
            "call.deadline_seconds",
            &["CALL_DEADLINE"],
            Kind::Seconds { at: |config| &mut config.server.engine.deadline, minimum: 0.1, maximum: 3600.0 },
            "How long a whole tool call may take.",
        ),
        setting(
            "call.longest_wait_seconds",
            &["CALL_LONGEST_WAIT"],
            Kind::Seconds {
                at: |config| &mut config.server.engine.follow.longest,
                minimum: 0.0,
                maximum: 86400.0,
            },
            "How long a caller may wait at most for the work that a change starts, besides the call itself; 0 lets nobody wait.",
        ),
        setting(
            "call.callback_hosts",
            &["WEBHOOK_ALLOWED_HOSTS"],
            Kind::Hosts { at: |config| &mut config.server.engine.deployment.callback_hosts, ports: false },
            "Hosts to which a caller may have the API send its callbacks; while empty, tools offer no callback arguments.",
        ),
    ]
}

fn keeping() -> [Setting; 6] {
    [
        setting(
            "cache.enabled",
            &["FASTMCP_CACHE_ENABLED", "CACHE_ENABLED"],
            Kind::Switch(|config| &mut config.server.engine.cache.enabled),
            "Whether answers of reads are kept at all.",
        ),
        setting(
            "cache.backend",
            &["FASTMCP_CACHE_BACKEND", "CACHE_BACKEND"],
            Kind::OneOf {
                at: |config| place(&BACKENDS, &config.server.engine.cache.backend),
                put: |config, index| config.server.engine.cache.backend = BACKENDS[index],
                words: &["memory", "redis", "multi_tier"],
            },
            "Where answers are kept: in this program's `memory`, in `redis` for all servers (`REDIS_URL`), or in both. Wherever it is, with `REDIS_URL` a change at one server makes all of them forget.",
        ),
        setting(
            "cache.memory_share",
            &["MULTI_TIER_L1_TTL_RATIO"],
            Kind::Part(|config| &mut config.server.engine.cache.memory_share),
            "With `multi_tier`, for which part of the time that is left an answer is given from memory before Redis is asked again.",
        ),
        setting(
            "cache.entries",
            &["FASTMCP_CACHE_MAX_SIZE", "CACHE_MAX_SIZE"],
            Kind::Count {
                at: |config| &mut config.server.engine.cache.entries,
                minimum: 2,
                maximum: 1_000_000,
            },
            "How many answers are kept.",
        ),
        setting(
            "cache.bytes",
            &["CACHE_MAX_BYTES"],
            Kind::Count {
                at: |config| &mut config.server.engine.cache.bytes,
                minimum: 1024,
                maximum: 1 << 30,
            },
            "How much memory kept answers may take together; one that takes more than an eighth of it is not kept.",
        ),
        setting(
            "cache.default_seconds",
            &["FASTMCP_CACHE_TTL_SECONDS", "CACHE_TTL_SECONDS", "FASTMCP_CACHE_DEFAULT_TTL"],
            Kind::Seconds {
                at: |config| &mut config.server.engine.cache.default_ttl,
                minimum: 0.0,
                maximum: 3600.0,
            },
            "How long answers of reads are kept of which the overlay says nothing, such as the state of a deployment; 0 keeps none of them.",
        ),
    ]
}

fn failures() -> [Setting; 6] {
    [
        setting(
            "api.concurrent_requests",
            &["API_CONCURRENT_REQUESTS", "BMC_AMI_DEVX_MAX_CONCURRENT_REQUESTS"],
            Kind::Count {
                at: |config| &mut config.server.engine.bulkhead.requests,
                minimum: 1,
                maximum: 10_000,
            },
            "How many requests may be at the API at once; half of them may be changes, and a call that finds no room within a second is told to come again.",
        ),
        setting(
            "api.concurrent_requests_per_caller",
            &["API_CONCURRENT_REQUESTS_PER_CALLER"],
            Kind::Count {
                at: |config| &mut config.server.engine.bulkhead.caller_requests,
                minimum: 0,
                maximum: 10_000,
            },
            "How many of these requests may be one caller's, half of them changes; 0 stands for all.",
        ),
        setting(
            "retry.attempts",
            &[
                "FASTMCP_MAX_RETRY_ATTEMPTS",
                "MAX_RETRY_ATTEMPTS",
                "API_RETRY_ATTEMPTS",
                "BMC_AMI_DEVX_RETRY_ATTEMPTS",
            ],
            Kind::Count { at: |config| &mut config.server.engine.retry.attempts, minimum: 1, maximum: 10 },
            "How many requests one call may make of the API in all, if those before failed: of reads, of idempotent changes, and of anything of which nothing was sent; 1 repeats nothing.",
        ),
        setting(
            "retry.base_delay_seconds",
            &["FASTMCP_RETRY_BASE_DELAY", "RETRY_BASE_DELAY"],
            Kind::Seconds {
                at: |config| &mut config.server.engine.retry.base_delay,
                minimum: 0.0,
                maximum: 60.0,
            },
            "The longest wait before a call is repeated for the first time; it doubles with each, and a random part of it is waited.",
        ),
        setting(
            "breaker.connect_failures",
            &["FASTMCP_CIRCUIT_BREAKER_FAILURE_THRESHOLD", "CIRCUIT_BREAKER_FAILURE_THRESHOLD"],
            Kind::Count {
                at: |config| &mut config.server.engine.breaker.connect_failures,
                minimum: 1,
                maximum: 1000,
            },
            "After how many connections that fail in a row the API is left alone; it also is when half of the calls of ten seconds fail.",
        ),
        setting(
            "breaker.recovery_seconds",
            &["FASTMCP_CIRCUIT_BREAKER_RECOVERY_TIMEOUT", "CIRCUIT_BREAKER_RECOVERY_TIMEOUT"],
            Kind::Seconds {
                at: |config| &mut config.server.engine.breaker.recovery,
                minimum: 0.1,
                maximum: 3600.0,
            },
            "How long the API is left alone before one call finds out whether it is back; twice as long after each that failed.",
        ),
    ]
}

fn quotas() -> [Setting; 7] {
    let per_minute = |at| Kind::Count { at, minimum: 0, maximum: 60_000_000 };
    let above_zero = |at| Kind::Count { at, minimum: 1, maximum: 1_000_000 };
    [
        setting(
            "quota.enabled",
            &["FASTMCP_RATE_LIMIT_ENABLED", "RATE_LIMIT_ENABLED"],
            Kind::Switch(|config| &mut config.server.engine.quota.enabled),
            "`false` bounds nothing for all callers together, whatever is set below.",
        ),
        setting(
            "quota.per_minute",
            &["FASTMCP_RATE_LIMIT_REQUESTS_PER_MINUTE", "RATE_LIMIT_REQUESTS_PER_MINUTE"],
            per_minute(|config| &mut config.server.engine.quota.per_minute),
            "How many calls all callers together may make in a minute; 0 is no bound.",
        ),
        setting(
            "quota.burst",
            &["FASTMCP_RATE_LIMIT_BURST_SIZE", "RATE_LIMIT_BURST_SIZE"],
            above_zero(|config| &mut config.server.engine.quota.burst),
            "How many of these calls may come at once, of one caller or of all.",
        ),
        setting(
            "quota.caller_enabled",
            &["FASTMCP_SECURITY_RATE_LIMIT_ENABLED", "SECURITY_RATE_LIMIT_ENABLED"],
            Kind::Switch(|config| &mut config.server.engine.quota.caller_enabled),
            "`false` bounds no single caller, whatever is set below.",
        ),
        setting(
            "quota.caller_per_minute",
            &["FASTMCP_SECURITY_RATE_LIMIT_PER_USER_RPM", "SECURITY_RATE_LIMIT_PER_USER_RPM"],
            per_minute(|config| &mut config.server.engine.quota.caller_per_minute),
            "How many calls one caller may make in a minute; 0 is no bound. It is charged first, so that one caller takes nothing from the others.",
        ),
        setting(
            "quota.api_key_per_minute",
            &["FASTMCP_SECURITY_RATE_LIMIT_PER_API_KEY_RPM", "SECURITY_RATE_LIMIT_PER_API_KEY_RPM"],
            per_minute(|config| &mut config.server.engine.quota.key_per_minute),
            "How many calls one API key may make in a minute, in the place of `SECURITY_RATE_LIMIT_PER_USER_RPM`; 0 is as any other caller.",
        ),
        setting(
            "quota.change_weight",
            &["RATE_LIMIT_CHANGE_WEIGHT"],
            above_zero(|config| &mut config.server.engine.quota.change_weight),
            "How many calls a change counts as.",
        ),
    ]
}

const VERSIONS: [HttpVersion; 3] = [HttpVersion::One, HttpVersion::Two, HttpVersion::Best];
const BACKENDS: [Backend; 3] = [Backend::Memory, Backend::Redis, Backend::MultiTier];
const MODES: [Mode; 3] = [Mode::Required, Mode::Possible, Mode::Off];
const ASKING: [Asking; 3] = [Asking::Destroying, Asking::Changing, Asking::Marked];

fn place<T: PartialEq>(values: &[T], value: &T) -> usize {
    values.iter().position(|one| one == value).unwrap_or_default()
}

fn asking() -> [Setting; 3] {
    [
        setting(
            "confirm.mode",
            &["CONFIRM"],
            Kind::OneOf {
                at: |config| place(&MODES, &config.server.engine.confirm.mode),
                put: |config, index| config.server.engine.confirm.mode = MODES[index],
                words: &["required", "possible", "off"],
            },
            "Whether a person is asked before a call that may do harm: `required` refuses it where nobody can be asked, `possible` makes it then, `off` asks nobody.",
        ),
        setting(
            "confirm.tools",
            &["CONFIRM_TOOLS"],
            Kind::OneOf {
                at: |config| place(&ASKING, &config.server.engine.confirm.asking),
                put: |config, index| config.server.engine.confirm.asking = ASKING[index],
                words: &["destroying", "changing", "marked"],
            },
            "Which tools ask besides those that the overlay marks: those that lose or undo something, all that change something, or no others.",
        ),
        setting(
            "confirm.patience_seconds",
            &["CONFIRM_PATIENCE"],
            Kind::Seconds {
                at: |config| &mut config.server.engine.confirm.patience,
                minimum: 1.0,
                maximum: 3600.0,
            },
            "How long a person's answer is taken after the question.",
        ),
    ]
}

fn ledger() -> [Setting; 2] {
    [
        setting(
            "ledger.window_seconds",
            &["LEDGER_WINDOW"],
            Kind::Seconds {
                at: |config| &mut config.server.engine.ledger.window,
                minimum: 0.0,
                maximum: 86400.0,
            },
            "How long an identical change of the same caller gets the answer of the one before, instead of being made again; 0 only joins one that is being made.",
        ),
        setting(
            "ledger.unknown_seconds",
            &["LEDGER_UNKNOWN"],
            Kind::Seconds {
                at: |config| &mut config.server.engine.ledger.unknown,
                minimum: 0.0,
                maximum: 604_800.0,
            },
            "How long a change whose outcome is not known is not made again.",
        ),
    ]
}

fn journal() -> [Setting; 11] {
    [
        setting(
            "audit.folder",
            &["AUDIT_FOLDER"],
            Kind::Folder(|config| &mut config.journal.options.folder),
            "The folder of the journal, in which every call is recorded; while it is unset nothing is.",
        ),
        setting(
            "audit.enabled",
            &["FASTMCP_SECURITY_AUDIT_LOGGING_ENABLED", "SECURITY_AUDIT_LOGGING_ENABLED"],
            Kind::Switch(|config| &mut config.journal.enabled),
            "`false` switches the journal off although a folder is named.",
        ),
        setting(
            "audit.reads",
            &["AUDIT_READS"],
            Kind::Switch(|config| &mut config.server.engine.audit.reads),
            "Whether reads are recorded too; changes always are.",
        ),
        setting(
            "audit.reads_on_failure",
            &["AUDIT_FAIL_MODE"],
            Kind::OneOf {
                at: |config| usize::from(config.server.engine.audit.closed),
                put: |config, index| config.server.engine.audit.closed = index == 1,
                words: &["open", "closed"],
            },
            "`closed` refuses reads as well while the journal cannot be written; changes always are refused then.",
        ),
        setting(
            "audit.refusals_per_minute",
            &["AUDIT_REFUSALS_PER_MINUTE"],
            Kind::Count {
                at: |config| &mut config.journal.options.refusals_per_minute,
                minimum: 1,
                maximum: 1_000_000,
            },
            "How many refusals of one kind and one caller are recorded each in a minute; of the others the number is, so that a flood of them does not fill the disk.",
        ),
        setting(
            "audit.sensitive",
            &["FASTMCP_SECURITY_AUDIT_LOG_SENSITIVE_DATA", "SECURITY_AUDIT_LOG_SENSITIVE_DATA"],
            Kind::Switch(|config| &mut config.server.engine.audit.redaction.marked_only),
            "`true` records arguments that only look like secrets; what the document marks as secret never is.",
        ),
        setting(
            "audit.stdout",
            &["AUDIT_STDOUT"],
            Kind::Switch(|config| &mut config.journal.copied),
            "Whether `serve` prints every record on standard output as well, one JSON object a line; other commands, whose output is taken, on standard error.",
        ),
        setting(
            "audit.signing_key_file",
            &["AUDIT_SIGNING_KEY_FILE"],
            Kind::File(|config| &mut config.journal.signing_key),
            "The file of a private key, as `audit key` makes one, that signs the journal after every thousand records, at the beginning of a file and at the end.",
        ),
        setting(
            "audit.file_bytes",
            &["AUDIT_FILE_SIZE"],
            Kind::Bytes { at: |config| &mut config.journal.options.file_bytes, minimum: 4096 },
            "Bytes after which a new file of the journal is begun.",
        ),
        setting(
            "audit.file_seconds",
            &["AUDIT_FILE_AGE"],
            Kind::Seconds {
                at: |config| &mut config.journal.options.file_age,
                minimum: 60.0,
                maximum: 31_536_000.0,
            },
            "Time after which a new file of the journal is begun.",
        ),
        setting(
            "audit.keep_seconds",
            &["AUDIT_RETENTION"],
            Kind::Seconds {
                at: |config| &mut config.journal.options.keep,
                minimum: 0.0,
                maximum: 3_153_600_000.0,
            },
            "How long files of the journal are kept after their last record; 0 stands for ever.",
        ),
    ]
}

fn collecting() -> [Setting; 4] {
    [
        setting(
            "audit.otlp",
            &["AUDIT_OTLP"],
            Kind::Switch(|config| &mut config.journal.collected),
            "Whether every record is sent to a collector of logs as well, by OTLP over HTTP (JSON); one that it cannot take is counted, and the journal has it.",
        ),
        setting(
            "otlp.endpoint",
            &["OTEL_EXPORTER_OTLP_ENDPOINT"],
            Kind::Address(|config| &mut config.journal.collector),
            "The address of the collector, below which it takes logs at `/v1/logs`; nothing is sent there unless `AUDIT_OTLP` says so.",
        ),
        setting(
            "otlp.logs_endpoint",
            &["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"],
            Kind::Address(|config| &mut config.journal.logs_collector),
            "The whole address at which it takes logs, where that is another.",
        ),
        setting(
            "otlp.headers",
            &["OTEL_EXPORTER_OTLP_HEADERS"],
            Kind::Headers(|config| &mut config.journal.collector_headers),
            "Headers for the collector, `name=value` separated by commas, values percent-encoded.",
        ),
    ]
}

fn sizes() -> [Setting; 6] {
    [
        setting(
            "limits.request_bytes",
            &["FASTMCP_SECURITY_MAX_REQUEST_SIZE", "SECURITY_MAX_REQUEST_SIZE"],
            Kind::Count {
                at: |config| &mut config.server.http.max_body_bytes,
                minimum: 1024,
                maximum: 64 << 20,
            },
            "The largest request body that is read.",
        ),
        setting(
            "limits.connections",
            &["SECURITY_MAX_CONNECTIONS"],
            Kind::Count {
                at: |config| &mut config.server.http.max_connections,
                minimum: 1,
                maximum: 100_000,
            },
            "How many clients may be connected at once.",
        ),
        setting(
            "limits.connections_per_site",
            &["SECURITY_MAX_CONNECTIONS_PER_SITE"],
            Kind::Count {
                at: |config| &mut config.server.http.max_connections_per_site,
                minimum: 0,
                maximum: 100_000,
            },
            "How many of these connections one address may have (of IPv6 its first 64 bits); further ones are closed. 0 is no bound; those of `TRUSTED_PROXIES` are not counted.",
        ),
        setting(
            "limits.streams",
            &["SECURITY_MAX_STREAMS"],
            Kind::Count { at: |config| &mut config.server.http.max_streams, minimum: 1, maximum: 10_000 },
            "How many requests one connection of HTTP/2 may have under way.",
        ),
        setting(
            "limits.site_requests_per_minute",
            &["RATE_LIMIT_SITE_REQUESTS_PER_MINUTE"],
            Kind::Count {
                at: |config| &mut config.server.http.site_requests_per_minute,
                minimum: 0,
                maximum: 60_000_000,
            },
            "How many HTTP requests one address may send in a minute (of IPv6 its first 64 bits), whatever they ask; what is over is answered 429. 0 is no bound; `/health` and `/ready` are not counted.",
        ),
        setting(
            "limits.site_burst",
            &["RATE_LIMIT_SITE_BURST_SIZE"],
            Kind::Count { at: |config| &mut config.server.http.site_burst, minimum: 1, maximum: 1_000_000 },
            "How many of these requests may come at once.",
        ),
    ]
}

fn times() -> [Setting; 6] {
    [
        setting(
            "limits.head_seconds",
            &["SECURITY_HEAD_TIMEOUT"],
            Kind::Seconds {
                at: |config| &mut config.server.http.head_timeout,
                minimum: 0.1,
                maximum: 3600.0,
            },
            "How long a client may take to agree on TLS, and again to send the head of a request.",
        ),
        setting(
            "limits.body_idle_seconds",
            &["SECURITY_BODY_IDLE_TIMEOUT"],
            Kind::Seconds {
                at: |config| &mut config.server.http.body_idle_timeout,
                minimum: 0.1,
                maximum: 3600.0,
            },
            "How long a client may pause while it sends a request body.",
        ),
        setting(
            "limits.body_seconds",
            &["SECURITY_BODY_TIMEOUT"],
            Kind::Seconds {
                at: |config| &mut config.server.http.body_timeout,
                minimum: 0.1,
                maximum: 3600.0,
            },
            "How long a client may take to send a whole request body.",
        ),
        setting(
            "limits.write_seconds",
            &["SECURITY_WRITE_TIMEOUT"],
            Kind::Seconds {
                at: |config| &mut config.server.http.write_timeout,
                minimum: 0.1,
                maximum: 3600.0,
            },
            "How long a client may leave an answer unread.",
        ),
        setting(
            "limits.keep_alive_seconds",
            &["SECURITY_KEEP_ALIVE_TIMEOUT"],
            Kind::Seconds { at: |config| &mut config.server.http.keep_alive, minimum: 0.1, maximum: 3600.0 },
            "How long an unused client connection is kept open.",
        ),
        setting(
            "limits.drain_seconds",
            &["DRAIN_SECONDS"],
            Kind::Seconds { at: |config| &mut config.server.http.drain, minimum: 0.0, maximum: 3600.0 },
            "How long calls may go on after SIGTERM or SIGINT before they are cut off.",
        ),
    ]
}

/// `certificateHost` and `certificate-host` as `CERTIFICATE_HOST`.
fn upper_snake(name: &str) -> String {
    let mut snake = String::new();
    let mut previous_is_lower = false;
    for letter in name.chars() {
        if !letter.is_ascii_alphanumeric() {
            if !snake.is_empty() && !snake.ends_with('_') {
                snake.push('_');
            }
        } else {
            if letter.is_ascii_uppercase() && previous_is_lower {
                snake.push('_');
            }
            snake.push(letter.to_ascii_uppercase());
        }
        previous_is_lower = letter.is_ascii_lowercase() || letter.is_ascii_digit();
    }
    snake.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::upper_snake;

    #[test]
    fn scheme_names_become_environment_names() {
        for (name, expected) in [
            ("accessToken", "ACCESS_TOKEN"),
            ("PersonalAccessToken", "PERSONAL_ACCESS_TOKEN"),
            ("api-key", "API_KEY"),
            ("basic_auth", "BASIC_AUTH"),
            ("oauth2", "OAUTH2"),
            ("a..b!", "A_B"),
        ] {
            assert_eq!(upper_snake(name), expected, "{name}");
        }
    }
}
