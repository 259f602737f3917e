//! The settings of calls that are answered later: rows of the table.

use super::Config;
use super::setting::{Setting, setting};
use super::value::Kind;

/// The rows of the table.
pub(super) fn rows() -> [Setting; 3] {
    [
        setting(
            "call.tasks",
            &["CALL_TASKS"],
            Kind::Count {
                at: |config: &mut Config| &mut config.server.engine.tasks.most,
                minimum: 0,
                maximum: 65_536,
            },
            "How many calls may be answered later at once, as tasks of clients that come back (2026-07-28): whoever has no room waits. 0 offers none. With `REDIS_URL` their clients may come back to any server, and each has so many.",
        ),
        setting(
            "call.tasks_per_caller",
            &["CALL_TASKS_PER_CALLER"],
            Kind::Count {
                at: |config| &mut config.server.engine.tasks.most_each,
                minimum: 1,
                maximum: 65_536,
            },
            "How many of them may be one caller's.",
        ),
        setting(
            "call.tasks_kept_seconds",
            &["CALL_TASKS_KEPT"],
            Kind::Seconds {
                at: |config| &mut config.server.engine.tasks.kept,
                minimum: 1.0,
                maximum: 86400.0,
            },
            "For how long such an answer is kept after the longest time that the work for it may take.",
        ),
    ]
}
