//! The settings of who may do what: rows of the table, and what they are put together to.

use std::path::PathBuf;

use server::policy::{self, OwnRules, Source};

use super::Config;
use super::setting::{Setting, setting};
use super::value::Kind;

/// The rules, and what they read besides.
#[derive(Default)]
pub(crate) struct Access {
    file: PathBuf,
    protected_levels: Vec<String>,
    anonymous_reads: bool,
}

impl Access {
    /// What the runtime is given: the rules of this file, else of the one that is set, else of the program.
    pub(crate) fn settings(&self, file: Option<PathBuf>, own: Option<OwnRules>) -> policy::Settings {
        let set = Some(&self.file).filter(|file| !file.as_os_str().is_empty()).cloned();
        let source = match file.or(set) {
            Some(file) => Source::File(file),
            None => own.map_or(Source::Text(policy::DEFAULT), Source::Own),
        };
        let (protected_levels, anonymous_reads) = (self.protected_levels.clone(), self.anonymous_reads);
        policy::Settings { source, protected_levels, anonymous_reads }
    }
}

/// The rows of the table.
pub(super) fn rows() -> [Setting; 3] {
    [
        setting(
            "policy.file",
            &["POLICY_FILE"],
            Kind::File(|config: &mut Config| &mut config.access.file),
            "The file that says in Cedar who may do what; the rules of the program while unset, which `policy show` prints. It is read again when it changes.",
        )
        .read_again(),
        setting(
            "policy.protected_levels",
            &["POLICY_PROTECTED_LEVELS"],
            Kind::Texts(|config| &mut config.access.protected_levels),
            "Levels that rules treat with more care, such as those of production, in any letter case: rules read `resource.protected_levels`, in upper case.",
        ),
        setting(
            "policy.anonymous_reads",
            &["POLICY_ANONYMOUS_READS"],
            Kind::Switch(|config| &mut config.access.anonymous_reads),
            "Whether whoever reaches a listener that asks nobody may read: rules read `resource.anonymous_reads`. More than reads nobody can give to strangers.",
        ),
    ]
}
