//! The environment names of the Python server that set nothing here. What such a name asks for is so anyway, or the start stops and
//! says what to use instead: a server that passes over a name is another one than its owner believes. Names that set something are
//! in the table.

/// With AuthKit the Python server wanted a client's name and secret. Its tokens are judged by its public keys, so that here they
/// have no effect where its domain is set, and mean half a configuration where it is not.
pub(crate) const OF_AUTHKIT: [&str; 4] = [
    "FASTMCP_SERVER_AUTH_AUTHKIT_CLIENT_ID",
    "FASTMCP_SERVER_AUTH_AUTHKIT_CLIENT_SECRET",
    "FASTMCP_SERVER_AUTH_WORKOS_CLIENT_ID",
    "FASTMCP_SERVER_AUTH_WORKOS_CLIENT_SECRET",
];

/// The names of that domain.
pub(crate) const AUTHKIT_DOMAIN: [&str; 3] = [
    "FASTMCP_SERVER_AUTH_AUTHKIT_DOMAIN",
    "AUTH_AUTHKIT_DOMAIN",
    "FASTMCP_SERVER_AUTH_AUTHKITPROVIDER_AUTHKIT_DOMAIN",
];

/// Any name that begins so is about authentication, whether the Python server knew it or not.
pub(crate) const AUTHENTICATION_PREFIXES: [&str; 2] = ["FASTMCP_AUTH_", "FASTMCP_SERVER_AUTH"];

/// What a name asks for that nothing can be set by.
struct Asked {
    /// The name; with `FASTMCP_` before it where the Python server knew it only so.
    name: &'static str,
    /// The values that ask for what is so anyway, in lower case.
    so_anyway: &'static [&'static str],
    /// What is so, and which name to use instead, as the end of a sentence.
    instead: &'static str,
}

const TRUE: &[&str] = &["true", "1", "yes", "on"];
const FALSE: &[&str] = &["false", "0", "no", "off"];

