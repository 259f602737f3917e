//! `plan_visit`, the tool written by hand: what a visitor asks of one day, in one answer. The API knows it in two
//! places, the opening hours and the special events, and either is a list of which one entry matters.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use server::call::{CallError, Reply};
use server::catalog::{Confirm, Effect};
use server::own::{AsTask, Context, OwnTool, schema_of};

/// The tool.
pub static TOOL: OwnTool<Arguments> = OwnTool {
    name: "plan_visit",
    title: "Plan a visit",
    description: "Tells what a visitor needs to know of one day: whether the museum is open, from when to when, and \
        which special events take place, each with its price.",
    effect: Effect::Read,
    confirm: Confirm::ByEffect,
    idempotent: true,
    open_world: true,
    talks: false,
    as_task: AsTask::Never,
    timeout: None,
    scopes: None,
    output_schema: Some(schema_of::<Day>),
    secrets: &[],
    handler: |arguments, context| Box::pin(plan(arguments, context)),
};

/// What the tool takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    /// The day of the visit.
    #[schemars(extend("format" = "date"))]
    date: String,
    /// Leave out events that cost more than this.
    #[schemars(range(min = 0))]
    highest_price: Option<f64>,
}

/// What the tool answers.
#[derive(Debug, Serialize, JsonSchema)]
struct Day {
    date: String,
    /// When the museum is open; null when it is closed.
    hours: Option<Hours>,
    events: Vec<Event>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Hours {
    open: String,
    close: String,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Event {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(rename = "eventId")]
    event_id: Option<String>,
    name: String,
    location: String,
    price: f64,
    #[serde(skip_serializing)]
    dates: Vec<String>,
}

async fn plan(arguments: Arguments, context: Context) -> Result<Reply, CallError> {
    let Arguments { date, highest_price } = arguments;
    let on_day = json!({ "startDate": date, "limit": 1 });
    let around = json!({ "startDate": date, "endDate": date, "limit": 30 });
    // Both at once: neither needs the other's answer, and a failure of one ends both.
    let (hours, events) = tokio::try_join!(
        context.call("get_museum_hours", on_day),
        context.call("list_special_events", around)
    )?;
    let hours = listed(hours)?
        .into_iter()
        .find(|day| day["date"] == json!(date))
        .map(|day| Hours { open: text(&day["timeOpen"]), close: text(&day["timeClose"]) });
    let events = listed(events)?
        .into_iter()
        .map(|event| serde_json::from_value::<Event>(event).map_err(unexpected))
        .collect::<Result<Vec<Event>, CallError>>()?;
    let events = events
        .into_iter()
        .filter(|event| {
            event.dates.contains(&date) && highest_price.is_none_or(|highest| event.price <= highest)
        })
        .collect();
    Reply::of(&Day { date, hours, events })
}

/// The list that a generated tool wraps into an object, since structured answers are objects.
fn listed(reply: Reply) -> Result<Vec<Value>, CallError> {
    match reply.into_structured() {
        Some(Value::Object(mut answer)) => match answer.remove("items") {
            Some(Value::Array(items)) => Ok(items),
            _ => Err(unexpected("no list")),
        },
        _ => Err(unexpected("no object")),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Answers have been read by the rules of the document, so this is a fault of this file.
fn unexpected(what: impl ToString) -> CallError {
    CallError::Internal { cause: format!("an answer of the museum: {}", what.to_string()) }
}
