//! Resources: listed, paged, and read, each for whoever may.

use rmcp::RoleServer;
use rmcp::model::{
    CacheScope, ErrorCode, ErrorData, ListResourceTemplatesResult, ListResourcesResult,
    ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult, Resource, ResourceContents,
    ResourceTemplate,
};
use rmcp::service::RequestContext;
use serde_json::{Map, Value, json};

use super::answer;
use super::context::{caller, from_http, request_id, stateless};
use super::handler::Handler;
use super::pages::scope;
use super::rounds::{Kept, Subject};
use super::shared::Shared;
use super::talking::Talk;
use crate::call::{CallError, Caller, Permission, Reply};
use crate::catalog::Tool;
use crate::content::{Located, Piece};
use crate::resources::{Entry, Reading, Source, arguments};
use crate::view::View;

/// The method.
const READ: &str = "resources/read";

impl Shared {
    /// One page of the resources with an address of their own.
    pub(super) fn resources(
        &self,
        caller: &Caller,
        view: &View,
        after: Option<&str>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let entries = self.shelf().direct(caller, view);
        let (shown, next) = self.page_of("resources", &entries, |entry| entry.uri.as_str(), after)?;
        let mut result =
            ListResourcesResult::with_all_items(shown.iter().map(|entry| resource(entry)).collect());
        result.next_cursor = next;
        Ok(result.with_ttl_ms(self.ttl()).with_cache_scope(scope(caller)))
    }
}

impl Handler {
    /// One page of the resources with an address of their own.
    pub(super) fn resources(
        &self,
        after: Option<&str>,
        context: &RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let view = self.shared.view(from_http(context));
        let mut result = self.shared.resources(&caller(context)?, &view, after)?;
        result.meta = self.meta(context);
        Ok(result)
    }

    /// One page of the templates.
    pub(super) fn templates(
        &self,
        after: Option<&str>,
        context: &RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let caller = caller(context)?;
        let entries = self.shared.shelf().templates(&caller, &self.shared.view(from_http(context)));
        let (shown, next) = self.shared.page_of("templates", &entries, |entry| entry.uri.as_str(), after)?;
        let mut result =
            ListResourceTemplatesResult::with_all_items(shown.iter().map(|entry| template(entry)).collect());
        result.next_cursor = next;
        result.meta = self.meta(context);
        Ok(result.with_ttl_ms(self.shared.ttl()).with_cache_scope(scope(&caller)))
    }

    /// What is at an address.
    pub(super) async fn read(
        &self,
        request: ReadResourceRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let caller = caller(context)?;
        let uri = request.uri.clone();
        let Some((entry, values)) = self.shared.shelf().find(&uri) else { return Err(not_found(&uri)) };
        let view = self.shared.view(from_http(context));
        if let Source::Answer(tool) = entry.source
            && view.has(tool)
        {
            return self.answer_at(&uri, tool, arguments(tool, values), caller, context).await;
        }
        if !self.shared.shelf().may_read(&caller, &view, entry) {
            tracing::info!(
                resource = entry.name,
                outcome = "denied",
                request_id = &*request_id(context),
                "read"
            );
            return Err(not_found(&uri));
        }
        let nothing = Value::Null;
        let subject = Subject { caller: &caller, method: READ, name: &uri, arguments: &nothing };
        let kept = self.shared.rounds().resume(
            subject,
            request.request_state.as_deref(),
            request.input_responses,
        )?;
        let talk = Talk::of(self, context);
        let (client, mut said) = talk.client(kept.given.clone(), stateless(context), None);
        let reading = Reading { uri: uri.clone(), values, caller: caller.clone(), client };
        let read = talk.during(self.shared.shelf().read(entry, reading), &mut said).await;
        tracing::info!(
            resource = entry.name,
            outcome = word(&read),
            request_id = &*request_id(context),
            "read"
        );
        match read {
            Ok(contents) => Ok(self.contents(contents, entry, &caller, context).into()),
            Err(error) => self.unread(&uri, error, subject, &kept, context),
        }
    }

    /// Whether there is something at an address that this caller may read.
    pub(super) fn is_readable(
        &self,
        uri: &str,
        context: &RequestContext<RoleServer>,
    ) -> Result<bool, ErrorData> {
        let (caller, shelf) = (caller(context)?, self.shared.shelf());
        let view = self.shared.view(from_http(context));
        Ok(shelf.find(uri).is_some_and(|(entry, _)| shelf.may_read(&caller, &view, entry)))
    }

