//! A look at Redis for whoever runs the server: whether it is there, which one it is, and whether it can be written. No epoch is
//! joined, and what is written is gone again at once.

use redis::AsyncCommands as _;
use redis::aio::MultiplexedConnection;

use super::link::Link;
use super::{Replicas, Settings, epoch};

/// The key that is written, behind what every key begins with. It is nobody's, so that nothing of a server's is touched.
const KEY: &str = "examined";
/// How long it stays at most, in seconds, should it not be removed.
const STAYS: u64 = 10;

/// What is found.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its version; empty where it does not tell it.
    pub version: String,
    /// What it does when its memory is full, such as `noeviction`; empty where it does not tell it.
    pub when_full: String,
    /// Whether servers use it: they do not where it throws away what it was told; else why not.
    pub used: Result<(), String>,
    /// Whether a key can be written and removed; else why not.
    pub written: Result<(), String>,
}

/// Connects, asks and writes; else why it cannot be reached.
pub async fn examine(settings: &Settings) -> Result<Found, String> {
    // What a server would refuse is refused here.
    Replicas::new(settings.clone(), String::new()).map_err(|error| error.to_string())?;
    let link = Link::new(settings).map_err(|error| error.to_string())?;
    let mut connection = link.connect().await.map_err(|away| away.to_string())?;
    let info: redis::RedisResult<String> = redis::cmd("INFO").query_async(&mut connection).await;
    let used = info.as_deref().map_err(ToString::to_string);
    let used = used.and_then(|info| epoch::run(info).map(drop).map_err(|away| away.to_string()));
    let written = write(&mut connection, &format!("{}{KEY}", settings.prefix)).await;
    let info = info.unwrap_or_default();
    Ok(Found {
        version: told(&info, "redis_version"),
        when_full: told(&info, "maxmemory_policy"),
        used,
        written: written.map_err(|error| error.to_string()),
    })
}

/// What Redis says of itself under this name; nothing where it does not say it.
fn told(info: &str, name: &str) -> String {
    let mut values = info.lines().filter_map(|line| line.split_once(':'));
    values.find(|(known, _)| *known == name).map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}

async fn write(connection: &mut MultiplexedConnection, key: &str) -> redis::RedisResult<()> {
    let () = connection.set_ex(key, "1", STAYS).await?;
    connection.del(key).await
}
