//! Arguments that are for this server alone: the tool's schema has them, and neither its request nor what names the call
//! for the cache and the ledger does.

use std::time::Duration;

use serde_json::{Map, Value};

use super::Prepared;
use crate::catalog::Tool;
use crate::decode::{Decoder, Deployment, Enumeration, Integer, List, Members, ObjectRule, Problems};

/// The argument that says which members of the answer are wanted.
pub(crate) const FIELDS: &str = "fields";

/// The argument that says how long to wait for the work that a change starts.
pub(crate) const WAIT: &str = "wait_seconds";

/// The longest wait that can be asked for, in seconds.
const LONGEST_WAIT: i64 = 86_400;

/// How long a caller wants to wait. What is wrong with it is told where arguments are checked.
pub(crate) fn wait(arguments: &Map<String, Value>) -> Duration {
    let seconds = arguments.get(WAIT).and_then(Value::as_f64);
    seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or_default()
}

/// What a caller said to this server alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aside {
    /// The paths of the answer's members that are wanted; all where none is named.
    pub fields: Vec<String>,
}

/// Takes these arguments out, and prepares the others; all problems come back together.
pub(crate) fn take(
    tool: &Tool,
    mut arguments: Map<String, Value>,
    deployment: &Deployment,
    prepare: impl FnOnce(Map<String, Value>) -> Result<Prepared, Problems>,
) -> Result<Prepared, Problems> {
    let mut decoder = Decoder::arguments(deployment);
    let aside = decoded(tool, &mut arguments, &mut decoder);
    let mut problems = decoder.into_problems();
    match (prepare(arguments), aside) {
        (Ok(prepared), Some(aside)) => Ok(Prepared { aside, ..prepared }),
        (Ok(_), None) => Err(problems),
        (Err(mut more), _) => {
            // Whoever prepares the others does not know of these.
            let names = [(tool.fields.is_some(), FIELDS), (tool.long.is_some(), WAIT)];
            let names: Vec<&str> =
                names.iter().filter_map(|(is_taken, name)| is_taken.then_some(*name)).collect();
            more.accept_also(&names);
            problems.append(more);
            Err(problems)
        }
    }
}

fn decoded(tool: &Tool, arguments: &mut Map<String, Value>, at: &mut Decoder<'_>) -> Option<Aside> {
    static RULE: ObjectRule = ObjectRule::closed(&[FIELDS, WAIT]);
    let mut ours = Map::new();
    if tool.fields.is_some() {
        ours.extend(arguments.shift_remove_entry(FIELDS));
    }
    if tool.long.is_some() {
        ours.extend(arguments.shift_remove_entry(WAIT));
    }
    if ours.is_empty() {
        return Some(Aside::default());
    }
    let mut members = at.object(Value::Object(ours), &RULE)?;
    let fields = fields(tool, &mut members, at);
    let wait = members.optional(at, WAIT, &Integer { minimum: 0, maximum: LONGEST_WAIT, multiple_of: None });
    members.finish(at)?;
    // Who waits has looked at it already: the wait is no part of the call.
    wait?;
    Some(Aside { fields: fields? })
}

