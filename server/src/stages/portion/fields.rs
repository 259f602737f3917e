//! Leaves of an answer what its caller chose, and what must stay so that it is an answer at all.

use std::collections::HashMap;

use serde_json::Value;

/// What stays of an object, by member.
#[derive(Debug, Default)]
struct Chosen<'p> {
    /// It stays as it is.
    whole: bool,
    /// Something below it stays.
    leads: bool,
    /// It stays where the object that holds it does.
    kept: bool,
    members: HashMap<&'p str, Chosen<'p>>,
}

impl<'p> Chosen<'p> {
    fn of(chosen: &'p [String], kept: &[&'p str]) -> Self {
        let mut root = Self::default();
        for path in chosen {
            let mut at = &mut root;
            for name in path.split('.') {
                at.leads = true;
                at = at.members.entry(name).or_default();
            }
            at.whole = true;
        }
        for path in kept {
            path.split('.').fold(&mut root, |at, name| at.members.entry(name).or_default()).kept = true;
        }
        root
    }

    fn of_value(&self, value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.of_value(item)),
            Value::Object(members) => members.retain(|name, value| match self.members.get(name.as_str()) {
                Some(member) if member.whole => true,
                Some(member) if member.leads => {
                    member.of_value(value);
                    true
                }
                Some(member) => member.kept,
                None => false,
            }),
            _ => {}
        }
    }
}

/// Takes away what is not on a chosen path. What is on one of the kept paths stays wherever the object around it does.
pub(super) fn project(answer: &mut Value, chosen: &[String], kept: &[&str]) {
    Chosen::of(chosen, kept).of_value(answer);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(chosen: &[&str], kept: &[&str], expected: Value) {
        let mut answer = json!({
            "message": "two",
            "tasks": [
                { "id": 1, "level": "DEV", "owner": { "name": "A", "group": "G" } },
                { "id": 2, "level": "QA", "undeclared": true }
            ]
        });
        let chosen: Vec<String> = chosen.iter().map(|path| (*path).to_owned()).collect();
        project(&mut answer, &chosen, kept);
        assert_eq!(answer, expected, "{chosen:?}");
    }

    #[test]
    fn what_is_chosen_stays_and_nothing_else() {
        check(&["message"], &[], json!({ "message": "two" }));
        check(&["tasks.level"], &[], json!({ "tasks": [{ "level": "DEV" }, { "level": "QA" }] }));
        check(&["tasks.owner.name"], &[], json!({ "tasks": [{ "owner": { "name": "A" } }, {}] }));
        check(
            &["tasks.owner", "tasks.owner.name"],
            &[],
            json!({ "tasks": [{ "owner": { "name": "A", "group": "G" } }, {}] }),
        );
        check(&["nothing"], &[], json!({}));
    }

    #[test]
    fn what_must_be_there_stays_where_the_object_around_it_does() {
        let kept = ["tasks.id", "tasks.owner.group"];
        check(&["message"], &kept, json!({ "message": "two" }));
        let ids = json!({ "tasks": [{ "id": 1, "level": "DEV" }, { "id": 2, "level": "QA" }] });
        check(&["tasks.level"], &kept, ids);
        let owner = json!({ "tasks": [{ "id": 1, "owner": { "name": "A", "group": "G" } }, { "id": 2 }] });
        check(&["tasks.owner.name"], &kept, owner);
    }
}
