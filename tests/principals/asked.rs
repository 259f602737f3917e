//! What is asked: every endpoint in every way that matters, and every tool.

use code_pipeline_mcp::api;
use serde_json::{Map, Value, json};

use crate::callers::Principal;
use crate::servers;
use crate::support::rows;
use crate::wire::{Answer, MEDIA_TYPES, modern_body, send};

/// A request without what its principal shows.
pub(crate) struct Asked {
    pub(crate) name: String,
    /// The tool that it calls.
    pub(crate) tool: Option<&'static str>,
    method: &'static str,
    path: &'static str,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Asked {
    fn plain(method: &'static str, path: &'static str) -> Self {
        let name = format!("{method} {path}");
        Self { name, tool: None, method, path, headers: Vec::new(), body: String::new() }
    }

    /// A message, in words of the era of the handshake.
    fn message(method: &str, params: Value) -> Self {
        let mut body = json!({ "jsonrpc": "2.0", "method": method, "params": params });
        if !method.starts_with("notifications/") {
            body["id"] = 1.into();
        }
        let name = format!("{method}, 2025-11-25");
        let headers = vec![("MCP-Protocol-Version", "2025-11-25".to_owned())];
        Self { name, headers, body: body.to_string(), ..Self::plain("POST", "/mcp") }
    }

    /// A message of the stateless era, from a client that can ask a person.
    fn stateless(method: &str, name: Option<&str>, params: Value) -> Self {
        let mut body = modern_body(method, params);
        body["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({ "elicitation": {} });
        let mut headers =
            vec![("MCP-Protocol-Version", "2026-07-28".to_owned()), ("Mcp-Method", method.to_owned())];
        headers.extend(name.map(|name| ("Mcp-Name", name.to_owned())));
        let name = format!("{method}, 2026-07-28");
        Self { name, headers, body: body.to_string(), ..Self::plain("POST", "/mcp") }
    }

    /// A call of a tool; `how` tells it from others of the same.
    fn call(tool: &str, how: &str, arguments: &Map<String, Value>) -> Self {
        let params = json!({ "name": tool, "arguments": arguments });
        let name = format!("{tool} {how}").trim_end().to_owned();
        let tool = &*Box::leak(tool.to_owned().into_boxed_str());
        Self { name, tool: Some(tool), ..Self::stateless("tools/call", Some(tool), params) }
    }

    /// Whether it is a message of the protocol.
    pub(crate) fn is_message(&self) -> bool {
        !self.body.is_empty()
    }

    /// Asks as this principal.
    pub(crate) async fn send(&self, address: std::net::SocketAddr, principal: &Principal) -> Answer {
        let mut target = format!("{} {}", self.method, self.path);
        if !principal.query.is_empty() {
            target.push_str(&format!("{}{}", if target.contains('?') { '&' } else { '?' }, principal.query));
        }
        let mut headers = if self.is_message() { MEDIA_TYPES.to_vec() } else { Vec::new() };
        headers.extend(
            self.headers.iter().chain(&principal.headers).map(|(name, value)| (*name, value.as_str())),
        );
        send(address, &target, &headers, &self.body).await
    }
}

/// Every endpoint, and what looks like one.
pub(crate) fn endpoints() -> Vec<Asked> {
    const METADATA: &str = "/.well-known/oauth-protected-resource";
    const OF_MCP: &str = "/.well-known/oauth-protected-resource/mcp";
    let strange = |header: &'static str, value: &str, path| {
        let name = format!("GET {path}, {header}: {value}");
        Asked { name, headers: vec![(header, value.to_owned())], ..Asked::plain("GET", path) }
    };
    let mut all = Vec::new();
    for path in ["/health", "/ready", METADATA, OF_MCP, "/metrics"] {
        all.extend(["GET", "HEAD", "POST", "DELETE", "OPTIONS"].map(|method| Asked::plain(method, path)));
    }
    all.extend(["GET", "HEAD", "PUT", "DELETE", "OPTIONS"].map(|method| Asked::plain(method, "/mcp")));
    let plain =
        ["/mcp/capabilities", "/mcp/tools", "/mcp/resources", "/mcp/resources/metrics", "/openapi.json"];
    all.extend(plain.map(|path| Asked::plain("GET", path)));
    all.extend(["GET", "HEAD", "POST", "DELETE"].map(|method| Asked::plain(method, "/status")));
    all.extend(["GET", "HEAD", "POST", "DELETE"].map(|method| Asked::plain(method, "/status/log-level")));
    let level = json!({ "level": "off" }).to_string();
    all.push(Asked { body: level, ..Asked::plain("PUT", "/status/log-level") });
    all.push(Asked::plain("GET", "/mcp/resources/status"));
    all.push(Asked::plain("GET", "/mcp/tools/get_assignments"));
    let arguments = json!({ "srid": "ISPW" }).to_string();
    all.push(Asked { body: arguments, ..Asked::plain("POST", "/mcp/tools/get_assignments") });
    all.push(Asked { body: "{}".to_owned(), ..Asked::plain("POST", "/mcp/tools/deploy_set") });
    let elsewhere = [
        "/",
        "/nothing",
        "/mcp/",
        "/MCP",
        "/mcp/../health",
        "//health",
        "/health/",
        "/%68ealth",
        "/health/../mcp",
        "/.well-known/oauth-protected-resource/",
        "/.well-known/oauth-protected-resource/other",
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
    ];
    all.extend(elsewhere.map(|path| Asked::plain("GET", path)));
    all.push(Asked::plain("GET", "/health?path=/mcp"));
    for path in ["/health", "/mcp"] {
        all.push(strange("Host", "evil.example", path));
        all.push(strange("Origin", "https://evil.example", path));
        all.push(strange("X-Original-URL", "/health", path));
    }
    all.extend(messages());
    all
}

