//! The operations that open a set on an assignment, a release or tasks by id: generate, promote, deploy, regress,
//! fallback.

use serde_json::{Value, json};

use super::{Operation, selection};
use crate::answer::{Content, Refusal};
use crate::inquiry::Inquiry;
use crate::state::{Container, Order, Shop, State, Work, level};
use crate::wire;

macro_rules! container_path {
    ("A", $rest:literal) => {
        concat!("/ispw/{srid}/assignments/{assignmentId}/", $rest)
    };
    ("R", $rest:literal) => {
        concat!("/ispw/{srid}/releases/{releaseId}/", $rest)
    };
}

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::post("generateTasksInAssignment", container_path!("A", "tasks/generate"), generate),
    Operation::post("promoteAssignment", container_path!("A", "tasks/promote"), promote),
    Operation::post("deployAssignment", container_path!("A", "tasks/deploy"), deploy),
    Operation::post("regressAssignment", container_path!("A", "tasks/regress"), regress),
    Operation::post("fallbackAssignment", container_path!("A", "tasks/fallback"), fallback),
    Operation::post("generateTasks", container_path!("A", "taskIds/generate"), generate_by_id),
    Operation::post(
        "generateTasksAndWait",
        container_path!("A", "taskIds/generate-await"),
        generate_and_wait,
    ),
    Operation::post("deployTasks", container_path!("A", "taskIds/deploy"), deploy_by_id),
    Operation::post("generateTasksInRelease", container_path!("R", "tasks/generate"), generate),
    Operation::post("promoteRelease", container_path!("R", "tasks/promote"), promote),
    Operation::post("deployRelease", container_path!("R", "tasks/deploy"), deploy),
    Operation::post("regressRelease", container_path!("R", "tasks/regress"), regress),
    Operation::post("fallbackRelease", container_path!("R", "tasks/fallback"), fallback),
    Operation::post("fallbackSet", "/ispw/{srid}/sets/{setId}/tasks/fallback", fallback_set),
];

fn generate(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let container = inquiry.container();
    let tasks = selection::by_filter(shop, &container, inquiry, "generate")?;
    let level = inquiry.query("level").unwrap_or_default().to_owned();
    open(shop, inquiry, container, Work::Generate, level, tasks)
}

fn promote(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let container = inquiry.container();
    let level = inquiry.required_query("level")?.to_owned();
    let tasks = selection::by_filter(shop, &container, inquiry, "promote")?;
    if level::next(&level).is_none() {
        return Err(Refusal::nothing_done(format!("Level {level}   has no level to promote to.")));
    }
    open(shop, inquiry, container, Work::Promote, level, tasks)
}

fn deploy(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let container = inquiry.container();
    let level = inquiry.required_query("level")?.to_owned();
    let tasks = selection::by_filter(shop, &container, inquiry, "deploy")?;
    open(shop, inquiry, container, Work::Deploy, level, tasks)
}

fn regress(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    go_back(shop, inquiry, Work::Regress)
}

fn fallback(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    go_back(shop, inquiry, Work::Fallback)
}

fn go_back(shop: &mut Shop, inquiry: &Inquiry, work: Work) -> Result<Content, Refusal> {
    let container = inquiry.container();
    let level = inquiry.required_query("level")?.to_owned();
    let mut tasks = selection::by_filter(shop, &container, inquiry, work.verb())?;
    tasks.retain(|id| can_go_back(shop, id));
    if tasks.is_empty() {
        let verb = work.verb();
        let message = format!("Level {level}   has no tasks that came from a lower level to {verb}.");
        return Err(Refusal::nothing_done(message));
    }
    open(shop, inquiry, container, work, level, tasks)
}

fn can_go_back(shop: &Shop, id: &str) -> bool {
    let task = shop.tasks.get(id);
    task.is_some_and(|task| level::back(&task.level, &task.starting_level).is_some())
}

fn generate_by_id(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    open_by_id(shop, inquiry, Work::Generate)
}

fn deploy_by_id(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    open_by_id(shop, inquiry, Work::Deploy)
}

fn open_by_id(shop: &mut Shop, inquiry: &Inquiry, work: Work) -> Result<Content, Refusal> {
    let container = inquiry.container();
    let tasks = selection::by_id(shop, &container, inquiry, work.verb())?;
    let level = inquiry.required_query("level")?.to_owned();
    open(shop, inquiry, container, work, level, tasks)
}

fn generate_and_wait(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let container = inquiry.container();
    let tasks = selection::by_id(shop, &container, inquiry, "generate")?;
    let level = inquiry.required_query("level")?.to_owned();
    let options = inquiry.options()?;
    let order = Order { container, work: Work::Generate, level, tasks, new_task: None, options };
    let id = shop.open_set(order)?;
    Ok(awaited(shop, &id).into())
}

/// What a fallback of a whole set undoes: the tasks it brought to a level, while they are still there.
fn fallback_set(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let set = shop.set(inquiry.path("setId"))?;
    if !matches!(set.state, State::Complete | State::Closed) {
        let (id, state) = (&set.id, set.state.word());
        let message = format!("Set {id}   cannot be processed for fallback: it is in state   {state}.");
        return Err(if set.state.is_running() {
            Refusal::in_progress(message)
        } else {
            Refusal::impossible(message)
        });
    }
    let (container, id) = (set.container.clone(), set.id.clone());
    let mut tasks = set.tasks.clone();
    tasks.retain(|task| can_go_back(shop, task));
    let Some(level) = tasks.first().and_then(|task| shop.tasks.get(task)).map(|task| task.level.clone())
    else {
        return Err(Refusal::nothing_done(format!("Set {id}   must contain tasks   to fall back.")));
    };
    tasks.retain(|task| shop.tasks.get(task).is_some_and(|task| task.level == level));
    open(shop, inquiry, container, Work::Fallback, level, tasks)
}

fn open(
    shop: &mut Shop,
    inquiry: &Inquiry,
    container: Container,
    work: Work,
    level: String,
    tasks: Vec<String>,
) -> Result<Content, Refusal> {
    let message = format!("{} {}   {} request was submitted.", container.kind(), container.id(), work.verb());
    let options = inquiry.options()?;
    let id = shop.open_set(Order { container, work, level, tasks, new_task: None, options })?;
    Ok(Value::Object(wire::set_reference(shop, &id, &message)).into())
}

/// Runs the set at once and gives the answer of a blocking call: with the outcome, or, for a set that was made held
/// and never runs by itself, with the message of a wait that timed out.
pub(super) fn awaited(shop: &mut Shop, id: &str) -> Value {
    shop.run_to_end(id);
    let set = shop.sets.get(id).expect("the set was just opened");
    let mut object = wire::set_reference(shop, id, "Generate   completed.");
    if !matches!(set.state, State::Complete | State::Failed) {
        object.insert("message".to_owned(), json!("Generate failed:   timed out"));
        return Value::Object(object);
    }
    let failed = set.tasks.iter().filter_map(|id| shop.tasks.get(id)).filter(|task| task.is_broken()).count();
    let failed = if set.state == State::Complete { 0 } else { failed };
    let messages: Vec<&str> = set.message.lines().collect();
    object.insert(
        "awaitStatus".to_owned(),
        json!({
            "taskCount": set.tasks.len(),
            "generateSuccessCount": set.tasks.len() - failed,
            "generateFailedCount": failed,
            "hasFailures": failed > 0,
            "statusMsg": if let [only] = messages[..] { json!(only) } else { json!(messages) },
        }),
    );
    Value::Object(object)
}
