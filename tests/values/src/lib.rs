//! What an advertised schema accepts and what the decoder accepts are one set of values, with an independent JSON
//! Schema validator as the judge; and what is made of answers conforms to the advertised output schema.
//!
//! Each check takes random values of the schemas of all tools, and near misses of them. The golden programs, the
//! product's among them, the features and the examples run them; `VALUES_CASES=100000` makes any of these runs longer.

mod instances;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;
use server::catalog::{Api, Content, Tool};
use server::decode::{Deployment, Problems};

use instances::{Random, instance, judge, mutate};

/// Rules that are stricter than any schema can say, on purpose: characters that hide or steer, values that would make
/// another path, callback hosts, nesting, inexact numbers where no type is said, what a parameter's style cannot write,
/// and text that must be XML or a written form.
const STRICTER: [&str; 8] = ["characters", "path", "callback", "depth", "range", "parameter", "xml", "form"];

/// A tool with one of its schemas.
struct Judged {
    tool: &'static Tool,
    schema: Value,
    judge: jsonschema::Validator,
}

/// How often as many values may be tried, until enough of them were of use: chance alone shall fail no check.
const ROUNDS: usize = 4;

/// Holds the decoders of all tools to their input schemas, with this many values or more. Panics where they differ, and
/// when a tenth of this many is not accepted and a tenth not refused in the end, since then too little was tried.
pub fn of_arguments(apis: &[&'static Api], cases: u32) {
    let tools = judged(apis, |tool| Some(tool.input_schema));
    let cases = asked().unwrap_or(cases);
    let seen: RefCell<HashMap<bool, u32>> = RefCell::default();
    let check = |seed: u64| -> Result<(), TestCaseError> {
        let mut random = Random(seed);
        let Judged { tool, schema, judge } = &tools[random.below(tools.len())];
        let Value::Object(arguments) = near(schema, &mut random) else { return Ok(()) };
        let value = Value::Object(arguments.clone());
        let promised = judge.is_valid(&value);
        *seen.borrow_mut().entry(promised).or_default() += 1;
        match tool.prepare(arguments, &open_gate()) {
            Ok(prepared) => {
                prop_assert!(promised, "{}: decoded, though the schema refuses {value}: {schema}", tool.name);
                let back = &prepared.arguments;
                let sent = without_aside(tool, value.clone());
                prop_assert!(keeps(&sent, back), "{}: {value} was written back as {back}", tool.name);
            }
            Err(problems) => {
                let is_stricter = problems.iter().all(|problem| STRICTER.contains(&problem.rule));
                let told = told(&problems);
                prop_assert!(
                    !promised || is_stricter,
                    "{}: refused, though promised: {value}\n{told}",
                    tool.name
                );
            }
        }
        Ok(())
    };
    let is_enough = || seen.borrow().len() == 2 && seen.borrow().values().all(|count| *count > cases / 10);
    assert!(until(is_enough, cases, check), "both sides are tried: {:?}", seen.borrow());
}

/// Holds what is made of answers to the output schemas of all tools, with this many answers or more. Panics where
/// something does not conform, and when not even a fifth of this many could be read in the end.
pub fn of_answers(apis: &[&'static Api], cases: u32) {
    let tools = judged(apis, |tool| tool.output_schema.filter(|_| !tool.answers.is_empty()));
    let cases = asked().unwrap_or(cases);
    let read_count = Cell::new(0_u32);
    let check = |seed: u64| -> Result<(), TestCaseError> {
        let mut random = Random(seed);
        let Judged { tool, schema, judge } = &tools[random.below(tools.len())];
        let rule = &tool.answers[random.below(tool.answers.len())];
        let Content::Json { shape, wrap } = rule.content else { return Ok(()) };
        let mut answer = near(schema, &mut random);
        // A wrapped answer comes bare from the API.
        if let Some(bare) = answer.get("items").or(answer.get("value")).filter(|_| random.below(2) == 0) {
            answer = bare.clone();
        }
        if let Ok((mut value, _)) = server::answer::settled(shape, wrap, answer.clone()) {
            // Headers take the place of whatever the API answers under their name.
            if let Some(members) = value.as_object_mut().filter(|_| !tool.answer_headers.is_empty()) {
                members.remove("responseHeaders");
            }
            // So does what this server says of work that goes on.
            if let Some(members) = value.as_object_mut().filter(|_| tool.long.is_some()) {
                members.remove("followUp");
            }
            read_count.set(read_count.get() + 1);
            prop_assert!(judge.is_valid(&value), "{}: {answer} became {value}, against {schema}", tool.name);
        }
        Ok(())
    };
    let is_enough = || read_count.get() > cases / 5;
    assert!(until(is_enough, cases, check), "answers are read: {}", read_count.get());
}

fn judged(apis: &[&'static Api], schema: impl Fn(&'static Tool) -> Option<&'static str>) -> Vec<Judged> {
    let tools = apis.iter().flat_map(|api| api.tools.iter().copied());
    tools
        .filter_map(|tool| {
            let schema: Value = serde_json::from_str(schema(tool)?).expect("schemas are JSON");
            Some(Judged { tool, judge: judge(&schema), schema })
        })
        .collect()
}

/// How many values are asked for in the environment.
fn asked() -> Option<u32> {
    std::env::var("VALUES_CASES").ok()?.parse().ok()
}

/// Checks so many random seeds, and as many again while they are not enough; whether they were in the end. Panics at the first that fails.
fn until(is_enough: impl Fn() -> bool, cases: u32, check: impl Fn(u64) -> Result<(), TestCaseError>) -> bool {
    (0..ROUNDS).any(|_| {
        let config = Config { cases, failure_persistence: None, ..Config::default() };
        TestRunner::new(config).run(&any::<u64>(), &check).expect("every value passes");
        is_enough()
    })
}

/// A value near the schema: as it wants, or with one to three things changed.
fn near(schema: &Value, random: &mut Random) -> Value {
    let mut value = instance(schema, schema, random, 0);
    for _ in 0..random.below(3) {
        mutate(&mut value, random);
    }
    value
}

/// The arguments without those that are for the server alone.
fn without_aside(tool: &Tool, mut value: Value) -> Value {
    let aside = [("fields", tool.fields.is_some()), ("wait_seconds", tool.long.is_some())];
    for (name, _) in aside.iter().filter(|(_, is_aside)| *is_aside) {
        value.as_object_mut().and_then(|members| members.shift_remove(*name));
    }
    value
}

/// Whether what was given is there again: all of it, though pinned members may stand beside it.
fn keeps(given: &Value, back: &Value) -> bool {
    match (given, back) {
        (Value::Object(given), Value::Object(back)) => {
            given.iter().all(|(name, value)| back.get(name).is_some_and(|back| keeps(value, back)))
        }
        (Value::Array(given), Value::Array(back)) => {
            given.len() == back.len() && given.iter().zip(back).all(|(given, back)| keeps(given, back))
        }
        (Value::Number(given), Value::Number(back)) => given.as_f64() == back.as_f64(),
        _ => given == back,
    }
}

/// A deployment that allows callbacks to one host.
fn open_gate() -> Deployment {
    Deployment { callback_hosts: vec!["hooks.example.com".to_owned()], ..Deployment::default() }
}

fn told(problems: &Problems) -> String {
    problems.iter().map(|problem| format!("{}: {}\n", problem.path, problem.message)).collect()
}
