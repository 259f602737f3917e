//! T-51 and T-61: a panic in a call, and one before anything is served, tell no secret. A program with tools that panic is started, with traces
//! of calls asked for, and everything that it writes is looked through. It is this program itself, so that the harness of tests is
//! not there.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../server/tests/scratch/mod.rs"]
mod scratch;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};

use program::{Offers, Program};
use rustix::process::{Pid, Signal, kill_process};
use schemars::JsonSchema;
use scratch::Scratch;
use serde::Deserialize;
use serde_json::{Value, json};
use server::call::{CallError, Reply};
use server::catalog::{Api, Carrier, Confirm, Effect, EffectScopes, SecurityScheme};
use server::own::{AsTask, Own, OwnTool};

const TOKEN: &str = "canary-token-0123456789";
const PASSWORD: &str = "canary-password-0123456789";
/// In the environment of a program that is to panic before it serves.
const AT_START: &str = "CRASH_AT_START";

static API: Api = Api {
    title: "Crashing",
    version: "1",
    description: "",
    digest: "00",
    contract: "",
    tools: &[],
    security_schemes: &[SecurityScheme { name: "accessToken", carrier: Carrier::Header("Authorization") }],
    effect_scopes: EffectScopes::BY_WORD,
    prompts: &[],
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct How {
    /// In which way it panics.
    how: String,
    /// A secret of the caller's.
    password: String,
}

const fn panicking(name: &'static str, effect: Effect) -> OwnTool<How> {
    OwnTool {
        name,
        title: "Crash",
        description: "Panics, as it is told.",
        effect,
        confirm: Confirm::Never,
        idempotent: true,
        open_world: false,
        talks: false,
        as_task: AsTask::Never,
        timeout: None,
        scopes: None,
        output_schema: None,
        secrets: &["/password"],
        handler: |how, _| Box::pin(crash(how)),
    }
}

static READ: OwnTool<How> = panicking("crash", Effect::Read);
static CHANGE: OwnTool<How> = panicking("crash_change", Effect::Write);
static AT_ONCE: OwnTool<How> = OwnTool {
    output_schema: Some(|| panic!("no schema with {}", token())),
    ..panicking("crash_at_once", Effect::Read)
};

static SERVED: [&dyn Own; 2] = [&READ, &CHANGE];
static BROKEN: [&dyn Own; 1] = [&AT_ONCE];

/// The server's own secret, as code has it that is about to show it by mistake.
fn token() -> String {
    std::env::var("API_TOKEN").unwrap()
}

async fn crash(How { how, password }: How) -> Result<Reply, CallError> {
    match &*how {
        "text" => panic!("it is broken"),
        "formatted" => panic!("cannot log in with {password} or {}", token()),
        "expected" => drop(token().parse::<u8>().map_err(|_| token()).expect("a log-in")),
        "any" => std::panic::panic_any(password),
        "sliced" => drop(password.as_str()[password.len() + 1..].to_owned()),
        #[cfg(target_os = "linux")]
        "not at all" => {
            let dumpable = rustix::process::dumpable_behavior().unwrap();
            return Ok(Reply::text(format!("{dumpable:?}")));
        }
        _ => {}
    }
    Ok(Reply::text("It did not."))
}

const WAYS: [&str; 5] = ["text", "formatted", "expected", "any", "sliced"];

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("serve") {
        let tools: &[_] = if std::env::var_os(AT_START).is_some() { &BROKEN } else { &SERVED };
        let (name, version) = ("crashing", "1");
        let offers = Offers::default();
        return program::main(Program {
            name,
            version,
            api: &API,
            tools,
            offers,
            policy: None,
            demonstration: None,
        });
    }
    a_panic_in_a_call_tells_its_place_and_no_secret();
    a_panic_before_anything_is_served_tells_its_place_and_no_secret();
    a_start_that_is_refused_tells_no_secret();
    #[cfg(target_os = "linux")]
    t_61_memory_goes_into_no_core_dump_and_no_debugger();
    ExitCode::SUCCESS
}

