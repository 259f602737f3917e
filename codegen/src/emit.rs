//! Quotes what the plan decided. Text of the document becomes string literals and doc attributes, nothing else.

mod bodies;
mod decode;
mod literals;
mod requests;
mod rules;
mod tables;
mod tools;
mod types;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use crate::plan::model::Plan;

/// The whole program: one module's content, without inner attributes so that it can be included.
pub(crate) fn program(plan: &Plan) -> TokenStream {
    let api = tables::api(plan);
    let arguments = module("arguments", "Request types that tools share.", types::types(&plan.arguments));
    let answers = module("answers", "Answer types that tools share.", types::types(&plan.answers));
    let tools = module("tools", "One module per tool.", plan.tools.iter().map(tools::tool).collect());
    quote! {
        use server::generated as rt;

        #api

        /// The API that this module was generated from.
        pub fn catalog() -> &'static rt::Api {
            &API
        }

        #arguments
        #answers
        #tools
    }
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
