//! Instructions and pieces of memory of one call, of the server and of the bare hop, beside what it takes to read the message and the
//! answer of the API as JSON and do nothing with them. Needs valgrind; where there is none nothing is counted.
//!
//! Usage: `cargo run --release -p bench --bin counts -- [--calls N] [--program FILE] [--hop FILE]`

// The allocator of the program, so that pieces are counted by the same names.
use program as _;

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use bench::compare::process::Launch;
use bench::compare::subject::Subject;
use bench::compare::upstream::{Api, assignments};
use bench::compare::{builds, ours, turn};
use bench::counts::{Counts, can_count, counted};
use bench::scratch::Scratch;
use serde_json::{Value, json};

const USAGE: &str = "usage: counts [--calls N] [--program FILE] [--hop FILE]";

/// What this program is asked for when it counts itself.
const DECODE: &str = "decode";

struct Wanted {
    calls: usize,
    program: Option<PathBuf>,
    hop: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [DECODE, count] = &*arguments.iter().map(String::as_str).collect::<Vec<_>>() {
        decode(count.parse().unwrap_or(0));
        return ExitCode::SUCCESS;
    }
    let wanted = match read(arguments) {
        Ok(wanted) => wanted,
        Err(problem) => {
            eprintln!("counts: {problem}\n{USAGE}");
            return ExitCode::from(64);
        }
    };
    if !can_count() {
        eprintln!("counts: nothing is counted, since valgrind is missing (Debian: apt-get install valgrind)");
        return ExitCode::SUCCESS;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.and_then(|runtime| runtime.block_on(run(wanted))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("counts: {error}");
            ExitCode::FAILURE
        }
    }
}

fn read(arguments: Vec<String>) -> Result<Wanted, String> {
    let mut wanted = Wanted { calls: 300, program: None, hop: None };
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{argument} needs a value"))?;
        match argument.as_str() {
            "--calls" => {
                let calls = value.parse().ok().filter(|calls| *calls > 0);
                wanted.calls = calls.ok_or("--calls needs a whole number above zero")?;
            }
            "--program" => wanted.program = Some(value.into()),
            "--hop" => wanted.hop = Some(value.into()),
            _ => return Err(format!("{argument} is not known")),
        }
    }
    Ok(wanted)
}

async fn run(Wanted { calls, program, hop }: Wanted) -> io::Result<()> {
    let program = program.map_or_else(builds::program, Ok)?;
    let hop = hop.map_or_else(builds::hop, Ok)?;
    let (api, scratch) = (Api::start().await?, Scratch::new()?);
    let bare = of_decoding(calls * 10, scratch.path())?;
    print("message and answer read as JSON", bare, bare);
    for subject in ours::all(&program, &hop, &api.url(), &scratch)? {
        print(subject.name, of_subject(&subject, calls, scratch.path()).await?, bare);
    }
    Ok(())
}

fn print(name: &str, counts: Counts, bare: Counts) {
    let Counts { instructions, pieces } = counts;
    let (times, more) = (instructions / bare.instructions, pieces / bare.pieces);
    println!(
        "{name}: {instructions:.0} instructions ({times:.1} x), {pieces:.1} pieces of memory ({more:.1} x)"
    );
}

async fn of_subject(subject: &Subject, calls: usize, folder: &Path) -> io::Result<Counts> {
    let mut found = Vec::new();
    for count in [calls, calls * 2] {
        let file = folder.join(format!("{count}.callgrind"));
        turn::one_by_one(subject, count, folder, |launch| counted(launch, &file)).await?;
        found.push(Counts::read(&file)?);
    }
    Ok(Counts::of_one(found[0], found[1], calls))
}

/// This very program, which does nothing but read.
fn of_decoding(count: usize, folder: &Path) -> io::Result<Counts> {
    let mut found = Vec::new();
    for count in [count, count * 2] {
        let file = folder.join(format!("{count}.callgrind"));
        let launch = Launch::new(std::env::current_exe()?, [DECODE.to_owned(), count.to_string()]);
        let Launch { command, .. } = counted(launch, &file);
        let status = Command::new(&command[0]).args(&command[1..]).stdin(Stdio::null()).status()?;
        if !status.success() {
            return Err(io::Error::other(format!("reading was not counted: {status}")));
        }
        found.push(Counts::read(&file)?);
    }
    Ok(Counts::of_one(found[0], found[1], count))
}

/// Reads message and answer so often.
fn decode(count: usize) {
    let params = json!({ "name": "get_assignments", "arguments": { "srid": "N000000001" } });
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }).to_string();
    let answer = assignments("N000000001").to_string();
    for _ in 0..count {
        for text in [&message, &answer] {
            let read: Value = serde_json::from_str(std::hint::black_box(text)).expect("it is JSON");
            std::hint::black_box(read);
        }
    }
}
