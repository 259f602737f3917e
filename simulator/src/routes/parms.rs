//! Generate parameters: open the dialog of a task, then generate with the changed values.

use serde_json::{Value, json};

use super::Operation;
use crate::answer::{Content, Refusal};
use crate::inquiry::Inquiry;
use crate::state::{Container, Move, Options, Order, Set, Shop, State, Work};
use crate::wire;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get("getGenerateParms", "/ispw/{srid}/tasks/{taskId}/generateWithParms", open),
    Operation::post("generateWithParms", "/ispw/{srid}/tasks/{taskId}/generateWithParms", generate),
];

const DIALOG: &str = "<dialog name=\"GENPARMS\"><group name=\"COBOL\"><field name=\"OPTIONS\"/>\
                      <field name=\"LINKAGE\"/></group></dialog>";

/// Asking again before generating gives the set that the first asking opened.
fn open(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    let kind = inquiry.required_query("containerType")?;
    let container = container(kind, inquiry.required_query("containerId")?)?;
    let task = shop.task_in(&container, inquiry.path("taskId"))?;
    let (task, level) = (task.id.clone(), task.level.clone());
    let opened = shop.sets.values().find(|set| is_open_for(set, &container, &task));
    let id = match opened.map(|set| set.id.clone()) {
        Some(id) => id,
        None => shop.open_set(Order {
            container,
            work: Work::GenerateWithParms,
            level,
            tasks: vec![task],
            new_task: None,
            options: Options { held: true, ..Options::default() },
        })?,
    };
    Ok(json!({
        "setId": id,
        "xml": DIALOG,
        "datagroupInfo": { "entry": [
            { "key": "COBOL", "value": [
                "field=OPTIONS,defaultVal=LIST MAP XREF",
                "field=LINKAGE,defaultVal=AMODE(31)",
            ] },
            { "key": "DB2", "value": "field=BIND,defaultVal=YES" },
        ] },
    })
    .into())
}

fn generate(shop: &mut Shop, inquiry: &Inquiry) -> Result<Content, Refusal> {
    inquiry.required_text("containerType")?;
    let container =
        container(&inquiry.choice("containerType", &["A", "R"])?, &inquiry.required_text("containerId")?)?;
    let task = shop.task_in(&container, inquiry.path("taskId"))?.id.clone();
    let id = inquiry.required_text("setId")?;
    if !is_open_for(shop.set(&id)?, &container, &task) {
        return Err(Refusal::unknown("Set", &id));
    }
    check_details(inquiry.member("updateDetails"))?;
    shop.apply(&id, Move::Release, "")?;
    Ok(Value::Object(wire::set_reference(shop, &id, "Generate with parms   was submitted.")).into())
}

fn container(kind: &str, id: &str) -> Result<Container, Refusal> {
    match kind {
        "A" => Ok(Container::Assignment(id.to_owned())),
        "R" => Ok(Container::Release(id.to_owned())),
        other => Err(Refusal::unknown("Container type", other)),
    }
}

fn is_open_for(set: &Set, container: &Container, task: &str) -> bool {
    set.work == Work::GenerateWithParms
        && set.state == State::Held
        && set.container == *container
        && set.tasks.iter().any(|known| known == task)
}

/// One detail or a list of them, each with a category and a name.
fn check_details(details: Option<&Value>) -> Result<(), Refusal> {
    let details = match details {
        Some(Value::Array(details)) => details.as_slice(),
        Some(detail @ Value::Object(_)) => std::slice::from_ref(detail),
        _ => return Err(Refusal::impossible("updateDetails   is required.")),
    };
    for detail in details {
        for member in ["category", "name"] {
            if !detail[member].is_string() {
                return Err(Refusal::impossible(format!("updateDetails: {member}   is required.")));
            }
        }
    }
    Ok(())
}
