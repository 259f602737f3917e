//! The commands: what each does once the settings are known.

mod audit;
mod call;
mod completions;
mod contract;
mod counted;
mod credentials;
mod demo;
mod doctor;
mod health;
mod init;
mod inherited;
mod keys;
mod listener;
mod policy;
mod progress;
mod reread;
mod serve;
mod tools;
mod typed;
mod watch;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use server::catalog::Tool;
use server::journal::{self, Journal, SigningKey, Stream};
use server::telemetry::Telemetry;
use server::{Options, Server, StartError};
use tokio::runtime::Runtime;

use crate::Program;
use crate::arguments::{Cli, Command};
use crate::commands::reread::Reread;
use crate::output::{print, print_json};
use crate::refusal::Refusal;
use crate::settings::{
    Config, Environment, Exporting, Journaling, Origin, Setting, Settings, load, markdown, nearest, show,
};
use crate::telemetry::{self, Level};

/// Loads the settings, starts logging, and does what the command line says.
pub(crate) fn run(program: &Program, cli: Cli) -> Result<ExitCode, Refusal> {
    if let Command::Config { markdown: true, .. } = cli.command {
        return print(&markdown(program.api)).map(|()| ExitCode::SUCCESS);
    }
    match &cli.command {
        Command::Contract => return print(&contract::text(program.api)).map(|()| ExitCode::SUCCESS),
        Command::Completions { shell } => {
            return completions::run(program, *shell).map(|()| ExitCode::SUCCESS);
        }
        Command::Man { folder } => {
            return completions::manual(program, folder.as_deref()).map(|()| ExitCode::SUCCESS);
        }
        Command::Init(what) => return init::run(program, what, cli.api_base_url()),
        _ => {}
    }
    let flags = cli.flags()?;
    let loaded = load(program.name, program.api, &Environment::of_process(), cli.settings_file(), &flags);
    let mut settings = match (loaded, &cli.command) {
        (Err(refusal), Command::Doctor(what)) => return doctor::unreadable(&refusal, what),
        (loaded, _) => loaded?,
    };
    settings.config.log.no_color = has_no_color()?;
    let collector = collector(program, &settings.config, &cli.command)?;
    let (log, volume) = telemetry::start(log_options(&settings, &cli.command), collector.clone());
    settings.config.server.mcp.resources.log = Some(log);
    settings.config.server.engine.telemetry.clone_from(&collector);
    let reread = Reread::new(program, cli.settings_file().map(Path::to_owned), flags, volume)?;
    settings.config.server.mcp.resources.status = Some(reread.shown());
    settings.config.server.mcp.resources.volume = Some(Arc::new(reread.volume()));
    report(&settings);
    let outcome = done(program, cli.command, settings, reread);
    if let Some(collector) = collector {
        collector.end();
    }
    outcome
}

/// Does what the command line says.
fn done(
    program: &Program,
    command: Command,
    mut settings: Settings,
    reread: Reread,
) -> Result<ExitCode, Refusal> {
    match command {
        Command::Config { json: true, .. } => print_json(&show::as_json(&mut settings))?,
        Command::Config { .. } => print(&show::as_text(&mut settings))?,
        Command::Audit(what) => return audit::run(&settings.config, &what),
        Command::Keys(what) => return keys::run(&settings.config, &what),
        Command::Credentials(what) => {
            return credentials::run(program.api, &settings.config, &what);
        }
        Command::Policy(what) => return policy::run(program, &settings.config, &what),
        Command::Doctor(what) => return doctor::run(program, settings, &what),
        Command::Tools { json: false } => print(&tools::table(program.api))?,
        command => return runtime()?.run(command_in_runtime(program, settings.config, reread, command)),
    }
    Ok(ExitCode::SUCCESS)
}

/// What is logged. A command that gives one answer is not to be drowned by its own log, unless that was asked for.
fn log_options(settings: &Settings, command: &Command) -> telemetry::Options {
    let asked_for =
        |(setting, origin): &(Setting, Origin)| setting.key == "log.level" && *origin != Origin::Default;
    let log = settings.config.log;
    if goes_on(command) || settings.settings.iter().any(asked_for) {
        log
    } else if matches!(command, Command::Doctor(_)) {
        // It tells in its own words what the log would say.
        telemetry::Options { level: Level::Off, ..log }
    } else {
        telemetry::Options { level: Level::Warn, ..log }
    }
}

