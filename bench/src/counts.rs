//! What a call takes in instructions and in pieces of memory, counted by callgrind. Counts do not depend on what else the machine does,
//! as times do, so that a small change shows.
//!
//! A program runs twice with the same beginning and end, with so many calls and with twice as many. The difference is what the calls
//! took, and nothing of the start is in it.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::ops::Sub;
use std::path::Path;
use std::process::Command;

use crate::compare::process::Launch;

/// Functions that give memory, by the names that the allocators here have for them.
const GIVES: [&str; 12] = [
    "mi_malloc",
    "mi_malloc_aligned",
    "mi_zalloc",
    "mi_zalloc_aligned",
    "mi_realloc",
    "mi_realloc_aligned",
    "malloc",
    "calloc",
    "realloc",
    "posix_memalign",
    "aligned_alloc",
    "memalign",
];

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    /// Instructions.
    pub instructions: f64,
    /// Pieces of memory that were asked for, a larger one in place of another among them.
    pub pieces: f64,
}

impl Sub for Counts {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { instructions: self.instructions - other.instructions, pieces: self.pieces - other.pieces }
    }
}

impl Counts {
    /// What one of so many calls took, of a run with that many and one with twice as many.
    pub fn of_one(once: Self, twice: Self, calls: usize) -> Self {
        let Self { instructions, pieces } = twice - once;
        Self { instructions: instructions / calls as f64, pieces: pieces / calls as f64 }
    }

    /// What callgrind wrote into this file.
    pub fn read(file: &Path) -> io::Result<Self> {
        let text = fs::read_to_string(file)?;
        Self::parse(&text).ok_or_else(|| io::Error::other(format!("{} is no count", file.display())))
    }

    /// A file of callgrind has totals, and for each function the calls that it makes. A name stands in full where it comes first, and
    /// by its number then.
    fn parse(text: &str) -> Option<Self> {
        let (mut names, mut pieces) = (HashMap::new(), 0_u64);
        let (mut caller, mut callee) = (false, false);
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("fn=") {
                caller = gives(name, &mut names);
            } else if let Some(name) = line.strip_prefix("cfn=") {
                callee = gives(name, &mut names);
            } else if let Some(count) = line.strip_prefix("calls=") {
                // One that is made of another counts once.
                if callee && !caller {
                    pieces += count.split(' ').next()?.parse::<u64>().ok()?;
                }
            }
        }
        let totals = text.lines().find_map(|line| line.strip_prefix("totals: "))?;
        let instructions = totals.split(' ').next()?.parse::<u64>().ok()?;
        Some(Self { instructions: instructions as f64, pieces: pieces as f64 })
    }
}

/// Whether the function of this name, or of the name that this number stands for, gives memory.
fn gives<'t>(name: &'t str, names: &mut HashMap<&'t str, bool>) -> bool {
    match name.split_once(' ') {
        Some((number, name)) => {
            let name = name.split('\'').next().unwrap_or(name);
            *names.entry(number).insert_entry(GIVES.contains(&name)).get()
        }
        None => names.get(name).copied().unwrap_or(false),
    }
}

/// Whether there is a callgrind.
pub fn can_count() -> bool {
    Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success())
}

/// The same program under callgrind, which writes into this file when it ends.
pub fn counted(mut launch: Launch, file: &Path) -> Launch {
    let mut out = OsString::from("--callgrind-out-file=");
    out.push(file);
    let before = ["valgrind".into(), "--quiet".into(), "--tool=callgrind".into(), out];
    launch.command.splice(0..0, before);
    launch
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
# callgrind format
events: Ir

fl=(1) a.c
fn=(1) main
1 10
cfn=(2) mi_malloc_aligned
calls=3 0
1 30
cfn=(3) other
calls=9 0
1 30
fn=(2)
5 20
cfn=(4) mi_malloc
calls=7 0
2 70
fn=(3)
1 5
cfn=(2)
calls=2 0
1 20
cfn=(5) mi_realloc'2
calls=4 0
1 20

totals: 4711
";

    #[test]
    fn pieces_are_calls_from_outside_the_allocator() {
        assert_eq!(Counts::parse(FILE), Some(Counts { instructions: 4711.0, pieces: 9.0 }));
        assert_eq!(Counts::parse("events: Ir\n"), None);
    }

    #[test]
    fn what_one_call_takes_is_the_difference() {
        let counts = |instructions, pieces| Counts { instructions, pieces };
        let one = Counts::of_one(counts(1_000_100.0, 130.0), counts(1_000_200.0, 150.0), 10);
        assert_eq!(one, counts(10.0, 2.0));
    }
}
