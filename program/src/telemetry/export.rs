//! Has spans and lines of the log sent to a collector: a layer beside the one that writes lines.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use server::telemetry::{Line, SPANS, Span, Telemetry, Told};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::filter::{FilterFn, Targets};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

/// The layer.
pub(super) struct Export(Telemetry);

impl Export {
    /// A layer that has this sent: the spans that are made for it, and of the log what is written as well.
    pub(super) fn layer<S>(telemetry: Telemetry, lines: Arc<RwLock<Targets>>) -> impl Layer<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let takes_lines = telemetry.takes_lines();
        let is_sent = move |metadata: &Metadata<'_>| {
            if metadata.is_span() {
                metadata.target() == SPANS
            } else {
                let lines = lines.read().unwrap_or_else(PoisonError::into_inner);
                takes_lines && lines.would_enable(metadata.target(), metadata.level())
            }
        };
        // Spans are of the level INFO. Of which level lines are changes while the program runs, so that any may come.
        let most = if takes_lines { LevelFilter::TRACE } else { LevelFilter::INFO };
        Self(telemetry).with_filter(FilterFn::new(is_sent).with_max_level_hint(most))
    }
}

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for Export {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut begun = Begun::now();
        attributes.record(&mut begun);
        span.extensions_mut().insert(begun);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(begun) = span.extensions_mut().get_mut::<Begun>() {
            values.record(begun);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let begun = context.span(&id).and_then(|span| span.extensions_mut().remove::<Begun>());
        if let Some(Begun { span, is_traced: true }) = begun {
            self.0.span(Span { ended: SystemTime::now(), ..span });
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let within = context
            .event_span(event)
            .and_then(|span| span.extensions().get::<Begun>().map(|begun| (begun.span.trace, begun.span.id)));
        let metadata = event.metadata();
        let mut said = Said(Line {
            at: SystemTime::now(),
            severity: severity(*metadata.level()),
            target: metadata.target(),
            message: String::new(),
            attributes: Vec::new(),
            within,
        });
        event.record(&mut said);
        self.0.line(said.0);
    }
}

/// The number and the word of OTLP.
fn severity(level: Level) -> (u8, &'static str) {
    match level {
        Level::ERROR => (17, "ERROR"),
        Level::WARN => (13, "WARN"),
        Level::INFO => (9, "INFO"),
        Level::DEBUG => (5, "DEBUG"),
        Level::TRACE => (1, "TRACE"),
    }
}

/// A span that has not ended. Its own numbers are among its fields; all else is an attribute.
struct Begun {
    span: Span,
    is_traced: bool,
}

impl Begun {
    fn now() -> Self {
        let now = SystemTime::now();
        let span = Span {
            name: String::new(),
            trace: 0,
            id: 0,
            parent: 0,
            kind: 0,
            begun: now,
            ended: now,
            error: None,
            attributes: Vec::new(),
        };
        Self { span, is_traced: true }
    }

    fn text(&mut self, field: &Field, text: String) {
        match field.name() {
            "trace.name" => self.span.name = text,
            "error" => self.span.error = Some(text),
            name => self.span.attributes.push((name, Told::Text(text))),
        }
    }
}

impl Visit for Begun {
    fn record_u128(&mut self, field: &Field, value: u128) {
        if field.name() == "trace.id" {
            self.span.trace = value;
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "trace.span" => self.span.id = value,
            "trace.parent" => self.span.parent = value,
            "trace.kind" => self.span.kind = value,
            name => self.span.attributes.push((name, whole(value))),
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        if field.name() == "traced" {
            self.is_traced = value;
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, format!("{value:?}"));
    }
}

/// A line as it is read.
struct Said(Line);

impl Said {
    fn tell(&mut self, field: &Field, value: Told) {
        self.0.attributes.push((field.name(), value));
    }
}

impl Visit for Said {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.tell(field, Told::Number(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.tell(field, Told::Whole(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.tell(field, whole(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.tell(field, Told::Flag(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.0.message);
        } else {
            self.tell(field, Told::Text(value.to_owned()));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0.message = format!("{value:?}");
        } else {
            self.tell(field, Told::Text(format!("{value:?}")));
        }
    }
}

/// A number as OTLP has them; none that is counted here is larger.
fn whole(value: u64) -> Told {
    Told::Whole(i64::try_from(value).unwrap_or(i64::MAX))
}
