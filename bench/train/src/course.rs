//! What the program does, course by course: each with settings of its own.

use std::path::{Path, PathBuf};
use std::{env, fs, thread};

use serde_json::{Value, json};

use crate::Result;
use crate::api::Api;
use crate::asking::{Asking, Era, HANDSHAKE};
use crate::served::{Served, Words, alone};
use crate::values::{Members, value};

/// Connections over which calls are made.
const CONNECTIONS: usize = 8;
/// For so many calls other things are asked for once.
const OTHERS: usize = 120;

/// One course.
pub struct Course {
    name: &'static str,
    settings: &'static [(&'static str, &'static str)],
    has_credential: bool,
}

/// All courses.
pub const COURSES: &[Course] = &[
    Course { name: "plain", settings: &[("CACHE_ENABLED", "false")], has_credential: false },
    Course { name: "kept answers", settings: &[("CACHE_TTL_SECONDS", "3600")], has_credential: false },
    Course {
        name: "guarded",
        settings: &[
            ("CACHE_ENABLED", "false"),
            ("AUTH_PROVIDER", "api_key"),
            ("AUTH_SCOPES", "off"),
            ("RATE_LIMIT_REQUESTS_PER_MINUTE", "60000000"),
            ("SECURITY_RATE_LIMIT_PER_USER_RPM", "60000000"),
            ("RATE_LIMIT_BURST_SIZE", "1000000"),
        ],
        has_credential: true,
    },
];

/// What is said where there is nothing to do.
const NONE: &str = "no tool that reads can be called with what is made up here";

/// A tool that reads, and what it is asked.
struct Read {
    params: Value,
    answer: Value,
}

/// A folder that is removed in the end.
struct Scratch(PathBuf);

impl Course {
    /// Has the program do it, by so many calls over all its tools.
    pub fn run(&self, program: &Path, api: &Api, calls: usize) -> Result<()> {
        let scratch = Scratch::new(self.name)?;
        let (served, key) = self.start(program, api, &scratch, Words::Errors)?;
        let asking = || Asking::new(&served.address, key.clone());
        let (reads, left_out) = reads(&asking(), api)?;
        let first = reads.first().ok_or(NONE)?;
        for read in &reads {
            api.answers(&read.answer);
            over_all(|number| call(&asking(), read, (calls / reads.len() / CONNECTIONS).max(1), number))?;
        }
        others(&asking(), first, calls / OTHERS + 1)?;
        served.stop()?;
        eprintln!("train: {}: {calls} calls of {} tools", self.name, reads.len());
        if !left_out.is_empty() {
            eprintln!(
                "train: {}: left out, since what is made up for them is refused: {}",
                self.name,
                left_out.join(", ")
            );
        }
        Ok(())
    }

    /// Has the program start and log as it does where nothing is set, and answer what clients begin with: one call in each era.
    pub fn first(&self, program: &Path, api: &Api) -> Result<()> {
        let scratch = Scratch::new(self.name)?;
        let (served, key) = self.start(program, api, &scratch, Words::All)?;
        let asking = Asking::new(&served.address, key);
        let client = json!({ "name": "train", "version": "1" });
        asking.ask(
            Era::Handshake,
            "initialize",
            json!({ "protocolVersion": HANDSHAKE, "capabilities": {}, "clientInfo": client }),
        )?;
        asking.ask(Era::Stateless, "server/discover", json!({}))?;
        // The server's own tools ask nobody.
        let asks = |tool: &Value| tool["annotations"]["openWorldHint"] == true;
        let made_up = tools(&asking)?.into_iter().filter(asks).map(|tool| read(&asking, api, &tool));
        let read = made_up.filter_map(Result::transpose).next().ok_or(NONE)??;
        asking.ask(Era::Handshake, "tools/list", json!({}))?;
        call(&asking, &read, 1, 1)?;
        asking.page("/health")?;
        served.stop()
    }

