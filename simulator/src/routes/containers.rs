//! The two searches: containers of every kind, and the work list.

use serde_json::{Value, json};

use super::Operation;
use crate::answer::{Content, Refusal, list, texts};
use crate::inquiry::{Inquiry, matches};
use crate::state::{Assignment, Release, Set, Shop, State, Task, level, operation_word};
use crate::wire;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get("listContainers", "/ispw/{srid}/containers/list", containers),
    Operation::get("getWorkList", "/ispw/{srid}/worklist", work_list),
];

/// What the search sees of a container, whatever its kind.
struct Found<'a> {
    kind: &'static str,
    id: &'a str,
    application: &'a str,
    sub_application: &'a str,
    stream: &'a str,
    description: String,
    owner: &'a str,
    path: &'a str,
    reference: &'a str,
    release: &'a str,
    tag: &'a str,
    closed: bool,
}

fn containers(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let kind = inquiry.query("containerType");
    if let Some(kind) = kind.filter(|kind| !["A", "R", "S"].contains(kind)) {
        return Err(Refusal::unknown("Container type", kind));
    }
    let with_closed = inquiry.query_flag("includeClosedContainers")?.unwrap_or(false);
    let assignments = shop.assignments.values().map(found_assignment);
    let releases = shop.releases.values().map(found_release);
    let sets = shop.sets.values().map(|set| found_set(shop, set));
    let found = assignments.chain(releases).chain(sets).filter(|found| {
        kind.is_none_or(|kind| found.kind == kind)
            && (with_closed || !found.closed)
            && matches(inquiry.query("containerId"), found.id)
            && matches(inquiry.query("application"), found.application)
            && matches(inquiry.query("subAppl"), found.sub_application)
            && matches(inquiry.query("stream"), found.stream)
            && matches(inquiry.query("description"), &found.description)
            && matches(inquiry.query("owner"), found.owner)
            && matches(inquiry.query("userId"), found.owner)
            && matches(inquiry.query("refNumber"), found.reference)
            && matches(inquiry.query("releaseId"), found.release)
            && matches(inquiry.query("path"), found.path)
            && matches(inquiry.query("tag"), found.tag)
    });
    let found = found.map(|found| shown(&found, with_closed));
    Ok(json!({ "containers": list(found.collect()) }).into())
}

fn found_assignment(assignment: &Assignment) -> Found<'_> {
    Found {
        kind: "A",
        id: &assignment.id,
        application: &assignment.application,
        sub_application: &assignment.sub_application,
        stream: &assignment.stream,
        description: assignment.description.clone(),
        owner: &assignment.owner,
        path: &assignment.default_path,
        reference: &assignment.reference,
        release: &assignment.release,
        tag: &assignment.tag,
        closed: assignment.closed,
    }
}

fn found_release(release: &Release) -> Found<'_> {
    Found {
        kind: "R",
        id: &release.id,
        application: &release.application,
        sub_application: &release.sub_application,
        stream: &release.stream,
        description: release.description.clone(),
        owner: &release.owner,
        path: "",
        reference: &release.reference,
        release: &release.id,
        tag: &release.tag,
        closed: release.closed,
    }
}

fn found_set<'a>(shop: &'a Shop, set: &'a Set) -> Found<'a> {
    let task = set.tasks.first().and_then(|id| shop.tasks.get(id));
    Found {
        kind: "S",
        id: &set.id,
        application: task.map_or("", |task| &task.application),
        sub_application: task.map_or("", |task| &task.sub_application),
        stream: task.map_or("", |task| &task.stream),
        description: format!("{} of {}", set.work.verb(), set.container.id()),
        owner: &set.owner,
        path: &set.level,
        reference: "",
        release: task.map_or("", |task| &task.release),
        tag: "",
        closed: set.state == State::Closed,
    }
}

fn shown(found: &Found<'_>, with_closed: bool) -> Value {
    Value::Object(texts([
        ("containerId", found.id),
        ("containerType", found.kind),
        ("application", found.application),
        ("subAppl", found.sub_application),
        ("stream", found.stream),
        ("description", &found.description),
        ("owner", found.owner),
        ("userId", found.owner),
        ("path", found.path),
        ("refNumber", found.reference),
        ("releaseId", found.release),
        ("tag", found.tag),
        ("includeClosedContainers", if with_closed { "true" } else { "false" }),
        ("message", ""),
    ]))
}

fn work_list(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let (start, end) = (inquiry.query_date("startDate")?, inquiry.query_date("endDate")?);
    let production = inquiry.query_flag("production")?.unwrap_or(false);
    let historical = inquiry.query_flag("historical")?.unwrap_or(false);
    // Asking for neither of the others is asking for what is in progress.
    let in_progress = inquiry.query_flag("inProgress")?.unwrap_or(!production && !historical);
    let found = shop.tasks.values().filter(|task| {
        let assignment = shop.assignments.get(&task.assignment);
        let closed = assignment.is_some_and(|assignment| assignment.closed);
        let reference = assignment.map_or("", |assignment| &assignment.reference);
        let wanted = match (closed, task.level == level::PRODUCTION) {
            (true, _) => historical,
            (false, true) => production,
            (false, false) => in_progress,
        };
        let date = task.changed.date();
        wanted
            && fits(task, inquiry)
            && matches(inquiry.query("refNumber"), reference)
            && start.is_none_or(|start| date.as_str() >= start)
            && end.is_none_or(|end| date.as_str() <= end)
    });
    let found = found.map(|task| wire::work_item(shop, task));
    Ok(json!({ "workListItems": list(found.collect()) }).into())
}

fn fits(task: &Task, inquiry: &Inquiry) -> bool {
    matches(inquiry.query("name"), &task.name)
        && matches(inquiry.query("type"), &task.kind)
        && matches(inquiry.query("operation"), operation_word(task.operation))
        && matches(inquiry.query("level"), &task.level)
        && matches(inquiry.query("environment"), task.environment())
        && matches(inquiry.query("application"), &task.application)
        && matches(inquiry.query("subAppl"), &task.sub_application)
        && matches(inquiry.query("stream"), &task.stream)
        && matches(inquiry.query("lastUpdatedBy"), &task.user)
        && matches(inquiry.query("owner"), &task.user)
        && matches(inquiry.query("releaseId"), &task.release)
        && matches(inquiry.query("group"), "")
}
