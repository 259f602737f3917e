//! All resources of a server: which there are, which a caller may read, and what is at an address.

use std::sync::Arc;

use serde_json::{Map, Value};
use tokio::sync::Semaphore;

use super::log::LINES;
use super::{Log, OwnResource, Reading, Settings, Shown, Template, Values, Volume, page, records};
use crate::call::{CallError, Caller};
use crate::catalog::{Effect, Tool, Work};
use crate::content::Located;
use crate::engine::Engine;
use crate::start_error::StartError;
use crate::view::View;

/// What an address of the server itself begins with.
pub(crate) const OURS: &str = "server://";
/// Where it says how the server stands.
const STATUS: &str = "server://status";
/// Whoever may use this tool may read how the server stands.
const FIGURES_BY: &str = "health_check";
/// Whoever may use this tool may read what is recorded of his calls.
const RECORDS_BY: &str = "whoami";

/// A resource, or with a template many of one kind.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The address, or the template of addresses.
    pub(crate) uri: String,
    /// Its name for programs.
    pub(crate) name: String,
    /// Its title for people.
    pub(crate) title: String,
    /// Its description for models.
    pub(crate) description: String,
    /// Its media type.
    pub(crate) media_type: &'static str,
    /// The template, where it is one.
    pub(crate) template: Option<Template>,
    /// What is there.
    pub(crate) source: Source,
}

