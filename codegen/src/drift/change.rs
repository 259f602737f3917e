//! A tool before and after, and what is found on it: as a whole, or at one of its places.

use super::{Finding, Rule};
use crate::contract::Tool;

/// A tool before and after.
pub(super) struct Change<'c> {
    /// Its new name.
    pub(super) name: &'c str,
    pub(super) old: &'c Tool,
    pub(super) new: &'c Tool,
}

impl Change<'_> {
    /// A finding on the tool as a whole.
    pub(super) fn finding(&self, rule: &'static Rule, message: String) -> Finding {
        whole(rule, self.name, Some(self.old), Some(self.new), message)
    }

    /// A finding on a part of it.
    pub(super) fn finding_at(&self, rule: &'static Rule, path: &str, message: String) -> Finding {
        Finding {
            path: Some(path.to_owned()),
            old: self.old.places.nearest(path).cloned(),
            new: self.new.places.nearest(path).cloned(),
            ..self.finding(rule, message)
        }
    }
}

/// A finding on the tool of this name as a whole; one that is new or gone has one side only.
pub(super) fn whole(
    rule: &'static Rule,
    name: &str,
    old: Option<&Tool>,
    new: Option<&Tool>,
    message: String,
) -> Finding {
    Finding {
        rule,
        tool: Some(name.to_owned()),
        path: None,
        message,
        example: None,
        old: old.and_then(Tool::place).cloned(),
        new: new.and_then(Tool::place).cloned(),
    }
}
