//! The engine: takes a call through the stages, keeps a panic inside its call and a mutation alive to its
//! end.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;
use tracing::Instrument;

use crate::advertised::Advertising;
pub use crate::advertised::OutputSchemas;
use crate::call::{Call, CallError, Caller, Reply};
use crate::catalog::{Api, Effect, Tool, Work};
use crate::decode::Deployment;
use crate::follow::{self, Following};
use crate::journal::{Journal, Subject, ending};
use crate::limits::Limits;
use crate::metrics::{Beside, Family, Format, Metrics};
use crate::own::about;
use crate::own::finding::Finders;
use crate::policy::{self, Policies};
use crate::replicas::{self, Replicas};
use crate::scopes::{self, Scopes};
use crate::search::Index;
use crate::stack;
use crate::stages::cache::Backend;
use crate::stages::upstream::upstream as send;
use crate::stages::{Next, audit, breaker, bulkhead, cache, confirm, ledger, portion, quota, retry};
use crate::start_error::StartError;
use crate::tasks::{self, Elsewhere, Tasks};
use crate::telemetry::{self, Sampling, Telemetry};
use crate::upstream::account::Accounts;
use crate::upstream::{self, Upstream};

/// What calls are made with.
#[derive(Clone, Debug)]
pub struct Options {
    /// The API and how to reach it.
    pub upstream: upstream::Options,
    /// Who may do what.
    pub policy: policy::Settings,
    /// What a whole call may take.
    pub deadline: Duration,
    /// How often calls may be made.
    pub quota: quota::Settings,
    /// Which scopes whoever calls must have.
    pub scopes: scopes::Settings,
    /// What the deployment allows.
    pub deployment: Deployment,
    /// Which calls a person is asked about.
    pub confirm: confirm::Settings,
    /// What a caller gets of an answer at once.
    pub portion: portion::Settings,
    /// How long callers may wait for the work that a change starts.
    pub follow: follow::Settings,
    /// How many calls may be answered later.
    pub tasks: tasks::Settings,
    /// What is kept of answers.
    pub cache: cache::Settings,
    /// How much may be asked of the API at once.
    pub bulkhead: bulkhead::Settings,
    /// How calls are repeated.
    pub retry: retry::Settings,
    /// When the API is left alone.
    pub breaker: breaker::Settings,
    /// For how long changes are remembered.
    pub ledger: ledger::Settings,
    /// What is shared with other processes that serve the same API; nothing without it.
    pub replicas: Option<replicas::Settings>,
    /// Where calls are put on the record; nowhere without one.
    pub journal: Option<Journal>,
    /// What is put on the record.
    pub audit: audit::Settings,
    /// Whether the tools about the server itself are offered: `whoami`, `ping`, `echo`, `health_check`.
    pub about: bool,
    /// How much clients are told of what tools answer, by schemas.
    pub output_schemas: OutputSchemas,
    /// What is told to a collector; nothing without it.
    pub telemetry: Option<Telemetry>,
}

impl Options {
    /// The usual times, for the API at this address.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self {
            upstream: upstream::Options::new(base_url),
            policy: policy::Settings::default(),
            deadline: Duration::from_secs(60),
            quota: quota::Settings::default(),
            scopes: scopes::Settings::default(),
            deployment: Deployment::default(),
            confirm: confirm::Settings::default(),
            portion: portion::Settings::default(),
            follow: follow::Settings::default(),
            tasks: tasks::Settings::default(),
            cache: cache::Settings::default(),
            bulkhead: bulkhead::Settings::default(),
            retry: retry::Settings::default(),
            breaker: breaker::Settings::default(),
            ledger: ledger::Settings::default(),
            replicas: None,
            journal: None,
            audit: audit::Settings::default(),
            about: true,
            output_schemas: OutputSchemas::default(),
            telemetry: None,
        }
    }
}

