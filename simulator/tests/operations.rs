//! Every one of the 61 operations answers 2xx on the demo shop, with the content that it promises.

mod client;

use std::collections::BTreeSet;

use client::Client;
use reqwest::Method;
use serde_json::Value;

/// Operation, target, body, status, and where in the answer to find what.
type Case = (&'static str, &'static str, &'static str, u16, &'static str, &'static str);

const CASES: &[Case] = &[
    (
        "createAssignment",
        "/assignments",
        r#"{"stream":"PLAY","application":"PLAY","defaultPath":"DEV2","description":"MyRest1","owner":"PMISVZ0","assignmentPrefix":"PLAY"}"#,
        201,
        "/assignmentId",
        "PLAY500001",
    ),
    ("getAssignment", "/assignments/PLAY000313", "", 200, "/defaultPath", "DEV2"),
    (
        "listAssignmentTasks",
        "/assignments/PLAY000313/tasks?level=DEV2",
        "",
        200,
        "/tasks/2/moduleName",
        "TPROG02",
    ),
    ("getAssignmentTask", "/assignments/PLAY000313/tasks/7E12E3B57A02", "", 200, "/moduleName", "TPROG01"),
    (
        "loadTask",
        "/assignments/PLAY001386/tasks",
        r#"{"runtimeConfiguration":"TPZP","stream":"PLAY","application":"PLAY","subAppl":"PLAY","moduleName":"TREXX23","moduleType":"CLST","currentLevel":"DEV1","startingLevel":"DEV1","userId":"Foobar"}"#,
        201,
        "/taskId",
        "7F000007A121",
    ),
    (
        "addTask",
        "/assignments/PLAY001386/task/add?checkout=false",
        r#"{"taskName":"TREXX23","stream":"PLAY","application":"PLAY","type":"CLST","path":"DEV1","checkoutFromLevel":"PRD"}"#,
        200,
        "/taskName",
        "TREXX23",
    ),
    (
        "generateTasksInAssignment",
        "/assignments/PLAY000313/tasks/generate?level=DEV2",
        "{}",
        200,
        "/setId",
        "S000500001",
    ),
    (
        "promoteAssignment",
        "/assignments/PLAY000313/tasks/promote?level=DEV2",
        "{}",
        200,
        "/setId",
        "S000500001",
    ),
    ("deployAssignment", "/assignments/PLAY000313/tasks/deploy?level=QA", "{}", 200, "/setId", "S000500001"),
    (
        "regressAssignment",
        "/assignments/PLAY000313/tasks/regress?level=STG2&mname=TPROG08&mtype=COB",
        "{}",
        200,
        "/setId",
        "S000500001",
    ),
    (
        "fallbackAssignment",
        "/assignments/PLAY000313/tasks/fallback?level=QA",
        "{}",
        200,
        "/setId",
        "S000500001",
    ),
    (
        "buildAssignment",
        "/assignments/PLAY000313/tasks/build?level=DEV2",
        "{}",
        200,
        "/tasks/0/moduleName",
        "TPROG01",
    ),
    (
        "generateTasks",
        "/assignments/PLAY000313/taskIds/generate?taskId=7E12E3B57A02&taskId=7E1AC3D3DE25&level=DEV2",
        "{}",
        200,
        "/setId",
        "S000500001",
    ),
    (
        "generateTasksAndWait",
        "/assignments/PLAY000313/taskIds/generate-await?taskId=7E12E3B57A02&level=DEV2",
        "{}",
        200,
        "/awaitStatus/taskCount",
        "1",
    ),
    (
        "deployTasks",
        "/assignments/PLAY000313/taskIds/deploy?taskId=7E489457622C&taskId=7E4A2CAC742C&level=QA",
        "{}",
        200,
        "/setId",
        "S000500001",
    ),
    (
        "transferTasks",
        "/assignments/PLAY001386/tasks/transfer?level=STG1",
        r#"{"containerId":"PLAY001387","containerType":"A"}"#,
        200,
        "/message",
        "Transfer request   completed.",
    ),
    (
        "cancelAssignment",
        "/assignments/PLAY001437/cancel",
        r#"{"runtimeConfiguration":"TPZP"}"#,
        200,
        "/assignmentId",
        "PLAY001437",
    ),
    ("closeAssignment", "/assignments/PLAY001437/close", "", 200, "/assignmentId", "PLAY001437"),
    (
        "createRelease",
        "/releases",
        r#"{"stream":"PLAY","application":"PLAY","subAppl":"PLAY","releaseId":"MyR01","description":"MyR01"}"#,
        201,
        "/releaseId",
        "MyR01",
    ),
    ("getRelease", "/releases/ENGR80", "", 200, "/referenceNumber", "1234"),
    ("listReleaseTasks", "/releases/JKGENRELID/tasks?level=DEV2", "", 200, "/tasks/2/taskId", "7E1AC3D3DE25"),
    (
        "getReleaseTask",
        "/releases/JKGENRELID/tasks/7E1AC3D3DE25?rtConfig=TPTP",
        "",
        200,
        "/moduleName",
        "TPROG02",
    ),
    (
        "getReleaseTaskListing",
        "/releases/JKGENRELID/tasks/7E1AC3D3DE25/listing",
        "",
        200,
        "/listing",
        "TPROG02: no statements flagged.\nReturn code 0\n",
    ),
    ("generateTasksInRelease", "/releases/TESTREL/tasks/generate", "{}", 200, "/setId", "S000500001"),
    ("promoteRelease", "/releases/TESTREL/tasks/promote?level=DEV1", "{}", 200, "/setId", "S000500001"),
    ("deployRelease", "/releases/TESTREL/tasks/deploy?level=STG1", "{}", 200, "/setId", "S000500001"),
    ("regressRelease", "/releases/TESTREL/tasks/regress?level=STG1", "{}", 200, "/setId", "S000500001"),
    ("fallbackRelease", "/releases/TESTREL/tasks/fallback?level=STG1", "{}", 200, "/setId", "S000500001"),
    (
        "buildRelease",
        "/releases/TESTREL/tasks/build?level=DEV1&assignmentId=PLAY001386",
        "{}",
        200,
        "/assignmentId",
        "PLAY001386",
    ),
    (
        "removeTasksFromRelease",
        "/releases/RLS123/tasks/remove?level=DEV1&mname=TPROG01&mtype=COB&taskId=7E2BACADE42C",
        "",
        200,
        "/message",
        "Remove request   completed.",
    ),
    ("cancelRelease", "/releases/RXN3REL02/cancel", "", 200, "/releaseId", "RXN3REL02"),
    ("closeRelease", "/releases/RXN3REL02/close", "", 200, "/releaseId", "RXN3REL02"),
    (
        "restartReleaseDeployments",
        "/releases/RLS123/deployments/restart",
        "",
        200,
        "/sets/deployments/status",
        "Pending",
    ),
    (
        "terminateReleaseDeployments",
        "/releases/RLS123/deployments/terminate",
        "",
        200,
        "/sets/deployments/status",
        "Terminated",
    ),
    ("getSet", "/sets/S000015218?rtConfig=TPTP", "", 200, "/state", "Complete"),
    ("listSetTasks", "/sets/S000015218/tasks", "", 200, "/tasks/1/taskId", "7E4A2CAC742C"),
    ("getSetDeployment", "/sets/S0000009884/deployment", "", 200, "/requestId", "3193"),
    ("fallbackSet", "/sets/S000015218/tasks/fallback", "{}", 200, "/setId", "S000500001"),
    ("holdSet", "/sets/S000143423/hold", "", 200, "/setId", "S000143423"),
    ("releaseSet", "/sets/S000241246/release", "", 200, "/setId", "S000241246"),
    ("lockSet", "/sets/S000143424/lock", "", 200, "/setId", "S000143424"),
    ("unlockSet", "/sets/S000241246/unlock", "", 200, "/setId", "S000241246"),
    ("deleteSet", "/sets/S000238588/delete", "", 200, "/setId", "S000238588"),
    ("restartSet", "/sets/S000238588/restart", "", 200, "/setId", "S000238588"),
    ("terminateSet", "/sets/S000241246/terminate", "", 200, "/setId", "S000241246"),
    ("closeSet", "/sets/S000015218/close", "", 200, "/setId", "S000015218"),
    ("approveSet", "/sets/S000143423/approve?approver=DUMMY", "", 200, "/setId", "S000143423"),
    ("denySet", "/sets/S000143423/deny?approver=DUMMY", "{}", 200, "/setId", "S000143423"),
    ("resetSetApproval", "/sets/S000143424/reset?approver=DUMMY", "", 200, "/setId", "S000143424"),
    (
        "listContainers",
        "/containers/list?containerId=PLAY001386&containerType=A&includeClosedContainers=false&rtConfig=TPTP",
        "",
        200,
        "/containers/description",
        "Monthly statements",
    ),
    ("getWorkList", "/worklist?inProgress=true&type=CLST", "", 200, "/workListItems/name", "TREXX23"),
    ("listDeployments", "/deployments?requestId=245274", "", 200, "/deployments/status", "COMPLETED"),
    (
        "cancelDeployment",
        "/deployments/46158/cancel",
        r#"{"runtimeConfiguration":"TPZP"}"#,
        200,
        "/requestId",
        "46158",
    ),
    (
        "buildTasks",
        "/build?taskId=7E38639716C2&taskId=7E3A5B90B9A0",
        r#"{"runtimeConfiguration":"TPZP"}"#,
        200,
        "/tasks/0/moduleName",
        "TREXX04",
    ),
    (
        "buildTasksAndWait",
        "/build-await?assignmentId=PLAY004788&level=DEV1",
        "{}",
        200,
        "/awaitStatus/taskCount",
        "3",
    ),
    (
        "getGenerateParms",
        "/tasks/7E12E3B57A02/generateWithParms?containerId=PLAY000313&containerType=A",
        "",
        200,
        "/setId",
        "S000500001",
    ),
    (
        "generateWithParms",
        "/tasks/7E12E3B57A02/generateWithParms",
        r#"{"containerId":"PLAY000313","containerType":"A","setId":"S000500001","updateDetails":[{"category":"COBOL","name":"OPTIONS","value":"LIST"}]}"#,
        200,
        "/setId",
        "S000500001",
    ),
    (
        "listComponentVersions",
        "/componentVersions/list?application=PLAY&mname=TPROG01&mtype=COB",
        "",
        200,
        "/componentVersions/0/assignmentId",
        "PLAY000313",
    ),
    (
        "downloadContainerSource",
        "/ispw/TPZP/downloads/Assignment/PLAY000313",
        "{}",
        200,
        "zip",
        "PLAY000313.zip",
    ),
    (
        "downloadRepositorySource",
        "/ispw/TPZP/downloads/repository/PLAY/PLAY/DEV1",
        "{}",
        200,
        "zip",
        "PLAY_PLAY_DEV1.zip",
    ),
    (
        "getCesVersion",
        "/compuware/ws/Config/version",
        "",
        200,
        "/CesVersionResponse/productVersion/version",
        "24.02.01",
    ),
];

#[tokio::test]
async fn every_operation_answers_on_the_demo_shop() {
    for case in CASES {
        check(case).await;
    }
}

#[test]
fn the_cases_are_the_61_operations() {
    let served: Vec<&str> = simulator::operations().map(|operation| operation.name).collect();
    let served_once: BTreeSet<&str> = served.iter().copied().collect();
    let tried: BTreeSet<&str> = CASES.iter().map(|case| case.0).collect();
    assert_eq!(served.len(), 61);
    assert_eq!(served_once, tried);
}

async fn check(&(name, path, body, status, place, expected): &Case) {
    let client = Client::start().await;
    if name == "generateWithParms" {
        client.get("/tasks/7E12E3B57A02/generateWithParms?containerId=PLAY000313&containerType=A").await;
    }
    let get = simulator::operations().any(|operation| operation.name == name && operation.method == "GET");
    let mut request = client.request(if get { Method::GET } else { Method::POST }, path);
    if !body.is_empty() {
        request = request.header("content-type", "application/json").body(body);
    }
    let response = request.send().await.expect("the simulator answers");
    assert_eq!(response.status().as_u16(), status, "{name}");
    let received = client.simulator.take_requests();
    assert_eq!(received.last().and_then(|received| received.operation), Some(name));
    let headers = response.headers().clone();
    let bytes = response.bytes().await.expect("the answer is whole");
    if place == "zip" {
        assert_eq!(headers["content-type"], "application/zip");
        assert_eq!(headers["content-disposition"], format!("attachment; filename=\"{expected}\""));
        assert!(bytes.starts_with(b"PK\x03\x04"));
        return;
    }
    assert_eq!(headers["content-type"], "application/json");
    let answer: Value = serde_json::from_slice(&bytes).expect("the answer is JSON");
    let found = match answer.pointer(place) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => panic!("{name}: no {place} in {answer}"),
    };
    assert_eq!(found, expected, "{name}");
}