    /// What a tool answers, by its address: a call like any other.
    async fn answer_at(
        &self,
        uri: &str,
        tool: &'static Tool,
        arguments: Map<String, Value>,
        caller: Caller,
        context: &RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let mut call = self.call_of(tool, arguments, caller.clone(), context);
        if !self.shared.may_use(&caller, tool) {
            // For the record; what the caller reads is what it would read if there were nothing.
            call.permission = Permission::Hidden;
        }
        let (progress, request_id) = (call.progress.clone(), call.request_id.clone());
        let outcome = tokio::select! {
            outcome = self.shared.outcome(call) => outcome,
            () = context.ct.cancelled() => {
                return Err(ErrorData::internal_error("The request was cancelled", None));
            }
        };
        match outcome {
            Ok(reply) => Ok(self.answered_at(uri, reply, context).into()),
            Err(CallError::Denied { hidden: true } | CallError::Refused { status: 404, .. }) => {
                Err(not_found(uri))
            }
            Err(error) => {
                let words = answer::text(&answer::error(tool, &error, progress.sent(), &request_id));
                let code = match error {
                    CallError::Arguments(_) => ErrorCode::INVALID_PARAMS,
                    _ => ErrorCode::INTERNAL_ERROR,
                };
                Err(ErrorData::new(code, words, Some(json!({ "uri": uri }))))
            }
        }
    }

    fn answered_at(
        &self,
        uri: &str,
        reply: Reply,
        context: &RequestContext<RoleServer>,
    ) -> ReadResourceResult {
        let media_type = if reply.structured.is_some() { "application/json" } else { "text/plain" };
        let (body, notes) = reply.into_parts();
        let mut contents = vec![contents(Located::text(uri, media_type, body.text))];
        contents.extend(
            body.attachment.map(|file| self::contents(Located::bytes(uri, file.media_type, file.bytes))),
        );
        let mut meta = self.meta(context).unwrap_or_default();
        if !notes.is_empty() {
            meta.insert("notes".to_owned(), json!(notes));
        }
        let mut result =
            ReadResourceResult::new(contents).with_ttl_ms(0).with_cache_scope(CacheScope::Private);
        result.meta = (!meta.is_empty()).then_some(meta);
        result
    }

    fn contents(
        &self,
        held: Vec<Located>,
        entry: &Entry,
        caller: &Caller,
        context: &RequestContext<RoleServer>,
    ) -> ReadResourceResult {
        let changes = matches!(
            entry.source,
            Source::Own(..) | Source::Figures(_) | Source::Records(_) | Source::Log | Source::Status
        );
        let (ttl, scope) =
            if changes { (0, CacheScope::Private) } else { (self.shared.ttl(), scope(caller)) };
        let mut result = ReadResourceResult::new(held.into_iter().map(contents).collect());
        result.meta = self.meta(context);
        result.with_ttl_ms(ttl).with_cache_scope(scope)
    }

    /// Why nothing was read, or what must be answered first.
    fn unread(
        &self,
        uri: &str,
        error: CallError,
        subject: Subject<'_>,
        kept: &Kept,
        context: &RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        match error {
            CallError::InputRequired { asks } if stateless(context) => {
                Ok(self.shared.rounds().ask(subject, kept, asks).with_meta(self.shared.meta().clone()).into())
            }
            error => Err(answer::failed(
                &error,
                &request_id(context),
                Some(json!({ "uri": uri })),
                stateless(context),
            )),
        }
    }
}

/// What a caller reads who asks for what is not there, for it.
pub(super) fn not_found(uri: &str) -> ErrorData {
    ErrorData::resource_not_found("Resource not found", Some(json!({ "uri": uri })))
}

fn word<T>(outcome: &Result<T, CallError>) -> &'static str {
    outcome.as_ref().map_or_else(CallError::kind, |_| "answered")
}

fn resource(entry: &Entry) -> Resource {
    Resource::new(&entry.uri, &entry.name)
        .with_title(&entry.title)
        .with_description(&entry.description)
        .with_mime_type(entry.media_type)
}

fn template(entry: &Entry) -> ResourceTemplate {
    ResourceTemplate::new(&entry.uri, &entry.name)
        .with_title(&entry.title)
        .with_description(&entry.description)
        .with_mime_type(entry.media_type)
}

/// What is at an address, as the protocol has it.
pub(super) fn contents(located: Located) -> ResourceContents {
    let Located { uri, media_type, piece } = located;
    match piece {
        Piece::Text(text) => ResourceContents::text(text, uri).with_mime_type(media_type),
        Piece::Bytes(bytes) => ResourceContents::blob(answer::encoded(bytes), uri).with_mime_type(media_type),
    }
}
