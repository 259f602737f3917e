//! A tool call through the library: with questions on the way where the connection carries them, over several rounds where each
//! request stands alone.

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CreateTaskResult, ErrorData, InputRequiredResult,
};
use rmcp::service::RequestContext;
use rmcp::{Peer, RoleServer};
use serde_json::Value;
use tokio::sync::mpsc;

use super::answer;
use super::asking::{self, CONFIRM};
use super::became::{Became, unknown};
use super::called::Called;
use super::context::{caller, from_http, request_id, stateless};
use super::handler::Handler;
use super::missing::{self, ARGUMENTS};
use super::progress::{self, Told};
use super::rounds::{self, Kept, Subject};
use super::talking::{self, Talk};
use crate::call::{Call, Permission};
use crate::client::{Ability, Ask};

/// The method.
const CALL: &str = "tools/call";
/// The member of `_meta` that names a change.
const IDEMPOTENCY_KEY: &str = "idempotencyKey";
/// The longest idempotency key, in characters.
const LONGEST_KEY: usize = 128;
/// How many states may wait to be told.
const WAITING_STATES: usize = 16;

impl Handler {
    /// Makes a call, or says what must be answered first.
    pub(super) async fn call(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let caller = caller(&context)?;
        let (view, given) = (self.shared.view(from_http(&context)), request.arguments.unwrap_or_default());
        let Called { tool, name, arguments } = self.shared.called(&caller, &view, request.name, given);
        let Some(tool) = tool else {
            let request_id = &*request_id(&context);
            tracing::info!(outcome = "unknown_tool", caller = caller.word(), request_id, "called");
            return Err(unknown(&name));
        };
        if !self.shared.may_use(&caller, tool) {
            return Err(self.hidden(self.call_of(tool, arguments, caller, &context)).await);
        }
        let as_given = Value::Object(arguments.clone());
        let subject = Subject { caller: &caller, method: CALL, name: tool.name, arguments: &as_given };
        let kept = self.shared.rounds().resume(
            subject,
            request.request_state.as_deref(),
            request.input_responses,
        )?;
        if tool.talks() && !self.shared.asks(tool) {
            rounds::refuse_unknown(kept.consent.as_deref())?;
        }
        let talk = Talk::of(self, &context);
        let shows_forms = talk.can.contains(&Ability::Forms);
        let mut call = self.call_of(tool, arguments, caller.clone(), &context);
        call.consent = asking::consent(&kept, shows_forms && (stateless(&context) || talk.carries));
        call.idempotency_key = idempotency_key(context.meta.get(IDEMPOTENCY_KEY))?;
        if let Some(answer) = kept.given.get(ARGUMENTS) {
            missing::fill(tool, &mut call.arguments, answer);
        }
        let given = call.arguments.clone();
        let became = match self.first(call, talk, &kept, &context).await {
            First::Became(became) => became,
            First::Task(task) => return Ok(task.into()),
            First::Left => return Err(ErrorData::internal_error("The request was cancelled", None)),
        };
        let form = match &became {
            Became::Incomplete(_) if stateless(&context) && shows_forms && !is_declined(&kept) => {
                missing::form(tool, &given)
            }
            _ => None,
        };
        self.told(became, form, subject, kept, &context)
    }

    /// Makes a call, as far as its client waits for it.
    async fn first(
        &self,
        mut call: Call,
        talk: Talk,
        kept: &Kept,
        context: &RequestContext<RoleServer>,
    ) -> First {
        let (tool, given) = (call.tool, kept.given.clone());
        if let Some(offer) = self.offer(tool, &call.caller, context) {
            let (client, said) = talk.client(given, true, Some(offer.later.clone()));
            (call.client, call.later) = (client, Some(offer.later));
            return self.until_task(offer.begun, call, talk, said, context).await;
        }
        let (client, mut said) = talk.client(given, stateless(context), None);
        call.client = client;
        let told = Told::asked(context).filter(|_| tool.long.is_some());
        let states = told.map(|told| {
            let (sender, states) = mpsc::channel(WAITING_STATES);
            call.states = Some(sender);
            (told, states)
        });
        let asks = Asks {
            peer: &context.peer,
            confirms: !stateless(context) && self.shared.asks(tool),
            fills: talk.carries && talk.can.contains(&Ability::Forms),
        };
        tokio::select! {
            became = talk.during(progress::telling(self.made(call, asks), states), &mut said) => First::Became(became),
            // Dropping the call is how the engine hears of it.
            () = context.ct.cancelled() => First::Left,
        }
    }

