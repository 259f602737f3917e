//! Has a server do what it is for: reads of every tool that has some, in both eras, with and without a credential, kept and not.
//!
//! Usage: `train PROGRAM [CALLS]`, or `train --first PROGRAM` for what a server at rest has done: it started, told its tools and answered
//! one call in each era. The program is one of this workspace or built as they are; it is started on loopback with settings of its
//! own, before an API that is made up from what its tools say that they answer, and ended by a signal, so that it can write what it counted.

mod api;
mod asking;
mod course;
mod served;
mod values;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use api::Api;
use course::COURSES;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// How much is done.
enum Extent {
    /// What a server at rest has done.
    First,
    /// So many calls of each course.
    Calls(usize),
}

/// Calls of a course, over all tools: far more than the start of a program does.
const CALLS: usize = 24_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let wanted = match *arguments {
        ["--first", program] => Some((program, Extent::First)),
        [program] if !program.starts_with('-') => Some((program, Extent::Calls(CALLS))),
        [program, calls] => {
            calls.parse().ok().filter(|calls| *calls > 0).map(|calls| (program, Extent::Calls(calls)))
        }
        _ => None,
    };
    let Some((program, extent)) = wanted else {
        eprintln!(
            "usage: train PROGRAM [CALLS]      ({CALLS} calls for each course unless said, which are above zero)\n       \
             train --first PROGRAM      (a start, and one call)"
        );
        return ExitCode::from(64);
    };
    match train(Path::new(program), extent) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("train: {error}");
            ExitCode::FAILURE
        }
    }
}

fn train(program: &Path, extent: Extent) -> Result<()> {
    let api = Api::start()?;
    match extent {
        Extent::First => COURSES[0].first(program, &api),
        Extent::Calls(calls) => COURSES.iter().try_for_each(|course| course.run(program, &api, calls)),
    }
}
