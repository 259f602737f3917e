//! Calls that are answered later where several servers share a Redis: the client comes back to whichever it gets.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Map, Value, json};
use server::identity::api_keys;
use server::replicas::Settings;
use server::{Options, scopes};
use tokio::time::timeout;

use crate::http_support::Served;
use crate::redis_server::RedisServer;
use crate::scratch::Scratch;
use crate::slow_tools::{about, api, begin, call, get, held, quick, send, started, state, until, waiting};
use crate::{fake_upstream, key_file, sample};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
/// Words that wait for whoever works on a task.
const MOST_WORDS: usize = 16;
/// The largest of them, in bytes.
const LARGEST_WORD: usize = 256 << 10;
/// For how long a server is believed to be alive without a sign of it, in milliseconds.
const LEASE_MS: u64 = 10_000;
/// Whoever waits longer waits for ever.
const LONGEST: Duration = Duration::from_secs(30);

/// Two servers of one API, which answers so, with a Redis between them.
async fn two(
    redis: &RedisServer,
    script: impl IntoIterator<Item = fake_upstream::Act>,
    change: impl Fn(&mut Options),
) -> [Served; 2] {
    let sharing = |options: &mut Options| {
        quick(options);
        let settings = Settings::new(redis.url().into(), SECRET.into());
        let (settle, patience) = (Duration::ZERO, Duration::from_secs(5));
        options.engine.replicas = Some(Settings { settle, patience, ..settings });
        change(options);
    };
    let one = Served::start_api(api(), script, &sharing).await;
    let base = one.upstream.base_url();
    let other = Served::start_api(api(), [], |options| {
        options.engine = sample::options(&base);
        sharing(options);
    });
    [one, other.await]
}

async fn usual(redis: &RedisServer, script: impl IntoIterator<Item = fake_upstream::Act>) -> [Served; 2] {
    two(redis, script, |_| {}).await
}

/// Waits until this server tells this of the task.
async fn until_told(served: &Served, id: &str, message: &str) -> Value {
    let telling = async {
        loop {
            let task = get(served, id).await;
            if task["statusMessage"] == message {
                return task;
            }
            assert_eq!(task["status"], "working", "{task}");
        }
    };
    timeout(LONGEST, telling).await.expect("it is told")
}

/// Waits until this server knows of the task again, which it may not for a while.
async fn until_known(served: &Served, id: &str) -> Value {
    let knowing = async {
        loop {
            let mut found = about(served, "tasks/get", id, json!({})).await.json();
            if found.get("error").is_none() {
                return found["result"].take();
            }
            let code = found["error"]["code"].as_i64().unwrap();
            assert!([-32603, -32602].contains(&code), "{found}");
        }
    };
    timeout(LONGEST, knowing).await.expect("it is told again")
}

#[tokio::test]
async fn a_task_is_told_by_every_server_and_its_answer_is_the_same() {
    let scratch = Scratch::new("tasks-shared");
    let redis = RedisServer::start(scratch.path());
    let (look, complete) = held();
    let [one, other] = usual(&redis, [started(), state("Executing"), look]).await;
    let id = begin(&one, "start", waiting()).await;
    assert_eq!(get(&other, &id).await["status"], "working", "it is known as soon as its client is told");
    assert_eq!(until_told(&other, &id, "Executing").await, get(&one, &id).await);
    complete.notify_one();
    let ended = until(&other, &id, "completed").await;
    assert_eq!(ended["result"]["structuredContent"]["followUp"]["outcome"], "done", "{ended}");
    assert_eq!(ended, get(&one, &id).await);
    assert_eq!(other.upstream.requests().len(), 0);
}

#[tokio::test]
async fn a_task_hears_what_its_client_says_to_another_server() {
    let scratch = Scratch::new("tasks-words");
    let redis = RedisServer::start(scratch.path());
    let [one, other] = usual(&redis, []).await;
    let id = begin(&one, "slow", json!({ "how": "ask" })).await;
    let asking = until(&other, &id, "input_required").await;
    let (name, question) = asking["inputRequests"].as_object().unwrap().iter().next().unwrap();
    assert_eq!(question["method"], "elicitation/create");
    for colour in [json!(5), json!("blue")] {
        let answer = json!({ "action": "accept", "content": { "colour": colour } });
        let told = about(&other, "tasks/update", &id, json!({ "inputResponses": { name: answer } })).await;
        assert_eq!(told.result()["resultType"], "complete");
    }
    let ended = until(&other, &id, "completed").await;
    assert_eq!(ended["result"]["content"][0]["text"], "\"blue\"", "what is no answer was passed over");

    let id = begin(&one, "slow", json!({ "how": "never" })).await;
    until_told(&other, &id, "1 of 4").await;
    about(&other, "tasks/cancel", &id, json!({})).await.result();
    until(&one, &id, "cancelled").await;
    assert_eq!(until(&other, &id, "cancelled").await, get(&one, &id).await);
    assert_eq!(about(&other, "tasks/cancel", &id, json!({})).await.result()["resultType"], "complete");
}

