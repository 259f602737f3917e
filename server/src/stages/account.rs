//! Finds as whom a call goes to the API, and refuses it where that is nobody.

use std::sync::Arc;

use super::{Next, Outcome};
use crate::call::{Call, CallError};
use crate::catalog::Work;
use crate::upstream::account::Accounts;
use crate::upstream::is_open;

/// Gives the call its account. An operation that needs no credential is made without one by whoever has none.
pub(crate) async fn account(accounts: Arc<Accounts>, mut call: Call, next: Next) -> Outcome {
    // What a hand-written tool asks of the API comes through here by itself.
    if let Work::Request(_) = call.tool.work {
        call.account = match accounts.of(&call.caller).await {
            Err(CallError::NoAccount(_)) if is_open(call.tool) => Accounts::nobody(),
            found => found?,
        };
    }
    next.run(call).await
}
