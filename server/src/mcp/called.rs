//! Which tool a request calls, for a client that is shown some tools or finds them first.

use std::borrow::Cow;

use ::http::Extensions;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::envelope::Envelope;
use super::shared::Shared;
use crate::call::Caller;
use crate::catalog::Tool;
use crate::own::finding;
use crate::view::View;

/// What a request calls.
pub(super) struct Called<'a> {
    /// The tool; nothing where there is none of that name, for this client.
    pub(super) tool: Option<&'static Tool>,
    /// Its name, as the request says it.
    pub(super) name: Cow<'a, str>,
    pub(super) arguments: Map<String, Value>,
}

impl Shared {
    /// Which tools the client of a request is shown.
    pub(super) fn view(&self, from_http: Option<&Extensions>) -> View {
        let said = from_http.and_then(|extensions| extensions.get::<View>());
        said.unwrap_or_else(|| self.views().usual()).clone()
    }

    /// What is called by this name with these arguments. A call by the tool that calls others is one of the tool that it names,
    /// if the caller may use the one that calls.
    pub(super) fn called<'a>(
        &self,
        caller: &Caller,
        view: &View,
        name: Cow<'a, str>,
        arguments: Map<String, Value>,
    ) -> Called<'a> {
        let finders = self.engine().finders().ok().filter(|_| view.searches);
        let caller_of_others = finders.map(|finders| finders.call).filter(|call| call.name == name);
        if let Some(call) = caller_of_others
            && self.may_use(caller, call)
            && let Some((inner, arguments)) = finding::inner(&arguments)
        {
            let tool = self.shown(view, inner).filter(|tool| !std::ptr::eq(*tool, call));
            return Called { tool, name: Cow::Owned(inner.to_owned()), arguments };
        }
        Called { tool: self.shown(view, &name), name, arguments }
    }

    /// The tool that a message calls.
    pub(super) fn called_by(
        &self,
        caller: &Caller,
        view: &View,
        envelope: &Envelope,
        message: &[u8],
    ) -> Option<&'static Tool> {
        if !view.searches {
            return self.shown(view, &envelope.text("name", message)?);
        }
        #[derive(Deserialize)]
        struct Params {
            name: String,
            arguments: Option<Map<String, Value>>,
        }
        let params: Params = serde_json::from_slice(message.get(envelope.params.clone()?)?).ok()?;
        self.called(caller, view, params.name.into(), params.arguments.unwrap_or_default()).tool
    }

    /// The tool of this name, if there is one for a client with this view.
    fn shown(&self, view: &View, name: &str) -> Option<&'static Tool> {
        let finders = self.engine().finders().ok().filter(|_| view.searches);
        let finder = finders.and_then(|finders| finders.find(name));
        finder.or_else(|| self.find(name).filter(|tool| view.has(tool)))
    }
}