/// Makes the calls of one API.
pub struct Engine {
    calls: Calls,
    journal: Option<Journal>,
    audit: audit::Options,
    replicas: Option<Replicas>,
    /// The tools that find the others; the name that one of the API's tools has already where there are none.
    finders: Result<Finders, &'static str>,
    follow: follow::Settings,
    limits: Limits,
    /// Cancelled when nobody shall wait any more.
    leaving: CancellationToken,
    draining: AtomicBool,
    telemetry: Option<Telemetry>,
}

impl Engine {
    /// Prepares the stages; nothing is sent.
    pub fn new(api: &'static Api, options: Options) -> Result<Self, StartError> {
        let upstream = Arc::new(Upstream::new(api, options.upstream.clone())?);
        let address = upstream.address();
        let upstream = Next::through(upstream, |upstream, call| send(upstream, call));
        let accounts = |options: &Options, replicas: Option<&Replicas>, metrics: &Metrics| {
            Accounts::new(api, &options.upstream, replicas, metrics)
        };
        Self::assemble(api, options, address, accounts, upstream)
    }

    /// Prepares the stages above something that stands for the API at this address, which is asked in its place.
    pub fn above<S>(
        api: &'static Api,
        options: Options,
        address: String,
        upstream: S,
    ) -> Result<Self, StartError>
    where
        S: Service<Call, Response = Reply, Error = CallError> + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
    {
        Self::assemble(api, options, address, |_, _, _| Ok(Accounts::one()), Next::new(upstream))
    }

    fn assemble(
        api: &'static Api,
        options: Options,
        address: String,
        accounts: impl FnOnce(&Options, Option<&Replicas>, &Metrics) -> Result<Accounts, StartError>,
        upstream: Next,
    ) -> Result<Self, StartError> {
        let limits = Limits::of(&options)?;
        if options.retry.attempts == 0
            || options.breaker.connect_failures == 0
            || options.breaker.recovery.is_zero()
            || options.bulkhead.requests == 0
        {
            return Err(StartError::new("requests per call, failures and recovery time must be above zero"));
        }
        if options.cache.enabled && (options.cache.entries < 2 || options.cache.bytes == 0) {
            return Err(StartError::new("answers that are kept must be two or more, and bytes above zero"));
        }
        if options.cache.enabled && options.cache.backend != Backend::Memory && options.replicas.is_none() {
            return Err(StartError::new(
                "answers are to be kept in Redis (CACHE_BACKEND), and none is named: set REDIS_URL",
            ));
        }
        if options.follow.first_pause.is_zero() || options.follow.longest_pause.is_zero() {
            return Err(StartError::new("pauses between looks at a state must be above zero"));
        }
        if !options.tasks.are_sound() {
            return Err(StartError::new(
                "tasks of one caller, and the time for which one is kept, must be above zero",
            ));
        }
        if options.confirm.patience.is_zero() {
            return Err(StartError::new("the time for a person's answer must be above zero"));
        }
        if !options.portion.is_sound() {
            return Err(StartError::new("answers are given in parts of 1024 bytes or more, or whole with 0"));
        }
        let policies = Policies::new(api, options.policy.clone())?;
        let api = about::joined(portion::joined(api, options.portion)?, options.about)?;
        // Clients that list everything need none to find it, so they are beside the API and not in it.
        let finders = Finders::beside(api)?;
        let whole = finders.map_or(api, |finders| finders.with(api));
        let replicas = options.replicas.clone();
        let replicas = replicas.map(|settings| Replicas::new(settings, address.clone())).transpose()?;
        let metrics = Metrics::default();
        let accounts = accounts(&options, replicas.as_ref(), &metrics)?;
        let deployment = Arc::new(options.deployment.checked()?);
        let journal = options.journal.clone();
        let audit = audit::Options { journal: options.journal, settings: options.audit };
        let scopes = Arc::new(Scopes::new(options.scopes, whole)?);
        let stages = stack::Options {
            ledger: ledger::Options::new(options.ledger, audit.clone(), replicas.clone())?,
            api: whole,
            audit: audit.clone(),
            replicas: replicas.clone(),
            policies: policies.clone(),
            limits: limits.clone(),
            deployment: Arc::clone(&deployment),
            accounts,
            confirm: options.confirm,
            portion: options.portion,
            cache: options.cache,
            bulkhead: options.bulkhead,
            retry: options.retry,
            breaker: options.breaker,
            address,
        };
        let stack = stack::build(stages, upstream);
        let mutations = TaskTracker::new();
        let (cuts, answers) = (options.portion.cuts(), options.output_schemas);
        let leaving = CancellationToken::new();
        let tasks = api.tools.iter().any(|tool| tool.may_be_task()).then_some(options.tasks);
        let tasks = tasks.filter(|settings| settings.most > 0).map(|settings| {
            let elsewhere = replicas.clone().map(Elsewhere::new);
            Tasks::new(settings, leaving.child_token(), metrics.clone(), elsewhere)
        });
        let calls = Calls {
            advertising: Advertising { deployment, cuts, answers },
            index: Arc::default(),
            api,
            stack,
            scopes,
            policies,
            journal: journal.clone(),
            confirm: options.confirm,
            metrics,
            mutations,
            tasks,
            sampling: options.telemetry.as_ref().and_then(Telemetry::sampling),
        };
        Ok(Self {
            calls,
            journal,
            audit,
            replicas,
            finders,
            follow: options.follow,
            limits,
            leaving,
            draining: AtomicBool::new(false),
            telemetry: options.telemetry,
        })
    }

