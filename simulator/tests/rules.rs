//! The rules of the real API: who may call, what exists, what can be done now, and how a refusal looks.

mod client;

use client::{Client, check_message, reply};
use reqwest::Method;

#[tokio::test]
async fn only_the_bare_token_is_accepted() {
    let client = Client::start().await;
    let address = client.address("/assignments/PLAY000313");
    let token = client.simulator.token();
    for header in [String::new(), format!("Bearer {token}"), format!("{token}0"), token.to_uppercase()] {
        let request = client.http.get(&address).header("authorization", header);
        check_message(reply(request).await, 401, "Unauthorized");
    }
    check_message(reply(client.http.get(&address)).await, 401, "Unauthorized");
    let twice = client.http.get(&address).header("authorization", token).header("authorization", token);
    check_message(reply(twice).await, 401, "Unauthorized");
    assert_eq!(client.get("/assignments/PLAY000313").await.0, 200);
}

#[tokio::test]
async fn a_certificate_stands_in_for_the_token_only_when_complete_and_alone() {
    let client = Client::start().await;
    let with = |names: &[&str]| {
        let headers = [
            ("cpwr_hci_host", "cw09"),
            ("cpwr_hci_port", "47623"),
            ("javax.servlet.request.X509Certificate", "TUlJQg=="),
            ("authorization", "wrong"),
        ];
        let chosen = headers.into_iter().filter(|(name, _)| names.contains(name));
        chosen.fold(client.http.get(client.address("/worklist")), |request, (name, value)| {
            request.header(name, value)
        })
    };
    let all = ["cpwr_hci_host", "cpwr_hci_port", "javax.servlet.request.X509Certificate"];
    assert_eq!(reply(with(&all)).await.0, 200);
    assert_eq!(reply(with(&all[..2])).await.0, 401);
    assert_eq!(reply(with(&[all[0], all[1], all[2], "authorization"])).await.0, 401);
}

#[tokio::test]
async fn the_version_needs_no_token() {
    let client = Client::start().await;
    let address = client.address("/compuware/ws/Config/version");
    assert_eq!(reply(client.http.get(address)).await.0, 200);
}

#[tokio::test]
async fn unknown_ids_are_500_with_the_words_of_the_real_api() {
    let client = Client::start().await;
    for (path, message) in [
        ("/assignments/NOPE000001", "Assignment NOPE000001 is invalid."),
        ("/assignments/PLAY000313/tasks/XXXXXXX", "Task ID XXXXXXX is invalid."),
        ("/assignments/PLAY000313/tasks/7E38639716C2", "Task ID 7E38639716C2 is invalid."),
        ("/releases/NOPE", "Release NOPE is invalid."),
        ("/sets/S000000000", "Set S000000000 is invalid."),
        ("/sets/S000000000/deployment", "Set S000000000 is invalid."),
        ("/releases/NOPE/tasks", "Release NOPE is invalid."),
    ] {
        check_message(client.get(path).await, 500, message);
    }
    check_message(client.post("/deployments/1/cancel", "").await, 500, "request 1 is invalid.");
    let path = "/assignments/PLAY000313/taskIds/generate-await?taskId=XXXXXXX&level=reject";
    check_message(client.post(path, "{}").await, 500, "Task ID XXXXXXX is invalid.");
}

#[tokio::test]
async fn a_wrong_level_is_a_success_that_does_nothing() {
    let client = Client::start().await;
    for path in [
        "/assignments/PLAY000313/tasks/promote?level=DEV1",
        "/assignments/PLAY000313/tasks/generate?level=UNIT",
        "/assignments/PLAY000313/taskIds/deploy?taskId=7E489457622C&level=PRD",
        "/releases/TESTREL/tasks/deploy?level=PRD",
    ] {
        check_message(client.post(path, "{}").await, 200, "must contain tasks");
    }
    let path = "/releases/RLS123/tasks/promote?level=PRD";
    check_message(client.post(path, "{}").await, 200, "no level to promote to");
    let path = "/assignments/PLAY000313/tasks/regress?level=DEV2";
    check_message(client.post(path, "{}").await, 200, "no tasks that came from a lower level");
}

#[tokio::test]
async fn a_container_with_a_running_set_answers_409() {
    let client = Client::start().await;
    client.open_set("/assignments/PLAY000313/tasks/generate?level=DEV2", "{}").await;
    for path in [
        "/assignments/PLAY000313/tasks/promote?level=DEV2",
        "/assignments/PLAY000313/taskIds/deploy?taskId=7E489457622C&level=QA",
        "/assignments/PLAY000313/cancel",
        "/build?taskId=7E12E3B57A02",
    ] {
        check_message(client.post(path, "{}").await, 409, "conflict");
    }
    client.open_set("/assignments/PLAY001386/tasks/generate?level=DEV1", "{}").await;
    client.advance(3000);
    client.open_set("/assignments/PLAY000313/tasks/promote?level=DEV2", "{}").await;
}

