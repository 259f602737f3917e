//! What the program says while it runs: lines on standard error, for people or as JSON. Standard output
//! belongs to answers, and to the protocol on stdio.
//!
//! Whatever a value holds, one event is one line: characters that would break or disguise a line are written
//! as `\u` escapes.

mod colour;
mod export;
mod volume;

use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::sync::{Arc, PoisonError, RwLock};

use export::Export;
use server::resources::Log;
use server::telemetry::{SPANS, Telemetry};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::reload;

pub(crate) use self::volume::{Volume, Wanted};

/// What is logged, and how.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    /// How much.
    pub(crate) level: Level,
    /// How lines look.
    pub(crate) format: Format,
    /// Whether they are never coloured.
    pub(crate) no_color: bool,
}

/// How much is logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Level {
    /// Nothing.
    Off,
    /// What went wrong on our side.
    Error,
    /// And what somebody should look at.
    Warn,
    /// And what happened.
    #[default]
    Info,
    /// And why.
    Debug,
    /// Everything.
    Trace,
}

impl Level {
    /// The names, as they are shown.
    pub(crate) const NAMES: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

    /// Reads a name, in any case, or the name Python gives the level.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text.to_ascii_lowercase().as_str() {
            "off" => Self::Off,
            "error" | "critical" => Self::Error,
            "warn" | "warning" => Self::Warn,
            "info" => Self::Info,
            "debug" => Self::Debug,
            "trace" => Self::Trace,
            _ => return None,
        })
    }

    /// The name.
    pub(crate) fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// One step more; everything stays everything.
    fn more(self) -> Self {
        match self {
            Self::Off => Self::Error,
            Self::Error => Self::Warn,
            Self::Warn => Self::Info,
            Self::Info => Self::Debug,
            Self::Debug | Self::Trace => Self::Trace,
        }
    }

    fn filter(self) -> LevelFilter {
        match self {
            Self::Off => LevelFilter::OFF,
            Self::Error => LevelFilter::ERROR,
            Self::Warn => LevelFilter::WARN,
            Self::Info => LevelFilter::INFO,
            Self::Debug => LevelFilter::DEBUG,
            Self::Trace => LevelFilter::TRACE,
        }
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

impl Format {
    /// The names.
    pub(crate) const NAMES: [&str; 2] = ["text", "json"];

    /// Reads a name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "text" => Some(Self::Text),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// The name.
    pub(crate) fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

/// Libraries that would log requests, headers or addresses: theirs are never heard below a warning.
const QUIET: [&str; 7] = ["rmcp", "reqwest", "hyper", "hyper_util", "h2", "rustls", "tower"];

/// It calls every client that leaves an error, without saying which; how each call ended is logged by the server itself.
const DEPARTURES: &str = "rmcp::service";

/// What is logged at a level, by where it comes from.
fn targets(level: Level) -> Targets {
    let level = level.filter();
    let quiet = level.min(LevelFilter::WARN);
    Targets::new()
        .with_default(level)
        .with_targets(QUIET.map(|target| (target, quiet)))
        .with_target(DEPARTURES, LevelFilter::OFF)
        .with_target(SPANS, LevelFilter::OFF)
}

/// Starts logging, once per process, and has spans and lines sent to a collector where there is one. Gives where the last lines are
/// kept, and what changes how much is logged.
pub(crate) fn start(options: Options, telemetry: Option<Telemetry>) -> (Log, Volume) {
    let log = Log::default();
    let is_coloured = options.format == Format::Text && colour::is_wanted(options.no_color);
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(OneLine { log: log.clone(), is_coloured });
    let written = match options.format {
        Format::Text => layer.boxed(),
        Format::Json => layer.json().flatten_event(true).boxed(),
    };
    let usual = targets(options.level);
    let volume = match telemetry {
        None => {
            let (filter, handle) = reload::Layer::new(usual);
            set(tracing_subscriber::registry().with(written).with(filter));
            Volume::new(options.level, move |targets| drop(handle.reload(targets)))
        }
        Some(telemetry) => {
            let sent_as_written = Arc::new(RwLock::new(usual.clone()));
            let sent = Export::layer(telemetry, Arc::clone(&sent_as_written));
            let (filter, handle) = reload::Layer::new(usual);
            set(tracing_subscriber::registry().with(written.with_filter(filter)).with(sent));
            Volume::new(options.level, move |targets| {
                // First what is looked at when the other is told, which has every place that logs judged anew.
                sent_as_written.write().unwrap_or_else(PoisonError::into_inner).clone_from(&targets);
                drop(handle.reload(targets));
            })
        }
    };
    (log, volume)
}

fn set(subscriber: impl tracing::Subscriber + Send + Sync) {
    tracing::subscriber::set_global_default(subscriber).expect("logging is started once per process");
}

/// Has every panic of this process told in one line, from the first moment on: in the log, or, before that begins, as the program
/// tells why it does not start. Its message is told only if it is fixed text of the program: another may hold what a caller sent, or
/// a secret. Where it came from is told by its place; a trace of calls is never written, whatever the environment asks for.
pub(crate) fn tell_panics(program: &'static str) {
    std::panic::set_hook(Box::new(move |panic: &PanicHookInfo<'_>| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let message = panic.payload().downcast_ref::<&'static str>().copied().unwrap_or("(message withheld)");
        if tracing::dispatcher::has_been_set() {
            tracing::error!(place, message, "a fault of this program");
        } else {
            eprintln!("{program}: a fault of this program at {place}: {message}");
        }
    }));
}

/// Makes writers to standard error that keep each event on one line, and the last lines in memory.
struct OneLine {
    log: Log,
    is_coloured: bool,
}

impl<'a> MakeWriter<'a> for OneLine {
    type Writer = OneLineWriter<'a, io::Stderr>;

    fn make_writer(&'a self) -> Self::Writer {
        OneLineWriter { to: io::stderr(), log: &self.log, is_coloured: self.is_coloured }
    }
}

/// Writes each buffer, which is a whole event with a line end, as one line.
struct OneLineWriter<'a, W> {
    to: W,
    log: &'a Log,
    is_coloured: bool,
}