fn started(environment: &[(&str, &str)]) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["serve", "--listen", "127.0.0.1:0"])
        .env_clear()
        .envs([("API_BASE_URL", "http://127.0.0.1:9"), ("API_TOKEN", TOKEN), ("LOG_LEVEL", "trace")])
        .envs([("RUST_BACKTRACE", "full"), ("RUST_LIB_BACKTRACE", "full")])
        .envs(environment.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Looks for the secrets, and for a trace of calls, in which nobody has looked for secrets.
#[track_caller]
fn holds_no_secret(by: &str, text: &str) {
    for secret in [TOKEN, PASSWORD, "stack backtrace"] {
        assert!(!text.contains(secret), "{by}: {secret} in:\n{text}");
    }
}

fn posted(address: SocketAddr, message: &Value) -> String {
    let body = message.to_string();
    let request = format!(
        "POST /mcp HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// The address on which a program says that it serves, and what it said until then.
fn address(log: &mut impl BufRead) -> (SocketAddr, String) {
    let mut said = String::new();
    while log.read_line(&mut said).unwrap() > 0 {
        if let Some((_, rest)) = said.rsplit_once("http://")
            && let Some((address, _)) = rest.split_once("/mcp")
        {
            return (address.parse().unwrap(), said);
        }
    }
    panic!("it does not serve: {said}");
}

fn a_panic_in_a_call_tells_its_place_and_no_secret() {
    let folder = Scratch::new("program-crash");
    let mut child = started(&[("AUDIT_FOLDER", folder.text()), ("AUDIT_STDOUT", "true")]);
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let (address, mut said) = address(&mut log);
    for tool in ["crash", "crash_change"] {
        for how in WAYS {
            let params = json!({ "name": tool, "arguments": { "how": how, "password": PASSWORD } });
            let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
            let answer = posted(address, &call);
            assert!(answer.contains("This server failed at the call"), "{tool} {how}: {answer}");
            holds_no_secret(how, &answer);
        }
    }
    let pid = Pid::from_raw(child.id().cast_signed()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    let mut records = String::new();
    log.read_to_string(&mut said).unwrap();
    child.stdout.take().unwrap().read_to_string(&mut records).unwrap();
    assert!(child.wait().unwrap().success(), "a call that panics ends no program: {said}");
    holds_no_secret("the log", &said);
    holds_no_secret("the record", &records);
    assert_eq!(records.matches(r#""outcome":"internal""#).count(), 2 * WAYS.len(), "{records}");
    let told: Vec<&str> = said.lines().filter(|line| line.contains("a fault of this program")).collect();
    assert_eq!(told.len(), 2 * WAYS.len(), "{said}");
    assert!(told.iter().all(|line| line.contains(file!())), "{told:#?}");
    assert_eq!(told.iter().filter(|line| line.contains("it is broken")).count(), 2, "{told:#?}");
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        journal_holds_no_secret(&entry.unwrap().path());
    }
}

fn journal_holds_no_secret(file: &Path) {
    holds_no_secret("the journal", &String::from_utf8_lossy(&std::fs::read(file).unwrap()));
}

fn a_panic_before_anything_is_served_tells_its_place_and_no_secret() {
    let output = started(&[(AT_START, "1")]).wait_with_output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    holds_no_secret("standard error", &told);
    assert_eq!((output.status.code(), &*output.stdout), (Some(101), &b""[..]), "{told}");
    let begins = told.starts_with("crashing: a fault of this program at ");
    assert!(begins && told.ends_with(": (message withheld)\n"), "{told}");
    assert!(told.contains(file!()) && told.lines().count() == 1, "{told}");
}

fn a_start_that_is_refused_tells_no_secret() {
    let address = format!("https://user:{PASSWORD}@ces.example.com");
    for (name, value) in [("API_BASE_URL", &*address), ("API_TOKEN", &format!("{TOKEN}\u{7}"))] {
        let output = started(&[(name, value)]).wait_with_output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        holds_no_secret(name, &told);
        assert_eq!((output.status.code(), told.lines().count()), (Some(78), 1), "{told}");
    }
}

/// The system writes no core of such a process, and lets nobody look into its memory who could not look into any.
#[cfg(target_os = "linux")]
fn t_61_memory_goes_into_no_core_dump_and_no_debugger() {
    let dumpable = rustix::process::dumpable_behavior().unwrap();
    assert_eq!(
        dumpable,
        rustix::process::DumpableBehavior::Dumpable,
        "what is not asked to be private is not"
    );
    let mut child = started(&[]);
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let (address, _) = address(&mut log);
    let arguments = json!({ "how": "not at all", "password": PASSWORD });
    let params = json!({ "name": "crash", "arguments": arguments });
    let answer =
        posted(address, &json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }));
    assert!(answer.contains("NotDumpable"), "{answer}");
    child.kill().unwrap();
    child.wait().unwrap();
}
