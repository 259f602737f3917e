//! What SIGHUP takes of a settings file that has changed, seen in the program that goes on serving; and that one fault in it keeps all
//! of it out.

use std::fs;
use std::path::PathBuf;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::calls::{generating, set};
use crate::fake_upstream::Act;
use crate::program_support::run;
use crate::quotas::reads;
use crate::scratch::Scratch;
use crate::world::{NOWHERE, SOON, World, assignment, outcome, timed};

/// A program with a settings file.
struct Changing {
    world: World,
    folder: Scratch,
}

impl Changing {
    async fn start(
        name: &str,
        script: impl IntoIterator<Item = Act>,
        text: &str,
        changed: &[(&str, &str)],
    ) -> Self {
        let folder = Scratch::new(name);
        let file = folder.path().join("server.toml");
        fs::write(&file, text).unwrap();
        let file = ("SETTINGS_FILE", file.to_str().unwrap());
        let world = World::start(script, &[changed, &[file]].concat()).await;
        Self { world, folder }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("server.toml")
    }

    /// Has another text read, and gives the line of the log with these words.
    async fn read(&mut self, text: &str, words: &str) -> String {
        fs::write(self.file(), text).unwrap();
        self.world.running.signal(Signal::HUP);
        self.world.running.log_line(words).await
    }

    async fn take(&mut self, text: &str) {
        self.read(text, "these have changed and are in force").await;
    }

    /// What `/status` shows of a setting.
    async fn shown(&self, key: &str) -> (String, String) {
        let status = self.world.get("/status").await.json();
        let settings = status["settings"].as_array().unwrap();
        let setting = settings.iter().find(|setting| setting["key"] == key).unwrap();
        let text = |member: &str| setting[member].as_str().unwrap().to_owned();
        (text("value"), text("from"))
    }
}

#[tokio::test]
async fn quotas_of_all_together_and_of_each_caller() {
    let mut changing = Changing::start("reload-quotas", [], "", &[]).await;
    assert_eq!(reads(&changing.world, 12).await, [200; 12], "no bound");
    changing.take("quota.per_minute = 1\nquota.burst = 2\n").await;
    assert_eq!(reads(&changing.world, 3).await, [200, 200, 429]);
    assert_eq!(changing.world.read().await.header("retry-after"), Some("60"));
    // What was used is used, and what is waited for is what the new rate takes.
    changing.take("quota.per_minute = 2\nquota.burst = 2\n").await;
    assert_eq!(changing.world.read().await.header("retry-after"), Some("30"));
    changing.take("quota.enabled = false\nquota.per_minute = 2\nquota.burst = 2\n").await;
    assert_eq!(reads(&changing.world, 3).await, [200; 3]);
    changing.take("quota.caller_per_minute = 1\nquota.burst = 3\n").await;
    assert_eq!(reads(&changing.world, 4).await, [200, 200, 200, 429]);
    changing.take("quota.caller_per_minute = 1\nquota.caller_enabled = false\n").await;
    assert_eq!(reads(&changing.world, 3).await, [200; 3]);
}

#[tokio::test]
async fn what_a_change_counts_as() {
    let quota = "quota.per_minute = 1\nquota.burst = 3\n";
    let mut changing = Changing::start("reload-weight", [], quota, &[]).await;
    changing.take(&format!("{quota}quota.change_weight = 3\n")).await;
    assert_eq!(changing.world.change().await.status, 200);
    assert_eq!(changing.world.read().await.status, 429);
}

#[tokio::test]
async fn the_quota_of_a_key() {
    let folder = Scratch::new("reload-keys");
    let file = folder.path().join("keys.json");
    let keys = [NOWHERE, ("AUTH_PROVIDER", "api_key"), ("AUTH_API_KEYS_FILE", file.to_str().unwrap())];
    let create = ["keys", "create", "--owner", "jenkins", "--role", "observer", "--scope", "cp:read"];
    let made = run(&create, &keys).await.stdout;
    let mut changing = Changing::start("reload-key", [], "", &keys[1..]).await;
    let shown = [("X-API-Key", made.trim())];
    let arguments = assignment("PLAY000313");
    for (text, expected) in
        [("", [200, 200]), ("quota.api_key_per_minute = 1\nquota.burst = 1\n", [200, 429])]
    {
        if !text.is_empty() {
            changing.take(text).await;
        }
        let read = async || changing.world.call_as("get_assignment_tasks", &arguments, &shown).await.status;
        assert_eq!([read().await, read().await], expected, "{text}");
    }
}

#[tokio::test]
async fn how_often_requests_may_come_from_one_site() {
    let mut changing = Changing::start("reload-site", [], "", &[]).await;
    assert_eq!(changing.world.get("/mcp/tools").await.header("x-ratelimit-limit"), None);
    changing.take("limits.site_requests_per_minute = 1\nlimits.site_burst = 2\n").await;
    let asked = changing.world.get("/mcp/tools").await;
    assert_eq!((asked.status, asked.header("x-ratelimit-limit")), (200, Some("2")));
    assert_eq!(changing.world.get("/mcp/tools").await.status, 200);
    assert_eq!(changing.world.get("/mcp/tools").await.header("retry-after"), Some("60"));
    changing.take("limits.site_requests_per_minute = 2\nlimits.site_burst = 2\n").await;
    assert_eq!(changing.world.get("/mcp/tools").await.header("retry-after"), Some("30"));
    changing.take("").await;
    assert_eq!(changing.world.get("/mcp/tools").await.header("x-ratelimit-limit"), None);
}