    /// The API that is served.
    pub fn api(&self) -> &'static Api {
        self.calls.api
    }

    /// What the deployment allows.
    pub fn deployment(&self) -> &Deployment {
        &self.calls.advertising.deployment
    }

    /// How clients are told of tools.
    pub(crate) fn advertising(&self) -> &Advertising {
        &self.calls.advertising
    }

    /// The tools that find the others; the name that one of the API's tools has already where there are none.
    pub(crate) fn finders(&self) -> Result<Finders, &'static str> {
        self.finders
    }

    /// Reads all that is said of the tools, so that the first who searches them need not wait for it.
    pub(crate) fn prepare_search(&self) {
        self.calls.index();
    }

    /// Who may do what.
    pub fn policies(&self) -> &Policies {
        &self.calls.policies
    }

    /// Reads again who may do what.
    pub fn reload(&self) -> policy::Reload {
        policy::Reload::new(self.calls.policies.clone(), self.journal.clone(), self.counters())
    }

    /// Takes of these options what may change while calls are made, all of it or nothing: the times of calls and of attempts, the
    /// longest wait, the quotas, and how long answers are kept.
    pub(crate) fn take(&self, options: &Options) -> Result<(), StartError> {
        self.limits.take(options)
    }

    /// Whether a caller may use a tool with some arguments.
    pub fn may_use(&self, caller: &Caller, tool: &Tool) -> bool {
        self.calls.policies.may_use(caller, tool)
    }

    /// Whether a caller may use a tool with some arguments, and has the scopes for it.
    pub(crate) fn may(&self, caller: &Caller, tool: &Tool) -> bool {
        self.calls.may(caller, tool)
    }

    /// Where calls are put on the record.
    pub(crate) fn journal(&self) -> Option<&Journal> {
        self.journal.as_ref()
    }

    /// Whether a person is asked before a call of this tool is made.
    pub fn asks(&self, tool: &Tool) -> bool {
        self.calls.confirm.asks(tool)
    }

    /// Which scopes whoever calls must have.
    pub fn scopes(&self) -> &Arc<Scopes> {
        &self.calls.scopes
    }

    /// Counts a call whose caller lacks scopes that its tool needs, and puts it on the record.
    pub(crate) fn insufficient(&self, subject: Subject) {
        const WORD: &str = "insufficient_scope";
        let Subject { tool, caller, request_id, trace_id, .. } = &subject;
        let (caller, trace_id) = (caller.word(), trace_id.as_deref());
        tracing::info!(tool, outcome = WORD, caller, request_id, trace_id, "called");
        self.calls.metrics.called(subject.tool, WORD);
        audit::refused(&self.audit, subject, WORD);
    }

    /// Makes a call, and waits for the work that it starts where the caller wants that. If the caller drops this, a read is
    /// cancelled and a mutation goes on to its end, since half a mutation helps nobody; only the waiting ends.
    pub async fn call(&self, mut call: Call) -> Result<Reply, CallError> {
        if let Work::Own(_) = call.tool.work {
            call.calls = Some(self.calls.clone());
        }
        let following = Following::of(&call);
        let reply = self.calls.call(call).await?;
        match following {
            Some(following) => {
                let settings = follow::Settings { longest: self.limits.longest_wait.now(), ..self.follow };
                // In a box of its own: a call that nobody follows carries no room for it.
                Ok(Box::pin(following.up(&self.calls, settings, &self.leaving, reply)).await)
            }
            None => Ok(reply),
        }
    }

    /// Cancelled when nobody shall wait any more.
    pub(crate) fn leaving(&self) -> CancellationToken {
        self.leaving.clone()
    }

    /// Ends every wait for work that goes on: those who wait get what is known.
    pub fn end_waits(&self) {
        self.leaving.cancel();
    }

    /// Whether new calls are wanted. The API is not asked: a probe for each health check would load it, and
    /// replicas that all leave their balancer because the API is down make things worse.
    pub fn ready(&self) -> bool {
        !self.draining.load(Ordering::Acquire)
    }

    /// What is shared with other processes that serve the same API.
    pub(crate) fn replicas(&self) -> Option<Replicas> {
        self.replicas.clone()
    }

    /// Where everything is counted.
    pub(crate) fn counters(&self) -> Metrics {
        self.calls.metrics.clone()
    }

    /// What was counted, in the text format of Prometheus.
    pub fn metrics(&self) -> String {
        self.metrics_in(Format::Prometheus)
    }

    /// What was counted, in this format.
    pub fn metrics_in(&self, format: Format) -> String {
        self.calls.metrics.render(format, self.beside())
    }

    /// What was counted, whoever it is written for.
    pub(crate) fn families(&self) -> Vec<Family> {
        self.calls.metrics.families(self.beside())
    }

    fn beside(&self) -> Beside<'_> {
        let (journal, replicas) = (self.journal.as_ref(), self.replicas.as_ref());
        Beside { journal, replicas, telemetry: self.telemetry.as_ref() }
    }

    /// What is told to a collector, where there is one.
    pub(crate) fn telemetry(&self) -> Option<&Telemetry> {
        self.telemetry.as_ref()
    }

    /// Decides whether a call is traced, unless that is decided.
    pub(crate) fn decide_trace(&self, call: &mut Call) {
        call.decide_trace(self.calls.sampling);
    }

    /// What calls become that are answered later, where there is such a thing.
    pub(crate) fn tasks(&self) -> Option<&Tasks> {
        self.calls.tasks.as_ref()
    }

    /// Ends every task, and waits until every mutation has come to its end, also those that nobody waits for any more.
    pub async fn drain(&self) {
        self.draining.store(true, Ordering::Release);
        if let Some(tasks) = self.tasks() {
            tasks.drain().await;
        }
        self.calls.mutations.close();
        self.calls.mutations.wait().await;
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Engine({})", self.api().title)
    }
}

