//! The command line: how much, of whom, and where it is written.

use std::path::PathBuf;
use std::time::Duration;

use super::rivals::RIVALS;

/// How it is called.
pub const USAGE: &str = "usage: compare [--rounds N] [--seconds S] [--peers NAME,...|none] [--json FILE] [--folder FOLDER] \
                         [--large FILE|none] [--program FILE] [--hop FILE] [--no-goals]";

/// What is wanted.
#[derive(Debug)]
pub struct Command {
    /// How often each subject has its turn.
    pub rounds: usize,
    /// How long a turn's load lasts.
    pub lasts: Duration,
    /// The rivals, all where none is named.
    pub peers: Vec<&'static str>,
    /// Where the figures are written as JSON.
    pub json: Option<PathBuf>,
    /// Where rivals are installed, to be found again by the next run.
    pub folder: Option<PathBuf>,
    /// What the server of many tools is compiled from.
    pub large: Large,
    /// The server of `examples/ispw` and the bare hop, where they were built before.
    pub program: Option<PathBuf>,
    /// The bare hop, where it was built before.
    pub hop: Option<PathBuf>,
    /// Whether figures are held to the goals.
    pub judges: bool,
}

/// What the server of many tools is compiled from.
#[derive(Debug, PartialEq, Eq)]
pub enum Large {
    /// The document of `examples/ispw` with operations added.
    Made,
    /// This server, which was built before from such a document, with the one of few tools beside it.
    Built(PathBuf),
    /// There is none.
    None,
}

impl Command {
    /// Reads the arguments; an error is one line for whoever wrote them.
    pub fn read(arguments: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut command = Self {
            rounds: 5,
            lasts: Duration::from_secs(5),
            peers: RIVALS.iter().map(|rival| rival.name).collect(),
            json: None,
            folder: None,
            large: Large::Made,
            program: None,
            hop: None,
            judges: true,
        };
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            if argument == "--no-goals" {
                command.judges = false;
                continue;
            }
            let value = arguments.next().ok_or_else(|| format!("{argument} needs a value"))?;
            match argument.as_str() {
                "--rounds" => command.rounds = positive(&argument, &value)?,
                "--seconds" => command.lasts = seconds(&value)?,
                "--peers" => command.peers = peers(&value)?,
                "--json" => command.json = Some(value.into()),
                "--folder" => command.folder = Some(value.into()),
                "--large" if value == "none" => command.large = Large::None,
                "--large" => command.large = Large::Built(value.into()),
                "--program" => command.program = Some(value.into()),
                "--hop" => command.hop = Some(value.into()),
                _ => return Err(format!("{argument} is not known")),
            }
        }
        Ok(command)
    }
}

fn positive(name: &str, value: &str) -> Result<usize, String> {
    let number = value.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| format!("{name} needs a whole number above zero, got {value:?}"))
}

fn seconds(value: &str) -> Result<Duration, String> {
    let seconds = value.parse::<f64>().ok().filter(|seconds| (0.05..=3600.0).contains(seconds));
    let seconds =
        seconds.ok_or_else(|| format!("--seconds needs a number from 0.05 to 3600, got {value:?}"))?;
    Ok(Duration::from_secs_f64(seconds))
}

fn peers(value: &str) -> Result<Vec<&'static str>, String> {
    if value == "none" {
        return Ok(Vec::new());
    }
    let find = |name: &str| {
        let known = RIVALS.iter().map(|rival| rival.name).find(|known| *known == name);
        known.ok_or_else(|| {
            let names: Vec<&str> = RIVALS.iter().map(|rival| rival.name).collect();
            format!("--peers: {name} is not known; expected none or some of {}", names.join(","))
        })
    };
    value.split(',').map(find).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Command, String> {
        Command::read(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn all_rivals_are_meant_where_none_is_named() {
        let command = read("").expect("it is right");
        assert_eq!(command.peers.len(), RIVALS.len());
        assert!(command.judges && command.large == Large::Made);
        assert!(read("--peers none").expect("it is right").peers.is_empty());
        assert_eq!(read("--peers awslabs,fastmcp").expect("it is right").peers, ["awslabs", "fastmcp"]);
    }

    #[test]
    fn figures_are_taken_as_they_are_written() {
        let command = read("--rounds 2 --seconds 0.5 --no-goals --large none --json x").expect("it is right");
        assert_eq!((command.rounds, command.lasts), (2, Duration::from_millis(500)));
        assert!(!command.judges && command.large == Large::None && command.json == Some("x".into()));
    }

    #[test]
    fn what_is_not_known_is_refused_with_what_is() {
        let error = read("--peers fastmcp,slowmcp").expect_err("there is no such rival");
        assert!(error.contains("slowmcp") && error.contains("rmcp-openapi"), "{error}");
        for line in ["--rounds 0", "--rounds", "--seconds 0.01", "--seconds 3601", "--fast x", "R4"] {
            assert!(read(line).is_err(), "{line}");
        }
        assert!(read("--seconds 0.05").is_ok() && read("--seconds 3600").is_ok());
    }
}
