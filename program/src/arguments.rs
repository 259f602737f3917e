//! The command line: commands and flags as typed, and the settings that flags stand for.

mod watching;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::Program;
use crate::refusal::{Refusal, USAGE};
use crate::settings::Flag;
use crate::works::{self, Work};

pub(crate) use watching::Watch;

/// The command line.
#[derive(Debug, Parser)]
#[command(disable_help_subcommand = true, max_term_width = 110)]
pub(crate) struct Cli {
    /// Flags that every command takes.
    #[command(flatten)]
    pub(crate) settings: SettingFlags,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags for settings; each wins over the environment and the settings file.
#[derive(Args, Debug)]
pub(crate) struct SettingFlags {
    /// A TOML file with settings; SETTINGS_FILE in the environment names one too.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Settings")]
    settings: Option<PathBuf>,
    /// How much is logged to standard error: off, error, warn, info, debug or trace.
    #[arg(long, global = true, value_name = "LEVEL", help_heading = "Settings")]
    log_level: Option<String>,
    /// The address of the API.
    #[arg(long, global = true, value_name = "URL", help_heading = "Settings")]
    api_base_url: Option<String>,
    /// Any setting by the key that `config` shows, such as `limits.connections=64`; may be repeated.
    #[arg(long = "set", global = true, value_name = "KEY=VALUE", help_heading = "Settings")]
    others: Vec<String>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the API's simulator and the server in front of it, and print how to connect.
    Demo(Listen),
    /// Serve MCP over streamable HTTP at /mcp, with /health and /ready.
    Serve(Listen),
    /// Serve MCP to one client on standard input and output.
    Stdio,
    /// List the tools: name, effect, operation, title.
    Tools {
        /// Print what tools/list answers.
        #[arg(long)]
        json: bool,
    },
    /// Print the tool contract that this program was built from, as config/tools.lock.json has it.
    Contract,
    /// Call a tool once, through the same checks as any client, and print its answer as JSON.
    Call {
        /// The tool's name.
        tool: String,
        /// An argument; repeat it for the items of a list. A list or an object may also be given as JSON.
        #[arg(long = "arg", value_name = "NAME=VALUE")]
        arguments: Vec<String>,
        /// All arguments as a JSON object in a file, or on standard input (-); --arg adds to it.
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// Names the change, so that it is made once: another key makes an identical change again.
        #[arg(long, value_name = "KEY")]
        idempotency_key: Option<String>,
        /// Say yes to the question that the tool may ask; without it, it is asked on the terminal.
        #[arg(long)]
        yes: bool,
    },
    /// Show the settings in effect and where each came from.
    Config {
        /// Print JSON.
        #[arg(long, conflicts_with = "markdown")]
        json: bool,
        /// Print the table of all settings with their defaults, as the README has it.
        #[arg(long, hide = true)]
        markdown: bool,
    },
    /// Read the journal: whether it is whole, and what is in it.
    Audit(Audit),
    /// Make, list, withdraw and replace the keys by which programs call.
    Keys(Keys),
    /// Add, list and remove the credentials with which callers' calls go to the API.
    Credentials(Credentials),
    /// See, check and explain the rules that say who may do what.
    Policy(Policy),
    /// Write a settings file to begin with, by asking a few questions, or from flags with --yes.
    Init(Box<Init>),
    /// Check everything that `serve` needs, and say what to do about what is not fine; exit code 1 if something failed.
    Doctor(Doctor),
    /// Print what completes the commands and the names of tools in a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual, or write all of its pages into a folder.
    Man {
        /// The folder; made if it is not there.
        #[arg(long, value_name = "DIR")]
        folder: Option<PathBuf>,
    },
    /// Made from the API's own words: see `watching`.
    #[command(skip)]
    Watch(Box<Watch>),
    /// Ask a running server for its health; exit code 0 if it is well.
    Health {
        /// The address of its health check [default: /health where `serve` would listen].
        #[arg(long, value_name = "URL")]
        url: Option<String>,
    },
}

/// What stands in a settings file to begin with.
#[derive(Args, Debug)]
pub(crate) struct Init {
    /// The file to write.
    #[arg(default_value = "server.toml")]
    pub(crate) file: PathBuf,
    /// Ask nothing: what no flag says is as usual.
    #[arg(long)]
    pub(crate) yes: bool,
    /// Write over a file that is there.
    #[arg(long)]
    pub(crate) force: bool,
    /// The file that holds the credential for the API.
    #[arg(long, value_name = "FILE")]
    pub(crate) api_token_file: Option<String>,
    /// How callers show who they are: none, api_key or oidc.
    #[arg(long, value_name = "WAY")]
    pub(crate) callers: Option<String>,
    /// With api_key, the file of the keys; it is made, with no key in it, if it is not there.
    #[arg(long, value_name = "FILE")]
    pub(crate) api_keys_file: Option<String>,
    /// With oidc, who issues the tokens.
    #[arg(long, value_name = "URL")]
    pub(crate) issuer: Option<String>,
    /// With oidc, the address under which clients reach this server.
    #[arg(long, value_name = "URL")]
    pub(crate) resource: Option<String>,
    /// The folder of the journal.
    #[arg(long, value_name = "DIR")]
    pub(crate) audit_folder: Option<String>,
    /// The file that holds the address of Redis.
    #[arg(long, value_name = "FILE")]
    pub(crate) redis_url_file: Option<String>,
    /// The file that holds what servers with one Redis know and it does not.
    #[arg(long, value_name = "FILE")]
    pub(crate) redis_secret_file: Option<String>,
    /// Where to listen.
    #[command(flatten)]
    pub(crate) listen: Listen,
}

/// What is looked at, besides everything.
#[derive(Args, Debug)]
pub(crate) struct Doctor {
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// An argument for the read by which the credential for the API is tried, as `call` takes it; may be repeated.
    #[arg(long = "arg", value_name = "NAME=VALUE")]
    pub(crate) arguments: Vec<String>,
    /// That read [default: the first that needs the credential and no other arguments].
    #[arg(long, value_name = "TOOL")]
    pub(crate) tool: Option<String>,
}

/// What is asked of the keys.
#[derive(Args, Debug)]
pub(crate) struct Keys {
    /// The file of the keys [default: the setting `auth.api_keys_file`].
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: KeysCommand,
}

/// What to do with the keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a key and print it, this once.
    Create {
        /// Whose it is: a person, a pipeline.
        #[arg(long)]
        owner: String,
        /// A role of its holder; may be repeated.
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<String>,
        /// A scope that its holder has; may be repeated.
        #[arg(long = "scope", value_name = "SCOPE")]
        scopes: Vec<String>,
        /// For how long it is good, such as 90d; for ever without this.
        #[arg(long, value_name = "TIME")]
        expires: Option<String>,
    },
    /// Show the keys: whose they are, what they may, and when they were last used. The keys themselves nobody can show.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Withdraw a key: servers refuse it within a second.
    Revoke {
        /// The key's name, which stands after `mcpk_` in it.
        id: String,
    },
    /// Make a key with the rights of another one, print it, and withdraw the other one.
    Rotate {
        /// The other key's name.
        id: String,
        /// For how long the other one stays good, such as 24h; not at all without this.
        #[arg(long, value_name = "TIME")]
        overlap: Option<String>,
    },
}

