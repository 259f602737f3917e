//! The rules of access in the built program: its commands, a start with rules that are wrong, and a signal to read them again.

use rustix::process::Signal;

use crate::program_support::{post, run, serve};
use crate::scratch::Scratch;

const LIST: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
const ADDRESS: (&str, &str) = ("API_BASE_URL", "http://127.0.0.1:9");

#[tokio::test]
async fn the_rules_of_the_program_are_shown_checked_and_good() {
    let shown = run(&["policy", "show"], &[]).await;
    assert_eq!((shown.code, &*shown.stdout), (0, include_str!("../../config/policy.cedar")));
    let schema = run(&["policy", "schema"], &[]).await;
    assert_eq!((schema.code, &*schema.stdout), (0, include_str!("../../config/policy.cedarschema")));
    let checked = run(&["policy", "check"], &[]).await;
    assert_eq!(checked.code, 0, "{}", checked.stderr);
    assert!(checked.stdout.contains("rules are good for 64 tools"), "{}", checked.stdout);
}

#[tokio::test]
async fn t_60_rules_that_are_wrong_stop_the_start_in_one_line() {
    let (folder, name) = (Scratch::new("program-policy-wrong"), "policy.cedar");
    folder.put(name, "permit (principal, action, resource)\nwhen { context.arguments.levle == 1 };");
    let path = &*folder.at(name);
    let line = format!("POLICY_FILE: {path}:2:8: ");
    let variables = [ADDRESS, ("POLICY_FILE", path)];
    for (arguments, variables) in [
        (&["serve"][..], &variables[..]),
        (&["stdio"], &variables),
        (&["call", "get_ces_version"], &variables),
        (&["policy", "check"], &variables),
        (&["policy", "check", path], &[]),
    ] {
        let refused = run(arguments, variables).await;
        assert_eq!((refused.code, &*refused.stdout), (78, ""), "{arguments:?}");
        // Besides what is logged before, such as that there is no credential.
        let told: Vec<&str> =
            refused.stderr.lines().filter(|line| line.starts_with("code-pipeline-mcp: ")).collect();
        assert!(told.len() == 1 && told[0].contains(&line), "{arguments:?}: {}", refused.stderr);
    }
    let nowhere = run(&["serve"], &[ADDRESS, ("POLICY_FILE", "/nowhere/policy.cedar")]).await;
    assert!(nowhere.code == 78 && nowhere.stderr.contains("cannot be read"), "{}", nowhere.stderr);
    let typing = run(&["serve"], &[ADDRESS, ("POLICY_FIEL", path)]).await;
    assert!(typing.code == 78 && typing.stderr.contains("did you mean POLICY_FILE?"), "{}", typing.stderr);
}

#[tokio::test]
async fn explanations_have_an_exit_code_and_say_what_is_not_understood() {
    let explain = async |arguments: &[&str], levels: &str| {
        run(&[&["policy", "explain"], arguments].concat(), &[("POLICY_PROTECTED_LEVELS", levels)]).await
    };
    let promote = ["--tool", "promote_assignment", "--arg", "level=DEV1"];
    let may = explain(&[&["--as", "developer"][..], &promote].concat(), "PRD").await;
    assert_eq!((may.code, may.stdout.contains("permitted by promotes-below-protected-levels")), (0, true));
    let may_not = explain(&[&["--as", "developer"][..], &promote].concat(), "dev1").await;
    assert_eq!((may_not.code, may_not.stdout.contains("protected_levels")), (1, true), "{}", may_not.stdout);
    let stranger = explain(&[&["--as", "anonymous"][..], &promote].concat(), "PRD").await;
    assert_eq!((stranger.code, stranger.stdout.contains("not on the caller's list")), (1, true));
    for (arguments, said) in [
        (&["--as", "x", "--tool", "promote"][..], "there is no tool"),
        (&["--as", "x", "--tool", "get_set", "--at", "soon"], "--at: expected a time"),
        (&["--as", "x", "--tool", "get_set", "--provider", "x"], "--provider: there is no provider"),
    ] {
        let refused = explain(arguments, "PRD").await;
        assert!(refused.code == 64 && refused.stderr.contains(said), "{arguments:?}: {}", refused.stderr);
    }
}

#[tokio::test]
async fn a_signal_has_the_rules_read_again_and_wrong_ones_change_nothing() {
    let all = "permit (principal, action, resource);";
    let (folder, name) = (Scratch::new("program-policy-signal"), "policy.cedar");
    folder.put(name, all);
    let (journal, path) = (folder.at("journal"), folder.at(name));
    let (recording, rules) = (("AUDIT_FOLDER", &*journal), ("POLICY_FILE", &*path));
    let (mut running, address) = serve(&[ADDRESS, rules, recording]).await;
    assert!(post(address, LIST).await.contains("promote_assignment"));
    folder.put(name, "permit (");
    running.signal(Signal::HUP);
    let told = running.log_line("those from before are still in force").await;
    assert!(told.contains(":1:"), "{told}");
    assert!(post(address, LIST).await.contains("promote_assignment"));
    folder.put(name, r#"permit (principal, action == Action::"get_set", resource);"#);
    running.signal(Signal::HUP);
    running.log_line("the rules of access were read again").await;
    let list = post(address, LIST).await;
    assert!(list.contains("get_set") && !list.contains("promote_assignment"), "{list}");
    running.signal(Signal::TERM);
    assert_eq!(running.exit_code().await, 0);
    // Both are on the record: the wrong ones with what is wrong, those in force by the name that `sha256sum` gives them.
    let told = run(&["audit", "export", "--kind", "rules"], &[recording]).await.stdout;
    let mut outcomes: Vec<bool> = told.lines().map(|line| line.contains("accepted")).collect();
    // Each second the program looks by itself, which may be just before the signal comes: then the same is there twice.
    outcomes.dedup();
    assert_eq!(outcomes, [false, true], "{told}");
    assert!(told.contains(r#""by":"signal""#) && told.contains(":1:"), "{told}");
}