#[tokio::test]
async fn bad_input_is_500_with_a_message() {
    let client = Client::start().await;
    let generate = "/assignments/PLAY000313/tasks/generate?level=DEV2";
    let long = format!(r#"{{"dpenvlst":"{}"}}"#, "X".repeat(256));
    for (path, body, words) in [
        (generate, "{", "cannot be read"),
        (generate, "[]", "must be a JSON object"),
        (generate, r#"{"changeType":"Q"}"#, "changeType"),
        (generate, r#"{"executionStatus":"X"}"#, "executionStatus"),
        (generate, r#"{"autoDeploy":"maybe"}"#, "autoDeploy"),
        (generate, r#"{"override":1}"#, "override"),
        (generate, &long, "dpenvlst"),
        ("/assignments/PLAY000313/tasks/generate?mname=TPROG01", "{}", "mtype"),
        ("/assignments/PLAY000313/tasks/promote", "{}", "level is required"),
        ("/assignments/PLAY000313/tasks/promote?level=%FF", "{}", "UTF-8"),
        ("/sets/S000143423/approve", "{}", "approver is required"),
        ("/assignments", r#"{"stream":"PLAY"}"#, "application"),
        ("/releases", r#"{"stream":"PLAY","application":"PLAY","description":"x"}"#, "either"),
        (
            "/releases",
            r#"{"stream":"PLAY","application":"PLAY","description":"x","releaseId":"TESTREL"}"#,
            "already exists",
        ),
        (
            "/releases",
            r#"{"stream":"PLAY","application":"PLAY","description":"x","releaseId":"ELEVENCHARS"}"#,
            "is invalid",
        ),
        ("/assignments/PLAY000313/tasks/transfer", r#"{"containerId":"PLAY001387"}"#, "containerType"),
    ] {
        let (status, answer) = client.post(path, body).await;
        let message = answer["message"].as_str().unwrap_or_default();
        let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(status, 500, "{path} {body}: {answer}");
        assert!(message.contains(words), "{words:?} is not in {message:?}");
    }
    check_message(client.get("/worklist?startDate=14.8.2023").await, 500, "yyyy-mm-dd");
    check_message(client.get("/worklist?inProgress=yes").await, 500, "true or false");
    check_message(client.get("/containers/list?containerType=Z").await, 500, "is invalid");
}

#[tokio::test]
async fn unknown_members_are_ignored_and_flags_may_be_text() {
    let client = Client::start().await;
    let body =
        r#"{"runtimeConfig":"TPZP","execStat":"H","autoDeploy":"false","override":true,"events":[{}]}"#;
    let set = client.open_set("/assignments/PLAY000313/tasks/generate?level=DEV2", body).await;
    assert_eq!(client.state(&set).await, "Dispatched");
}

#[tokio::test]
async fn a_closed_assignment_refuses_work_and_is_found_only_on_demand() {
    let client = Client::start().await;
    client.post("/assignments/PLAY001437/close", "").await;
    check_message(
        client.post("/assignments/PLAY001437/tasks/generate?level=DEV1", "{}").await,
        500,
        "is closed",
    );
    let listed = client.get("/containers/list?containerType=A&containerId=PLAY001437").await.1;
    assert_eq!(listed["containers"], serde_json::json!([]));
    let path = "/containers/list?containerType=A&containerId=PLAY001437&includeClosedContainers=true";
    assert_eq!(client.get(path).await.1["containers"]["containerId"], "PLAY001437");
    assert_eq!(client.get("/worklist?historical=true").await.1["workListItems"]["name"], "TSPIKE");
}

#[tokio::test]
async fn a_cancelled_assignment_is_gone_with_its_tasks() {
    let client = Client::start().await;
    client.post("/assignments/PLAY001437/cancel", "").await;
    check_message(client.get("/assignments/PLAY001437").await, 500, "is invalid");
    let path = "/componentVersions/list?application=PLAY&mname=TSPIKE&mtype=JCL";
    check_message(client.get(path).await, 500, "is invalid");
}

#[tokio::test]
async fn created_things_can_be_read_back() {
    let client = Client::start().await;
    let body = r#"{"stream":"PLAY","application":"PLAY","defaultPath":"DEV1","description":"New",
                   "assignmentPrefix":"PLAY","refNumber":"JIRA9","userTag":"ABCD","releaseId":"TESTREL"}"#;
    let (status, created) = client.post("/assignments/", body).await;
    assert_eq!(status, 201);
    let id = created["assignmentId"].as_str().unwrap();
    let read = client.get(&format!("/assignments/{id}")).await.1;
    assert_eq!((&read["refNumber"], &read["releaseId"]), (&"JIRA9".into(), &"TESTREL".into()));
    let found = client.get("/containers/list?tag=AB*&refNumber=JIRA9").await.1;
    assert_eq!(found["containers"]["containerId"], id);

    let body = r##"{"stream":"PLAY","application":"PLAY","moduleName":"#A@$","moduleType":"COB",
                   "currentLevel":"STG1","startingLevel":"DEV1","sql":true}"##;
    let (status, loaded) = client.post(&format!("/assignments/{id}/tasks"), body).await;
    assert_eq!(status, 201);
    let task = loaded["taskId"].as_str().unwrap();
    let read = client.get(&format!("/assignments/{id}/tasks/{task}")).await.1;
    assert_eq!((&read["moduleName"], &read["sql"]), (&"#A@$".into(), &true.into()));
    let path = format!("/assignments/{id}/tasks/regress?level=STG1&mname=%23A%40%24&mtype=COB");
    client.open_set(&path, "{}").await;
}

#[tokio::test]
async fn promoting_over_a_newer_version_needs_override() {
    let client = Client::start().await;
    let twin = r#"{"stream":"PLAY","application":"PLAY","moduleName":"TPROG01","moduleType":"COB",
                   "currentLevel":"STG1","startingLevel":"DEV1"}"#;
    client.post("/assignments/PLAY001387/tasks", twin).await;
    let path = "/assignments/PLAY004788/tasks/promote?level=DEV1&mname=TPROG01&mtype=COB";
    check_message(client.post(path, "{}").await, 500, "conflict");
    client.open_set(path, r#"{"override":"true"}"#).await;
}

#[tokio::test]
async fn tasks_that_cannot_be_moved_are_named() {
    let client = Client::start().await;
    let path = "/assignments/PLAY001386/tasks/transfer?level=DEV1&taskId=7E2B00000001&taskId=7E2B00000002&taskId=7E00";
    let (status, answer) = client.post(path, r#"{"containerId":"PLAY001387","containerType":"A"}"#).await;
    assert_eq!(status, 200);
    let failed: Vec<&str> = answer["failedTasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| task["taskId"].as_str().unwrap())
        .collect();
    assert_eq!(failed, ["7E00", "7E2B00000002"]);
    assert_eq!(client.level("PLAY001387", "7E2B00000001").await, "DEV1");

    let held = client
        .open_set(
            "/assignments/PLAY004788/tasks/generate?mname=TRATE01&mtype=COB",
            r#"{"executionStatus":"H"}"#,
        )
        .await;
    let (_, answer) = client.post("/releases/RLS123/tasks/remove?level=DEV1", "").await;
    assert_eq!(answer["failedTasks"]["taskId"], "7E53CC8FB3D6", "{answer}");
    assert!(answer["failedTasks"]["errorMessage"].as_str().unwrap().contains(&held));
    let left = client.get("/releases/RLS123/tasks?level=DEV1").await.1;
    assert_eq!(left["tasks"]["taskId"], "7E53CC8FB3D6");
}

#[tokio::test]
async fn a_build_takes_impacts_along_and_says_when_there_are_none() {
    let client = Client::start().await;
    let path = "/build?application=PLAY&assignmentId=PLAY000099&level=DEV1&mname=TREXX04&mtype=COPY";
    let (_, answer) = client.post(path, "{}").await;
    assert_eq!(answer["tasks"][1]["moduleName"], "TPROG04");
    let path = "/build-await?taskId=7E2B00000004";
    check_message(client.post(path, "{}").await, 200, "Impacted tasks not found");
}

#[tokio::test]
async fn other_methods_paths_and_content_types_are_refused_with_a_message() {
    let client = Client::start().await;
    check_message(client.get("/assignments").await, 404, "Nothing");
    check_message(client.get("/packages/1").await, 404, "Nothing");
    check_message(reply(client.request(Method::DELETE, "/sets/S000015218")).await, 404, "Nothing");
    let xml = client.request(Method::POST, "/releases").header("content-type", "text/xml").body("<a/>");
    check_message(reply(xml).await, 415, "application/json");
    let limit = 1024 * 1024;
    let spaces = " ".repeat(limit);
    check_message(client.post("/releases", &spaces).await, 500, "is required");
    check_message(client.post("/releases", &format!("{spaces} ")).await, 413, "longer");
}
