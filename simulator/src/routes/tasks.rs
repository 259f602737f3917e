//! Tasks: list, read, load, add, transfer, remove, and the listing that a generate left.

use serde_json::{Map, Value, json};

use super::Operation;
use super::selection::Filter;
use crate::answer::{Content, Refusal, list, text, texts};
use crate::inquiry::Inquiry;
use crate::state::{Container, Options, Order, Shop, TOKEN_USER, Task, Work, level};
use crate::wire::{self, Numbers};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get("listAssignmentTasks", "/ispw/{srid}/assignments/{assignmentId}/tasks", list_tasks),
    Operation::get("getAssignmentTask", "/ispw/{srid}/assignments/{assignmentId}/tasks/{taskId}", get),
    Operation::create("loadTask", "/ispw/{srid}/assignments/{assignmentId}/tasks", load),
    Operation::post("addTask", "/ispw/{srid}/assignments/{assignmentId}/task/add", add),
    Operation::post("transferTasks", "/ispw/{srid}/assignments/{assignmentId}/tasks/transfer", transfer),
    Operation::get("listReleaseTasks", "/ispw/{srid}/releases/{releaseId}/tasks", list_tasks),
    Operation::get("getReleaseTask", "/ispw/{srid}/releases/{releaseId}/tasks/{taskId}", get),
    Operation::get(
        "getReleaseTaskListing",
        "/ispw/{srid}/releases/{releaseId}/tasks/{taskId}/listing",
        listing,
    ),
    Operation::post("removeTasksFromRelease", "/ispw/{srid}/releases/{releaseId}/tasks/remove", remove),
];

fn list_tasks(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let container = inquiry.container();
    shop.expect_container(&container)?;
    let level = inquiry.query("level");
    let tasks = shop.tasks_in(&container).filter(|task| level.is_none_or(|level| task.level == level));
    let tasks = tasks.map(|task| Value::Object(wire::task(shop, task, Numbers::Text)));
    Ok(json!({ "tasks": list(tasks.collect()) }).into())
}

fn get(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let task = shop.task_in(&inquiry.container(), inquiry.path("taskId"))?;
    Ok(Value::Object(wire::task(shop, task, Numbers::Plain)).into())
}

fn listing(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let task = shop.task_in(&inquiry.container(), inquiry.path("taskId"))?;
    match &task.listing {
        Some(listing) => Ok(json!({ "listing": listing }).into()),
        None => {
            Err(Refusal::nothing_done(format!("Task {}   has no listing:   generate it first.", task.id)))
        }
    }
}

fn load(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let container = inquiry.container();
    shop.expect_idle(&container)?;
    let mut task = new_task(shop, inquiry, &container, "moduleName", "moduleType")?;
    task.level = known_level(&inquiry.required_text("currentLevel")?)?;
    task.starting_level = known_level(&inquiry.required_text("startingLevel")?)?;
    let user = inquiry.text("userId")?;
    if !user.is_empty() {
        task.user = user;
    }
    let release = inquiry.text("release")?;
    if !release.is_empty() {
        shop.release(&release)?;
        task.release = release;
    }
    task.sequence = inquiry.text("generateSequence")?;
    task.sql = inquiry.flag("sql")?;
    task.ims = inquiry.flag("ims")?;
    task.cics = inquiry.flag("cics")?;
    task.program |= inquiry.flag("program")?;
    let id = task.id.clone();
    shop.tasks.insert(id.clone(), task);
    let url = shop.url(&format!("assignments/{}/tasks/{id}", container.id()));
    Ok(Value::Object(texts([("taskId", &id), ("message", "Task   was loaded."), ("url", &url)])).into())
}

fn add(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let container = inquiry.container();
    shop.expect_idle(&container)?;
    let checkout = inquiry.query_flag("checkout")?.unwrap_or(false);
    let work = Work::AddTask { checkout };
    let mut task = new_task(shop, inquiry, &container, "taskName", "type")?;
    task.level = known_level(&inquiry.required_text("path")?)?;
    known_level(&inquiry.required_text("checkoutFromLevel")?)?;
    task.starting_level.clone_from(&task.level);
    let release = inquiry.text("releaseId")?;
    if !release.is_empty() {
        shop.release(&release)?;
        task.release = release;
    }
    let owner = inquiry.text("owner")?;
    if !owner.is_empty() {
        task.user = owner;
    }
    task.mark(work.code(), if checkout { "Checked out" } else { "Added" }, task.changed);
    let name = task.name.clone();
    let level = task.level.clone();
    let order = Order {
        container,
        work,
        level,
        tasks: Vec::new(),
        new_task: Some(task),
        options: Options::default(),
    };
    let id = shop.open_set(order)?;
    let mut object = wire::set_reference(shop, &id, &format!("Add of {name}   was submitted."));
    object.insert("taskName".to_owned(), text(&name));
    Ok(Value::Object(object).into())
}