fn fields(tool: &Tool, members: &mut Members, at: &mut Decoder<'_>) -> Option<Vec<String>> {
    let values = tool.fields.map_or(&[][..], |fields| fields.offered);
    let rule = List { min_items: 1, ..List::of(Enumeration { values }) };
    members.optional(at, FIELDS, &rule).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog::{Effect, Fields, Long, Work};
    use crate::request::Parts;

    const OFFERED: Fields = Fields { offered: &["tasks.level", "message"], kept: &[] };

    /// What is taken of these arguments, and what is left of them; or what is wrong.
    fn check(fields: Option<Fields>, arguments: Value) -> Result<(Vec<String>, Value), String> {
        let tool = Tool { fields, ..Tool::bare(Effect::Read, Work::Rest) };
        let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
        let prepare = |left: Map<String, Value>| {
            Ok(Prepared { arguments: left.into(), parts: Parts::default(), aside: Aside::default() })
        };
        let prepared = take(&tool, arguments, &Deployment::default(), prepare);
        prepared
            .map(|prepared| (prepared.aside.fields, prepared.arguments))
            .map_err(|problems| problems.to_string())
    }

    #[test]
    fn what_is_for_this_server_does_not_reach_the_request() {
        let given = json!({ "srid": "A", "fields": ["message"] });
        assert_eq!(check(Some(OFFERED), given), Ok((vec!["message".to_owned()], json!({ "srid": "A" }))));
        assert_eq!(check(Some(OFFERED), json!({})), Ok((vec![], json!({}))));
    }

    #[test]
    fn an_argument_of_the_same_name_is_left_to_a_tool_that_offers_no_choice() {
        let given = json!({ "fields": 7 });
        assert_eq!(check(None, given.clone()), Ok((vec![], given)));
    }

    #[test]
    fn a_name_that_is_unknown_is_told_with_these_names_too() {
        let long = Long { id: "", tool: "", with: &[], state: "", done: &[], failed: &[], waiting: &[] };
        let told = |names: &'static [&'static str], fields, long, given: Value| {
            static SOME: ObjectRule = ObjectRule::closed(&["srid", "level"]);
            static NONE: ObjectRule = ObjectRule::closed(&[]);
            let rule = if names.is_empty() { &NONE } else { &SOME };
            let tool = Tool { fields, long, ..Tool::bare(Effect::Write, Work::Rest) };
            let Value::Object(given) = given else { panic!("arguments are an object") };
            let deployment = Deployment::default();
            let prepare = |left: Map<String, Value>| {
                let mut decoder = Decoder::arguments(&deployment);
                decoder.object(Value::Object(left), rule).unwrap().finish(&mut decoder);
                Err(decoder.into_problems())
            };
            take(&tool, given, &deployment, prepare).unwrap_err().to_string()
        };
        let (fields, long, some) = (Some(OFFERED), Some(long), &["srid", "level"][..]);
        for (found, expected) in [
            (
                told(some, fields, long, json!({ "xyz": 1 })),
                "xyz: unknown name; accepted are `srid`, `level`, and besides `fields`, `wait_seconds`",
            ),
            (
                told(some, fields, None, json!({ "xyz": 1 })),
                "xyz: unknown name; accepted are `srid`, `level`, and besides `fields`",
            ),
            (told(some, None, None, json!({ "xyz": 1 })), "xyz: unknown name; accepted are `srid`, `level`"),
            (told(&[], None, long, json!({ "xyz": 1 })), "xyz: unknown name; accepted are `wait_seconds`"),
            (told(&[], None, None, json!({ "xyz": 1 })), "xyz: unknown name; no names are accepted here"),
            (
                told(some, fields, long, json!({ "waitSecond": 1 })),
                "waitSecond: unknown name; did you mean `wait_seconds`?",
            ),
            (told(some, fields, long, json!({ "levle": 1 })), "levle: unknown name; did you mean `level`?"),
            (
                told(some, None, None, json!({ "fields": 1 })),
                "fields: unknown name; accepted are `srid`, `level`",
            ),
        ] {
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_wait_is_whole_seconds_up_to_a_day() {
        let long = Long { id: "", tool: "", with: &[], state: "", done: &[], failed: &[], waiting: &[] };
        let tool = Tool { long: Some(long), ..Tool::bare(Effect::Write, Work::Rest) };
        let check = |seconds: Value| {
            let arguments = Map::from_iter([(WAIT.to_owned(), seconds)]);
            let prepare = |left: Map<String, Value>| {
                assert!(left.is_empty());
                Ok(Prepared { arguments: left.into(), parts: Parts::default(), aside: Aside::default() })
            };
            let waited = wait(&arguments);
            take(&tool, arguments, &Deployment::default(), prepare).ok().map(|_| waited.as_secs())
        };
        for (seconds, expected) in [
            (json!(0), Some(0)),
            (json!(30.0), Some(30)),
            (json!(86_400), Some(86_400)),
            (json!(86_401), None),
            (json!(-1), None),
            (json!(1.5), None),
            (json!("30"), None),
        ] {
            assert_eq!(check(seconds.clone()), expected, "{seconds}");
        }
    }

    #[test]
    fn what_is_not_offered_is_told_with_what_is() {
        for (fields, told) in [
            (json!([]), "fields: at least 1 items are needed, got 0"),
            (json!("message"), "fields: expected a list, got text"),
            (json!(["messages"]), "fields[0]: `messages` is none of"),
            (json!(["tasks"]), "tasks.level"),
            (json!(null), "fields: expected a list, got null"),
        ] {
            let problem = check(Some(OFFERED), json!({ "fields": fields })).expect_err("it is refused");
            assert!(problem.contains(told), "{problem}");
        }
    }
}
