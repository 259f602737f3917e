//! The promises of rules, on an API of three tools.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cedar_policy::Decision;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::catalog::{Effect, Work};
use crate::identity::{Identity, Principal};
use crate::stages::portion;

const fn tool(name: &'static str, effect: Effect) -> Tool {
    Tool {
        name,
        tags: &["Things"],
        input_schema: r#"{"type":"object","properties":{
            "level":{"type":"string"},"owner":{"type":"string"},"count":{"type":"integer"},"in":{"type":"boolean"},
            "tags":{"type":"array","items":{"type":"string"}},"extra":{"type":"object"}
        },"required":["level"],"additionalProperties":false}"#,
        ..Tool::bare(effect, Work::Rest)
    }
}

static DELETE: Tool = tool("delete", Effect::Destroy);
static GET: Tool = tool("get", Effect::Read);
static MOVE: Tool = tool("move", Effect::Write);
pub(super) static API: Api = Api { title: "Things", ..Api::bare(&[&DELETE, &GET, &MOVE]) };

fn policies(text: &str) -> Result<Policies, StartError> {
    let source = Source::Text(Box::leak(text.to_owned().into_boxed_str()));
    let protected_levels = vec!["prd".to_owned()];
    Policies::new(&API, Settings { source, protected_levels, anonymous_reads: false })
}

fn known(change: impl FnOnce(&mut Identity)) -> Caller {
    let mut identity = Identity { provider: "jwt", subject: "user01".to_owned(), ..Identity::default() };
    change(&mut identity);
    Caller::Known(Arc::new(Principal::new(identity)))
}

fn with_role(role: &str) -> Caller {
    known(|identity| identity.roles = vec![role.to_owned()])
}

fn decide(policies: &Policies, caller: &Caller, tool: &Tool, arguments: Value) -> Verdict {
    let arguments = arguments.as_object().expect("an object");
    policies.decide_for(caller, tool, arguments, None, UNIX_EPOCH)
}

#[test]
fn t_2b_no_rule_means_no_and_a_rule_that_forbids_wins() {
    let level = json!({ "level": "DEV" });
    let none = policies("").unwrap();
    for caller in [Caller::LocalOwner, Caller::Anonymous, with_role("administrator")] {
        for tool in API.tools {
            assert_eq!(decide(&none, &caller, tool, level.clone()), Verdict::Hidden);
            assert!(!none.may_use(&caller, tool));
        }
    }
    let both = r#"
        permit (principal, action, resource);
        forbid (principal in Role::"apprentice", action in Action::"effect:destroy", resource);
    "#;
    let both = policies(both).unwrap();
    assert_eq!(decide(&both, &with_role("apprentice"), &DELETE, level.clone()), Verdict::Hidden);
    assert_eq!(decide(&both, &with_role("apprentice"), &MOVE, level.clone()), Verdict::Allowed);
    assert_eq!(decide(&both, &with_role("master"), &DELETE, level), Verdict::Allowed);
}

#[test]
fn anonymous_callers_cannot_be_given_more_than_reads() {
    let all = policies("permit (principal, action, resource);").unwrap();
    let level = json!({ "level": "DEV" });
    assert_eq!(decide(&all, &Caller::Anonymous, &GET, level.clone()), Verdict::Allowed);
    for tool in [&MOVE, &DELETE] {
        assert_eq!(decide(&all, &Caller::Anonymous, tool, level.clone()), Verdict::Hidden);
        assert!(!all.may_use(&Caller::Anonymous, tool));
    }
}

#[test]
fn the_rules_of_a_program_without_its_own_go_by_role_and_effect() {
    let table = |settings: Settings| {
        let policies = Policies::new(&API, settings).unwrap();
        let roles = ["observer", "editor", "operator", "service_account", "administrator", "nobody"];
        let callers = roles.map(with_role).into_iter().chain([Caller::Anonymous, Caller::LocalOwner]);
        let may = |caller: Caller| {
            API.tools.iter().map(|tool| if policies.may_use(&caller, tool) { 'x' } else { '-' }).collect()
        };
        callers.map(may).collect::<Vec<String>>()
    };
    // Delete, get, move.
    let usual = ["-x-", "-xx", "xxx", "-xx", "xxx", "---", "---", "xxx"];
    assert_eq!(table(Settings::default()), usual);
    let open = ["-x-", "-xx", "xxx", "-xx", "xxx", "---", "-x-", "xxx"];
    assert_eq!(table(Settings { anonymous_reads: true, ..Settings::default() }), open);
}

