//! The static tables of the catalog.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};

use super::rules::Place;
use super::{answers, ident, literals};
use crate::contract;
use crate::plan::model::{
    AnswerRule, Carrier, Confirm, Content, Effect, EffectScopes, Fields, Long, Need, Part, Plan, Prompt,
    PromptArgument, SecurityScheme, Step, Tool,
};

/// The API's entry.
pub(super) fn api(plan: &Plan) -> TokenStream {
    let Plan { title, version, description, digest, .. } = plan;
    let contract = contract::of_plan(plan).hash();
    let doc = literals::prose(title, "The API");
    let modules = plan.tools.iter().map(|tool| ident(&tool.module));
    let security_schemes = plan.security_schemes.iter().map(security_scheme);
    let effect_scopes = effect_scopes(plan.effect_scopes.as_ref());
    let prompts = plan.prompts.iter().map(prompt);
    quote! {
        #doc
        pub static API: rt::Api = rt::Api {
            title: #title,
            version: #version,
            description: #description,
            digest: #digest,
            contract: #contract,
            tools: &[#(&tools::#modules::TOOL),*],
            security_schemes: &[#(#security_schemes),*],
            effect_scopes: #effect_scopes,
            prompts: &[#(#prompts),*],
        };
    }
}

/// A tool's entry: what is not said is as in `rt::Tool::bare`.
pub(super) fn tool(tool: &Tool, output_schema: Option<&TokenStream>) -> TokenStream {
    let Tool { name, title, description, operation, method, template, tags, secrets, gated, .. } = tool;
    let segments = tool.segments.iter().map(|parts| segment(parts));
    let effect = effect(tool.effect);
    let security = tool.security.iter().map(|together| alternative(together));
    let answers = tool.answers.iter().map(answer);
    let answer_headers = &tool.answer_headers;
    let flag = |is_set: bool, name: TokenStream| is_set.then(|| quote!(#name: true,));
    let idempotent = flag(tool.idempotent, quote!(idempotent));
    let deprecated = flag(tool.deprecated, quote!(deprecated));
    let cache = tool.cache_seconds.map(seconds).map(|time| quote!(cache: Some(#time),));
    let stale = tool.stale_seconds.map(seconds).map(|time| quote!(stale: Some(#time),));
    let busy = list(quote!(busy), &tool.busy);
    let timeout = tool.timeout_seconds.map(seconds).map(|time| quote!(timeout: Some(#time),));
    let proof = tool.proof.as_ref().map(|member| quote!(proof: Some(#member),));
    let confirm = tool.confirm.as_ref().map(self::confirm);
    let weight = tool.weight.map(Literal::u64_unsuffixed).map(|calls| quote!(weight: Some(#calls),));
    let scopes = tool.scopes.as_ref().map(|scopes| quote!(scopes: Some(&[#(#scopes),*]),));
    let output_schema = output_schema.map(|schema| quote!(output_schema: Some(#schema),));
    let tags = list(quote!(tags), tags);
    let gated = gated.iter().map(|at| quote!(rt::Gated { pointer: #at, gate: rt::Gate::Callbacks }));
    let gated = list(quote!(gated), gated);
    let secrets = list(quote!(secrets), secrets);
    let security = list(quote!(security), security);
    let answers = list(quote!(answers), answers);
    let answer_headers = list(quote!(answer_headers), answer_headers);
    let fields = tool.fields.as_ref().map(|Fields { offered, kept }| {
        quote!(fields: Some(rt::Fields { offered: &[#(#offered),*], kept: &[#(#kept),*] }),)
    });
    let long = tool.long.as_ref().map(self::long);
    let resource = tool.resource.as_ref().map(|template| quote!(resource: Some(#template),));
    quote! {
        /// The tool's entry in the catalog.
        pub static TOOL: rt::Tool = rt::Tool {
            name: #name,
            title: #title,
            description: #description,
            operation: #operation,
            method: #method,
            template: #template,
            segments: &[#(#segments),*],
            input_schema: INPUT_SCHEMA,
            #output_schema
            #idempotent
            #deprecated
            #tags
            #cache
            #stale
            #busy
            #timeout
            #proof
            #confirm
            #weight
            #scopes
            #gated
            #secrets
            #security
            #answers
            #answer_headers
            #fields
            #long
            #resource
            ..rt::Tool::bare(rt::Effect::#effect, rt::Work::Request(rt::prepare::<Arguments>))
        };
    }
}

fn prompt(prompt: &Prompt) -> TokenStream {
    let Prompt { name, title, description, arguments, opening, steps } = prompt;
    let arguments = arguments.iter().map(|PromptArgument { name, description, required }| {
        quote!(rt::PromptArgument { name: #name, description: #description, required: #required })
    });
    let (opening, steps) = (segment(opening), steps.iter().map(step));
    quote! {
        rt::Prompt {
            name: #name,
            title: #title,
            description: #description,
            arguments: &[#(#arguments),*],
            opening: #opening,
            steps: &[#(#steps),*],
        }
    }
}

fn step(step: &Step) -> TokenStream {
    let (when, tool) = (literals::option(step.when.as_deref()), literals::option(step.tool.as_deref()));
    let with = step.with.iter().map(|(name, parts)| {
        let parts = segment(parts);
        quote!((#name, #parts))
    });
    let text = segment(&step.text);
    quote!(rt::Step { when: #when, tool: #tool, with: &[#(#with),*], text: #text })
}

fn effect_scopes(scopes: Option<&EffectScopes>) -> TokenStream {
    let Some(EffectScopes { read, write, destroy }) = scopes else {
        return quote!(rt::EffectScopes::BY_WORD);
    };
    quote! {
        rt::EffectScopes { read: &[#(#read),*], write: &[#(#write),*], destroy: &[#(#destroy),*] }
    }
}

fn confirm(confirm: &Confirm) -> TokenStream {
    match confirm {
        Confirm::Never => quote!(confirm: rt::Confirm::Never,),
        Confirm::Always => quote!(confirm: rt::Confirm::Always,),
        Confirm::Question(parts) => {
            let parts = segment(parts);
            quote!(confirm: rt::Confirm::Question(#parts),)
        }
    }
}

fn long(long: &Long) -> TokenStream {
    let Long { id, tool, with, state, done, failed, waiting } = long;
    let with = with.iter().map(|(name, source)| match source.starts_with('/') {
        true => quote!((#name, rt::Source::Answer(#source))),
        false => quote!((#name, rt::Source::Argument(#source))),
    });
    quote! {
        long: Some(rt::Long {
            id: #id,
            tool: #tool,
            with: &[#(#with),*],
            state: #state,
            done: &[#(#done),*],
            failed: &[#(#failed),*],
            waiting: &[#(#waiting),*],
        }),
    }
}

/// A member that is a list, unless it is empty.
fn list<T: ToTokens>(name: TokenStream, items: impl IntoIterator<Item = T>) -> Option<TokenStream> {
    let items: Vec<T> = items.into_iter().collect();
    (!items.is_empty()).then(|| quote!(#name: &[#(#items),*],))
}

fn segment(parts: &[Part]) -> TokenStream {
    let parts = parts.iter().map(|part| match part {
        Part::Literal(text) => quote!(rt::Part::Literal(#text)),
        Part::Parameter(name) => quote!(rt::Part::Parameter(#name)),
    });
    quote!(&[#(#parts),*])
}

fn effect(effect: Effect) -> TokenStream {
    match effect {
        Effect::Read => quote!(Read),
        Effect::Write => quote!(Write),
        Effect::Destroy => quote!(Destroy),
    }
}

fn seconds(seconds: u64) -> TokenStream {
    let seconds = literals::count(seconds);
    quote!(std::time::Duration::from_secs(#seconds))
}

fn alternative(together: &[Need]) -> TokenStream {
    let needs = together.iter().map(|need| {
        let Need { scheme, scopes } = need;
        quote!(rt::Need { scheme: #scheme, scopes: &[#(#scopes),*] })
    });
    quote!(&[#(#needs),*])
}

fn security_scheme(scheme: &SecurityScheme) -> TokenStream {
    let name = &scheme.name;
    let carrier = match &scheme.carrier {
        Carrier::Header(name) => quote!(Header(#name)),
        Carrier::Query(name) => quote!(Query(#name)),
        Carrier::Cookie(name) => quote!(Cookie(#name)),
        Carrier::Authorization(word) => quote!(Authorization(#word)),
    };
    quote!(rt::SecurityScheme { name: #name, carrier: rt::Carrier::#carrier })
}

fn answer(answer: &AnswerRule) -> TokenStream {
    let from = proc_macro2::Literal::u16_unsuffixed(answer.from);
    let to = proc_macro2::Literal::u16_unsuffixed(answer.to);
    let content = match &answer.content {
        Content::Empty => quote!(Empty),
        Content::Json { shape, wrap } => {
            let (shape, wrap) = (answers::shape(shape, Place::Tool), literals::option(*wrap));
            quote!(Json { shape: #shape, wrap: #wrap })
        }
        Content::AnyJson => quote!(AnyJson),
        Content::Text => quote!(Text),
        Content::Binary => quote!(Binary),
    };
    let media_type = &answer.media_type;
    quote!(rt::AnswerRule { from: #from, to: #to, media_type: #media_type, content: rt::Content::#content })
}
