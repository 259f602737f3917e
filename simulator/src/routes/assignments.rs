//! Assignments: create, read, cancel, close.

use serde_json::Value;

use super::Operation;
use crate::answer::{Content, Refusal, texts};
use crate::inquiry::Inquiry;
use crate::state::{Assignment, Container, Shop, TOKEN_USER, level};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::create("createAssignment", "/ispw/{srid}/assignments", create),
    Operation::get("getAssignment", "/ispw/{srid}/assignments/{assignmentId}", get),
    Operation::post("cancelAssignment", "/ispw/{srid}/assignments/{assignmentId}/cancel", cancel),
    Operation::post("closeAssignment", "/ispw/{srid}/assignments/{assignmentId}/close", close),
];

fn create(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let stream = inquiry.required_text("stream")?;
    let application = inquiry.required_text("application")?;
    let default_path = inquiry.required_text("defaultPath")?;
    let description = inquiry.required_text("description")?;
    let prefix = inquiry.required_text("assignmentPrefix")?;
    shop.expect_application(&stream, &application)?;
    if !level::exists(&default_path) {
        return Err(Refusal::unknown("Level", &default_path));
    }
    if prefix.len() > 4 || !prefix.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Refusal::unknown("Assignment prefix", &prefix));
    }
    let release = inquiry.text("releaseId")?;
    if !release.is_empty() {
        shop.release(&release)?;
    }
    let join = inquiry.text("sandboxJoinAtLevel")?;
    if !join.is_empty() && !level::exists(&join) {
        return Err(Refusal::unknown("Level", &join));
    }
    let owner = inquiry.text("owner")?;
    let id = format!("{prefix}{:06}", shop.next_number());
    let assignment = Assignment {
        id: id.clone(),
        stream,
        sub_application: inquiry.text("subAppl")?,
        application,
        default_path,
        description,
        owner: if owner.is_empty() { TOKEN_USER.to_owned() } else { owner },
        prefix,
        reference: inquiry.text("refNumber")?,
        release,
        tag: inquiry.text("userTag")?,
        sandbox: inquiry.text("sandbox")?,
        sandbox_join_at: join,
        closed: false,
    };
    shop.assignments.insert(id.clone(), assignment);
    Ok(reference(shop, &id, &format!("Assignment {id}   was created.")))
}

fn get(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let assignment = shop.assignment(inquiry.path("assignmentId"))?;
    let object = texts([
        ("stream", &assignment.stream),
        ("application", &assignment.application),
        ("subAppl", &assignment.sub_application),
        ("defaultPath", &assignment.default_path),
        ("description", &assignment.description),
        ("owner", &assignment.owner),
        ("assignmentPrefix", &assignment.prefix),
        ("refNumber", &assignment.reference),
        ("releaseId", &assignment.release),
        ("userTag", &assignment.tag),
        ("assignmentId", &assignment.id),
        ("sandbox", &assignment.sandbox),
        ("sandboxJoinAtLevel", &assignment.sandbox_join_at),
    ]);
    Ok(Value::Object(object).into())
}

fn cancel(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let id = inquiry.path("assignmentId");
    let container = Container::Assignment(id.to_owned());
    shop.expect_idle(&container)?;
    shop.abandon_sets(&container);
    shop.tasks.retain(|_, task| task.assignment != id);
    shop.assignments.remove(id);
    Ok(reference(shop, id, &format!("Cancel of assignment {id}   was submitted.")))
}

fn close(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let id = inquiry.path("assignmentId");
    let container = Container::Assignment(id.to_owned());
    shop.expect_idle(&container)?;
    shop.abandon_sets(&container);
    if let Some(assignment) = shop.assignments.get_mut(id) {
        assignment.closed = true;
    }
    Ok(reference(shop, id, &format!("Close of assignment {id}   was submitted.")))
}

fn reference(shop: &Shop, id: &str, message: &str) -> Content {
    let url = shop.url(&format!("assignments/{id}"));
    Value::Object(texts([("assignmentId", id), ("url", &url), ("message", message)])).into()
}
