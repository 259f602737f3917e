//! What clients of the stateless era hear who listen (`subscriptions/listen`): that a list has changed.
//!
//! Lists are of what a caller may use, so they change when other rules of access come into force. Where the rules are no file's
//! that does not happen: then nothing is promised, and there is no such method. Who may use what is not said on the stream, only
//! that it is worth asking again.

use rmcp::model::{
    GetMeta as _, PromptListChangedNotification, RequestId, ResourceListChangedNotification,
    ServerCapabilities, ServerNotification, SubscriptionFilter, ToolListChangedNotification,
};
use rmcp::service::SubscriptionContext;

use super::shared::Shared;

/// The method.
pub(super) const METHOD: &str = "subscriptions/listen";

impl Shared {
    /// Whether there is anything to hear.
    pub(super) fn tells_changes(&self) -> bool {
        self.engine().policies().changes().is_some()
    }

    /// What a client hears of what it asks for; nothing where there is nothing to hear.
    pub(super) fn heard(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        let changing = SubscriptionFilter::builder()
            .tools_list_changed()
            .prompts_list_changed()
            .resources_list_changed()
            .build();
        let heard = || requested.intersection(&changing).supported_by(&self.info.capabilities);
        self.tells_changes().then(heard)
    }
}

/// Says of each list that is there that its changes are told.
pub(super) fn promise(can: &mut ServerCapabilities) {
    set(can, Some(true));
}

/// Says of no list that its changes are told.
pub(super) fn promise_nothing(can: &mut ServerCapabilities) {
    set(can, None);
}

fn set(can: &mut ServerCapabilities, changes: Option<bool>) {
    if let Some(tools) = &mut can.tools {
        tools.list_changed = changes;
    }
    if let Some(prompts) = &mut can.prompts {
        prompts.list_changed = changes;
    }
    if let Some(resources) = &mut can.resources {
        resources.list_changed = changes;
    }
}

/// What is said to who hears this, once lists have changed.
pub(super) fn changed(id: &RequestId, heard: &SubscriptionFilter) -> Vec<ServerNotification> {
    let mut said: Vec<ServerNotification> = Vec::with_capacity(3);
    if heard.tools_list_changed == Some(true) {
        said.push(ServerNotification::ToolListChangedNotification(ToolListChangedNotification::default()));
    }
    if heard.prompts_list_changed == Some(true) {
        said.push(
            ServerNotification::PromptListChangedNotification(PromptListChangedNotification::default()),
        );
    }
    if heard.resources_list_changed == Some(true) {
        let changed = ResourceListChangedNotification::default();
        said.push(ServerNotification::ResourceListChangedNotification(changed));
    }
    for one in &mut said {
        one.get_meta_mut().set_subscription_id(id.clone());
    }
    said
}

/// Tells a client by the library what it hears, until one of both leaves.
pub(super) async fn listen(shared: &Shared, context: &SubscriptionContext) {
    let Some(mut changes) = shared.engine().policies().changes() else { return };
    let leaving = shared.leaving();
    let sink = context.sink();
    loop {
        tokio::select! {
            () = context.cancelled() => return,
            () = leaving.cancelled() => return,
            Ok(()) = changes.changed() => {}
        }
        for one in changed(sink.id(), context.accepted()) {
            if let Err(error) = sink.send(one).await {
                tracing::debug!(%error, "a client was not told that a list has changed");
            }
        }
    }
}
