//! The server beside a bare hop and beside its rivals, on one document and one upstream, in interleaved rounds: a table with ratios, and
//! whether the goals are kept. `docs/benchmarks.md` tells the method.
//!
//! Usage: `cargo run --release -p bench --bin compare -- [--rounds N] [--seconds S] [--peers fastmcp,rmcp-openapi,...|none] [--json FILE]`

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use bench::compare::command::{Command, Large, USAGE};
use bench::compare::figures::Figures;
use bench::compare::goals::{self, Goal};
use bench::compare::subject::Subject;
use bench::compare::turn::{self, Turn, Wrong};
use bench::compare::upstream::Api;
use bench::compare::{builds, ours, report, rivals};
use bench::cost::median;
use bench::scratch::Scratch;
use serde_json::json;

fn main() -> ExitCode {
    let command = match Command::read(std::env::args().skip(1)) {
        Ok(command) => command,
        Err(problem) => {
            eprintln!("compare: {problem}\n{USAGE}");
            return ExitCode::from(64);
        }
    };
    // One thread makes all calls, and one other is the upstream: the rest of the machine is for whoever is measured.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.and_then(|runtime| runtime.block_on(run(&command))) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("compare: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Names, each with what went wrong.
type Failed = Vec<(String, String)>;

/// A subject with what its turns found so far; what goes wrong ends its part.
struct Entry {
    subject: Subject,
    turns: Vec<Turn>,
    calm: Vec<f64>,
    wrong: Option<String>,
}

async fn run(command: &Command) -> io::Result<bool> {
    let (api, scratch) = (Api::start().await?, Scratch::in_memory()?);
    let (subjects, mut failed) = subjects(command, &api, &scratch)?;
    let entry = |subject| Entry { subject, turns: Vec::new(), calm: Vec::new(), wrong: None };
    let mut entries: Vec<Entry> = subjects.into_iter().map(entry).collect();
    for round in 1..=command.rounds {
        for place in 0..entries.len() {
            match load(&entries, place, command, &api, &scratch).await {
                Some(Ok(turn)) => keep(&mut entries[place], round, turn),
                Some(Err(wrong)) => leave_out(&mut entries, round, &wrong),
                None => {}
            }
        }
    }
    calm(&mut entries, command, &scratch).await;
    let wrong =
        entries.iter().filter_map(|entry| Some((entry.subject.name.to_owned(), entry.wrong.clone()?)));
    failed.extend(wrong);
    let figures: Vec<Figures> = entries
        .iter()
        .filter(|entry| entry.wrong.is_none() && !entry.turns.is_empty())
        .map(figures)
        .collect();
    tell(command, &figures, &failed)
}

/// Everybody who is compared, and those who could not be had.
fn subjects(command: &Command, api: &Api, scratch: &Scratch) -> io::Result<(Vec<Subject>, Failed)> {
    let program = command.program.clone().map_or_else(builds::program, Ok)?;
    let hop = command.hop.clone().map_or_else(builds::hop, Ok)?;
    let mut subjects = ours::all(&program, &hop, &api.url(), scratch)?;
    let folder = command.folder.clone().map_or_else(usual_folder, Ok)?;
    let large = match &command.large {
        Large::Made => Some(builds::large(&folder)?),
        Large::Built(many) => Some(builds::Large::built(many)),
        Large::None => None,
    };
    if let Some(builds::Large { few, many }) = large {
        subjects.extend(
            [(ours::FEW, few), (ours::MANY, many)]
                .map(|(name, program)| ours::plain(name, program, api.url())),
        );
    }
    let mut failed = Vec::new();
    if !command.peers.is_empty() {
        let workshop = rivals::Workshop::new(&folder, api.url())?;
        for rival in command.peers.iter().filter_map(|name| rivals::find(name)) {
            match (rival.prepare)(&workshop) {
                Ok(ways) => subjects.extend(ways),
                Err(error) => failed.push((rival.name.to_owned(), format!("it is not installed: {error}"))),
            }
        }
    }
    Ok((subjects, failed))
}

/// Where what is installed is found again.
fn usual_folder() -> io::Result<PathBuf> {
    let home =
        std::env::var_os("HOME").ok_or_else(|| io::Error::other("there is no home; name a --folder"))?;
    Ok(PathBuf::from(home).join(".cache/code-pipeline-mcp/compare"))
}

/// The next turn of the one in this place; none once it has done wrong.
async fn load(
    entries: &[Entry],
    place: usize,
    command: &Command,
    api: &Api,
    scratch: &Scratch,
) -> Option<Result<Turn, Wrong>> {
    let Entry { subject, wrong: None, .. } = &entries[place] else { return None };
    let held_to = entries.iter().find(|entry| Some(entry.subject.name) == goals::held_to(subject.name));
    let held_to = held_to.filter(|entry| entry.wrong.is_none()).map(|entry| &entry.subject);
    Some(turn::take(subject, held_to, api, command.lasts, scratch.path()).await)
}

fn keep(entry: &mut Entry, round: usize, turn: Turn) {
    let name = entry.subject.name;
    let (rate, micros, foreign) = (turn.driven.rate(), turn.micros, turn.foreign);
    let beside = turn.beside.map_or_else(String::new, |beside| {
        let to = goals::held_to(name).unwrap_or_default();
        format!(", {:.2} of the calls and {:.2} of the time of {to}", beside.calls, beside.time)
    });
    eprintln!(
        "round {round}, {name}: {rate:.0} calls/s, {micros:.0} us a call{beside}; others took {foreign:.1} %"
    );
    entry.turns.push(turn);
}

/// Whoever does wrong has no further turn, in whosever turn that was.
fn leave_out(entries: &mut [Entry], round: usize, Wrong { name, error }: &Wrong) {
    eprintln!("round {round}, {name}: {error}");
    for entry in entries.iter_mut().filter(|entry| entry.subject.name == *name) {
        entry.wrong = Some(error.to_string());
    }
}

/// The hop and this server at a tenth of what the hop can do, in turn.
async fn calm(entries: &mut [Entry], command: &Command, scratch: &Scratch) {
    let hop = entries.iter().find(|entry| entry.subject.name == ours::HOP);
    let Some(hop) = hop.filter(|hop| !hop.turns.is_empty()) else { return };
    let rate = median(hop.turns.iter().map(|turn| turn.driven.rate()).collect()) / 10.0;
    for _ in 0..command.rounds {
        for entry in entries.iter_mut().filter(|entry| [ours::HOP, ours::PLAIN].contains(&entry.subject.name))
        {
            if entry.wrong.is_some() {
                continue;
            }
            match turn::at_rate(&entry.subject, rate, command.lasts, scratch.path()).await {
                Ok(driven) => entry.calm.push(driven.millis(99.0)),
                Err(error) => entry.wrong = Some(error.to_string()),
            }
        }
    }
}

fn figures(entry: &Entry) -> Figures {
    let calm_p99_ms = (!entry.calm.is_empty()).then(|| median(entry.calm.clone()));
    Figures { calm_p99_ms, ..Figures::of(entry.subject.name, &entry.turns) }
}

/// Prints all, and says whether everybody answered right and every goal is kept.
fn tell(command: &Command, figures: &[Figures], failed: &[(String, String)]) -> io::Result<bool> {
    let goals = if command.judges { goals::goals(figures) } else { Vec::new() };
    let connections = bench::compare::drive::CONNECTIONS;
    println!(
        "{connections} connections, the middle of {} rounds of {} s each, {} processors for server, upstream and load together\n",
        command.rounds,
        command.lasts.as_secs_f64(),
        thread::available_parallelism()?,
    );
    println!("{}", report::table(figures));
    for (name, error) in failed {
        println!("{name} is not in the table: {error}");
    }
    print!("{}", report::judged(&goals));
    if let Some(file) = &command.json {
        let settings = json!({
            "rounds": command.rounds, "seconds": command.lasts.as_secs_f64(), "connections": connections,
            "processors": thread::available_parallelism()?.get(),
        });
        fs::write(file, format!("{:#}\n", report::json(figures, &goals, &settings, failed)))?;
    }
    let is_kept = |goal: &Goal| goal.verdict.as_ref().is_none_or(bench::verdict::Verdict::passes);
    // A rival that cannot be had or answers wrong is told; that this server or the hop does so is an error.
    let are_here = [ours::HOP, ours::PLAIN, ours::GUARDED, ours::KEPT];
    let ours_right = are_here.iter().all(|name| figures.iter().any(|figures| figures.name == *name))
        && !failed.iter().any(|(name, _)| ours::is_ours(name));
    Ok(ours_right && goals.iter().all(is_kept))
}
