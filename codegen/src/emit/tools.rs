//! A tool's module: its arguments, its schemas, how its answers are read, and its entry in the catalog.

use proc_macro2::TokenStream;
use quote::quote;

use super::rules::{self, Place};
use super::{ident, literals, requests, tables, types};
use crate::plan::model::{AnswerRule, Content, Tool};

/// The module of one tool.
pub(super) fn tool(tool: &Tool) -> TokenStream {
    let module = ident(&tool.module);
    let doc = literals::prose(&tool.title, &tool.name);
    let arguments_doc = format!("What `{}` takes.", tool.name);
    let arguments = types::structure("Arguments", &arguments_doc, &tool.arguments, false, Place::Tool);
    let write = requests::arguments(tool);
    let own = types::types(&tool.types);
    let readers = tool.answers.iter().filter_map(reader);
    let entry = tables::tool(tool);
    let input_schema = &tool.input_schema;
    quote! {
        #doc
        pub mod #module {
            use super::rt;

            #entry

            /// JSON Schema of the arguments.
            pub const INPUT_SCHEMA: &str = #input_schema;

            #arguments
            #write

            impl rt::schemars::JsonSchema for Arguments {
                fn inline_schema() -> bool {
                    true
                }

                fn schema_name() -> std::borrow::Cow<'static, str> {
                    "Arguments".into()
                }

                fn json_schema(_: &mut rt::schemars::SchemaGenerator) -> rt::schemars::Schema {
                    rt::serde_json::from_str(INPUT_SCHEMA).expect("the generator writes an object as JSON")
                }
            }

            #own
            #(#readers)*
        }
    }
}

/// The function that reads one answer into the output schema's shape.
fn reader(answer: &AnswerRule) -> Option<TokenStream> {
    let Content::Json { function, shape, wrap } = &answer.content else { return None };
    let function = ident(function);
    let rule = rules::rule(shape, Place::Tool);
    let read = quote! {
        fn #function(value: rt::serde_json::Value, at: &mut rt::Decoder<'_>) -> Option<rt::serde_json::Value>
    };
    Some(match wrap {
        None => quote! {
            #read {
                rt::serde_json::to_value(rt::Rule::decode(&#rule, value, at)?).ok()
            }
        },
        Some(member) => quote! {
            #read {
                let value = rt::serde_json::to_value(rt::Rule::decode(&#rule, value, at)?).ok()?;
                Some(rt::serde_json::json!({#member: value}))
            }
        },
    })
}
