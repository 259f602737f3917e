//! The command line from outside.

use std::process::Command;

#[test]
fn an_unknown_check_is_refused_before_anything_is_built() {
    let output = Command::new(env!("CARGO_BIN_EXE_reliability")).arg("R99").output().expect("it runs");
    assert_eq!(output.status.code(), Some(64));
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(words.contains("there is no check R99; there are R4, R5"), "{words}");
    assert!(output.stdout.is_empty());
}

#[test]
fn a_check_that_cannot_be_run_fails_and_says_why() {
    let command = ["--short", "--program", "/there/is/no/such/program", "R4"];
    let output = Command::new(env!("CARGO_BIN_EXE_reliability")).args(command).output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let words = String::from_utf8_lossy(&output.stdout);
    assert!(words.starts_with("R4 fail could not be run: "), "{words}");
}
