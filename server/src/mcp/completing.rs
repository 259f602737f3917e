//! Completion of the arguments of prompts and of the variables of addresses.

use rmcp::RoleServer;
use rmcp::model::{CompleteRequestParams, CompleteResult, CompletionInfo, ErrorData, Reference};
use rmcp::service::RequestContext;
use serde_json::{Map, Value};

use super::answer;
use super::context::{caller, from_http};
use super::handler::Handler;
use crate::call::Caller;
use crate::completion::{self, Completion, Slot};
use crate::prompts::Source as OfPrompt;
use crate::resources::Source;
use crate::view::View;

/// The longest beginning that is looked at, in characters.
const LONGEST: usize = 200;

/// What the values come from.
enum Origin {
    /// From a list that is known.
    Choices(&'static [&'static str]),
    /// From the tool that the value is for.
    Tool(Slot),
    /// From nowhere.
    Nothing,
}

impl Handler {
    /// The values that begin as what was typed.
    pub(super) async fn completed(
        &self,
        request: CompleteRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let caller = caller(context)?;
        let (name, typed) = (&request.argument.name, &request.argument.value);
        if typed.chars().count() > LONGEST {
            let rule = format!("Invalid params: `argument.value` has at most {LONGEST} characters");
            return Err(ErrorData::invalid_params(rule, None));
        }
        let known = request.context.and_then(|context| context.arguments).unwrap_or_default();
        let view = self.shared.view(from_http(context));
        let known: Map<String, Value> =
            known.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
        let from = match &request.r#ref {
            Reference::Prompt(prompt) => self.of_prompt((&caller, &view), &prompt.name, name, &known)?,
            Reference::Resource(resource) => {
                self.of_template((&caller, &view), &resource.uri, name, known)?
            }
            _ => Origin::Nothing,
        };
        let completion = match from {
            Origin::Choices(choices) => {
                Completion::of(choices.iter().map(|choice| (*choice).to_owned()), typed)
            }
            Origin::Tool(slot) => {
                let call = |tool, arguments| self.call_of(tool, arguments, caller.clone(), context);
                completion::complete(self.shared.engine(), &caller, &slot, typed, call).await
            }
            Origin::Nothing => Completion::default(),
        };
        let has_more = completion.total > completion.values.len();
        let total = u32::try_from(completion.total).ok();
        let info = CompletionInfo::with_pagination(completion.values, total, has_more);
        let mut result = CompleteResult::new(info.map_err(|error| ErrorData::internal_error(error, None))?);
        result.meta = self.meta(context);
        Ok(result)
    }

    fn of_prompt(
        &self,
        (caller, view): (&Caller, &View),
        prompt: &str,
        argument: &str,
        known: &Map<String, Value>,
    ) -> Result<Origin, ErrorData> {
        let entry = self.shared.book().find(caller, view, prompt).ok_or_else(|| unknown("prompt", prompt))?;
        if !entry.arguments.iter().any(|one| one.name == argument) {
            return Err(unknown("argument", argument));
        }
        Ok(match entry.source {
            OfPrompt::Own(own) => chosen(own.choices, argument),
            OfPrompt::Generated(prompt) => {
                completion::of_prompt(self.shared.engine(), prompt, argument, known)
                    .map_or(Origin::Nothing, Origin::Tool)
            }
        })
    }

    fn of_template(
        &self,
        (caller, view): (&Caller, &View),
        uri: &str,
        variable: &str,
        known: Map<String, Value>,
    ) -> Result<Origin, ErrorData> {
        let shelf = self.shared.shelf();
        let entry = shelf.template(uri).filter(|entry| shelf.may_read(caller, view, entry));
        let entry = entry.ok_or_else(|| unknown("resource template", uri))?;
        let has =
            entry.template.as_ref().is_some_and(|template| template.variables().any(|name| name == variable));
        if !has {
            return Err(unknown("variable", variable));
        }
        Ok(match entry.source {
            Source::Own(own, _) => chosen(own.choices, variable),
            Source::Answer(tool) => Origin::Tool(Slot { tool, argument: variable.to_owned(), known }),
            _ => Origin::Nothing,
        })
    }
}

fn unknown(what: &str, name: &str) -> ErrorData {
    ErrorData::invalid_params(format!("Unknown {what}: {}", answer::quoted(name)), None)
}

fn chosen(choices: &'static [(&'static str, &'static [&'static str])], name: &str) -> Origin {
    let found = choices.iter().find(|(argument, _)| *argument == name);
    found.map_or(Origin::Nothing, |(_, choices)| Origin::Choices(choices))
}
