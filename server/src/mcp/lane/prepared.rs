//! Results that many callers get, as JSON text: written for the first of them and sent to the others as they are.

use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;

/// How many texts there are room for, about, and how many bytes they may take together.
const TEXTS: usize = 32;
const BYTES: u64 = 32 << 20;

/// What a page of the list of tools depends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::mcp) struct Page {
    /// Of each tool, whether it is listed.
    pub(in crate::mcp) listed: Vec<bool>,
    /// The cursor of the page, unless it is the first.
    pub(in crate::mcp) after: Option<String>,
    pub(in crate::mcp) stateless: bool,
    /// Whether the list is for this caller only.
    pub(in crate::mcp) private: bool,
}

/// The texts that are kept.
pub(in crate::mcp) struct Prepared(Cache<Page, Arc<str>, Weights>);

#[derive(Clone)]
struct Weights;

impl Weighter<Page, Arc<str>> for Weights {
    fn weight(&self, page: &Page, text: &Arc<str>) -> u64 {
        (page.listed.len() + page.after.as_ref().map_or(0, String::len) + text.len()) as u64
    }
}

impl Prepared {
    pub(in crate::mcp) fn new() -> Self {
        Self(Cache::with_weighter(TEXTS, BYTES, Weights))
    }

    /// The text of this page; written where it is not kept, unless there is no such page.
    pub(in crate::mcp) fn of(&self, page: Page, write: impl FnOnce() -> Option<String>) -> Option<Arc<str>> {
        if let Some(text) = self.0.get(&page) {
            return Some(text);
        }
        let text: Arc<str> = write()?.into();
        self.0.insert(page, Arc::clone(&text));
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(number: usize) -> Page {
        Page { listed: Vec::new(), after: Some(number.to_string()), stateless: true, private: false }
    }

    #[test]
    fn a_text_is_written_once_for_each_page() {
        let (prepared, mut written) = (Prepared::new(), 0);
        for _ in 0..3 {
            let text = prepared.of(page(1), || {
                written += 1;
                Some("{}".to_owned())
            });
            assert_eq!(text.as_deref(), Some("{}"));
        }
        let private = Page { private: true, ..page(1) };
        assert_eq!((prepared.of(private, || None), written), (None, 1));
    }

    #[test]
    fn texts_take_no_more_memory_than_there_is_room_for() {
        let prepared = Prepared::new();
        let text = "x".repeat(1 << 20);
        for number in 0..100 {
            prepared.of(page(number), || Some(text.clone()));
        }
        assert!((1..=BYTES).contains(&prepared.0.weight()), "{}", prepared.0.weight());
    }
}