#[tokio::test]
async fn t_2a_another_callers_task_reads_like_none_at_every_server() {
    let scratch = Scratch::new("tasks-callers");
    let redis = RedisServer::start(scratch.path());
    let (file, keys) = key_file::write(scratch.path(), [("one", "admin"), ("two", "admin")], &[]);
    let [one, other] = two(&redis, [], |options| {
        options.http.identity.keys = Some(api_keys::Options { file: Some(file.clone()) });
        options.engine.scopes.source = scopes::Source::Off;
    })
    .await;
    let [owner, foreign] = keys.each_ref().map(|key| [("X-API-Key", key.as_str())]);
    let never = json!({ "name": "slow", "arguments": { "how": "never" } });
    let created = send(&one, "tools/call", "slow", never, &owner).await.result();
    let id = created["taskId"].as_str().unwrap();
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let params = |id: &str| json!({ "taskId": id, "inputResponses": {} });
        let refused = send(&other, method, id, params(id), &foreign).await;
        let made_up = "0".repeat(id.len());
        let unknown = send(&other, method, &made_up, params(&made_up), &foreign).await;
        assert_eq!(refused.error(), (200, -32602), "{method}");
        assert_eq!(refused.body, unknown.body, "{method}");
    }
    let seen = send(&other, "tasks/get", id, json!({ "taskId": id }), &owner).await.result();
    assert_eq!(seen["status"], "working", "nobody else cancelled it");
    assert!(!redis.ask(&["keys", "*"]).contains(id), "its name stands nowhere");
}

#[tokio::test]
async fn without_redis_a_call_waits_and_a_task_of_another_server_is_not_said_to_be_none() {
    let scratch = Scratch::new("tasks-away");
    let mut redis = RedisServer::start(scratch.path());
    let [one, other] = usual(&redis, []).await;
    let id = begin(&one, "slow", json!({ "how": "never" })).await;
    let ended = begin(&one, "slow", json!({ "how": "well" })).await;
    until_told(&other, &id, "1 of 4").await;
    until(&other, &ended, "completed").await;
    redis.kill();
    let params = json!({ "inputResponses": {} });
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let refused = about(&other, method, &id, params.clone()).await;
        assert_eq!(refused.error(), (200, -32603), "{method}");
        assert!(refused.body.contains("ask again in a few seconds"), "{refused:?}");
    }
    assert_eq!(get(&one, &id).await["status"], "working", "who works on it knows");
    let waited = call(&other, "slow", json!({ "how": "well" })).await.result();
    assert_eq!(waited["content"][0]["text"], "later: false, first: null");
    redis.restart();
    // It came back empty; whoever knows of a task tells it again.
    assert_eq!(until_known(&other, &id).await["statusMessage"], "1 of 4");
    assert_eq!(until_known(&other, &ended).await["result"]["content"][0]["text"], "later: true, first: null");
}

#[tokio::test]
async fn a_task_that_others_cannot_be_told_of_is_followed_by_none() {
    let scratch = Scratch::new("tasks-full");
    let redis = RedisServer::start(scratch.path());
    let [one, other] = usual(&redis, []).await;
    let id = begin(&one, "slow", json!({ "how": "never" })).await;
    until_told(&other, &id, "1 of 4").await;
    assert_eq!(redis.ask(&["config", "set", "maxmemory", "1"]), "OK");
    let begun = call(&one, "slow", json!({ "how": "never" })).await.result();
    assert_eq!(begun["resultType"], "task", "nobody knows yet that there is no room");
    let waited = call(&one, "slow", json!({ "how": "well" })).await.result();
    assert_eq!(waited["content"][0]["text"], "later: false, first: null", "{waited}");
    assert_eq!(get(&one, begun["taskId"].as_str().unwrap()).await["status"], "working");
}

