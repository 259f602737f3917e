//! The keys in Redis, for all servers that share one: one list, changed as a whole, with a number that only grows and a proof by
//! the secret that they share. Servers ask every second whether the number is still the one that they know.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use super::List;
use crate::private_file::Listed as _;
use crate::replicas::{self, Away, Proof, Replicas, Script};
use crate::start_error::StartError;

/// What proofs of lists are made with.
const LABEL: &str = "api keys";
/// How often a change is tried that others come before.
const TRIES: usize = 20;

/// `KEYS[1]` has the list and its number. Gives the number, and the list where the number is not `ARGV[1]`.
static READ: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local known = redis.call('HMGET', KEYS[1], 'number', 'list')
        if not known[1] then return { '', '' } end
        if known[1] == ARGV[1] then return { known[1], '' } end
        return known",
    )
});

/// The same key. Puts the list `ARGV[3]` of the number `ARGV[2]` in the place of the one of `ARGV[1]`; gives 0 where that is another.
static CHANGE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        if (redis.call('HGET', KEYS[1], 'number') or '0') ~= ARGV[1] then return 0 end
        redis.call('HSET', KEYS[1], 'number', ARGV[2], 'list', ARGV[3])
        return 1",
    )
});

/// What a look at the list found.
pub(super) enum Look {
    /// It is the one that is known.
    Same,
    /// It is another one, of this number.
    Changed(List, u64),
    /// There is none, or none that one of us wrote after the one that is known.
    Wrong(&'static str),
    /// Redis cannot be asked.
    Away(Away),
}

/// The list in Redis.
pub struct Shared {
    replicas: Replicas,
    key: String,
    proof: Proof,
}

impl Shared {
    pub(super) fn new(replicas: Replicas) -> Self {
        let (key, proof) = (format!("{}api-keys", replicas.prefix()), replicas.proof(LABEL));
        Self { replicas, key, proof }
    }

    /// The list in the Redis of these settings, for whoever changes it.
    pub fn at(settings: replicas::Settings) -> Result<Self, StartError> {
        Replicas::new(settings, String::new()).map(Self::new)
    }

    /// Looks whether the list is still the one of this number, and waits so long for an answer.
    pub(super) async fn look(&self, known: Option<u64>, within: Duration) -> Look {
        let asked = known.map_or_else(String::new, |number| number.to_string());
        let (keys, arguments) = ([&self.key], [asked]);
        let run = self.replicas.link().run(&READ, &keys, &arguments, within);
        let (number, list): (String, Vec<u8>) = match run.await {
            Ok(found) => found,
            Err(away) => return Look::Away(away),
        };
        let Ok(number) = number.parse::<u64>() else { return Look::Wrong("there is none") };
        if known == Some(number) {
            return Look::Same;
        }
        if known.is_some_and(|known| number < known) {
            return Look::Wrong("it is older than one that was there");
        }
        match self.proof.open(&self.numbered(number), &list).and_then(List::from_bytes) {
            Some(list) => Look::Changed(list, number),
            None => Look::Wrong("no server of this secret wrote it"),
        }
    }

    /// The keys; none where there is no list yet.
    pub async fn load(&self) -> Result<List, StartError> {
        self.read().await.map(|(list, _)| list)
    }

    /// Changes the keys, one change after the other however many programs make some.
    pub async fn change<T>(
        &self,
        change: impl Fn(&mut List) -> Result<T, StartError>,
    ) -> Result<T, StartError> {
        for _ in 0..TRIES {
            let (mut list, number) = self.read().await?;
            let changed = change(&mut list)?;
            let next = number + 1;
            let value = self.proof.close(&self.numbered(next), &list.to_bytes());
            let arguments = [number.to_string().into_bytes(), next.to_string().into_bytes(), value];
            let (link, keys) = (self.replicas.link(), [&self.key]);
            let run = link.run::<i64>(&CHANGE, &keys, &arguments, self.replicas.patience());
            if run.await.map_err(cannot)? == 1 {
                return Ok(changed);
            }
        }
        Err(StartError::new("REDIS_URL: the keys in Redis are changed by too many others at once"))
    }

    async fn read(&self) -> Result<(List, u64), StartError> {
        match self.look(None, self.replicas.patience()).await {
            Look::Changed(list, number) => Ok((list, number)),
            Look::Wrong("there is none") | Look::Same => Ok((List::empty(), 0)),
            Look::Wrong(why) => {
                Err(StartError::new(format!("REDIS_SECRET: the list of keys in Redis is not used: {why}")))
            }
            Look::Away(away) => Err(cannot(away)),
        }
    }

    /// When each key was last used, RFC 3339, by its name.
    pub async fn last_used(&self) -> Result<BTreeMap<String, String>, StartError> {
        let key = self.used();
        let asked = self.replicas.link().ask(self.replicas.patience(), |mut connection, _| async move {
            redis::cmd("HGETALL").arg(key).query_async(&mut connection).await
        });
        asked.await.map_err(cannot)
    }

    /// Writes down when keys were last used. A use that is not written down is no harm.
    pub(super) async fn note(&self, times: BTreeMap<String, SystemTime>) {
        let key = self.used();
        let noting = self.replicas.link().ask(self.replicas.patience(), |mut connection, _| async move {
            let mut set = redis::cmd("HSET");
            set.arg(key);
            for (id, time) in times {
                set.arg(id).arg(humantime::format_rfc3339_seconds(time).to_string());
            }
            set.query_async::<()>(&mut connection).await
        });
        if let Err(why) = noting.await {
            tracing::debug!(%why, "when API keys were used cannot be written down");
        }
    }

    fn used(&self) -> String {
        format!("{}:used", self.key)
    }

    /// What a list is good for: its place and its number, so that it cannot be passed off as a later one.
    fn numbered(&self, number: u64) -> String {
        format!("{}:{number}", self.key)
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Shared({})", self.key)
    }
}

fn cannot(away: Away) -> StartError {
    StartError::new(format!("REDIS_URL: Redis cannot be asked: {away}"))
}
