//! Building: generating components together with what they have an impact on.

use serde_json::{Map, Value};

use super::{Operation, selection, work};
use crate::answer::{Content, Refusal, list, text};
use crate::inquiry::Inquiry;
use crate::state::{Container, Order, Shop, Work};
use crate::wire::{self, Numbers};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::post("buildAssignment", "/ispw/{srid}/assignments/{assignmentId}/tasks/build", in_container),
    Operation::post("buildRelease", "/ispw/{srid}/releases/{releaseId}/tasks/build", in_release),
    Operation::post("buildTasks", "/ispw/{srid}/build", by_query),
    Operation::post("buildTasksAndWait", "/ispw/{srid}/build-await", and_wait),
];

/// The fixed text that clients take as success.
const NO_IMPACTS: &str = "Impacted tasks not found. No impacts have been detected by build processing.";

fn in_container(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let container = inquiry.container();
    inquiry.required_query("level")?;
    let tasks = selection::by_filter(shop, &container, inquiry, "build")?;
    let assignment = container.id().to_owned();
    start(shop, inquiry, container, &assignment, tasks).map(|built| Value::Object(built).into())
}

fn in_release(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let container = inquiry.container();
    inquiry.required_query("level")?;
    let assignment = inquiry.required_query("assignmentId")?.to_owned();
    shop.assignment(&assignment)?;
    let tasks = selection::by_filter(shop, &container, inquiry, "build")?;
    start(shop, inquiry, container, &assignment, tasks).map(|built| Value::Object(built).into())
}

fn by_query(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let (assignment, tasks) = if inquiry.query("taskId").is_some() {
        by_task(shop, inquiry)?
    } else {
        by_component(shop, inquiry)?
    };
    let container = Container::Assignment(assignment.clone());
    start(shop, inquiry, container, &assignment, tasks).map(|built| Value::Object(built).into())
}

fn and_wait(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let (assignment, tasks) = if inquiry.query("taskId").is_some() {
        by_task(shop, inquiry)?
    } else {
        let assignment = inquiry.required_query("assignmentId")?.to_owned();
        inquiry.required_query("level")?;
        let container = Container::Assignment(assignment.clone());
        let tasks = selection::by_filter(shop, &container, inquiry, "build")?;
        (assignment, tasks)
    };
    let mut built = start(shop, inquiry, Container::Assignment(assignment.clone()), &assignment, tasks)?;
    let id = built["setId"].as_str().unwrap_or_default().to_owned();
    if let Value::Object(outcome) = work::awaited(shop, &id) {
        built.extend(outcome);
    }
    Ok(Value::Object(built).into())
}

/// The named tasks; all must be in the assignment of the first.
fn by_task(shop: &Shop, inquiry: &Inquiry) -> Result<(String, Vec<String>), Refusal> {
    let mut assignment = String::new();
    let mut tasks = Vec::new();
    for id in inquiry.query_all("taskId") {
        let task = shop.tasks.get(id).ok_or_else(|| Refusal::unknown("Task ID", id))?;
        if !assignment.is_empty() && task.assignment != assignment {
            let message = format!("Task ID {id}   is not in assignment {assignment}.");
            return Err(Refusal::impossible(message));
        }
        assignment.clone_from(&task.assignment);
        if !tasks.contains(&task.id) {
            tasks.push(task.id.clone());
        }
    }
    Ok((assignment, tasks))
}

/// The component that the query names, in the assignment given or in the one that holds it at the level.
fn by_component(shop: &Shop, inquiry: &Inquiry) -> Result<(String, Vec<String>), Refusal> {
    let application = inquiry.required_query("application")?;
    for name in ["level", "mname", "mtype"] {
        inquiry.required_query(name)?;
    }
    if let Some(assignment) = inquiry.query("assignmentId") {
        shop.assignment(assignment)?;
    }
    let filter = selection::Filter::new(inquiry)?;
    let found = shop.tasks.values().find(|task| {
        task.application == application
            && filter.takes(task)
            && inquiry.query("assignmentId").is_none_or(|assignment| task.assignment == assignment)
    });
    match found {
        Some(task) => Ok((task.assignment.clone(), vec![task.id.clone()])),
        None => Err(Refusal::nothing_done("Build   must contain tasks   at that level.")),
    }
}

/// Opens the set for what can be built of the chosen tasks and what they have an impact on.
fn start(
    shop: &mut Shop,
    inquiry: &Inquiry,
    container: Container,
    assignment: &str,
    mut tasks: Vec<String>,
) -> Result<Map<String, Value>, Refusal> {
    tasks.retain(|id| shop.tasks.get(id).is_some_and(|task| task.is_buildable()));
    let copies_at = tasks.iter().filter_map(|id| shop.tasks.get(id)).find(|task| task.kind == "COPY");
    if let Some(level) = copies_at.map(|task| task.level.clone()) {
        let programs = shop.tasks_in(&container).filter(|task| task.kind == "COB" && task.level == level);
        let impacted: Vec<String> = programs.map(|task| task.id.clone()).collect();
        tasks.extend(impacted.into_iter().filter(|id| !tasks.contains(id)).collect::<Vec<_>>());
    }
    if tasks.iter().filter_map(|id| shop.tasks.get(id)).all(|task| task.kind == "COPY") {
        return Err(Refusal::nothing_done(NO_IMPACTS));
    }
    let level = shop.tasks.get(&tasks[0]).map(|task| task.level.clone()).unwrap_or_default();
    let message = format!("Build of {} task(s)   in {} was submitted.", tasks.len(), container.id());
    let options = inquiry.options()?;
    let order = Order { container, work: Work::Build, level, tasks: tasks.clone(), new_task: None, options };
    let id = shop.open_set(order)?;
    let mut object = wire::set_reference(shop, &id, &message);
    object.insert("assignmentId".to_owned(), text(assignment));
    let shown = tasks.iter().filter_map(|id| shop.tasks.get(id));
    let shown = shown.map(|task| Value::Object(wire::task(shop, task, Numbers::Text)));
    object.insert("tasks".to_owned(), list(shown.collect()));
    Ok(object)
}
