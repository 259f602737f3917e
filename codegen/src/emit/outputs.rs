//! Where the schemas of answers stand: tools that answer alike name one text, which makes the program smaller by far
//! where many operations return the same resource.

use std::collections::HashMap;

use crate::plan::model::Tool;

/// The module of the first tool that has a schema, by the schema's text.
pub(crate) struct Outputs<'p>(HashMap<&'p str, &'p str>);

impl<'p> Outputs<'p> {
    /// The homes of these tools' schemas.
    pub(crate) fn of(tools: &'p [Tool]) -> Self {
        let mut homes = HashMap::new();
        for tool in tools {
            if let Some(schema) = &tool.output_schema {
                homes.entry(schema.as_str()).or_insert(tool.module.as_str());
            }
        }
        Self(homes)
    }

    /// The module in which a schema of these tools stands.
    pub(super) fn home(&self, schema: &str) -> &'p str {
        self.0[schema]
    }
}
