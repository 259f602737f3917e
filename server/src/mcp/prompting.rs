//! Prompts: listed, paged, and made of what a person filled in.

use rmcp::RoleServer;
use rmcp::model::{
    ErrorData, GetPromptRequestParams, GetPromptResponse, GetPromptResult, ListPromptsResult, Prompt,
    PromptArgument, PromptMessage, Role as Said,
};
use rmcp::service::RequestContext;
use serde_json::Value;

use super::answer;
use super::context::{caller, from_http, request_id, stateless};
use super::handler::Handler;
use super::pages::scope;
use super::rounds::Subject;
use super::talking::Talk;
use crate::call::CallError;
use crate::prompts::{Entry, Getting, Message, Role};

/// The method.
const GET: &str = "prompts/get";

impl Handler {
    /// One page of the prompts.
    pub(super) fn prompts(
        &self,
        after: Option<&str>,
        context: &RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let caller = caller(context)?;
        let entries = self.shared.book().listed(&caller, &self.shared.view(from_http(context)));
        let (shown, next) = self.shared.page_of("prompts", &entries, |entry| entry.name, after)?;
        let mut result = ListPromptsResult::with_all_items(shown.iter().map(|entry| listed(entry)).collect());
        result.next_cursor = next;
        result.meta = self.meta(context);
        Ok(result.with_ttl_ms(self.shared.ttl()).with_cache_scope(scope(&caller)))
    }

    /// A prompt with its arguments filled in.
    pub(super) async fn prompt(
        &self,
        request: GetPromptRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let caller = caller(context)?;
        let view = self.shared.view(from_http(context));
        let Some(entry) = self.shared.book().find(&caller, &view, &request.name) else {
            return Err(ErrorData::invalid_params(
                format!("Unknown prompt: {}", answer::quoted(&request.name)),
                None,
            ));
        };
        let given = Value::Object(request.arguments.clone().unwrap_or_default());
        let arguments = entry
            .filled(request.arguments)
            .map_err(|wrong| ErrorData::invalid_params(format!("Invalid params: {wrong}"), None))?;
        let subject = Subject { caller: &caller, method: GET, name: entry.name, arguments: &given };
        let kept = self.shared.rounds().resume(
            subject,
            request.request_state.as_deref(),
            request.input_responses,
        )?;
        let talk = Talk::of(self, context);
        let (client, mut said) = talk.client(kept.given.clone(), stateless(context), None);
        let getting = Getting { arguments, caller: caller.clone(), client };
        let got = talk.during(self.shared.book().get(entry, getting), &mut said).await;
        match got {
            Ok(messages) => {
                let messages = messages.into_iter().map(message).collect();
                let mut result = GetPromptResult::new(messages).with_description(entry.description);
                result.meta = self.meta(context);
                Ok(result.into())
            }
            Err(CallError::InputRequired { asks }) if stateless(context) => Ok(self
                .shared
                .rounds()
                .ask(subject, &kept, asks)
                .with_meta(self.shared.meta().clone())
                .into()),
            Err(error) => Err(answer::failed(&error, &request_id(context), None, stateless(context))),
        }
    }
}

fn listed(entry: &Entry) -> Prompt {
    let arguments = entry.arguments.iter().map(|argument| {
        PromptArgument::new(argument.name)
            .with_description(argument.description)
            .with_required(argument.required)
    });
    let arguments: Vec<PromptArgument> = arguments.collect();
    let arguments = (!arguments.is_empty()).then_some(arguments);
    Prompt::new(entry.name, Some(entry.description), arguments).with_title(entry.title)
}

fn message(Message { role, block }: Message) -> PromptMessage {
    let role = match role {
        Role::User => Said::User,
        Role::Assistant => Said::Assistant,
    };
    PromptMessage::new(role, answer::block(block))
}
