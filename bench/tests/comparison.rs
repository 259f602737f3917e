//! The command lines of the comparison from outside.

use std::process::{Command, Output};

#[track_caller]
fn refused(program: &str, arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } = Command::new(program).args(arguments).output().expect("it runs");
    assert_eq!(status.code(), Some(64), "{arguments:?}");
    assert!(stdout.is_empty());
    String::from_utf8_lossy(&stderr).into_owned()
}

#[test]
fn an_unknown_rival_is_refused_before_anything_is_built() {
    let words = refused(env!("CARGO_BIN_EXE_compare"), &["--peers", "slowmcp"]);
    assert!(words.contains("slowmcp is not known; expected none or some of fastmcp,"), "{words}");
}

#[test]
fn nothing_is_counted_for_no_call() {
    let words = refused(env!("CARGO_BIN_EXE_counts"), &["--calls", "0"]);
    assert!(words.contains("--calls needs a whole number above zero"), "{words}");
}
