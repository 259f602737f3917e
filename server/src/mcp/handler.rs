//! What the protocol library asks of a server, answered for a server that has tools and what else it says it has.
//!
//! Methods of features that are not declared do not exist here; malformed parameters of methods that do exist are
//! told as such; every result to a client of the stateless era carries who answered.

use std::borrow::Cow;
use std::sync::Arc;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CancelTaskParams, CompleteRequestMethod, CompleteRequestParams,
    CompleteResult, CustomRequest, CustomResult, DiscoverResult, ErrorCode, ErrorData,
    GetPromptRequestMethod, GetPromptRequestParams, GetPromptResponse, GetTaskParams, GetTaskResult,
    InitializeRequestParams, InitializeResult, ListPromptsRequestMethod, ListPromptsResult,
    ListResourceTemplatesRequestMethod, ListResourceTemplatesResult, ListResourcesRequestMethod,
    ListResourcesResult, ListToolsResult, MetaObject, PaginatedRequestParams, ProtocolVersion,
    ReadResourceRequestMethod, ReadResourceRequestParams, ReadResourceResponse, ServerConfig,
    SubscribeRequestMethod, SubscribeRequestParams, SubscriptionFilter, Tool, UnsubscribeRequestMethod,
    UnsubscribeRequestParams, UpdateTaskParams,
};
use rmcp::service::{RequestContext, SubscriptionContext};
use rmcp::{RoleServer, ServerHandler};
use serde_json::{Map, Value};

use super::connection::{Connection, MOST_WATCHED};
use super::context::{caller, from_http, stateless};
use super::pages::scope;
use super::shared::Shared;
use super::{VERSIONS, answer, arrived, listening, tasks};
use crate::call::{Call, Caller};
use crate::catalog::Tool as GeneratedTool;

/// The methods of every era. Their names reach `on_custom_request` only with parameters that do not fit.
const METHODS: [&str; 3] = ["server/discover", "tools/list", "tools/call"];
/// Those where there is something to be read.
const OF_RESOURCES: [&str; 3] = ["resources/list", "resources/templates/list", "resources/read"];
/// Those where there are prompts.
const OF_PROMPTS: [&str; 2] = ["prompts/list", "prompts/get"];
/// The one where there is either.
const OF_BOTH: &str = "completion/complete";

/// The methods that the stateless era removed.
const HANDSHAKE_METHODS: [&str; 2] = ["initialize", "ping"];

/// Answers one message, or those of one connection; where each request stands alone it is only a handle.
#[derive(Clone)]
pub(super) struct Handler {
    pub(super) shared: Arc<Shared>,
    /// What is remembered of a connection with a handshake.
    pub(super) connection: Option<Arc<Connection>>,
}

impl Handler {
    /// What answers requests of which each stands alone.
    pub(super) fn alone(shared: &Arc<Shared>) -> Self {
        Self { shared: Arc::clone(shared), connection: None }
    }

    /// What answers the requests of one connection.
    pub(super) fn connected(shared: &Arc<Shared>) -> Self {
        Self { shared: Arc::clone(shared), connection: Some(Arc::default()) }
    }

    /// A call of this caller's, as the request says where it comes from.
    pub(super) fn call_of(
        &self,
        tool: &'static GeneratedTool,
        arguments: Map<String, Value>,
        caller: Caller,
        context: &RequestContext<RoleServer>,
    ) -> Call {
        let from_http = from_http(context);
        let view = self.shared.view(from_http);
        let own = context.meta.get_traceparent().map(Cow::Borrowed);
        arrived::call(tool, arguments, (caller, view), from_http, own)
    }

    /// The meta object of a result, for a client whose era knows it.
    pub(super) fn meta(&self, context: &RequestContext<RoleServer>) -> Option<MetaObject> {
        stateless(context).then(|| self.shared.meta.clone())
    }