const fn asked(name: &'static str, so_anyway: &'static [&'static str], instead: &'static str) -> Asked {
    Asked { name, so_anyway, instead }
}

/// All of them. Those without `FASTMCP_` are also known with it.
const ASKED: [Asked; 26] = [
    asked(
        "BMC_AMI_DEVX_ENVIRONMENT",
        &[],
        "which environment of Code Pipeline is served is said by its address, API_BASE_URL",
    ),
    asked("CONNECTION_POOL_MAX_KEEPALIVE", &[], "use CONNECTION_POOL_SIZE, or API_IDLE_TIMEOUT for how long"),
    asked("DEVELOPMENT_MODE", FALSE, "there is one mode; use LOG_LEVEL=debug for a longer log"),
    asked(
        "OPENAPI_SPEC_PATH",
        &["config/openapi.json"],
        "the API's document is compiled into the program; for another one, build a program of its own with `mcp-codegen new`",
    ),
    asked(
        "SECURITY_ENABLED",
        TRUE,
        "requests are always checked; single bounds are switched off by RATE_LIMIT_ENABLED, SECURITY_RATE_LIMIT_ENABLED and SECURITY_AUDIT_LOGGING_ENABLED",
    ),
    asked(
        "SECURITY_HEADERS_ENABLED",
        TRUE,
        "every answer has these headers; SECURITY_CORS_ENABLED is about those for pages",
    ),
    asked(
        "SECURITY_INPUT_VALIDATION_ENABLED",
        TRUE,
        "arguments are always checked against the API's document; what it says is changed in the overlay",
    ),
    asked(
        "SECURITY_MAX_STRING_LENGTH",
        &[],
        "each text has the bound that the API's document or the overlay gives it; use SECURITY_MAX_REQUEST_SIZE for a whole request",
    ),
    asked(
        "FASTMCP_CACHE_CLEANUP_INTERVAL",
        &[],
        "an answer goes when its time is over; use CACHE_TTL_SECONDS for that time",
    ),
    asked(
        "FASTMCP_CUSTOM_ROUTES_ENABLED",
        TRUE,
        "/health and /ready are always served; use PROMETHEUS_ENABLED for metrics, and MCP_PLAIN for /status and what is below /mcp",
    ),
    asked("FASTMCP_ERROR_RECOVERY_ENABLED", TRUE, "use MAX_RETRY_ATTEMPTS=1, which repeats nothing"),
    asked("FASTMCP_EXCLUDE_TAGS", &[], "use TOOLSETS with TOOLS_MODE=toolsets for the tags that are shown"),
    asked(
        "FASTMCP_EXPERIMENTAL_ENABLE_NEW_OPENAPI_PARSER",
        FALSE,
        "the API's document is compiled into the program, and nothing reads it at run time",
    ),
    asked("FASTMCP_FEATURE_ENABLED", &[], "no feature has this name; every setting is listed by `config`"),
    asked("FASTMCP_HEALTH_CHECK_PATH", &["/health"], "use /health, where health is told"),
    asked(
        "FASTMCP_INCLUDE_FASTMCP_META",
        FALSE,
        "tags of tools are told as sets; use TOOLSETS to choose by them",
    ),
    asked("FASTMCP_INCLUDE_TAGS", &[], "use TOOLSETS with TOOLS_MODE=toolsets for the tags that are shown"),
    asked(
        "FASTMCP_MASK_ERROR_DETAILS",
        TRUE,
        "causes of errors are for the log only; use LOG_LEVEL=debug to see more there",
    ),
    asked("FASTMCP_ON_DUPLICATE_TOOLS", &["error"], "a name that two tools would have fails the build"),
    asked(
        "FASTMCP_OPENAPI_SPEC_URL",
        &[],
        "the API's document is compiled into the program; use `mcp-codegen regenerate` to fetch another one",
    ),
    asked(
        "FASTMCP_PROMPTS_ENABLED",
        TRUE,
        "prompts are shown to whoever may use their tools; use TOOLSETS or rules of access",
    ),
    asked("FASTMCP_READY_PATH", &["/ready"], "use /ready, where it is told whether calls are wanted"),
    asked("FASTMCP_RESOURCE_PREFIX", &[], "addresses of resources are given by the overlay (`resource`)"),
    asked(
        "FASTMCP_RESOURCE_PREFIX_FORMAT",
        &["path"],
        "addresses of resources are given by the overlay (`resource`)",
    ),
    asked(
        "FASTMCP_STATUS_PATH",
        &["/status"],
        "use /status, where whoever may do everything reads how the server stands",
    ),
    asked(
        "FASTMCP_SERVER_VERSION",
        &[],
        "the version is the program's own; use FASTMCP_SERVER_NAME to tell servers apart",
    ),
];

/// What becomes of a name that sets nothing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The Python server did not know it.
    Unknown,
    /// What it asks for is so anyway.
    SoAnyway,
    /// It has no effect.
    WithoutEffect,
    /// It asks for what is not to be had, for this reason.
    Refused(String),
}

/// What becomes of this name with this value.
pub(crate) fn judge(name: &str, value: &str) -> Verdict {
    let bare = name.strip_prefix("FASTMCP_");
    if let Some(asked) = ASKED.iter().find(|asked| asked.name == name || Some(asked.name) == bare) {
        if asked.so_anyway.contains(&&*value.trim().to_ascii_lowercase()) {
            return Verdict::SoAnyway;
        }
        let expected = match asked.so_anyway {
            [] => String::new(),
            [first, ..] => format!("expected `{first}`, "),
        };
        return Verdict::Refused(format!("{expected}{}; unset it", asked.instead));
    }
    if bare == Some("MULTI_TIER_L1_TTL_RATIO") {
        return Verdict::Refused("use MULTI_TIER_L1_TTL_RATIO, and unset it".to_owned());
    }
    // It was to have a name for each part of the address, and read none of them.
    if bare.is_some_and(|rest| rest.starts_with("REDIS_")) {
        return Verdict::Refused("use REDIS_URL, and unset it".to_owned());
    }
    // It knew these without the prefix.
    if bare.is_some_and(|rest| rest.starts_with("OTEL_") || rest == "TRACING_ENABLED") {
        Verdict::WithoutEffect
    } else {
        Verdict::Unknown
    }
}

/// Every name that is judged here, for typing errors.
pub(crate) fn names<'a>() -> impl Iterator<Item = &'a str> {
    ASKED.iter().map(|asked| asked.name)
}
