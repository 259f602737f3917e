//! All that generated code imports, and nothing it does not.
//!
//! A generated module begins with `use server::generated as rt;` and names everything as `rt::X`.

pub use indexmap::IndexMap;
pub use schemars;
pub use serde;
pub use serde_json;

pub use crate::catalog::{AnswerRule, Api, Carrier, Content, Effect, Gated, Need, SecurityScheme, Tool};
pub use crate::decode::{
    Any, Boolean, Boxed, Checked, Decode, Decoder, Deployment, Enumeration, File, FileRule, Format, Gate,
    Integer, List, MapOf, Members, Null, Nullable, Number, ObjectRule, Of, OneOrMany, Problem, Problems,
    Rest, Rule, Text, TextOrNumber, Undeclared, Within,
};
pub use crate::request::{
    Arguments, BodyKind, BodyRule, Lists, MultipartRule, ParameterRule, Part, PartKind, PartRule, Parts,
    Prepared, Style, prepare,
};
