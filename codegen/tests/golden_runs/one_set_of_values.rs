//! What an advertised schema accepts and what the decoder accepts are one set of values, with an independent JSON
//! Schema validator as the judge; and what is made of answers conforms to the advertised output schema.

use std::collections::HashMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;
use server::catalog::{Content, Tool};

use crate::instances::{Random, instance, judge, mutate};
use crate::programs;

/// Rules that are stricter than any schema can say, on purpose: characters that hide or steer, values that would make
/// another path, callback hosts, nesting, inexact numbers where no type is said, what a parameter's style cannot write,
/// and text that must be XML or a written form.
const STRICTER: [&str; 8] = ["characters", "path", "callback", "depth", "range", "parameter", "xml", "form"];

struct Judged {
    tool: &'static Tool,
    schema: Value,
    judge: jsonschema::Validator,
}

fn judged(schema: impl Fn(&'static Tool) -> Option<&'static str>) -> Vec<Judged> {
    let tools = programs::all().into_iter().flat_map(|api| api.tools.iter().copied());
    tools
        .filter_map(|tool| {
            let schema: Value = serde_json::from_str(schema(tool)?).expect("schemas are JSON");
            Some(Judged { tool, judge: judge(&schema), schema })
        })
        .collect()
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() })
}

/// A value near the schema: as it wants, or with one to three things changed.
fn near(schema: &Value, random: &mut Random) -> Value {
    let mut value = instance(schema, schema, random, 0);
    for _ in 0..random.below(3) {
        mutate(&mut value, random);
    }
    value
}

#[test]
fn schema_and_decoder_accept_the_same_arguments() {
    let tools = judged(|tool| Some(tool.input_schema));
    let mut seen: HashMap<bool, u32> = HashMap::new();
    let check = |seed: u64, seen: &mut HashMap<bool, u32>| -> Result<(), TestCaseError> {
        let mut random = Random(seed);
        let Judged { tool, schema, judge } = &tools[random.below(tools.len())];
        let Value::Object(arguments) = near(schema, &mut random) else { return Ok(()) };
        let value = Value::Object(arguments.clone());
        let promised = judge.is_valid(&value);
        *seen.entry(promised).or_default() += 1;
        match tool.prepare(arguments, &programs::open_gate()) {
            Ok(_) => {
                prop_assert!(promised, "{}: decoded, though the schema refuses {value}: {schema}", tool.name)
            }
            Err(problems) => {
                let is_stricter = problems.iter().all(|problem| STRICTER.contains(&problem.rule));
                let told = programs::told(&problems);
                prop_assert!(
                    !promised || is_stricter,
                    "{}: refused, though promised: {value}\n{told}",
                    tool.name
                );
            }
        }
        Ok(())
    };
    let seen_in = std::cell::RefCell::new(&mut seen);
    runner(3000)
        .run(&any::<u64>(), |seed| check(seed, &mut seen_in.borrow_mut()))
        .expect("one set of values");
    assert!(seen.values().all(|count| *count > 300) && seen.len() == 2, "both sides are tried: {seen:?}");
}

#[test]
fn what_is_made_of_any_answer_conforms_to_the_output_schema() {
    let tools = judged(|tool| tool.output_schema);
    let read_count = std::cell::Cell::new(0_u32);
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
            read_count.set(read_count.get() + 1);
            prop_assert!(judge.is_valid(&value), "{}: {answer} became {value}, against {schema}", tool.name);
        }
        Ok(())
    };
    runner(2000).run(&any::<u64>(), check).expect("answers conform");
    assert!(read_count.get() > 500, "answers are read: {}", read_count.get());
}
