//! What clients may take of connections, sizes and time.

use crate::settings::setting::{Setting, setting};
use crate::settings::value::Kind;

/// How much.
pub(super) fn sizes() -> [Setting; 6] {
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
        )
        .taken_at_hangup(),
        setting(
            "limits.site_burst",
            &["RATE_LIMIT_SITE_BURST_SIZE"],
            Kind::Count { at: |config| &mut config.server.http.site_burst, minimum: 1, maximum: 1_000_000 },
            "How many of these requests may come at once.",
        )
        .taken_at_hangup(),
    ]
}

/// How long.
pub(super) fn times() -> [Setting; 6] {
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
