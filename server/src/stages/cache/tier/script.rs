//! What Redis does in one step for kept answers. Marks are hashes: `stamp` is the clock at the last change of a place, and each
//! other field is a change under way, or one of which nobody knows what became, with the time until when nothing is kept.

use std::sync::LazyLock;

use crate::replicas::Script;

/// The time of Redis in milliseconds.
const NOW: &str = "
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)";

fn script(text: &str) -> Script {
    Script::new(&format!("{NOW}{text}"))
}

/// What is known of an answer. `KEYS`: the clock, the answer, who asks for it, the marks of its places; `ARGV`: the largest value.
/// Gives the clock, the time, the newest change of its places, whether somebody asks, the value's size, and the value unless it
/// is too large.
pub(super) static LOOK: LazyLock<Script> = LazyLock::new(|| {
    script(
        "
        local newest = 0
        for place = 4, #KEYS do
            newest = math.max(newest, tonumber(redis.call('HGET', KEYS[place], 'stamp') or 0) or 0)
        end
        local size, value = redis.pcall('STRLEN', KEYS[2]), ''
        if type(size) == 'table' then
            size = 1
        elseif size > 0 and size <= tonumber(ARGV[1]) then
            value = redis.call('GET', KEYS[2])
        end
        local clock = tonumber(redis.call('GET', KEYS[1]) or 0)
        return {clock, now, newest, redis.call('EXISTS', KEYS[3]), size, value}",
    )
});

/// Keeps an answer unless one of its places was changed after it was asked for, or is being changed. `KEYS`: the answer, the marks;
/// `ARGV`: the clock when it was asked for, how long it is of use, the value. Gives 1 where it is kept.
pub(super) static KEEP: LazyLock<Script> = LazyLock::new(|| {
    script(
        "
        for place = 2, #KEYS do
            local known = redis.call('HGETALL', KEYS[place])
            for field = 1, #known, 2 do
                local number = tonumber(known[field + 1])
                if known[field] == 'stamp' then
                    if number > tonumber(ARGV[1]) then return 0 end
                elseif number > now then
                    return 0
                end
            end
        end
        redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[2])
        return 1",
    )
});

/// Tells of a change. `KEYS`: the clock, the marks; `ARGV`: the change, for how long nothing is kept of its places, for how long
/// marks are remembered, where others hear of it, and what they hear.
pub(super) static TELL: LazyLock<Script> = LazyLock::new(|| {
    script(
        "
        local stamp = redis.call('INCR', KEYS[1])
        local rest = tonumber(ARGV[2])
        for place = 2, #KEYS do
            redis.call('HSET', KEYS[place], 'stamp', stamp)
            if rest > 0 then
                redis.call('HSET', KEYS[place], ARGV[1], now + rest)
            else
                redis.call('HDEL', KEYS[place], ARGV[1])
            end
            redis.call('PEXPIRE', KEYS[place], ARGV[3])
        end
        redis.call('PUBLISH', ARGV[4], ARGV[5])
        return stamp",
    )
});

/// Asks for an answer in the name of all. `ARGV`: who, and for how long without a word.
pub(super) static TAKE: LazyLock<Script> =
    LazyLock::new(|| script("return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) and 1 or 0"));

/// Goes on asking.
pub(super) static RENEW: LazyLock<Script> = LazyLock::new(|| {
    script(
        "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0",
    )
});

/// Ends asking.
pub(super) static LEAVE: LazyLock<Script> = LazyLock::new(|| {
    script("if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0")
});
