//! Quotes what the plan decided. Text of the document becomes string literals and doc attributes, nothing else.

mod answers;
mod bodies;
mod decode;
mod encode;
mod literals;
mod outputs;
mod requests;
mod rules;
mod styles;
mod tables;
mod tools;
mod types;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

pub(crate) use outputs::Outputs;

use crate::plan::model::{Plan, Tool};

/// What stands at the top: the catalog.
pub(crate) fn catalog(plan: &Plan) -> TokenStream {
    let api = tables::api(plan);
    quote! {
        use server::generated as rt;

        #api

        /// The API that this module was generated from.
        pub fn catalog() -> &'static rt::Api {
            &API
        }
    }
}

/// The module of request types that tools share, unless there are none.
pub(crate) fn arguments(plan: &Plan) -> Option<TokenStream> {
    module("arguments", "Request types that tools share.", types::types(&plan.arguments))
}

/// The module of what answers hold, where tools share it, unless there is nothing.
pub(crate) fn answers(plan: &Plan) -> Option<TokenStream> {
    let shapes = answers::shapes(plan.answers.iter(), rules::Place::Shared);
    module("answers", "What answers hold, where tools share it.", shapes)
}

/// The module of one tool, which stands in the module `tools`.
pub(crate) fn tool(tool: &Tool, outputs: &Outputs<'_>) -> TokenStream {
    tools::tool(tool, outputs)
}

/// A module that sees the runtime, unless it would be empty.
fn module(name: &str, description: &str, content: TokenStream) -> Option<TokenStream> {
    let name = ident(name);
    let doc = literals::doc(description);
    (!content.is_empty()).then(|| {
        quote! {
            #doc
            pub mod #name {
                use super::rt;
                #content
            }
        }
    })
}

/// A planned name as an identifier, raw where the plan says so.
fn ident(name: &str) -> Ident {
    match name.strip_prefix("r#") {
        Some(name) => Ident::new_raw(name, Span::call_site()),
        None => Ident::new(name, Span::call_site()),
    }
}
