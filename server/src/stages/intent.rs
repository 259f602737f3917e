//! A change is on the record before the first byte of it leaves. What cannot be recorded is not made.

use std::sync::Arc;

use super::audit::Options;
use super::{Going, Next, Outcome, ledger};
use crate::call::{Call, CallError, Consent, Recorded};
use crate::catalog::Effect;
use crate::journal::{Entry, Event, Subject};

/// Waits until the intent is on the disk, then goes on.
pub fn intent<'a>(options: &'a Options, call: Call, next: &'a Next) -> Going<'a> {
    if call.tool.effect == Effect::Read { next.run(call) } else { Box::pin(on_disk(options, call, next)) }
}

async fn on_disk(options: &Options, mut call: Call, next: &Next) -> Outcome {
    if let Some(journal) = &options.journal
        && let Some(Recorded { arguments, key }) = recorded(options, &mut call)
    {
        let confirmed = call.consent == Consent::Confirmed;
        let event = Event::Intent { arguments, key, confirmed };
        let entry = Entry { event, subject: Some(Subject::of(&call)) };
        let written = journal.write(entry).await;
        written.map_err(|unwritten| CallError::Unrecorded { cause: unwritten.cause })?;
    }
    next.run(call).await
}

/// How the journal is to know the change, which the ledger has found out already where it knows the change too.
fn recorded(options: &Options, call: &mut Call) -> Option<Recorded> {
    let found = call.recorded.take().map(Arc::unwrap_or_clone);
    found.or_else(|| {
        let prepared = call.prepared.as_ref()?;
        let arguments = options.settings.redaction.of(prepared.arguments.clone(), call.tool.secrets);
        let key = ledger::recorded(call, &arguments);
        Some(Recorded { arguments, key })
    })
}
