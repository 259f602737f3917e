//! What an answer says, in a word or two.

use crate::asked::Asked;
use crate::wire::Answer;

/// Said of a tool that does not exist for whoever calls it.
pub(crate) const UNKNOWN: &str = "unknown";

/// The words that are no status, and what they say.
pub(crate) const WORDS: [(&str, &str); 6] = [
    (UNKNOWN, "there is no such tool, for this principal"),
    ("refused", "the tool is there, and may not be called so"),
    ("asks", "a person must say yes first; nothing is sent before"),
    ("made", "the call is made: the API is asked, or the server's own tool answers"),
    ("N tools", "so many are on the list"),
    ("-32601 and the like", "an error of JSON-RPC"),
];

/// What the answer to this says; so many requests were sent to the API before it came.
pub(crate) fn of(asked: &Asked, answer: &Answer, sent: usize) -> String {
    let word = match (answer.status, asked.tool) {
        (200, Some(tool)) => called(tool, answer, sent).to_owned(),
        (200, None) if asked.is_message() => message(answer),
        (status, _) => refused(status, answer),
    };
    assert!(sent == 0 || word == "made", "{}: {word}, and something was sent: {answer:?}", asked.name);
    word
}

/// A status, and the error that a challenge or the body names.
fn refused(status: u16, answer: &Answer) -> String {
    let named =
        answer.header("WWW-Authenticate").and_then(|said| said.split("error=\"").nth(1)?.split('"').next());
    match named {
        Some(error) => format!("{status} {error}"),
        None if answer.body.contains("\"jsonrpc\"") => format!("{status} {}", answer.error().1),
        None => status.to_string(),
    }
}

fn message(answer: &Answer) -> String {
    let said = answer.json();
    if let Some(code) = said["error"]["code"].as_i64() {
        return code.to_string();
    }
    // A plain call's answer is its result.
    if said.get("isError").is_some() {
        return "made".to_owned();
    }
    match said["result"]["tools"].as_array() {
        Some(tools) => format!("{} tools", tools.len()),
        None => "200".to_owned(),
    }
}

fn called(tool: &str, answer: &Answer, sent: usize) -> &'static str {
    let said = answer.json();
    if let Some(error) = said.get("error") {
        assert_eq!(error["code"], -32602, "{said}");
        assert_eq!(error["message"], format!("Unknown tool: {tool}"));
        return UNKNOWN;
    }
    if said["result"]["resultType"] == "input_required" {
        return "asks";
    }
    let text = said["result"]["content"][0]["text"].as_str().unwrap();
    if text.starts_with("This caller may not make this call") {
        return "refused";
    }
    let is_of_api = code_pipeline_mcp::api::catalog().find(tool).is_some();
    assert_eq!(sent > 0, is_of_api, "{tool}: {said}");
    "made"
}
