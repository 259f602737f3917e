//! Callers' credentials in Redis, for all servers that share one: as they are kept in a file, and encrypted the same.

use std::sync::LazyLock;

use tokio::time::Instant;

use super::super::Account;
use super::{Entry, Opening, Owner};
use crate::call::CallError;
use crate::replicas::{self, Away, Recent, Replicas, Script};
use crate::start_error::StartError;

/// `KEYS[1]` has the owners, `KEYS[2]` what one of them has, by scheme. Adds a credential; gives 1 where there was one.
static ADD: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        redis.call('SADD', KEYS[1], ARGV[1])
        return 1 - redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])",
    )
});

/// The same keys. Removes the credential of a scheme, or all where none is named; gives how many there were.
static REMOVE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local count = redis.call('HLEN', KEYS[2])
        if ARGV[2] == '' then redis.call('DEL', KEYS[2]) else redis.call('HDEL', KEYS[2], ARGV[2]) end
        local left = redis.call('HLEN', KEYS[2])
        if left == 0 then redis.call('SREM', KEYS[1], ARGV[1]) end
        return count - left",
    )
});

/// Gives everything that the owners in `KEYS[1]` have; `ARGV[1]` is what the other keys begin with.
static LIST: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local all = {}
        for _, owner in ipairs(redis.call('SMEMBERS', KEYS[1])) do
            for _, entry in ipairs(redis.call('HVALS', ARGV[1] .. owner)) do all[#all + 1] = entry end
        end
        return all",
    )
});

/// The credentials in Redis.
pub struct Shared {
    replicas: Replicas,
    recent: Recent<String, Option<Account>>,
}

impl Shared {
    pub(super) fn new(replicas: Replicas) -> Self {
        Self { replicas, recent: Recent::new() }
    }

    /// The credentials in the Redis of these settings, for whoever changes them.
    pub fn at(settings: replicas::Settings) -> Result<Self, StartError> {
        Replicas::new(settings, String::new()).map(Self::new)
    }

    /// Adds a credential, in the place of one of the same owner for the same scheme. Whether there was one.
    pub async fn add(&self, entry: &Entry) -> Result<bool, StartError> {
        let text = serde_json::to_string(entry).expect("an entry is JSON");
        let arguments = [entry.owner().name(), entry.scheme().to_owned(), text];
        self.run::<i64>(&ADD, &self.keys(entry.owner()), &arguments).await.map(|there| there == 1)
    }

    /// Removes the credentials of an owner, all of them where no scheme is named. How many there were.
    pub async fn remove(&self, owner: &Owner, scheme: Option<&str>) -> Result<usize, StartError> {
        let arguments = [owner.name(), scheme.unwrap_or_default().to_owned()];
        self.run(&REMOVE, &self.keys(owner), &arguments).await
    }

    /// All credentials, in the order in which they were added.
    pub async fn entries(&self) -> Result<Vec<Entry>, StartError> {
        let texts: Vec<String> = self.run(&LIST, &[self.owners()], &[self.of_each()]).await?;
        let mut entries: Vec<Entry> =
            texts.iter().filter_map(|text| serde_json::from_str(text).ok()).collect();
        entries.sort_by(|one, other| one.added().cmp(other.added()));
        Ok(entries)
    }

    /// The account of this owner, as Redis says or said a moment ago. While Redis is away, what it said within the last minute.
    pub(super) async fn of(&self, owner: &Owner, opening: &Opening) -> Result<Option<Account>, CallError> {
        let (name, now) = (owner.name(), Instant::now());
        if let Some(account) = self.recent.fresh(&name, now) {
            return Ok(account);
        }
        let account = match self.ask(owner).await {
            Ok(entries) => opened(owner, &entries, opening)?,
            Err(Away(why)) => {
                let cause = || CallError::CredentialUnavailable { cause: format!("Redis: {why}") };
                return self.recent.while_away(&name, now).ok_or_else(cause);
            }
        };
        self.recent.put(name, account.clone(), now);
        Ok(account)
    }

    async fn ask(&self, owner: &Owner) -> Result<Vec<String>, Away> {
        let [_, key] = self.keys(owner);
        let link = self.replicas.link();
        link.ask(self.replicas.patience(), |mut connection, _| {
            let mut values = redis::cmd("HVALS");
            values.arg(key);
            async move { values.query_async(&mut connection).await }
        })
        .await
    }

    async fn run<T: redis::FromRedisValue + Send>(
        &self,
        script: &Script,
        keys: &[String],
        arguments: &[String],
    ) -> Result<T, StartError> {
        let run = self.replicas.link().run(script, keys, arguments, self.replicas.patience());
        run.await.map_err(|why| StartError::new(format!("REDIS_URL: Redis cannot be asked: {why}")))
    }

    fn owners(&self) -> String {
        format!("{}credentials", self.replicas.prefix())
    }

    fn of_each(&self) -> String {
        format!("{}credential:", self.replicas.prefix())
    }

    fn keys(&self, owner: &Owner) -> [String; 2] {
        [self.owners(), format!("{}{}", self.of_each(), owner.name())]
    }
}

/// The account that these texts make of this owner; nothing where they are those of somebody else, or of nobody.
fn opened(owner: &Owner, texts: &[String], opening: &Opening) -> Result<Option<Account>, CallError> {
    let unusable = |cause: String| CallError::CredentialUnavailable { cause };
    let read =
        |text: &String| serde_json::from_str::<Entry>(text).map_err(|error| unusable(error.to_string()));
    let entries = texts.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let mine: Vec<&Entry> = entries.iter().filter(|entry| entry.owner() == owner).collect();
    if mine.is_empty() {
        return Ok(None);
    }
    opening.account(&mine).map(Some).map_err(|error| unusable(error.to_string()))
}
