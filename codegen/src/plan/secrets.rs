//! Where arguments hold secrets: JSON pointers with `*` for any item or name. Where the way to a secret has no end
//! (recursion) or no types (a checked value), everything below is taken for secret.

use serde_json::Value;

use super::layout;
use super::model::{Rest, Shape, Struct, Type, TypeBody, TypeId};
use super::schema::SECRET;

/// The pointers of all secrets among the arguments.
pub(crate) fn pointers<'t>(
    arguments: &'t Struct,
    find: &'t dyn Fn(&TypeId) -> Option<&'t Type>,
    definition: &'t dyn Fn(&str) -> Option<Value>,
) -> Vec<String> {
    let mut search = Search { find, definition, open: Vec::new(), found: Vec::new() };
    search.object(arguments, "");
    search.found
}

struct Search<'t> {
    find: &'t dyn Fn(&TypeId) -> Option<&'t Type>,
    definition: &'t dyn Fn(&str) -> Option<Value>,
    open: Vec<&'t TypeId>,
    found: Vec<String>,
}

impl<'t> Search<'t> {
    fn object(&mut self, object: &'t Struct, pointer: &str) {
        for field in &object.fields {
            let pointer = format!("{pointer}/{}", layout::escape(&field.wire));
            if field.secret {
                self.found.push(pointer);
            } else {
                self.shape(&field.shape, &pointer);
            }
        }
        if let Rest::Of(shape) = &object.rest {
            self.shape(shape, &format!("{pointer}/*"));
        }
    }

    fn shape(&mut self, shape: &'t Shape, pointer: &str) {
        match shape {
            Shape::List { items: inner, .. } | Shape::OneOrMany(inner) | Shape::Map { values: inner, .. } => {
                self.shape(inner, &format!("{pointer}/*"));
            }
            Shape::Nullable(inner) | Shape::Boxed(inner) => self.shape(inner, pointer),
            Shape::Named(id) => self.named(id, pointer),
            Shape::Checked(schema) => self.judged(schema, pointer),
            _ => {}
        }
    }

    fn named(&mut self, id: &'t TypeId, pointer: &str) {
        let Some(TypeBody::Struct(object)) = (self.find)(id).map(|kind| &kind.body) else { return };
        if self.open.contains(&id) {
            self.judged(&super::schema::reference(id), pointer);
            return;
        }
        self.open.push(id);
        self.object(object, pointer);
        self.open.pop();
    }

    /// All of a value is secret when any part of it is.
    fn judged(&mut self, schema: &Value, pointer: &str) {
        if layout::lay_out(schema, self.definition).marks.contains(&SECRET) {
            self.found.push(pointer.to_owned());
        }
    }
}
