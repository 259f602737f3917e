//! What the list of tools costs a client.

use ispw_mcp::api;
use serde_json::Value;

#[test]
fn without_what_tools_answer_their_list_has_little_more_than_half_the_bytes() {
    let list = |answers: bool| loopback::list(api::catalog(), answers);
    let (with, without) = (list(true).to_string().len(), list(false).to_string().len());
    println!("{with} bytes with what tools answer, {without} without");
    assert!(with <= 25_900 && without <= 13_600, "more than docs/catalogs.md says: {with}, {without}");
    let mut all = list(true);
    for tool in all.as_array_mut().expect("a list") {
        tool.as_object_mut().expect("a tool").remove("outputSchema");
    }
    assert_eq!(list(false), all, "nothing else is left out");
    assert_ne!(all[0]["inputSchema"], Value::Null);
}
