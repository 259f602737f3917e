//! One small document for each feature of OpenAPI, compiled as a server's is. `tests/` calls what came of it.

use server::generated::Api;

/// A feature's document, compiled, with what its file says must be true of it.
#[derive(Clone, Copy)]
pub struct Feature {
    /// Its file: area and name.
    pub file: &'static str,
    /// The whole file as JSON.
    pub cases: &'static str,
    /// What was found while the document was compiled: a JSON list of `{ diagnostic, says }`.
    pub diagnostics: &'static str,
    /// The API that came of it, unless nothing did.
    pub api: fn() -> Option<&'static Api>,
}

include!(concat!(env!("OUT_DIR"), "/features.rs"));
