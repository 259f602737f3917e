//! What a new package is, before any of its files is written.

use openapi::ir::Api;
use openapi::listing::Listed;
use openapi::report::Report;

use super::source::Source;
use crate::plan::model::Plan;

/// All that the files tell of.
pub(super) struct Package<'p> {
    pub(super) name: &'p str,
    pub(super) api: &'p Api,
    pub(super) plan: &'p Plan,
    pub(super) report: &'p Report,
    /// Every operation that the document holds.
    pub(super) operations: &'p [Listed],
    /// The document in the package.
    pub(super) document: &'p str,
    /// The document as it was named.
    pub(super) document_file: String,
    pub(super) source: &'p Source,
}
