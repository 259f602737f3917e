//! Every setting there is, as rows of one table; here, by subject, those that belong to no provider, account or store. What is not
//! in it cannot be set.
//!
//! Environment names stand in order of precedence: the name the Python server's code read, the name its
//! documentation gave, the name of its third scheme. Defaults are those of `Config::default()`, which takes
//! them from the runtime's own options.

mod answers;
mod callers;
mod calls;
mod failures;
mod journal;
mod limits;
mod listening;
mod presenting;
mod quotas;
mod upstream;

use server::catalog::Api;

use crate::settings::setting::Setting;
use crate::settings::{access, account, logins, metrics, otlp, providers, replicas, tasks, tls};

/// Every setting of a server for this API, in the order in which people read them.
pub(crate) fn table(api: &'static Api) -> Vec<Setting> {
    let mut table = Vec::from(listening::rows());
    table.extend(tls::rows());
    table.extend(callers::rows());
    table.extend(providers::scopes());
    table.extend(providers::introspection());
    table.extend(providers::presets());
    table.extend(logins::rows());
    table.extend(access::rows());
    table.extend(presenting::logging());
    table.extend(metrics::rows());
    table.extend(presenting::showing());
    table.push(upstream::address());
    table.extend(upstream::credentials(api));
    table.extend(account::rows());
    table.extend(upstream::reaching());
    table.extend(calls::times());
    table.extend(tasks::rows());
    table.extend(quotas::rows());
    table.extend(calls::asking());
    table.extend(answers::keeping());
    table.extend(failures::rows());
    table.extend(answers::remembering());
    table.extend(replicas::rows());
    table.extend(journal::rows());
    table.extend(otlp::rows());
    table.extend(limits::sizes());
    table.extend(limits::times());
    table
}

/// The place of a value among those that there are.
fn place<T: PartialEq>(values: &[T], value: &T) -> usize {
    values.iter().position(|one| one == value).unwrap_or_default()
}
