//! What is counted, and the series of each.

/// Something that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// A request was repeated.
    Repeated,
    /// One was not, since too many had been.
    OverBudget,
    /// The API was left alone.
    BreakerOpened,
    /// A call waited until there was room at the API.
    Waited,
    /// A change joined an identical one that was being made.
    Joined,
    /// A change got the answer of an identical one.
    Replayed,
    /// A read was answered from what is kept.
    Kept,
    /// A read was answered with what somebody else asked for.
    Shared,
    /// A read was asked of the API, for one caller or several.
    Asked,
    /// The API said that what is kept is still right.
    Renewed,
    /// The API was down, and an old answer was given.
    Stale,
    /// A read was answered from what another process keeps.
    Borrowed,
    /// A value in Redis was none that a process of this API wrote.
    Distrusted,
    /// A call was made without the protocol library.
    Direct,
    /// The keys of an identity provider were fetched.
    KeysFetched,
    /// They could not be.
    KeysAway,
    /// An issuer said of a token that it is good.
    Active,
    /// It is not good, by what the issuer said.
    Inactive,
    /// The issuer could not be asked.
    IssuerAway,
    /// As many questions were open as may be.
    IssuerBusy,
    /// A token for the API was got.
    TokenGranted,
    /// The endpoint gave none for what was shown.
    TokenRefused,
    /// The endpoint could not be asked, or gave no token that can be used.
    EndpointAway,
    /// Rules of access were read again, and are in force.
    RulesAccepted,
    /// They are wrong, and those from before are still in force.
    RulesRefused,
    /// A call that is answered later was answered.
    TaskAnswered,
    /// It failed.
    TaskFailed,
    /// Its client cancelled it.
    TaskCancelled,
    /// Its time was up, or the server stopped, before it ended.
    TaskGivenUp,
    /// A request was refused since too many came from its site.
    TooMany,
}

/// A series.
#[derive(Clone, Copy, Debug)]
pub(super) struct Series {
    pub(super) name: &'static str,
    /// How what is counted went, where the name is of several series.
    pub(super) result: Option<&'static str>,
    pub(super) help: &'static str,
}

impl Count {
    /// All of them; those of one name stand together.
    pub(super) const ALL: [Self; 30] = [
        Self::Repeated,
        Self::OverBudget,
        Self::BreakerOpened,
        Self::Waited,
        Self::Joined,
        Self::Replayed,
        Self::Kept,
        Self::Shared,
        Self::Asked,
        Self::Renewed,
        Self::Stale,
        Self::Borrowed,
        Self::Distrusted,
        Self::Direct,
        Self::KeysFetched,
        Self::KeysAway,
        Self::Active,
        Self::Inactive,
        Self::IssuerAway,
        Self::IssuerBusy,
        Self::TokenGranted,
        Self::TokenRefused,
        Self::EndpointAway,
        Self::RulesAccepted,
        Self::RulesRefused,
        Self::TaskAnswered,
        Self::TaskFailed,
        Self::TaskCancelled,
        Self::TaskGivenUp,
        Self::TooMany,
    ];

    /// Its series.
    pub(super) fn series(self) -> Series {
        let (name, result, help) = TABLE[self as usize];
        Series { name, result, help }
    }
}

/// In the order of the counts: name, result, help.
const TABLE: [(&str, Option<&str>, &str); 30] = [
    ("mcp_retries_total", None, "Requests to the API that were repetitions."),
    ("mcp_retry_budget_refusals_total", None, "Repetitions that were not made, since too many had been."),
    ("mcp_breaker_openings_total", None, "How often the API was left alone."),
    ("mcp_bulkhead_waits_total", None, "Calls that waited for room at the API."),
    ("mcp_ledger_joins_total", None, "Changes that joined an identical one that was being made."),
    ("mcp_ledger_replays_total", None, "Changes that got the answer of an identical one."),
    ("mcp_cache_hits_total", None, "Reads that were answered from what is kept."),
    ("mcp_cache_joins_total", None, "Reads that were answered with what another caller asked for."),
    ("mcp_cache_misses_total", None, "Reads of what may be kept that were asked of the API."),
    ("mcp_cache_renewals_total", None, "Answers that the API called unchanged when it was asked."),
    ("mcp_cache_stale_total", None, "Old answers that were given since the API was down."),
    ("mcp_cache_redis_hits_total", None, "Reads that were answered from what is kept in Redis."),
    (
        "mcp_cache_redis_refused_total",
        None,
        "Values in Redis that were not used, since no server of this API wrote them so.",
    ),
    (
        "mcp_direct_calls_total",
        None,
        "Calls, lists and answers to server/discover that were given on the direct lane.",
    ),
    ("mcp_auth_key_fetches_total", Some("fetched"), "Fetches of the keys of identity providers."),
    ("mcp_auth_key_fetches_total", Some("failed"), "Fetches of the keys of identity providers."),
    ("mcp_auth_introspections_total", Some("good"), "Questions to an issuer about tokens."),
    ("mcp_auth_introspections_total", Some("bad"), "Questions to an issuer about tokens."),
    ("mcp_auth_introspections_total", Some("unavailable"), "Questions to an issuer about tokens."),
    ("mcp_auth_introspections_total", Some("busy"), "Questions to an issuer about tokens."),
    (
        "mcp_account_tokens_total",
        Some("granted"),
        "Requests to a token endpoint for tokens that the API takes.",
    ),
    (
        "mcp_account_tokens_total",
        Some("refused"),
        "Requests to a token endpoint for tokens that the API takes.",
    ),
    (
        "mcp_account_tokens_total",
        Some("unavailable"),
        "Requests to a token endpoint for tokens that the API takes.",
    ),
    ("mcp_policy_reloads_total", Some("accepted"), "Changed rules of access that were read."),
    ("mcp_policy_reloads_total", Some("refused"), "Changed rules of access that were read."),
    ("mcp_tasks_total", Some("answered"), "Calls that were answered later, by how they ended."),
    ("mcp_tasks_total", Some("failed"), "Calls that were answered later, by how they ended."),
    ("mcp_tasks_total", Some("cancelled"), "Calls that were answered later, by how they ended."),
    ("mcp_tasks_total", Some("given_up"), "Calls that were answered later, by how they ended."),
    (
        "mcp_http_too_many_requests_total",
        None,
        "Requests that were answered 429, since too many came from their address.",
    ),
];
