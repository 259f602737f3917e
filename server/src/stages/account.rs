//! Finds as whom a call goes to the API, and refuses it where that is nobody.

use super::{Going, Next, Outcome};
use crate::call::{Call, CallError};
use crate::catalog::Work;
use crate::upstream::account::Accounts;
use crate::upstream::is_open;

/// Gives the call its account. An operation that needs no credential is made without one by whoever has none.
pub(crate) fn account<'a>(accounts: &'a Accounts, call: Call, next: &'a Next) -> Going<'a> {
    // What a hand-written tool asks of the API comes through here by itself.
    match call.tool.work {
        Work::Request(_) => Box::pin(found(accounts, call, next)),
        Work::Own(_) | Work::Rest => next.run(call),
    }
}

async fn found(accounts: &Accounts, mut call: Call, next: &Next) -> Outcome {
    call.account = match accounts.of(&call.caller).await {
        Err(CallError::NoAccount(_)) if is_open(call.tool) => Accounts::nobody(),
        found => found?,
    };
    next.run(call).await
}
