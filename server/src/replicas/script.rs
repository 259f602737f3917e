//! A script as Redis takes it: by its digest, and by its text where that is not known there.

use redis::aio::MultiplexedConnection;
use redis::{FromRedisValue, RedisResult, ToRedisArgs};

/// A script that Redis runs as a whole, without anybody between its steps.
#[derive(Debug)]
pub(crate) struct Script(redis::Script);

impl Script {
    /// A script in Lua.
    pub(crate) fn new(text: &str) -> Self {
        Self(redis::Script::new(text))
    }

    pub(super) async fn run<T: FromRedisValue>(
        &self,
        connection: &mut MultiplexedConnection,
        keys: &[impl ToRedisArgs],
        arguments: &[impl ToRedisArgs],
    ) -> RedisResult<T> {
        let mut script = self.0.prepare_invoke();
        for key in keys {
            script.key(key);
        }
        for argument in arguments {
            script.arg(argument);
        }
        script.invoke_async(connection).await
    }
}
