//! Which Redis it is. A Redis that was restarted, emptied or replaced may have lost what it was told, so whoever comes first
//! to it begins a new epoch, and all who knew the one before tell what they know again.

use std::sync::{Arc, LazyLock};

use redis::aio::MultiplexedConnection;
use redis::{FromRedisValue, RedisResult};

use super::Away;
use super::script::Script;

/// Names the time since Redis may last have lost something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Epoch(pub(crate) Arc<str>);

/// `KEYS[1]` holds the epoch: the process of Redis in which it began, its name, and when it began. Gives its name.
static JOIN: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local known = redis.call('HMGET', KEYS[1], 'run', 'id')
        if known[1] == ARGV[1] and known[2] then return known[2] end
        local time = redis.call('TIME')
        redis.call('HSET', KEYS[1], 'run', ARGV[1], 'id', ARGV[2],
            'since', time[1] * 1000 + math.floor(time[2] / 1000))
        return ARGV[2]",
    )
});

/// The key of the epoch.
pub(crate) fn key(prefix: &str) -> String {
    format!("{prefix}epoch")
}

/// Joins the epoch, or begins one. Fails where Redis would throw away what it was told.
pub(super) async fn join(connection: &mut MultiplexedConnection, prefix: &str) -> Result<Epoch, Away> {
    let info: String = redis::cmd("INFO").query_async(connection).await.map_err(|error| away(&error))?;
    let run = run(&info)?;
    let id = uuid::Uuid::new_v4().to_string();
    let joined: String =
        JOIN.run(connection, &[&key(prefix)], &[run, &id]).await.map_err(|error| away(&error))?;
    Ok(Epoch(joined.into()))
}

/// Whether the epoch still is what it was.
pub(super) async fn lasts(
    connection: &mut MultiplexedConnection,
    prefix: &str,
    epoch: &Epoch,
) -> Result<bool, Away> {
    let known: RedisResult<redis::Value> =
        redis::cmd("HGET").arg(key(prefix)).arg("id").query_async(connection).await;
    let known = known.and_then(|value| Ok(Option::<String>::from_redis_value(value)?));
    Ok(known.map_err(|error| away(&error))?.as_deref() == Some(&*epoch.0))
}

fn away(error: &redis::RedisError) -> Away {
    Away::new(error.to_string())
}

/// The name of the process that Redis is, if it keeps what it is told.
pub(super) fn run(info: &str) -> Result<&str, Away> {
    let member = |name: &str| {
        let mut lines = info.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(known, _)| *known == name).map(|(_, value)| value.trim())
    };
    let is_bounded = member("maxmemory").is_some_and(|bytes| bytes != "0");
    match member("maxmemory_policy") {
        Some(policy) if is_bounded && policy != "noeviction" => Err(Away::new(format!(
            "it throws keys away when its memory is full, and with them the knowledge of changes: set its maxmemory-policy to noeviction, it is {policy}"
        ))),
        _ => member("run_id").ok_or_else(|| Away::new("it does not say which process it is (INFO, run_id)")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redis_that_may_throw_keys_away_is_not_used() {
        let info = |memory: &str, policy: &str| {
            format!(
                "# Server\r\nrun_id:abc\r\n# Memory\r\nmaxmemory:{memory}\r\nmaxmemory_policy:{policy}\r\n"
            )
        };
        assert_eq!(run(&info("0", "noeviction")), Ok("abc"));
        assert_eq!(run(&info("1000", "noeviction")), Ok("abc"));
        assert_eq!(run(&info("0", "allkeys-lru")), Ok("abc"), "without a bound nothing is thrown away");
        let why = run(&info("1000", "allkeys-lru")).expect_err("it may").to_string();
        assert!(why.contains("noeviction") && why.contains("allkeys-lru"), "{why}");
        assert!(run("role:master").is_err());
    }
}