/// What is at an address.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    /// What a program adds; the tool is the one that a reader must be able to use.
    Own(&'static OwnResource, Option<&'static Tool>),
    /// The document that the tools were generated from.
    Document(&'static str),
    /// The page about a tool.
    Page(&'static Tool),
    /// The server's figures, for whoever may use this tool.
    Figures(&'static Tool),
    /// The caller's records, for whoever may use this tool.
    Records(&'static Tool),
    /// How the server stands, and what it was set to.
    Status,
    /// The last lines of the server's log.
    Log,
    /// What this tool answers.
    Answer(&'static Tool),
}

/// The resources of a server.
pub(crate) struct Shelf {
    engine: Arc<Engine>,
    direct: Vec<Entry>,
    templates: Vec<Entry>,
    log: Option<Log>,
    status: Option<Shown>,
    volume: Option<Arc<dyn Volume>>,
    /// Files of the journal are large: one reader at a time.
    records: Semaphore,
}

impl Shelf {
    /// Prepares all of them; an error names the one that cannot be offered.
    pub(crate) fn new(engine: &Arc<Engine>, settings: &Settings) -> Result<Self, StartError> {
        let (mut direct, mut templates) = (Vec::new(), Vec::new());
        for own in settings.own {
            let entry = by_hand(own, engine)?;
            if entry.template.is_some() { templates.push(entry) } else { direct.push(entry) }
        }
        if settings.offered {
            direct.extend(settings.document.map(|document| {
                let about = format!(
                    "The OpenAPI document of {}, as its tools were generated from it.",
                    engine.api().title
                );
                let source = Source::Document(document.text);
                ours("openapi", "The API's document", about, document.media_type, source)
            }));
            direct.extend(of_the_server(engine));
            direct.extend(settings.status.as_ref().map(|_| {
                let about =
                    "How this server stands, its versions and its settings, secrets masked.".to_owned();
                ours("status", "The server's state", about, "application/json", Source::Status)
            }));
            direct.extend(settings.log.as_ref().map(|_| {
                let about = format!("The last {LINES} lines of this server's log.");
                ours("log", "The server's log", about, "text/plain", Source::Log)
            }));
            direct.extend(engine.api().tools.iter().map(|tool| {
                let about =
                    format!("What there is to know about the tool {} before its first call.", tool.name);
                ours(&format!("tools/{}", tool.name), tool.title, about, "text/markdown", Source::Page(tool))
            }));
            for tool in engine.api().tools {
                templates.extend(tool.resource.map(|uri| of_the_api(uri, tool)).transpose()?);
            }
        }
        direct.sort_by(|one, other| one.uri.cmp(&other.uri));
        templates.sort_by(|one, other| one.uri.cmp(&other.uri));
        let mut pairs = direct.windows(2).chain(templates.windows(2));
        if let Some(pair) = pairs.find(|pair| pair[0].uri == pair[1].uri) {
            return Err(StartError::new(format!("two resources have the address {}", pair[0].uri)));
        }
        let (log, status, volume) = (settings.log.clone(), settings.status.clone(), settings.volume.clone());
        let (engine, records) = (Arc::clone(engine), Semaphore::new(1));
        Ok(Self { engine, direct, templates, log, status, volume, records })
    }

    /// Whether there are none for anybody.
    pub(crate) fn is_empty(&self) -> bool {
        self.direct.is_empty() && self.templates.is_empty()
    }

    /// Those with an address of their own that this caller may read, by address.
    pub(crate) fn direct(&self, caller: &Caller, view: &View) -> Vec<&Entry> {
        // Who finds tools is told of each by the tool that describes them, and need not read a page for each in a list.
        let is_listed = |entry: &Entry| match entry.source {
            Source::Page(tool) => view.lists(tool),
            _ => true,
        };
        let readable = self.direct.iter().filter(|entry| self.may_read(caller, view, entry));
        readable.filter(|entry| is_listed(entry)).collect()
    }

    /// The templates of those that this caller may read, by template.
    pub(crate) fn templates(&self, caller: &Caller, view: &View) -> Vec<&Entry> {
        self.templates.iter().filter(|entry| self.may_read(caller, view, entry)).collect()
    }

    /// What is at this address, whoever may read it.
    pub(crate) fn find(&self, uri: &str) -> Option<(&Entry, Values)> {
        if let Ok(index) = self.direct.binary_search_by(|entry| entry.uri.as_str().cmp(uri)) {
            return Some((&self.direct[index], Values::new()));
        }
        self.templates.iter().find_map(|entry| Some((entry, entry.template.as_ref()?.values(uri)?)))
    }

    /// The template of this text, whoever may read what it stands for.
    pub(crate) fn template(&self, uri: &str) -> Option<&Entry> {
        self.templates.iter().find(|entry| entry.uri == uri)
    }

    /// Whether a caller may read it. Scopes for what a tool answers are judged where the request comes in, since the caller is told
    /// which are missing; here they hide what is ours.
    pub(crate) fn may_read(&self, caller: &Caller, view: &View, entry: &Entry) -> bool {
        match entry.source {
            Source::Own(_, None) => true,
            Source::Own(_, Some(tool)) | Source::Figures(tool) | Source::Records(tool) => {
                self.engine.may(caller, tool)
            }
            Source::Page(tool) | Source::Answer(tool) => view.has(tool) && self.engine.may_use(caller, tool),
            // It tells of every operation, so it is only for those who may know of each.
            Source::Document(_) => {
                let mut tools = self.engine.api().tools.iter();
                tools.all(|tool| !matches!(tool.work, Work::Request(_)) || self.engine.may_use(caller, tool))
            }
            // They tell of every caller and of whoever runs the server, so they are only for those who may do everything, and of whom
            // somebody says who they are.
            Source::Log | Source::Status => {
                let mut tools = self.engine.api().tools.iter();
                !matches!(caller, Caller::Anonymous) && tools.all(|tool| self.engine.may(caller, tool))
            }
        }
    }

    /// How much is logged, for whoever may read how the server stands.
    pub(crate) fn volume(&self, caller: &Caller, view: &View) -> Option<&dyn Volume> {
        let (status, _) = self.find(STATUS)?;
        self.volume.as_deref().filter(|_| self.may_read(caller, view, status))
    }

    /// What is there for a caller who may read it. What a tool answers is not read here but by a call.
    pub(crate) async fn read(&self, entry: &Entry, reading: Reading) -> Result<Vec<Located>, CallError> {
        let one = |text: String| Ok(vec![Located::text(&reading.uri, entry.media_type, text)]);
        match entry.source {
            Source::Own(own, _) => (own.read)(reading).await,
            Source::Document(text) => one(text.to_owned()),
            Source::Page(tool) => one(page::of(tool, &self.engine)),
            Source::Figures(_) => one(self.engine.metrics()),
            Source::Status => {
                let logged = self.volume.as_ref().map(|volume| volume.now());
                one(self.status.as_ref().map(|shown| shown.text(&self.engine, logged)).unwrap_or_default())
            }
            Source::Log => one(self.log.as_ref().map(Log::text).unwrap_or_default()),
            Source::Records(_) => {
                let Some(journal) = self.engine.journal() else {
                    return Err(CallError::Internal { cause: "records without a journal".to_owned() });
                };
                let _one = self.records.acquire().await.expect("the semaphore is never closed");
                one(records::of(journal, &reading.caller).await?)
            }
            Source::Answer(tool) => Err(CallError::Internal {
                cause: format!("the answer of {} was read without a call", tool.name),
            }),
        }
    }
}

/// The arguments with which a tool reads what is at an address: texts, but where the tool takes another type.
pub(crate) fn arguments(tool: &Tool, values: Values) -> Map<String, Value> {
    let schema: Value = serde_json::from_str(tool.input_schema).unwrap_or_default();
    let typed = |name: &str, text: String| match schema["properties"][name]["type"].as_str() {
        Some("integer" | "number" | "boolean") => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        _ => Value::String(text),
    };
    values.into_iter().map(|(name, text)| (name.clone(), typed(&name, text))).collect()
}

fn ours(path: &str, title: &str, description: String, media_type: &'static str, source: Source) -> Entry {
    Entry {
        uri: format!("{OURS}{path}"),
        name: path.replace('/', "_"),
        title: title.to_owned(),
        description,
        media_type,
        template: None,
        source,
    }
}

/// How the server stands, and what it recorded of the caller.
fn of_the_server(engine: &Engine) -> Vec<Entry> {
    let tool = |name| engine.api().find(name).filter(|tool| matches!(tool.work, Work::Own(_)));
    let figures = tool(FIGURES_BY).map(|tool| {
        let about = "What this server counted since it began, in the text format of Prometheus.".to_owned();
        ours("metrics", "Figures of the server", about, "text/plain", Source::Figures(tool))
    });
    let records = tool(RECORDS_BY).filter(|_| engine.journal().is_some()).map(|tool| {
        let about =
            "What this server put on the record of your calls in the last hour, the last 50.".to_owned();
        ours("records", "Your recent calls", about, "application/json", Source::Records(tool))
    });
    figures.into_iter().chain(records).collect()
}

/// What a tool that reads answers, by address.
fn of_the_api(uri: &'static str, tool: &'static Tool) -> Result<Entry, StartError> {
    let wrong = |what: &str| StartError::new(format!("the resource {uri} of the tool {}: {what}", tool.name));
    let template = Template::read(uri).map_err(wrong)?;
    if tool.effect != Effect::Read {
        return Err(wrong("only what reads can be read by an address"));
    }
    Ok(Entry {
        uri: uri.to_owned(),
        name: tool.name.to_owned(),
        title: tool.title.to_owned(),
        description: tool.description.to_owned(),
        media_type: "application/json",
        template: Some(template),
        source: Source::Answer(tool),
    })
}

fn by_hand(own: &'static OwnResource, engine: &Engine) -> Result<Entry, StartError> {
    let wrong = |what: &str| StartError::new(format!("the resource {} written by hand: {what}", own.uri));
    let template = Template::read(own.uri).map_err(wrong)?;
    let template = (template.variables().count() > 0).then_some(template);
    let tool = match own.tool {
        None => None,
        Some(name) => Some(engine.api().find(name).ok_or_else(|| {
            wrong(&format!("whoever may use {name} may read it, and there is no tool of that name"))
        })?),
    };
    if own.name.trim().is_empty() || own.description.trim().is_empty() {
        return Err(wrong("its name and its description must say something"));
    }
    Ok(Entry {
        uri: own.uri.to_owned(),
        name: own.name.to_owned(),
        title: own.title.to_owned(),
        description: own.description.to_owned(),
        media_type: own.media_type,
        template,
        source: Source::Own(own, tool),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Api;
    use crate::engine;
    use crate::policy;

    static READ: Tool = Tool { name: "read", ..Tool::bare(Effect::Read, Work::Rest) };
    static API: Api = Api::bare(&[&READ]);

    #[test]
    fn nobody_reads_the_log_or_the_state_without_a_name_though_it_may_use_every_tool() {
        let mut options = engine::Options::new("http://127.0.0.1:1");
        options.policy.source = policy::Source::Text("permit (principal, action, resource);");
        let engine = Arc::new(Engine::new(&API, options).unwrap());
        let status = Some(Shown::new(Map::new()));
        let settings = Settings { offered: true, log: Some(Log::default()), status, ..Settings::default() };
        let shelf = Shelf::new(&engine, &settings).unwrap();
        let may = |caller: &Caller, uri: &str| {
            shelf.find(uri).is_some_and(|(entry, _)| shelf.may_read(caller, &View::default(), entry))
        };
        assert!(may(&Caller::LocalOwner, "server://log") && may(&Caller::LocalOwner, "server://status"));
        for tool in engine.api().tools {
            assert!(may(&Caller::Anonymous, &format!("server://tools/{}", tool.name)), "{}", tool.name);
        }
        assert!(!may(&Caller::Anonymous, "server://log") && !may(&Caller::Anonymous, "server://status"));
    }
}
