//! The versions of a component along the levels.

use serde_json::{Value, json};

use super::Operation;
use crate::answer::{Content, Refusal, list, texts};
use crate::inquiry::Inquiry;
use crate::state::Shop;

pub(super) const OPERATIONS: &[Operation] =
    &[Operation::get("listComponentVersions", "/ispw/{srid}/componentVersions/list", versions)];

/// Every task of a component is a version of it at the level the task is at.
fn versions(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let application = inquiry.required_query("application")?;
    let name = inquiry.required_query("mname")?;
    let kind = inquiry.required_query("mtype")?;
    let of_component = |task: &&crate::state::Task| {
        (task.application.as_str(), task.name.as_str(), task.kind.as_str()) == (application, name, kind)
    };
    let found = shop.tasks.values().filter(of_component).map(|task| {
        let version = u64::from(task.version);
        Value::Object(texts([
            ("level", &task.level),
            ("assignmentId", &task.assignment),
            ("baseVersion", &version.saturating_sub(1).to_string()),
            ("internalVersion", &(version * 10).to_string()),
        ]))
    });
    let found: Vec<Value> = found.collect();
    if found.is_empty() {
        return Err(Refusal::impossible(format!("Component {name}   type {kind} is invalid.")));
    }
    Ok(json!({ "componentVersions": list(found) }).into())
}
