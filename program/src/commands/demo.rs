//! `demo`: a stand-in for the API and the server in front of it, in one process, with words on how to
//! connect.

use std::env::current_exe;
use std::sync::Arc;

use secrecy::SecretString;
use serde_json::{Value, json};
use server::journal::Stream;

use crate::commands::counted::Counted;
use crate::commands::listener::{bound, endpoint, listen};
use crate::commands::prepare;
use crate::commands::reread::Reread;
use crate::commands::serve::{listen_to_signals, no_signals, over_http};
use crate::output::print;
use crate::process::shutdown_on_signal;
use crate::refusal::Refusal;
use crate::settings::{Account, Config};
use crate::{Demonstration, Program};

/// Starts both, prints how to connect, and serves until a signal.
pub(crate) async fn run(program: &Program, mut config: Config, reread: &Reread) -> Result<(), Refusal> {
    let start =
        program.demonstration.ok_or_else(|| Refusal::usage("there is no command `demo` in this program"))?;
    over_http(&mut config)?;
    let (scheme, counted) = (config.tls.scheme(), Counted::of(&config));
    let listener = listen(config.listen()).await?;
    let address = bound(&listener)?;
    let counted = counted.listen().await?;
    let demonstration = start()
        .await
        .map_err(|error| Refusal::failure(format!("the stand-in for the API does not start: {error}")))?;

    // A demonstration never touches a real API, whatever the environment says; nor a gateway before one, nor a token endpoint.
    config.account = Account::default();
    let upstream = &mut config.server.engine.upstream;
    upstream.base_url.clone_from(&demonstration.base_url);
    upstream.authorization_word = None;
    upstream.credentials = program
        .api
        .security_schemes
        .iter()
        .map(|scheme| (scheme.name.to_owned(), SecretString::from(demonstration.token.clone())))
        .collect();
    let recorded = prepare(program, config, Stream::Error)?;
    let shutdown = shutdown_on_signal(recorded.journal.clone()).map_err(no_signals)?;
    listen_to_signals(&recorded, reread)?;
    print(&introduction(program, &endpoint(scheme, address), &demonstration))?;
    let server = Arc::clone(&recorded.server);
    let told = counted.tell(&server, shutdown.clone());
    let (served, told) = tokio::join!(Arc::clone(&server).serve(listener, shutdown.clone()), told);
    served.and(told).map_err(|error| Refusal::configuration(error.to_string()))?;
    drop(demonstration.running);
    Ok(())
}

fn introduction(program: &Program, endpoint: &str, demonstration: &Demonstration) -> String {
    let Demonstration { base_url, token, calls, .. } = demonstration;
    let name = program.name;
    let command = current_exe().map_or_else(|_| name.to_owned(), |path| path.display().to_string());
    let over_http = json!({"type": "http", "url": endpoint});
    let over_stdio = json!({
        "command": command,
        "args": ["stdio"],
        "env": {"API_BASE_URL": base_url, "API_TOKEN": token},
    });
    let configuration = |server: &Value| format!("{:#}", json!({"mcpServers": {name: server}}));
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let calls: Vec<String> = calls.iter().map(|(tool, arguments)| format!("  {tool} {arguments}")).collect();
    format!(
        "MCP endpoint: {endpoint}\n\
         Simulator: {base_url}  token {token}\n\
         \n\
         Client configuration over HTTP (VS Code calls `mcpServers` just `servers`):\n{}\n\
         \n\
         Client configuration over stdio, while this demo runs:\n{}\n\
         \n\
         List the tools:\n  \
         curl -s {endpoint} -H 'content-type: application/json' -H 'accept: application/json, text/event-stream' \\\n    \
         -H 'mcp-protocol-version: 2025-11-25' -d '{list}'\n\
         \n\
         Tool calls to try:\n{}\n\
         \n\
         Ctrl-C stops both.\n",
        configuration(&over_http),
        configuration(&over_stdio),
        calls.join("\n"),
    )
}
