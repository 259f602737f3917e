//! A look at Redis for whoever runs the server: whether it is there, which one it is, and whether it can be written. No epoch is
//! joined, and what is written is gone again at once.

use redis::AsyncCommands as _;
use redis::aio::MultiplexedConnection;

use super::link::Link;
use super::{Replicas, Settings};

/// The key that is written, behind what every key begins with. It is nobody's, so that nothing of a server's is touched.
const KEY: &str = "examined";
/// How long it stays at most, in seconds, should it not be removed.
const STAYS: u64 = 10;

/// What is found.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its version; empty where it may not be asked.
    pub version: String,
    /// What it does when its memory is full, such as `noeviction`; empty where it may not be asked.
    pub when_full: String,
    /// Whether a key can be written and removed; else why not.
    pub written: Result<(), String>,
}

/// Connects, asks and writes; else why it cannot be reached.
pub async fn examine(settings: &Settings) -> Result<Found, String> {
    // What a server would refuse is refused here.
    Replicas::new(settings.clone(), String::new()).map_err(|error| error.to_string())?;
    let link = Link::new(settings).map_err(|error| error.to_string())?;
    let mut connection = link.connect().await.map_err(|away| away.to_string())?;
    let version = told(&mut connection, "server", "redis_version").await;
    let when_full = told(&mut connection, "memory", "maxmemory_policy").await;
    let written = write(&mut connection, &format!("{}{KEY}", settings.prefix)).await;
    Ok(Found { version, when_full, written: written.map_err(|error| error.to_string()) })
}

/// What Redis says of itself under this name; nothing where it does not say it.
async fn told(connection: &mut MultiplexedConnection, section: &str, name: &str) -> String {
    let told: Result<String, _> = redis::cmd("INFO").arg(section).query_async(connection).await;
    let told = told.unwrap_or_default();
    let mut values = told.lines().filter_map(|line| line.split_once(':'));
    values.find(|(known, _)| *known == name).map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}

async fn write(connection: &mut MultiplexedConnection, key: &str) -> redis::RedisResult<()> {
    let () = connection.set_ex(key, "1", STAYS).await?;
    connection.del(key).await
}
