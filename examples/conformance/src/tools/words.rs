//! Words on the way: progress, events, and that something has changed.

use std::time::Duration;

use server::call::{CallError, Reply};
use server::client::{Level, Progress};
use server::own::{Context, OwnTool};
use tokio::time::sleep;

use super::{Nothing, said, talking};
use crate::resources::WATCHED;

/// Between two words, so that a client can be seen to get each of them.
const PAUSE: Duration = Duration::from_millis(50);

pub(super) static PROGRESS: OwnTool<Nothing> =
    talking("test_tool_with_progress", "Progress", "Tells how far it is, three times.", |_, context| {
        Box::pin(progress(context))
    });

pub(super) static LOGGING: OwnTool<Nothing> =
    talking("test_tool_with_logging", "Events", "Tells what happens, three times.", |_, context| {
        Box::pin(events(context))
    });

pub(super) static LOGGING_TOOL: OwnTool<Nothing> = talking(
    "test_logging_tool",
    "Events for whoever asked",
    "Tells what happens to clients that want to know.",
    |_, context| Box::pin(events(context)),
);

pub(super) static TOUCH: OwnTool<Nothing> = talking(
    "test_touch_watched_resource",
    "A change",
    "Tells that the watched resource is another one now.",
    |_, context| {
        Box::pin(async move {
            context.client().changed(WATCHED).await;
            said("Told.")
        })
    },
);

async fn progress(context: Context) -> Result<Reply, CallError> {
    for (number, done) in [0.0, 50.0, 100.0].into_iter().enumerate() {
        if number > 0 {
            sleep(PAUSE).await;
        }
        let message = Some(format!("Step {number} of 2"));
        context.client().progress(Progress { done, total: Some(100.0), message }).await;
    }
    said("All steps are done.")
}

async fn events(context: Context) -> Result<Reply, CallError> {
    for (number, text) in
        ["Tool execution started", "Tool processing data", "Tool execution completed"].into_iter().enumerate()
    {
        if number > 0 {
            sleep(PAUSE).await;
        }
        context.client().log(Level::Info, text).await;
    }
    said("Three events were told.")
}
