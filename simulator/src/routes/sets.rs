//! Sets: read one, its tasks, and the moves that people make on it, approvals among them.

use serde_json::{Value, json};

use super::Operation;
use crate::answer::{Content, Refusal, list};
use crate::inquiry::Inquiry;
use crate::state::{Container, Move, Set, Shop};
use crate::wire::{self, Numbers};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get("getSet", "/ispw/{srid}/sets/{setId}", get),
    Operation::get("listSetTasks", "/ispw/{srid}/sets/{setId}/tasks", list_tasks),
    Operation::post("holdSet", "/ispw/{srid}/sets/{setId}/hold", |s, i| act(s, i, Move::Hold)),
    Operation::post("releaseSet", "/ispw/{srid}/sets/{setId}/release", |s, i| act(s, i, Move::Release)),
    Operation::post("lockSet", "/ispw/{srid}/sets/{setId}/lock", |s, i| act(s, i, Move::Lock)),
    Operation::post("unlockSet", "/ispw/{srid}/sets/{setId}/unlock", |s, i| act(s, i, Move::Unlock)),
    Operation::post("deleteSet", "/ispw/{srid}/sets/{setId}/delete", |s, i| act(s, i, Move::Delete)),
    Operation::post("restartSet", "/ispw/{srid}/sets/{setId}/restart", |s, i| act(s, i, Move::Restart)),
    Operation::post("terminateSet", "/ispw/{srid}/sets/{setId}/terminate", |s, i| act(s, i, Move::Terminate)),
    Operation::post("closeSet", "/ispw/{srid}/sets/{setId}/close", |s, i| act(s, i, Move::Close)),
    Operation::post("approveSet", "/ispw/{srid}/sets/{setId}/approve", |s, i| decide(s, i, Move::Approve)),
    Operation::post("denySet", "/ispw/{srid}/sets/{setId}/deny", |s, i| decide(s, i, Move::Deny)),
    Operation::post("resetSetApproval", "/ispw/{srid}/sets/{setId}/reset", |s, i| decide(s, i, Move::Reset)),
];

fn get(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let set = shop.set(inquiry.path("setId"))?;
    let (application, stream) = place(shop, set);
    let mut object = wire::set(set, application, stream);
    if inquiry.query("level").is_some() {
        let tasks = set.tasks.iter().filter_map(|id| shop.tasks.get(id)).map(|task| {
            let mut object = wire::task(shop, task, Numbers::Text);
            if task.program {
                object.insert("jaxbProgram".to_owned(), wire::program(task));
            }
            Value::Object(object)
        });
        object.insert("tasks".to_owned(), list(tasks.collect()));
    }
    Ok(Value::Object(object).into())
}

/// The application and stream of the set's container; a cancelled container leaves them unset.
fn place<'a>(shop: &'a Shop, set: &Set) -> (&'a str, &'a str) {
    match &set.container {
        Container::Assignment(id) => {
            shop.assignments.get(id).map_or(("", ""), |found| (&found.application, &found.stream))
        }
        Container::Release(id) => {
            shop.releases.get(id).map_or(("", ""), |found| (&found.application, &found.stream))
        }
    }
}

fn list_tasks(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let set = shop.set(inquiry.path("setId"))?;
    let tasks = set.tasks.iter().filter_map(|id| shop.tasks.get(id));
    let tasks = tasks.map(|task| Value::Object(wire::task(shop, task, Numbers::Text)));
    Ok(json!({ "tasks": list(tasks.collect()) }).into())
}

fn decide(shop: &mut Shop, inquiry: &Inquiry, step: Move) -> Result<Content, Refusal> {
    let approver = inquiry.required_query("approver")?.to_uppercase();
    make(shop, inquiry, step, &approver)
}

fn act(shop: &mut Shop, inquiry: &Inquiry, step: Move) -> Result<Content, Refusal> {
    make(shop, inquiry, step, "")
}

fn make(shop: &mut Shop, inquiry: &Inquiry, step: Move, approver: &str) -> Result<Content, Refusal> {
    let id = inquiry.path("setId");
    inquiry.options()?;
    shop.apply(id, step, approver)?;
    let message = format!("Set {id}   {} request   was submitted.", step.word());
    Ok(Value::Object(wire::set_reference(shop, id, &message)).into())
}