/// What is asked of callers' credentials.
#[derive(Args, Debug)]
pub(crate) struct Credentials {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: CredentialsCommand,
}

/// What to do with callers' credentials.
#[derive(Debug, Subcommand)]
pub(crate) enum CredentialsCommand {
    /// Read a credential from standard input and keep it, encrypted, for a caller; in the place of the one before.
    Add(Whose),
    /// Show who has credentials for what. The credentials themselves are not shown.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Remove a caller's credentials: servers refuse the caller within a second.
    Remove(Whose),
}

/// Whose credential it is, and for what.
#[derive(Args, Debug)]
pub(crate) struct Whose {
    /// The caller's name in tokens (`sub`), together with --issuer.
    #[arg(long, requires = "issuer", value_name = "SUBJECT")]
    pub(crate) subject: Option<String>,
    /// Who issues those tokens (`iss`).
    #[arg(long, requires = "subject", value_name = "ISSUER")]
    pub(crate) issuer: Option<String>,
    /// The owner of API keys, as `keys create --owner` has it.
    #[arg(long, conflicts_with = "subject", value_name = "OWNER")]
    pub(crate) api_keys: Option<String>,
    /// Whoever runs this program on standard input and output, or reaches it where nobody is asked.
    #[arg(long, conflicts_with_all = ["subject", "api_keys"])]
    pub(crate) local: bool,
    /// The security scheme of the API's document: that of API_TOKEN without this, or all where credentials are removed.
    #[arg(long, value_name = "NAME")]
    pub(crate) scheme: Option<String>,
}

