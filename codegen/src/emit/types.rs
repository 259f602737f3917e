//! Structs and enums of requests with their serialisation.

use proc_macro2::TokenStream;
use quote::quote;

use super::rules::{self, Place};
use super::{decode, ident, literals};
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

/// A struct with its decoding. Request types cannot be printed: they may hold secrets.
pub(super) fn structure(name: &str, description: &str, object: &Struct, place: Place) -> TokenStream {
    let doc = literals::prose(description, name);
    let fields = object.fields.iter().map(|each| field(each, place));
    let rest = rest(&object.rest, place);
    let decode = decode::structure(name, object, place);
    let name = ident(name);
    quote! {
        #doc
        #[derive(rt::serde::Serialize)]
        #[serde(crate = "rt::serde")]
        pub struct #name {
            #(#fields,)*
            #rest
        }

        #decode
    }
}

fn field(field: &Field, place: Place) -> TokenStream {
    let doc = literals::prose(&field.description, &field.wire);
    let name = ident(&field.rust);
    let kind = match &field.pinned {
        Some(_) => quote!(rt::serde_json::Value),
        None => rules::kind(&field.shape, place),
    };
    let rename = rename(&field.rust, &field.wire);
    if field.required || field.pinned.is_some() {
        let serde = rename.map(|rename| quote!(#[serde(#rename)]));
        return quote!(#doc #serde pub #name: #kind);
    }
    let rename = rename.map(|rename| quote!(#rename,));
    quote!(#doc #[serde(#rename skip_serializing_if = "Option::is_none")] pub #name: Option<#kind>)
}

/// Serde knows a raw identifier by its plain name.
fn rename(rust: &str, wire: &str) -> Option<TokenStream> {
    (rust.trim_start_matches("r#") != wire).then(|| quote!(rename = #wire))
}

fn rest(rest: &Rest, place: Place) -> Option<TokenStream> {
    let doc = literals::doc("Members that the document does not declare.");
    match rest {
        Rest::Refuse => None,
        Rest::Keep => Some(quote!(#doc #[serde(flatten)] pub rest: rt::Rest)),
        Rest::Of(shape) => {
            let values = rules::kind(shape, place);
            Some(quote!(#doc #[serde(flatten)] pub rest: rt::IndexMap<String, #values>))
        }
    }
}

fn enumeration(kind: &Type, variants: &[Variant]) -> TokenStream {
    let doc = literals::prose(&kind.description, &kind.id.name);
    let name = ident(&kind.id.name);
    let declared = variants.iter().map(|variant| {
        let doc = literals::prose("", &variant.wire);
        let rename = rename(&variant.rust, &variant.wire).map(|rename| quote!(#[serde(#rename)]));
        let name = ident(&variant.rust);
        quote!(#doc #rename #name)
    });
    let decode = decode::enumeration(&kind.id.name, variants);
    quote! {
        #doc
        #[derive(Debug, rt::serde::Serialize)]
        #[serde(crate = "rt::serde")]
        pub enum #name {
            #(#declared),*
        }

        #decode
    }
}
