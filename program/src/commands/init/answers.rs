//! Answers, in the order in which they were given.

/// The key of the file of the keys.
pub(super) const KEYS: &str = "auth.api_keys_file";

/// Answers by the keys of their questions, in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers(pub(super) Vec<(&'static str, String)>);

impl Answers {
    pub(super) fn of(given: impl Iterator<Item = (&'static str, String)>) -> Self {
        Self(given.filter(|(_, answer)| !answer.is_empty()).collect())
    }

    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == key).map(|(_, answer)| answer.as_str())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(key, answer)| (*key, answer.as_str()))
    }

    /// The file of the keys, where callers show some.
    pub(super) fn keys_file(&self) -> Option<&str> {
        self.get(KEYS)
    }
}
