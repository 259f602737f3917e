//! From the generator's plan to the contract: what is decided there is only copied here.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Confirm, Contract, Long, Places, Tool, canonical, effect_word};
use crate::plan::model::{self, AnswerRule, Content, Need, Part, Plan};

/// The contract of a plan, without places.
pub fn of_plan(plan: &Plan) -> Contract {
    Contract {
        title: plan.title.clone(),
        version: plan.version.clone(),
        tools: plan.tools.iter().map(|tool| (tool.name.clone(), of_tool(plan, tool))).collect(),
    }
}

fn of_tool(plan: &Plan, tool: &model::Tool) -> Tool {
    Tool {
        title: tool.title.clone(),
        description: tool.description.clone(),
        operation: tool.operation.clone(),
        method: tool.method.clone(),
        path: tool.template.clone(),
        deprecated: tool.deprecated,
        effect: tool.effect,
        idempotent: tool.idempotent,
        cache_seconds: tool.cache_seconds.filter(|seconds| *seconds > 0),
        stale_seconds: tool.stale_seconds,
        busy: tool.busy.clone(),
        timeout_seconds: tool.timeout_seconds,
        proof: tool.proof.clone(),
        confirm: tool.confirm.as_ref().map(confirm),
        weight: tool.weight,
        long: tool.long.as_ref().map(long),
        security: tool.security.iter().map(|together| alternative(together)).collect(),
        scopes: scopes(plan, tool),
        gated: tool.gated.clone(),
        secrets: tool.secrets.clone(),
        answers: tool.answers.iter().map(answer).collect(),
        arguments: of_text(&tool.input_schema),
        answer: tool.output_schema.as_deref().map(of_text),
        places: Places::default(),
    }
}

/// The scopes that a call needs, unless they are the word of the effect, as they would be without a word.
fn scopes(plan: &Plan, tool: &model::Tool) -> Option<Vec<String>> {
    let scopes = plan.scopes(tool)?;
    (tool.scopes.is_some() || scopes != [effect_word(tool.effect)]).then(|| scopes.to_vec())
}

/// The generator wrote the text, so it is JSON.
fn of_text(text: &str) -> Value {
    canonical::schema(serde_json::from_str(text).unwrap_or_default())
}

/// As it is asked, without what was only cleaned away.
fn confirm(confirm: &model::Confirm) -> Confirm {
    let word = |part: &Part| match part {
        Part::Literal(text) => text.clone(),
        Part::Parameter(name) => format!("{{{name}}}"),
    };
    match confirm {
        model::Confirm::Never => Confirm::Never,
        model::Confirm::Always => Confirm::Always,
        model::Confirm::Question(parts) => Confirm::Question(parts.iter().map(word).collect()),
    }
}

fn long(long: &model::Long) -> Long {
    Long {
        id: long.id.clone(),
        tool: long.tool.clone(),
        with: long.with.iter().cloned().collect(),
        state: long.state.clone(),
        done: long.done.clone(),
        failed: long.failed.clone(),
        waiting: long.waiting.clone(),
    }
}

fn alternative(together: &[Need]) -> BTreeMap<String, Vec<String>> {
    together.iter().map(|need| (need.scheme.clone(), need.scopes.clone())).collect()
}

fn answer(rule: &AnswerRule) -> (String, String) {
    let status =
        if rule.from == rule.to { rule.from.to_string() } else { format!("{}-{}", rule.from, rule.to) };
    let content = match &rule.content {
        Content::Empty => "nothing",
        Content::Json { .. } | Content::AnyJson => "json",
        Content::Text => "text",
        Content::Binary => &rule.media_type,
    };
    (status, content.to_owned())
}
