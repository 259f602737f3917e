//! The small programs that the generator's golden tests hold, compiled: every feature of arguments is in one of them.

#![allow(
    missing_docs,
    unreachable_pub,
    reason = "generated programs are public modules with names of their documents"
)]

use server::catalog::{Api, Tool};

mod parameters {
    include!("../../../codegen/tests/golden/parameters.rs");
}
mod bodies {
    include!("../../../codegen/tests/golden/bodies.rs");
}
mod unions {
    include!("../../../codegen/tests/golden/unions.rs");
}
mod replies {
    include!("../../../codegen/tests/golden/answers.rs");
}
mod surface {
    include!("../../../codegen/tests/golden/surface.rs");
}
mod names {
    include!("../../../codegen/tests/golden/names.rs");
}

/// All of them. That of the product is left out: it is large, and uses no feature that these do not.
fn all() -> [&'static Api; 6] {
    [
        parameters::catalog(),
        bodies::catalog(),
        unions::catalog(),
        replies::catalog(),
        surface::catalog(),
        names::catalog(),
    ]
}

/// Every tool.
pub(crate) fn tools() -> impl Iterator<Item = &'static Tool> {
    all().into_iter().flat_map(|api| api.tools.iter().copied())
}
