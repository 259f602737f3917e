//! `whoami`: who the caller is to this server, and what it may do here.

use schemars::JsonSchema;
use serde::Serialize;

use super::Nothing;
use crate::call::{CallError, Caller, Reply};
use crate::catalog::{Confirm, Effect};
use crate::decode;
use crate::identity::Identity;
use crate::own::{AsTask, Context, OwnTool, schema_of};

/// The tool.
pub(super) static WHOAMI: OwnTool<Nothing> = OwnTool {
    name: "whoami",
    title: "Who am I",
    description: "Tells who the caller is to this server: what vouches for it, its roles and scopes, until when, and which tools it may call.",
    effect: Effect::Read,
    confirm: Confirm::Never,
    idempotent: true,
    open_world: false,
    talks: false,
    as_task: AsTask::Never,
    timeout: None,
    scopes: Some(&[]),
    output_schema: Some(schema_of::<Whoami>),
    secrets: &[],
    handler: |_, context| Box::pin(async move { answer(&context) }),
};

/// What the tool answers.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Whoami {
    /// The caller as the record names it.
    caller: String,
    /// What vouches for the caller: `jwt`, `api_key` and so on; `none` where nobody is asked.
    provider: &'static str,
    /// Who issued its token.
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
    /// Who it is to the issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// The program that it uses, or the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The organisation that it acts for.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
    /// What it is.
    roles: Vec<String>,
    /// What it belongs to.
    groups: Vec<String>,
    /// What it lets its program do.
    scopes: Vec<String>,
    /// Until when all this is so, in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
    /// The tools that it may call.
    may_call: MayCall,
}

/// Tools by what they do to the world.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct MayCall {
    /// Those that change nothing.
    read: Vec<&'static str>,
    /// Those that change something.
    write: Vec<&'static str>,
    /// Those that lose or undo something.
    destroy: Vec<&'static str>,
}

fn answer(context: &Context) -> Result<Reply, CallError> {
    let caller = context.caller();
    let nobody = Identity { provider: "none", ..Identity::default() };
    let identity = caller.principal().map_or(&nobody, |principal| principal.identity());
    let named = |text: &str| Some(visible(text)).filter(|text| !text.is_empty());
    let words = |words: &[String]| words.iter().map(|word| visible(word)).collect();
    Reply::of(&Whoami {
        caller: caller.word().to_owned(),
        provider: identity.provider,
        issuer: named(&identity.issuer),
        subject: named(&identity.subject),
        client: identity.client.as_deref().and_then(named),
        name: identity.name.as_deref().and_then(named),
        tenant: identity.tenant.as_deref().and_then(named),
        roles: words(&identity.roles),
        groups: words(&identity.groups),
        scopes: words(&identity.scopes),
        expires: identity.expires.map(|time| humantime::format_rfc3339_seconds(time).to_string()),
        may_call: may_call(context, caller),
    })
}

/// A text of the provider, with what a reader would not see made visible.
fn visible(text: &str) -> String {
    decode::neutralise(text).map_or_else(|| text.to_owned(), |(visible, _)| visible)
}

fn may_call(context: &Context, caller: &Caller) -> MayCall {
    let calls = context.calls();
    let mut may = MayCall::default();
    for tool in calls.api().tools.iter().filter(|tool| calls.may(caller, tool)) {
        let of_effect = match tool.effect {
            Effect::Read => &mut may.read,
            Effect::Write => &mut may.write,
            Effect::Destroy => &mut may.destroy,
        };
        of_effect.push(tool.name);
    }
    may
}
