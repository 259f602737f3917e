//! A tool's module: its arguments, its schemas, how its answers are read, and its entry in the catalog.

use proc_macro2::TokenStream;
use quote::quote;

use super::outputs::Outputs;
use super::rules::Place;
use super::{answers, ident, literals, requests, tables, types};
use crate::plan::model::Tool;

/// The module of one tool.
pub(super) fn tool(tool: &Tool, outputs: &Outputs<'_>) -> TokenStream {
    let module = ident(&tool.module);
    let doc = literals::prose(&tool.title, &tool.name);
    let arguments_doc = format!("What `{}` takes.", tool.name);
    let arguments = types::structure("Arguments", &arguments_doc, &tool.arguments, Place::Tool);
    let write = requests::arguments(tool);
    let own = types::types(tool.types.iter().filter(|kind| !kind.is_answer));
    let answers = answers::shapes(tool.types.iter().filter(|kind| kind.is_answer), Place::Tool);
    let output = tool.output_schema.as_ref().map(|schema| (schema, outputs.home(schema)));
    let named = output.map(|(_, home)| match home == tool.module {
        true => quote!(OUTPUT_SCHEMA),
        false => {
            let home = ident(home);
            quote!(super::#home::OUTPUT_SCHEMA)
        }
    });
    let entry = tables::tool(tool, named.as_ref());
    let output_schema = output.filter(|(_, home)| *home == tool.module).map(|(schema, _)| {
        quote! {
            /// JSON Schema of the answer.
            pub const OUTPUT_SCHEMA: &str = #schema;
        }
    });
    let input_schema = &tool.input_schema;
    quote! {
        #doc
        pub mod #module {
            use super::rt;

            #entry

            /// JSON Schema of the arguments.
            pub const INPUT_SCHEMA: &str = #input_schema;

            #output_schema

            #arguments
            #write

            rt::json_schema!(Arguments, INPUT_SCHEMA);

            #own
            #answers
        }
    }
}
