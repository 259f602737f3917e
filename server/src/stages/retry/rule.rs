//! What may be repeated, and when the API itself says.

use std::time::Duration;

use crate::call::CallError;
use crate::catalog::{Effect, Tool};

/// However long the API asks to wait, nobody waits longer.
const LONGEST_ASKED: Duration = Duration::from_secs(30);

/// A call that may be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repetition {
    /// How long the API asks to wait; `None` when it does not say.
    pub wait: Option<Duration>,
}

/// Whether a call that failed like this may be made again. What does its work again each time is repeated only if no byte
/// of it can have left: also a status such as 503 may have come from something between, after the change was made.
pub fn of(tool: &Tool, error: &CallError) -> Option<Repetition> {
    let is_safe = tool.effect == Effect::Read || tool.idempotent;
    let at_once = Repetition { wait: None };
    match error {
        CallError::Unreachable { .. } | CallError::TimedOut { sent: false, .. } => Some(at_once),
        CallError::Interrupted { .. } | CallError::TimedOut { sent: true, .. } if is_safe => Some(at_once),
        CallError::Refused { status: 408 | 429 | 502 | 503 | 504, retry_after, .. } if is_safe => {
            Some(Repetition { wait: retry_after.map(|asked| asked.min(LONGEST_ASKED)) })
        }
        // The overlay says that the API did nothing then.
        CallError::Refused { status, retry_after, .. } if tool.busy.contains(status) => {
            Some(Repetition { wait: retry_after.map(|asked| asked.min(LONGEST_ASKED)) })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Work;

    static READ: Tool = Tool::bare(Effect::Read, Work::Request(|_, _| unreachable!("nothing is called")));
    static SET: Tool = Tool { effect: Effect::Write, idempotent: true, ..READ };
    static WRITE: Tool = Tool { effect: Effect::Write, idempotent: false, ..READ };

    fn refused(status: u16, retry_after: Option<u64>) -> CallError {
        let retry_after = retry_after.map(Duration::from_secs);
        CallError::Refused { status, message: String::new(), retry_after }
    }

    #[test]
    fn t35_what_is_not_idempotent_is_repeated_only_before_the_first_byte() {
        let after = Duration::from_secs(1);
        for (error, safe, write) in [
            (CallError::Unreachable { cause: String::new() }, true, true),
            (CallError::TimedOut { after, sent: false }, true, true),
            (CallError::TimedOut { after, sent: true }, true, false),
            (CallError::Interrupted { cause: String::new() }, true, false),
            (refused(503, None), true, false),
            (refused(429, None), true, false),
            (refused(500, None), false, false),
            (refused(404, None), false, false),
            (CallError::TooLarge { limit: 1, status: 200 }, false, false),
            (CallError::NothingDone { message: String::new() }, false, false),
            (CallError::Internal { cause: String::new() }, false, false),
        ] {
            assert_eq!(of(&READ, &error).is_some(), safe, "a read after {}", error.kind());
            assert_eq!(of(&SET, &error).is_some(), safe, "an idempotent write after {}", error.kind());
            assert_eq!(of(&WRITE, &error).is_some(), write, "a write after {}", error.kind());
        }
    }

    #[test]
    fn a_status_that_the_overlay_calls_busy_is_repeated_whatever_the_tool_does() {
        static PROMOTE: Tool = Tool { busy: &[409, 423], ..WRITE };
        for (status, is_repeated) in [(409, true), (423, true), (404, false), (503, false)] {
            assert_eq!(of(&PROMOTE, &refused(status, Some(2))).is_some(), is_repeated, "{status}");
            assert!(of(&WRITE, &refused(status, Some(2))).is_none(), "{status}");
        }
        let wait = |asked| of(&PROMOTE, &refused(409, asked)).and_then(|repetition| repetition.wait);
        assert_eq!((wait(None), wait(Some(31))), (None, Some(Duration::from_secs(30))));
    }

    #[test]
    fn t38_the_api_says_how_long_to_wait_within_reason() {
        let wait = |asked| of(&READ, &refused(503, asked)).and_then(|repetition| repetition.wait);
        assert_eq!(wait(None), None);
        assert_eq!(wait(Some(0)), Some(Duration::ZERO));
        assert_eq!(wait(Some(30)), Some(Duration::from_secs(30)));
        assert_eq!(wait(Some(31)), Some(Duration::from_secs(30)));
        assert_eq!(wait(Some(999_999)), Some(Duration::from_secs(30)));
    }
}
