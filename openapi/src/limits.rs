//! Every limit on what is read, in one place. Crossing one is a problem in the report, never a slow or large run.

/// Bytes of all documents and the overlay together.
pub(crate) const BYTES: usize = 10 * 1024 * 1024;

/// Levels of lists and objects in a document, the root being the first.
pub(crate) const DEPTH: usize = 64;

/// Files that one document may be split over.
pub(crate) const FILES: usize = 1_000;

/// Nodes that YAML aliases may add in one file.
pub(crate) const ALIAS_NODES: usize = 200_000;

/// Operations that become part of the API.
pub(crate) const OPERATIONS: usize = 2_000;

/// Nodes that the overlay may add to the document.
pub(crate) const OVERLAY_NODES: usize = 500_000;

/// Characters of one JSONPath of the overlay.
pub(crate) const PATH_LENGTH: usize = 1_000;

/// Open brackets within each other in one JSONPath.
pub(crate) const PATH_NESTING: usize = 16;

/// Descendant steps (`..`) in one JSONPath; each multiplies the work by the size of the document.
pub(crate) const PATH_DESCENDANTS: usize = 2;

/// JSON nodes of all lowered schemas together.
pub(crate) const SCHEMA_NODES: usize = 8_000_000;

/// `allOf` merged within each other, in levels and in all; beyond, they are kept as they are written.
pub(crate) const MERGE_NESTING: usize = 4;
pub(crate) const NESTED_MERGES: usize = 5_000;

/// Problems that are kept; what follows is only counted.
pub(crate) const PROBLEMS: usize = 10_000;

/// Characters of a description beyond which it is noted.
pub(crate) const DESCRIPTION: usize = 1_024;
