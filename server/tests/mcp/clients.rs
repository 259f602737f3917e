//! A real client of each era, over HTTP: it connects, lists, and calls.

use rmcp::model::{CallToolRequestParams, ClientConfig, ProtocolVersion};
use rmcp::service::RunningService;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::{ClientLifecycleMode, ClientServiceExt, RoleClient};
use serde_json::{Value, json};

use crate::fake_upstream::json as upstream_json;
use crate::http_support::Served;
use crate::sample;

async fn connect(
    served: &Served,
    lifecycle: ClientLifecycleMode,
) -> RunningService<RoleClient, ClientConfig> {
    let transport = StreamableHttpClientTransport::from_uri(format!("http://{}/mcp", served.address));
    ClientConfig::default().serve_with_lifecycle(transport, lifecycle).await.unwrap()
}

fn eras() -> [(ClientLifecycleMode, ProtocolVersion); 3] {
    let modern = vec![ProtocolVersion::V_2026_07_28];
    [
        (ClientLifecycleMode::Initialize, ProtocolVersion::V_2025_11_25),
        (ClientLifecycleMode::Discover { preferred_versions: modern.clone() }, ProtocolVersion::V_2026_07_28),
        (
            ClientLifecycleMode::Auto { preferred_versions: modern, legacy_version: None },
            ProtocolVersion::V_2026_07_28,
        ),
    ]
}

#[tokio::test]
async fn a_client_of_either_era_lists_and_calls() {
    for (lifecycle, version) in eras() {
        let served = Served::start([
            upstream_json("200 OK", r#"{"setId":"S-1"}"#),
            upstream_json("404 Not Found", r#"{"message":"no such release"}"#),
        ])
        .await;
        let client = connect(&served, lifecycle.clone()).await;
        let server = client.peer_info().unwrap();
        assert_eq!(server.protocol_version, version, "{lifecycle:?}");
        assert_eq!(server.server_info.as_ref().map(|info| info.name.as_str()), Some("sample-server"));
        let names: Vec<_> =
            client.list_all_tools().await.unwrap().into_iter().map(|tool| tool.name.into_owned()).collect();
        assert_eq!(names, ["deploy", "elsewhere", "get_rest_of_answer", "open", "read", "silent", "text"]);
        let Value::Object(arguments) = sample::deploying() else { unreachable!() };
        let deploy = CallToolRequestParams::new("deploy").with_arguments(arguments);
        let done = client.call_tool(deploy.clone()).await.unwrap();
        assert_eq!(done.structured_content, Some(json!({ "setId": "S-1" })));
        let failed = client.call_tool(deploy).await.unwrap();
        assert_eq!((failed.is_error, failed.structured_content), (Some(true), None));
        assert!(client.call_tool(CallToolRequestParams::new("nope")).await.is_err());
        client.cancel().await.unwrap();
    }
}

#[tokio::test]
async fn a_client_pages_through_a_long_list() {
    for (lifecycle, _) in eras() {
        let served =
            Served::start_with([], |options| options.mcp.tools_page_size = std::num::NonZeroUsize::new(1))
                .await;
        let client = connect(&served, lifecycle).await;
        assert_eq!(client.list_all_tools().await.unwrap().len(), 7);
        client.cancel().await.unwrap();
    }
}
