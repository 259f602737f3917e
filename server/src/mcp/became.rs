//! What became of a call, for whoever tells its client.

use rmcp::model::{CallToolResult, ContentBlock, ErrorData};

use super::answer;
use super::asking::Question;
use crate::call::Reply;
use crate::client::{Ability, Named};

/// Said of a call whose question was answered with neither yes nor no.
const UNANSWERED: &str = "A person was asked about this call and said neither yes nor no; nothing was sent.";

/// What became of a call.
pub(super) enum Became {
    /// It was answered.
    Answered(Reply),
    /// It has ended otherwise.
    Ended(CallToolResult),
    /// A person must be asked before it is made.
    Question(Question),
    /// What came as a person's answer belongs to another call; the result says so in words.
    Forged(CallToolResult),
    /// The client must answer something first; the result says so in words for whoever cannot.
    Asks(Vec<Named>, CallToolResult),
    /// Nothing is wrong but that required arguments are missing; the result says so in words.
    Incomplete(CallToolResult),
    /// It failed by a fault of ours; the result says so in words.
    Fault(CallToolResult),
    /// The client would have to be asked, and cannot do that; the result says so in words.
    Incapable(Ability, CallToolResult),
    /// The caller may not use the tool, and is told that there is none; the result says it in words for whoever may know.
    Hidden(CallToolResult),
}

impl Became {
    /// The answer, where it was answered.
    pub(super) fn reply(&self) -> Option<&Reply> {
        match self {
            Self::Answered(reply) => Some(reply),
            _ => None,
        }
    }

    /// The result, for whoever has no other way to answer.
    pub(super) fn into_result(self) -> CallToolResult {
        match self {
            Self::Answered(reply) => answer::reply(reply),
            Self::Ended(result)
            | Self::Fault(result)
            | Self::Forged(result)
            | Self::Hidden(result)
            | Self::Asks(_, result)
            | Self::Incomplete(result)
            | Self::Incapable(_, result) => result,
            Self::Question(_) => CallToolResult::error(vec![ContentBlock::text(UNANSWERED)]),
        }
    }
}

/// What a caller reads who asks for a tool that there is none of, for it.
pub(super) fn unknown(name: &str) -> ErrorData {
    ErrorData::invalid_params(format!("Unknown tool: {}", answer::quoted(name)), None)
}
