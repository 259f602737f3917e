//! From the JSON of arguments to typed values, once: every problem is collected, each with its path, the rule and
//! what is accepted.
//!
//! Generated code implements [`Decode`] with the rules of this module. Arguments are read strictly: what the
//! advertised schema does not accept is refused. Answers are another matter, see `answer`.

mod callback;
mod characters;
mod checked;
mod choice;
mod collection;
mod decoder;
mod file;
mod format;
mod number;
mod object;
mod pattern;
mod place;
mod problem;
mod suggestion;
mod text;

pub(crate) use characters::{Visible, is_refused, is_visible, neutralise, path_refusal};
pub use checked::{Any, Checked};
pub(crate) use checked::{compile, scan};
pub use choice::Choice;
pub use collection::{Boxed, List, MapOf, Nullable, Of};
pub use decoder::{Decoder, Deployment};
pub use file::{File, FileRule};
pub use format::Format;
pub(crate) use number::EXACT;
pub use number::{Boolean, Integer, Null, Number};
pub use object::{Gate, Members, ObjectRule, Undeclared};
pub(crate) use place::{Step, path};
pub use problem::{Problem, Problems};
pub(crate) use suggestion::{list, nearest, quote};
pub(crate) use text::none_of;
pub use text::{Enumeration, Text, Within};

use serde_json::{Map, Value};

/// Undeclared members of an open object, in the order given.
pub type Rest = Map<String, Value>;

/// A checked way from JSON to a value.
pub trait Rule {
    /// What it makes.
    type Output;

    /// Decodes the value; `None` means that a problem was pushed.
    fn decode(&self, value: Value, at: &mut Decoder<'_>) -> Option<Self::Output>;
}

/// A type that is read from JSON with every problem collected; generated types implement it.
pub trait Decode: Sized {
    /// Decodes the value; `None` means that a problem was pushed.
    fn decode(value: Value, at: &mut Decoder<'_>) -> Option<Self>;
}

/// The JSON type of a value, in words.
pub(crate) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "an integer",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
