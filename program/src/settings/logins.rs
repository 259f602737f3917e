//! The settings of logins at GitHub or Google, for tokens of this server's own: rows of the table.

use server::facade::Documents;

use super::Config;
use super::setting::{Setting, setting};
use super::value::Kind;

const DOCUMENTS: [Documents; 3] = [Documents::Off, Documents::Public, Documents::Loopback];

/// The rows of the table.
pub(super) fn rows() -> Vec<Setting> {
    let mut rows = Vec::from(github());
    rows.extend(google());
    rows.extend(logins());
    rows
}

fn github() -> [Setting; 5] {
    [
        setting(
            "auth.github_client_id",
            &["FASTMCP_SERVER_AUTH_GITHUB_CLIENT_ID", "AUTH_GITHUB_CLIENT_ID"],
            Kind::Text { at: |config: &mut Config| &mut config.auth.facade.github.client_id, longest: 256 },
            "With `github`, the name of the OAuth app that is registered there with the callback address `/auth/callback` of this server.",
        ),
        setting(
            "auth.github_client_secret",
            &["FASTMCP_SERVER_AUTH_GITHUB_CLIENT_SECRET", "AUTH_GITHUB_CLIENT_SECRET"],
            Kind::Secret(|config| &mut config.auth.facade.github.client_secret),
            "The secret of that app.",
        ),
        setting(
            "auth.github_url",
            &["AUTH_GITHUB_URL"],
            Kind::Text { at: |config| &mut config.auth.facade.github.address, longest: 2048 },
            "Where GitHub is, for a GitHub Enterprise Server; https://github.com while unset.",
        ),
        setting(
            "auth.github_api_url",
            &["AUTH_GITHUB_API_URL"],
            Kind::Text { at: |config| &mut config.auth.facade.github_api, longest: 2048 },
            "Where its API is; `/api/v3` below the address of an Enterprise Server, or https://api.github.com, while unset.",
        ),
        setting(
            "auth.github_organizations",
            &["AUTH_GITHUB_ORGANIZATIONS"],
            Kind::Texts(|config| &mut config.auth.facade.organizations),
            "Organisations of which whoever logs in must be a member of one; those that a person is in are groups here. Anybody with an account may log in while unset.",
        ),
    ]
}

fn google() -> [Setting; 4] {
    [
        setting(
            "auth.google_client_id",
            &["FASTMCP_SERVER_AUTH_GOOGLE_CLIENT_ID", "AUTH_GOOGLE_CLIENT_ID"],
            Kind::Text { at: |config| &mut config.auth.facade.google.client_id, longest: 256 },
            "With `google`, the name of the OAuth client that is registered there with the redirect address `/auth/callback` of this server.",
        ),
        setting(
            "auth.google_client_secret",
            &["FASTMCP_SERVER_AUTH_GOOGLE_CLIENT_SECRET", "AUTH_GOOGLE_CLIENT_SECRET"],
            Kind::Secret(|config| &mut config.auth.facade.google.client_secret),
            "The secret of that client.",
        ),
        setting(
            "auth.google_url",
            &["AUTH_GOOGLE_URL"],
            Kind::Text { at: |config| &mut config.auth.facade.google.address, longest: 2048 },
            "A stand-in for Google, which has all of it below one address; Google itself while unset.",
        ),
        setting(
            "auth.google_domains",
            &["AUTH_GOOGLE_DOMAINS"],
            Kind::Texts(|config| &mut config.auth.facade.domains),
            "Domains of Google Workspace of which the account must be. Anybody with an account may log in while unset.",
        ),
    ]
}

fn logins() -> [Setting; 7] {
    [
        setting(
            "auth.login_roles",
            &["AUTH_LOGIN_ROLES"],
            Kind::Texts(|config| &mut config.auth.facade.roles),
            "Roles of whoever logs in with `github` or `google`; needs organisations or domains, so that it is not everybody.",
        ),
        setting(
            "auth.client_documents",
            &["AUTH_CLIENT_DOCUMENTS"],
            Kind::OneOf {
                at: |config| {
                    let documents = config.auth.facade.documents;
                    DOCUMENTS.iter().position(|known| *known == documents).unwrap_or_default()
                },
                put: |config, index| config.auth.facade.documents = DOCUMENTS[index],
                words: &["off", "public", "loopback"],
            },
            "Whether programs may call themselves by an address at which they describe themselves (client id metadata documents): by one that everybody reaches (`public`), also by one of this machine or its network (`loopback`, for trying things out), or not (`off`).",
        ),
        setting(
            "auth.client_registration",
            &["AUTH_CLIENT_REGISTRATION"],
            Kind::Switch(|config| &mut config.auth.facade.registers),
            "Whether any program may register for such a login (RFC 7591).",
        ),
        setting(
            "auth.access_token_seconds",
            &["AUTH_ACCESS_TOKEN_LIFETIME"],
            Kind::Seconds {
                at: |config| &mut config.auth.facade.access_life,
                minimum: 1.0,
                maximum: 86_400.0,
            },
            "How long an access token of such a login is good. When it is refreshed, GitHub or Google is asked again.",
        ),
        setting(
            "auth.login_seconds",
            &["AUTH_LOGIN_LIFETIME"],
            Kind::Seconds {
                at: |config| &mut config.auth.facade.login_life,
                minimum: 60.0,
                maximum: 31_536_000.0,
            },
            "How long such a login lasts in all.",
        ),
        setting(
            "auth.logins_file",
            &["AUTH_LOGINS_FILE"],
            Kind::File(|config| &mut config.auth.facade.logins_file),
            "The file in which such logins are kept, for one server; in memory while unset, so that a restart ends them.",
        ),
        setting(
            "auth.logins_key",
            &["AUTH_LOGINS_KEY"],
            Kind::Secret(|config| &mut config.auth.facade.logins_key),
            "32 bytes or more with which the tokens of GitHub or Google in that file are encrypted.",
        ),
    ]
}