/// What calls are made with, whether a client makes them or a hand-written tool at work.
#[derive(Clone)]
pub(crate) struct Calls {
    api: &'static Api,
    advertising: Advertising,
    /// The tools by what is said of them; made when somebody first searches.
    index: Arc<OnceLock<Index>>,
    stack: Next,
    scopes: Arc<Scopes>,
    policies: Policies,
    journal: Option<Journal>,
    confirm: confirm::Settings,
    metrics: Metrics,
    mutations: TaskTracker,
    tasks: Option<Tasks>,
    sampling: Option<Sampling>,
}

impl Calls {
    /// The tool of this name.
    pub(crate) fn find(&self, name: &str) -> Option<&'static Tool> {
        self.api.find(name)
    }

    /// Whether calls may be answered later.
    pub(crate) fn offers_tasks(&self) -> bool {
        self.tasks.is_some()
    }

    /// The API that is served.
    pub(crate) fn api(&self) -> &'static Api {
        self.api
    }

    /// How clients are told of tools.
    pub(crate) fn advertising(&self) -> &Advertising {
        &self.advertising
    }

    /// The tools by what is said of them.
    pub(crate) fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::of(self.api))
    }

    /// Which scopes whoever calls must have.
    pub(crate) fn scopes(&self) -> &Scopes {
        &self.scopes
    }

    /// Whether a caller may use a tool with some arguments, whatever scopes it has.
    pub(crate) fn may_use(&self, caller: &Caller, tool: &Tool) -> bool {
        self.policies.may_use(caller, tool)
    }

    /// Whether this caller may call this tool as it is, with some arguments at least.
    pub(crate) fn may(&self, caller: &Caller, tool: &Tool) -> bool {
        self.scopes.lacking(caller, tool).is_none() && self.policies.may_use(caller, tool)
    }

    /// Where calls are put on the record.
    pub(crate) fn journal(&self) -> Option<&Journal> {
        self.journal.as_ref()
    }

    /// Where everything is counted.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Makes a call, as [`Engine::call`] says.
    pub(crate) async fn call(&self, mut call: Call) -> Result<Reply, CallError> {
        call.decide_trace(self.sampling);
        call.metrics = self.metrics.clone();
        if call.tool.effect == Effect::Read {
            return made(&self.stack, &self.metrics, call).await;
        }
        let (stack, metrics) = (self.stack.clone(), self.metrics.clone());
        let to_its_end = async move { made(&stack, &metrics, call).await };
        let task = self.mutations.spawn(to_its_end.in_current_span());
        task.await.unwrap_or_else(|error| {
            // Its own words hold the message of a panic, whatever that is.
            let how = if error.is_panic() { "panicked" } else { "was cancelled" };
            Err(CallError::Internal { cause: format!("the call's task {how}") })
        })
    }
}

