//! One change to one node: merging, appending, replacing, removing, in the value and in its places alike.

use serde_json::Value;

use crate::document::{Document, Inside, Members, Spot};
use crate::limits;
use crate::pointer;
use crate::problems::Problems;
use crate::report::Place;
use crate::store::At;

/// What is added, with its places.
pub(super) struct Change<'a> {
    value: std::borrow::Cow<'a, Value>,
    spot: Spot,
    nodes: usize,
    height: usize,
    place: Place,
}

impl<'a> Change<'a> {
    /// The value of `update`, standing in the overlay.
    pub(super) fn of(update: &At<'a>) -> Self {
        let (nodes, height) = size(update.value);
        let spot = update.spot().clone();
        Change { value: std::borrow::Cow::Borrowed(update.value), spot, nodes, height, place: update.place() }
    }

    /// A copy of another node of the document, with the places that it has there.
    pub(super) fn copied(action: &At<'a>, document: &Document, from: &[String]) -> Option<Self> {
        let value = walk_value(&document.value, from)?.clone();
        let spot = walk_spot(&document.spot, from)?.clone();
        let (nodes, height) = size(&value);
        Some(Change { value: std::borrow::Cow::Owned(value), spot, nodes, height, place: action.place() })
    }

    /// Changes the node at `location`. `added` counts the nodes that came in so far.
    pub(super) fn apply(
        &self,
        document: &mut Document,
        location: &[String],
        minor: u8,
        added: &mut usize,
        problems: &mut Problems,
    ) {
        *added += self.nodes;
        let Some(value) = walk_value_mut(&mut document.value, location) else { return };
        let Some(spot) = walk_spot_mut(&mut document.spot, location) else { return };
        // What is merged into its like takes the place of it; anything else goes one level below.
        let is_alike =
            value.is_object() && self.value.is_object() || value.is_array() && self.value.is_array();
        if location.len() + usize::from(!is_alike) + self.height > limits::DEPTH {
            let message = format!("this makes the document more than {} levels deep", limits::DEPTH);
            return problems.error("limit-depth", self.place.clone(), message);
        }
        let is_composite = |value: &Value| value.is_object() || value.is_array();
        match &*value {
            Value::Object(_) if !self.value.is_object() => {
                self.refuse(location, "an object takes an object", problems)
            }
            Value::Array(_) | Value::Object(_) => {
                let mut merging = Merging { place: &self.place, problems };
                merging.merge(value, spot, &self.value, &self.spot, location.join("/").as_str());
            }
            _ if minor == 0 => {
                self.refuse(location, "select the object around it (overlay 1.1 allows this)", problems);
            }
            _ if is_composite(&self.value) => {
                self.refuse(location, "it takes text, a number or a flag", problems)
            }
            _ => {
                *value = self.value.clone().into_owned();
                *spot = self.spot.clone();
            }
        }
    }

    fn refuse(&self, location: &[String], accepted: &str, problems: &mut Problems) {
        let pointer = location.iter().fold(String::new(), |base, step| pointer::member(&base, step));
        let message = format!("cannot update the node at {pointer}: {accepted}");
        problems.error("overlay-update", self.place.clone(), message);
    }
}

struct Merging<'p> {
    place: &'p Place,
    problems: &'p mut Problems,
}

