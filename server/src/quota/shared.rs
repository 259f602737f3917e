//! The quotas of calls as all processes know them, in Redis: the same rule, by the clock of Redis, in one round trip.

use std::sync::LazyLock;
use std::time::Duration;

use super::{Rate, Rates};
use crate::identity::Caller;
use crate::replicas::{Away, Replicas, Script};

/// The time now, in microseconds, which a double holds whole for two centuries more.
const CLOCK: &str = "
    local time = redis.call('TIME')
    local now = time[1] * 1000000 + time[2]";

/// The rule of [`super::rate`]. `KEYS`: each quota, in the order in which they are charged; `ARGV`: for each, what the call costs
/// and what all that may come at once costs, in microseconds. Gives 0, or the wait. What no quota of this rate can be, since the
/// clock went back, the rate was slower or somebody else wrote it, is a quota that is all used, from now on; one that is whole again is forgotten.
const RULE: &str = "
    local after = {}
    for place = 1, #KEYS do
        local cost, burst = tonumber(ARGV[2 * place - 1]), tonumber(ARGV[2 * place])
        local whole = tonumber(redis.call('GET', KEYS[place]) or now) or now
        if whole > now + burst then
            whole = now + burst
            redis.call('SET', KEYS[place], string.format('%.3f', whole), 'PX', math.ceil(burst / 1000))
        end
        after[place] = math.max(whole, now) + cost
        local wait = after[place] - burst - now
        if wait > 0 then return math.ceil(wait) end
    end
    for place = 1, #KEYS do
        redis.call('SET', KEYS[place], string.format('%.3f', after[place]), 'PX', math.ceil((after[place] - now) / 1000))
    end
    return 0";

static CHARGE: LazyLock<Script> = LazyLock::new(|| Script::new(&format!("{CLOCK}{RULE}")));

/// The quotas in Redis.
#[derive(Debug)]
pub(crate) struct Shared {
    replicas: Replicas,
}

impl Shared {
    /// Quotas in this Redis.
    pub(crate) fn new(replicas: Replicas) -> Self {
        Self { replicas }
    }

    /// Charges a call to both quotas of these rates, or to none and says when to come again; or Redis is away.
    pub(crate) async fn charge(
        &self,
        rates: &Rates,
        caller: &Caller,
        weight: usize,
    ) -> Result<Result<(), Duration>, Away> {
        self.ask(&CHARGE, rates, caller, weight, None).await
    }

    async fn ask(
        &self,
        script: &Script,
        rates: &Rates,
        caller: &Caller,
        weight: usize,
        now: Option<Duration>,
    ) -> Result<Result<(), Duration>, Away> {
        let own = rates.of(caller);
        let own = own.map(|rate| (rate, self.replicas.name("quota", caller.key().as_bytes())));
        let common = rates.common.as_ref().map(|rate| (rate, self.replicas.name("quotas", b"")));
        let (charged, keys): (Vec<&Rate>, Vec<String>) = own.into_iter().chain(common).unzip();
        let costs = charged.into_iter().flat_map(|rate| [rate.cost(weight), rate.burst()]);
        let arguments: Vec<String> = costs.chain(now).map(microseconds).collect();
        let within = self.replicas.timeout();
        let wait: u64 = self.replicas.link().run(script, &keys, &arguments, within).await?;
        Ok(if wait == 0 { Ok(()) } else { Err(Duration::from_micros(wait)) })
    }
}

fn microseconds(time: Duration) -> String {
    format!("{}.{:03}", time.as_micros(), time.subsec_nanos() % 1000)
}

/// The same by a given clock.
#[cfg(test)]
impl Shared {
    pub(crate) async fn charge_at(
        &self,
        rates: &Rates,
        caller: &Caller,
        weight: usize,
        now: Duration,
    ) -> Result<(), Duration> {
        static AT: LazyLock<Script> =
            LazyLock::new(|| Script::new(&format!("local now = tonumber(ARGV[#ARGV]){RULE}")));
        self.ask(&AT, rates, caller, weight, Some(now)).await.expect("Redis is there")
    }
}
