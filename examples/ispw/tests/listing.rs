//! What the list of tools costs a client.

use ispw_mcp::api;
use serde_json::Value;
use server::engine::OutputSchemas;

#[test]
fn without_what_tools_answer_their_list_has_little_more_than_half_the_bytes() {
    let list = |answers: OutputSchemas| loopback::list(api::catalog(), answers);
    let [with, brief, without] = OutputSchemas::ALL.map(|answers| list(answers).to_string().len());
    println!("{with} bytes with what tools answer, {brief} without its words, {without} without it");
    let most = [with <= 25_900, brief <= 19_700, without <= 13_600];
    assert_eq!(most, [true; 3], "more than docs/catalogs.md says: {with}, {brief}, {without}");
    let mut all = list(OutputSchemas::Full);
    for tool in all.as_array_mut().expect("a list") {
        tool.as_object_mut().expect("a tool").remove("outputSchema");
    }
    assert_eq!(list(OutputSchemas::Off), all, "nothing else is left out");
    assert_ne!(all[0]["inputSchema"], Value::Null);
}
