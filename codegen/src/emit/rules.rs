//! Shapes as the runtime's rules, and as the Rust types that these give.

use proc_macro2::TokenStream;
use quote::quote;

use super::{ident, literals};
use crate::plan::model::{File, Format, Integer, Module, Number, Shape, Text, TypeId, Within};

/// Where code stands, which decides how it names types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In a module of shared types.
    Shared,
    /// In a tool's module.
    Tool,
}

/// The rule that decodes a shape.
pub(super) fn rule(shape: &Shape, place: Place) -> TokenStream {
    match shape {
        // The quirks are those of answers; no request has them.
        Shape::Any | Shape::TextOrNumber { .. } | Shape::OneOrMany(_) => quote!(rt::Any),
        Shape::Null => quote!(rt::Null),
        Shape::Boolean => quote!(rt::Boolean),
        Shape::Integer(rules) => integer(rules),
        Shape::Number(rules) => number(rules),
        Shape::Text(rules) => text(rules),
        Shape::List { items, min: None, max: None, unique: false } => {
            let items = rule(items, place);
            quote!(rt::List::of(#items))
        }
        Shape::File(rules) => file(rules),
        Shape::List { items, min, max, unique } => {
            let items = rule(items, place);
            let (min, max) = counts(*min, *max);
            quote!(rt::List { items: #items, min_items: #min, max_items: #max, unique: #unique })
        }
        Shape::Nullable(shape) => {
            let rule = rule(shape, place);
            quote!(rt::Nullable(#rule))
        }
        Shape::Map { values, min: None, max: None } => {
            let values = rule(values, place);
            quote!(rt::MapOf::of(#values))
        }
        Shape::Map { values, min, max } => {
            let values = rule(values, place);
            let (min, max) = counts(*min, *max);
            quote!(rt::MapOf { values: #values, min: #min, max: #max })
        }
        Shape::Named(id) => {
            let name = named(id, place);
            quote!(rt::Of::<#name>::new())
        }
        Shape::Boxed(shape) => {
            let rule = rule(shape, place);
            quote!(rt::Boxed(#rule))
        }
        Shape::Checked(schema) => {
            let schema = schema.to_string();
            quote!(rt::Checked { schema: #schema })
        }
    }
}

/// The Rust type of a shape.
pub(super) fn kind(shape: &Shape, place: Place) -> TokenStream {
    match shape {
        Shape::Any | Shape::Checked(_) | Shape::TextOrNumber { .. } | Shape::OneOrMany(_) => {
            quote!(rt::serde_json::Value)
        }
        Shape::Null => quote!(()),
        Shape::Boolean => quote!(bool),
        Shape::Integer(_) => quote!(i64),
        Shape::Number(_) => quote!(rt::serde_json::Number),
        Shape::Text(_) => quote!(String),
        Shape::File(_) => quote!(rt::File),
        Shape::List { items, .. } => {
            let items = kind(items, place);
            quote!(Vec<#items>)
        }
        Shape::Nullable(shape) => {
            let inner = kind(shape, place);
            quote!(Option<#inner>)
        }
        Shape::Map { values, .. } => {
            let values = kind(values, place);
            quote!(rt::IndexMap<String, #values>)
        }
        Shape::Named(id) => named(id, place),
        Shape::Boxed(shape) => {
            let inner = kind(shape, place);
            quote!(Box<#inner>)
        }
    }
}

/// Fewest and most, with the runtime's words for "no bound".
pub(super) fn counts(min: Option<u64>, max: Option<u64>) -> (TokenStream, TokenStream) {
    let min = literals::count(min.unwrap_or(0));
    let max = max.map(literals::count).map_or_else(|| quote!(u64::MAX), |max| quote!(#max));
    (quote!(#min), max)
}

fn named(id: &TypeId, place: Place) -> TokenStream {
    let name = ident(&id.name);
    match (id.module, place) {
        (Module::Tool, _) | (_, Place::Shared) => quote!(#name),
        (Module::Arguments, Place::Tool) => quote!(super::super::arguments::#name),
        (Module::Answers, Place::Tool) => quote!(super::super::answers::#name),
    }
}

fn integer(rules: &Integer) -> TokenStream {
    let (minimum, maximum) = (literals::integer(rules.minimum), literals::integer(rules.maximum));
    match rules.multiple_of.map(literals::integer) {
        Some(step) => quote!(rt::Integer { minimum: #minimum, maximum: #maximum, multiple_of: Some(#step) }),
        None => quote!(rt::Integer { minimum: #minimum, maximum: #maximum, ..rt::Integer::ANY }),
    }
}

fn number(rules: &Number) -> TokenStream {
    let bounds = [
        (quote!(minimum), rules.minimum),
        (quote!(maximum), rules.maximum),
        (quote!(exclusive_minimum), rules.exclusive_minimum),
        (quote!(exclusive_maximum), rules.exclusive_maximum),
    ];
    let fields: Vec<TokenStream> = bounds
        .into_iter()
        .filter_map(|(name, bound)| {
            let bound = literals::float(bound?);
            Some(quote!(#name: Some(#bound)))
        })
        .collect();
    match fields.is_empty() {
        true => quote!(rt::Number::ANY),
        false => quote!(rt::Number { #(#fields,)* ..rt::Number::ANY }),
    }
}

fn text(rules: &Text) -> TokenStream {
    let mut fields = Vec::new();
    if let Some(format) = rules.format.map(format) {
        fields.push(quote!(format: Some(rt::Format::#format)));
    }
    // The base of a path has this one already.
    let is_base = rules.within == Within::Path && rules.min_length == Some(1);
    if let Some(length) = rules.min_length.filter(|_| !is_base).map(literals::count) {
        fields.push(quote!(min_length: #length));
    }
    if let Some(length) = rules.max_length.map(literals::count) {
        fields.push(quote!(max_length: #length));
    }
    if let Some(pattern) = &rules.pattern {
        fields.push(quote!(pattern: Some(#pattern)));
    }
    if rules.callback_url {
        fields.push(quote!(callback_url: true));
    }
    let base = base(rules.within);
    match fields.is_empty() {
        true => base,
        false => quote!(rt::Text { #(#fields,)* ..#base }),
    }
}

fn file(rules: &File) -> TokenStream {
    let File { filename, types, must_say_type } = rules;
    quote!(rt::FileRule { filename: #filename, types: &[#(#types),*], must_say_type: #must_say_type })
}

/// Any text at a place of the request.
fn base(within: Within) -> TokenStream {
    match within {
        Within::Path => quote!(rt::Text::PATH),
        Within::Query => quote!(rt::Text::QUERY),
        Within::Header => quote!(rt::Text::HEADER),
        Within::Cookie => quote!(rt::Text::COOKIE),
        Within::Body => quote!(rt::Text::ANY),
    }
}

fn format(format: Format) -> TokenStream {
    match format {
        Format::DateTime => quote!(DateTime),
        Format::Date => quote!(Date),
        Format::Time => quote!(Time),
        Format::Duration => quote!(Duration),
        Format::Uuid => quote!(Uuid),
        Format::Email => quote!(Email),
        Format::Uri => quote!(Uri),
        Format::Ipv4 => quote!(Ipv4),
        Format::Ipv6 => quote!(Ipv6),
        Format::Byte => quote!(Byte),
    }
}
