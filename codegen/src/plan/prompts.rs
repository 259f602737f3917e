//! Prompts, held against the tools: a prompt that names a tool or an argument which is not there would send every model that
//! follows it astray, so it is none.

use openapi::prompts::{Placed, Prompt as Written, Step as WrittenStep};

use super::findings::Findings;
use super::model::{Part, Prompt, PromptArgument, Step, Tool};
use super::words;

const RULE: &str = "prompt";
/// The longest name.
const LONGEST: usize = 64;

/// The prompts that fit the tools, sorted by name.
pub(crate) fn plan(written: &[Written], tools: &[Tool], findings: &mut Findings) -> Vec<Prompt> {
    let mut prompts: Vec<Prompt> = Vec::new();
    for prompt in written {
        check_name(&prompt.name, findings);
        if prompts.iter().any(|other| other.name == prompt.name.text) {
            findings.error(
                RULE,
                &prompt.name.at,
                format!("there is a prompt `{}` already", prompt.name.text),
            );
            continue;
        }
        prompts.push(fitted(prompt, tools, findings));
    }
    prompts.sort_by(|one, other| one.name.cmp(&other.name));
    prompts
}

fn check_name(name: &Placed, findings: &mut Findings) {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let text = &name.text;
    if text.is_empty() || text.len() > LONGEST || !text.bytes().all(is_letter) {
        let message = format!("{text:?}: a name is 1 to {LONGEST} of a-z, 0-9 and `_`");
        findings.error(RULE, &name.at, message);
    }
}

fn fitted(prompt: &Written, tools: &[Tool], findings: &mut Findings) -> Prompt {
    let mut known: Vec<&str> = Vec::new();
    for argument in &prompt.arguments {
        check_name(&argument.name, findings);
        if known.contains(&argument.name.text.as_str()) {
            let message = format!("there is an argument `{}` already", argument.name.text);
            findings.error(RULE, &argument.name.at, message);
        }
        known.push(&argument.name.text);
    }
    let arguments = prompt.arguments.iter().map(|argument| PromptArgument {
        name: argument.name.text.clone(),
        description: words::one_line(&words::clean(&argument.description)),
        required: argument.required,
    });
    let required: Vec<&str> =
        prompt.arguments.iter().filter(|one| one.required).map(|one| one.name.text.as_str()).collect();
    if prompt.steps.is_empty() {
        findings.error(RULE, &prompt.name.at, "`steps`: a workflow has one step or more".to_owned());
    }
    Prompt {
        name: prompt.name.text.clone(),
        title: words::one_line(&words::clean(&prompt.title)),
        description: words::one_line(&words::clean(&prompt.description)),
        arguments: arguments.collect(),
        opening: parts(&prompt.opening, &known, findings),
        steps: prompt.steps.iter().map(|one| step(one, &known, &required, tools, findings)).collect(),
    }
}

fn step(
    step: &WrittenStep,
    known: &[&str],
    required: &[&str],
    tools: &[Tool],
    findings: &mut Findings,
) -> Step {
    if let Some(when) = &step.when {
        check_known(when, &when.text, known, findings);
    }
    let tool = step.tool.as_ref().and_then(|name| find(name, tools, findings));
    if let (None, Some((name, _))) = (&step.tool, step.with.first()) {
        findings.error(RULE, &name.at, "`with`: the step names no `tool` that takes arguments".to_owned());
    }
    let with: Vec<(String, Vec<Part>)> =
        step.with.iter().map(|(name, value)| (name.text.clone(), parts(value, known, findings))).collect();
    if let (Some(name), Some(tool)) = (&step.tool, tool) {
        check_call(name, step, &with, tool, required, findings);
    }
    Step {
        when: step.when.as_ref().map(|when| when.text.clone()),
        tool: tool.map(|tool| tool.name.clone()),
        with,
        text: parts(&step.text, known, findings),
    }
}

fn find<'t>(name: &Placed, tools: &'t [Tool], findings: &mut Findings) -> Option<&'t Tool> {
    let found = tools.iter().find(|tool| tool.name == name.text);
    if found.is_none() {
        let message =
            format!("there is no tool `{}`; `mcp-codegen tools` lists those that there are", name.text);
        findings.error(RULE, &name.at, message);
    }
    found
}

/// The step must give what its tool requires, by names that the tool has.
fn check_call(
    at: &Placed,
    step: &WrittenStep,
    with: &[(String, Vec<Part>)],
    tool: &Tool,
    required: &[&str],
    findings: &mut Findings,
) {
    let fields = &tool.arguments.fields;
    for (name, _) in &step.with {
        if !fields.iter().any(|field| field.wire == name.text) {
            let all: Vec<&str> = fields.iter().map(|field| field.wire.as_str()).collect();
            let message =
                format!("`{}` takes no argument `{}`; it takes {}", tool.name, name.text, all.join(", "));
            findings.error(RULE, &name.at, message);
        }
    }
    let is_sure = |parts: &[Part]| {
        parts.iter().all(|part| match part {
            Part::Literal(_) => true,
            Part::Parameter(name) => {
                required.contains(&name.as_str()) || step.when.as_ref().is_some_and(|when| when.text == *name)
            }
        })
    };
    for field in fields.iter().filter(|field| field.required) {
        match with.iter().find(|(name, _)| *name == field.wire) {
            Some((_, parts)) if !is_sure(parts) => {
                let message = format!(
                    "`{}` needs `{}`, which is made of an argument that need not be filled in: make that one `required`, or \
                     the step depend on it with `when`",
                    tool.name, field.wire
                );
                findings.error(RULE, &at.at, message);
            }
            // What only an earlier step tells cannot be given here; the text says where it comes from.
            _ => {}
        }
    }
}

fn check_known(at: &Placed, name: &str, known: &[&str], findings: &mut Findings) {
    if !known.contains(&name) {
        let all = if known.is_empty() { "it has none".to_owned() } else { known.join(", ") };
        findings.error(RULE, &at.at, format!("`{name}` is no argument of the prompt; these are: {all}"));
    }
}

/// A text with `{arguments}` in it.
fn parts(text: &Placed, known: &[&str], findings: &mut Findings) -> Vec<Part> {
    let (mut parts, mut rest) = (Vec::new(), text.text.as_str());
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}').map(|close| open + close) else {
            findings.error(
                RULE,
                &text.at,
                "a brace is not closed; `{name}` stands for an argument".to_owned(),
            );
            return parts;
        };
        if open > 0 {
            parts.push(Part::Literal(rest[..open].to_owned()));
        }
        let name = &rest[open + 1..close];
        check_known(text, name, known, findings);
        parts.push(Part::Parameter(name.to_owned()));
        rest = &rest[close + 1..];
    }
    if !rest.is_empty() {
        parts.push(Part::Literal(rest.to_owned()));
    }
    parts
}
