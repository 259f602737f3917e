//! Every name by which the Python server could be configured, in any of its three schemes: it sets what it set, asks for what is so
//! anyway, or stops the start and says what to use.

use super::super::table;
use super::{API, example, refusal, with};

/// What becomes of a name.
enum Becomes {
    /// It sets this.
    Sets(&'static str),
    /// With this value it asks for what is so anyway, and with the other one it stops the start.
    SoAnyway(&'static str, &'static str, &'static str),
    /// It stops the start with any value, and this stands in the line.
    Stops(&'static str),
    /// It has no effect, which a warning says.
    Nothing,
}
use Becomes::{Nothing, Sets, SoAnyway, Stops};

/// The names, in the order of its documentation. `NODE_ENV` and `DEBUG` did nothing there and belong to many programs, so that they
/// are passed over.
const NAMES: &[(&str, Becomes)] = &[
    ("HOST", Sets("listen.host")),
    ("PORT", Sets("listen.port")),
    ("LOG_LEVEL", Sets("log.level")),
    ("FASTMCP_LOG_LEVEL", Sets("log.level")),
    ("API_BASE_URL", Sets("api.base_url")),
    ("BMC_API_BASE_URL", Sets("api.base_url")),
    ("API_TOKEN", Sets("api.token")),
    ("BMC_API_TOKEN", Sets("api.token")),
    ("API_TIMEOUT", Sets("api.timeout_seconds")),
    ("FASTMCP_API_TIMEOUT", Sets("api.timeout_seconds")),
    ("BMC_API_TIMEOUT", Sets("api.timeout_seconds")),
    ("API_RETRY_ATTEMPTS", Sets("retry.attempts")),
    ("FASTMCP_CONNECTION_POOL_SIZE", Sets("api.idle_connections")),
    ("CONNECTION_POOL_SIZE", Sets("api.idle_connections")),
    ("FASTMCP_CONNECTION_POOL_MAX_KEEPALIVE", Stops("use CONNECTION_POOL_SIZE")),
    ("CONNECTION_POOL_MAX_KEEPALIVE", Stops("use CONNECTION_POOL_SIZE")),
    ("AUTH_ENABLED", Sets("auth.enabled")),
    ("FASTMCP_AUTH_ENABLED", Sets("auth.enabled")),
    ("AUTH_PROVIDER", Sets("auth.providers")),
    ("FASTMCP_AUTH_PROVIDER", Sets("auth.providers")),
    ("FASTMCP_SERVER_AUTH", Sets("auth.providers")),
    ("AUTH_JWKS_URI", Sets("auth.jwks_uris")),
    ("FASTMCP_AUTH_JWKS_URI", Sets("auth.jwks_uris")),
    ("FASTMCP_SERVER_AUTH_JWT_JWKS_URI", Sets("auth.jwks_uris")),
    ("AUTH_ISSUER", Sets("auth.issuers")),
    ("FASTMCP_AUTH_ISSUER", Sets("auth.issuers")),
    ("FASTMCP_SERVER_AUTH_JWT_ISSUER", Sets("auth.issuers")),
    ("AUTH_AUDIENCE", Sets("auth.audiences")),
    ("FASTMCP_AUTH_AUDIENCE", Sets("auth.audiences")),
    ("FASTMCP_SERVER_AUTH_JWT_AUDIENCE", Sets("auth.audiences")),
    ("FASTMCP_SERVER_AUTH_GITHUB_CLIENT_ID", Sets("auth.github_client_id")),
    ("FASTMCP_SERVER_AUTH_GITHUB_CLIENT_SECRET", Sets("auth.github_client_secret")),
    ("FASTMCP_SERVER_AUTH_GOOGLE_CLIENT_ID", Sets("auth.google_client_id")),
    ("FASTMCP_SERVER_AUTH_GOOGLE_CLIENT_SECRET", Sets("auth.google_client_secret")),
    ("FASTMCP_SERVER_AUTH_AUTHKIT_DOMAIN", Sets("auth.authkit_domain")),
    ("FASTMCP_SERVER_AUTH_AUTHKIT_CLIENT_ID", Stops("unset it")),
    ("FASTMCP_SERVER_AUTH_AUTHKIT_CLIENT_SECRET", Stops("unset it")),
    ("FASTMCP_SERVER_AUTH_WORKOS_CLIENT_ID", Stops("unset it")),
    ("FASTMCP_SERVER_AUTH_WORKOS_CLIENT_SECRET", Stops("unset it")),
    ("SECURITY_ENABLED", SoAnyway("true", "false", "RATE_LIMIT_ENABLED")),
    ("FASTMCP_SECURITY_ENABLED", SoAnyway("True", "0", "RATE_LIMIT_ENABLED")),
    ("SECURITY_RATE_LIMIT_ENABLED", Sets("quota.caller_enabled")),
    ("FASTMCP_SECURITY_RATE_LIMIT_ENABLED", Sets("quota.caller_enabled")),
    ("SECURITY_RATE_LIMIT_PER_USER_RPM", Sets("quota.caller_per_minute")),
    ("FASTMCP_SECURITY_RATE_LIMIT_PER_USER_RPM", Sets("quota.caller_per_minute")),
    ("SECURITY_RATE_LIMIT_PER_API_KEY_RPM", Sets("quota.api_key_per_minute")),
    ("FASTMCP_SECURITY_RATE_LIMIT_PER_API_KEY_RPM", Sets("quota.api_key_per_minute")),
    ("SECURITY_INPUT_VALIDATION_ENABLED", SoAnyway("true", "false", "overlay")),
    ("FASTMCP_SECURITY_INPUT_VALIDATION_ENABLED", SoAnyway("true", "false", "overlay")),
    ("SECURITY_MAX_REQUEST_SIZE", Sets("limits.request_bytes")),
    ("FASTMCP_SECURITY_MAX_REQUEST_SIZE", Sets("limits.request_bytes")),
    ("SECURITY_MAX_STRING_LENGTH", Stops("use SECURITY_MAX_REQUEST_SIZE")),
    ("FASTMCP_SECURITY_MAX_STRING_LENGTH", Stops("use SECURITY_MAX_REQUEST_SIZE")),
    ("SECURITY_HEADERS_ENABLED", SoAnyway("true", "false", "SECURITY_CORS_ENABLED")),
    ("FASTMCP_SECURITY_HEADERS_ENABLED", SoAnyway("true", "false", "SECURITY_CORS_ENABLED")),
    ("SECURITY_CORS_ENABLED", Sets("listen.cors")),
    ("FASTMCP_SECURITY_CORS_ENABLED", Sets("listen.cors")),
    ("SECURITY_CORS_ALLOWED_ORIGINS", Sets("listen.allowed_origins")),
    ("FASTMCP_SECURITY_CORS_ALLOWED_ORIGINS", Sets("listen.allowed_origins")),
    ("SECURITY_AUDIT_LOGGING_ENABLED", Sets("audit.enabled")),
    ("FASTMCP_SECURITY_AUDIT_LOGGING_ENABLED", Sets("audit.enabled")),
    ("SECURITY_AUDIT_LOG_SENSITIVE_DATA", Sets("audit.sensitive")),
    ("FASTMCP_SECURITY_AUDIT_LOG_SENSITIVE_DATA", Sets("audit.sensitive")),
    ("RATE_LIMIT_ENABLED", Sets("quota.enabled")),
    ("FASTMCP_RATE_LIMIT_ENABLED", Sets("quota.enabled")),
    ("RATE_LIMIT_REQUESTS_PER_MINUTE", Sets("quota.per_minute")),
    ("FASTMCP_RATE_LIMIT_REQUESTS_PER_MINUTE", Sets("quota.per_minute")),
    ("RATE_LIMIT_BURST_SIZE", Sets("quota.burst")),
    ("FASTMCP_RATE_LIMIT_BURST_SIZE", Sets("quota.burst")),
    ("CACHE_BACKEND", Sets("cache.backend")),
    ("FASTMCP_CACHE_BACKEND", Sets("cache.backend")),
    ("CACHE_ENABLED", Sets("cache.enabled")),
    ("CACHE_MAX_SIZE", Sets("cache.entries")),
    ("FASTMCP_CACHE_MAX_SIZE", Sets("cache.entries")),
    ("CACHE_TTL_SECONDS", Sets("cache.default_seconds")),
    ("FASTMCP_CACHE_TTL_SECONDS", Sets("cache.default_seconds")),
    ("FASTMCP_CACHE_DEFAULT_TTL", Sets("cache.default_seconds")),
    ("FASTMCP_CACHE_CLEANUP_INTERVAL", Stops("use CACHE_TTL_SECONDS")),
    ("REDIS_URL", Sets("redis.url")),
    ("REDIS_KEY_PREFIX", Sets("redis.key_prefix")),
    ("REDIS_SERIALIZER", Sets("redis.serializer")),
    ("MULTI_TIER_L1_TTL_RATIO", Sets("cache.memory_share")),
    ("FASTMCP_MULTI_TIER_L1_TTL_RATIO", Stops("use MULTI_TIER_L1_TTL_RATIO")),
    ("FASTMCP_REDIS_URL", Stops("use REDIS_URL")),
    ("FASTMCP_REDIS_HOST", Stops("use REDIS_URL")),
    ("CIRCUIT_BREAKER_FAILURE_THRESHOLD", Sets("breaker.connect_failures")),
    ("FASTMCP_CIRCUIT_BREAKER_FAILURE_THRESHOLD", Sets("breaker.connect_failures")),
    ("CIRCUIT_BREAKER_RECOVERY_TIMEOUT", Sets("breaker.recovery_seconds")),
    ("FASTMCP_CIRCUIT_BREAKER_RECOVERY_TIMEOUT", Sets("breaker.recovery_seconds")),
    ("MAX_RETRY_ATTEMPTS", Sets("retry.attempts")),
    ("FASTMCP_MAX_RETRY_ATTEMPTS", Sets("retry.attempts")),
    ("RETRY_BASE_DELAY", Sets("retry.base_delay_seconds")),
    ("FASTMCP_RETRY_BASE_DELAY", Sets("retry.base_delay_seconds")),
    ("FASTMCP_ERROR_RECOVERY_ENABLED", SoAnyway("true", "false", "use MAX_RETRY_ATTEMPTS=1")),
    ("OTEL_ENABLED", Sets("otlp.enabled")),
    ("METRICS_ENABLED", Sets("otlp.metrics_enabled")),
    ("FASTMCP_METRICS_ENABLED", Sets("otlp.metrics_enabled")),
    ("TRACING_ENABLED", Sets("otlp.tracing_enabled")),
    ("OTEL_TRACING_ENABLED", Sets("otlp.tracing_enabled")),
    ("OTEL_METRICS_ENABLED", Sets("otlp.metrics_enabled")),
    ("OTEL_SERVICE_NAME", Sets("otlp.service_name")),
    ("OTEL_SERVICE_VERSION", Sets("otlp.service_version")),
    ("OTEL_ENVIRONMENT", Sets("otlp.environment")),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", Sets("otlp.endpoint")),
    ("OTEL_TRACE_SAMPLE_RATE", Sets("otlp.sampler_part")),
    ("OTEL_BSP_MAX_QUEUE_SIZE", Sets("otlp.queue_size")),
    ("FASTMCP_OTEL_ENABLED", Nothing),
    ("FASTMCP_TRACING_ENABLED", Nothing),
    ("PROMETHEUS_ENABLED", Sets("metrics.enabled")),
    ("PROMETHEUS_METRICS_PORT", Sets("metrics.address")),
    ("PROMETHEUS_METRICS_PATH", Sets("metrics.path")),
    ("FASTMCP_METRICS_PORT", Sets("metrics.address")),
    ("FASTMCP_MONITORING_ENABLED", Sets("metrics.enabled")),
    ("FASTMCP_SERVER_NAME", Sets("mcp.name")),
    ("FASTMCP_SERVER_VERSION", Stops("use FASTMCP_SERVER_NAME")),
    ("FASTMCP_MASK_ERROR_DETAILS", SoAnyway("true", "false", "use LOG_LEVEL=debug")),
    ("FASTMCP_INCLUDE_FASTMCP_META", SoAnyway("false", "true", "use TOOLSETS")),
    ("FASTMCP_ON_DUPLICATE_TOOLS", SoAnyway("error", "replace", "fails the build")),
    ("FASTMCP_RESOURCE_PREFIX_FORMAT", SoAnyway("path", "protocol", "overlay")),
    (
        "FASTMCP_EXPERIMENTAL_ENABLE_NEW_OPENAPI_PARSER",
        SoAnyway("false", "true", "compiled into the program"),
    ),
    ("FASTMCP_INCLUDE_TAGS", Stops("use TOOLSETS")),
    ("FASTMCP_EXCLUDE_TAGS", Stops("use TOOLSETS")),
    ("FASTMCP_CUSTOM_ROUTES_ENABLED", SoAnyway("true", "false", "MCP_PLAIN")),
    ("FASTMCP_HEALTH_CHECK_PATH", SoAnyway("/health", "/healthz", "use /health")),
    ("FASTMCP_STATUS_PATH", SoAnyway("/status", "/state", "use /status")),
    ("FASTMCP_METRICS_PATH", Sets("metrics.path")),
    ("FASTMCP_READY_PATH", SoAnyway("/ready", "/readyz", "use /ready")),
    ("OPENAPI_SPEC_PATH", SoAnyway("config/openapi.json", "/etc/openapi.json", "`mcp-codegen new`")),
    ("FASTMCP_OPENAPI_SPEC_PATH", SoAnyway("config/openapi.json", "/etc/openapi.json", "`mcp-codegen new`")),
    ("FASTMCP_OPENAPI_SPEC_URL", Stops("use `mcp-codegen regenerate`")),
    ("FASTMCP_RESOURCE_TEMPLATES_ENABLED", Sets("mcp.resources")),
    ("FASTMCP_RESOURCE_PREFIX", Stops("overlay")),
    ("FASTMCP_PROMPTS_ENABLED", SoAnyway("true", "false", "use TOOLSETS")),
    ("FASTMCP_FEATURE_ENABLED", Stops("`config`")),
    ("DEVELOPMENT_MODE", SoAnyway("false", "true", "use LOG_LEVEL=debug")),
    ("BMC_AMI_DEVX_ENVIRONMENT", Stops("API_BASE_URL")),
    ("BMC_AMI_DEVX_TIMEOUT", Sets("api.timeout_seconds")),
    ("BMC_AMI_DEVX_RETRY_ATTEMPTS", Sets("retry.attempts")),
    ("BMC_AMI_DEVX_MAX_CONCURRENT_REQUESTS", Sets("api.concurrent_requests")),
];

#[test]
fn every_name_of_the_python_server_does_what_it_did_or_says_what_to_use() {
    for (name, becomes) in NAMES {
        let of_table = table(&API);
        let setting = of_table.iter().find(|setting| setting.environment.iter().any(|known| known == name));
        let set = setting.map(|setting| &*setting.key);
        let accepted = |value: &str| {
            with(&[(name, value)])
                .unwrap_or_else(|refusal| panic!("{name}={value}: {refusal}"))
                .without_effect
        };
        let stops = |value: &str, told: &str| {
            let line = refusal(&[(name, value)]);
            let rest = line.strip_prefix(&format!("{name}: ")).unwrap_or_else(|| panic!("{name}: {line}"));
            assert!(rest.contains(told) && rest.ends_with("unset it"), "{name}: {line}");
        };
        match becomes {
            Sets(key) => {
                assert_eq!(set, Some(*key), "{name}");
                assert_eq!(accepted(example(key)), [""; 0], "{name}");
            }
            SoAnyway(value, other, told) => {
                assert_eq!(set, None, "{name}");
                assert_eq!(accepted(value), [""; 0], "{name}");
                stops(other, told);
            }
            Stops(told) => {
                assert_eq!(set, None, "{name}");
                stops("anything", told);
            }
            Nothing => assert_eq!(accepted("anything"), [*name], "{name}"),
        }
    }
}

#[test]
fn names_of_others_are_passed_over() {
    let settings = with(&[
        ("NODE_ENV", "production"),
        ("DEBUG", "1"),
        ("INCLUDE_TAGS", "somebody else's"),
        ("STATUS_PATH", "/x"),
        ("PATH", "/bin"),
    ]);
    assert_eq!(settings.unwrap_or_else(|refusal| panic!("{refusal}")).without_effect, [""; 0]);
}
