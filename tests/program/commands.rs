//! The commands that do one thing and end: `tools`, `call`, `health`, and what is said to a command line that is wrong.

use code_pipeline_mcp::api;
use serde_json::{Value, json};
use simulator::{Clock, Fault, FaultKind, Matching, Running, Simulator};

use crate::program_support::{Outcome, run, run_with_input, serve};

async fn simulator() -> Running {
    Simulator::builder().clock(Clock::manual()).start().await.expect("the simulator starts")
}

/// Runs `call` against the simulator.
async fn call(simulator: &Running, arguments: &[&str], input: &str) -> Outcome {
    let environment = [("API_BASE_URL", &*simulator.url()), ("API_TOKEN", simulator.token())];
    run_with_input(&[&["call"], arguments].concat(), &environment, input).await
}

#[tokio::test]
async fn every_command_line_that_is_wrong_ends_with_code_64() {
    let wrong: &[&[&str]] = &[
        &[],
        &["dance"],
        &["serve", "--loud"],
        &["serve", "--listen", "8080"],
        &["serve", "--set", "listen.port"],
        &["serve", "--set", "listen.prt=1"],
        &["serve", "--set", "api.token=canary"],
        &["serve", "--listen", "127.0.0.1:0", "--set", "listen.port=1"],
        &["call"],
        &["call", "no_such_tool"],
        &["call", "get_assignment_tasks", "--arg", "srid"],
        &["call", "get_assignment_tasks", "--arg", "srid=a", "--arg", "srid=b"],
        &["call", "get_assignment_tasks", "--json", "/does/not/exist"],
        &["health", "--url", "https://canary@example.com"],
        &["config", "--json", "--markdown"],
    ];
    for arguments in wrong {
        let Outcome { code, stdout, stderr } =
            run(arguments, &[("API_BASE_URL", "http://127.0.0.1:9")]).await;
        assert_eq!((code, &*stdout), (64, ""), "{arguments:?}: {stderr}");
        assert!(!stderr.is_empty() && !stderr.contains("canary"), "{arguments:?}: {stderr}");
    }
}

#[tokio::test]
async fn the_version_names_program_api_and_document() {
    let Outcome { code, stdout, .. } = run(&["--version"], &[]).await;
    let api = api::catalog();
    assert_eq!(code, 0);
    for part in [env!("CARGO_PKG_VERSION"), api.title, api.version, api.digest] {
        assert!(stdout.contains(part), "{part} is not in {stdout}");
    }
}

#[tokio::test]
async fn help_names_every_command() {
    let Outcome { code, stdout, .. } = run(&["--help"], &[]).await;
    assert_eq!(code, 0);
    for command in ["demo", "serve", "stdio", "tools", "call", "config", "audit", "health"] {
        assert!(
            stdout.lines().any(|line| line.trim_start().starts_with(&format!("{command} "))),
            "{command}: {stdout}"
        );
    }
}

#[tokio::test]
async fn the_tools_are_listed_without_an_address_of_the_api() {
    let Outcome { code, stdout, stderr } = run(&["tools"], &[]).await;
    assert_eq!((code, &*stderr), (0, ""));
    assert_eq!(stdout.lines().count(), 1 + api::catalog().tools.len());
    let row = stdout.lines().find(|line| line.starts_with("generate_assignment ")).unwrap();
    assert!(row.contains("write") && row.contains("generateTasksInAssignment"), "{row}");

    let Outcome { code, stdout, .. } = run(&["tools", "--json"], &[]).await;
    assert_eq!(code, 0);
    let tools: Value = serde_json::from_str(&stdout).unwrap();
    let names: Vec<&str> =
        tools.as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    let mut expected: Vec<&str> = api::catalog().tools.iter().map(|tool| tool.name).collect();
    // They stand beside the generated ones, as clients see it.
    expected.extend(["get_rest_of_answer", "echo", "health_check", "ping", "whoami"]);
    expected.sort_unstable();
    assert_eq!(names, expected);
    assert!(tools[0]["inputSchema"].is_object() && tools[0]["annotations"].is_object(), "{}", tools[0]);
}

#[tokio::test]
async fn a_call_prints_the_structured_answer() {
    let simulator = simulator().await;
    let arguments = ["get_assignment_tasks", "--arg", "srid=cw09-47623", "--arg", "assignmentId=PLAY000313"];
    let Outcome { code, stdout, stderr } = call(&simulator, &arguments, "").await;
    assert_eq!((code, &*stderr), (0, ""));
    assert!(serde_json::from_str::<Value>(&stdout).unwrap().is_object(), "{stdout}");
    let [request] = &simulator.take_requests()[..] else { panic!("not one request") };
    assert_eq!(request.target, "/ispw/cw09-47623/assignments/PLAY000313/tasks");
    assert_eq!(request.header("authorization"), Some(simulator.token()));
    assert!(
        request.header("user-agent").unwrap().starts_with("code-pipeline-mcp/"),
        "{:?}",
        request.header("user-agent")
    );
}

