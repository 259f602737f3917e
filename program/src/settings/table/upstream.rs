//! Where the API is, how it is reached, and what shows it who we are.

use server::catalog::{Api, SecurityScheme};
use server::upstream::HttpVersion;

use super::place;
use crate::settings::main_scheme::main_scheme;
use crate::settings::setting::{Setting, setting};
use crate::settings::value::Kind;

const VERSIONS: [HttpVersion; 3] = [HttpVersion::One, HttpVersion::Two, HttpVersion::Best];

/// Where it is.
pub(super) fn address() -> Setting {
    setting(
        "api.base_url",
        &["API_BASE_URL", "BMC_API_BASE_URL"],
        Kind::Address(|config| &mut config.server.engine.upstream.base_url),
        "The address of the API that paths of its document are appended to; required to serve.",
    )
}

/// How it is reached.
pub(super) fn reaching() -> [Setting; 9] {
    [
        setting(
            "api.token_scheme",
            &["API_TOKEN_SCHEME"],
            Kind::Word(|config| &mut config.server.engine.upstream.authorization_word),
            "A word to send before a bare token in `Authorization`, such as `Bearer`, for a site that wants one.",
        ),
        setting(
            "api.http_version",
            &["API_HTTP_VERSION"],
            Kind::OneOf {
                at: |config| place(&VERSIONS, &config.server.engine.upstream.version),
                put: |config, index| config.server.engine.upstream.version = VERSIONS[index],
                words: &["1.1", "2", "best"],
            },
            "Which version of HTTP the API is spoken to: `1.1`, `2` without being asked, or over https the `best` that the API offers. With 2 all requests share one connection.",
        ),
        setting(
            "api.allowed_networks",
            &["UPSTREAM_ALLOWED_CIDRS"],
            Kind::Networks(|config| &mut config.server.engine.upstream.allowed),
            "The networks, such as `10.20.0.0/16`, in which the API, or the gateway before it, may be: whatever its name means is judged for each new connection, and one address elsewhere stops all. Any where none is named.",
        ),
        setting(
            "api.timeout_seconds",
            &["FASTMCP_API_TIMEOUT", "API_TIMEOUT", "BMC_API_TIMEOUT", "BMC_AMI_DEVX_TIMEOUT"],
            Kind::Seconds {
                at: |config| &mut config.server.engine.upstream.attempt_timeout,
                minimum: 0.1,
                maximum: 3600.0,
            },
            "How long one request to the API may take.",
        )
        .taken_at_hangup(),
        setting(
            "api.connect_timeout_seconds",
            &["API_CONNECT_TIMEOUT"],
            Kind::Seconds {
                at: |config| &mut config.server.engine.upstream.connect_timeout,
                minimum: 0.1,
                maximum: 300.0,
            },
            "How long connecting to the API may take.",
        ),
        setting(
            "api.max_answer_bytes",
            &["API_MAX_ANSWER_SIZE"],
            Kind::Count {
                at: |config| &mut config.server.engine.upstream.max_answer_bytes,
                minimum: 1024,
                maximum: 256 << 20,
            },
            "The largest answer of the API that is read; a larger one is an error.",
        ),
        setting(
            "api.max_body_bytes",
            &["API_MAX_BODY_SIZE"],
            Kind::Count {
                at: |config| &mut config.server.engine.deployment.max_body_bytes,
                minimum: 1024,
                maximum: 64 << 20,
            },
            "The largest body that is sent to the API; arguments that would make a larger one are refused.",
        ),
        setting(
            "api.idle_connections",
            &["FASTMCP_CONNECTION_POOL_SIZE", "CONNECTION_POOL_SIZE"],
            Kind::Count {
                at: |config| &mut config.server.engine.upstream.max_idle_connections,
                minimum: 0,
                maximum: 1024,
            },
            "How many unused connections to the API are kept open.",
        ),
        setting(
            "api.idle_seconds",
            &["API_IDLE_TIMEOUT"],
            Kind::Seconds {
                at: |config| &mut config.server.engine.upstream.idle_timeout,
                minimum: 0.0,
                maximum: 3600.0,
            },
            "How long an unused connection to the API is kept open; less than the API itself keeps it.",
        ),
    ]
}

/// The credential of each security scheme of the document. `API_TOKEN` is the one of the first scheme that is
/// sent in the `Authorization` header, or of the first scheme where none is.
pub(super) fn credentials(api: &'static Api) -> Vec<Setting> {
    let schemes = api.security_schemes;
    let main = main_scheme(api);
    let named = |scheme: &'static SecurityScheme| {
        let kind = Kind::Credential(scheme.name);
        let own = format!("API_CREDENTIAL_{}", upper_snake(scheme.name));
        if Some(scheme.name) == main {
            let help = format!("The credential for the API (security scheme `{}`).", scheme.name);
            setting("api.token", &["API_TOKEN", "BMC_API_TOKEN", &own], kind, &help)
        } else {
            let help = format!("The credential for the API's security scheme `{}`.", scheme.name);
            setting(&format!("api.credentials.{}", scheme.name), &[&own], kind, &help)
        }
    };
    let mut settings: Vec<Setting> = schemes.iter().map(named).collect();
    settings.sort_by_key(|setting| setting.key != "api.token");
    settings
}

/// `certificateHost` and `certificate-host` as `CERTIFICATE_HOST`.
fn upper_snake(name: &str) -> String {
    let mut snake = String::new();
    let mut previous_is_lower = false;
    for letter in name.chars() {
        if !letter.is_ascii_alphanumeric() {
            if !snake.is_empty() && !snake.ends_with('_') {
                snake.push('_');
            }
        } else {
            if letter.is_ascii_uppercase() && previous_is_lower {
                snake.push('_');
            }
            snake.push(letter.to_ascii_uppercase());
        }
        previous_is_lower = letter.is_ascii_lowercase() || letter.is_ascii_digit();
    }
    snake.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::upper_snake;

    #[test]
    fn scheme_names_become_environment_names() {
        for (name, expected) in [
            ("accessToken", "ACCESS_TOKEN"),
            ("PersonalAccessToken", "PERSONAL_ACCESS_TOKEN"),
            ("api-key", "API_KEY"),
            ("basic_auth", "BASIC_AUTH"),
            ("oauth2", "OAUTH2"),
            ("a..b!", "A_B"),
        ] {
            assert_eq!(upper_snake(name), expected, "{name}");
        }
    }
}
