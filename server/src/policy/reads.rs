//! What rules read, found in the rules themselves: which parts of a call and of its caller a decision can depend on. Two calls
//! that are alike in these parts are decided alike, so one decision does for both.

use std::collections::BTreeSet;

use serde_json::Value;

use super::facts::MOMENT;
use super::held;
use super::shape::Case;

/// What is read for one action.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reads {
    /// Of the caller.
    pub(super) caller: held::Reads,
    /// Of the call and its circumstances; none lies within another.
    pub(super) call: Vec<Part>,
}

/// A part of what rules are told of a call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// From where it comes.
    Address,
    /// Who vouches for the caller.
    Provider,
    /// A part of the time.
    Time(&'static str),
    /// The value at this path among the arguments, with everything in it.
    Argument(Case, Vec<String>),
}

impl Reads {
    /// What all of these rules read.
    pub(super) fn of<'r>(rules: impl Iterator<Item = &'r Value>) -> Self {
        let mut found = Found::default();
        for rule in rules {
            found.scope(&rule["principal"]);
            for condition in rule["conditions"].as_array().into_iter().flatten() {
                found.expression(&condition["body"]);
            }
        }
        Self { caller: found.caller, call: found.parts() }
    }

    /// Everything that can be read.
    #[cfg(test)]
    pub(super) fn everything() -> Self {
        Self { caller: held::Reads::ALL, call: parts_at(&[]) }
    }
}

/// Whether an expression depends on the call, and not on the caller and the API alone.
pub(super) fn reads_call(expression: &Value) -> bool {
    let mut found = Found::default();
    found.expression(expression);
    !found.context.is_empty()
}

#[derive(Default)]
struct Found {
    caller: held::Reads,
    /// Paths into the context.
    context: BTreeSet<Vec<String>>,
}

impl Found {
    /// What the scope of a rule says of callers.
    fn scope(&mut self, principal: &Value) {
        match principal["op"].as_str() {
            Some("All") => {}
            Some("==") => self.caller.itself = true,
            Some("in") => self.member(),
            Some("is") => {
                if principal.get("in").is_some() {
                    self.member();
                }
            }
            _ => self.caller = held::Reads::ALL,
        }
    }

    /// `principal in X` is true of what is in X, and of X itself.
    fn member(&mut self) {
        self.caller.itself = true;
        self.caller.memberships = true;
    }

    /// Expressions are objects of one member, named after what they do.
    fn expression(&mut self, expression: &Value) {
        let Some((operator, operands)) = expression.as_object().and_then(|object| object.iter().next())
        else {
            return;
        };
        match operator.as_str() {
            "Value" => {}
            "Var" => self.path(operands.as_str().unwrap_or_default(), Vec::new()),
            "." | "has" => match chain(expression) {
                Some((variable, path)) => self.path(variable, path),
                None => self.expression(&operands["left"]),
            },
            "in" | "is" if chain(&operands["left"]).is_some_and(|found| found == ("principal", vec![])) => {
                let others: Vec<&Value> = [&operands["right"], &operands["in"]]
                    .into_iter()
                    .filter(|other| !other.is_null())
                    .collect();
                if !others.is_empty() {
                    self.member();
                }
                others.into_iter().for_each(|other| self.expression(other));
            }
            _ => self.operands(operands),
        }
    }

    fn operands(&mut self, operands: &Value) {
        match operands {
            Value::Object(named) => named.values().for_each(|operand| self.expression(operand)),
            Value::Array(listed) => listed.iter().for_each(|operand| self.expression(operand)),
            _ => {}
        }
    }

    fn path(&mut self, variable: &str, path: Vec<String>) {
        match (variable, path.first()) {
            ("context", _) => {
                self.context.insert(path);
            }
            ("principal", Some(attribute)) => self.caller.attribute(attribute),
            ("principal", None) => self.caller = held::Reads::ALL,
            // Actions and the API are the same for everybody.
            _ => {}
        }
    }

    fn parts(&self) -> Vec<Part> {
        let within = |path: &[String]| {
            (0..path.len()).any(|length| self.context.contains(path.get(..length).unwrap_or_default()))
        };
        let outermost = self.context.iter().filter(|path| !within(path));
        let parts: BTreeSet<Part> = outermost.flat_map(|path| parts_at(path)).collect();
        parts.into_iter().collect()
    }
}

