//! Whether rules fit the tools: Cedar's own check against the schema, and what is known to be good without it.
//!
//! The check takes longer than all else of a start. It is left out for rules of which it was made before: in this process, when
//! the program was built, or once for every schema that there can be.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use cedar_policy::ffi::DetailedError;
use cedar_policy::{PolicySet, ValidationMode, Validator};

use super::DEFAULT;
use super::source::Source;
use super::world::World;
use crate::digest;
use crate::start_error::StartError;

/// How many texts are known to be good.
const MOST_FOUND: usize = 100;

/// Rules that were found good by their schemas: a program with many servers, as tests are, would check them over and over.
static FOUND_GOOD: Mutex<Good> = Mutex::new(Good(BTreeSet::new()));

/// Names of texts, each with its schema.
struct Good(BTreeSet<[u8; 32]>);

impl Good {
    /// Notes one; where there is no more room, all others are forgotten, which costs a check of each.
    fn note(&mut self, name: [u8; 32]) {
        if self.0.len() >= MOST_FOUND {
            self.0.clear();
        }
        self.0.insert(name);
    }
}

/// Refuses rules that do not fit the tools. Those that are known to fit are not checked again.
pub(super) fn fit(set: &PolicySet, text: &str, source: &Source, world: &World) -> Result<(), StartError> {
    let name = name(text, world);
    let was_checked = FOUND_GOOD.lock().unwrap_or_else(PoisonError::into_inner).0.contains(&name);
    // What is built for tests takes nobody's word for it.
    if was_checked || (!cfg!(debug_assertions) && is_proved(&name, text, source)) {
        return Ok(());
    }
    for warning in warnings(set, text, source, world)? {
        tracing::warn!("{warning}");
    }
    FOUND_GOOD.lock().unwrap_or_else(PoisonError::into_inner).note(name);
    Ok(())
}

/// Whether a check is known to find nothing.
fn is_proved(name: &[u8; 32], text: &str, source: &Source) -> bool {
    // What these rules name is in every schema: kinds of callers and of effects, and what the API itself has.
    text == DEFAULT || source.proof().trim() == digest::hex(name)
}

/// The name of rules together with the schema that they are about.
pub(super) fn name(text: &str, world: &World) -> [u8; 32] {
    digest::of(&[&world.text, text])
}

/// Checks rules against the schema, whatever is known of them. What is odd but no error is given, a line for each; an error is one
/// line that names the place.
pub(super) fn warnings(
    set: &PolicySet,
    text: &str,
    source: &Source,
    world: &World,
) -> Result<Vec<String>, StartError> {
    let place = source.place();
    let checked = Validator::new(world.schema()?).validate(set, ValidationMode::Strict);
    let line = |error: DetailedError| format!("{place}{}", told(text, &error));
    match checked.validation_errors().next() {
        Some(error) => Err(StartError::new(line(DetailedError::from(error)))),
        None => Ok(checked.validation_warnings().map(|warning| line(DetailedError::from(warning))).collect()),
    }
}

/// An error as `:LINE:COLUMN: what is wrong`, on one line.
pub(super) fn told(text: &str, error: &DetailedError) -> String {
    let place = error.source_locations.first().and_then(|label| {
        let before = text.get(..label.loc.start)?;
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Some(format!(":{line}:{column}"))
    });
    let mut words = error.message.split_whitespace().collect::<Vec<_>>().join(" ");
    // The place says which rule it is; Cedar's own number of it does not.
    if let Some((_, rest)) = words.strip_prefix("for policy `").and_then(|rest| rest.split_once("`, ")) {
        words = rest.to_owned();
    }
    if let Some(help) = &error.help {
        words.push_str(&format!(" ({})", help.split_whitespace().collect::<Vec<_>>().join(" ")));
    }
    format!("{}: {words}", place.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Api, Effect, Tool, Work};
    use crate::policy::{OwnRules, Policies, Settings, tests::API};

    #[test]
    fn one_text_more_than_are_remembered_takes_no_more_room() {
        let mut good = Good(BTreeSet::new());
        let name = |number: usize| digest::of(&[&number.to_string()]);
        (0..MOST_FOUND).for_each(|number| good.note(name(number)));
        assert_eq!(good.0.len(), MOST_FOUND);
        good.note(name(MOST_FOUND));
        assert_eq!(good.0, BTreeSet::from([name(MOST_FOUND)]));
    }

    fn with(api: &'static Api, text: &'static str, proof: &'static str) -> Result<Policies, StartError> {
        let source = Source::Own(OwnRules { text, proof });
        Policies::new(api, Settings { source, ..Settings::default() })
    }

    #[test]
    fn the_rules_of_no_program_of_its_own_are_good_for_every_schema() {
        static NONE: Api = Api::bare(&[]);
        static ODD: Tool = Tool {
            name: "odd",
            tags: &["effect:read", "a \"b\"", ""],
            input_schema: r#"{"type":"object","properties":{"in":{"type":"string"}},"additionalProperties":true}"#,
            ..Tool::bare(Effect::Destroy, Work::Rest)
        };
        static ONLY_ODD: Api = Api::bare(&[&ODD]);
        for api in [&NONE, &ONLY_ODD, &API] {
            // That there is no tool with such an effect is odd, but no error.
            with(api, DEFAULT, "").and_then(|policies| policies.check()).expect("they are good");
        }
    }

    /// The text of these rules, once it stands in a program.
    const RULES: &str = r#"permit (principal, action == Action::"get", resource);"#;

    #[test]
    fn a_proof_is_of_one_text_and_one_schema() {
        let policies = with(&API, RULES, "").expect("they are good");
        let proof: &'static str = policies.check().expect("they are good").leak();
        let World { text, .. } = &policies.0.world;
        let known = |rules: &str, schema: &str, proof| {
            is_proved(&digest::of(&[schema, rules]), rules, &Source::Own(OwnRules { text: "", proof }))
        };
        let other = r#"permit (principal, action == Action::"move", resource);"#;
        assert!(known(RULES, text, proof));
        assert!(!known(other, text, proof), "another text");
        assert!(!known(RULES, &format!("{text}\n"), proof), "another schema");
        assert!(!known(other, text, ""), "no proof");
    }

    #[test]
    fn rules_with_the_proof_of_others_are_checked() {
        let proof: &'static str = with(&API, RULES, "").expect("good").check().expect("good").leak();
        let error = with(&API, r#"permit (principal, action == Action::"mov", resource);"#, proof);
        assert!(error.expect_err("there is no such tool").to_string().contains("mov"));
    }

    #[test]
    fn what_is_odd_gets_no_proof() {
        let odd = r#"permit (principal, action == Action::"get", resource) when { false };"#;
        let policies = with(&API, odd, "").expect("it can be used");
        assert_eq!(policies.check(), Ok(String::new()));
    }
}
