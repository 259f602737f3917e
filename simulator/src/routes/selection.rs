//! Which tasks of a container an operation takes: by level and component, or by id.

use crate::answer::Refusal;
use crate::inquiry::Inquiry;
use crate::state::{Container, Shop, Task};

/// The tasks that `level`, `mname` and `mtype` leave over; none at all is a success that does nothing.
pub(super) fn by_filter(
    shop: &Shop,
    container: &Container,
    inquiry: &Inquiry,
    verb: &str,
) -> Result<Vec<String>, Refusal> {
    shop.expect_container(container)?;
    let filter = Filter::new(inquiry)?;
    let chosen = shop.tasks_in(container).filter(|task| filter.takes(task));
    let chosen: Vec<String> = chosen.map(|task| task.id.clone()).collect();
    if chosen.is_empty() {
        return Err(nothing_at_level(container, filter.level.unwrap_or("any level"), verb));
    }
    Ok(chosen)
}

/// The tasks that `taskId` names; each must be in the container and at the level.
pub(super) fn by_id(
    shop: &Shop,
    container: &Container,
    inquiry: &Inquiry,
    verb: &str,
) -> Result<Vec<String>, Refusal> {
    shop.expect_container(container)?;
    inquiry.required_query("taskId")?;
    let level = inquiry.required_query("level")?;
    let mut chosen = Vec::new();
    for id in inquiry.query_all("taskId") {
        if shop.task_in(container, id)?.level != level {
            return Err(nothing_at_level(container, level, verb));
        }
        if !chosen.iter().any(|known| known == id) {
            chosen.push(id.to_owned());
        }
    }
    Ok(chosen)
}

/// The words of the real API when a level holds nothing to work on.
fn nothing_at_level(container: &Container, level: &str, verb: &str) -> Refusal {
    let (kind, id) = (container.kind(), container.id());
    Refusal::nothing_done(format!("{kind} {id}   must contain tasks   at {level} to {verb}."))
}

/// The filters that operations on tasks share.
pub(super) struct Filter<'a> {
    pub(super) level: Option<&'a str>,
    name: Option<&'a str>,
    kind: Option<&'a str>,
}

impl<'a> Filter<'a> {
    /// Reads the filters; a name without a type is refused.
    pub(super) fn new(inquiry: &'a Inquiry) -> Result<Self, Refusal> {
        let filter = Self {
            level: inquiry.query("level"),
            name: inquiry.query("mname"),
            kind: inquiry.query("mtype"),
        };
        if filter.name.is_some() && filter.kind.is_none() {
            return Err(Refusal::impossible("mtype   is required with mname."));
        }
        Ok(filter)
    }

    /// Whether the filters leave the task over.
    pub(super) fn takes(&self, task: &Task) -> bool {
        self.level.is_none_or(|level| task.level == level)
            && self.name.is_none_or(|name| task.name == name)
            && self.kind.is_none_or(|kind| task.kind == kind)
    }
}
