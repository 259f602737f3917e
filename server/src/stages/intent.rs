//! A change is on the record before the first byte of it leaves. What cannot be recorded is not made.

use std::sync::Arc;

use super::audit::Options;
use super::{Next, Outcome, ledger};
use crate::call::{Call, CallError, Consent};
use crate::catalog::Effect;
use crate::journal::{Entry, Event, Subject};

/// Waits until the intent is on the disk, then goes on.
pub async fn intent(options: Arc<Options>, call: Call, next: Next) -> Outcome {
    let is_change = call.tool.effect != Effect::Read;
    if let (Some(journal), Some(prepared)) = (options.journal.as_ref().filter(|_| is_change), &call.prepared)
    {
        let arguments = options.settings.redaction.of(&prepared.arguments, call.tool.secrets);
        let key = ledger::recorded(&call, &arguments);
        let confirmed = call.consent == Consent::Confirmed;
        let event = Event::Intent { arguments, key, confirmed };
        let entry = Entry { event, subject: Some(Subject::of(&call)) };
        let written = journal.write(entry).await;
        written.map_err(|unwritten| CallError::Unrecorded { cause: unwritten.cause })?;
    }
    next.run(call).await
}