impl<W: Write> Write for OneLineWriter<'_, W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let mut safe = String::with_capacity(line.len() + 1);
        for letter in line.chars() {
            if disguises(letter) {
                let mut units = [0; 2];
                for unit in letter.encode_utf16(&mut units) {
                    safe.push_str(&format!("\\u{unit:04x}"));
                }
            } else {
                safe.push(letter);
            }
        }
        self.log.push(&safe);
        if self.is_coloured {
            safe = colour::paint(&safe);
        }
        safe.push('\n');
        self.to.write_all(safe.as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Control characters, and those that break lines, turn text around or take no room.
fn disguises(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
        || matches!(letter, '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::{Level, Log, OneLineWriter};

    fn written(event: &str) -> String {
        let log = Log::default();
        let mut writer = OneLineWriter { to: Vec::new(), log: &log, is_coloured: false };
        writer.write_all(event.as_bytes()).unwrap();
        String::from_utf8(writer.to).unwrap()
    }

    #[test]
    fn an_event_stays_on_one_line_whatever_it_holds() {
        assert_eq!(written("user=a\nAUDIT: {\"forged\":1}\n"), "user=a\\u000aAUDIT: {\"forged\":1}\n");
        assert_eq!(
            written("\u{1b}[31mred\u{2028}x\u{9b}y\u{202e}z\n"),
            "\\u001b[31mred\\u2028x\\u009by\\u202ez\n"
        );
        assert_eq!(written("tag \u{e0041}\n"), "tag \\udb40\\udc41\n");
    }

    #[test]
    fn what_is_escaped_in_a_json_line_reads_back_as_it_was() {
        let event = format!("{}\n", serde_json::json!({"name": "a\u{2028}b\u{e0041}\n"}));
        let read: serde_json::Value = serde_json::from_str(&written(&event)).unwrap();
        assert_eq!(read["name"], "a\u{2028}b\u{e0041}\n");
    }

    #[test]
    fn every_level_reads_its_own_name() {
        for name in Level::NAMES {
            assert_eq!(Level::parse(name).map(Level::name), Some(name));
        }
        assert_eq!(Level::parse("WARNING"), Some(Level::Warn));
        assert_eq!(Level::parse("verbose"), None);
    }
}
