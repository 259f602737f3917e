//! Asks the rules of access whether the call may be made, before any work is done for the caller.

use std::time::SystemTime;

use super::{Going, Next, refuse};
use crate::call::{Call, CallError, Permission};
use crate::policy::{Policies, Verdict};

/// What is asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// The rules.
    pub policies: Policies,
}

/// Lets the call pass if a rule permits it and none forbids it. Arguments that are not what the tool takes decide nothing: such
/// a call goes on to where they are refused, and no further.
pub fn policy<'a>(options: &'a Options, mut call: Call, next: &'a Next) -> Going<'a> {
    if call.permission == Permission::Hidden {
        return refuse(CallError::Denied { hidden: true });
    }
    match options.policies.decide(&call, SystemTime::now()) {
        Verdict::Allowed => {}
        Verdict::Unfit => call.permission = Permission::ToBeRefused,
        Verdict::Refused => return refuse(CallError::Denied { hidden: false }),
        Verdict::Hidden => return refuse(CallError::Denied { hidden: true }),
    }
    next.run(call)
}
