//! The decoder's state: where it is and what it found.

use super::callback;
use super::place::{self, Step};
use super::problem::{Problem, Problems};
use crate::start_error::StartError;

/// How deep arguments may nest.
const DEPTH: usize = 64;

/// What the deployment allows.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// Hosts that a caller may name as callback addresses, lower-case, exact, with a port if it is not 443;
    /// none means that callers may not name any.
    pub callback_hosts: Vec<String>,
    /// How large the body of a request to the API may be, as it is written.
    pub max_body_bytes: usize,
}

/// No callback hosts, and bodies of 16 MiB.
impl Default for Deployment {
    fn default() -> Self {
        Self { callback_hosts: Vec::new(), max_body_bytes: 16 << 20 }
    }
}

impl Deployment {
    /// The same with hosts in lower case; an entry that no address could match stops the start.
    pub(crate) fn checked(mut self) -> Result<Self, StartError> {
        for host in &mut self.callback_hosts {
            host.make_ascii_lowercase();
            if !callback::is_authority(host) {
                let line = format!(
                    "WEBHOOK_ALLOWED_HOSTS: {host:?}: expected a host or host:port, such as ci.example.com"
                );
                return Err(StartError::new(line));
            }
        }
        Ok(self)
    }
}

/// Carries path, problems and deployment through a decoding of arguments.
#[derive(Debug)]
pub struct Decoder<'a> {
    path: Vec<Step>,
    problems: Problems,
    deployment: &'a Deployment,
}

impl<'a> Decoder<'a> {
    /// A decoder for the arguments of a call.
    pub fn arguments(deployment: &'a Deployment) -> Self {
        Self { path: Vec::new(), problems: Problems::default(), deployment }
    }

    /// Reports a problem at the present path.
    pub fn push(&mut self, rule: &'static str, message: impl Into<String>) {
        let path = place::path(self.path.iter());
        self.problems.push(Problem { path, rule, message: message.into() });
    }

    /// Reports a problem at a path below the present one.
    pub(super) fn push_at(&mut self, step: Step, rule: &'static str, message: String) {
        self.path.push(step);
        self.push(rule, message);
        self.path.pop();
    }

    /// The problems so far.
    pub fn problems(&self) -> &Problems {
        &self.problems
    }

    /// The problems, taken out.
    pub fn into_problems(self) -> Problems {
        self.problems
    }

    /// Callback hosts that the deployment allows.
    pub(super) fn callback_hosts(&self) -> &[String] {
        &self.deployment.callback_hosts
    }

    /// Decodes one step deeper, within the depth that is allowed.
    pub(super) fn enter<T>(&mut self, step: Step, inner: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let result = if self.descend(step) { inner(self) } else { None };
        self.ascend();
        result
    }

    /// Goes one step deeper; false when that is deeper than is allowed, which is then a problem.
    pub(super) fn descend(&mut self, step: Step) -> bool {
        self.path.push(step);
        let is_allowed = self.path.len() <= DEPTH;
        if !is_allowed {
            self.push("depth", format!("at most {DEPTH} levels of nesting are accepted"));
        }
        is_allowed
    }

    /// Goes back where the last descent began.
    pub(super) fn ascend(&mut self) {
        self.path.pop();
    }

    /// How many levels may still be entered.
    pub(super) fn levels_left(&self) -> usize {
        DEPTH.saturating_sub(self.path.len())
    }
}
