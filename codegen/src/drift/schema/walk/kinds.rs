//! The ways in which a part of a schema can change.

use serde_json::Value;

/// How a part of a schema changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A member that must be given is new.
    RequiredMemberAdded,
    /// A member that may be given is new.
    OptionalMemberAdded,
    /// A name that could hold anything is declared now.
    NameClaimed,
    /// A member is gone.
    MemberRemoved,
    /// A member is no longer declared, but still taken.
    NameFreed,
    /// A member has another name.
    MemberRenamed,
    /// A member must be given now.
    MadeRequired,
    /// A member may be left out now.
    MadeOptional,
    /// Some types are no longer accepted.
    TypeNarrowed,
    /// More types are accepted.
    TypeWidened,
    /// Other types are accepted.
    TypeChanged,
    /// `null` is no longer accepted.
    NullRefused,
    /// `null` is accepted now.
    NullAllowed,
    /// Values are no longer accepted.
    ValuesRemoved,
    /// More values are accepted.
    ValuesAdded,
    /// A rule on values became stricter.
    Tightened,
    /// A rule on values became less strict.
    Loosened,
    /// A format is asserted now.
    FormatTightened,
    /// A format is no longer asserted.
    FormatLoosened,
    /// Undeclared members are refused now.
    UndeclaredRefused,
    /// Undeclared members are taken now.
    UndeclaredAllowed,
    /// Fewer values are accepted, in a way that no other kind tells.
    Narrowed,
    /// More values are accepted, in a way that no other kind tells.
    Widened,
    /// It could not be decided whether fewer values are accepted.
    UnclearNarrowed,
    /// It could not be decided whether more values are accepted.
    UnclearWidened,
}

/// One difference.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Difference {
    /// Where, as in `level` or `items[].setId`; empty for the whole.
    pub(crate) path: String,
    /// How.
    pub(crate) kind: Kind,
    /// The words of it: what was, what is.
    pub(crate) words: String,
    /// A value that shows it.
    pub(crate) example: Option<Value>,
}
