//! From typed arguments back to JSON, as the API names things: the other half of `decode`.
//!
//! Generated code says member by member what there is. Absent members stay absent, null stays null.

use indexmap::IndexMap;
use serde_json::{Map, Number, Value};

/// A type that can be written back as JSON; generated types implement it. It cannot fail.
pub trait Encode {
    /// The value as JSON.
    fn encode(&self) -> Value;
}

/// An object while its members are written, in order.
#[derive(Default)]
pub struct Object(Map<String, Value>);

impl Object {
    /// Writes a member that is always there.
    pub fn required(&mut self, name: &'static str, value: &impl Encode) {
        self.0.insert(name.to_owned(), value.encode());
    }

    /// Writes a member, if there is one.
    pub fn optional(&mut self, name: &'static str, value: &Option<impl Encode>) {
        if let Some(value) = value {
            self.required(name, value);
        }
    }

    /// Writes members that the document does not declare.
    pub fn rest<'v, T: Encode + 'v>(&mut self, members: impl IntoIterator<Item = (&'v String, &'v T)>) {
        self.0.extend(members.into_iter().map(|(name, value)| (name.clone(), value.encode())));
    }

    /// The object.
    pub fn finish(self) -> Value {
        Value::Object(self.0)
    }
}

impl Encode for Value {
    fn encode(&self) -> Value {
        self.clone()
    }
}

impl Encode for () {
    fn encode(&self) -> Value {
        Value::Null
    }
}

impl Encode for str {
    fn encode(&self) -> Value {
        self.into()
    }
}

impl Encode for String {
    fn encode(&self) -> Value {
        self.as_str().into()
    }
}

impl Encode for Number {
    fn encode(&self) -> Value {
        self.clone().into()
    }
}

/// Numbers and booleans that JSON holds as they are.
macro_rules! plain {
    ($($kind:ty),*) => {
        $(impl Encode for $kind {
            fn encode(&self) -> Value {
                (*self).into()
            }
        })*
    };
}

plain!(bool, i64, u64, f64);

impl<T: Encode> Encode for Vec<T> {
    fn encode(&self) -> Value {
        self.iter().map(Encode::encode).collect()
    }
}

impl<T: Encode> Encode for IndexMap<String, T> {
    fn encode(&self) -> Value {
        let mut object = Object::default();
        object.rest(self);
        object.finish()
    }
}

/// None is null here; an absent member is no value at all, see [`Object::optional`].
impl<T: Encode> Encode for Option<T> {
    fn encode(&self) -> Value {
        self.as_ref().map_or(Value::Null, Encode::encode)
    }
}

impl<T: Encode + ?Sized> Encode for &T {
    fn encode(&self) -> Value {
        (**self).encode()
    }
}

impl<T: Encode> Encode for Box<T> {
    fn encode(&self) -> Value {
        (**self).encode()
    }
}
