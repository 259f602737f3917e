//! Pages of lists: which tools a caller is shown, what the server is, and where each page begins and ends.

use std::sync::Arc;

use rmcp::model::{CacheScope, DiscoverResult, ErrorData, ListToolsResult};
use serde_json::Value;

use super::lane::Page;
use super::listing::Listed;
use super::shared::Shared;
use super::{VERSIONS, cursor, listing};
use crate::call::Caller;
use crate::view::View;

impl Shared {
    /// The tools that the owner of this process may use, as JSON.
    pub(super) fn tools(&self) -> Value {
        let listed = self.listed_each(&Caller::LocalOwner, &View::default());
        let json =
            |tool: &Listed| serde_json::from_str::<Value>(tool.text()).expect("prepared tools are JSON");
        self.those(&listed).into_iter().map(json).collect()
    }

    /// Of each tool, and of those that find the others, whether it is listed with this view and a caller may use it with some
    /// arguments.
    pub(super) fn listed_each(&self, caller: &Caller, view: &View) -> Vec<bool> {
        let (policies, all) = (self.engine.policies(), self.engine.api().tools);
        let mut listed = policies.usable(caller, all);
        listed.iter_mut().zip(all).for_each(|(listed, tool)| *listed &= view.lists(tool));
        if let Ok(finders) = self.engine.finders()
            && view.searches
        {
            listed.extend(policies.usable(caller, &finders.all()));
        }
        listed
    }

    fn those(&self, listed: &[bool]) -> Vec<&Listed> {
        let all = self.tools.iter().chain(&self.finders).zip(listed);
        let mut those: Vec<&Listed> = all.filter_map(|(tool, is_listed)| is_listed.then_some(tool)).collect();
        those.sort_by_key(|tool| tool.name);
        those
    }

    /// A page of the tools that are listed, for whoever may keep it.
    pub(super) fn page(
        &self,
        listed: &[bool],
        after: Option<&str>,
        stateless: bool,
        scope: CacheScope,
    ) -> Result<ListToolsResult, ErrorData> {
        let (shown, mut result) = self.page_around(listed, after, stateless, scope)?;
        result.tools = shown.into_iter().map(Listed::tool).collect();
        Ok(result)
    }

    /// The tools of a page, and the page without them.
    fn page_around(
        &self,
        listed: &[bool],
        after: Option<&str>,
        stateless: bool,
        scope: CacheScope,
    ) -> Result<(Vec<&Listed>, ListToolsResult), ErrorData> {
        let tools = self.those(listed);
        let list = listing::name(self.engine.api(), &tools);
        let (shown, next) = self.paged(&list, &tools, after)?;
        let mut result = ListToolsResult::with_all_items(Vec::new());
        result.next_cursor = next;
        result.meta = stateless.then(|| self.meta.clone());
        Ok((shown.to_vec(), result.with_ttl_ms(self.ttl()).with_cache_scope(scope)))
    }

    /// The same as JSON text, where there is such a page.
    pub(super) fn listed(
        &self,
        caller: &Caller,
        view: &View,
        after: Option<&str>,
        stateless: bool,
    ) -> Option<Arc<str>> {
        let (listed, scope) = (self.listed_each(caller, view), scope(caller));
        let page = Page {
            listed,
            after: after.map(str::to_owned),
            stateless,
            private: scope == CacheScope::Private,
        };
        self.prepared.of(page.clone(), || {
            let (shown, mut result) = self.page_around(&page.listed, after, stateless, scope).ok()?;
            // As the library does for clients whose era does not know it.
            result.result_type = result.result_type.filter(|_| stateless);
            filled(&serde_json::to_string(&result).ok()?, &shown)
        })
    }

    /// What the server is, for a client of the stateless era.
    pub(super) fn discovery(&self) -> DiscoverResult {
        let result = DiscoverResult::from_server_info(VERSIONS.to_vec(), self.info.clone());
        result.with_ttl_ms(self.ttl()).with_cache_scope(CacheScope::Public)
    }

    /// The same as JSON text.
    pub(super) fn discovered(&self) -> Arc<str> {
        let text = || serde_json::to_string(&self.discovery()).expect("what a server is is JSON").into();
        Arc::clone(self.discovered.get_or_init(text))
    }

    /// One page of some items, which are named by what tells each from the others, and the cursor of the next page.
    pub(super) fn page_of<'i, T>(
        &self,
        kind: &str,
        items: &'i [T],
        name: impl Fn(&T) -> &str,
        after: Option<&str>,
    ) -> Result<(&'i [T], Option<String>), ErrorData> {
        let names: Vec<&str> = std::iter::once(kind).chain(items.iter().map(name)).collect();
        self.paged(&listing::digest(&names), items, after)
    }

    fn paged<'i, T>(
        &self,
        list: &str,
        items: &'i [T],
        after: Option<&str>,
    ) -> Result<(&'i [T], Option<String>), ErrorData> {
        let page = self.options.tools_page_size.map_or(usize::MAX, |size| size.get());
        let begin = match after {
            None => 0,
            Some(cursor) => cursor::read(list, cursor, page, items.len()).ok_or_else(|| {
                ErrorData::invalid_params(
                    "Invalid params: the cursor is not one that this list gave out",
                    None,
                )
            })?,
        };
        let end = begin.saturating_add(page).min(items.len());
        Ok((&items[begin..end], (end < items.len()).then(|| cursor::write(list, end))))
    }

    pub(super) fn ttl(&self) -> u64 {
        u64::try_from(self.options.tools_list_ttl.as_millis()).unwrap_or(u64::MAX)
    }
}

/// The text of a page that is empty, with these tools in it. Within other text of it each quotation mark has a backslash before it.
fn filled(empty: &str, tools: &[&Listed]) -> Option<String> {
    let (before, after) = empty.split_once(r#""tools":[]"#)?;
    let texts: Vec<&str> = tools.iter().map(|tool| tool.text()).collect();
    Some(format!(r#"{before}"tools":[{}]{after}"#, texts.join(",")))
}

/// Who may keep a list that this caller got: whoever is asked who it is has one of its own, and where nobody is asked there is one
/// for all.
pub(super) fn scope(caller: &Caller) -> CacheScope {
    if caller.principal().is_some() { CacheScope::Private } else { CacheScope::Public }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_put_where_the_page_has_none_and_not_where_a_word_says_so() {
        let mut result = ListToolsResult::with_all_items(Vec::new());
        result.next_cursor = Some(r#""tools":[]"#.to_owned());
        let empty = serde_json::to_string(&result).expect("a page is JSON");
        let read = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
        let filled = filled(&empty, &[]).expect("a page has a place for tools");
        assert_eq!(read(&filled), read(&empty));
        assert_eq!(super::filled(r#"{"nextCursor":"\"tools\":[]"}"#, &[]), None);
    }
}