#[tokio::test]
async fn a_call_that_asks_needs_a_yes() {
    let simulator = simulator().await;
    let deploy = [
        "deploy_assignment",
        "--arg",
        "srid=cw09-47623",
        "--arg",
        "assignmentId=PLAY000313",
        "--arg",
        "level=PRD",
    ];
    let Outcome { code, stdout, stderr } = call(&simulator, &deploy, "").await;
    assert_eq!((code, &*stdout), (64, ""), "{stderr}");
    assert!(
        stderr.starts_with("Deploy assignment \"PLAY000313\" of \"cw09-47623\" at level \"PRD\"?\n"),
        "{stderr}"
    );
    assert!(stderr.contains("say yes beforehand with --yes"), "{stderr}");
    assert_eq!(simulator.take_requests().len(), 0);
    let Outcome { stderr, .. } = call(&simulator, &[&deploy[..], &["--yes"]].concat(), "").await;
    assert_eq!(simulator.take_requests().len(), 1, "{stderr}");
}

#[tokio::test]
async fn arguments_may_come_as_json_and_are_completed_by_flags() {
    let simulator = simulator().await;
    let object = json!({"srid": "cw09-47623", "assignmentId": "PLAY000313"}).to_string();
    let arguments = ["get_assignment_tasks", "--json", "-", "--arg", "level=DEV2"];
    let Outcome { code, stderr, .. } = call(&simulator, &arguments, &object).await;
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(
        simulator.take_requests()[0].target,
        "/ispw/cw09-47623/assignments/PLAY000313/tasks?level=DEV2"
    );
    let Outcome { code, stderr, .. } = call(&simulator, &arguments, "[1, \"canary\"").await;
    assert_eq!(code, 64);
    assert!(stderr.contains("--json -: expected a JSON object") && !stderr.contains("canary"), "{stderr}");
}

#[tokio::test]
async fn a_call_that_fails_says_why_on_standard_error_with_code_1() {
    let simulator = simulator().await;
    for (arguments, expected) in [
        // Refused here, before anything is sent.
        (&["get_assignment_tasks", "--arg", "srid=cw09-47623"][..], "assignmentId"),
        (&["get_assignment_tasks", "--arg", "srid=../x", "--arg", "assignmentId=PLAY000313"][..], "srid"),
        (
            &["get_assignment_tasks", "--arg", "srid=a", "--arg", "assignmentId=P1", "--arg", "levl=DEV2"][..],
            "level",
        ),
    ] {
        let Outcome { code, stdout, stderr } = call(&simulator, arguments, "").await;
        assert_eq!((code, &*stdout), (1, ""), "{arguments:?}");
        assert!(stderr.contains(expected), "{arguments:?}: {stderr}");
        assert_eq!(simulator.take_requests().len(), 0, "{arguments:?}");
    }
    let arguments = ["get_assignment_tasks", "--arg", "srid=cw09-47623", "--arg", "assignmentId=NOSUCH0001"];
    let Outcome { code, stdout, stderr } = call(&simulator, &arguments, "").await;
    assert_eq!((code, &*stdout), (1, ""), "{stderr}");
    assert!(!stderr.is_empty());
    assert_eq!(simulator.take_requests().len(), 1);
}

#[tokio::test]
async fn the_credential_appears_in_nothing_that_a_call_prints() {
    let simulator = Simulator::builder().clock(Clock::manual()).token("canary-token").start().await.unwrap();
    let body = json!({"message": "no: canary-token"}).to_string();
    simulator.fault(Fault::once(
        Matching::Any,
        FaultKind::Status {
            code: 500,
            body,
            headers: vec![("content-type".into(), "application/json".into())],
        },
    ));
    let arguments = [
        "get_assignment_tasks",
        "--arg",
        "srid=a",
        "--arg",
        "assignmentId=PLAY000313",
        "--log-level",
        "trace",
    ];
    let Outcome { code, stdout, stderr } = call(&simulator, &arguments, "").await;
    assert_eq!((code, &*stdout), (1, ""));
    assert_eq!(simulator.take_requests().len(), 1, "the call reached the simulator");
    assert!(!stderr.contains("canary-token"), "{stderr}");
}

#[tokio::test]
async fn without_a_credential_a_call_is_refused_and_nothing_is_sent() {
    let simulator = simulator().await;
    let environment = [("API_BASE_URL", &*simulator.url())];
    let arguments = ["call", "get_assignment_tasks", "--arg", "srid=a", "--arg", "assignmentId=PLAY000313"];
    let Outcome { code, stderr, .. } = run(&arguments, &environment).await;
    assert_eq!(code, 1, "{stderr}");
    assert!(stderr.contains("API_TOKEN"), "{stderr}");
    assert_eq!(simulator.take_requests().len(), 0);
}

#[tokio::test]
async fn health_tells_whether_a_server_is_well() {
    let (server, address) = serve(&[("API_BASE_URL", "http://127.0.0.1:9"), ("API_TOKEN", "x")]).await;
    let port = address.port().to_string();
    for arguments in [&["health"][..], &["health", "--url", &format!("http://{address}/ready")]] {
        let Outcome { code, stdout, stderr } = run(arguments, &[("PORT", &port)]).await;
        assert_eq!((code, &*stdout, &*stderr), (0, "healthy\n", ""), "{arguments:?}");
    }
    let not_found = run(&["health", "--url", &format!("http://{address}/nothing")], &[]).await;
    assert_eq!(not_found.code, 1, "{not_found:?}");
    server.signal(rustix::process::Signal::TERM);
    assert_eq!(server.exit_code().await, 0);
    let gone = run(&["health"], &[("PORT", &port)]).await;
    assert_eq!((gone.code, gone.stderr.lines().count()), (1, 1), "{gone:?}");
}
