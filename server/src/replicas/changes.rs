//! Changes that processes tell each other of: who makes one, and what became of it. Redis keeps the times, by its own clock;
//! what was found out stands in a value that only a process with the secret can have written.

use std::sync::LazyLock;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::script::Script;
use super::{Away, Epoch, Proof, Replicas, epoch, packed, unpacked};
use crate::call::Reply;

/// How long a process that makes a change is believed to be alive without a word of it. Twice this without a word and the
/// outcome is not known.
pub(crate) const LEASE: Duration = Duration::from_secs(15);

/// Takes a change, or gives what is known of it. `KEYS`: the epoch, the change, and the same by the name that the journal
/// has. `ARGV`: the epoch, its time to settle, the process, the arguments, the lease, how long a lost change is remembered, and
/// the value. What the same process has taken is its own: it asks only when it is not making the change.
static BEGIN: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local epoch = redis.call('HMGET', KEYS[1], 'id', 'since')
        if epoch[1] ~= ARGV[1] then return {'epoch'} end
        local rest = epoch[2] + ARGV[2] - now
        if rest > 0 then return {'settle', '', rest} end
        for place = 2, 3 do
            local known = redis.call('HMGET', KEYS[place], 'state', 'owner', 'arguments', 'at', 'lease', 'value')
            local is_own = known[1] == 'running' and known[2] == ARGV[3]
            if known[1] and not is_own then
                local state = known[1]
                if state == 'running' and now >= tonumber(known[5]) then state = 'lost' end
                return {state, known[3], math.max(0, now - known[4]), known[6]}
            end
        end
        redis.call('HSET', KEYS[2], 'state', 'running', 'owner', ARGV[3], 'arguments', ARGV[4],
            'at', now, 'lease', now + ARGV[5], 'value', ARGV[7])
        redis.call('PEXPIRE', KEYS[2], ARGV[5] + ARGV[6])
        return {'first'}",
    )
});

/// Tells of a change, unless another process has told of it. `ARGV`: the process, the state, the arguments, its age, the lease,
/// how long it is kept, and the value. Gives 1 where it was told.
static TELL: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local owner = redis.call('HGET', KEYS[1], 'owner')
        if owner and owner ~= ARGV[1] then return 0 end
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'state', ARGV[2], 'arguments', ARGV[3],
            'at', now - ARGV[4], 'lease', now + ARGV[5], 'value', ARGV[7])
        redis.call('PEXPIRE', KEYS[1], ARGV[6])
        return 1",
    )
});

/// Lets go of a change that was certainly not made.
static DROP: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        if redis.call('HGET', KEYS[1], 'owner') == ARGV[1] then redis.call('DEL', KEYS[1]) end
        return 1",
    )
});

/// What became of a change.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Became {
    /// It is being made.
    Running,
    /// It was made; this is its answer.
    Made(Box<Reply>),
    /// It was made, with this status; its answer is not kept.
    Answered(u16),
    /// That is not known.
    Unknown,
}

/// A change as one process tells others of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Told {
    /// The id of its request.
    pub(crate) request_id: String,
    /// How long ago it ended, or began.
    pub(crate) age: Duration,
    /// What became of it.
    pub(crate) became: Became,
}

/// What a process hears that wants to make a change.
#[derive(Debug)]
pub(crate) enum Begun {
    /// To make it.
    First,
    /// To wait so long, until all have told what they know.
    Settling(Duration),
    /// To find out which epoch it is now.
    OtherEpoch,
    /// What is known of it; whether it is the same change, by its arguments.
    Known { told: Told, is_same: bool },
}

/// The names of a change.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    /// Of caller, tool and arguments, or the idempotency key.
    pub(crate) key: String,
    /// The same, as the journal has it.
    pub(crate) recorded: String,
    /// Of the arguments.
    pub(crate) arguments: String,
}

/// Changes that processes tell each other of.
#[derive(Clone, Debug)]
pub(crate) struct Changes {
    replicas: Replicas,
    proof: Proof,
    /// Names this process.
    process: String,
    /// How long a change whose outcome is not known is remembered.
    unknown: Duration,
}

impl Changes {
    /// Nothing is asked yet.
    pub(crate) fn new(replicas: Replicas, unknown: Duration) -> Self {
        let proof = replicas.proof("change 1");
        Self { replicas, proof, process: uuid::Uuid::new_v4().to_string(), unknown }
    }

    /// The processes.
    pub(crate) fn replicas(&self) -> &Replicas {
        &self.replicas
    }

    /// The names of a change.
    pub(crate) fn names(&self, key: &[u8; 32], recorded: &str, arguments: &[u8; 32]) -> Names {
        Names {
            key: self.replicas.name("change", key),
            recorded: self.recorded(recorded),
            arguments: self.replicas.name("arguments", arguments),
        }
    }

    /// The name of a change of which only the journal knows.
    pub(crate) fn recorded(&self, recorded: &str) -> String {
        self.replicas.name("change", recorded.as_bytes())
    }

