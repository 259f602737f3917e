//! What clients say of a task to a process that does not work on it: left where whoever does looks every second.

use std::sync::LazyLock;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::replicas::{Away, Proof, Replicas, Script};

/// For how long a process that works on a task is believed to be alive without a sign of it, and a word waits for it.
pub(super) const LEASE: Duration = Duration::from_secs(10);

/// What words are kept under, and the copies of tasks.
const WORDS: &str = "task-words";
pub(super) const COPY: &str = "task";
/// How many may wait to be heard, and how large each may be, in bytes.
const MOST: usize = 16;
const LARGEST: usize = 256 << 10;

/// Gives a sign of life and the words that were not heard. `KEYS`: the copy, the words. `ARGV`: the lease, the last word that was heard.
/// Gives whether there is a copy still, and the number and text of each word. Whoever gets no answer asks the same again.
static TAKE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        for _, heard in ipairs(redis.call('XRANGE', KEYS[2], '-', ARGV[2])) do redis.call('XDEL', KEYS[2], heard[1]) end
        local words = {}
        for _, word in ipairs(redis.call('XRANGE', KEYS[2], '-', '+')) do
            table.insert(words, word[1])
            table.insert(words, word[2][2])
        end
        return {redis.call('PEXPIRE', KEYS[1], ARGV[1]), words}",
    )
});

/// Leaves a word. `KEYS`: the copy, the words. `ARGV`: how long it waits, how many may, the word, whether it is the last that matters.
/// Gives 1 where it was left, 0 where there are as many as may be, and nothing where there is no task any more.
static LEAVE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        if redis.call('EXISTS', KEYS[1]) == 0 then return nil end
        if ARGV[4] == '1' then redis.call('XTRIM', KEYS[2], 'MAXLEN', 0) end
        if redis.call('XLEN', KEYS[2]) >= tonumber(ARGV[2]) then return 0 end
        redis.call('XADD', KEYS[2], '*', 'word', ARGV[3])
        redis.call('PEXPIRE', KEYS[2], ARGV[1])
        return 1",
    )
});

/// What a client says of its task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Word {
    /// It does not wait any more.
    Cancel,
    /// Answers to what was asked, by the names of the questions.
    Answers(Vec<(String, Value)>),
}

/// Why nobody will hear a word.
#[derive(Debug)]
pub(crate) enum Unsaid {
    /// Redis cannot be asked.
    Away(Away),
    /// As many wait to be heard as may.
    TooMany,
    /// It has so many bytes, and may have so many.
    TooLarge(usize, usize),
}

/// The place where words are left.
#[derive(Clone, Debug)]
pub(super) struct Words {
    replicas: Replicas,
    proof: Proof,
}

/// Words with their numbers; nothing in the place of one that none of us wrote.
type Heard = Vec<(String, Option<Word>)>;

impl Words {
    /// Before the first word.
    pub(super) const NONE: &str = "0-0";

    /// The place that these processes share.
    pub(super) fn new(replicas: Replicas) -> Self {
        let proof = replicas.proof(WORDS);
        Self { replicas, proof }
    }

    /// Leaves a word about the task of this name.
    pub(super) async fn leave(&self, name: &[u8], word: &Word) -> Result<(), Unsaid> {
        let text = serde_json::to_vec(word).expect("its keys are text");
        if text.len() > LARGEST {
            return Err(Unsaid::TooLarge(text.len(), LARGEST));
        }
        let keys = self.keys(name);
        let value = self.proof.close(&keys[1], &text);
        let (lease, most) = (LEASE.as_millis().to_string(), MOST.to_string());
        let is_last: &[u8] = if *word == Word::Cancel { b"1" } else { b"0" };
        let arguments = [lease.as_bytes(), most.as_bytes(), &value, is_last];
        let link = self.replicas.link();
        match link.run(&LEAVE, &keys, &arguments, self.replicas.patience()).await {
            Ok(Some(true) | None) => Ok(()),
            Ok(Some(false)) => Err(Unsaid::TooMany),
            Err(why) => Err(Unsaid::Away(why)),
        }
    }

    /// The words about this task after the last that was heard; the copy is there for so long from now. Whether it was there.
    pub(super) async fn take(
        &self,
        name: &[u8],
        lease: Duration,
        heard: &str,
    ) -> Result<(bool, Heard), Away> {
        let keys = self.keys(name);
        let lease = lease.as_millis().max(1).to_string();
        let (link, patience) = (self.replicas.link(), self.replicas.patience());
        let (is_there, found): (bool, Vec<(String, Vec<u8>)>) =
            link.run(&TAKE, &keys, &[&*lease, heard], patience).await?;
        let open = |value: &[u8]| serde_json::from_slice(self.proof.open(&keys[1], value)?).ok();
        Ok((is_there, found.into_iter().map(|(number, value)| (number, open(&value))).collect()))
    }

    /// The keys of the copy and of the words.
    fn keys(&self, name: &[u8]) -> [String; 2] {
        [COPY, WORDS].map(|label| self.replicas.name(label, name))
    }
}