impl Merging<'_> {
    /// Objects are merged member by member, lists are joined, everything else is replaced.
    fn merge(
        &mut self,
        into: &mut Value,
        into_spot: &mut Spot,
        from: &Value,
        from_spot: &Spot,
        pointer: &str,
    ) {
        match (into, from) {
            (Value::Object(into), Value::Object(from)) => {
                for (key, value) in from {
                    let spot = from_spot.step(key).unwrap_or(from_spot);
                    let places = members_of(into_spot);
                    match (into.get_mut(key), places.get_mut(key)) {
                        (Some(old), Some(old_spot)) => {
                            self.merge(old, old_spot, value, spot, &pointer::member(pointer, key));
                        }
                        _ => {
                            into.insert(key.clone(), value.clone());
                            places.insert(key, spot.clone());
                        }
                    }
                }
            }
            (Value::Array(into), from) => {
                let places = items_of(into_spot);
                match (from, &from_spot.inside) {
                    (Value::Array(from), Inside::Items(spots)) => {
                        into.extend(from.iter().cloned());
                        places.extend(spots.iter().cloned());
                    }
                    (from, _) => {
                        into.push(from.clone());
                        places.push(from_spot.clone());
                    }
                }
            }
            (Value::Object(_), _) | (_, Value::Object(_) | Value::Array(_)) => {
                let message = format!(
                    "cannot merge into /{pointer}: one of the two is an object or a list, the other not"
                );
                self.problems.error("overlay-update", self.place.clone(), message);
            }
            (into, from) => {
                *into = from.clone();
                *into_spot = from_spot.clone();
            }
        }
    }
}

/// Removes the member or item `last` of the node at `parent`.
pub(super) fn remove(document: &mut Document, parent: &[String], last: &str) {
    let Some(value) = walk_value_mut(&mut document.value, parent) else { return };
    let Some(spot) = walk_spot_mut(&mut document.spot, parent) else { return };
    match value {
        Value::Object(members) => {
            members.shift_remove(last);
            members_of(spot).remove(last);
        }
        Value::Array(items) => {
            let Some(index) = last.parse().ok().filter(|index| *index < items.len()) else { return };
            items.remove(index);
            let places = items_of(spot);
            if index < places.len() {
                places.remove(index);
            }
        }
        _ => {}
    }
}

fn members_of(spot: &mut Spot) -> &mut Members {
    if !matches!(spot.inside, Inside::Members(_)) {
        spot.inside = Inside::Members(Members::default());
    }
    match &mut spot.inside {
        Inside::Members(members) => members,
        _ => unreachable!("set above"),
    }
}

fn items_of(spot: &mut Spot) -> &mut Vec<Spot> {
    if !matches!(spot.inside, Inside::Items(_)) {
        spot.inside = Inside::Items(Vec::new());
    }
    match &mut spot.inside {
        Inside::Items(items) => items,
        _ => unreachable!("set above"),
    }
}

/// Nodes and levels of a value. Its depth is bounded by the loader.
fn size(value: &Value) -> (usize, usize) {
    let inside: Vec<(usize, usize)> = match value {
        Value::Object(members) => members.values().map(size).collect(),
        Value::Array(items) => items.iter().map(size).collect(),
        _ => return (1, 0),
    };
    let nodes = inside.iter().map(|(nodes, _)| nodes).sum::<usize>() + 1;
    let height = inside.iter().map(|(_, height)| *height).max().unwrap_or(0) + 1;
    (nodes, height)
}

fn walk_value<'v>(value: &'v Value, steps: &[String]) -> Option<&'v Value> {
    steps.iter().try_fold(value, |value, step| match value {
        Value::Object(members) => members.get(step),
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        _ => None,
    })
}

fn walk_value_mut<'v>(value: &'v mut Value, steps: &[String]) -> Option<&'v mut Value> {
    steps.iter().try_fold(value, |value, step| match value {
        Value::Object(members) => members.get_mut(step),
        Value::Array(items) => items.get_mut(step.parse::<usize>().ok()?),
        _ => None,
    })
}

fn walk_spot<'s>(spot: &'s Spot, steps: &[String]) -> Option<&'s Spot> {
    steps.iter().try_fold(spot, |spot, step| spot.step(step))
}

fn walk_spot_mut<'s>(spot: &'s mut Spot, steps: &[String]) -> Option<&'s mut Spot> {
    steps.iter().try_fold(spot, |spot, step| match &mut spot.inside {
        Inside::Members(members) => members.get_mut(step),
        Inside::Items(items) => items.get_mut(step.parse::<usize>().ok()?),
        Inside::Leaf => None,
    })
}
