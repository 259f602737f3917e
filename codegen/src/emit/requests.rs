//! Writing the request: one line per parameter or member, in order.

use proc_macro2::TokenStream;
use quote::quote;

use super::styles::parameter_rule;
use super::{bodies, ident, literals};
use crate::plan::model::{Location, Parameter, Source, Tool, Write};

/// `Arguments` of a tool's argument struct.
pub(super) fn arguments(tool: &Tool) -> TokenStream {
    let rules = tool.writes.iter().filter_map(|write| match write {
        Write::Parameter(parameter, _) => Some(rule(parameter)),
        Write::Media(_) | Write::ObjectBody | Write::Member(..) | Write::Body(_) => None,
    });
    let steps = tool.writes.iter().map(step);
    let request = ident(if tool.writes.is_empty() { "_request" } else { "request" });
    quote! {
        impl rt::Arguments for Arguments {
            fn write(&self, #request: &mut rt::Parts) {
                #(#rules)*
                #(#steps)*
            }
        }
    }
}

fn rule(parameter: &Parameter) -> TokenStream {
    let constant = ident(&parameter.constant);
    let Parameter { name, explode, allow_reserved, allow_empty, .. } = parameter;
    let rule = parameter_rule(name, parameter.style, *explode, *allow_reserved, *allow_empty);
    quote!(static #constant: rt::ParameterRule = #rule;)
}

fn step(write: &Write) -> TokenStream {
    match write {
        Write::Parameter(parameter, source) => {
            let constant = ident(&parameter.constant);
            let location = match parameter.location {
                Location::Path => quote!(path),
                Location::Query => quote!(query),
                Location::Header => quote!(header),
                Location::Cookie => quote!(cookie),
            };
            from(source, |value| quote!(request.#location(&#constant, #value);))
        }
        Write::Media(body) => bodies::media(body),
        Write::ObjectBody => quote!(request.object_body();),
        Write::Member(name, source) => from(source, |value| quote!(request.member(#name, #value);)),
        Write::Body(source) => from(source, |value| quote!(request.body(#value);)),
    }
}

/// The statement that writes a value, if there is one.
fn from(source: &Source, write: impl FnOnce(TokenStream) -> TokenStream) -> TokenStream {
    match source {
        Source::Required(field) => {
            let field = ident(field);
            write(quote!(&self.#field))
        }
        Source::Optional(field) => {
            let field = ident(field);
            let write = write(quote!(value));
            quote!(if let Some(value) = &self.#field { #write })
        }
        Source::Pinned(value) => {
            let value = literals::constant(value);
            write(quote!(&#value))
        }
    }
}