    /// The connection of a request that came on one, with a handshake.
    fn connection(&self, context: &RequestContext<RoleServer>) -> Option<&Connection> {
        self.connection.as_deref().filter(|_| !stateless(context))
    }
}

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        let shared = &self.shared;
        if self.connection.is_some() { shared.info_connected.clone() } else { shared.info.clone() }
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(VERSIONS)
    }

    /// Asked for each call, so nothing is copied of tools without mirrored arguments.
    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.shared.mirrored.get(name).cloned()
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        context.peer.set_peer_info(request.clone());
        let mut result = self.negotiate_initialize(&request)?;
        // Neither an extension that is offered here nor a stream of changes is one of the revisions with a handshake.
        result.capabilities.extensions = None;
        listening::promise_nothing(&mut result.capabilities);
        Ok(result)
    }

    async fn discover(&self, _: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        Ok(self.shared.discovery())
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let caller = caller(&context)?;
        let view = self.shared.view(from_http(&context));
        let listed = self.shared.listed_each(&caller, &view);
        self.shared.page(&listed, after(request.as_ref()), stateless(&context), scope(&caller))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.call(request, context).await
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        let task = self.task(&request.task_id, &context).await?;
        let mut result = GetTaskResult::new(tasks::detailed(task.seen()));
        result.meta = self.meta(&context);
        Ok(result)
    }

    async fn update_task(
        &self,
        request: UpdateTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let task = self.task(&request.task_id, &context).await?;
        task.answer(request.input_responses.into_iter().collect()).await.map_err(|why| tasks::unsaid(&why))
    }

    async fn cancel_task(
        &self,
        request: CancelTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let task = self.task(&request.task_id, &context).await?;
        task.cancel().await.map_err(|why| tasks::unsaid(&why))
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        if self.shared.book.is_empty() {
            return Err(ErrorData::method_not_found::<ListPromptsRequestMethod>());
        }
        self.prompts(after(request.as_ref()), &context)
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        if self.shared.book.is_empty() {
            return Err(ErrorData::method_not_found::<GetPromptRequestMethod>());
        }
        self.prompt(request, &context).await
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        if self.shared.shelf.is_empty() {
            return Err(ErrorData::method_not_found::<ListResourcesRequestMethod>());
        }
        self.resources(after(request.as_ref()), &context)
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        if self.shared.shelf.is_empty() {
            return Err(ErrorData::method_not_found::<ListResourceTemplatesRequestMethod>());
        }
        self.templates(after(request.as_ref()), &context)
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        if self.shared.shelf.is_empty() {
            return Err(ErrorData::method_not_found::<ReadResourceRequestMethod>());
        }
        self.read(request, &context).await
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        if self.shared.shelf.is_empty() && self.shared.book.is_empty() {
            return Err(ErrorData::method_not_found::<CompleteRequestMethod>());
        }
        self.completed(request, &context).await
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        self.shared.heard(requested)
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        listening::listen(&self.shared, &context).await;
        Ok(())
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let connection =
            self.watching(&context).ok_or_else(ErrorData::method_not_found::<SubscribeRequestMethod>)?;
        if !self.is_readable(&request.uri, &context)? {
            return Err(super::reading::not_found(&request.uri));
        }
        if connection.watch(&request.uri, &context.peer) {
            return Ok(());
        }
        let rule =
            format!("Invalid params: a connection watches at most {MOST_WATCHED} resources; leave one first");
        Err(ErrorData::invalid_params(rule, None))
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let connection =
            self.watching(&context).ok_or_else(ErrorData::method_not_found::<UnsubscribeRequestMethod>)?;
        connection.leave(&request.uri);
        Ok(())
    }

    #[expect(deprecated, reason = "the handshake revisions have it")]
    async fn set_level(
        &self,
        request: rmcp::model::SetLevelRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let is_declared = self.shared.info_connected.capabilities.logging.is_some();
        let connection = self.connection(&context).filter(|_| is_declared);
        let connection =
            connection.ok_or_else(ErrorData::method_not_found::<rmcp::model::SetLevelRequestMethod>)?;
        let name = serde_json::to_value(request.level).unwrap_or_default();
        if let Some(level) = name.as_str().and_then(super::talking::level) {
            connection.set_level(level);
        }
        Ok(())
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        let method = request.method.as_str();
        let handshake = HANDSHAKE_METHODS.contains(&method) && !stateless(&context);
        let (reads, prompts) = (!self.shared.shelf.is_empty(), !self.shared.book.is_empty());
        let is_ours = METHODS.contains(&method)
            || reads && OF_RESOURCES.contains(&method)
            || prompts && OF_PROMPTS.contains(&method)
            || (reads || prompts) && method == OF_BOTH
            || self.shared.engine.tasks().is_some() && tasks::METHODS.contains(&method)
            || self.shared.tells_changes() && method == listening::METHOD;
        if handshake || is_ours {
            return Err(ErrorData::invalid_params(format!("Invalid params: {}", params_rule(method)), None));
        }
        let message = format!("Method not found: {}", answer::quoted(method));
        Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, message, None))
    }
}

impl Handler {
    /// The connection on which resources can be watched.
    fn watching(&self, context: &RequestContext<RoleServer>) -> Option<&Connection> {
        let resources = self.shared.info_connected.capabilities.resources.as_ref();
        let can_watch = resources.is_some_and(|resources| resources.subscribe == Some(true));
        self.connection(context).filter(|_| can_watch)
    }
}

/// The cursor of a request, if it has one.
fn after(request: Option<&PaginatedRequestParams>) -> Option<&str> {
    request.and_then(|request| request.cursor.as_deref())
}

/// What the parameters of a method must be.
fn params_rule(method: &str) -> &'static str {
    match method {
        "tools/call" => {
            "`params` must be an object with the string `name` and, if given, the objects `arguments` and `inputResponses`"
        }
        "prompts/get" => {
            "`params` must be an object with the string `name` and, if given, the objects `arguments` and `inputResponses`"
        }
        "resources/read" => {
            "`params` must be an object with the string `uri` and, if given, the object `inputResponses`"
        }
        "completion/complete" => {
            "`params` must be an object with the object `ref` (`ref/prompt` with a `name`, or `ref/resource` with a `uri`) and the object `argument` with the strings `name` and `value`"
        }
        "tasks/get" | "tasks/cancel" => "`params` must be an object with the string `taskId`",
        listening::METHOD => "`params` must be an object with the object `notifications`",
        "tasks/update" => {
            "`params` must be an object with the string `taskId` and the object `inputResponses`"
        }
        "tools/list" | "prompts/list" | "resources/list" | "resources/templates/list" => {
            "`params` must be an object and `cursor`, if given, a string"
        }
        "initialize" => {
            "`params` must be an object with the string `protocolVersion` and the objects `capabilities` and `clientInfo`"
        }
        _ => "`params` must be an object",
    }
}
