//! What a tool promises besides its values: effect, repetition, rights, time, secrecy.

super::rules! {
    EFFECT_RAISED = "effect-raised", Breaking, "The tool changes or destroys more than it said: clients that called it without asking and policies that allowed it must decide anew.";
    EFFECT_LOWERED = "effect-lowered", Risky, "The tool claims to do less harm: clients stop asking before a call, and confirmation falls away.";
    IDEMPOTENT_LOST = "idempotent-lost", Breaking, "A repeated call may do the work twice: clients that try again must stop.";
    IDEMPOTENT_CLAIMED = "idempotent-claimed", Risky, "Failed calls are repeated from now on: if the claim is wrong, work is done twice.";
    SCOPE_ADDED = "scope-added", Breaking, "Credentials that were enough are not any more.";
    SCOPE_REMOVED = "scope-removed", Risky, "Credentials that were not enough are now: more callers have the right.";
    SECRET_REVEALED = "secret-revealed", Risky, "The argument is no longer redacted: it is readable in logs and audit records.";
    SECRET_MARKED = "secret-marked", Compatible, "The argument is redacted wherever arguments are written.";
    CACHE_LENGTHENED = "cache-lengthened", Risky, "Answers may be older than before, by up to the new time.";
    CACHE_SHORTENED = "cache-shortened", Compatible, "Answers are fresher than before, and the API is asked more often.";
    STALE_LENGTHENED = "stale-lengthened", Risky, "While the API is down, answers may be older than before, by up to the new time.";
    STALE_SHORTENED = "stale-shortened", Compatible, "While the API is down, calls fail sooner instead of getting an old answer.";
    BUSY_CLAIMED = "busy-claimed", Risky, "Calls answered with this status are repeated from now on: if the API did do something, it is done twice.";
    BUSY_LOST = "busy-lost", Compatible, "Calls answered with this status fail at once: whoever called must try again.";
    TIMEOUT_SHORTENED = "timeout-shortened", Risky, "Calls that took long and succeeded may be given up.";
    TIMEOUT_LENGTHENED = "timeout-lengthened", Compatible, "Calls may take longer before they are given up.";
    CONFIRM_DROPPED = "confirm-dropped", Risky, "Nobody is asked before a call any more: what a person had to allow, a model may do.";
    CONFIRM_ADDED = "confirm-added", Breaking, "A person is asked before each call: clients that cannot ask are refused.";
    CONFIRM_REWORDED = "confirm-reworded", Text, "The person who is asked reads other words.";
    WEIGHT_RAISED = "weight-raised", Risky, "A call takes more of its caller's quota: callers reach the bound earlier than before.";
    WEIGHT_LOWERED = "weight-lowered", Compatible, "A call takes less of its caller's quota: more of them are admitted.";
    FOLLOW_DROPPED = "follow-dropped", Risky, "Answers no longer say how the work is followed that goes on after them: clients may take its start for its end.";
    FOLLOW_ADDED = "follow-added", Compatible, "Answers say how the work is followed that goes on after them, and callers may wait for it.";
    FOLLOW_CHANGED = "follow-changed", Risky, "The state of the work is read otherwise, or other states mean done, failed or waiting: waits end at other times.";
    PROOF_CHANGED = "proof-changed", Risky, "Another member of the answer proves that something was done: answers without it are told as failures now.";
    PROOF_DROPPED = "proof-dropped", Risky, "Answers that show no work done are told as successes from now on.";
}
