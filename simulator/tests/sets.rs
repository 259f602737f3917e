//! Sets on the clock: their states, the moves people make, and what each operation leaves behind.

mod client;

use std::time::Duration;

use client::{Client, check_message, reply};
use reqwest::Method;
use serde_json::json;
use simulator::{Clock, Simulator};

const GENERATE: &str = "/assignments/PLAY000313/tasks/generate?level=DEV2";

#[tokio::test]
async fn a_set_is_dispatched_then_executes_then_completes() {
    let client = Client::start().await;
    let set = client.open_set(GENERATE, "{}").await;
    for (advance, state) in
        [(0, "Dispatched"), (999, "Dispatched"), (1, "Executing"), (1999, "Executing"), (1, "Complete")]
    {
        client.advance(advance);
        assert_eq!(client.state(&set).await, state);
    }
    client.advance(1_000_000);
    assert_eq!(client.state(&set).await, "Complete");
}

#[tokio::test]
async fn one_long_advance_passes_every_state_and_dates_what_it_did() {
    let client = Client::start().await;
    let set = client.open_set(GENERATE, "{}").await;
    client.advance(60_000);
    assert_eq!(client.state(&set).await, "Complete");
    let task = client.get("/assignments/PLAY000313/tasks/7E12E3B57A02").await.1;
    assert_eq!((&task["operation"], &task["set"]), (&json!("G"), &json!(set)));
    assert_eq!(task["dateTime"], "2024-05-06 08:00:03");
}

#[tokio::test]
async fn the_pace_is_the_builders() {
    let pace = Simulator::builder().clock(Clock::manual()).pace(Duration::ZERO, Duration::from_secs(60));
    let client = Client::of(pace).await;
    let set = client.open_set(GENERATE, "{}").await;
    assert_eq!(client.state(&set).await, "Executing");
    client.advance(60_000);
    assert_eq!(client.state(&set).await, "Complete");
}

