//! Has a server do what it is for: reads of every tool that has some, in both eras, with and without a credential, kept and not.
//!
//! Usage: `train PROGRAM [CALLS]`. The program is one of this workspace or built as they are; it is started on loopback with settings of its
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

/// Calls of a course, over all tools: far more than the start of a program does.
const CALLS: usize = 24_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let wanted = match &*arguments {
        [program] => Some((program, CALLS)),
        [program, calls] => calls.parse().ok().filter(|calls| *calls > 0).map(|calls| (program, calls)),
        _ => None,
    };
    let Some((program, calls)) = wanted else {
        eprintln!(
            "usage: train PROGRAM [CALLS]      ({CALLS} calls for each course unless said, which are above zero)"
        );
        return ExitCode::from(64);
    };
    match train(Path::new(program), calls) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("train: {error}");
            ExitCode::FAILURE
        }
    }
}

fn train(program: &Path, calls: usize) -> Result<()> {
    let api = Api::start()?;
    for course in COURSES {
        course.run(program, &api, calls)?;
    }
    Ok(())
}