/// A task made of the members that loading and adding share.
fn new_task(
    shop: &mut Shop,
    inquiry: &Inquiry,
    container: &Container,
    name: &str,
    kind: &str,
) -> Result<Task, Refusal> {
    let stream = inquiry.required_text("stream")?;
    let application = inquiry.required_text("application")?;
    let name = inquiry.required_text(name)?;
    let kind = inquiry.required_text(kind)?;
    shop.expect_application(&stream, &application)?;
    if kind.len() > 4 {
        return Err(Refusal::unknown("Component type", &kind));
    }
    if name.len() > 64 {
        return Err(Refusal::unknown("Component name", &name));
    }
    Ok(Task {
        id: shop.next_task_id(),
        stream,
        application,
        sub_application: inquiry.text("subAppl")?,
        program: kind == "COB",
        name,
        kind,
        user: TOKEN_USER.to_owned(),
        level: String::new(),
        starting_level: String::new(),
        operation: "TL",
        action: inquiry.text("action")?,
        changed: shop.clock.now(),
        status: "Loaded".to_owned(),
        message: String::new(),
        set: String::new(),
        release: String::new(),
        assignment: container.id().to_owned(),
        version: 1,
        sequence: String::new(),
        sql: false,
        ims: false,
        cics: false,
        listing: None,
    })
}

fn known_level(level: &str) -> Result<String, Refusal> {
    if level::exists(level) { Ok(level.to_owned()) } else { Err(Refusal::unknown("Level", level)) }
}

fn transfer(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let source = inquiry.container();
    shop.expect_idle(&source)?;
    let id = inquiry.required_text("containerId")?;
    inquiry.required_text("containerType")?;
    let target = match inquiry.choice("containerType", &["A", "R"])?.as_str() {
        "A" => Container::Assignment(id),
        _ => Container::Release(id),
    };
    shop.expect_idle(&target)?;
    let mut failures = Vec::new();
    let now = shop.clock.now();
    for id in chosen(shop, &source, inquiry, &mut failures)? {
        if let Some(reason) = why_not(shop, &target, &id) {
            failures.push(failure(shop, &id, &reason));
        } else if let Some(task) = shop.tasks.get_mut(&id) {
            match &target {
                Container::Assignment(assignment) => task.assignment.clone_from(assignment),
                Container::Release(release) => task.release.clone_from(release),
            }
            task.mark("T", "Transferred", now);
        }
    }
    Ok(outcome(shop, &target, "Transfer", failures))
}

/// Why a task cannot go to the container, if so.
fn why_not(shop: &Shop, target: &Container, id: &str) -> Option<String> {
    if let Some(set) = shop.claim_on(id) {
        return Some(format!("Task is in set {}   which is {}.", set.id, set.state.word()));
    }
    let task = shop.tasks.get(id)?;
    let twin = shop
        .tasks_in(target)
        .find(|other| (&other.name, &other.kind, &other.level) == (&task.name, &task.kind, &task.level))?;
    Some(format!("{} {}   is already in {} as task {}.", task.name, task.kind, target.id(), twin.id))
}

fn remove(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let release = inquiry.container();
    shop.expect_idle(&release)?;
    let mut failures = Vec::new();
    for id in chosen(shop, &release, inquiry, &mut failures)? {
        if let Some(set) = shop.claim_on(&id) {
            let reason = format!("Task is in set {}   which is {}.", set.id, set.state.word());
            failures.push(failure(shop, &id, &reason));
        } else if let Some(task) = shop.tasks.get_mut(&id) {
            task.release.clear();
        }
    }
    Ok(outcome(shop, &release, "Remove", failures))
}

/// The tasks that the filters leave over, all of them without filters. A named task that is not in the container
/// is a failure of its own.
fn chosen(
    shop: &Shop,
    container: &Container,
    inquiry: &Inquiry,
    failures: &mut Vec<Value>,
) -> Result<Vec<String>, Refusal> {
    let filter = Filter::new(inquiry)?;
    let named: Vec<&str> = inquiry.query_all("taskId").collect();
    for id in &named {
        if shop.task_in(container, id).is_err() {
            failures.push(failure(shop, id, &format!("Task ID {id} is invalid.")));
        }
    }
    let tasks = shop.tasks_in(container).filter(|task| filter.takes(task));
    let tasks = tasks.filter(|task| named.is_empty() || named.contains(&task.id.as_str()));
    Ok(tasks.map(|task| task.id.clone()).collect())
}

fn failure(shop: &Shop, id: &str, reason: &str) -> Value {
    let task = shop.tasks.get(id);
    Value::Object(texts([
        ("mname", task.map_or("", |task| &task.name)),
        ("mtype", task.map_or("", |task| &task.kind)),
        ("taskId", id),
        ("errorMessage", reason),
    ]))
}

fn outcome(shop: &Shop, container: &Container, verb: &str, failures: Vec<Value>) -> Content {
    let message = if failures.is_empty() {
        format!("{verb} request   completed.")
    } else {
        format!("{verb} request   completed   with {} failed task(s).", failures.len())
    };
    let url = shop.url(&format!("{}/{}", container.collection(), container.id()));
    let mut object: Map<String, Value> = texts([("message", &message), ("url", &url)]);
    if !failures.is_empty() {
        object.insert("failedTasks".to_owned(), list(failures));
    }
    Value::Object(object).into()
}
