//! Where the parts of a contract stand in the document that they were made from.

use std::collections::{BTreeMap, HashMap};

use openapi::ir::{Api, Kind, Operation, Schema};
use openapi::report::Place;

use super::Contract;

/// Where a tool, its arguments and the members of its answer stand; as much as is known.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// The tool itself.
    pub tool: Option<Place>,
    /// Its arguments by name.
    pub arguments: BTreeMap<String, Place>,
    /// The members of its answer by name.
    pub answer: BTreeMap<String, Place>,
}

impl Places {
    /// The nearest known place of a path such as `arguments.level`.
    pub(crate) fn nearest(&self, path: &str) -> Option<&Place> {
        let (side, rest) = path.split_once('.').unwrap_or((path, ""));
        let member = rest.split(['.', '[']).next().unwrap_or_default();
        let members = if side == "answer" { &self.answer } else { &self.arguments };
        members.get(member).or(self.tool.as_ref())
    }
}

/// Gives each tool of the contract its places in the document.
pub(super) fn take_from(api: &Api, contract: &mut Contract) {
    let operations: HashMap<&str, &Operation> =
        api.operations.iter().map(|operation| (operation.id.as_str(), operation)).collect();
    for (name, tool) in &mut contract.tools {
        let Some(operation) = operations.get(tool.operation.as_str()) else { continue };
        let variant = operation.mcp.variants.iter().find(|variant| variant.name == *name);
        tool.places = Places {
            tool: Some(variant.map_or(&operation.at, |variant| &variant.at).clone()),
            arguments: arguments(api, operation),
            answer: answer(api, operation),
        };
    }
}

fn arguments(api: &Api, operation: &Operation) -> BTreeMap<String, Place> {
    let body = operation.body.iter().flat_map(|body| &body.media).find_map(|media| media.schema.as_ref());
    let mut places = body.map(|schema| members(api, schema)).unwrap_or_default();
    places.extend(operation.body.iter().map(|body| ("body".to_owned(), body.at.clone())));
    places
        .extend(operation.parameters.iter().map(|parameter| (parameter.name.clone(), parameter.at.clone())));
    places
}

fn answer(api: &Api, operation: &Operation) -> BTreeMap<String, Place> {
    let schemas =
        operation.answers.iter().flat_map(|answer| &answer.media).filter_map(|media| media.schema.as_ref());
    schemas.map(|schema| members(api, schema)).find(|places| !places.is_empty()).unwrap_or_default()
}

/// The members that a schema declares, through a chain of names.
fn members(api: &Api, schema: &Schema) -> BTreeMap<String, Place> {
    let mut schema = schema;
    // A chain of names has no circle in a description that was checked; a bound costs nothing.
    for _ in 0..api.schemas.len() {
        match &schema.kind {
            Kind::Reference(name) => match api.schemas.get(name) {
                Some(target) => schema = target,
                None => break,
            },
            _ => break,
        }
    }
    match &schema.kind {
        Kind::Object(rules) => rules
            .properties
            .iter()
            .map(|property| (property.name.clone(), property.schema.at.clone()))
            .collect(),
        _ => BTreeMap::new(),
    }
}
