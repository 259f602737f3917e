//! Three tools in the place of many: one finds the others, one describes one of them, and one calls it. They are there for clients
//! that are shown no others.
//!
//! A call by `call_tool` is a call of the tool that it names: it is unwrapped before anything is decided about it, so that it has the
//! same rules, limits, checks, answers and record. What cannot be unwrapped stays a call of `call_tool`, which refuses it.

mod call;
mod describe;
mod search;

use std::sync::OnceLock;

use super::{Own, joining};
use crate::catalog::{Api, Tool};
use crate::start_error::StartError;

pub(crate) use call::inner;

/// The three tools.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Finders {
    /// Finds tools.
    pub(crate) search: &'static Tool,
    /// Describes one.
    pub(crate) describe: &'static Tool,
    /// Calls one.
    pub(crate) call: &'static Tool,
}

static ALL: [&dyn Own; 3] = [&call::CALL, &describe::DESCRIBE, &search::SEARCH];

impl Finders {
    /// Those beside the tools of this API, or its tool that has the name of one of them: whoever knows the API's document means
    /// that one.
    pub(crate) fn beside(api: &Api) -> Result<Result<Self, &'static str>, StartError> {
        let entries = entries()?;
        if let Some(taken) = entries.iter().find(|entry| api.find(entry.name).is_some()) {
            return Ok(Err(taken.name));
        }
        let &[call, describe, search] = entries else { unreachable!("there are three, in this order") };
        Ok(Ok(Self { search, describe, call }))
    }

    /// All three, by name.
    pub(crate) fn all(self) -> [&'static Tool; 3] {
        [self.call, self.describe, self.search]
    }

    /// The one of this name.
    pub(crate) fn find(self, name: &str) -> Option<&'static Tool> {
        self.all().into_iter().find(|tool| tool.name == name)
    }

    /// The API with them.
    pub(crate) fn with(self, api: &'static Api) -> &'static Api {
        let mut tools = api.tools.to_vec();
        tools.extend(self.all());
        tools.sort_unstable_by_key(|tool| tool.name);
        Box::leak(Box::new(Api { tools: Box::leak(tools.into_boxed_slice()), ..*api }))
    }
}

/// Whether a tool is one of these: they tell of what the caller may use and of nothing else.
pub(crate) fn is_one(tool: &Tool) -> bool {
    entries().is_ok_and(|entries| entries.iter().any(|entry| std::ptr::eq(*entry, tool)))
}

/// Whether the answer of a tool is a whole that no part of is of use.
pub(crate) fn is_whole(tool: &Tool) -> bool {
    tool.name == describe::DESCRIBE.name && is_one(tool)
}

/// Their entries, made once for all servers of the process.
fn entries() -> Result<&'static [&'static Tool], StartError> {
    static ENTRIES: OnceLock<Result<Vec<&'static Tool>, StartError>> = OnceLock::new();
    let made = ENTRIES.get_or_init(|| ALL.iter().copied().map(joining::entry).collect());
    made.as_deref().map_err(Clone::clone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Effect, Work};

    static TAKEN: Tool = Tool { name: "describe_tool", ..Tool::bare(Effect::Read, Work::Rest) };
    static FREE: Tool = Tool { name: "describe", ..TAKEN };

    #[test]
    fn a_tool_of_the_api_keeps_its_name() {
        static WITH_TAKEN: Api = Api::bare(&[&TAKEN]);
        assert_eq!(Finders::beside(&WITH_TAKEN).unwrap().unwrap_err(), "describe_tool");
        static API: Api = Api::bare(&[&FREE]);
        let finders = Finders::beside(&API).unwrap().unwrap();
        let names: Vec<_> = finders.with(&API).tools.iter().map(|tool| tool.name).collect();
        assert_eq!(names, ["call_tool", "describe", "describe_tool", "search_tools"]);
        assert_eq!(
            (finders.call.name, finders.describe.name, finders.search.name),
            ("call_tool", "describe_tool", "search_tools")
        );
        // By being ours, not by its name.
        assert!(is_whole(finders.describe) && !is_whole(&TAKEN) && !is_whole(finders.search));
    }

    #[test]
    fn what_they_are_judged_by_can_be_compiled() {
        for tool in entries().unwrap() {
            let Work::Own(worker) = tool.work else { panic!("{} is no tool of ours", tool.name) };
            assert_eq!(worker.unsound(), None, "{}", tool.name);
        }
    }
}