/// The messages of the protocol, of both eras.
fn messages() -> Vec<Asked> {
    let client = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } });
    let mut all = vec![
        Asked::message("initialize", client),
        Asked::message("notifications/initialized", json!({})),
        Asked::message("ping", json!({})),
        Asked::message("tools/list", json!({})),
        Asked::stateless("server/discover", None, json!({})),
        Asked::stateless("tools/list", None, json!({})),
    ];
    for method in ["resources/list", "resources/templates/list", "prompts/list"] {
        all.push(Asked::stateless(method, None, json!({})));
    }
    let nothing = Asked::call("no_such_tool", "", &Map::new());
    all.push(Asked { name: "tools/call of a tool that there is not".to_owned(), tool: None, ..nothing });
    let odd = |name: &str, body: &str| {
        let name = name.to_owned();
        Asked { name, body: body.to_owned(), ..Asked::message("ping", json!({})) }
    };
    all.push(odd("a message that is no JSON", "{"));
    all.push(odd("a batch of messages", r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#));
    all
}

/// Every tool, with arguments that it takes: what changes something at a level, at one that is protected and at one that is not.
pub(crate) fn tools() -> Vec<Asked> {
    let rows = rows("operations.json");
    let mut all = Vec::new();
    for name in servers::tools() {
        let row = rows.iter().find(|row| row.tool.as_deref() == Some(&*name));
        let mut arguments = row.and_then(|row| row.arguments.clone()).unwrap_or_default();
        match &*name {
            "echo" => drop(arguments.insert("message".to_owned(), "x".into())),
            "get_rest_of_answer" => drop(arguments.insert("cursor".to_owned(), "x".into())),
            _ => {}
        }
        if !has_levels(&name) {
            all.push(Asked::call(&name, "", &arguments));
            continue;
        }
        for level in ["DEV1", "PRD"] {
            arguments.insert("level".to_owned(), level.into());
            all.push(Asked::call(&name, &format!("at {level}"), &arguments));
        }
    }
    all
}

/// Whether a tool changes something at a level.
fn has_levels(name: &str) -> bool {
    api::catalog().find(name).is_some_and(|tool| {
        let schema: Value = serde_json::from_str(tool.input_schema).unwrap();
        tool.effect.word() != "read" && schema["properties"].get("level").is_some()
    })
}
