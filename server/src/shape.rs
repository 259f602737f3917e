//! What a JSON answer may be, as static tables that generated code holds.
//!
//! Answers are looked at, never taken apart into types: nothing in this program acts on what they hold, and a table costs
//! a compiler next to nothing.

/// What a value may be.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Any JSON.
    Any,
    /// Only `null`.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A number without fraction, of any size.
    Integer,
    /// A number.
    Number,
    /// Text.
    Text,
    /// Text of which nothing but blanks means that nothing is set.
    BlankText,
    /// Text that the API also writes as a number.
    TextOrNumber,
    /// The same, of which nothing but blanks means that nothing is set.
    BlankTextOrNumber,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// This or `null`.
    Nullable(&'static Shape),
    /// A list; an item that does not match is left out.
    List(&'static Shape),
    /// A list that the API writes without its brackets when it has one item, and as `null` or a blank when it has none.
    OneOrMany(&'static Shape),
    /// An object with any names; a member that does not match is left out.
    Map(&'static Shape),
    /// An object with declared members; others are kept as they are.
    Object {
        /// The members, in the document's order.
        members: &'static [Member],
        /// Names that are only ever written (`writeOnly`): what an API returns under them goes no further.
        hidden: &'static [&'static str],
    },
    /// The shape that has a name of its own.
    Named(&'static Shape),
}

/// A declared member of an object.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// Whether an answer without it is none.
    pub required: bool,
    /// What it may be.
    pub shape: Shape,
}

impl Member {
    /// A member that must be there.
    pub const fn required(name: &'static str, shape: Shape) -> Self {
        Self { name, required: true, shape }
    }

    /// A member that may be absent.
    pub const fn optional(name: &'static str, shape: Shape) -> Self {
        Self { name, required: false, shape }
    }
}

impl Shape {
    /// Whether blank text says that nothing is set.
    pub(crate) fn takes_blank_for_unset(self) -> bool {
        match self {
            Self::Named(shape) => shape.takes_blank_for_unset(),
            _ => matches!(self, Self::BlankText | Self::BlankTextOrNumber),
        }
    }

    /// Whether `null` is a value of its own here.
    pub(crate) fn accepts_null(self) -> bool {
        match self {
            Self::Named(shape) => shape.accepts_null(),
            _ => matches!(self, Self::Any | Self::Null | Self::Nullable(_) | Self::OneOrMany(_)),
        }
    }
}