/// What is asked of the rules of access.
#[derive(Args, Debug)]
pub(crate) struct Policy {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: PolicyCommand,
}

/// What to do with the rules of access.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Print the schema that rules are checked against: callers, tools, typed arguments.
    Schema,
    /// Print the rules that are in force, to begin a file with.
    Show,
    /// Check rules as the server does when it starts.
    Check {
        /// The file [default: the setting `policy.file`, else the rules of the program].
        file: Option<PathBuf>,
    },
    /// Say whether a call may be made, which rules decide, and what the others would need; exit code 1 if it may not.
    Explain(Box<Explain>),
}

/// A call that is explained.
#[derive(Args, Debug)]
pub(crate) struct Explain {
    /// A role of the caller, which may be repeated; or `local_owner` or `anonymous`, alone.
    #[arg(long = "as", value_name = "ROLE", required = true)]
    pub(crate) roles: Vec<String>,
    /// The tool's name.
    #[arg(long)]
    pub(crate) tool: String,
    /// An argument, as `call` takes it; those that no rule reads may be left out.
    #[arg(long = "arg", value_name = "NAME=VALUE")]
    pub(crate) arguments: Vec<String>,
    /// A scope of the caller; may be repeated.
    #[arg(long = "scope", value_name = "SCOPE")]
    pub(crate) scopes: Vec<String>,
    /// A group that the caller is in; may be repeated.
    #[arg(long = "group", value_name = "GROUP")]
    pub(crate) groups: Vec<String>,
    /// The organisation that the caller acts for.
    #[arg(long)]
    pub(crate) tenant: Option<String>,
    /// Who the caller is.
    #[arg(long, default_value = "somebody")]
    pub(crate) subject: String,
    /// Who vouches for the caller: jwt, oidc, api_key.
    #[arg(long, default_value = "jwt")]
    pub(crate) provider: String,
    /// The address that the call comes from.
    #[arg(long)]
    pub(crate) address: Option<std::net::IpAddr>,
    /// When the call is made, such as 2026-11-26T08:00:00Z [default: now].
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// A file with rules [default: the setting `policy.file`, else the rules of the program].
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

/// What is asked of the journal.
#[derive(Args, Debug)]
pub(crate) struct Audit {
    /// The folder of the journal [default: the setting `audit.folder`].
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: AuditCommand,
}

/// What to do with the journal.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Check that no record was changed, removed or moved; exit code 1 and the place of the first that was.
    Verify {
        /// The public key of the journal, PEM: its signatures are checked too, and there must be some.
        #[arg(long, value_name = "FILE")]
        public_key: Option<PathBuf>,
    },
    /// Make a key that signs the journal, write it to a new file for AUDIT_SIGNING_KEY_FILE, and print its public key.
    Key {
        /// The file of the private key.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Show the last records.
    Tail {
        /// How many.
        #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 20)]
        records: usize,
        /// How they are written.
        #[arg(long, value_enum, default_value_t = AuditFormat::Text)]
        format: AuditFormat,
    },
    /// Show the records that meet every condition.
    Search {
        #[command(flatten)]
        filter: AuditFilter,
        /// How they are written.
        #[arg(long, value_enum, default_value_t = AuditFormat::Text)]
        format: AuditFormat,
    },
    /// Write the records that meet every condition to standard output, for other programs.
    Export {
        #[command(flatten)]
        filter: AuditFilter,
        /// How they are written.
        #[arg(long, value_enum, default_value_t = AuditFormat::Json)]
        format: AuditFormat,
    },
}

/// Conditions on records.
#[derive(Args, Debug)]
pub(crate) struct AuditFilter {
    /// The tool that was called.
    #[arg(long)]
    pub(crate) tool: Option<String>,
    /// Who called.
    #[arg(long)]
    pub(crate) caller: Option<String>,
    /// How the call ended: answered, cancelled, refused, timed_out, unrecorded, ...; or what came of something else.
    #[arg(long)]
    pub(crate) outcome: Option<String>,
    /// The kind of record: start, intent, outcome, denied, refusals, rules, settings, log_level, gap, checkpoint, stop.
    #[arg(long)]
    pub(crate) kind: Option<String>,
    /// The request's id, as answers and logs have it.
    #[arg(long, value_name = "ID")]
    pub(crate) request_id: Option<String>,
    /// Not before: a time, a day, or how long ago, such as 2h.
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Not after.
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
}

/// A shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Shell {
    /// The one of most systems.
    Bash,
    /// The one of macOS.
    Zsh,
    /// One that completes without being asked.
    Fish,
}