impl fmt::Debug for Calls {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Calls({})", self.api.title)
    }
}

/// Makes a call, and counts it from when somebody works on it.
async fn made(stack: &Next, metrics: &Metrics, mut call: Call) -> Result<Reply, CallError> {
    let (tool, request_id) = (call.tool, call.request_id.clone());
    let open = call.open_trace();
    let _under_way = metrics.under_way(tool.effect, call.traced.trace());
    let outcome = telemetry::during(open, stack.guarded(call)).await;
    record(tool.name, &request_id, &outcome, metrics);
    outcome
}

/// Counts a call, and leaves causes in the log, where they belong: callers get words made of the variant alone.
fn record(tool: &'static str, request_id: &str, outcome: &Result<Reply, CallError>, metrics: &Metrics) {
    metrics.called(tool, ending(outcome).0);
    match outcome {
        Err(CallError::Internal { cause }) => tracing::error!(tool, request_id, cause, "a fault of ours"),
        Err(CallError::Unrecorded { cause }) => {
            tracing::error!(tool, request_id, cause, "the journal cannot be written")
        }
        Err(CallError::Unshared { cause }) => {
            tracing::warn!(tool, request_id, cause, "what servers share cannot be reached")
        }
        Err(CallError::CredentialUnavailable { cause }) => {
            tracing::warn!(tool, request_id, cause, "the credential for the API cannot be had")
        }
        Err(CallError::Unreachable { cause }) => {
            tracing::warn!(tool, request_id, cause, "the API is unreachable")
        }
        Err(CallError::Interrupted { cause }) => {
            tracing::warn!(tool, request_id, cause, "the exchange broke")
        }
        Ok(_) | Err(_) => {}
    }
}
