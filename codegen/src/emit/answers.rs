//! What answers may be, as the runtime's static tables.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::literals;
use super::rules::Place;
use crate::plan::model::{Field, Module, Shape, Text, Type, TypeBody, TypeId};
use crate::plan::names;

/// The named shapes of a module.
pub(super) fn shapes<'p>(types: impl Iterator<Item = &'p Type>, place: Place) -> TokenStream {
    types.map(|kind| named(kind, place)).collect()
}

fn named(kind: &Type, place: Place) -> TokenStream {
    let content = match &kind.body {
        TypeBody::Struct(object) => {
            let members = object.fields.iter().map(|field| member(field, place));
            let hidden = &object.hidden;
            quote!(Object { members: &[#(#members),*], hidden: &[#(#hidden),*] })
        }
        TypeBody::Enum(variants) => {
            let wires = variants.iter().map(|variant| &variant.wire);
            quote!(OneOf(&[#(#wires),*]))
        }
        TypeBody::Schema(_) => return TokenStream::new(),
    };
    let doc = literals::prose(&kind.description, &kind.id.name);
    let name = constant(&kind.id);
    quote! {
        #doc
        pub static #name: rt::Shape = rt::Shape::#content;
    }
}

fn member(field: &Field, place: Place) -> TokenStream {
    let (name, shape) = (&field.wire, shape(&field.shape, place));
    match field.required {
        true => quote!(rt::Member::required(#name, #shape)),
        false => quote!(rt::Member::optional(#name, #shape)),
    }
}

/// A shape as an expression.
pub(super) fn shape(shape: &Shape, place: Place) -> TokenStream {
    let inner = |inner: &Shape| self::shape(inner, place);
    match shape {
        Shape::Null => quote!(rt::Shape::Null),
        Shape::Boolean => quote!(rt::Shape::Boolean),
        Shape::Integer(_) => quote!(rt::Shape::Integer),
        Shape::Number(_) => quote!(rt::Shape::Number),
        Shape::Text(Text { blank_is_unset: true, .. }) => quote!(rt::Shape::BlankText),
        Shape::Text(_) => quote!(rt::Shape::Text),
        Shape::TextOrNumber { blank_is_unset: true } => quote!(rt::Shape::BlankTextOrNumber),
        Shape::TextOrNumber { blank_is_unset: false } => quote!(rt::Shape::TextOrNumber),
        Shape::List { items, .. } => {
            let items = inner(items);
            quote!(rt::Shape::List(&#items))
        }
        Shape::OneOrMany(items) => {
            let items = inner(items);
            quote!(rt::Shape::OneOrMany(&#items))
        }
        Shape::Nullable(value) => {
            let value = inner(value);
            quote!(rt::Shape::Nullable(&#value))
        }
        Shape::Map { values, .. } => {
            let values = inner(values);
            quote!(rt::Shape::Map(&#values))
        }
        Shape::Named(id) => {
            let path = path(id, place);
            quote!(rt::Shape::Named(&#path))
        }
        // A table refers to others, so what contains itself needs nothing here.
        Shape::Boxed(value) => inner(value),
        Shape::Any | Shape::File(_) | Shape::Checked(_) => quote!(rt::Shape::Any),
    }
}

fn path(id: &TypeId, place: Place) -> TokenStream {
    let name = constant(id);
    match (id.module, place) {
        (Module::Tool, _) | (_, Place::Shared) => quote!(#name),
        (Module::Arguments | Module::Answers, Place::Tool) => quote!(super::super::answers::#name),
    }
}

fn constant(id: &TypeId) -> Ident {
    Ident::new(&names::constant(&id.name), Span::call_site())
}
