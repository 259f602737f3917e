//! Structs and enums of requests, with the ways from JSON and back.

use proc_macro2::TokenStream;
use quote::quote;

use super::rules::{self, Place};
use super::{decode, encode, ident, literals};
use crate::plan::model::{Field, Module, Rest, Struct, Type, TypeBody, Variant};

/// The named types of a module.
pub(super) fn types<'p>(types: impl IntoIterator<Item = &'p Type>) -> TokenStream {
    types.into_iter().map(named).collect()
}

fn named(kind: &Type) -> TokenStream {
    let place = if kind.id.module == Module::Tool { Place::Tool } else { Place::Shared };
    match &kind.body {
        TypeBody::Struct(object) => structure(&kind.id.name, &kind.description, object, place),
        TypeBody::Enum(variants) => enumeration(kind, variants),
        TypeBody::Schema(_) => TokenStream::new(),
    }
}

/// A struct with the ways from JSON and back. Request types cannot be printed: they may hold secrets.
pub(super) fn structure(name: &str, description: &str, object: &Struct, place: Place) -> TokenStream {
    let doc = literals::prose(description, name);
    let fields = object.fields.iter().map(|each| field(each, place));
    let rest = rest(&object.rest, place);
    let decode = decode::structure(name, object, place);
    let encode = encode::structure(name, object);
    let name = ident(name);
    quote! {
        #doc
        pub struct #name {
            #(#fields,)*
            #rest
        }

        #decode
        #encode
    }
}

fn field(field: &Field, place: Place) -> TokenStream {
    let doc = literals::prose(&field.description, &field.wire);
    let name = ident(&field.rust);
    let kind = match &field.pinned {
        Some(_) => quote!(rt::serde_json::Value),
        None => rules::kind(&field.shape, place),
    };
    match field.required || field.pinned.is_some() {
        true => quote!(#doc pub #name: #kind),
        false => quote!(#doc pub #name: Option<#kind>),
    }
}

fn rest(rest: &Rest, place: Place) -> Option<TokenStream> {
    let doc = literals::doc("Members that the document does not declare.");
    match rest {
        Rest::Refuse => None,
        Rest::Keep => Some(quote!(#doc pub rest: rt::Rest)),
        Rest::Of(shape) => {
            let values = rules::kind(shape, place);
            Some(quote!(#doc pub rest: rt::IndexMap<String, #values>))
        }
    }
}

fn enumeration(kind: &Type, variants: &[Variant]) -> TokenStream {
    let doc = literals::prose(&kind.description, &kind.id.name);
    let name = ident(&kind.id.name);
    let declared = variants.iter().map(|variant| {
        let doc = literals::prose("", &variant.wire);
        let name = ident(&variant.rust);
        quote!(#doc #name)
    });
    let texts = variants.iter().map(|variant| {
        let (wire, rust) = (&variant.wire, ident(&variant.rust));
        quote!((#wire, Self::#rust))
    });
    quote! {
        #doc
        #[derive(Clone, Copy, Debug)]
        pub enum #name {
            #(#declared),*
        }

        impl rt::Choice for #name {
            const ALL: &'static [(&'static str, Self)] = &[#(#texts),*];
        }

        impl rt::Encode for #name {
            fn encode(&self) -> rt::serde_json::Value {
                rt::Choice::text(*self).into()
            }
        }
    }
}
