//! Turns the arguments into the tool's type and the request that they make, or refuses them all at once.

use std::sync::Arc;

use super::{Going, Next, refuse};
use crate::call::{Call, CallError, Permission};
use crate::decode::Deployment;

/// What arguments are judged by.
#[derive(Clone, Debug)]
pub struct Options {
    /// What the deployment allows.
    pub deployment: Arc<Deployment>,
}

/// Decodes the arguments; stages below find [`prepared`](crate::call::Content::prepared) filled.
pub fn arguments<'a>(options: &'a Options, mut call: Call, next: &'a Next) -> Going<'a> {
    let given = std::mem::take(&mut call.arguments);
    let prepared = match call.tool.prepare(given, &options.deployment) {
        Ok(prepared) => prepared,
        Err(problems) => return refuse(CallError::Arguments(problems)),
    };
    if call.permission == Permission::ToBeRefused {
        // What rules take for no argument of the tool, the tool takes. Nobody has permitted this call.
        tracing::error!(tool = call.tool.name, "rules of access and the tool disagree on its arguments");
        return refuse(CallError::Denied { hidden: false });
    }
    call.prepared = Some(Arc::new(prepared));
    next.run(call)
}
