//! One of some texts, as a generated enum.

use std::mem;

use serde_json::Value;

use super::{Decode, Decoder, Enumeration, Rule};

/// An enum whose variants stand for texts; generated enums implement it and are decoded by it.
pub trait Choice: Copy + 'static {
    /// Each variant with its text, in the document's order.
    const ALL: &'static [(&'static str, Self)];

    /// The text that the variant stands for.
    fn text(self) -> &'static str {
        let own = mem::discriminant(&self);
        let found = Self::ALL.iter().find(|(_, variant)| mem::discriminant(variant) == own);
        found.map(|(text, _)| *text).expect("every variant has its text")
    }
}

impl<T: Choice> Decode for T {
    fn decode(value: Value, at: &mut Decoder<'_>) -> Option<Self> {
        let named = value.as_str().and_then(|given| T::ALL.iter().find(|(text, _)| *text == given));
        if let Some((_, variant)) = named {
            return Some(*variant);
        }
        // What is refused is told by the rule for texts.
        let texts: Vec<&str> = T::ALL.iter().map(|(text, _)| *text).collect();
        Enumeration { values: &texts }.decode(value, at);
        None
    }
}
