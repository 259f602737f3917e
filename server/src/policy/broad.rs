//! Rules made broad: what a caller may use with some arguments at some time, whatever these are. It is what the list of tools
//! shows, so that the list depends on who asks and on nothing else.
//!
//! Every condition on the call counts as met where that permits and as not met where that forbids. So nothing is missing from the
//! list that could be allowed; something may be in it that is never allowed, such as by two conditions that contradict each other.

use serde_json::{Value, json};

use super::reads::reads_call;

/// A rule, as Cedar writes it in JSON, made broad.
pub(super) fn broad(rule: &Value) -> Value {
    let permits = rule["effect"] == "permit";
    let conditions = rule["conditions"].as_array().into_iter().flatten();
    // A rule that fails is no rule: one that forbids and could fail by the call may not count.
    let may_fail = |body: &Value| !permits && reads_call(body) && computes(body);
    let conditions: Vec<Value> = conditions
        .map(|condition| {
            let (kind, body) = (&condition["kind"], &condition["body"]);
            let body = match (kind == "when", permits) {
                _ if may_fail(body) => json!({ "Value": kind != "when" }),
                (true, true) | (false, false) => most(body),
                (true, false) | (false, true) => least(body),
            };
            json!({ "kind": kind, "body": body })
        })
        .collect();
    let mut rule = rule.clone();
    rule["conditions"] = conditions.into();
    rule
}

/// An expression that is true wherever this one is true for some call.
fn most(expression: &Value) -> Value {
    towards(expression, true)
}

/// An expression that is true only where this one is true for every call.
fn least(expression: &Value) -> Value {
    towards(expression, false)
}

fn towards(expression: &Value, truth: bool) -> Value {
    if !reads_call(expression) {
        return expression.clone();
    }
    let Some((operator, operands)) = expression.as_object().and_then(|object| object.iter().next()) else {
        return json!({ "Value": truth });
    };
    let part = |name: &str| towards(&operands[name], truth);
    match operator.as_str() {
        "&&" | "||" => json!({ operator: { "left": part("left"), "right": part("right") } }),
        "!" => json!({ "!": { "arg": towards(&operands["arg"], !truth) } }),
        "if-then-else" => {
            // Whichever way the condition can go.
            let condition = &operands["if"];
            if reads_call(condition) {
                let join = if truth { "||" } else { "&&" };
                json!({ join: { "left": part("then"), "right": part("else") } })
            } else {
                json!({ operator: { "if": condition, "then": part("then"), "else": part("else") } })
            }
        }
        _ => json!({ "Value": truth }),
    }
}

/// Whether an expression computes something, which can overflow.
fn computes(expression: &Value) -> bool {
    match expression {
        Value::Object(members) => members.iter().any(|(operator, operands)| {
            matches!(operator.as_str(), "+" | "-" | "*" | "neg" | "offset" | "durationSince")
                || (operator != "Value" && computes(operands))
        }),
        Value::Array(items) => items.iter().any(computes),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use cedar_policy::Policy;

    use super::*;

    #[track_caller]
    fn check(rule: &str, expected: &str) {
        let json = |text: &str| Policy::parse(None, text).expect("a rule").to_json().expect("JSON");
        let [rule, expected] = [rule, expected]
            .map(|text| text.replace("permit", "permit(principal, action, resource)"))
            .map(|text| text.replace("forbid", "forbid(principal, action, resource)"));
        assert_eq!(broad(&json(&rule)), json(&expected));
    }

    #[test]
    fn conditions_on_the_call_count_for_the_caller() {
        check(
            r#"permit when { principal.subject == "a" && context.arguments.level == "A" };"#,
            r#"permit when { principal.subject == "a" && true };"#,
        );
        check(
            r#"permit unless { context.arguments.level == "A" || principal.subject == "a" };"#,
            r#"permit unless { false || principal.subject == "a" };"#,
        );
        check(
            r#"forbid when { !(context.time.hour > 8) && principal.subject == "a" };"#,
            r#"forbid when { !true && principal.subject == "a" };"#,
        );
        check(r#"forbid unless { context.time.hour > 8 };"#, r#"forbid unless { true };"#);
    }

    #[test]
    fn both_ways_of_a_choice_on_the_call_count() {
        check(
            r#"permit when { if context.time.hour > 8 then principal.subject == "a" else false };"#,
            r#"permit when { principal.subject == "a" || false };"#,
        );
        check(
            r#"forbid when { if context.time.hour > 8 then principal.subject == "a" else true };"#,
            r#"forbid when { principal.subject == "a" && true };"#,
        );
        check(
            r#"permit when { if principal.subject == "a" then context.time.hour > 8 else false };"#,
            r#"permit when { if principal.subject == "a" then true else false };"#,
        );
    }

    #[test]
    fn what_forbids_and_can_fail_by_the_call_forbids_nothing_beforehand() {
        check(
            r#"forbid when { principal.subject == "a" || context.time.hour + 1 > 8 };"#,
            r#"forbid when { false };"#,
        );
        check(
            r#"forbid unless { principal.subject == "a" && context.time.hour + 1 > 8 };"#,
            r#"forbid unless { true };"#,
        );
    }
}
