//! Answers: what is answered must go on being what was promised. Judged the opposite way from arguments.

use crate::drift::Rule;
use crate::drift::schema::Kind;

super::rules! {
    FIELD_ADDED = "answer-field-added", Compatible, "Answers tell more; those who do not know the field ignore it.";
    FIELD_REMOVED = "answer-field-removed", Breaking, "Those who read the field find nothing, or something else.";
    FIELD_RENAMED = "answer-field-renamed", Breaking, "The field is there under another name: those who read the old one find nothing.";
    MADE_OPTIONAL = "answer-field-made-optional", Breaking, "Those who rely on the field may find it missing.";
    MADE_REQUIRED = "answer-field-made-required", Compatible, "The field is always there.";
    TYPE_WIDENED = "answer-type-widened", Breaking, "Answers may hold values of a type that was not promised.";
    TYPE_NARROWED = "answer-type-narrowed", Compatible, "Answers hold fewer types than were promised.";
    TYPE_CHANGED = "answer-type-changed", Breaking, "Answers hold values of another type than was promised.";
    NULL_ALLOWED = "answer-null-allowed", Breaking, "Those who read the field may find null.";
    NULL_REFUSED = "answer-null-refused", Compatible, "The field is never null any more.";
    VALUES_ADDED = "answer-values-added", Breaking, "Answers may hold values that readers do not know.";
    VALUES_REMOVED = "answer-values-removed", Compatible, "Some values are never answered any more.";
    LOOSENED = "answer-rule-loosened", Breaking, "Answers may hold values beyond the rule that was promised.";
    TIGHTENED = "answer-rule-tightened", Compatible, "Answers keep to a stricter rule.";
    FORMAT_LOOSENED = "answer-format-loosened", Breaking, "Those who parse the text by its format may fail.";
    FORMAT_TIGHTENED = "answer-format-tightened", Compatible, "The text has a format that was not promised.";
    UNDECLARED_ALLOWED = "answer-undeclared-allowed", Breaking, "Answers may hold members that were promised not to be there.";
    UNDECLARED_REFUSED = "answer-undeclared-refused", Compatible, "Answers hold declared members only.";
    WIDENED = "answer-widened", Breaking, "Answers may be something that was not promised.";
    NARROWED = "answer-narrowed", Compatible, "Answers are fewer things than were promised.";
    UNCLEAR = "answer-unclear", Risky, "The schemas are too intricate to tell whether answers are still what was promised: read both.";
    NARROWING_UNCLEAR = "answer-narrowing-unclear", Compatible, "All answers are what was promised; whether they are fewer could not be decided.";
    REMOVED = "answer-schema-removed", Breaking, "Nothing is promised of the answer any more, and structured content may be missing.";
    ADDED = "answer-schema-added", Compatible, "The answer is structured and promised now.";
    CONTENT_CHANGED = "answer-content-changed", Breaking, "A successful answer is of another media type, such as a file instead of JSON.";
    CONTENT_ADDED = "answer-content-added", Risky, "There is one more kind of successful answer, which readers do not expect.";
    CONTENT_REMOVED = "answer-content-removed", Compatible, "One kind of successful answer is never given any more.";
}

/// The rule for a difference between two schemas of answers.
pub(crate) fn rule(kind: Kind) -> &'static Rule {
    match kind {
        Kind::RequiredMemberAdded | Kind::OptionalMemberAdded | Kind::NameClaimed => &FIELD_ADDED,
        Kind::MemberRemoved | Kind::NameFreed => &FIELD_REMOVED,
        Kind::MemberRenamed => &FIELD_RENAMED,
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
        Kind::UnclearNarrowed => &NARROWING_UNCLEAR,
        Kind::UnclearWidened => &UNCLEAR,
    }
}