    /// Starts the program with the settings of this course; the key that it asks for, if any.
    fn start(
        &self,
        program: &Path,
        api: &Api,
        scratch: &Scratch,
        words: Words,
    ) -> Result<(Served, Option<String>)> {
        let mut settings =
            vec![("API_BASE_URL", format!("http://{}", api.address)), ("API_TOKEN", "train".to_owned())];
        if words == Words::Errors {
            settings.push(("LOG_LEVEL", "error".to_owned()));
        }
        settings.extend(self.settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let key = if self.has_credential { Some(guard(program, scratch, &mut settings)?) } else { None };
        Ok((Served::start(program, &settings, words)?, key))
    }
}

/// The settings of a program that asks for a key, may be used by whoever has it, and keeps a journal; the key.
fn guard(program: &Path, scratch: &Scratch, settings: &mut Vec<(&str, String)>) -> Result<String> {
    let file = |name: &str| scratch.0.join(name).display().to_string();
    let (keys, rules) = (file("keys.json"), file("rules.cedar"));
    fs::write(&rules, "permit (principal, action, resource);")?;
    let create = ["keys", "create", "--owner", "train", "--role", "administrator", "--file", &keys];
    let made = alone(program).args(create).output()?;
    if !made.status.success() {
        return Err(String::from_utf8_lossy(&made.stderr).into());
    }
    settings.push(("AUTH_API_KEYS_FILE", keys));
    settings.push(("POLICY_FILE", rules));
    settings.push(("AUDIT_FOLDER", file("journal")));
    Ok(String::from_utf8(made.stdout)?.trim().to_owned())
}

/// The tools that read.
fn tools(asking: &Asking) -> Result<Vec<Value>> {
    let list = asking.ask(Era::Stateless, "tools/list", json!({}))?;
    let tools = list["result"]["tools"].as_array().ok_or_else(|| format!("no list of tools: {list}"))?;
    Ok(tools.iter().filter(|tool| tool["annotations"]["readOnlyHint"] == true).cloned().collect())
}

/// Those that take what is made up, and the names of those that do not.
fn reads(asking: &Asking, api: &Api) -> Result<(Vec<Read>, Vec<String>)> {
    let (mut reads, mut left_out) = (Vec::new(), Vec::new());
    for tool in tools(asking)? {
        match read(asking, api, &tool)? {
            Some(read) => reads.push(read),
            None => left_out.push(tool["name"].as_str().unwrap_or_default().to_owned()),
        }
    }
    Ok((reads, left_out))
}

/// What is made up for this tool, if it takes that.
fn read(asking: &Asking, api: &Api, tool: &Value) -> Result<Option<Read>> {
    let arguments = value(&tool["inputSchema"], &tool["inputSchema"], Members::Required);
    let answer = value(&tool["outputSchema"], &tool["outputSchema"], Members::All);
    api.answers(&answer);
    let read = Read { params: json!({ "name": tool["name"], "arguments": arguments }), answer };
    Ok(is_done(&asking.ask(Era::Stateless, "tools/call", read.params.clone())?).then_some(read))
}

fn call(asking: &Asking, read: &Read, calls: usize, number: usize) -> Result<()> {
    let era = if number.is_multiple_of(2) { Era::Stateless } else { Era::Handshake };
    for _ in 0..calls {
        let answer = asking.ask(era, "tools/call", read.params.clone())?;
        if !is_done(&answer) {
            return Err(format!("{} was answered with {answer}", read.params).into());
        }
    }
    Ok(())
}

/// What clients and systems ask for besides, and calls that cannot be made.
fn others(asking: &Asking, read: &Read, times: usize) -> Result<()> {
    for _ in 0..times {
        for era in [Era::Stateless, Era::Handshake] {
            asking.ask(era, "tools/list", json!({}))?;
            asking.ask(era, "tools/call", json!({ "name": "no_such_tool", "arguments": {} }))?;
            let wrong = json!({ "name": read.params["name"], "arguments": { "no_such_argument": 1 } });
            asking.ask(era, "tools/call", wrong)?;
        }
        asking.ask(Era::Stateless, "server/discover", json!({}))?;
        for path in ["/health", "/ready", "/metrics"] {
            asking.page(path)?;
        }
    }
    Ok(())
}

fn is_done(answer: &Value) -> bool {
    answer["result"]["content"].is_array() && answer["result"]["isError"] != true
}

/// Does it once for each connection, at once; the first error of any.
fn over_all(work: impl Fn(usize) -> Result<()> + Sync) -> Result<()> {
    let work = &work;
    thread::scope(|scope| {
        let all: Vec<_> = (0..CONNECTIONS).map(|number| scope.spawn(move || work(number))).collect();
        all.into_iter().try_for_each(|one| one.join().expect("it does not panic"))
    })
}

impl Scratch {
    fn new(name: &str) -> Result<Self> {
        let folder = env::temp_dir().join(format!("train-{}-{}", std::process::id(), name.replace(' ', "-")));
        fs::create_dir(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // It is the system's folder for such things: what cannot be removed is removed with the rest of it.
        let _ = fs::remove_dir_all(&self.0);
    }
}
