//! What shells and readers of manuals are told of the commands, and how tables look to people.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use code_pipeline_mcp::api;
use simulator::{Clock, Simulator};

use crate::program_support::{run, start};
use crate::scratch::Scratch;
use crate::terminal::Terminal;

/// The names of the commands, as `--help` lists them.
async fn commands() -> BTreeSet<String> {
    let help = run(&["--help"], &[]).await.stdout;
    let list = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap().to_owned();
    let names = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[tokio::test]
async fn bash_completes_commands_and_tools() {
    let text = run(&["completions", "bash"], &[]).await.stdout;
    let complete = |words: &str, place: usize| {
        // The function that the shell would call, as it would call it.
        let script = format!(
            "{text}\nCOMP_WORDS=({words}); COMP_CWORD={place}\n\
             function=$(complete -p code-pipeline-mcp | sed 's/.*-F \\([^ ]*\\).*/\\1/')\n\
             $function code-pipeline-mcp \"${{COMP_WORDS[{place}]}}\" \"${{COMP_WORDS[{place} - 1]}}\"\n\
             echo \"${{COMPREPLY[@]}}\"\n"
        );
        let output = Command::new("bash").args(["-c", &script]).stderr(Stdio::inherit()).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let offered = complete("code-pipeline-mcp ''", 1);
    for name in commands().await {
        assert!(offered.split_whitespace().any(|word| word == name), "{name}: {offered}");
    }
    assert_eq!(complete("code-pipeline-mcp call get_set_d", 2).trim(), "get_set_deployment");
    assert_eq!(complete("code-pipeline-mcp sets w", 2).trim(), "watch");
}

/// What is typed to call a tool with three arguments, and what comes of it where a shell completes their names and values.
const TYPED: &str =
    "code-pipeline-mcp call get_deployments --arg sr\tcw09-47623 --arg pr\tf\t --arg=fi\tdeployments.pa\t";
const MEANT: &str = "<--arg><srid=cw09-47623><--arg><priorWeek=false><--arg=fields=deployments.packages>";

/// Types it in a shell on a terminal, after what has the shell complete commands, and waits for what was meant. The command is a
/// function that shows what it is given.
fn types(mut shell: Command, before: &str) {
    shell.env_clear().env("TERM", "dumb").env("PS1", "ready> ");
    let mut terminal = Terminal::of(shell, 300);
    terminal.until("ready> ");
    let shows = "code-pipeline-mcp() { shift 2; printf '<%s>' \"$@\"; }";
    terminal.type_line(&format!("{before}; {shows}; echo pre''pared"));
    terminal.until("prepared");
    terminal.until("ready> ");
    terminal.type_line(TYPED);
    // Whatever came of it, the shell ends, and what never comes is not waited for.
    terminal.type_line("exit");
    terminal.until(MEANT);
}

/// A file with what a shell is told.
async fn told(shell: &str) -> (std::path::PathBuf, String) {
    let text = run(&["completions", shell], &[]).await.stdout;
    let file = std::env::temp_dir().join(format!("mcp-completions-{}.{shell}", std::process::id()));
    fs::write(&file, text).unwrap();
    let shown = file.display().to_string();
    (file, shown)
}

fn is_there(shell: &str) -> bool {
    Command::new(shell).args(["-c", "true"]).status().is_ok_and(|status| status.success())
}

#[tokio::test(flavor = "multi_thread")]
async fn bash_completes_names_and_values_of_arguments_where_somebody_types_them() {
    let (file, shown) = told("bash").await;
    let mut shell = Command::new("bash");
    shell.args(["--norc", "--noprofile", "-i"]);
    types(shell, &format!("source {shown}"));
    let _ = fs::remove_file(file);
}

#[tokio::test(flavor = "multi_thread")]
async fn zsh_completes_names_and_values_of_arguments_where_somebody_types_them() {
    if !is_there("zsh") {
        return;
    }
    let (file, shown) = told("zsh").await;
    let mut shell = Command::new("zsh");
    shell.args(["-f", "-i"]);
    types(shell, &format!("autoload -U compinit; compinit -u -D; source {shown}"));
    let _ = fs::remove_file(file);
}

#[tokio::test]
async fn fish_completes_names_and_values_of_arguments() {
    if !is_there("fish") {
        return;
    }
    let (file, shown) = told("fish").await;
    for (typed, expected) in [
        ("--arg pr", &["priorWeek="][..]),
        ("--arg priorWeek=", &["priorWeek=true", "priorWeek=false"]),
        ("--arg=fields=deployments.pa", &["--arg=fields=deployments.packages"]),
    ] {
        let script = format!("source {shown}; complete -C 'code-pipeline-mcp call get_deployments {typed}'");
        let output = Command::new("fish").args(["--no-config", "-c", &script]).output().unwrap();
        let offered = String::from_utf8(output.stdout).unwrap();
        let mut words: Vec<&str> = offered.lines().filter_map(|line| line.split('\t').next()).collect();
        let mut expected = expected.to_vec();
        words.sort_unstable();
        expected.sort_unstable();
        assert_eq!(words, expected, "{typed}");
    }
    let _ = fs::remove_file(file);
}

#[tokio::test]
async fn every_shell_is_told_every_command_and_tool() {
    for shell in ["bash", "zsh", "fish"] {
        let outcome = run(&["completions", shell], &[]).await;
        assert_eq!((outcome.code, &*outcome.stderr), (0, ""), "{shell}");
        for name in commands().await {
            assert!(outcome.stdout.contains(&name), "{shell}: {name}");
        }
        for tool in api::catalog().tools {
            assert!(outcome.stdout.contains(tool.name), "{shell}: {}", tool.name);
        }
        // Where the shell is there, it reads them.
        if let Ok(mut reading) = Command::new(shell).arg("-n").stdin(Stdio::piped()).spawn() {
            use std::io::Write as _;
            reading.stdin.take().unwrap().write_all(outcome.stdout.as_bytes()).unwrap();
            assert!(reading.wait().unwrap().success(), "{shell}");
        }
    }
    let unknown = run(&["completions", "tcsh"], &[]).await;
    assert!(unknown.code == 64 && unknown.stderr.contains("bash, zsh, fish"), "{unknown:?}");
}

#[tokio::test]
async fn there_is_a_page_of_the_manual_for_every_command() {
    let folder = Scratch::new("program-man");
    let outcome = run(&["man", "--folder", &folder.at("man")], &[]).await;
    assert_eq!((outcome.code, &*outcome.stdout, &*outcome.stderr), (0, "", ""));
    let page = |name: &str| {
        fs::read_to_string(folder.at(&format!("man/code-pipeline-mcp{name}.1"))).unwrap_or_default()
    };
    let first = page("");
    assert!(first.contains(".TH code-pipeline-mcp 1"), "{first}");
    for name in commands().await {
        assert!(page(&format!("-{name}")).contains(".SH SYNOPSIS"), "{name}");
    }
    for name in ["-sets-watch", "-keys-create", "-audit-verify"] {
        assert!(page(name).contains(".SH OPTIONS"), "{name}");
    }
    assert_eq!(run(&["man"], &[]).await.stdout, first);
    let refused = run(&["man", "--folder", "/proc/man"], &[]).await;
    assert!(refused.code == 1 && refused.stderr.contains("--folder /proc/man"), "{refused:?}");
    assert!(!Path::new("/proc/man").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_fit_a_terminal_and_have_colours_there_unless_somebody_wants_none() {
    let (code, wide) = Terminal::start(&["tools"], &[], 120).end();
    assert_eq!(code, 0);
    assert!(wide.starts_with("\u{1b}[1mtool ") && wide.contains("generateTasksInAssignment"), "{wide}");
    let rows = 1 + api::catalog().tools.len();
    assert_eq!(wide.lines().count(), rows);
    let (code, found) = Terminal::start(&["doctor"], &[("API_BASE_URL", "http://127.0.0.1:9")], 120).end();
    assert!(code == 1 && found.contains("\u{1b}[1;31mfailed        \u{1b}[0m  api "), "{found}");
    for (columns, is_folded) in [(80, false), (60, true)] {
        let (_, plain) = Terminal::start(&["tools"], &[("NO_COLOR", "1")], columns).end();
        assert!(!plain.contains('\u{1b}') && !plain.contains("generateTasksInAssignment"), "{plain}");
        let longest = plain.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(longest <= columns.into(), "{longest}: {plain}");
        assert_eq!(plain.lines().count() > rows, is_folded, "{plain}");
    }
    let piped = run(&["tools"], &[]).await.stdout;
    assert_eq!(piped.lines().count(), 1 + api::catalog().tools.len());
    assert!(!piped.contains('\u{1b}'));
}

#[tokio::test]
async fn a_call_that_lets_wait_for_itself_says_for_what() {
    let simulator = Simulator::builder().clock(Clock::manual()).start().await.unwrap();
    let url = simulator.url();
    let environment = [("API_BASE_URL", &*url), ("API_TOKEN", simulator.token())];
    let arguments = ["srid=cw09-47623", "assignmentId=PLAY000313", "level=DEV2", "wait_seconds=60"];
    let typed: Vec<&str> = arguments.iter().flat_map(|argument| ["--arg", argument]).collect();
    let mut call = start(&[&["call", "generate_assignment"], &typed[..]].concat(), &environment);
    let line = call.log_line("still waiting for generate_assignment").await;
    assert!(line.ends_with("whose work is in the state Dispatched"), "{line}");
    simulator.clock().advance(Duration::from_secs(60));
    call.line("\"outcome\": \"done\"").await;
    assert_eq!(call.exit_code().await, 0);
}
