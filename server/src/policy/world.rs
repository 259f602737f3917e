//! What rules are about: the tools, the schema that follows from them, and what is the same for all callers. It does not change
//! while a program runs, whatever rules are read.

use cedar_policy::{Entities, Entity, EntityUid, RestrictedExpression as Expression, Schema};

use super::among::Among;
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
    /// All actions with their groups, and the API; and callers beside them.
    pub(super) among: Among,
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
        let among = Among::new(common(api, &tools, settings).map_err(wrong)?);
        let actions = tools.iter().map(|tool| uid("Action", tool.name)).collect();
        Ok(Self { tools, shapes, actions, text, among, api: uid("Api", "api") })
    }

    /// The schema as Cedar reads it, for a check of rules. To read that of a thousand tools takes longer than all else of a start, and
    /// 7 MB to keep it, so it is neither read before it is needed nor kept.
    pub(super) fn schema(&self) -> Result<Schema, StartError> {
        let read = Schema::from_cedarschema_str(&self.text);
        read.map(|(schema, _)| schema).map_err(|error| wrong(error.to_string()))
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

fn wrong(what: String) -> StartError {
    StartError::new(format!("the schema of rules of access: {what}"))
}

/// What every question brings with it. It is what the schema says of the API and of actions, made without reading the schema.
fn common(api: &Api, tools: &[&Tool], settings: &Settings) -> Result<Entities, String> {
    let set = |texts: &[String]| Expression::new_set(texts.iter().cloned().map(Expression::new_string));
    let attributes = [
        ("anonymous_reads", Expression::new_bool(settings.anonymous_reads)),
        ("protected_levels", set(&settings.protected_levels)),
        ("title", Expression::new_string(api.title.to_owned())),
    ];
    let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let entity = Entity::new(uid("Api", "api"), attributes, [].into()).map_err(|error| error.to_string())?;
    let group = |name: String| Entity::new_no_attrs(uid("Action", &name), [].into());
    let action = |tool: &&Tool| {
        let groups = schema::groups_of(tool).map(|name| uid("Action", &name)).collect();
        Entity::new_no_attrs(uid("Action", tool.name), groups)
    };
    let actions = schema::all_groups(tools).map(group).chain(tools.iter().map(action));
    Entities::from_entities(actions.chain([entity]), None).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::tests::API;
    use super::*;

    /// The API is as the schema has it, and actions are those of the schema.
    #[test]
    fn what_every_question_brings_is_what_the_schema_says() {
        let settings = Settings { protected_levels: vec!["PRD".to_owned()], ..Settings::default() };
        let world = World::new(&API, &settings).expect("a world");
        let api = world.among.common().get(&world.api).expect("the API is there").clone();
        let by_schema = Entities::from_entities([api], Some(&world.schema().expect("a schema")));
        let by_schema = by_schema.expect("the API is as the schema has it");
        assert!(world.among.common().deep_eq(&by_schema), "{:?}\n{by_schema:?}", world.among.common());
    }
}