#[tokio::test]
async fn a_redis_that_may_have_forgotten_is_not_believed_that_there_is_none() {
    let scratch = Scratch::new("tasks-new");
    let redis = RedisServer::start(scratch.path());
    let settling =
        |settle| two(&redis, [], move |options| options.engine.replicas.as_mut().unwrap().settle = settle);
    let asked = async |served: &Served| about(served, "tasks/get", "made-up", json!({})).await.error();
    let [one, _] = settling(Duration::from_secs(3600)).await;
    assert_eq!(asked(&one).await, (200, -32603));
    let [one, _] = settling(Duration::from_secs(2)).await;
    let settled = async { while asked(&one).await != (200, -32602) {} };
    timeout(LONGEST, settled).await.expect("after its time it is believed");
    assert_eq!(redis.ask(&["flushall"]), "OK");
    assert_eq!(asked(&one).await, (200, -32603), "nobody has noticed yet that it is another");
}

#[tokio::test]
async fn an_answer_outlives_its_server_and_work_does_not() {
    let scratch = Scratch::new("tasks-leaving");
    let redis = RedisServer::start(scratch.path());
    let [one, other] = usual(&redis, []).await;
    let never = begin(&one, "slow", json!({ "how": "never" })).await;
    assert_eq!(get(&other, &never).await["status"], "working");
    let rest: u64 = redis.ask(&["pttl", &redis.ask(&["keys", "mcp:task:*"])]).parse().unwrap();
    assert!((1..=LEASE_MS).contains(&rest), "a server that is lost is missed soon: {rest}");
    let ended = begin(&one, "slow", json!({ "how": "well" })).await;
    until(&one, &ended, "completed").await;
    one.shutdown.cancel();
    one.task.await.unwrap().unwrap();
    assert_eq!(about(&other, "tasks/get", &never, json!({})).await.error(), (200, -32602));
    let answer = get(&other, &ended).await;
    assert_eq!(answer["result"]["content"][0]["text"], "later: true, first: null", "{answer}");
}

#[tokio::test]
async fn an_answer_that_is_too_large_to_share_is_said_to_be() {
    let scratch = Scratch::new("tasks-large");
    let redis = RedisServer::start(scratch.path());
    let [one, other] = two(&redis, [], |options| options.engine.portion.bytes = 0).await;
    let id = begin(&one, "slow", json!({ "how": "much" })).await;
    let whole = until(&one, &id, "completed").await;
    assert_eq!(whole["result"]["content"][0]["text"].as_str().unwrap().len(), 1 << 20);
    let told = until(&other, &id, "failed").await;
    assert!(told["error"]["message"].as_str().unwrap().contains("too large"), "{told}");
}

#[tokio::test]
async fn no_more_waits_to_be_heard_than_may() {
    let scratch = Scratch::new("tasks-many-words");
    let redis = RedisServer::start(scratch.path());
    let [one, other] = usual(&redis, []).await;
    let id = begin(&one, "slow", json!({ "how": "never" })).await;
    // Whoever works on it hears every second: all of these are said before the next time, or most of them.
    let say = || about(&other, "tasks/update", &id, json!({ "inputResponses": {} }));
    let said = join_all((0..4 * MOST_WORDS).map(|_| say())).await;
    let (left, refused): (Vec<_>, Vec<_>) =
        said.into_iter().partition(|said| said.json().get("error").is_none());
    assert!(left.len() >= MOST_WORDS && !refused.is_empty(), "{} and {}", left.len(), refused.len());
    assert_eq!(refused[0].error(), (200, -32603));
    assert!(refused[0].body.contains("say it again in a second"), "{:?}", refused[0]);
    // Who cancels is heard all the same.
    about(&other, "tasks/cancel", &id, json!({})).await.result();
    until(&one, &id, "cancelled").await;
}

#[tokio::test]
async fn a_word_that_is_too_large_by_one_byte_is_refused() {
    let scratch = Scratch::new("tasks-large-word");
    let redis = RedisServer::start(scratch.path());
    let [one, other] = usual(&redis, []).await;
    let id = begin(&one, "slow", json!({ "how": "never" })).await;
    // As much as may be in one text, five times, and the rest.
    let answers = |rest: usize| -> Vec<(String, String)> {
        let sizes = [48 << 10, 48 << 10, 48 << 10, 48 << 10, 48 << 10, rest];
        (0..).map(|number| format!("x{number}")).zip(sizes.map(|size| "y".repeat(size))).collect()
    };
    let rest = LARGEST_WORD - json!({ "Answers": answers(0) }).to_string().len();
    for (rest, code) in [(rest, None), (rest + 1, Some(-32602))] {
        let answers: Map<String, Value> =
            answers(rest).into_iter().map(|(name, answer)| (name, answer.into())).collect();
        let said = about(&other, "tasks/update", &id, json!({ "inputResponses": answers })).await.json();
        assert_eq!(said["error"]["code"].as_i64(), code, "{rest}: {said}");
    }
}