#[test]
fn who_may_with_other_arguments_is_refused_and_who_may_not_at_all_is_told_of_no_tool() {
    let policies = policies(
        r#"permit (principal in Role::"developer", action == Action::"move", resource)
           unless { resource.protected_levels.contains(context.upper.level) };"#,
    )
    .unwrap();
    let (developer, observer) = (with_role("developer"), with_role("observer"));
    let of = |caller: &Caller, arguments| decide(&policies, caller, &MOVE, arguments);
    assert_eq!(of(&developer, json!({ "level": "DEV" })), Verdict::Allowed);
    // Whatever the case of its letters, as the API may not care for it.
    for level in ["PRD", "prd", "Prd"] {
        assert_eq!(of(&developer, json!({ "level": level })), Verdict::Refused);
    }
    assert_eq!(of(&observer, json!({ "level": "DEV" })), Verdict::Hidden);
    for unfit in [json!({}), json!({ "level": 7 }), json!({ "level": ["DEV"] })] {
        assert_eq!(of(&developer, unfit.clone()), Verdict::Unfit);
        assert_eq!(of(&observer, unfit), Verdict::Hidden);
    }
    // What no rule reads decides nothing.
    assert_eq!(of(&developer, json!({ "level": "DEV", "count": "x" })), Verdict::Allowed);
}

