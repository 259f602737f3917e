//! The way back to JSON: one line per member, in order.

use proc_macro2::TokenStream;
use quote::quote;

use super::ident;
use crate::plan::model::{Field, Rest, Struct};

/// `Encode` of a struct.
pub(super) fn structure(name: &str, object: &Struct) -> TokenStream {
    let name = ident(name);
    let members = object.fields.iter().map(member);
    let rest = match &object.rest {
        Rest::Refuse => None,
        Rest::Keep | Rest::Of(_) => Some(quote!(object.rest(&self.rest);)),
    };
    let is_written = rest.is_some() || !object.fields.is_empty();
    let mutable = is_written.then(|| quote!(mut));
    quote! {
        impl rt::Encode for #name {
            fn encode(&self) -> rt::serde_json::Value {
                let #mutable object = rt::Object::default();
                #(#members)*
                #rest
                object.finish()
            }
        }
    }
}

fn member(field: &Field) -> TokenStream {
    let (name, wire) = (ident(&field.rust), &field.wire);
    match field.required || field.pinned.is_some() {
        true => quote!(object.required(#wire, &self.#name);),
        false => quote!(object.optional(#wire, &self.#name);),
    }
}
