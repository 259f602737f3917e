//! What the program says of itself: its log, and what clients are shown.

use serde_json::{Value, json};

use crate::fake_upstream::json as answer;
use crate::program_support::{run, serve};
use crate::wire::Answer;
use crate::world::{NOWHERE, World, assignment};

#[tokio::test]
async fn as_much_is_logged_as_is_wanted_in_the_form_that_is_wanted() {
    let log = async |environment: &[(&str, &str)]| run(&["config"], environment).await.stderr;
    assert_eq!(log(&[("LOG_LEVEL", "warn")]).await, "");
    assert!(log(&[("LOG_LEVEL", "debug")]).await.contains("DEBUG"));
    let line = log(&[("LOG_LEVEL", "debug"), ("LOG_FORMAT", "json")]).await;
    let line: Value = serde_json::from_str(line.lines().next().unwrap()).unwrap();
    assert_eq!(line["level"], "DEBUG");
    let (mut running, _) = serve(&[NOWHERE, ("LOG_LEVEL", "debug")]).await;
    running.log_line("DEBUG").await;
}

async fn hello(world: &World) -> Answer {
    let client = json!({
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" }
    });
    world.message("initialize", client).await
}

#[tokio::test]
async fn the_server_presents_itself_as_it_is_told_to() {
    let names = [
        ("FASTMCP_SERVER_NAME", "changes"),
        ("MCP_TITLE", "Changes of the mainframe"),
        ("MCP_INSTRUCTIONS", "Ask before you deploy."),
    ];
    let changed = hello(&World::start([], &names).await).await.result();
    let (info, told) = (&changed["serverInfo"], changed["instructions"].as_str().unwrap());
    assert_eq!((&info["name"], &info["title"]), (&json!(names[0].1), &json!(names[1].1)));
    assert!(told.starts_with(names[2].1), "{told}");
}

#[tokio::test]
async fn lists_of_tools_are_kept_for_as_long_and_cut_as_is_said() {
    let list = async |world: &World| world.stateless("tools/list", None, json!({}), json!({})).await.result();
    let usual = list(&World::start([], &[]).await).await;
    assert_eq!((&usual["ttlMs"], usual.get("nextCursor")), (&json!(300_000), None));
    let changed = [("MCP_TOOLS_TTL", "7"), ("MCP_TOOLS_PAGE_SIZE", "2")];
    let page = list(&World::start([], &changed).await).await;
    assert_eq!((&page["ttlMs"], page["tools"].as_array().unwrap().len()), (&json!(7000), 2));
    assert!(page["nextCursor"].is_string(), "{page}");
}

#[tokio::test]
async fn what_is_not_wanted_is_not_offered() {
    let world = World::start([], &[("TOOLS_OUTPUT_SCHEMAS", "brief")]).await;
    let brief = world.message("tools/list", json!({})).await.body;
    let usual = World::start([], &[]).await;
    let full = usual.message("tools/list", json!({})).await.body;
    assert!(
        brief.contains("outputSchema") && brief.len() < full.len() * 9 / 10,
        "{} of {}",
        brief.len(),
        full.len()
    );
    let without =
        World::start([], &[("MCP_ABOUT_TOOLS", "false"), ("MCP_RESOURCES", "false"), ("MCP_PLAIN", "false")])
            .await;
    for (world, offered) in [(&usual, true), (&without, false)] {
        assert_eq!(world.tools().await.contains(&"whoami".to_owned()), offered);
        let resources = world.message("resources/list", json!({})).await.json();
        assert_eq!(resources["result"]["resources"].is_array(), offered, "{resources}");
        let plain = world.get("/mcp/tools").await.status;
        assert_eq!(plain, if offered { 200 } else { 404 });
    }
}

#[tokio::test]
async fn so_many_clients_have_sessions() {
    const SESSION: &str = "mcp-session-id";
    assert_eq!(hello(&World::start([], &[]).await).await.header(SESSION), None);
    let world = World::start([], &[("MCP_SESSIONS", "1")]).await;
    assert!(hello(&world).await.header(SESSION).is_some());
    assert_eq!(hello(&world).await.header(SESSION), None, "there is no place for a second");
}

#[tokio::test]
async fn an_answer_is_cut_where_it_has_more_bytes_than_a_client_gets() {
    let task = |number| json!({ "taskId": format!("{number:012}"), "moduleName": "PROGRAM" });
    let tasks = json!({ "tasks": (0..40).map(task).collect::<Vec<_>>() }).to_string();
    for (bytes, is_cut) in [("1024", true), ("0", false)] {
        let world = World::start([answer("200 OK", &tasks)], &[("MCP_MAX_ANSWER_SIZE", bytes)]).await;
        let params = json!({ "name": "get_assignment_tasks", "arguments": assignment("PLAY000313") });
        let given = world.message("tools/call", params).await.result();
        assert_eq!(given["structuredContent"].get("truncated").is_some(), is_cut, "{given}");
        assert_eq!(given["structuredContent"].to_string().len() <= 1024, is_cut, "{given}");
    }
}

#[tokio::test]
async fn the_direct_lane_is_taken_where_it_is_on() {
    for (lane, taken) in [("true", 1), ("false", 0)] {
        let world = World::start([], &[("MCP_DIRECT_LANE", lane)]).await;
        let params = json!({ "name": "get_assignment_tasks", "arguments": assignment("PLAY000313") });
        let given = world.message("tools/call", params).await.result();
        assert_eq!(given["isError"], false, "{given}");
        assert_eq!(world.counted("mcp_direct_calls_total").await, taken, "{lane}");
    }
}

#[tokio::test]
async fn clients_are_shown_the_tools_that_are_chosen_and_what_they_answer_if_that_is_wanted() {
    let chosen = [("TOOLS_MODE", "toolsets"), ("TOOLSETS", "approvals"), ("TOOLS_OUTPUT_SCHEMAS", "off")];
    let world = World::start([], &chosen).await;
    let list = world.message("tools/list", json!({})).await.body;
    assert!(list.contains("reset_set_approval") && !list.contains("get_set_tasks\""), "{list}");
    assert!(!list.contains("outputSchema"), "{list}");
    let world = World::start([], &[("TOOLS_MODE", "search")]).await;
    let shown = world.tools().await;
    assert!(shown.contains(&"call_tool".to_owned()) && !shown.contains(&"get_set".to_owned()), "{shown:?}");
    let usual = World::start([], &[]).await;
    assert!(usual.message("tools/list", json!({})).await.body.contains("outputSchema"));
}
