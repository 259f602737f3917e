//! Request types of tools that are alike in everything but their words become one shared type: documents without
//! named schemas say the same object again with each operation, and every copy would have to be compiled.
//!
//! This changes how the program is written, not what the tools are: a plan tells each tool by itself.

use std::collections::{BTreeMap, HashMap};

use crate::plan::model::{Field, Module, Plan, Rest, Shape, Struct, Tool, Type, TypeBody, TypeId};
use crate::plan::names::Scope;

/// One of the classes of types that are alike.
type Class = usize;

/// Moves the types that are found more than once from their tools to the shared ones.
pub(crate) fn share(plan: &mut Plan) {
    let Plan { tools, arguments: shared, .. } = plan;
    let taken: Vec<&str> = shared.iter().map(|kind| kind.id.name.as_str()).collect();
    let mut classes = Classes::default();
    let found: Vec<HashMap<String, Class>> = tools.iter().map(|tool| classes.of_tool(tool)).collect();
    let names = classes.named(Scope::of_types(&taken));
    let mut moved: BTreeMap<&str, Type> = BTreeMap::new();
    for (tool, classes) in tools.iter_mut().zip(&found) {
        let new_name = |id: &TypeId| {
            let class = classes.get(&id.name).filter(|_| id.module == Module::Tool)?;
            names.get(class).map(String::as_str)
        };
        rename_in(&mut tool.arguments, &new_name);
        for mut kind in std::mem::take(&mut tool.types) {
            if let TypeBody::Struct(object) = &mut kind.body
                && !kind.is_answer
            {
                rename_in(object, &new_name);
            }
            match new_name(&kind.id).filter(|_| !kind.is_answer) {
                None => tool.types.push(kind),
                Some(name) => match moved.get_mut(name) {
                    Some(first) => keep_common_words(first, &kind),
                    None => {
                        kind.id = TypeId { module: Module::Arguments, name: name.to_owned() };
                        moved.insert(name, kind);
                    }
                },
            }
        }
    }
    shared.extend(moved.into_values());
}

/// Types by what they are, without their names and words.
#[derive(Default)]
struct Classes {
    known: HashMap<String, Class>,
    /// How often each name is used for a type of the class.
    names: Vec<BTreeMap<String, usize>>,
}

impl Classes {
    /// The class of each request type of a tool, by name. A type that contains itself has none.
    fn of_tool(&mut self, tool: &Tool) -> HashMap<String, Class> {
        let own: HashMap<&str, &Type> = tool
            .types
            .iter()
            .filter(|kind| !kind.is_answer)
            .map(|kind| (kind.id.name.as_str(), kind))
            .collect();
        let mut found = HashMap::new();
        // In their order, so that the same document gives the same numbers.
        for kind in tool.types.iter().filter(|kind| !kind.is_answer) {
            self.class(kind, &own, &mut found);
        }
        found.into_iter().filter_map(|(name, class)| Some((name, class?))).collect()
    }

    fn class(
        &mut self,
        kind: &Type,
        own: &HashMap<&str, &Type>,
        found: &mut HashMap<String, Option<Class>>,
    ) -> Option<Class> {
        let name = &kind.id.name;
        if let Some(class) = found.get(name) {
            return *class;
        }
        // Met again before its class is known, it contains itself.
        found.insert(name.clone(), None);
        let mut body = kind.body.clone();
        if let TypeBody::Struct(object) = &mut body {
            object.fields.iter_mut().for_each(without_words);
            for shape in shapes(object) {
                let mut is_known = true;
                each_own(shape, &mut |id| match own
                    .get(id.name.as_str())
                    .map(|kind| self.class(kind, own, found))
                {
                    Some(Some(class)) => id.name = format!("#{class}"),
                    _ => is_known = false,
                });
                if !is_known {
                    return None;
                }
            }
        }
        let next = self.known.len();
        let class = *self.known.entry(format!("{body:?}")).or_insert(next);
        if class == next {
            self.names.push(BTreeMap::new());
        }
        *self.names[class].entry(name.clone()).or_default() += 1;
        found.insert(name.clone(), Some(class));
        Some(class)
    }

    /// A name for each class with more than one type: the most frequent, or the first of those.
    fn named(&self, mut scope: Scope) -> HashMap<Class, String> {
        let mut chosen: Vec<(&String, Class)> = Vec::new();
        for (class, names) in self.names.iter().enumerate() {
            let most = names.iter().max_by(|one, other| one.1.cmp(other.1).then(other.0.cmp(one.0)));
            if let Some((name, _)) = most.filter(|_| names.values().sum::<usize>() > 1) {
                chosen.push((name, class));
            }
        }
        chosen.sort();
        chosen.into_iter().map(|(name, class)| (class, scope.type_name(name.clone()))).collect()
    }
}

/// What decides nothing about the code of a member.
fn without_words(field: &mut Field) {
    field.title.clear();
    field.description.clear();
    field.default = None;
    field.deprecated = false;
    field.secret = false;
}

/// Words that differ say nothing of all of them.
fn keep_common_words(first: &mut Type, other: &Type) {
    if let (TypeBody::Struct(first), TypeBody::Struct(other)) = (&mut first.body, &other.body) {
        for (ours, theirs) in first.fields.iter_mut().zip(&other.fields) {
            if ours.description != theirs.description {
                ours.description.clear();
            }
        }
    }
}

fn shapes(object: &mut Struct) -> impl Iterator<Item = &mut Shape> {
    let rest = match &mut object.rest {
        Rest::Of(shape) => Some(&mut **shape),
        Rest::Refuse | Rest::Keep => None,
    };
    object.fields.iter_mut().map(|field| &mut field.shape).chain(rest)
}

/// Calls `met` with each type of the tool's own that a shape names.
fn each_own(shape: &mut Shape, met: &mut dyn FnMut(&mut TypeId)) {
    match shape {
        Shape::Named(id) if id.module == Module::Tool => met(id),
        Shape::List { items: inner, .. }
        | Shape::OneOrMany(inner)
        | Shape::Map { values: inner, .. }
        | Shape::Nullable(inner)
        | Shape::Boxed(inner) => each_own(inner, met),
        _ => {}
    }
}

fn rename_in<'n>(object: &mut Struct, new_name: &dyn Fn(&TypeId) -> Option<&'n str>) {
    for shape in shapes(object) {
        each_own(shape, &mut |id| {
            if let Some(name) = new_name(id) {
                *id = TypeId { module: Module::Arguments, name: name.to_owned() };
            }
        });
    }
}
