//! What is asked, in its order: a line of the table for each setting that somebody who begins decides.

use super::answers::Answers;
use crate::Program;
use crate::arguments::Init;
use crate::settings::main_scheme;

/// Stands for callers who are asked nothing.
pub(super) const NOBODY: &str = "none";

/// A question about a setting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question {
    /// The setting's key, or `listen`, which stands for two.
    pub(super) key: &'static str,
    /// What is asked.
    pub(super) words: &'static str,
    /// The flag that answers it.
    pub(super) flag: &'static str,
    /// The answer of whoever says nothing.
    pub(super) usual: Option<&'static str>,
    /// Whether there must be an answer.
    pub(super) is_needed: bool,
    /// The answer to another question with which this one is asked; a star for any.
    pub(super) only_with: Option<(&'static Question, &'static str)>,
    /// Whether the answer is the path of a file or a folder, which must mean the same wherever the server is started.
    pub(super) is_path: bool,
}

/// One that may be left without an answer.
const FREE: Question =
    Question { key: "", words: "", flag: "", usual: None, is_needed: false, only_with: None, is_path: false };

const ADDRESS: Question = Question {
    key: "api.base_url",
    words: "the address of the API, such as https://api.example.com:8443",
    flag: "--api-base-url",
    is_needed: true,
    ..FREE
};

const TOKEN: Question = Question {
    key: "api.token_file",
    words: "the file that holds the credential for the API; without one it must be in the environment (API_TOKEN)",
    flag: "--api-token-file",
    is_path: true,
    ..FREE
};

static CALLERS: Question = Question {
    key: "auth.providers",
    words: "how callers show who they are: `none` for a server that only this machine reaches, `api_key` for keys of its own, `oidc` for tokens of an issuer",
    flag: "--callers",
    usual: Some(NOBODY),
    ..FREE
};

const KEYS: Question = Question {
    key: "auth.api_keys_file",
    words: "the file of the keys, which `keys create` writes",
    flag: "--api-keys-file",
    usual: Some("keys.json"),
    is_needed: true,
    only_with: Some((&CALLERS, "api_key")),
    is_path: true,
};

const ISSUER: Question = Question {
    key: "auth.issuers",
    words: "who issues the tokens, exactly as they have it in `iss`, such as https://login.example.com",
    flag: "--issuer",
    is_needed: true,
    only_with: Some((&CALLERS, "oidc")),
    ..FREE
};

const RESOURCE: Question = Question {
    key: "auth.resource",
    words: "the address under which clients reach this server, such as https://mcp.example.com/mcp",
    flag: "--resource",
    ..ISSUER
};

const JOURNAL: Question = Question {
    key: "audit.folder",
    words: "the folder of the journal, in which every call is recorded; none is kept without one",
    flag: "--audit-folder",
    is_path: true,
    ..FREE
};

static REDIS: Question = Question {
    key: "redis.url_file",
    words: "the file that holds the address of the Redis that several servers share; a server is alone without one",
    flag: "--redis-url-file",
    is_path: true,
    ..FREE
};

const SECRET: Question = Question {
    key: "redis.secret_file",
    words: "the file that holds what these servers know and Redis does not, such as `openssl rand -hex 32` prints",
    flag: "--redis-secret-file",
    is_needed: true,
    only_with: Some((&REDIS, "*")),
    is_path: true,
    ..FREE
};

const LISTEN: Question = Question {
    key: "listen",
    words: "where to listen, as ADDRESS:PORT; 127.0.0.1 is reached by this machine only",
    flag: "--listen",
    usual: Some("127.0.0.1:8080"),
    ..FREE
};

/// All of them.
pub(super) fn all() -> impl Iterator<Item = Question> {
    [ADDRESS, TOKEN, CALLERS, KEYS, ISSUER, RESOURCE, JOURNAL, REDIS, SECRET, LISTEN].into_iter()
}

/// The flags that answer them.
pub(super) fn names_of_flags() -> Vec<&'static str> {
    all().map(|question| question.flag).collect()
}

/// What flags answer, before anything is checked.
pub(super) fn flags(what: &Init, api_base_url: Option<&str>) -> Answers {
    let Init { api_token_file, callers, api_keys_file, issuer, resource, audit_folder, .. } = what;
    let Init { redis_url_file, redis_secret_file, listen, .. } = what;
    let given = [
        (ADDRESS.key, api_base_url),
        (TOKEN.key, api_token_file.as_deref()),
        (CALLERS.key, callers.as_deref()),
        (KEYS.key, api_keys_file.as_deref()),
        (ISSUER.key, issuer.as_deref()),
        (RESOURCE.key, resource.as_deref()),
        (JOURNAL.key, audit_folder.as_deref()),
        (REDIS.key, redis_url_file.as_deref()),
        (SECRET.key, redis_secret_file.as_deref()),
        (LISTEN.key, listen.address()),
    ];
    Answers::of(given.into_iter().filter_map(|(key, answer)| Some((key, answer?.trim().to_owned()))))
}

impl Question {
    /// Whether it is one for this program.
    pub(super) fn is_of(&self, program: &Program) -> bool {
        self.key != TOKEN.key || main_scheme(program.api).is_some()
    }

    /// Whether it is asked after these answers.
    pub(super) fn is_asked(&self, answers: &Answers) -> bool {
        self.only_with.is_none_or(|(other, value)| match answers.get(other.key) {
            Some(answer) => value == "*" || answer == value,
            None => false,
        })
    }
}
