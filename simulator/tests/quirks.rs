//! The quirks of the real API, which clients must survive.

mod client;

use client::Client;
use serde_json::{Value, json};

#[tokio::test]
async fn a_list_of_one_is_the_bare_object() {
    let client = Client::start().await;
    for (path, member) in [
        ("/assignments/PLAY000313/tasks?level=STG2", "tasks"),
        ("/containers/list?containerId=ENGR80", "containers"),
        ("/worklist?name=TSPIKE", "workListItems"),
        ("/deployments?requestId=3193", "deployments"),
        ("/componentVersions/list?application=PLAY&mname=TSPIKE&mtype=JCL", "componentVersions"),
    ] {
        let answer = client.get(path).await.1;
        assert!(answer[member].is_object(), "{path}: {answer}");
    }
    assert!(client.get("/assignments/PLAY000313/tasks").await.1["tasks"].is_array());
    assert_eq!(client.get("/assignments/PLAY000313/tasks?level=PRD").await.1["tasks"], json!([]));
}

#[tokio::test]
async fn unset_text_is_one_blank() {
    let client = Client::start().await;
    let answer = client.get("/assignments/PLAY000313").await.1;
    for member in ["refNumber", "releaseId", "userTag"] {
        assert_eq!(answer[member], " ");
    }
    assert_eq!(client.get("/releases/JKGENRELID").await.1["referenceNumber"], " ");
}

#[tokio::test]
async fn the_id_of_a_set_is_spelled_in_two_ways() {
    let client = Client::start().await;
    let read = client.get("/sets/S000015218").await.1;
    assert_eq!(read["setid"], "S000015218");
    assert!(read.get("setId").is_none());
    assert!(read.get("tasks").is_none());
    let moved = client.post("/sets/S000015218/close", "").await.1;
    assert_eq!(moved["setId"], "S000015218");
}

#[tokio::test]
async fn a_level_that_is_not_blank_adds_programs_to_a_set() {
    let client = Client::start().await;
    let answer = client.get("/sets/S000015218?level=tttchangeset").await.1;
    assert_eq!(answer["tasks"][0]["jaxbProgram"]["programName"], "TPROG05");
    assert!(client.get("/sets/S000015218?level=").await.1.get("tasks").is_none());
}

#[tokio::test]
async fn numbers_come_as_numbers_here_and_as_text_there() {
    let client = Client::start().await;
    let listed = client.get("/deployments?requestId=3193").await.1;
    assert_eq!(listed["deployments"]["requestId"], 3193);
    let of_set = client.get("/sets/S0000009884/deployment").await.1;
    assert_eq!(of_set["requestId"], 3193);
    let restarted = client.post("/releases/RLS123/deployments/restart", "").await.1;
    assert_eq!(restarted["sets"]["deployments"]["requestId"], "245275");
    let one = client.get("/assignments/PLAY000313/tasks/7E12E3B57A02").await.1;
    let many = client.get("/assignments/PLAY000313/tasks").await.1;
    assert_eq!(one["version"], 1);
    assert_eq!(many["tasks"][0]["version"], "1");
    assert_eq!(one["clazz"], " ");
}

#[tokio::test]
async fn the_status_of_a_deployment_is_upper_case_in_the_list_and_capitalised_in_the_set() {
    let client = Client::start().await;
    assert_eq!(client.get("/deployments?status=compl*").await.1["deployments"][0]["status"], "COMPLETED");
    assert_eq!(client.get("/sets/S0000009884/deployment").await.1["status"], "Completed");
}

#[tokio::test]
async fn one_deployment_of_a_set_comes_bare_and_several_wrapped() {
    let client = Client::start().await;
    let one = client.get("/sets/S0000009884/deployment").await.1;
    assert_eq!(one["packages"]["deploymentItems"]["name"], "TSUBR05");
    let several = client.get("/sets/S000385217/deployment").await.1;
    assert_eq!(several["deployments"][1]["requestId"], "245275");
    assert!(several.get("requestId").is_none());
    assert_eq!(client.get("/sets/S000015218/deployment").await.1, json!({ "deployments": [] }));
}

#[tokio::test]
async fn messages_hold_runs_of_blanks_and_addresses_another_host() {
    let client = Client::start().await;
    let answer = client.post("/assignments/PLAY000313/tasks/generate", "{}").await.1;
    assert!(answer["message"].as_str().unwrap().contains("   "), "{answer}");
    assert_eq!(answer["url"], "http://ces.example.invalid:48226/ispw/cw09-47623/sets/S000500001");
}

#[tokio::test]
async fn one_status_message_is_text_and_several_are_a_list() {
    let client = Client::start().await;
    let path = "/assignments/PLAY000313/taskIds/generate-await?level=DEV2&taskId=7E12E3B57A02";
    let one = client.post(path, "{}").await.1;
    assert!(one["awaitStatus"]["statusMsg"].is_string(), "{one}");
    let two = client.post(&format!("{path}&taskId=7E1AC3D3DE25"), "{}").await.1;
    assert_eq!(two["awaitStatus"]["statusMsg"].as_array().map(Vec::len), Some(2), "{two}");
}

#[tokio::test]
async fn references_have_two_names() {
    let client = Client::start().await;
    let assignment = client.get("/assignments/PLAY001386").await.1;
    let release = client.get("/releases/TESTREL").await.1;
    assert!(assignment.get("refNumber").is_some() && assignment.get("referenceNumber").is_none());
    assert_eq!(release["referenceNumber"], "JIRA1234");
    assert_eq!(release.get("refNumber"), None::<&Value>);
}

#[tokio::test]
async fn paths_may_end_in_a_slash_and_downloads_may_name_a_sub_application() {
    let client = Client::start().await;
    assert_eq!(client.get("/assignments/PLAY000313/tasks/").await.0, 200);
    assert_eq!(client.post("/ispw/TPZP/downloads/repository/PLAY/PLAY/PLAY/DEV1", "{}").await.0, 200);
    assert_eq!(client.get("/ispw/ISPW/sets/S000015218").await.0, 200);
}