    /// Takes a change in this epoch, or hears what is known of it.
    pub(crate) async fn begin(&self, names: &Names, request_id: &str, epoch: &Epoch) -> Result<Begun, Away> {
        let epoch_key = epoch::key(self.replicas.prefix());
        let keys = [&epoch_key, &names.key, &names.recorded];
        let value = self.closed(&names.key, request_id, &Became::Running);
        let arguments: [&[u8]; 7] = [
            epoch.0.as_bytes(),
            &milliseconds(self.replicas.settle()),
            self.process.as_bytes(),
            names.arguments.as_bytes(),
            &milliseconds(LEASE),
            &milliseconds(self.unknown),
            &value,
        ];
        let begun: (String, Option<String>, Option<u64>, Option<Vec<u8>>) =
            padded(self.replicas.link().run(&BEGIN, &keys, &arguments, self.replicas.patience()).await?)?;
        let (state, same_as, number, value) = begun;
        let age = Duration::from_millis(number.unwrap_or_default());
        Ok(match &*state {
            "first" => Begun::First,
            "settle" => Begun::Settling(age),
            "epoch" => Begun::OtherEpoch,
            state => {
                // The value of either name; which one tells nothing.
                let value = value.unwrap_or_default();
                let opened =
                    [&names.key, &names.recorded].into_iter().find_map(|key| self.opened(key, &value));
                let (request_id, became) =
                    opened.unwrap_or_else(|| ("not known".to_owned(), Became::Unknown));
                let became = match state {
                    "running" => Became::Running,
                    "lost" => Became::Unknown,
                    // One that says of itself that it has ended, and whose value does not, is not known.
                    _ if became == Became::Running => Became::Unknown,
                    _ => became,
                };
                // The journal does not know the arguments of what it has only a name for.
                let is_same = same_as.is_none_or(|known| known.is_empty() || known == names.arguments);
                Begun::Known { told: Told { request_id, age, became }, is_same }
            }
        })
    }

    /// Tells of a change, to be remembered for so long. `false` where another process has told of it already.
    pub(crate) async fn tell(
        &self,
        key: &str,
        arguments: &str,
        told: &Told,
        kept: Duration,
    ) -> Result<bool, Away> {
        let (state, kept) = match told.became {
            Became::Running => ("running", LEASE + self.unknown),
            _ => ("ended", kept),
        };
        let value = self.closed(key, &told.request_id, &told.became);
        let arguments: [&[u8]; 7] = [
            self.process.as_bytes(),
            state.as_bytes(),
            arguments.as_bytes(),
            &milliseconds(told.age),
            &milliseconds(LEASE),
            &milliseconds(kept.max(Duration::from_millis(1))),
            &value,
        ];
        self.replicas.link().run(&TELL, &[key], &arguments, self.replicas.patience()).await
    }

    /// Lets go of a change that was certainly not made.
    pub(crate) async fn let_go(&self, key: &str) -> Result<(), Away> {
        let done: Result<u8, Away> =
            self.replicas.link().run(&DROP, &[key], &[&self.process], self.replicas.patience()).await;
        done.map(drop)
    }

    fn closed(&self, key: &str, request_id: &str, became: &Became) -> Vec<u8> {
        let reply = match became {
            Became::Made(reply) => String::from_utf8(packed(reply)).ok(),
            _ => None,
        };
        let status = match became {
            Became::Answered(status) => Some(*status),
            _ => None,
        };
        let value =
            Value { request_id: request_id.to_owned(), running: *became == Became::Running, status, reply };
        self.proof.close(key, &serde_json::to_vec(&value).expect("text and numbers are JSON"))
    }

    fn opened(&self, key: &str, value: &[u8]) -> Option<(String, Became)> {
        let value: Value = serde_json::from_slice(self.proof.open(key, value)?).ok()?;
        let became = match (value.running, value.reply, value.status) {
            (true, ..) => Became::Running,
            (_, Some(reply), _) => Became::Made(Box::new(unpacked(reply.as_bytes())?)),
            (_, _, Some(status)) => Became::Answered(status),
            _ => Became::Unknown,
        };
        Some((value.request_id, became))
    }
}

/// What stands behind the proof.
#[derive(Serialize, Deserialize)]
struct Value {
    request_id: String,
    #[serde(default)]
    running: bool,
    status: Option<u16>,
    /// The packed answer.
    reply: Option<String>,
}

fn milliseconds(time: Duration) -> Vec<u8> {
    time.as_millis().to_string().into_bytes()
}

/// An answer of a script with as many members as are read.
fn padded<T: redis::FromRedisValue>(mut answer: Vec<redis::Value>) -> Result<T, Away> {
    answer.resize(4, redis::Value::Nil);
    T::from_redis_value(redis::Value::Array(answer)).map_err(|error| Away::new(error.to_string()))
}