/// How records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum AuditFormat {
    /// A table.
    Text,
    /// A JSON object on each line, as in the journal.
    Json,
    /// Comma-separated values (RFC 4180).
    Csv,
}

/// Where to listen.
#[derive(Args, Debug)]
pub(crate) struct Listen {
    /// The address and port to listen on, such as 127.0.0.1:8080; port 0 is any free port.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
}

impl Listen {
    /// The address and port, as typed.
    pub(crate) fn address(&self) -> Option<&str> {
        self.listen.as_deref()
    }
}

/// Reads the command line. An error has been printed; what is left of it is the exit code.
pub(crate) fn parse(
    program: &Program,
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<Cli, ExitCode> {
    let Described { command, works, taken } = Described::of(program);
    let parsed = command.try_get_matches_from(arguments).and_then(|matches| {
        match works.iter().find_map(|work| watching::typed(work, &matches, &taken)) {
            Some(watch) => {
                let settings = SettingFlags::from_arg_matches(&matches)?;
                Ok(Cli { settings, command: Command::Watch(Box::new(watch)) })
            }
            None => Cli::from_arg_matches(&matches),
        }
    });
    parsed.map_err(|error| {
        // Where the error cannot be printed, the exit code still tells.
        let _ = error.print();
        match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
            _ => ExitCode::from(USAGE),
        }
    })
}

/// The description of all commands of this program.
pub(crate) fn command(program: &Program) -> clap::Command {
    Described::of(program).command
}

/// All commands, and what those that the API's own words make are made of.
struct Described {
    command: clap::Command,
    works: Vec<Work>,
    /// The flags that every command takes.
    taken: Vec<String>,
}

impl Described {
    fn of(program: &Program) -> Self {
        let api = program.api;
        let version = format!("{}\n{} {}\ndocument {}", program.version, api.title, api.version, api.digest);
        let about = format!("An MCP server for {}, with {} tools.", api.title, api.tools.len());
        let ours = Cli::command().name(program.name).version(version).about(about);
        let has = |name: &str| ours.get_subcommands().any(|command| command.get_name() == name);
        let works = works::kinds(api, has);
        let long = ours.get_arguments().filter_map(|argument| argument.get_long());
        let taken: Vec<String> = long.chain(["help", "version"]).map(str::to_owned).collect();
        let own = works.iter().map(|work| watching::command(program.name, work, &taken));
        let command = ours.subcommands(own);
        let command = if program.demonstration.is_some() {
            command
        } else {
            command.mut_subcommand("demo", |demo| demo.hide(true))
        };
        Self { command, works, taken }
    }
}

impl Cli {
    /// The settings file, if one is named.
    pub(crate) fn settings_file(&self) -> Option<&std::path::Path> {
        self.settings.settings.as_deref()
    }

    /// The address of the API, if a flag names it.
    pub(crate) fn api_base_url(&self) -> Option<&str> {
        self.settings.api_base_url.as_deref()
    }

    /// The settings given by flags, in the order of this file.
    pub(crate) fn flags(&self) -> Result<Vec<Flag>, Refusal> {
        let mut flags = Vec::new();
        if let Command::Serve(Listen { listen: Some(listen) })
        | Command::Demo(Listen { listen: Some(listen) }) = &self.command
        {
            let (host, port) = listen.rsplit_once(':').ok_or_else(|| {
                Refusal::usage(format!(
                    "--listen: expected ADDRESS:PORT such as 127.0.0.1:8080, got {listen:?}"
                ))
            })?;
            flags.push(Flag { key: "listen.host".to_owned(), value: host.to_owned(), flag: "--listen" });
            flags.push(Flag { key: "listen.port".to_owned(), value: port.to_owned(), flag: "--listen" });
        }
        let SettingFlags { log_level, api_base_url, others, .. } = &self.settings;
        for (key, value, flag) in
            [("log.level", log_level, "--log-level"), ("api.base_url", api_base_url, "--api-base-url")]
        {
            flags.extend(value.clone().map(|value| Flag { key: key.to_owned(), value, flag }));
        }
        for other in others {
            // What is typed here may be a secret, so it is not repeated.
            let (key, value) = other
                .split_once('=')
                .ok_or_else(|| Refusal::usage("--set: expected KEY=VALUE, and there is no `=`"))?;
            flags.push(Flag { key: key.trim().to_owned(), value: value.to_owned(), flag: "--set" });
        }
        Ok(flags)
    }
}
