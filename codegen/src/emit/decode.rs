//! Decoding of structs: every member is looked at before the first problem ends it.

use proc_macro2::TokenStream;
use quote::quote;

use super::rules::{self, Place};
use super::{ident, literals};
use crate::plan::model::{Field, Rest, Struct};

/// `Decode` of a struct.
pub(super) fn structure(name: &str, object: &Struct, place: Place) -> TokenStream {
    let name = ident(name);
    let rule = object_rule(object);
    let reads = object.fields.iter().filter(|field| field.pinned.is_none()).map(|field| read(field, place));
    let rest = rest(&object.rest, place);
    let given = object.fields.iter().map(given);
    let given_rest = match &object.rest {
        Rest::Refuse => None,
        Rest::Keep => Some(quote!(rest)),
        Rest::Of(_) => Some(quote!(rest)),
    };
    let locals = object.fields.iter().filter(|field| field.pinned.is_none()).map(|field| ident(&field.local));
    let of_rest = matches!(object.rest, Rest::Of(_)).then(|| ident("rest"));
    let locals: Vec<_> = locals.chain(of_rest).collect();
    let all =
        (!locals.is_empty()).then(|| quote!(let (#(Some(#locals),)*) = (#(#locals,)*) else { return None };));
    let is_read = rest.is_some() || object.fields.iter().any(|field| field.pinned.is_none());
    let mutable = is_read.then(|| quote!(mut));
    quote! {
        impl rt::Decode for #name {
            fn decode(value: rt::serde_json::Value, at: &mut rt::Decoder<'_>) -> Option<Self> {
                static RULE: rt::ObjectRule = #rule;
                let #mutable members = at.object(value, &RULE)?;
                #(#reads)*
                #rest
                members.finish(at)?;
                #all
                Some(Self { #(#given,)* #given_rest })
            }
        }
    }
}

fn object_rule(object: &Struct) -> TokenStream {
    let names = object.fields.iter().filter(|field| field.pinned.is_none()).map(|field| &field.wire);
    let undeclared = match &object.rest {
        Rest::Refuse => quote!(Refuse),
        Rest::Keep | Rest::Of(_) => quote!(Keep),
    };
    let pinned = object.fields.iter().filter(|field| field.pinned.is_some()).map(|field| &field.wire);
    let hidden = object.hidden.iter().chain(pinned);
    let gated = object.fields.iter().filter(|field| field.gated).map(|field| &field.wire);
    let is_closed = matches!(object.rest, Rest::Refuse) && object.min.is_none() && object.max.is_none();
    if is_closed && hidden.clone().next().is_none() && gated.clone().next().is_none() {
        return quote!(rt::ObjectRule::closed(&[#(#names),*]));
    }
    let (min, max) = rules::counts(object.min, object.max);
    quote! {
        rt::ObjectRule {
            names: &[#(#names),*],
            undeclared: rt::Undeclared::#undeclared,
            hidden: &[#(#hidden),*],
            gated: &[#((#gated, rt::Gate::Callbacks)),*],
            min: #min,
            max: #max,
        }
    }
}

fn read(field: &Field, place: Place) -> TokenStream {
    let (local, wire, rule) = (ident(&field.local), &field.wire, rules::rule(&field.shape, place));
    match field.required {
        true => quote!(let #local = members.required(at, #wire, &#rule);),
        false => quote!(let #local = members.optional(at, #wire, &#rule);),
    }
}

fn rest(rest: &Rest, place: Place) -> Option<TokenStream> {
    match rest {
        Rest::Refuse => None,
        Rest::Keep => Some(quote!(let rest = members.rest(at);)),
        Rest::Of(shape) => {
            let rule = rules::rule(shape, place);
            Some(quote!(let rest = members.rest_of(at, &#rule);))
        }
    }
}

fn given(field: &Field) -> TokenStream {
    let (name, local) = (ident(&field.rust), ident(&field.local));
    match &field.pinned {
        Some(value) => {
            let value = literals::value(value);
            quote!(#name: #value)
        }
        None if field.rust == field.local => quote!(#name),
        None => quote!(#name: #local),
    }
}
