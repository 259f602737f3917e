//! All that generated code imports, and nothing it does not.
//!
//! A generated module begins with `use server::generated as rt;` and names everything as `rt::X`.

pub use indexmap::IndexMap;
pub use schemars;
pub use serde_json;

pub use crate::catalog::{
    AnswerRule, Api, Carrier, Confirm, Content, Effect, EffectScopes, Fields, Gated, Long, Need, Prompt,
    PromptArgument, SecurityScheme, Source, Step, Tool, Work,
};
pub use crate::decode::{
    Any, Boolean, Boxed, Checked, Choice, Decode, Decoder, Deployment, Enumeration, File, FileRule, Format,
    Gate, Integer, List, MapOf, Members, Null, Nullable, Number, ObjectRule, Of, Problem, Problems, Rest,
    Rule, Text, Undeclared, Within,
};
pub use crate::encode::{Encode, Object};
pub use crate::request::{
    Arguments, BodyKind, BodyRule, Lists, MultipartRule, ParameterRule, Part, PartKind, PartRule, Parts,
    Prepared, Style, prepare,
};
pub use crate::shape::{Member, Shape};

/// Implements `schemars::JsonSchema` for a type by a JSON Schema as text: the document's own, not one derived again.
#[macro_export]
macro_rules! json_schema {
    ($type:ident, $schema:expr) => {
        impl $crate::generated::schemars::JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(
                _: &mut $crate::generated::schemars::SchemaGenerator,
            ) -> $crate::generated::schemars::Schema {
                $crate::generated::serde_json::from_str($schema)
                    .expect("the generator writes an object as JSON")
            }
        }
    };
}

pub use json_schema;
