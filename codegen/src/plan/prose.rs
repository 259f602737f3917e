//! Descriptions on their way into schemas and tools: cleaned and bounded. That they do not speak to the model is judged
//! where the document is read.

use openapi::report::Place;

use super::findings::Findings;
use super::words;

/// The text, cleaned and bounded; `what` says in messages what it is.
pub(crate) fn accepted(text: &str, at: &Place, findings: &mut Findings, what: &str) -> String {
    let (text, was_cut) = words::bounded(words::clean(text));
    if was_cut {
        let message = format!("the {what} is cut to {} characters", words::LONGEST);
        findings.note("description-cut", at, message);
    }
    text
}
