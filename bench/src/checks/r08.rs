//! R8: one deployment is asked for a hundred times: fifty times at once, then one after the other, with a restart in between.
//! It is made once; everybody gets its answer, and after the restart everybody is told that it was made. The same with a kill
//! while it is being made: nobody knows then, everybody is told so, and it is not made again.

use std::io;
use std::time::Duration;

use crate::client::{Answer, Client, Failure, ToolCall};
use crate::load::together;
use crate::program::{Program, Settings};
use crate::rig::Rig;
use crate::scratch::Scratch;
use crate::upstream::{Upstream, done};
use crate::verdict::Verdict;

const AT_ONCE: usize = 50;
const IN_TURN: usize = 50;
const TAKES: Duration = Duration::from_millis(500);

/// What was found.
#[derive(Clone, Copy, Debug)]
struct Found {
    requests: usize,
    /// Callers who got the answer that the first one got.
    same: usize,
    /// Callers after the restart who were told that it was made.
    told: usize,
    requests_killed: usize,
    /// Callers after the kill who were told that nobody knows.
    unknown: usize,
}

pub(super) async fn run(rig: Rig) -> io::Result<Verdict> {
    let folder = Scratch::new()?;
    let upstream = Upstream::start(|exchange| done(&exchange.marker).after(TAKES)).await?;
    let settings = Settings::new(&upstream.url()).set("AUDIT_FOLDER", folder.text());
    let program = Program::start(&rig.program, &settings).await?;
    let mut answers = at_once(&program.client(), "KEPT").await;
    answers.extend(in_turn(&program.client(), "KEPT", IN_TURN / 2).await);
    program.stop().await?;
    let program = Program::start(&rig.program, &settings).await?;
    let after = in_turn(&program.client(), "KEPT", IN_TURN - IN_TURN / 2).await;

    let client = program.client();
    let waiting = tokio::spawn(async move { at_once(&client, "KILLED").await });
    while !upstream.attempts().contains_key("KILLED") {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    program.kill().await?;
    let _ = waiting.await;
    let program = Program::start(&rig.program, &settings).await?;
    let killed = in_turn(&program.client(), "KILLED", IN_TURN).await;
    program.stop().await?;

    let requests = |marker: &str| upstream.attempts().get(marker).copied().unwrap_or(0);
    Ok(judge(Found {
        requests: requests("KEPT"),
        same: same(&answers),
        told: count(&after, |failure| matches!(failure, Failure::Before(Some(_)))),
        requests_killed: requests("KILLED"),
        unknown: count(&killed, |failure| failure == Failure::Before(None)),
    }))
}

async fn at_once(client: &Client, marker: &'static str) -> Vec<Answer> {
    let samples = together(AT_ONCE, |_| {
        let client = client.clone();
        async move { client.call(ToolCall::deployment(marker)).await }
    })
    .await;
    samples.into_iter().map(|sample| sample.outcome).collect()
}

async fn in_turn(client: &Client, marker: &str, times: usize) -> Vec<Answer> {
    let mut answers = Vec::new();
    for _ in 0..times {
        answers.push(client.call(ToolCall::deployment(marker)).await);
    }
    answers
}

/// How many answers are the first one, which must be that of something done.
fn same(answers: &[Answer]) -> usize {
    answers.iter().filter(|answer| answer.is_done() && **answer == answers[0]).count()
}

fn count(answers: &[Answer], wanted: impl Fn(Failure) -> bool) -> usize {
    answers.iter().filter_map(Answer::failure).filter(|failure| wanted(*failure)).count()
}

fn judge(found: Found) -> Verdict {
    Verdict::default()
        .exactly("requests", found.requests, 1)
        .exactly("same answers", found.same, AT_ONCE + IN_TURN / 2)
        .exactly("told after a restart that it was made", found.told, IN_TURN - IN_TURN / 2)
        .exactly("requests with a kill", found.requests_killed, 1)
        .exactly("told after it that nobody knows", found.unknown, IN_TURN)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Found = Found { requests: 1, same: 75, told: 25, requests_killed: 1, unknown: 50 };

    #[test]
    fn one_request_and_a_word_for_everybody_pass_and_nothing_else() {
        assert!(judge(GOOD).passes());
        for bad in [
            Found { requests: 2, ..GOOD },
            Found { requests: 0, ..GOOD },
            Found { same: 74, ..GOOD },
            Found { told: 24, ..GOOD },
            Found { requests_killed: 2, ..GOOD },
            Found { unknown: 49, ..GOOD },
        ] {
            assert!(!judge(bad).passes(), "{bad:?}");
        }
    }

    #[test]
    fn only_answers_of_something_done_are_the_same() {
        let done = |text: &str| Answer::Done(text.to_owned());
        let failed = || Answer::Failed(Failure::Unknown, String::new());
        assert_eq!(same(&[done("a"), done("a"), done("b"), failed()]), 2);
        assert_eq!(same(&[failed(), failed()]), 0);
    }
}
