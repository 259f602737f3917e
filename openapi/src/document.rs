//! A document as read: its value, with the place of every node.

use serde_json::Value;

/// One document.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// Its path relative to the folder of the first document, with `/`.
    pub(crate) path: String,
    /// Its value.
    pub(crate) value: Value,
    /// The place of every node of the value.
    pub(crate) spot: Spot,
}

/// Where a node begins: for a member the position of its name, else that of the value.
#[derive(Clone, Debug)]
pub(crate) struct Spot {
    /// Index of the file in [`crate::store::Store::files`]; nodes that the overlay added stand in the overlay.
    pub(crate) file: usize,
    /// Line, from 1.
    pub(crate) line: u32,
    /// Column in characters, from 1.
    pub(crate) column: u32,
    /// The places of what is inside.
    pub(crate) inside: Inside,
}

/// The places inside a node, of the same shape as its value.
#[derive(Clone, Debug)]
pub(crate) enum Inside {
    /// Nothing is inside.
    Leaf,
    /// The items of a list.
    Items(Vec<Spot>),
    /// The members of an object.
    Members(Members),
}

/// The places of an object's members, in the order of their names: they are looked up often and seldom changed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Members(Vec<(String, Spot)>);

impl Spot {
    /// The place of what one step leads to, if there is such a node.
    pub(crate) fn step(&self, step: &str) -> Option<&Spot> {
        match &self.inside {
            Inside::Members(members) => members.get(step),
            Inside::Items(items) => items.get(step.parse::<usize>().ok()?),
            Inside::Leaf => None,
        }
    }

    /// The place of a member; that of the whole when it has none of its own.
    pub(crate) fn member(&self, key: &str) -> &Spot {
        match &self.inside {
            Inside::Members(members) => members.get(key).unwrap_or(self),
            _ => self,
        }
    }

    /// The place of an item; that of the whole when it has none of its own.
    pub(crate) fn item(&self, index: usize) -> &Spot {
        match &self.inside {
            Inside::Items(items) => items.get(index).unwrap_or(self),
            _ => self,
        }
    }
}

impl FromIterator<(String, Spot)> for Members {
    /// Each name comes once.
    fn from_iter<I: IntoIterator<Item = (String, Spot)>>(places: I) -> Members {
        let mut places: Vec<(String, Spot)> = places.into_iter().collect();
        places.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        Members(places)
    }
}

impl Members {
    fn find(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.as_str().cmp(name))
    }

    /// The place of the member of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Spot> {
        self.find(name).ok().map(|index| &self.0[index].1)
    }

    /// Likewise, to be changed.
    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut Spot> {
        self.find(name).ok().map(|index| &mut self.0[index].1)
    }

    /// Adds a member, or gives the one of this name another place.
    pub(crate) fn insert(&mut self, name: &str, spot: Spot) {
        match self.find(name) {
            Ok(index) => self.0[index].1 = spot,
            Err(index) => self.0.insert(index, (name.to_owned(), spot)),
        }
    }

    /// Takes a member away.
    pub(crate) fn remove(&mut self, name: &str) {
        if let Ok(index) = self.find(name) {
            self.0.remove(index);
        }
    }
}
