//! What a running server shows of itself at `/status`: the settings with their origins, and what programs that knew the Python
//! server read there.

use serde_json::{Map, Value, json};

use crate::Program;
use crate::settings::{Config, Origin, Setting, Settings};

/// The members, secrets masked.
pub(crate) fn members(program: &Program, settings: &mut Settings) -> Map<String, Value> {
    let Settings { config, settings, .. } = settings;
    let rows: Vec<Value> = settings.iter().map(|row| shown(row, config)).collect();
    let server =
        json!({ "name": config.server.mcp.name, "program": program.name, "version": program.version });
    let members = json!({
        "server": server,
        "features": features(config),
        "configuration": configuration(config),
        "settings": rows,
    });
    let Value::Object(members) = members else { unreachable!("it is an object") };
    members
}

fn shown((setting, origin): &(Setting, Origin), config: &mut Config) -> Value {
    let value = setting.kind.show(config);
    let value = if value.is_empty() { Value::Null } else { value.into() };
    json!({ "key": setting.key, "value": value, "from": origin.to_string() })
}

/// What is on, in the words of the Python server where it had one.
fn features(config: &Config) -> Value {
    let (engine, journal) = (&config.server.engine, &config.journal);
    let quota = &engine.quota;
    let of_all = quota.enabled && quota.per_minute > 0;
    let of_each = quota.caller_enabled && (quota.caller_per_minute > 0 || quota.key_per_minute > 0);
    let is_recorded = journal.enabled && !journal.options.folder.as_os_str().is_empty();
    json!({
        "rate_limiting": of_all || of_each,
        "caching": engine.cache.enabled,
        "metrics": config.counting.told,
        "observability": is_recorded,
        "error_handling": engine.retry.attempts > 1,
        "authentication": config.auth.asks(),
        "tls": config.tls.is_wanted(),
        "redis": config.sharing.is_wanted(),
    })
}

fn configuration(config: &Config) -> Value {
    let engine = &config.server.engine;
    json!({
        "api_base_url": engine.upstream.base_url,
        "rate_limit_rpm": engine.quota.per_minute,
        "cache_max_size": engine.cache.entries,
        "cache_ttl": engine.cache.default_ttl.as_secs(),
    })
}
