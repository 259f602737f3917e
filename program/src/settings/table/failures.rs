//! How much is asked of the API at once, what is repeated, and when it is left alone.

use crate::settings::setting::{Setting, setting};
use crate::settings::value::Kind;

/// The rows of the table.
pub(super) fn rows() -> [Setting; 6] {
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
