//! The keywords of one schema that have their form.

use serde_json::Value;

/// Keywords and their values, as they stand in the document. There are few, so they are a list.
#[derive(Debug, Default)]
pub(super) struct Sound<'a>(Vec<(&'a str, &'a Value)>);

impl<'a> Sound<'a> {
    /// The value of a keyword.
    pub(super) fn get(&self, keyword: &str) -> Option<&'a Value> {
        self.0.iter().find(|(known, _)| *known == keyword).map(|(_, value)| *value)
    }

    /// Whether a keyword is there.
    pub(super) fn has(&self, keyword: &str) -> bool {
        self.get(keyword).is_some()
    }

    /// Adds a keyword, or says something else by it.
    pub(super) fn set(&mut self, keyword: &'a str, value: &'a Value) {
        self.0.retain(|(known, _)| *known != keyword);
        self.0.push((keyword, value));
    }

    /// Adds a keyword that is not there yet.
    pub(super) fn add(&mut self, keyword: &'a str, value: &'a Value) {
        self.0.push((keyword, value));
    }
}
