//! The 61 operations: name, method, path and the function that carries each out.
//!
//! A handler is a plain function of the shop and the request. It never waits, and either does all it was asked or
//! changes nothing and says why.

mod assignments;
mod build;
mod ces;
mod components;
mod containers;
mod deployments;
mod downloads;
mod parms;
mod releases;
mod selection;
mod sets;
mod tasks;
mod work;
mod zip;

use crate::answer::{Content, Refusal};
use crate::inquiry::Inquiry;
use crate::state::Shop;

/// Carries out one operation.
pub(crate) type Handler = fn(&mut Shop, &Inquiry) -> Result<Content, Refusal>;

/// One operation of the API.
pub struct Operation {
    /// Its name, for example `promoteAssignment`.
    pub name: &'static str,
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The path with its parameters in braces.
    pub path: &'static str,
    pub(crate) status: u16,
    pub(crate) needs_token: bool,
    pub(crate) handler: Handler,
}

impl Operation {
    const fn get(name: &'static str, path: &'static str, handler: Handler) -> Self {
        Self { name, method: "GET", path, status: 200, needs_token: true, handler }
    }

    const fn post(name: &'static str, path: &'static str, handler: Handler) -> Self {
        Self { name, method: "POST", path, status: 200, needs_token: true, handler }
    }

    const fn create(name: &'static str, path: &'static str, handler: Handler) -> Self {
        Self { name, method: "POST", path, status: 201, needs_token: true, handler }
    }
}

/// Every operation, once.
pub fn operations() -> impl Iterator<Item = &'static Operation> {
    [
        assignments::OPERATIONS,
        releases::OPERATIONS,
        tasks::OPERATIONS,
        work::OPERATIONS,
        build::OPERATIONS,
        parms::OPERATIONS,
        sets::OPERATIONS,
        deployments::OPERATIONS,
        containers::OPERATIONS,
        components::OPERATIONS,
        downloads::OPERATIONS,
        ces::OPERATIONS,
    ]
    .into_iter()
    .flatten()
}

/// The paths under which an operation is served beside its own: with a trailing slash, as some clients write it,
/// and with a sub-application.
pub(crate) fn paths(operation: &Operation) -> Vec<String> {
    let mut paths = vec![operation.path.to_owned(), format!("{}/", operation.path)];
    if operation.name == downloads::REPOSITORY {
        paths.push(downloads::WITH_SUB_APPLICATION.to_owned());
    }
    paths
}
