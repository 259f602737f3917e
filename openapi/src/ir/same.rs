//! Whether two schemas say the same of a value, wherever they stand.

use super::{Additional, Kind, ListRules, ObjectRules, Schema};

impl Schema {
    /// Whether both say the same of a value, in the same order: what they accept, their words and their defaults.
    /// Their places and what the overlay adds are no part of it.
    pub fn says_as(&self, other: &Schema) -> bool {
        let words = |schema: &Schema| {
            let flags = [schema.nullable, schema.deprecated, schema.read_only, schema.write_only];
            (schema.title.clone(), schema.description.clone(), schema.default.clone(), flags)
        };
        words(self) == words(other) && self.kind.accepts_as(&other.kind, [&self.json, &other.json])
    }
}

impl Kind {
    /// `forms` are those of both schemas, for what only they say.
    fn accepts_as(&self, other: &Kind, forms: [&Option<serde_json::Value>; 2]) -> bool {
        match (self, other) {
            (Kind::Any, Kind::Any) | (Kind::Null, Kind::Null) | (Kind::Boolean, Kind::Boolean) => true,
            (Kind::Integer(one), Kind::Integer(two)) | (Kind::Number(one), Kind::Number(two)) => one == two,
            (Kind::Text(one), Kind::Text(two)) => one == two,
            (Kind::Enumeration(one), Kind::Enumeration(two)) => one == two,
            (Kind::List(one), Kind::List(two)) => one.accepts_as(two),
            (Kind::Object(one), Kind::Object(two)) => one.accepts_as(two),
            (Kind::Reference(one), Kind::Reference(two)) => one == two,
            (
                Kind::Union { exactly_one: one, choices },
                Kind::Union { exactly_one: two, choices: others },
            ) => one == two && all(choices, others, Schema::says_as),
            (Kind::Checked, Kind::Checked) => forms[0] == forms[1],
            _ => false,
        }
    }
}

impl ListRules {
    fn accepts_as(&self, other: &ListRules) -> bool {
        let rules = |list: &ListRules| (list.min_items, list.max_items, list.unique);
        rules(self) == rules(other) && self.items.says_as(&other.items)
    }
}

impl ObjectRules {
    fn accepts_as(&self, other: &ObjectRules) -> bool {
        let rules = |object: &ObjectRules| (object.min_properties, object.max_properties);
        let additional = match (&self.additional, &other.additional) {
            (Additional::Schema(one), Additional::Schema(two)) => one.says_as(two),
            (Additional::Unsaid, Additional::Unsaid)
            | (Additional::Any, Additional::Any)
            | (Additional::Closed, Additional::Closed) => true,
            _ => false,
        };
        let properties = all(&self.properties, &other.properties, |one, two| {
            one.name == two.name && one.required == two.required && one.schema.says_as(&two.schema)
        });
        rules(self) == rules(other) && additional && properties
    }
}

fn all<T>(one: &[T], other: &[T], same: impl Fn(&T, &T) -> bool) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
}
