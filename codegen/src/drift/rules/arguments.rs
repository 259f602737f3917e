//! Arguments: what was accepted must go on being accepted.

use crate::drift::Rule;
use crate::drift::schema::Kind;

super::rules! {
    ADDED_REQUIRED = "argument-added-required", Breaking, "Every call that was right lacks an argument now and is refused.";
    ADDED_OPTIONAL = "argument-added-optional", Compatible, "Callers may say more; calls that were right stay right.";
    NAME_CLAIMED = "argument-name-claimed", Breaking, "A member that could be anything must be of one kind now: callers who sent something else under the name are refused.";
    REMOVED = "argument-removed", Breaking, "Calls that give the argument are refused.";
    NAME_FREED = "argument-name-freed", Risky, "The member is no longer declared: it is sent on as before, and nothing says that it is understood.";
    RENAMED = "argument-renamed", Breaking, "The argument is there under another name: calls that give the old one are refused.";
    MADE_REQUIRED = "argument-made-required", Breaking, "Calls that leave the argument out are refused.";
    MADE_OPTIONAL = "argument-made-optional", Compatible, "Callers may leave the argument out.";
    TYPE_NARROWED = "argument-type-narrowed", Breaking, "Values of a type that was accepted are refused.";
    TYPE_WIDENED = "argument-type-widened", Compatible, "Values of more types are accepted.";
    TYPE_CHANGED = "argument-type-changed", Breaking, "The argument is of another type: what callers send is refused.";
    NULL_REFUSED = "argument-null-refused", Breaking, "Callers who send null are refused.";
    NULL_ALLOWED = "argument-null-allowed", Compatible, "Callers may send null.";
    VALUES_REMOVED = "argument-values-removed", Breaking, "Callers who send one of the values are refused.";
    VALUES_ADDED = "argument-values-added", Compatible, "Callers have more values to choose from.";
    TIGHTENED = "argument-rule-tightened", Breaking, "Values that were within the rule are refused.";
    LOOSENED = "argument-rule-loosened", Compatible, "More values are within the rule.";
    FORMAT_TIGHTENED = "argument-format-tightened", Breaking, "Text that was fine is refused unless it has the format.";
    FORMAT_LOOSENED = "argument-format-loosened", Compatible, "Text no longer needs the format.";
    UNDECLARED_REFUSED = "argument-undeclared-refused", Breaking, "Members that are not declared were sent on and are refused now.";
    UNDECLARED_ALLOWED = "argument-undeclared-allowed", Compatible, "Members that are not declared are sent on.";
    NARROWED = "argument-narrowed", Breaking, "Some values that were accepted are refused.";
    WIDENED = "argument-widened", Compatible, "More values are accepted.";
    UNCLEAR = "argument-unclear", Risky, "The schemas are too intricate to tell whether calls that were right are refused: read both.";
    WIDENING_UNCLEAR = "argument-widening-unclear", Compatible, "Everything that was accepted still is; whether more is accepted could not be decided.";
    DEFAULT_CHANGED = "argument-default-changed", Risky, "A call that leaves the argument out does something else than before.";
    DEPRECATED = "argument-deprecated", Compatible, "The argument works and is announced to go.";
    GATED = "argument-gated", Breaking, "The argument is offered only where the deployment allows callback hosts: elsewhere, calls that give it are refused.";
    UNGATED = "argument-ungated", Risky, "The argument is offered without the callback gate: a caller may name hosts that a deployment did not open.";
}

/// The rule for a difference between two schemas of arguments.
pub(crate) fn rule(kind: Kind) -> &'static Rule {
    match kind {
        Kind::RequiredMemberAdded => &ADDED_REQUIRED,
        Kind::OptionalMemberAdded => &ADDED_OPTIONAL,
        Kind::NameClaimed => &NAME_CLAIMED,
        Kind::MemberRemoved => &REMOVED,
        Kind::NameFreed => &NAME_FREED,
        Kind::MemberRenamed => &RENAMED,
        Kind::MadeRequired => &MADE_REQUIRED,
        Kind::MadeOptional => &MADE_OPTIONAL,
        Kind::TypeNarrowed => &TYPE_NARROWED,
        Kind::TypeWidened => &TYPE_WIDENED,
        Kind::TypeChanged => &TYPE_CHANGED,
        Kind::NullRefused => &NULL_REFUSED,
        Kind::NullAllowed => &NULL_ALLOWED,
        Kind::ValuesRemoved => &VALUES_REMOVED,
        Kind::ValuesAdded => &VALUES_ADDED,
        Kind::Tightened => &TIGHTENED,
        Kind::Loosened => &LOOSENED,
        Kind::FormatTightened => &FORMAT_TIGHTENED,
        Kind::FormatLoosened => &FORMAT_LOOSENED,
        Kind::UndeclaredRefused => &UNDECLARED_REFUSED,
        Kind::UndeclaredAllowed => &UNDECLARED_ALLOWED,
        Kind::Narrowed => &NARROWED,
        Kind::Widened => &WIDENED,
        Kind::UnclearNarrowed => &UNCLEAR,
        Kind::UnclearWidened => &WIDENING_UNCLEAR,
    }
}
