//! `health_check`: how the server stands, by what it knows without asking anybody.

use schemars::JsonSchema;
use serde::Serialize;

use super::Nothing;
use crate::call::{CallError, Reply};
use crate::catalog::{Confirm, Effect};
use crate::metrics::Breaker;
use crate::own::{AsTask, Context, OwnTool, schema_of};

/// The tool.
pub(super) static HEALTH_CHECK: OwnTool<Nothing> = OwnTool {
    name: "health_check",
    title: "Health of the server",
    description: "Tells how the server stands: whether the API is left alone because its calls fail, and whether calls can be put on the record. Nothing is asked of the API for it.",
    effect: Effect::Read,
    confirm: Confirm::Never,
    idempotent: true,
    open_world: false,
    talks: false,
    as_task: AsTask::Never,
    timeout: None,
    scopes: None,
    output_schema: Some(schema_of::<Health>),
    secrets: &[],
    handler: |_, context| Box::pin(async move { answer(&context) }),
};

/// What the tool answers.
#[derive(Debug, Serialize, JsonSchema)]
struct Health {
    /// `ok`, or `degraded` where something below is not as it should be.
    status: Status,
    /// The tool contract that is served, by its hash.
    contract: &'static str,
    /// What is known of the API.
    api: OfApi,
    /// What is known of the record.
    journal: OfJournal,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Status {
    Ok,
    Degraded,
}

#[derive(Debug, Serialize, JsonSchema)]
struct OfApi {
    /// Its title.
    title: &'static str,
    /// The version of its document.
    version: &'static str,
    /// Whether calls are let through: `closed` is yes, `open` no, `half_open` one at a time, to find out.
    breaker: Breaker,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum OfJournal {
    /// Calls are put on the record.
    Ok,
    /// It cannot be written: changes are refused.
    Failing,
    /// There is none.
    Off,
}

fn answer(context: &Context) -> Result<Reply, CallError> {
    let calls = context.calls();
    let api = calls.api();
    let journal = match calls.journal() {
        Some(journal) if journal.is_failing() => OfJournal::Failing,
        Some(_) => OfJournal::Ok,
        None => OfJournal::Off,
    };
    let breaker = calls.metrics().current_breaker();
    let is_well = matches!(breaker, Breaker::Closed) && !matches!(journal, OfJournal::Failing);
    Reply::of(&Health {
        status: if is_well { Status::Ok } else { Status::Degraded },
        contract: api.contract,
        api: OfApi { title: api.title, version: api.version, breaker },
        journal,
    })
}