/// Whether a command serves until it is stopped.
fn goes_on(command: &Command) -> bool {
    matches!(command, Command::Demo(_) | Command::Serve(_) | Command::Stdio)
}

/// Whether whoever reads the log wants no colour (no-color.org).
fn has_no_color() -> Result<bool, Refusal> {
    Ok(Environment::of_process().get("NO_COLOR")?.is_some())
}

/// The way to a collector, where one is named and there will be something to tell it.
fn collector(program: &Program, config: &Config, command: &Command) -> Result<Option<Telemetry>, Refusal> {
    let settings = config.otlp.settings(program)?.filter(|_| goes_on(command));
    settings.map(Telemetry::start).transpose().map_err(refused)
}

async fn command_in_runtime(
    program: &Program,
    config: Config,
    reread: Reread,
    command: Command,
) -> Result<ExitCode, Refusal> {
    match command {
        Command::Demo(_) => demo::run(program, config, &reread).await?,
        Command::Serve(_) => serve::http(program, config, &reread).await?,
        Command::Stdio => serve::stdio(program, config, &reread).await?,
        Command::Tools { .. } => print_json(&tools::list(program, config)?)?,
        Command::Call { tool, arguments, json, idempotency_key, yes } => {
            let key = idempotency_key.as_deref();
            let said = call::Said { key, yes };
            return call::run(program, config, &tool, &arguments, json.as_deref(), said).await;
        }
        Command::Watch(what) => return watch::run(program, config, &what).await,
        Command::Health { url } => return health::run(&config, url.as_deref()).await,
        Command::Config { .. }
        | Command::Completions { .. }
        | Command::Contract
        | Command::Man { .. }
        | Command::Audit(_)
        | Command::Keys(_)
        | Command::Credentials(_)
        | Command::Doctor(_)
        | Command::Init(_)
        | Command::Policy(_) => {
            unreachable!("it needs no runtime and has been done")
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Says which settings are not the defaults, and which variables have no effect.
fn report(settings: &Settings) {
    for (setting, origin) in &settings.settings {
        tracing::debug!(setting = setting.key, %origin, "setting");
    }
    if let Some(doubt) = settings.config.otlp.doubt() {
        tracing::warn!("{doubt}");
    }
    if !settings.without_effect.is_empty() {
        let names = settings.without_effect.join(", ");
        tracing::warn!(names, "these variables of the Python server have no effect here");
    }
}

/// A server with its journal, which is closed when this is dropped: then everything is on the disk, and what a collector is to be
/// told has been sent.
struct Recorded {
    server: Arc<Server>,
    journal: Option<Journal>,
    telemetry: Option<Telemetry>,
}

impl Drop for Recorded {
    fn drop(&mut self) {
        if let Some(journal) = &self.journal {
            journal.close();
        }
        // While the server is there, which knows what is counted.
        if let Some(telemetry) = &self.telemetry {
            telemetry.end();
        }
    }
}

/// The server with these settings, which must say where the API is. `printed` is where a copy of the record goes, if one is
/// wanted: standard output, unless a result or the protocol has it.
fn prepare(program: &Program, mut config: Config, printed: Stream) -> Result<Recorded, Refusal> {
    api_address(&config)?;
    config.server.engine.replicas = config.sharing.settings()?;
    let (takes_tokens, has_redis) =
        (config.server.http.identity.takes_tokens(), config.server.engine.replicas.is_some());
    config.account.put(program.api, takes_tokens, has_redis, &mut config.server.engine.upstream)?;
    config.server.http.identity.keeps_tokens = config.account.exchanges();
    let has_none = config.account.is_common() && config.server.engine.upstream.credentials.is_empty();
    if has_none && !program.api.security_schemes.is_empty() {
        tracing::warn!("no credential for the API is set (API_TOKEN): calls that need one will fail");
    }
    let journal = journal(program, &config.journal, &config.otlp, printed)?;
    config.server.engine.journal.clone_from(&journal);
    config.server.engine.policy = config.access.settings(None, program.policy);
    let telemetry = config.server.engine.telemetry.clone();
    let server = build(program, config.server)?;
    Ok(Recorded { server, journal, telemetry })
}

/// Refuses to be without an API.
fn api_address(config: &Config) -> Result<(), Refusal> {
    if config.server.engine.upstream.base_url.is_empty() {
        return Err(Refusal::configuration(
            "API_BASE_URL is not set: expected the address of the API, such as https://api.example.com:8443",
        ));
    }
    Ok(())
}

/// Refuses to print or send a journal that is not kept. Whether one is.
fn check_journaling(wanted: &Journaling) -> Result<bool, Refusal> {
    if wanted.enabled && !wanted.options.folder.as_os_str().is_empty() {
        return Ok(true);
    }
    if wanted.copied {
        return Err(Refusal::configuration(
            "AUDIT_STDOUT prints the journal, and none is kept: set AUDIT_FOLDER",
        ));
    }
    if wanted.collected {
        return Err(Refusal::configuration(
            "AUDIT_OTLP sends the journal, and none is kept: set AUDIT_FOLDER",
        ));
    }
    Ok(false)
}

/// The tool of this name; else a line that says which one may be meant.
fn find<'t>(tools: impl Iterator<Item = &'t Tool> + Clone, name: &str) -> Result<&'t Tool, String> {
    tools.clone().find(|tool| tool.name == name).ok_or_else(|| {
        let suggestion = nearest(name, tools.map(|tool| tool.name));
        let advice =
            suggestion.map_or("see the command `tools`".to_owned(), |near| format!("did you mean {near}?"));
        format!("there is no tool {name:?}; {advice}")
    })
}

/// The journal, if one is wanted.
fn journal(
    program: &Program,
    wanted: &Journaling,
    otlp: &Exporting,
    printed: Stream,
) -> Result<Option<Journal>, Refusal> {
    if !check_journaling(wanted)? {
        return Ok(None);
    }
    let wrong = |error: StartError| Refusal::configuration(error.to_string());
    let is_signed = !wanted.signing_key.as_os_str().is_empty();
    let signing = is_signed.then(|| SigningKey::read(&wanted.signing_key).map(Arc::new)).transpose();
    let (copy, signing) = (wanted.copied.then_some(printed), signing.map_err(wrong)?);
    // The journal's copy goes where logs go.
    let collector = wanted.collected.then(|| otlp.of_journal(program));
    let options = journal::Options { copy, collector, signing, ..wanted.options.clone() };
    let name = format!("{} {}", program.name, program.version);
    Journal::open(&options, &name).map(Some).map_err(wrong)
}

fn build(program: &Program, mut options: Options) -> Result<Arc<Server>, Refusal> {
    program.version.clone_into(&mut options.mcp.version);
    options.mcp.resources.document = program.offers.document;
    options.mcp.resources.own = program.offers.resources;
    options.mcp.prompts.own = program.offers.prompts;
    options.engine.upstream.user_agent = format!("{}/{}", program.name, program.version);
    let server =
        Server::new(program.api, options).map_err(|error| Refusal::configuration(error.to_string()))?;
    Ok(Arc::new(server))
}

/// What cannot be done with these settings.
fn refused(error: StartError) -> Refusal {
    Refusal::configuration(error.to_string())
}

/// Does something that waits, for a command that needs nothing else of a runtime.
fn command_runtime<T>(work: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
    runtime()?.run(work)
}

/// A runtime that is left behind at the end: a thread that reads standard input cannot be stopped.
struct LeftBehind(Runtime);

fn runtime() -> Result<LeftBehind, Refusal> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map(LeftBehind).map_err(|error| Refusal::failure(format!("no threads to work with: {error}")))
}

impl LeftBehind {
    fn run<T>(self, work: impl Future<Output = T>) -> T {
        let outcome = self.0.block_on(work);
        self.0.shutdown_background();
        outcome
    }
}
