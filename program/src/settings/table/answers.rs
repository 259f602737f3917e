//! Answers that are kept, and changes that are remembered.

use server::stages::cache::Backend;

use super::place;
use crate::settings::setting::{Setting, setting};
use crate::settings::value::Kind;

const BACKENDS: [Backend; 3] = [Backend::Memory, Backend::Redis, Backend::MultiTier];

/// Which answers are kept, and where.
pub(super) fn keeping() -> [Setting; 6] {
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
        )
        .taken_at_hangup(),
    ]
}

/// How long changes are remembered.
pub(super) fn remembering() -> [Setting; 2] {
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