#[tokio::test]
async fn promotion_regression_and_fallback_move_the_task() {
    let client = Client::start().await;
    let one = "level=DEV2&mname=TPROG02&mtype=COB";
    client.open_set(&format!("/assignments/PLAY000313/tasks/promote?{one}"), "{}").await;
    assert_eq!(client.level("PLAY000313", "7E1AC3D3DE25").await, "DEV2");
    client.advance(3000);
    assert_eq!(client.level("PLAY000313", "7E1AC3D3DE25").await, "STG2");
    assert_eq!(client.get("/assignments/PLAY000313/tasks/7E1AC3D3DE25").await.1["version"], 2);
    assert_eq!(client.level("PLAY000313", "7E12E3B57A02").await, "DEV2");
    client.open_set("/releases/JKGENRELID/tasks/regress?level=STG2", "{}").await;
    client.advance(3000);
    assert_eq!(client.level("PLAY000313", "7E1AC3D3DE25").await, "DEV2");
    client.open_set("/assignments/PLAY000313/tasks/fallback?level=QA", "{}").await;
    client.advance(3000);
    assert_eq!(client.level("PLAY000313", "7E489457622C").await, "STG2");
    let again = client.get("/worklist?operation=Fallback").await.1;
    assert_eq!(again["workListItems"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_whole_set_falls_back() {
    let client = Client::start().await;
    client.open_set("/sets/S000015218/tasks/fallback", "{}").await;
    client.advance(3000);
    assert_eq!(client.level("PLAY000313", "7E489457622C").await, "STG2");
    assert_eq!(client.level("PLAY000313", "7E4A2CAC742C").await, "STG2");
    check_message(client.post("/sets/S000241246/tasks/fallback", "{}").await, 500, "Held");
}

#[tokio::test]
async fn production_waits_for_an_approval() {
    let client = Client::start().await;
    let path = "/assignments/PLAY004799/tasks/promote?level=FIX";
    let set = client.open_set(path, "{}").await;
    client.advance(60_000);
    assert_eq!(client.state(&set).await, "Waiting-Approval");
    client.open_set(&format!("/sets/{set}/deny?approver=boss"), "").await;
    assert_eq!(client.state(&set).await, "Held");
    check_message(client.post(&format!("/sets/{set}/release"), "").await, 500, "denied");
    client.open_set(&format!("/sets/{set}/reset?approver=boss"), "").await;
    assert_eq!(client.state(&set).await, "Waiting-Approval");
    check_message(client.post(&format!("/sets/{set}/reset?approver=boss"), "").await, 500, "cannot");
    client.open_set(&format!("/sets/{set}/approve?approver=boss"), "").await;
    assert_eq!(client.state(&set).await, "Dispatched");
    client.advance(3000);
    assert_eq!(client.state(&set).await, "Complete");
    assert_eq!(client.level("PLAY004799", "7E0000000099").await, "PRD");
    check_message(client.post(&format!("/sets/{set}/approve?approver=boss"), "").await, 500, "cannot");
}

#[tokio::test]
async fn a_held_set_runs_when_it_is_released_and_a_locked_one_waits() {
    let client = Client::start().await;
    let set = client.open_set(GENERATE, r#"{"executionStatus":"H"}"#).await;
    client.advance(60_000);
    assert_eq!(client.state(&set).await, "Held");
    client.open_set(&format!("/sets/{set}/lock"), "").await;
    client.open_set(&format!("/sets/{set}/release"), "").await;
    assert_eq!(client.state(&set).await, "Waiting-Lock");
    client.open_set(&format!("/sets/{set}/unlock"), "").await;
    assert_eq!(client.state(&set).await, "Held");
    client.open_set(&format!("/sets/{set}/release"), "").await;
    assert_eq!(client.state(&set).await, "Released");
    client.advance(1000);
    assert_eq!(client.state(&set).await, "Executing");
    client.advance(2000);
    assert_eq!(client.state(&set).await, "Complete");
}

#[tokio::test]
async fn a_held_set_stops_the_clock_and_a_terminated_one_can_be_restarted() {
    let client = Client::start().await;
    let set = client.open_set(GENERATE, "{}").await;
    client.open_set(&format!("/sets/{set}/hold"), "").await;
    client.advance(60_000);
    assert_eq!(client.state(&set).await, "Held");
    client.open_set(&format!("/sets/{set}/terminate"), "").await;
    assert_eq!(client.state(&set).await, "Terminated");
    client.open_set(&format!("/sets/{set}/restart"), "").await;
    client.advance(3000);
    assert_eq!(client.state(&set).await, "Complete");
    client.open_set(&format!("/sets/{set}/close"), "").await;
    assert_eq!(client.state(&set).await, "Closed");
}

#[tokio::test]
async fn impossible_moves_are_500_and_moves_on_a_running_set_409() {
    let client = Client::start().await;
    for (set, step) in [
        ("S000015218", "hold"),
        ("S000015218", "release"),
        ("S000015218", "terminate"),
        ("S000015218", "restart"),
        ("S000015218", "delete"),
        ("S000241246", "lock"),
        ("S000241246", "close"),
        ("S000143424", "unlock"),
        ("S000143424", "restart"),
    ] {
        check_message(client.post(&format!("/sets/{set}/{step}"), "").await, 500, "cannot be processed");
    }
    let set = client.open_set(GENERATE, "{}").await;
    for step in ["release", "delete", "restart", "close", "lock"] {
        check_message(client.post(&format!("/sets/{set}/{step}"), "").await, 409, "cannot be processed");
    }
    client.advance(1000);
    check_message(client.post(&format!("/sets/{set}/hold"), "").await, 409, "Executing");
    client.open_set(&format!("/sets/{set}/terminate"), "").await;
    client.advance(60_000);
    assert_eq!(client.state(&set).await, "Terminated");
    client.open_set(&format!("/sets/{set}/delete"), "").await;
    check_message(client.get(&format!("/sets/{set}")).await, 500, "is invalid");
}

#[tokio::test]
async fn a_released_set_does_not_run_beside_another() {
    let client = Client::start().await;
    let held = client.open_set(GENERATE, r#"{"executionStatus":"H"}"#).await;
    client.open_set(GENERATE, "{}").await;
    check_message(client.post(&format!("/sets/{held}/release"), "").await, 409, "conflict");
    assert_eq!(client.state(&held).await, "Held");
}

#[tokio::test]
async fn a_set_whose_tasks_have_moved_on_fails() {
    let client = Client::start().await;
    let held = client.open_set(GENERATE, r#"{"executionStatus":"H"}"#).await;
    client.open_set("/assignments/PLAY000313/tasks/promote?level=DEV2", "{}").await;
    client.advance(3000);
    client.open_set(&format!("/sets/{held}/release"), "").await;
    client.advance(3000);
    assert_eq!(client.state(&held).await, "Failed");
}

#[tokio::test]
async fn deploying_makes_deployments_that_follow_the_set() {
    let client = Client::start().await;
    let body = r#"{"dpenvlst":"CW01QA CW02QA","system":"MP3000"}"#;
    let set = client.open_set("/assignments/PLAY000313/tasks/deploy?level=QA", body).await;
    let path = format!("/deployments?setId={set}");
    for (advance, status) in [(0, "PLANNED"), (1000, "STAGED"), (2000, "COMPLETED")] {
        client.advance(advance);
        let listed = client.get(&path).await.1;
        assert_eq!(listed["deployments"][0]["status"], status);
        assert_eq!(listed["deployments"][1]["environment"], "CW02QA");
    }
    let request = client.get(&path).await.1["deployments"][0]["requestId"].clone();
    check_message(client.post(&format!("/deployments/{request}/cancel"), "").await, 500, "Completed");
}

#[tokio::test]
async fn a_terminated_deploy_terminates_its_deployments_which_restart() {
    let client = Client::start().await;
    let set = client.open_set("/releases/TESTREL/tasks/deploy?level=STG1", "{}").await;
    client.open_set(&format!("/sets/{set}/terminate"), "").await;
    let path = format!("/deployments?setId={set}");
    assert_eq!(client.get(&path).await.1["deployments"]["status"], "TERMINATED");
    client.post("/releases/TESTREL/deployments/restart", "").await;
    assert_eq!(client.get(&path).await.1["deployments"]["status"], "PENDING");
    client.advance(2000);
    assert_eq!(client.get(&path).await.1["deployments"]["status"], "COMPLETED");
    let nothing = client.post("/releases/TESTREL/deployments/terminate", "").await;
    check_message(nothing, 200, "no deployments");
}

#[tokio::test]
async fn auto_deploy_deploys_what_was_promoted() {
    let client = Client::start().await;
    let set =
        client.open_set("/assignments/PLAY000313/tasks/promote?level=STG2", r#"{"autoDeploy":true}"#).await;
    assert_eq!(client.get(&format!("/deployments?setId={set}")).await.1["deployments"], json!([]));
    client.advance(3000);
    assert_eq!(
        client.get(&format!("/deployments?setId={set}")).await.1["deployments"]["status"],
        "COMPLETED"
    );
}

#[tokio::test]
async fn a_broken_component_fails_its_set() {
    let client = Client::start().await;
    let set = client.open_set("/assignments/PLAY002631/tasks/generate", "{}").await;
    let deploy = "/assignments/PLAY002631/tasks/deploy?level=DEV1";
    client.advance(3000);
    assert_eq!(client.state(&set).await, "Failed");
    let set = client.open_set(deploy, "{}").await;
    client.advance(3000);
    assert_eq!(client.state(&set).await, "Deploy-Failed");
}

#[tokio::test]
async fn waiting_calls_answer_with_the_outcome_at_once() {
    let client = Client::start().await;
    let path =
        "/assignments/PLAY002631/taskIds/generate-await?level=DEV1&taskId=7E0000000021&taskId=7E0000000025";
    let (status, answer) = client.post(path, "{}").await;
    assert_eq!(status, 200);
    let outcome = &answer["awaitStatus"];
    assert_eq!((&outcome["taskCount"], &outcome["generateFailedCount"]), (&json!(2), &json!(1)));
    assert_eq!((&outcome["generateSuccessCount"], &outcome["hasFailures"]), (&json!(1), &json!(true)));
    assert_eq!(client.state(answer["setId"].as_str().unwrap()).await, "Failed");
    let held = client.post(path, r#"{"executionStatus":"H"}"#).await.1;
    assert!(held["message"].as_str().unwrap().contains("timed out"));
    assert!(held.get("awaitStatus").is_none());
}

#[tokio::test]
async fn an_added_task_arrives_when_its_set_completes() {
    let client = Client::start().await;
    let body = r#"{"taskName":"TREXX23","stream":"PLAY","application":"PLAY","type":"CLST","path":"DEV1",
                   "checkoutFromLevel":"PRD","releaseId":"TESTREL"}"#;
    let set = client.open_set("/assignments/PLAY001387/task/add?checkout=true", body).await;
    let found = "/worklist?name=TREXX23&releaseId=TESTREL&operation=Checkout";
    assert_eq!(client.get(found).await.1["workListItems"], json!([]));
    client.advance(3000);
    assert_eq!(client.state(&set).await, "Complete");
    assert_eq!(client.get(found).await.1["workListItems"]["assignmentId"], "PLAY001387");
    assert_eq!(client.get(&format!("/sets/{set}/tasks")).await.1["tasks"]["moduleName"], "TREXX23");
}

#[tokio::test]
async fn generating_makes_the_listing() {
    let client = Client::start().await;
    let path = "/releases/TESTREL/tasks/7E2B00000002/listing";
    check_message(client.get(path).await, 200, "no listing");
    client.open_set("/releases/TESTREL/tasks/generate?level=DEV1", "{}").await;
    client.advance(3000);
    let listing = client.get(path).await.1["listing"].as_str().unwrap().to_owned();
    assert!(listing.contains("TSTMT02") && listing.contains("2024-05-06 08:00:03"), "{listing}");
}

#[tokio::test]
async fn generate_parameters_are_used_once_with_the_set_that_was_opened() {
    let client = Client::start().await;
    let read = "/tasks/7E12E3B57A02/generateWithParms?containerId=PLAY000313&containerType=A";
    let set = client.get(read).await.1["setId"].as_str().unwrap().to_owned();
    assert_eq!(client.get(read).await.1["setId"], json!(set));
    let body = |set: &str| {
        format!(
            r#"{{"containerId":"PLAY000313","containerType":"A","setId":"{set}",
                "updateDetails":{{"category":"COBOL","name":"OPTIONS","value":"LIST"}}}}"#
        )
    };
    let write = "/tasks/7E12E3B57A02/generateWithParms";
    check_message(client.post(write, &body("S000015218")).await, 500, "is invalid");
    client.open_set(write, &body(&set)).await;
    check_message(client.post(write, &body(&set)).await, 500, "is invalid");
    client.advance(3000);
    assert_eq!(client.state(&set).await, "Complete");
}

#[tokio::test]
async fn a_real_clock_is_today() {
    let client = Client::of(Simulator::builder()).await;
    let set = client.open_set(GENERATE, "{}").await;
    let (status, answer) = reply(client.request(Method::GET, &format!("/sets/{set}"))).await;
    assert_eq!(status, 200);
    assert!(answer["startDate"].as_str().unwrap() > "2024-05-06", "{answer}");
}
