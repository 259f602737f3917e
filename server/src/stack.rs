//! The stages of a tool call and their order. Each line says why it stands where it stands; a test pins the
//! order.

use std::sync::Arc;

use crate::catalog::Api;
use crate::decode::Deployment;
use crate::limits::Limits;
use crate::policy::Policies;
use crate::replicas::Replicas;
use crate::stages::{
    Next, account, arguments, attempt, audit, breaker, bulkhead, cache, confirm, deadline, intent, ledger,
    own, policy, portion, quota, retry, stage, way,
};
use crate::upstream::account::Accounts;

/// What the stages are made with.
pub struct Options {
    /// The API that is served.
    pub api: &'static Api,
    /// What is put on the record, and where.
    pub audit: audit::Options,
    /// What is shared with other processes that serve the same API.
    pub replicas: Option<Replicas>,
    /// Who may do what.
    pub policies: Policies,
    /// What may change while calls are made.
    pub(crate) limits: Limits,
    /// What the deployment allows.
    pub deployment: Arc<Deployment>,
    /// As whom calls go to the API.
    pub(crate) accounts: Accounts,
    /// Which calls a person is asked about.
    pub confirm: confirm::Settings,
    /// What a caller gets of an answer at once.
    pub portion: portion::Settings,
    /// What is remembered of changes.
    pub ledger: ledger::Options,
    /// What is kept of answers.
    pub cache: cache::Settings,
    /// How much may be asked of the API at once.
    pub bulkhead: bulkhead::Settings,
    /// How calls are repeated.
    pub retry: retry::Settings,
    /// When the API is left alone.
    pub breaker: breaker::Settings,
    /// Where the API is: what is kept of one API is nothing of another.
    pub address: String,
}

/// Puts the stages together, outermost first, above what sends a call: the `upstream` stage, or what stands for it where
/// nothing is to be sent.
pub fn build(options: Options, upstream: Next) -> Next {
    let replicas = &options.replicas;
    let quotas = quota::Options::new(options.limits.quota, options.confirm, replicas.clone());
    let asking = confirm::Options::new(options.confirm, options.address.clone(), replicas.clone());
    let parts = portion::Options::new(options.portion, options.api, replicas.clone());
    let view = options.accounts.view(&options.address);
    let keeping = cache::Options::new(options.cache, view).lasting(options.limits.kept);
    let keeping = keeping.among(options.replicas);
    let accounts = options.accounts.differ().then(|| stage(options.accounts, account::account));
    let stages = [
        // First, so that whatever else refuses, delays or drops a call, it is on the record.
        Some(stage(options.audit.clone(), audit::audit)),
        // Before any work, so that all the time that a call takes counts, also what is spent on refusing it.
        Some(stage(deadline::Options { limit: options.limits.deadline }, deadline::deadline)),
        // Before any work is done for a caller who may not have it; below the deadline, which counts all time.
        Some(stage(policy::Options { policies: options.policies }, policy::policy)),
        // Before any work is done for a caller who asks too much; below the policy, since what is denied is not charged.
        Some(stage(quotas, quota::quota)),
        // Before anything is kept, repeated or sent: below this line there are only typed arguments.
        Some(stage(arguments::Options { deployment: options.deployment }, arguments::arguments)),
        // Below the arguments, since a call that is wrong needs no account; above the question, the ledger and the cache: who
        // has no account must not be asked, nor be given what was made or kept while there was one. Not there at all where all
        // have one.
        accounts,
        // Below the arguments, since the question names them and the yes is for them; above the ledger, which would
        // otherwise give a change's answer to whoever was not asked.
        Some(stage(asking, confirm::confirm)),
        // Below the arguments, which say what is wanted of the answer; above whatever keeps answers, which keeps them whole,
        // so that each caller is given the parts of what it asked for.
        Some(stage(parts, portion::portion)),
        // Identical are arguments in canonical form, so it stands below them; above everything that makes the call.
        Some(stage(options.ledger, ledger::ledger)),
        // Below the arguments, whose canonical form is the key; above all that asks the API, since what is kept asks
        // nothing of it and must not count as a sign of life.
        Some(stage(Arc::new(keeping), cache::cache)),
        // Before anything is about an exchange with the API: a hand-written tool makes none itself.
        Some(Box::new(own::Fork)),
        // Below everything that may refuse the call, above everything that may send it.
        Some(stage(options.audit, intent::intent)),
        // Above the breaker, so that a repetition finds out that the API is left alone by now, and each of them counts.
        Some(stage(retry::Options::new(options.retry), retry::retry)),
        // Below the repetitions, which hold no turn while they wait; above the breaker, to which a full house is no failure.
        Some(stage(bulkhead::Options::new(options.bulkhead), bulkhead::bulkhead)),
        // Above the attempt, so that an attempt whose time ran out counts as a failure of the API.
        Some(stage(breaker::Options::new(options.breaker), breaker::breaker)),
        // Last before the API: each attempt has its own time, so that a repetition starts with a fresh
        // one.
        Some(stage(attempt::Options { limit: options.limits.attempt }, attempt::attempt)),
    ];
    // Behind them is the only place where bytes leave.
    way(stages.into_iter().flatten(), upstream)
}

#[cfg(test)]
mod tests {
    /// The order is a promise: read from this file's own text, so that a moved line fails here.
    #[test]
    fn the_order_of_the_stages_is_pinned() {
        let text = include_str!("stack.rs");
        let body = text.split("let stages = [").nth(1).unwrap().split("\n    ];").next().unwrap();
        let stages = body.lines().map(str::trim).filter(|line| !line.starts_with("//") && !line.is_empty());
        // The function of a stage is the last path of its line, in the module of its name.
        let order: Vec<&str> = stages
            .map(|line| line.trim_end_matches([')', ',']).rsplit("::").next().unwrap_or(line))
            .collect();
        assert_eq!(
            order,
            [
                "audit",
                "deadline",
                "policy",
                "quota",
                "arguments",
                "accounts",
                "confirm",
                "portion",
                "ledger",
                "cache",
                "Fork",
                "intent",
                "retry",
                "bulkhead",
                "breaker",
                "attempt"
            ]
        );
    }
}
