//! How often calls may be made.

use crate::settings::setting::{Setting, setting};
use crate::settings::value::Kind;

/// The rows of the table.
pub(super) fn rows() -> [Setting; 7] {
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
    .map(Setting::taken_at_hangup)
}
