//! Where the server listens, and for whom.

use crate::settings::setting::{Setting, setting};
use crate::settings::value::Kind;

/// The rows of the table.
pub(super) fn rows() -> [Setting; 7] {
    [
        setting(
            "listen.host",
            &["HOST"],
            Kind::Host(|config| &mut config.host),
            "The address to listen on; anything but a loopback address needs `AUTH_PROVIDER`, or `ALLOW_UNAUTHENTICATED`.",
        ),
        setting(
            "listen.port",
            &["PORT"],
            Kind::Port(|config| &mut config.port),
            "The port to listen on; 0 lets the system choose.",
        ),
        setting(
            "listen.allow_unauthenticated",
            &["ALLOW_UNAUTHENTICATED"],
            Kind::Acknowledgement(|config| &mut config.server.http.allow_unauthenticated),
            "`i-understand` lets the server listen beyond loopback although nobody is asked who they are: whoever reaches it may do what rules of access give to anonymous callers, which is nothing but reads, and these only with `POLICY_ANONYMOUS_READS`.",
        ),
        setting(
            "listen.allowed_hosts",
            &["ALLOWED_HOSTS"],
            Kind::Hosts { at: |config| &mut config.server.http.allowed_hosts, ports: true },
            "Names under which clients reach the server, besides loopback ones; a request with another `Host` is refused.",
        ),
        setting(
            "listen.allowed_origins",
            &["FASTMCP_SECURITY_CORS_ALLOWED_ORIGINS", "ALLOWED_ORIGINS", "SECURITY_CORS_ALLOWED_ORIGINS"],
            Kind::Origins(|config| &mut config.server.http.allowed_origins),
            "Web pages that may call the server from a browser; `*` is not accepted.",
        ),
        setting(
            "listen.cors",
            &["FASTMCP_SECURITY_CORS_ENABLED", "SECURITY_CORS_ENABLED"],
            Kind::Switch(|config| &mut config.server.http.cors),
            "Whether browsers let these pages read what is answered, and send credentials (CORS).",
        ),
        setting(
            "listen.trusted_proxies",
            &["TRUSTED_PROXIES"],
            Kind::Networks(|config| &mut config.server.http.trusted_proxies),
            "Proxies, by address or range, whose `X-Forwarded-For` says where a request comes from; nobody else's is looked at.",
        ),
    ]
}
