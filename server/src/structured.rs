//! A structured answer, of which one form is kept until somebody needs the other: the tree of its JSON, or its text.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::OnceLock;

use serde_json::Value;

use crate::as_json::as_json;

/// A structured answer. Reads as the value that it is; most answers are passed on as text and never become a tree.
#[derive(Clone)]
pub struct Structured {
    /// At least one of these is there.
    text: OnceLock<String>,
    tree: OnceLock<Value>,
}

impl Structured {
    /// The answer of this text, which is JSON as [`as_json`] writes it: checked, without blanks, no name twice.
    pub(crate) fn of_checked(text: String) -> Self {
        Self { text: text.into(), tree: OnceLock::new() }
    }

    /// Its JSON, without blanks.
    pub fn text(&self) -> &str {
        self.text.get_or_init(|| as_json(&**self))
    }

    /// The value, for whoever it ends with.
    pub fn into_value(mut self) -> Value {
        std::mem::take(&mut *self)
    }

    /// Bytes of its text and its tree, where they are there: how large its texts are, and the tree.
    pub(crate) fn held(&self) -> (usize, Option<&Value>) {
        (self.text.get().map_or(0, String::len), self.tree.get())
    }
}

impl From<Value> for Structured {
    fn from(tree: Value) -> Self {
        Self { text: OnceLock::new(), tree: tree.into() }
    }
}

impl Deref for Structured {
    type Target = Value;

    fn deref(&self) -> &Value {
        self.tree.get_or_init(|| {
            let text = self.text.get().expect("a text or a tree is there");
            serde_json::from_str(text).expect("it was checked")
        })
    }
}

/// Its text is written anew after a change.
impl DerefMut for Structured {
    fn deref_mut(&mut self) -> &mut Value {
        let _: &Value = self;
        self.text.take();
        self.tree.get_mut().expect("it was made above")
    }
}

impl PartialEq for Structured {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl PartialEq<Value> for Structured {
    fn eq(&self, other: &Value) -> bool {
        **self == *other
    }
}

impl fmt::Debug for Structured {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(out)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn either_form_is_made_of_the_other_and_a_change_is_in_both() {
        let mut told = Structured::of_checked(r#"{"a":1}"#.to_owned());
        assert_eq!(told.held().1, None, "no tree before somebody looks");
        assert_eq!(told["a"], 1);
        assert_eq!(told, Structured::from(json!({ "a": 1 })));
        told["a"] = json!(2);
        assert_eq!(told.text(), r#"{"a":2}"#);
        assert_eq!(told.into_value(), json!({ "a": 2 }));
    }
}
