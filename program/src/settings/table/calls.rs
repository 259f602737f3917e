//! How long calls may take, and who is asked about them.

use server::stages::confirm::{Asking, Mode};

use super::place;
use crate::settings::setting::{Setting, setting};
use crate::settings::value::Kind;

const MODES: [Mode; 3] = [Mode::Required, Mode::Possible, Mode::Off];
const ASKING: [Asking; 3] = [Asking::Destroying, Asking::Changing, Asking::Marked];

/// How long calls may take, and what they may hold.
pub(super) fn times() -> [Setting; 3] {
    [
        setting(
            "call.deadline_seconds",
            &["CALL_DEADLINE"],
            Kind::Seconds { at: |config| &mut config.server.engine.deadline, minimum: 0.1, maximum: 3600.0 },
            "How long a whole tool call may take.",
        )
        .taken_at_hangup(),
        setting(
            "call.longest_wait_seconds",
            &["CALL_LONGEST_WAIT"],
            Kind::Seconds {
                at: |config| &mut config.server.engine.follow.longest,
                minimum: 0.0,
                maximum: 86400.0,
            },
            "How long a caller may wait at most for the work that a change starts, besides the call itself; 0 lets nobody wait.",
        )
        .taken_at_hangup(),
        setting(
            "call.callback_hosts",
            &["WEBHOOK_ALLOWED_HOSTS"],
            Kind::Hosts { at: |config| &mut config.server.engine.deployment.callback_hosts, ports: false },
            "Hosts to which a caller may have the API send its callbacks; while empty, tools offer no callback arguments.",
        ),
    ]
}

/// Who is asked.
pub(super) fn asking() -> [Setting; 3] {
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