#[test]
fn rules_that_do_not_fit_are_refused_in_one_line_that_names_the_place() {
    for (text, place, words) in [
        ("permit (principal, action, resource)", "", "unexpected end of input"),
        ("permit (principal, action, resource);\n  permit (", ":2:11", "unexpected end of input"),
        (r#"permit (principal, action == Action::"mov", resource);"#, ":1:", r#"Action::"mov""#),
        (
            "permit (principal, action, resource)\nwhen { context.arguments.levle == \"DEV\" };",
            ":2:8",
            "levle",
        ),
        (
            r#"permit (principal, action == Action::"move", resource) when { context.arguments.owner == "A" };"#,
            ":1:",
            "try testing for",
        ),
        (
            r#"permit (principal, action == Action::"move", resource) when { context.arguments.level == 1 };"#,
            ":1:",
            "types",
        ),
        (r#"permit (principal in Roel::"x", action, resource);"#, ":1:", "Roel"),
        (r#"permit (principal in ?principal, action, resource);"#, "", "slot"),
        (
            "@id(\"a\") permit (principal, action, resource);\n@id(\"a\") forbid (principal, action, resource);",
            "",
            r#"two rules have the @id "a""#,
        ),
    ] {
        let line = policies(text).expect_err(text).to_string();
        assert!(line.starts_with(&format!("the rules of the program{place}")), "{line}");
        assert!(line.contains(words) && !line.contains('\n'), "{words}: {line}");
    }
}

#[test]
fn a_changed_file_counts_whole_or_not_at_all() {
    let path = std::env::temp_dir().join(format!("policy-reload-{}.cedar", std::process::id()));
    let write = |text: &str| fs::write(&path, text).unwrap();
    write(r#"permit (principal, action == Action::"get", resource);"#);
    let settings = Settings { source: Source::File(path.clone()), ..Settings::default() };
    let policies = Policies::new(&API, settings).unwrap();
    let may = |tool: &Tool| decide(&policies, &Caller::LocalOwner, tool, json!({ "level": "A" }));
    assert_eq!((may(&GET), may(&MOVE)), (Verdict::Allowed, Verdict::Hidden));
    assert_eq!(policies.reload(false), Ok(false), "it is as it was");

    write("permit (principal, action == Action::\"move\", resource); permit (nobody");
    let line = policies.reload(false).expect_err("it is broken").to_string();
    assert!(line.starts_with(&format!("POLICY_FILE: {}:1:", path.display())), "{line}");
    assert_eq!((may(&GET), may(&MOVE)), (Verdict::Allowed, Verdict::Hidden), "the old rules count");
    assert_eq!(policies.reload(false), Ok(false), "it is told once");
    assert!(policies.reload(true).is_err(), "unless it is asked for");

    write(r#"permit (principal, action == Action::"move", resource);"#);
    assert_eq!(policies.reload(false), Ok(true));
    assert_eq!(
        (may(&GET), may(&MOVE)),
        (Verdict::Hidden, Verdict::Allowed),
        "nothing is remembered of the old"
    );
    assert!(!policies.may_use(&Caller::LocalOwner, &GET));

    fs::remove_file(&path).unwrap();
    assert!(policies.reload(false).is_err() && policies.reload(false) == Ok(false));
    assert_eq!(may(&MOVE), Verdict::Allowed);
    let settings = Settings { source: Source::File(path), ..Settings::default() };
    assert!(Policies::new(&API, settings).is_err(), "a start without its rules is none");
}

#[test]
fn a_flood_of_calls_and_callers_takes_bounded_room() {
    let policies = policies(
        r#"permit (principal, action in Action::"tag:Things", resource)
           when { context.arguments.level != principal.subject };"#,
    )
    .unwrap();
    for number in 0..10_500 {
        decide(&policies, &Caller::LocalOwner, &GET, json!({ "level": number.to_string() }));
        if number < 1_100 {
            let caller = known(|identity| identity.subject = number.to_string());
            policies.may_use(&caller, &GET);
        }
    }
    let rules = policies.rules();
    let (decisions, lists) = rules.remembered();
    assert!((5_000..=10_000).contains(&decisions) && (500..=1_000).contains(&lists), "{decisions} {lists}");
    assert!(policies.0.callers.len() <= CALLERS);
}

#[test]
fn one_caller_more_than_are_kept_takes_no_more_room_and_each_is_decided_as_before() {
    let last = CALLERS.to_string();
    let policies = policies(&format!(
        r#"permit (principal, action == Action::"get", resource) when {{ principal.subject == "0" || principal.subject == "{last}" }};"#
    ))
    .unwrap();
    let may =
        |number: usize| policies.may_use(&known(|identity| identity.subject = number.to_string()), &GET);
    let kept = || policies.0.callers.len();
    let among = || policies.0.world.among.len();
    (0..CALLERS).for_each(|number| assert_eq!(may(number), number == 0, "{number}"));
    assert!((CALLERS / 2..=CALLERS).contains(&kept()), "{}", kept());
    assert!((1..=among::CALLERS).contains(&among()), "{}", among());
    assert!(may(CALLERS) && kept() <= CALLERS, "{}", kept());
    (0..=CALLERS).for_each(|number| assert_eq!(may(number), [0, CALLERS].contains(&number), "{number}"));
}

#[test]
fn what_rules_do_not_read_makes_no_two_decisions_of_one() {
    let policies = policies(
        r#"permit (principal in Role::"developer", action in Action::"tag:Things", resource)
           when { context.arguments.level == "DEV" };"#,
    )
    .unwrap();
    for number in 0..50 {
        let caller = known(|identity| {
            identity.roles = vec!["developer".to_owned()];
            identity.scopes = vec![number.to_string()];
        });
        let arguments = json!({ "level": "DEV", "owner": number.to_string() });
        let time = UNIX_EPOCH + Duration::from_secs(number);
        let arguments = arguments.as_object().unwrap();
        assert_eq!(policies.decide_for(&caller, &MOVE, arguments, None, time), Verdict::Allowed);
    }
    assert_eq!(policies.rules().remembered().0, 1);
}

#[test]
fn explanations_name_the_rules_that_decide_and_what_the_others_need() {
    let policies = policies(
        r#"@id("developers") permit (principal in Role::"developer", action == Action::"move", resource)
             when { principal.scopes.contains("w") && context.arguments.level == "DEV" };
           @id("owners") permit (principal is LocalOwner, action, resource);
           @id("not-on-sundays") forbid (principal, action, resource) when { context.time.weekday == "Sunday" };"#,
    )
    .unwrap();
    let explain = |caller: Caller, level: &str, day: u64| {
        let arguments = json!({ "level": level }).as_object().cloned().unwrap();
        let call = Call::new(&MOVE, arguments, caller, "r".to_owned());
        policies.explain(&call, UNIX_EPOCH + Duration::from_secs(day * 86_400))
    };
    let permitted = explain(Caller::LocalOwner, "PRD", 0);
    assert_eq!((permitted.verdict, permitted.decided), (Verdict::Allowed, vec!["owners".to_owned()]));
    let forbidden = explain(Caller::LocalOwner, "PRD", 3);
    assert_eq!(forbidden.decided, ["not-on-sundays"]);
    assert_eq!(forbidden.verdict, Verdict::Refused);
    let owner = ("owners".to_owned(), "the caller is not of the kind LocalOwner".to_owned());
    let lacks = |what: &str| vec![("developers".to_owned(), what.to_owned()), owner.clone()];
    let observer = explain(with_role("observer"), "DEV", 0);
    assert_eq!(observer.verdict, Verdict::Hidden);
    assert_eq!(observer.missing, lacks(r#"the caller is not in Role::"developer""#));
    let unscoped = explain(with_role("developer"), "DEV", 0);
    assert_eq!(unscoped.missing, lacks(r#"this does not hold: when { principal.scopes.contains("w") }"#));
    let scoped = known(|identity| {
        identity.roles = vec!["developer".to_owned()];
        identity.scopes = vec!["w".to_owned()];
    });
    let elsewhere = explain(scoped, "PRD", 0);
    assert_eq!(elsewhere.verdict, Verdict::Refused);
    assert!(elsewhere.missing[0].1.contains("DEV"), "{elsewhere:?}");
}

/// Conditions that read everything there is to read.
const CONDITIONS: [&str; 14] = [
    r#"context.arguments.level == "DEV""#,
    r#"resource.protected_levels.contains(context.upper.level)"#,
    r#"context.arguments has owner && principal.names.contains(context.arguments.owner)"#,
    r#"context.arguments has count && context.arguments.count + 9223372036854775800 > 3"#,
    r#"context.arguments has tags && context.arguments.tags.containsAny(["x", "y"])"#,
    r#"context.arguments has "in" && context.arguments["in"]"#,
    r#"context.time.hour < 12"#,
    r#"context.time.weekday == "Sunday""#,
    r#"context has address && context.address.isInRange(ip("10.0.0.0/8"))"#,
    r#"context.provider == "jwt""#,
    r#"principal.scopes.contains("w")"#,
    r#"principal in Group::"g" || principal == User::"jwt:user01""#,
    r#"principal has tenant && principal.tenant == "t""#,
    r#"context.upper == context.arguments"#,
];

fn condition() -> impl Strategy<Value = String> {
    let leaf = (0..CONDITIONS.len()).prop_map(|index| format!("({})", CONDITIONS[index]));
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
            inner.clone().prop_map(|a| format!("!{a}")),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("(if {a} then {b} else {c})")),
        ]
    })
}

fn rule() -> impl Strategy<Value = String> {
    let whom = prop::sample::select(vec![
        "principal",
        r#"principal in Role::"a""#,
        "principal is User",
        r#"principal == User::"jwt:user02""#,
        "principal is LocalOwner",
    ]);
    let what = prop::sample::select(vec![
        r#"action in Action::"tag:Things""#,
        r#"action == Action::"move""#,
        r#"action in [Action::"effect:write", Action::"effect:destroy"]"#,
    ]);
    let effect = prop_oneof![3 => Just("permit"), 1 => Just("forbid")];
    let kind = prop::sample::select(vec!["when", "unless"]);
    (effect, whom, what, kind, condition()).prop_map(|(effect, whom, what, kind, condition)| {
        format!("{effect} ({whom}, {what}, resource) {kind} {{ {condition} }};")
    })
}

fn caller() -> impl Strategy<Value = Caller> {
    let some = |words: &[&str]| {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        let count = words.len();
        prop::sample::subsequence(words, 0..=count)
    };
    let identity = (some(&["a", "b"]), some(&["g"]), some(&["w", "x"]), any::<bool>(), 1..3, any::<bool>());
    let named = identity.prop_map(|(roles, groups, scopes, has_tenant, number, has_key)| {
        known(|identity| {
            identity.provider = if has_key { "api_key" } else { "jwt" };
            identity.subject = format!("user0{number}");
            (identity.roles, identity.groups, identity.scopes) = (roles, groups, scopes);
            identity.tenant = has_tenant.then(|| "t".to_owned());
        })
    });
    prop_oneof![6 => named, 1 => Just(Caller::LocalOwner), 1 => Just(Caller::Anonymous)]
}

#[derive(Clone, Debug)]
struct Asked {
    caller: Caller,
    tool: &'static Tool,
    arguments: Value,
    address: Option<IpAddr>,
    time: SystemTime,
}

fn asked() -> impl Strategy<Value = Asked> {
    let text = |words: &[&'static str]| prop::option::of(prop::sample::select(words.to_vec()));
    let arguments = (
        prop::sample::select(vec!["DEV", "dev", "PRD", "prd"]),
        text(&["user01", "USER02"]),
        prop::option::of(prop::sample::select(vec![0_i64, 9])),
        prop::option::of(prop::sample::subsequence(vec!["x", "z"], 0..=2)),
        prop::option::of(any::<bool>()),
    );
    let arguments = arguments.prop_map(|(level, owner, count, tags, within)| {
        let mut given = json!({ "level": level });
        for (name, value) in [
            ("owner", owner.map(Value::from)),
            ("count", count.map(Value::from)),
            ("tags", tags.map(Value::from)),
            ("in", within.map(Value::from)),
        ] {
            if let Some(value) = value {
                given[name] = value;
            }
        }
        given
    });
    let tools = prop::sample::select(vec![&DELETE, &GET, &MOVE]);
    let address = text(&["10.0.0.1", "192.0.2.1"]);
    let hour = prop::sample::select(vec![0_u64, 13, 74]);
    (caller(), tools, arguments, address, hour).prop_map(|(caller, tool, arguments, address, hour)| Asked {
        caller,
        tool,
        arguments,
        address: address.map(|text| text.parse().expect("an address")),
        time: UNIX_EPOCH + Duration::from_secs(hour * 3600),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// Remembered decisions and fresh ones agree; so do those by what is read and by everything there is; and whatever is allowed
    /// is on the list.
    #[test]
    fn what_is_remembered_is_what_would_be_decided(
        rules in prop::collection::vec(rule(), 1..5),
        questions in prop::collection::vec(asked(), 24),
    ) {
        let policies = policies(&rules.join("\n"));
        let policies = policies.map_err(|error| TestCaseError::fail(error.to_string()))?;
        let (rules, world) = (policies.rules(), &policies.0.world);
        for Asked { caller, tool, arguments, address, time } in questions {
            let (held, action) = (policies.held(&caller), world.place(tool.name).unwrap());
            let arguments = arguments.as_object().unwrap();
            let provider = provider(&caller);
            let question =
                Question { held: &held, action, arguments, time, address, provider };
            let everything = reads::Reads::everything();
            let fresh = rules.judge(&question, &everything, world).unwrap().decision() == Decision::Allow;
            let verdict = policies.decide_for(&caller, tool, arguments, address, time);
            prop_assert_eq!(verdict == Verdict::Allowed, fresh, "{:?}", verdict);
            prop_assert!(!fresh || policies.may_use(&caller, tool), "allowed and not on the list");
        }
    }
}

#[test]
fn the_rest_of_an_answer_has_its_action_whether_answers_are_cut_or_not() {
    let policies =
        policies(r#"permit (principal, action == Action::"get_rest_of_answer", resource);"#).unwrap();
    assert!(policies.may_use(&Caller::LocalOwner, &portion::REST));
    assert!(policies.schema().contains("action \"get_rest_of_answer\" in [\"effect:read\"]"));
}