    /// What a client reads of a call: its result, or what must be answered first.
    fn told(
        &self,
        became: Became,
        form: Option<Ask>,
        subject: Subject<'_>,
        mut kept: Kept,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let rounds = self.shared.rounds();
        let marked = |result: InputRequiredResult| Ok(result.with_meta(self.shared.meta().clone()).into());
        if let Some(form) = form {
            return marked(rounds.ask(subject, &kept, vec![(ARGUMENTS.to_owned(), form)]));
        }
        match became {
            Became::Asks(asks, _) if stateless(context) => marked(rounds.ask(subject, &kept, asks)),
            Became::Question(mut question) if stateless(context) => {
                kept.given.remove(CONFIRM);
                if !kept.given.is_empty() {
                    kept.consent = Some(question.state);
                    question.state = rounds.close(subject, &kept);
                }
                marked(question.into_result())
            }
            Became::Incapable(ability, _) if stateless(context) => Err(answer::incapable(ability)),
            Became::Forged(result) => Err(ErrorData::invalid_params(answer::text(&result), None)),
            Became::Hidden(_) => Err(unknown(subject.name)),
            became => Ok(became.into_result().with_meta(self.meta(context)).into()),
        }
    }

    /// Makes the call; what must be asked on the way is asked, and the call made again with the answer.
    async fn made(&self, call: Call, asks: Asks<'_>) -> Became {
        let fills = asks.fills && self.shared.lacks(call.tool, &call.arguments);
        let form = if fills { missing::form(call.tool, &call.arguments) } else { None };
        let again = (asks.confirms || form.is_some()).then(|| call.again());
        let became = self.shared.call(call).await;
        let Some(mut again) = again else { return became };
        let became = match (became, form) {
            (Became::Incomplete(result), Some(form)) => {
                let answer = talking::put(asks.peer, &form).await.unwrap_or_default();
                if !missing::fill(again.tool, &mut again.arguments, &answer) {
                    return Became::Incomplete(result);
                }
                self.shared.call(again.again()).await
            }
            (became, _) => became,
        };
        match became {
            Became::Question(question) if asks.confirms => {
                again.consent = question.ask(asks.peer).await;
                self.shared.call(again).await
            }
            became => became,
        }
    }

    /// Puts a call that its caller may not make on the record. What the caller reads is what it would read if there were no such
    /// tool, whatever else is wrong with the request.
    async fn hidden(&self, mut call: Call) -> ErrorData {
        let tool = call.tool;
        call.permission = Permission::Hidden;
        self.shared.call(call).await;
        unknown(tool.name)
    }
}

/// What a client that made a call hears first.
pub(super) enum First {
    /// What became of it.
    Became(Became),
    /// That it is to come back.
    Task(CreateTaskResult),
    /// Nothing: it has left.
    Left,
}

/// What may be asked while a call is made.
struct Asks<'a> {
    peer: &'a Peer<RoleServer>,
    /// Whether a person is asked for a yes.
    confirms: bool,
    /// Whether a person is asked for arguments that are missing.
    fills: bool,
}

/// Whether a person would not fill in what is missing.
fn is_declined(kept: &Kept) -> bool {
    let action = kept.given.get(ARGUMENTS).and_then(|answer| answer["action"].as_str());
    matches!(action, Some("decline" | "cancel"))
}

/// The key that names a change, if one is given.
fn idempotency_key(given: Option<&Value>) -> Result<Option<String>, ErrorData> {
    let Some(given) = given else { return Ok(None) };
    given.as_str().filter(|key| is_sound_key(key)).map(|key| Some(key.to_owned())).ok_or_else(|| {
        let accepted = format!("1 to {LONGEST_KEY} visible ASCII characters are accepted");
        ErrorData::invalid_params(format!("_meta.{IDEMPOTENCY_KEY}: {accepted}"), None)
    })
}

/// Whether a change may be named so.
pub(super) fn is_sound_key(key: &str) -> bool {
    (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
}