/// The parts that a path into the context stands for.
fn parts_at(path: &[String]) -> Vec<Part> {
    let argument = |case, rest: &[String]| vec![Part::Argument(case, rest.to_vec())];
    match path.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        None => ["address", "provider", "time", "arguments", "upper"]
            .iter()
            .flat_map(|&name| parts_at(&[name.to_owned()]))
            .collect(),
        Some(("address", _)) => vec![Part::Address],
        Some(("provider", _)) => vec![Part::Provider],
        Some(("time", [])) => MOMENT.map(Part::Time).to_vec(),
        Some(("time", [name, ..])) => {
            MOMENT.into_iter().filter(|known| name == known).map(Part::Time).collect()
        }
        Some(("arguments", rest)) => argument(Case::AsGiven, rest),
        Some(("upper", rest)) => argument(Case::Upper, rest),
        Some(_) => Vec::new(),
    }
}

/// The variable and the path that an expression is, if it is nothing but that.
fn chain(expression: &Value) -> Option<(&str, Vec<String>)> {
    let (operator, operands) = expression.as_object()?.iter().next()?;
    match operator.as_str() {
        "Var" => Some((operands.as_str()?, Vec::new())),
        "." | "has" => {
            let (variable, mut path) = chain(&operands["left"])?;
            match &operands["attr"] {
                Value::String(name) => path.push(name.clone()),
                Value::Array(names) => {
                    path.extend(names.iter().filter_map(Value::as_str).map(str::to_owned));
                }
                _ => return None,
            }
            Some((variable, path))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use cedar_policy::Policy;

    use super::*;

    fn of(rules: &[&str]) -> Reads {
        let rules: Vec<Value> = rules
            .iter()
            .map(|text| Policy::parse(None, text).expect("a rule").to_json().expect("JSON"))
            .collect();
        Reads::of(rules.iter())
    }

    fn argument(case: Case, path: &[&str]) -> Part {
        Part::Argument(case, path.iter().map(|&step| step.to_owned()).collect())
    }

    #[test]
    fn what_is_read_is_found_wherever_it_stands() {
        let reads = of(&[
            r#"permit(principal is User, action, resource) when { context.arguments.level == "A" && principal.scopes.contains("x") };"#,
            r#"permit(principal, action, resource) unless { if context.arguments has force then context.upper.a.b like "X*" else [context.time.hour].contains(8) };"#,
            r#"forbid(principal, action, resource) when { context has address && context.address.isInRange(ip("10.0.0.0/8")) };"#,
        ]);
        assert_eq!(
            reads.call,
            [
                Part::Address,
                Part::Time("hour"),
                argument(Case::AsGiven, &["force"]),
                argument(Case::AsGiven, &["level"]),
                argument(Case::Upper, &["a", "b"]),
            ]
        );
        let mut caller = held::Reads::default();
        caller.attribute("scopes");
        assert_eq!(reads.caller, caller);
    }

    #[test]
    fn what_holds_another_part_is_read_whole() {
        let reads = of(&[
            r#"permit(principal, action, resource) when { context.arguments.a.b == 1 && context.arguments.a == {b: 1} };"#,
        ]);
        assert_eq!(reads.call, [argument(Case::AsGiven, &["a"])]);
        let all = of(&[r#"permit(principal, action, resource) when { context == {} };"#]);
        assert_eq!(all.call.len(), 9);
        assert!(all.call.contains(&argument(Case::Upper, &[])) && all.call.contains(&Part::Time("now")));
    }

    #[test]
    fn memberships_and_names_of_callers_are_read_where_rules_name_them() {
        let member = held::Reads { itself: true, memberships: true, ..held::Reads::default() };
        for text in [
            r#"permit(principal in Role::"a", action, resource);"#,
            r#"permit(principal is User in Role::"a", action, resource);"#,
            r#"permit(principal, action, resource) when { principal in [Role::"a", Role::"b"] };"#,
            r#"permit(principal, action, resource) when { principal is User in Role::"a" };"#,
        ] {
            assert_eq!(of(&[text]).caller, member, "{text}");
        }
        let kind = r#"permit(principal is User, action, resource) when { principal is User };"#;
        assert_eq!(of(&[kind]).caller, held::Reads::default());
        let itself = r#"permit(principal == User::"a", action, resource);"#;
        assert_eq!(of(&[itself]).caller, held::Reads { itself: true, ..held::Reads::default() });
        let bare = r#"permit(principal, action, resource) when { [principal].contains(User::"a") };"#;
        assert_eq!(of(&[bare]).caller, held::Reads::ALL);
    }
}
