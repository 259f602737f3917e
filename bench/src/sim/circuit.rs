//! Hears of the circuit's changes as operators do: from the log.

use std::fmt::Debug;
use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry;

use super::api::Api;

/// Tells the API's invariants of each change, on this thread, for as long as what is given lives.
pub(super) fn tell(api: Arc<Api>) -> DefaultGuard {
    tracing::subscriber::set_default(registry().with(Ear(api)))
}

struct Ear(Arc<Api>);

impl<S: Subscriber> Layer<S> for Ear {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        if event.metadata().target() != "server::stages::breaker" {
            return;
        }
        let mut state = State(None);
        event.record(&mut state);
        if let Some(state) = state.0 {
            self.0.note(|| format!("the circuit is {state}"));
            self.0.invariants().circuit(&state);
        }
    }
}

/// The field that names the new state.
struct State(Option<String>);

impl Visit for State {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "state" {
            self.0 = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}