#[tokio::test]
async fn what_calls_and_requests_to_the_api_may_take() {
    let script = [Act::Silence, Act::Silence];
    let mut changing = Changing::start("reload-times", script, "", &[("MAX_RETRY_ATTEMPTS", "1")]).await;
    for text in ["call.deadline_seconds = 0.2\n", "api.timeout_seconds = 0.1\n"] {
        changing.take(text).await;
        let (answer, taken) = timed(changing.world.read()).await;
        assert_eq!(outcome(&answer), (504, "timed_out".to_owned()), "{text}: {answer:?}");
        assert!(taken < SOON, "{text}: {taken:?}");
    }
    changing.take("api.timeout_seconds = 60\n").await;
    assert_eq!(changing.world.read().await.status, 200);
}

#[tokio::test]
async fn how_long_a_caller_waits_for_work() {
    let mut changing = Changing::start("reload-wait", [set("Dispatched")], "", &[]).await;
    changing.take("call.longest_wait_seconds = 0\n").await;
    let done = changing.world.call("generate_assignment", &generating()).await;
    assert_eq!((done.status, changing.world.sent()), (200, 1), "{done:?}");
}

#[tokio::test]
async fn one_fault_keeps_all_of_a_file_out_and_what_is_in_force_is_shown_and_on_the_record() {
    let folder = Scratch::new("reload-journal");
    let recording = ("AUDIT_FOLDER", folder.path().to_str().unwrap());
    let before = "quota.per_minute = 60\nquota.burst = 20\n";
    let mut changing = Changing::start("reload-fault", [], before, &[recording]).await;
    let wrong = "quota.per_minute = 1\nquota.burst = 1\ncall.deadline_seconds = 0\n";
    let line = changing.read(wrong, "cannot be read again").await;
    assert!(
        line.contains("server.toml:3: call.deadline_seconds: expected seconds, a number from 0.1"),
        "{line}"
    );
    assert_eq!(changing.shown("quota.per_minute").await.0, "60");
    assert_eq!(reads(&changing.world, 3).await, [200; 3], "the bound from before");

    // What needs a restart is named, and keeps nothing out.
    let good = "quota.per_minute = 1\nquota.burst = 1\ncache.default_seconds = 30\nlog.level = \"warn\"\ncache.entries = 7\n";
    changing.read(good, "restart to take them").await;
    let (value, from) = changing.shown("quota.per_minute").await;
    assert!(value == "1" && from.ends_with("server.toml:1"), "{value}, {from}");
    let status = changing.world.get("/status").await.json();
    let configuration = &status["configuration"];
    assert_eq!((&configuration["rate_limit_rpm"], &configuration["cache_ttl"]), (&json!(1), &json!(30)));
    assert_eq!(configuration["cache_max_size"], 1000);
    assert_eq!(status["log"]["configured"], "warn");

    changing.world.running.signal(Signal::TERM);
    assert_eq!(changing.world.running.exit_code().await, 0);
    let told = run(&["audit", "export", "--kind", "settings"], &[recording]).await.stdout;
    let records: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let outcomes: Vec<_> = records.iter().map(|one| [&one["outcome"], &one["by"]]).collect();
    let (signal, refused, accepted) = (json!("signal"), json!("refused"), json!("accepted"));
    assert_eq!(outcomes, [[&refused, &signal], [&accepted, &signal]], "{told}");
    assert!(records[0]["cause"].as_str().unwrap().contains("server.toml:3: call.deadline_seconds"), "{told}");
    let taken = json!({
        "log.level": "warn", "quota.per_minute": "1", "quota.burst": "1", "cache.default_seconds": "30",
    });
    assert_eq!((&records[1]["taken"], &records[1]["restart"]), (&taken, &json!(["cache.entries"])), "{told}");
    let level = run(&["audit", "export", "--kind", "log_level"], &[recording]).await.stdout;
    assert!(level.contains(r#""by":"settings","outcome":"warn""#), "{level}");
    assert_eq!(run(&["audit", "verify"], &[recording]).await.code, 0);
}

#[test]
fn every_setting_that_the_signal_takes_is_changed_here() {
    let page = include_str!("../../docs/settings.md");
    let rows: Vec<&str> = page.lines().filter(|line| line.ends_with("| SIGHUP |")).collect();
    let key = |row: &&str| row.split("<br>`").nth(1).unwrap().split('`').next().unwrap().to_owned();
    let keys: Vec<String> = rows.iter().map(key).collect();
    assert!(keys.len() > 10, "{keys:?}");
    let here = include_str!("reload.rs");
    for key in keys {
        assert!(here.contains(&format!("{key} = ")), "no test changes {key} while the program runs");
    }
}
