//! Values of the document as tokens: texts, numbers, doc attributes and JSON constants.

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use serde_json::{Number, Value};

use crate::plan::words;

/// A doc attribute of one line, already harmless as Markdown.
pub(super) fn doc(text: &str) -> TokenStream {
    let text = format!(" {text}");
    quote!(#[doc = #text])
}

/// A doc attribute made of the document's prose; `name` stands in when there is none.
pub(super) fn prose(text: &str, name: &str) -> TokenStream {
    let first = text.split("\n\n").find(|paragraph| !paragraph.trim().is_empty()).unwrap_or_default();
    let line = words::doc_line(first);
    if line.is_empty() {
        doc(&format!("`{}`.", words::one_line(&name.replace('`', "'"))))
    } else {
        doc(&line)
    }
}

/// `Some(..)` or `None`.
pub(super) fn option<T: quote::ToTokens>(value: Option<T>) -> TokenStream {
    match value {
        Some(value) => quote!(Some(#value)),
        None => quote!(None),
    }
}

/// An integer without a suffix.
pub(super) fn integer(value: i64) -> TokenStream {
    match value {
        i64::MIN => quote!(i64::MIN),
        i64::MAX => quote!(i64::MAX),
        // A sign is a token of its own.
        _ if value < 0 => {
            let digits = Literal::u64_unsuffixed(value.unsigned_abs());
            quote!(-#digits)
        }
        _ => {
            let digits = Literal::i64_unsuffixed(value);
            quote!(#digits)
        }
    }
}

/// A count without a suffix.
pub(super) fn count(value: u64) -> Literal {
    Literal::u64_unsuffixed(value)
}

/// A float, always with a point.
pub(super) fn float(value: f64) -> TokenStream {
    let digits = Literal::f64_unsuffixed(value.abs());
    if value.is_sign_negative() && value != 0.0 { quote!(-#digits) } else { quote!(#digits) }
}

/// A JSON constant as an expression that serialises to it.
pub(super) fn constant(value: &Value) -> TokenStream {
    match value {
        Value::String(text) => quote!(#text),
        Value::Bool(flag) => quote!(#flag),
        Value::Number(number) => self::number(number),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            let json = json(value);
            quote!(rt::serde_json::json!(#json))
        }
    }
}

/// A JSON number as an expression of the type that holds it exactly.
fn number(number: &Number) -> TokenStream {
    match (number.as_i64(), number.as_u64(), number.as_f64()) {
        (Some(i64::MIN), ..) => quote!(i64::MIN),
        (Some(whole), ..) => {
            // A sign is a token of its own.
            let digits = Literal::i64_suffixed(whole.abs());
            if whole < 0 { quote!(-#digits) } else { quote!(#digits) }
        }
        (None, Some(large), _) => {
            let digits = Literal::u64_suffixed(large);
            quote!(#digits)
        }
        (None, None, Some(broken)) => float(broken),
        (None, None, None) => quote!(rt::serde_json::Value::Null),
    }
}

/// A JSON constant as an expression of type `Value`.
pub(super) fn value(value: &Value) -> TokenStream {
    let constant = constant(value);
    match value {
        Value::String(_) | Value::Bool(_) | Value::Number(_) => {
            quote!(rt::serde_json::Value::from(#constant))
        }
        Value::Null | Value::Array(_) | Value::Object(_) => constant,
    }
}

/// The tokens of a JSON value as `json!` reads them.
fn json(value: &Value) -> TokenStream {
    match value {
        Value::Null => quote!(null),
        Value::Array(items) => {
            let items = items.iter().map(json);
            quote!([#(#items),*])
        }
        Value::Object(members) => {
            let names = members.keys();
            let values = members.values().map(json);
            quote!({#(#names: #values),*})
        }
        scalar => constant(scalar),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_keep_every_digit_up_to_their_bounds() {
        for (number, expected) in [
            (json!(7), "7i64"),
            (json!(-7), "- 7i64"),
            (json!(i64::MAX), "9223372036854775807i64"),
            (json!(-i64::MAX), "- 9223372036854775807i64"),
            (json!(i64::MIN), "i64 :: MIN"),
            (json!(u64::MAX), "18446744073709551615u64"),
            (json!(-0.5), "- 0.5"),
        ] {
            assert_eq!(constant(&number).to_string(), expected);
        }
    }
}
