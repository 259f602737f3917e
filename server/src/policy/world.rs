//! What rules are about: the tools, the schema that follows from them, and what is the same for all callers. It does not change
//! while a program runs, whatever rules are read.

use cedar_policy::{Entities, Entity, EntityUid, RestrictedExpression as Expression, Schema};

use super::held::uid;
use super::shape::Shape;
use super::{Settings, schema};
use crate::catalog::{Api, Tool};
use crate::own::about;
use crate::own::finding::Finders;
use crate::stages::portion;
use crate::start_error::StartError;

/// The world of rules.
#[derive(Debug)]
pub(super) struct World {
    /// Sorted by name.
    pub(super) tools: Vec<&'static Tool>,
    /// The arguments of each.
    pub(super) shapes: Vec<Shape>,
    /// The action of each.
    pub(super) actions: Vec<EntityUid>,
    /// The schema as people read it.
    pub(super) text: String,
    pub(super) schema: Schema,
    /// All actions with their groups, and the API.
    pub(super) common: Entities,
    /// The API among them.
    pub(super) api: EntityUid,
}

impl World {
    /// The tools of this API, and the server's own whether they are offered or not: so the same rules are good for both.
    pub(super) fn new(api: &'static Api, settings: &Settings) -> Result<Self, StartError> {
        let api = about::joined(api, true)?;
        let mut tools = api.tools.to_vec();
        if let Err(place) = tools.binary_search_by(|tool| tool.name.cmp(portion::REST.name)) {
            tools.insert(place, &portion::REST);
        }
        if let Ok(finders) = Finders::beside(api)? {
            tools.extend(finders.all());
            tools.sort_unstable_by_key(|tool| tool.name);
        }
        let shapes: Vec<Shape> = tools.iter().map(|tool| Shape::of(tool)).collect();
        let text = schema::text(api, &tools, &shapes);
        let wrong = |what: String| StartError::new(format!("the schema of rules of access: {what}"));
        let (schema, _) = Schema::from_cedarschema_str(&text).map_err(|error| wrong(error.to_string()))?;
        let set = |texts: &[String]| Expression::new_set(texts.iter().cloned().map(Expression::new_string));
        let attributes = [
            ("anonymous_reads", Expression::new_bool(settings.anonymous_reads)),
            ("protected_levels", set(&settings.protected_levels)),
            ("title", Expression::new_string(api.title.to_owned())),
        ];
        let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let entity = Entity::new(uid("Api", "api"), attributes, [].into());
        let entity = entity.map_err(|error| wrong(error.to_string()))?;
        let common =
            Entities::from_entities([entity], Some(&schema)).map_err(|error| wrong(error.to_string()))?;
        let actions = tools.iter().map(|tool| uid("Action", tool.name)).collect();
        Ok(Self { tools, shapes, actions, text, schema, common, api: uid("Api", "api") })
    }

    /// The place of this tool.
    pub(super) fn place(&self, tool: &str) -> Option<usize> {
        self.tools.binary_search_by(|known| known.name.cmp(tool)).ok()
    }

    /// The tool at this place.
    pub(super) fn tool(&self, place: usize) -> &'static Tool {
        self.tools[place]
    }
}
