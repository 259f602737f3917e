//! `tools`: what the server offers.

use serde_json::Value;
use server::catalog::{Api, Work};

use crate::Program;
use crate::commands::build;
use crate::refusal::Refusal;
use crate::settings::Config;
use crate::table::{fitted, has_room};

/// A table for people. Where it has no room, names of operations are left out first.
pub(crate) fn table(api: &Api) -> String {
    let mut rows = vec![["tool", "effect", "operation", "title"].map(str::to_owned)];
    for tool in api.tools {
        let operation = match tool.work {
            Work::Request(_) => tool.operation,
            Work::Own(_) | Work::Rest => "(own)",
        };
        rows.push([tool.name, tool.effect.word(), operation, tool.title].map(str::to_owned));
    }
    if has_room(&rows) {
        return fitted(&rows);
    }
    let fewer: Vec<[String; 3]> =
        rows.into_iter().map(|[tool, effect, _, title]| [tool, effect, title]).collect();
    fitted(&fewer)
}

/// What `tools/list` answers with these settings.
pub(crate) fn list(program: &Program, mut config: Config) -> Result<Value, Refusal> {
    // Nothing is sent, and where the API is does not change what is offered: so it need not be set.
    if config.server.engine.upstream.base_url.is_empty() {
        config.server.engine.upstream.base_url = "http://api.invalid".to_owned();
    }
    config.server.engine.policy = config.access.settings(None, program.policy);
    Ok(build(program, config.server)?.tools())
}
