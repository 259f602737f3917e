//! `watch`: the state of work that goes on, until it is done or has failed. Whoever stops watching stops nothing else.

mod shown;

use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Map, Value};
use server::Server;
use server::follow::{self, FRUITLESS, Outcome, Pace};
use server::journal::Stream;

use crate::Program;
use crate::arguments::Watch;
use crate::commands::{prepare, typed};
use crate::refusal::Refusal;
use crate::settings::Config;
use crate::works::Work;
use shown::Shown;

/// The exit code where it is not known how the work ended: it goes on, or cannot be seen.
const UNKNOWN: u8 = 3;

/// How the watching ended.
enum End {
    /// The work is done.
    Done,
    /// It has failed.
    Failed,
    /// It goes on, for all that is known; why nobody watches any more.
    Open(String),
}

/// Watches one piece of work.
pub(super) async fn run(program: &Program, config: Config, what: &Watch) -> Result<ExitCode, Refusal> {
    let Watch { work, id, others, longest } = what;
    let typed: Vec<String> =
        [format!("{}={id}", work.id)].into_iter().chain(others.iter().cloned()).collect();
    let arguments = typed::arguments(work.read, Map::new(), &typed)?;
    let pace = Pace::new(config.server.engine.follow);
    let recorded = prepare(program, config, Stream::Error)?;
    let mut shown = Shown::new();
    let end = tokio::select! {
        // A signal is waited for before anything is looked at: one that came earlier would end the process without a word.
        biased;
        // Where no signal can be received, none ends this but by ending the process.
        Ok(()) = tokio::signal::ctrl_c() => End::Open("you stopped watching".to_owned()),
        end = until_it_ends(&recorded.server, work, &arguments, pace, &mut shown) => end,
        () = wait(*longest) => End::Open("the time for watching is up".to_owned()),
    };
    shown.end()?;
    Ok(match end {
        End::Done => ExitCode::SUCCESS,
        End::Failed => {
            eprintln!("{id} has failed; `{} call {}` tells more", program.name, work.read.name);
            ExitCode::FAILURE
        }
        End::Open(why) => {
            eprintln!("{why}; whatever is going on with {id} at the API goes on");
            ExitCode::from(UNKNOWN)
        }
    })
}

async fn wait(longest: Option<Duration>) {
    match longest {
        Some(longest) => tokio::time::sleep(longest).await,
        None => std::future::pending().await,
    }
}

async fn until_it_ends(
    server: &Server,
    work: &Work,
    arguments: &Map<String, Value>,
    mut pace: Pace,
    shown: &mut Shown,
) -> End {
    let mut fruitless = 0;
    loop {
        let looked = server.look(work.read, arguments.clone()).await;
        let why = match looked {
            Ok(answer) => match follow::state(work.long(), &answer) {
                Some(state) => {
                    fruitless = 0;
                    let outcome = work.outcome(&state);
                    shown.tell(state, outcome);
                    match outcome {
                        Outcome::Done => return End::Done,
                        Outcome::Failed => return End::Failed,
                        Outcome::Running | Outcome::Waiting => None,
                    }
                }
                None => Some(format!("the answer of {} has no state", work.read.name)),
            },
            Err(unseen) if unseen.is_final => return End::Open(unseen.words),
            Err(unseen) => Some(unseen.words),
        };
        if let Some(why) = why {
            fruitless += 1;
            if fruitless == FRUITLESS {
                return End::Open(why);
            }
        }
        shown.pause(pace.pause()).await;
    }
}
