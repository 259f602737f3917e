//! The environment names of the Python server that this server knows but does not serve: those that were
//! meant to protect it stop the start, the others are named in a warning. Names that it serves are in the
//! table.

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

/// Names without effect here. Each is also known with `FASTMCP_` before it, which is how the Python server's
/// code read most of them.
pub(crate) const WITHOUT_EFFECT: [&str; 25] = [
    "BMC_AMI_DEVX_ENVIRONMENT",
    "BMC_AMI_DEVX_TIMEOUT",
    "CONNECTION_POOL_MAX_KEEPALIVE",
    "DEVELOPMENT_MODE",
    "METRICS_ENABLED",
    "OPENAPI_SPEC_PATH",
    "OTEL_BSP_EXPORT_TIMEOUT",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
    "OTEL_BSP_MAX_QUEUE_SIZE",
    "OTEL_BSP_SCHEDULE_DELAY",
    "OTEL_ENABLED",
    "OTEL_ENVIRONMENT",
    "OTEL_METRICS_ENABLED",
    "OTEL_SERVICE_NAME",
    "OTEL_SERVICE_VERSION",
    "OTEL_TRACE_SAMPLE_RATE",
    "OTEL_TRACING_ENABLED",
    "PROMETHEUS_ENABLED",
    "PROMETHEUS_METRICS_PATH",
    "PROMETHEUS_METRICS_PORT",
    "SECURITY_ENABLED",
    "SECURITY_HEADERS_ENABLED",
    "SECURITY_INPUT_VALIDATION_ENABLED",
    "SECURITY_MAX_STRING_LENGTH",
    "TRACING_ENABLED",
];

/// Names without effect here that were only ever written with `FASTMCP_`.
const PREFIXED_WITHOUT_EFFECT: [&str; 24] = [
    "CACHE_CLEANUP_INTERVAL",
    "CUSTOM_ROUTES_ENABLED",
    "ERROR_RECOVERY_ENABLED",
    "EXCLUDE_TAGS",
    "EXPERIMENTAL_ENABLE_NEW_OPENAPI_PARSER",
    "FEATURE_ENABLED",
    "HEALTH_CHECK_PATH",
    "INCLUDE_FASTMCP_META",
    "INCLUDE_TAGS",
    "MASK_ERROR_DETAILS",
    "METRICS_PATH",
    "METRICS_PORT",
    "MONITORING_ENABLED",
    "MULTI_TIER_L1_TTL_RATIO",
    "ON_DUPLICATE_TOOLS",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OPENAPI_SPEC_URL",
    "PROMPTS_ENABLED",
    "READY_PATH",
    "RESOURCE_PREFIX",
    "RESOURCE_PREFIX_FORMAT",
    "RESOURCE_TEMPLATES_ENABLED",
    "SERVER_VERSION",
    "STATUS_PATH",
];

/// Whether the Python server knew this name and this server does nothing with it.
pub(crate) fn is_without_effect(name: &str) -> bool {
    let rest = name.strip_prefix("FASTMCP_");
    WITHOUT_EFFECT.contains(&name)
        || rest.is_some_and(|rest| {
            WITHOUT_EFFECT.contains(&rest)
                || PREFIXED_WITHOUT_EFFECT.contains(&rest)
                || rest.starts_with("REDIS_")
        })
}
