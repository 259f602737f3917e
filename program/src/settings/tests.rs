//! Settings from every source, right and wrong: what is in effect, where it came from, and the one line that
//! refuses a start.

mod predecessor;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;
use server::catalog::{Api, Carrier, EffectScopes, SecurityScheme};
use server::identity::jwt;
use server::identity::keys::{Algorithm, Source};

use super::{Environment, Flag, Origin, Reload, Settings, key_of_file, load, show, table, value::Notation};
use crate::refusal::{CONFIGURATION, Refusal, USAGE};

static API: Api = Api {
    title: "Test",
    version: "1",
    description: "",
    digest: "00",
    contract: "",
    tools: &[],
    security_schemes: &[
        SecurityScheme { name: "certificateHost", carrier: Carrier::Header("x-host") },
        SecurityScheme { name: "accessToken", carrier: Carrier::Header("Authorization") },
    ],
    effect_scopes: EffectScopes::BY_WORD,
    prompts: &[],
};

fn environment(variables: &[(&str, &str)]) -> Environment {
    Environment::from(variables.iter().map(|&(name, value)| (OsString::from(name), OsString::from(value))))
}

fn with(variables: &[(&str, &str)]) -> Result<Settings, Refusal> {
    load("test-mcp", &API, &environment(variables), None, &[])
}

/// The line that refuses these variables, with its exit code checked.
fn refusal(variables: &[(&str, &str)]) -> String {
    let refusal = with(variables).err().unwrap_or_else(|| panic!("{variables:?} should be refused"));
    assert_eq!(refusal.code, CONFIGURATION, "{refusal}");
    refusal.to_string()
}

/// The value in effect and its origin.
fn effective(settings: &mut Settings, key: &str) -> (String, Origin) {
    let (setting, origin) = settings.settings.iter().find(|(setting, _)| setting.key == key).unwrap();
    (setting.kind.show(&mut settings.config), origin.clone())
}

fn token(settings: &Settings) -> &str {
    let credentials = &settings.config.server.engine.upstream.credentials;
    credentials
        .iter()
        .find(|(name, _)| name == "accessToken")
        .map_or("", |(_, secret)| secret.expose_secret())
}

/// A file of this test's own, gone when the test ends.
struct Scratch(PathBuf);

impl Scratch {
    fn with(test: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("settings-{test}-{}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        Self(path)
    }

    fn text(&self) -> &str {
        self.0.to_str().unwrap()
    }

    fn load(&self) -> Result<Settings, Refusal> {
        load("test-mcp", &API, &environment(&[]), Some(&self.0), &[])
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn without_any_source_the_defaults_hold() {
    let mut settings = with(&[]).unwrap();
    assert_eq!(effective(&mut settings, "listen.host"), ("127.0.0.1".to_owned(), Origin::Default));
    assert_eq!(effective(&mut settings, "listen.port"), ("8080".to_owned(), Origin::Default));
    assert_eq!(effective(&mut settings, "mcp.name"), ("test-mcp".to_owned(), Origin::Default));
    assert_eq!(effective(&mut settings, "api.timeout_seconds").0, "30");
}

#[test]
fn every_name_in_the_environment_sets_its_setting() {
    for setting in table(&API) {
        for name in &setting.environment {
            let value = example(&setting.key);
            let mut settings =
                with(&[(name, value)]).unwrap_or_else(|refusal| panic!("{name}={value}: {refusal}"));
            let expected = if setting.kind.is_secret() { "****" } else { value };
            let found = effective(&mut settings, &setting.key);
            assert_eq!(found, (expected.to_owned(), Origin::Environment(name.clone())));
        }
    }
}

/// A value that is not the default.
fn example(key: &str) -> &'static str {
    match key {
        "listen.host" => "::1",
        "listen.allow_unauthenticated" => "i-understand",
        "listen.allowed_hosts" => "mcp.example.com,mcp.example.com:8443",
        "listen.allowed_origins" => "https://app.example.com",
        "listen.cors" => "false",
        "listen.trusted_proxies" => "10.0.0.0/8,2001:db8::1",
        "auth.enabled" => "true",
        "auth.providers" => "jwt,introspection,api_key",
        "auth.scopes" => "document",
        "auth.scope_hierarchy" => "cp:all>cp:read,admin>write",
        "auth.algorithms" => "ES256,EdDSA",
        "auth.public_key_file" | "auth.api_keys_file" => "/etc/mcp/keys",
        "auth.client_documents" => "loopback",
        "auth.client_registration" => "true",
        "auth.login_seconds" => "86400",
        "listen.tls_certificate_file" | "listen.tls_key_file" => "/etc/mcp/tls",
        "policy.file" => "/etc/mcp/policy.cedar",
        "policy.anonymous_reads" => "true",
        "metrics.enabled" => "false",
        "metrics.address" => "127.0.0.2:9464",
        "metrics.path" => "/prometheus",
        "log.level" => "debug",
        "log.format" => "json",
        "mcp.name" | "mcp.title" | "mcp.instructions" => "Another name",
        "api.base_url" => "https://ces.example.com:48226/x",
        "api.token_scheme" => "Bearer",
        "api.account" => "exchange",
        "api.allowed_networks" => "10.20.0.0/16",
        "api.http_version" => "best",
        "gateway.url" => "https://gateway.example.com/x",
        "gateway.headers" => "x-key=canary",
        "call.callback_hosts" => "hooks.example.com",
        "cache.enabled" | "mcp.about_tools" | "mcp.direct_lane" | "mcp.plain" | "mcp.resources" => "false",
        "mcp.output_schemas" => "brief",
        "mcp.tools_mode" => "search",
        "mcp.toolsets" => "sets,scope:cp:read",
        "cache.backend" => "multi_tier",
        "cache.memory_share" => "0.25",
        "redis.serializer" => "json",
        "retry.attempts" => "7",
        "quota.enabled" | "quota.caller_enabled" => "false",
        "confirm.mode" => "possible",
        "confirm.tools" => "changing",
        "audit.folder" => "/var/lib/audit",
        "audit.signing_key_file" => "/etc/mcp/audit.pem",
        "audit.reads_on_failure" => "closed",
        "audit.enabled" | "audit.reads" => "false",
        "audit.sensitive" | "audit.stdout" | "audit.otlp" => "true",
        "otlp.endpoint" | "otlp.traces_endpoint" | "otlp.metrics_endpoint" | "otlp.logs_endpoint" => {
            "https://otlp.example.com:4318/x"
        }
        "otlp.disabled" | "otlp.enabled" => "true",
        "otlp.tracing_enabled" | "otlp.metrics_enabled" => "false",
        "otlp.traces" | "otlp.metrics" | "otlp.logs" => "none",
        "otlp.protocol" => "http/json",
        "otlp.resource_attributes" => "service.namespace=change%20control,host.name=a",
        "otlp.sampler" => "traceidratio",
        "otlp.sampler_part" => "0.25",
        "otlp.metric_interval_milliseconds" => "5000",
        "otlp.headers" => "api-key=canary",
        "audit.file_bytes" => "65536",
        "audit.file_seconds" => "3600",
        "redis.url" => "redis://127.0.0.1:6379/0",
        "redis.secret" => "0123456789abcdef0123456789abcdef",
        "redis.key_prefix" => "team:",
        "redis.timeout_seconds" => "0.2",
        "redis.changes_on_failure" => "open",
        "limits.request_bytes" | "cache.bytes" | "api.max_answer_bytes" | "api.max_body_bytes" => "2048",
        _ => "17",
    }
}

#[test]
fn the_environment_wins_over_the_file_and_a_flag_over_both() {
    let file = Scratch::with(
        "precedence",
        "[listen]\nport = 1\n[log]\nlevel = \"error\"\n[api]\ntimeout_seconds = 2.5\n",
    );
    let variables = environment(&[("PORT", "2"), ("LOG_LEVEL", "WARNING"), ("SETTINGS_FILE", file.text())]);
    let flags = [Flag { key: "listen.port".into(), value: "3".into(), flag: "--listen" }];
    let mut settings = load("test-mcp", &API, &variables, None, &flags).unwrap();
    assert_eq!(effective(&mut settings, "listen.port"), ("3".to_owned(), Origin::Flag("--listen")));
    assert_eq!(
        effective(&mut settings, "log.level"),
        ("warn".to_owned(), Origin::Environment("LOG_LEVEL".into()))
    );
    let place = Origin::File(format!("{}:6", file.text()));
    assert_eq!(effective(&mut settings, "api.timeout_seconds"), ("2.5".to_owned(), place));
}

#[test]
fn an_empty_value_is_the_same_as_none() {
    let mut settings = with(&[("PORT", ""), ("API_TOKEN", " "), ("AUTH_PROVIDER", "")]).unwrap();
    assert_eq!(effective(&mut settings, "listen.port").1, Origin::Default);
    assert_eq!(effective(&mut settings, "api.token").0, "");
}

#[test]
fn of_two_names_that_agree_the_more_precise_is_the_origin() {
    let mut settings = with(&[("LOG_LEVEL", "WARN"), ("FASTMCP_LOG_LEVEL", "warning")]).unwrap();
    assert_eq!(effective(&mut settings, "log.level").1, Origin::Environment("FASTMCP_LOG_LEVEL".into()));
}

#[test]
fn two_names_that_disagree_stop_the_start() {
    assert_eq!(
        refusal(&[("API_TIMEOUT", "5"), ("FASTMCP_API_TIMEOUT", "6")]),
        "FASTMCP_API_TIMEOUT and API_TIMEOUT are the same setting with different values; unset one"
    );
    let line = refusal(&[("API_TOKEN", "canary-one"), ("BMC_API_TOKEN", "canary-two")]);
    assert_eq!(line, "API_TOKEN and BMC_API_TOKEN are the same setting with different values; unset one");
}

#[test]
fn a_secret_may_stand_in_a_file_of_its_own() {
    let file = Scratch::with("secret", "canary-token\n");
    let settings = with(&[("API_TOKEN_FILE", file.text())]).unwrap();
    assert_eq!(token(&settings), "canary-token");
    let line = refusal(&[("API_TOKEN_FILE", file.text()), ("API_TOKEN", "another")]);
    assert!(line.starts_with("API_TOKEN and API_TOKEN_FILE are the same setting"), "{line}");

    let toml = Scratch::with("secret-toml", &format!("[api]\ntoken_file = {:?}\n", file.text()));
    assert_eq!(token(&toml.load().unwrap()), "canary-token");

    assert!(
        refusal(&[("API_TOKEN_FILE", "/does/not/exist")])
            .starts_with("API_TOKEN_FILE: /does/not/exist: cannot be read")
    );
    let whole = Scratch::with("secret-whole", &"x".repeat(65_536));
    assert!(with(&[("API_TOKEN_FILE", whole.text())]).is_ok());
    let beyond = Scratch::with("secret-beyond", &"x".repeat(65_537));
    // A device has no size, and no end.
    for file in [beyond.text()].into_iter().chain(cfg!(unix).then_some("/dev/zero")) {
        assert!(
            refusal(&[("API_TOKEN_FILE", file)])
                .ends_with("expected a file of at most 65536 bytes that holds one secret")
        );
    }
    let empty = Scratch::with("secret-empty", "\n");
    assert!(
        refusal(&[("API_TOKEN_FILE", empty.text())])
            .ends_with("expected a file that holds one secret, and it is empty")
    );
}

#[test]
fn a_secret_is_shown_nowhere() {
    let mut settings =
        with(&[("API_TOKEN", "canary"), ("API_CREDENTIAL_CERTIFICATE_HOST", "canary")]).unwrap();
    assert_eq!(token(&settings), "canary");
    let shown =
        format!("{}{}{}", show::as_text(&mut settings), show::as_json(&mut settings), super::markdown(&API));
    assert!(!shown.contains("canary"), "{shown}");
    assert!(shown.contains("****"), "{shown}");
    let line = refusal(&[("API_TOKEN", "canary\u{1}")]);
    assert_eq!(
        line,
        "API_TOKEN: expected visible ASCII characters; there are others, which no header can carry"
    );
    let flags = [Flag { key: "api.token".into(), value: "canary".into(), flag: "--set" }];
    let refusal = load("test-mcp", &API, &environment(&[]), None, &flags).err().unwrap();
    assert_eq!(refusal.code, USAGE);
    assert!(!refusal.to_string().contains("canary"), "{refusal}");
}

#[test]
fn wrong_values_are_refused_with_what_is_accepted() {
    for (name, value, expected) in [
        ("HOST", "example.com", r#"HOST: expected an IP address or `localhost`, got "example.com""#),
        ("PORT", "65536", r#"PORT: expected a whole number from 0 to 65535, got "65536""#),
        ("PORT", "+1", r#"PORT: expected a whole number from 0 to 65535, got "+1""#),
        ("API_TIMEOUT", "30s", r#"API_TIMEOUT: expected seconds, a number from 0.1 to 3600, got "30s""#),
        ("API_TIMEOUT", "0", r#"API_TIMEOUT: expected seconds, a number from 0.1 to 3600, got "0""#),
        ("API_TIMEOUT", "inf", r#"API_TIMEOUT: expected seconds, a number from 0.1 to 3600, got "inf""#),
        (
            "SECURITY_MAX_CONNECTIONS",
            "0",
            r#"SECURITY_MAX_CONNECTIONS: expected a whole number from 1 to 100000, got "0""#,
        ),
        (
            "METRICS_ADDRESS",
            "example.com:9464",
            r#"METRICS_ADDRESS: expected a port, or an address such as 127.0.0.1:9464, got "example.com:9464""#,
        ),
        (
            "PROMETHEUS_METRICS_PATH",
            "metrics",
            r#"PROMETHEUS_METRICS_PATH: expected a path such as /metrics, got "metrics""#,
        ),
        ("LOG_FORMAT", "xml", r#"LOG_FORMAT: expected one of text, json, got "xml""#),
        (
            "LOG_LEVEL",
            "loud",
            r#"LOG_LEVEL: expected one of off, error, warn, info, debug, trace, got "loud""#,
        ),
        ("CACHE_ENABLED", "maybe", r#"CACHE_ENABLED: expected `true` or `false`, got "maybe""#),
        (
            "CACHE_BACKEND",
            "disk",
            r#"CACHE_BACKEND: expected `memory` or `redis` or `multi_tier`, got "disk""#,
        ),
        (
            "FASTMCP_CACHE_MAX_SIZE",
            "1",
            r#"FASTMCP_CACHE_MAX_SIZE: expected a whole number from 2 to 1000000, got "1""#,
        ),
        ("ALLOW_UNAUTHENTICATED", "true", r#"ALLOW_UNAUTHENTICATED: expected `i-understand`, got "true""#),
        (
            "API_TOKEN_SCHEME",
            "Bearer x",
            r#"API_TOKEN_SCHEME: expected one word of letters, digits and -._~+, got "Bearer x""#,
        ),
    ] {
        assert_eq!(refusal(&[(name, value)]), expected);
    }
    let long = "x".repeat(500);
    assert!(refusal(&[("HOST", &long)]).len() < 120);
}

#[test]
fn an_address_is_an_http_address_without_a_password_and_is_never_repeated() {
    for (address, why) in [
        ("https://ces:2020@evil/", "without `user:password@`"),
        ("https://canary:canary@ces.example.com", "without `user:password@`"),
        ("ftp://canary.example.com", "beginning with http:// or https://"),
        ("canary.example.com:48226", "beginning with http:// or https://"),
        ("https://canary.example.com/?a=b", "without `?` and `#`"),
        ("https://canary.example.com/#x", "without `?` and `#`"),
        ("https:///canary", "this is no address"),
        ("https://", "this is no address"),
        ("https://can ary/", "this is no address"),
    ] {
        let line = refusal(&[("API_BASE_URL", address)]);
        assert!(line.starts_with("API_BASE_URL: expected an address such as "), "{line}");
        assert!(line.contains(why), "{address}: {line}");
        assert!(!line.contains("canary") && !line.contains("evil"), "{line}");
    }
    let mut settings = with(&[("API_BASE_URL", "http://[::1]:48226/base/")]).unwrap();
    assert_eq!(effective(&mut settings, "api.base_url").0, "http://[::1]:48226/base");
}

#[test]
fn hosts_and_origins_are_exact() {
    assert!(refusal(&[("ALLOWED_HOSTS", "*")]).contains("expected exact host names"));
    assert!(
        refusal(&[("ALLOWED_HOSTS", "https://a.example.com")]).contains("each name, name:port or name:*")
    );
    assert!(
        refusal(&[("WEBHOOK_ALLOWED_HOSTS", "a.example.com:80")])
            .contains("a name without scheme, port or path")
    );
    assert!(refusal(&[("WEBHOOK_ALLOWED_HOSTS", "*.example.com")]).contains("expected exact host names"));
    assert!(refusal(&[("SECURITY_CORS_ALLOWED_ORIGINS", "*")]).contains("`*` would let every web page call"));
    assert!(refusal(&[("ALLOWED_ORIGINS", "app.example.com")]).contains("expected origins such as"));
    assert!(refusal(&[("TRUSTED_PROXIES", "10.0.0.1/8")]).contains("expected addresses such as"));
    assert!(refusal(&[("TRUSTED_PROXY", "10.0.0.1")]).contains("TRUSTED_PROXIES"));
    let mut settings = with(&[("ALLOWED_HOSTS", " A.example.com , [::1]:80,b.example.com:* ,")]).unwrap();
    assert_eq!(effective(&mut settings, "listen.allowed_hosts").0, "a.example.com,[::1]:80,b.example.com:*");
}

#[test]
fn a_provider_that_is_asked_for_and_not_there_stops_the_start() {
    for (name, value) in [
        ("FASTMCP_AUTH_ANYTHING", "x"),
        ("FASTMCP_SERVER_AUTH_GITHUB_CLIENT", "canary"),
        ("FASTMCP_SERVER_AUTH_AUTHKIT_CLIENT_ID", "canary"),
        ("FASTMCP_SERVER_AUTH_WORKOS_CLIENT_SECRET", "canary"),
    ] {
        let line = refusal(&[(name, value)]);
        assert!(line.starts_with(&format!("{name}: ")), "{line}");
        assert!(line.contains("does not have this provider"), "{line}");
        assert!(!line.contains("canary"), "{line}");
    }
    assert!(refusal(&[("AUTH_ENABLED", "maybe")]).starts_with("AUTH_ENABLED: expected `true` or `false`"));
    assert!(
        refusal(&[("AUTH_JWT_ALGORITHMS", "HS256")]).starts_with("AUTH_JWT_ALGORITHMS: expected some of")
    );
}

#[test]
fn a_provider_has_one_meaning_in_all_its_spellings() {
    for (name, value) in [
        ("AUTH_PROVIDER", "jwt"),
        ("AUTH_PROVIDER", "fastmcp.server.auth.providers.jwt.JWTVerifier"),
        ("AUTH_PROVIDER", "fastmcp.server.auth.BearerAuthProvider"),
        ("FASTMCP_AUTH_PROVIDER", "Jwt"),
        ("FASTMCP_SERVER_AUTH", "JWT"),
    ] {
        let mut settings = with(&[(name, value)]).unwrap();
        assert_eq!(effective(&mut settings, "auth.providers").0, "jwt", "{name}={value}");
    }
    for (class, word) in [
        ("fastmcp.server.auth.providers.workos.AuthKitProvider", "workos"),
        ("fastmcp.server.auth.providers.workos.WorkOSProvider", "workos"),
        ("fastmcp.server.auth.providers.descope.DescopeProvider", "descope"),
        ("fastmcp.server.auth.providers.introspection.IntrospectionTokenVerifier", "introspection"),
        ("WorkOS", "workos"),
        ("fastmcp.server.auth.providers.github.GitHubProvider", "github"),
        ("fastmcp.server.auth.providers.google.GoogleProvider", "google"),
        ("GitHub", "github"),
    ] {
        let mut settings = with(&[("FASTMCP_SERVER_AUTH", class)]).unwrap();
        assert_eq!(effective(&mut settings, "auth.providers").0, word, "{class}");
    }
    let domain = ("FASTMCP_SERVER_AUTH_AUTHKIT_DOMAIN", "https://x.authkit.app");
    let settings = with(&[domain, ("FASTMCP_SERVER_AUTH_AUTHKIT_CLIENT_SECRET", "canary")]).unwrap();
    assert_eq!(settings.without_effect, ["FASTMCP_SERVER_AUTH_AUTHKIT_CLIENT_SECRET"]);
    assert!(refusal(&[("AUTH_PROVIDER", "fastmcp.server.auth.providers.x.Unknown")]).contains("got "));
    let line = refusal(&[("AUTH_PROVIDER", "jwt"), ("FASTMCP_SERVER_AUTH", "none")]);
    assert!(line.starts_with("AUTH_PROVIDER and FASTMCP_SERVER_AUTH"), "{line}");
}

/// Whose tokens these variables take, by a server that listens on loopback.
fn tokens(variables: &[(&str, &str)]) -> Result<Vec<jwt::Options>, Refusal> {
    let config = with(variables)?.config;
    config.auth.identity(config.listen(), "http", false).map(|identity| identity.tokens)
}

#[test]
fn a_domain_or_a_project_says_all_of_its_issuer() {
    let resource = ("MCP_RESOURCE_URL", "https://mcp.example.com/mcp");
    let descope = ("AUTH_PROVIDER", "descope");
    for (variables, issuer, keys, audience) in [
        (
            vec![
                ("AUTH_PROVIDER", "workos"),
                ("FASTMCP_SERVER_AUTH_AUTHKIT_DOMAIN", "https://x.authkit.app/"),
                resource,
            ],
            "https://x.authkit.app",
            "https://x.authkit.app/oauth2/jwks",
            "https://mcp.example.com/mcp",
        ),
        (
            vec![
                ("AUTH_PROVIDER", "workos"),
                ("AUTH_AUTHKIT_DOMAIN", "x.authkit.app"),
                ("AUTH_AUDIENCE", "own"),
            ],
            "https://x.authkit.app",
            "https://x.authkit.app/oauth2/jwks",
            "own",
        ),
        (
            vec![descope, ("AUTH_DESCOPE_PROJECT_ID", "P1")],
            "https://api.descope.com/v1/apps/P1",
            "https://api.descope.com/P1/.well-known/jwks.json",
            "P1",
        ),
        (
            vec![
                descope,
                ("AUTH_DESCOPE_PROJECT_ID", "P1"),
                ("AUTH_DESCOPE_BASE_URL", "https://api.euc1.descope.com"),
                ("AUTH_AUDIENCE", "https://mcp.example.com/mcp"),
            ],
            "https://api.euc1.descope.com/v1/apps/P1",
            "https://api.euc1.descope.com/P1/.well-known/jwks.json",
            "https://mcp.example.com/mcp",
        ),
        (
            vec![
                descope,
                (
                    "FASTMCP_SERVER_AUTH_DESCOPEPROVIDER_CONFIG_URL",
                    "https://api.descope.com/v1/apps/agentic/P1/M2/.well-known/openid-configuration",
                ),
                resource,
            ],
            "https://api.descope.com/v1/apps/agentic/P1/M2",
            "https://api.descope.com/P1/.well-known/jwks.json",
            "P1",
        ),
    ] {
        let tokens = tokens(&variables).unwrap_or_else(|refusal| panic!("{variables:?}: {refusal}"));
        let [tokens] = &tokens[..] else { panic!("{variables:?}: {} issuers", tokens.len()) };
        assert_eq!((&*tokens.issuer, &*tokens.audiences), (issuer, &[audience.to_owned()][..]));
        assert_eq!(tokens.keys, Source::Address(keys.to_owned()));
        assert_eq!(tokens.algorithms, [Algorithm::Rs256]);
    }
}

#[test]
fn several_issuers_are_named_with_commas_and_each_has_its_keys() {
    let two = ("AUTH_ISSUER", "https://a.example.com, https://b.example.com");
    let audience = ("AUTH_AUDIENCE", "own");
    let jwks = ("AUTH_JWKS_URI", "https://a.example.com/a,https://b.example.com/b");
    let found = tokens(&[("AUTH_PROVIDER", "jwt"), two, jwks, audience]).unwrap();
    let found: Vec<_> = found.into_iter().map(|tokens| (tokens.issuer, tokens.keys)).collect();
    let of = |issuer: &str, keys: &str| (issuer.to_owned(), Source::Address(keys.to_owned()));
    assert_eq!(
        found,
        [
            of("https://a.example.com", "https://a.example.com/a"),
            of("https://b.example.com", "https://b.example.com/b")
        ]
    );
    let found = tokens(&[("AUTH_PROVIDER", "oidc"), two, audience]).unwrap();
    assert!(found.iter().all(|tokens| tokens.keys == Source::Issuer(tokens.issuer.clone())));
    assert_eq!(found.len(), 2);
    for (keys, said) in [("https://a.example.com/a", "got 1 for 2"), ("a,b,c", "got 3 for 2")] {
        let Err(refusal) = tokens(&[("AUTH_PROVIDER", "jwt"), two, ("AUTH_JWKS_URI", keys), audience]) else {
            panic!("{keys} should be refused")
        };
        assert!(refusal.to_string().starts_with("AUTH_JWKS_URI: ") && refusal.to_string().contains(said));
    }
}

#[test]
fn t_32_a_form_that_runs_what_it_holds_stops_the_start() {
    for value in ["pickle", "Pickle"] {
        let line = refusal(&[("REDIS_SERIALIZER", value)]);
        assert!(line.starts_with("REDIS_SERIALIZER: expected `json`: whoever can write to Redis"), "{line}");
    }
    assert_eq!(refusal(&[("REDIS_SERIALIZER", "yaml")]), "REDIS_SERIALIZER: expected `json`, got \"yaml\"");
    for value in ["redis", "Multi_Tier", "MEMORY"] {
        let mut settings = with(&[("FASTMCP_CACHE_BACKEND", value)]).unwrap();
        assert_eq!(effective(&mut settings, "cache.backend").0, value.to_ascii_lowercase());
    }
    assert!(refusal(&[("MULTI_TIER_L1_TTL_RATIO", "1.01")]).contains("a number from 0 to 1"));
}

#[test]
fn a_switch_takes_the_words_that_the_python_server_took() {
    for (value, expected) in
        [("True", "true"), ("1", "true"), ("on", "true"), ("NO", "false"), ("0", "false")]
    {
        assert_eq!(effective(&mut with(&[("CACHE_ENABLED", value)]).unwrap(), "cache.enabled").0, expected);
    }
    assert_eq!(effective(&mut with(&[]).unwrap(), "cache.enabled").0, "true");
    let file = Scratch::with("switch", "[cache]\nenabled = false\n");
    assert_eq!(effective(&mut file.load().unwrap(), "cache.enabled").0, "false");
}

#[test]
fn unknown_names_that_look_like_ours_stop_the_start() {
    for (name, advice) in [
        ("API_TOKN", "did you mean API_TOKEN?"),
        ("FASTMCP_LOGLEVEL", "did you mean FASTMCP_LOG_LEVEL?"),
        ("AUTH_ENABLE", "did you mean AUTH_ENABLED?"),
        ("SECURITY_RATELIMIT_ENABLED", "did you mean SECURITY_RATE_LIMIT_ENABLED?"),
        ("ALLOWED_HOST", "did you mean ALLOWED_HOSTS?"),
        ("CIRCUIT_BREAKER_TRESHOLD", "unset it"),
        ("CIRCUIT_BREAKER_RECOVERY_TIMEOUTS", "did you mean CIRCUIT_BREAKER_RECOVERY_TIMEOUT?"),
        ("API_CREDENTIAL_CERTIFICATEHOST", "did you mean API_CREDENTIAL_CERTIFICATE_HOST?"),
        ("API_SOMETHING_ELSE_ENTIRELY", "unset it"),
    ] {
        assert_eq!(refusal(&[(name, "canary")]), format!("{name}: there is no such setting; {advice}"));
    }
}

#[test]
fn the_variables_that_kubernetes_makes_for_a_service_called_api_are_nobodys_mistake() {
    let links = [
        ("API_SERVICE_HOST", "10.0.0.1"),
        ("API_SERVICE_PORT", "80"),
        ("API_SERVICE_PORT_HTTP", "80"),
        ("API_PORT", "tcp://10.0.0.1:80"),
        ("API_PORT_80_TCP", "tcp://10.0.0.1:80"),
        ("API_PORT_80_TCP_ADDR", "10.0.0.1"),
    ];
    assert!(with(&links).is_ok());
    assert!(refusal(&[("API_PORT", "80")]).starts_with("API_PORT: there is no such setting"));
}

#[test]
fn a_name_cannot_break_the_line_it_is_reported_on() {
    let line = refusal(&[("API_\nFORGED", "x")]);
    assert!(!line.contains('\n'), "{line:?}");
}

#[test]
fn keys_of_the_file_that_are_unknown_or_wrongly_written_are_placed() {
    for (text, expected) in [
        ("[listen]\nprot = 1\n", ":2: listen.prot: there is no such setting; did you mean listen.port?"),
        ("\n\n[listen]\nport = \"80\"\n", ":4: listen.port: expected a whole number, got text"),
        ("[listen]\nhost = 1\n", ":2: listen.host: expected text in quotes, got a number"),
        (
            "[listen]\nallowed_hosts = \"a\"\n",
            ":2: listen.allowed_hosts: expected a list of text such as [\"one\", \"two\"], got text",
        ),
        (
            "[listen]\nport = 99999\n",
            ":2: listen.port: expected a whole number from 0 to 65535, got \"99999\"",
        ),
        ("listen = 1\n", ":1: listen: there is no such setting"),
        ("[api]\ntoken = [\"canary\"]\n", ":2: api.token: expected text in quotes, got a list"),
    ] {
        let file = Scratch::with(&format!("wrong-{}", expected.len()), text);
        let refusal = file.load().err().unwrap();
        assert_eq!(
            (refusal.code, refusal.to_string()),
            (CONFIGURATION, format!("{}{expected}", file.text()))
        );
    }
    let refusal = load("test-mcp", &API, &environment(&[]), Some(Path::new("/does/not/exist.toml")), &[])
        .err()
        .unwrap();
    assert!(
        refusal.to_string().starts_with("settings file /does/not/exist.toml: cannot be read"),
        "{refusal}"
    );
}

#[test]
fn flags_name_a_setting_once() {
    let flag = |key: &str, flag| Flag { key: key.into(), value: "1".into(), flag };
    let refused = |flags: &[Flag]| load("test-mcp", &API, &environment(&[]), None, flags).err().unwrap();
    let unknown = refused(&[flag("listen.prt", "--set")]);
    assert_eq!(
        (unknown.code, unknown.to_string()),
        (USAGE, "--set listen.prt: there is no such setting; did you mean listen.port?".into())
    );
    let twice = refused(&[flag("listen.port", "--listen"), flag("listen.port", "--set")]);
    assert_eq!(
        (twice.code, twice.to_string()),
        (USAGE, "listen.port is given twice, by --listen and --set".into())
    );
}

#[test]
fn what_is_shown_reads_back_as_the_same_value() {
    let mut defaults = with(&[]).unwrap();
    for setting in table(&API).into_iter().filter(|setting| !setting.kind.is_secret()) {
        let shown = setting.kind.show(&mut defaults.config);
        if !shown.is_empty() {
            let mut config = super::Config::of_program("other");
            setting.kind.put(&mut config, &shown).unwrap_or_else(|wrong| panic!("{}: {wrong}", setting.key));
            assert_eq!(setting.kind.show(&mut config), shown, "{}", setting.key);
        }
    }
}

#[test]
fn what_a_signal_takes_is_shown_as_it_is_read() {
    // It is handed on as the text that is shown, which a secret's is not.
    let taken = table(&API).into_iter().filter(|setting| setting.reload == Reload::Hangup);
    let (secret, taken): (Vec<_>, Vec<_>) = taken.partition(|setting| setting.kind.is_secret());
    assert_eq!(secret.len(), 0);
    let keys: Vec<_> = taken.iter().map(|setting| &*setting.key).collect();
    assert!(keys.contains(&"log.level") && keys.contains(&"quota.burst"), "{keys:?}");
}

#[test]
fn the_reference_file_holds_every_setting_with_its_default_and_nothing_else() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/server.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let entries = super::file::parse("server.toml", &text).unwrap();
    let mut defaults = super::Config::of_program("code-pipeline-mcp");
    let mut expected = Vec::new();
    // The credentials of other schemes depend on the document; the reference shows how one is written in a
    // comment.
    for setting in table(&API).into_iter().filter(|setting| !setting.key.starts_with("api.credentials.")) {
        let default = setting.kind.show(&mut defaults);
        if setting.kind.is_secret() {
            expected.push((key_of_file(&setting), String::new()));
        }
        expected.push((setting.key, default));
    }
    let read = |key: &str, value: super::file::Written| {
        let notation = table(&API)
            .iter()
            .find(|setting| setting.key == key)
            .map_or(Notation::Text, |setting| setting.kind.notation());
        value.text(notation).unwrap_or_else(|wrong| panic!("{key}: {wrong}"))
    };
    let mut found: Vec<(String, String)> =
        entries.into_iter().map(|entry| (entry.key.clone(), read(&entry.key, entry.value))).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    assert!(load("code-pipeline-mcp", &API, &environment(&[]), Some(&path), &[]).is_ok());
}

#[test]
fn t_51_what_the_runtime_is_given_shows_no_secret_when_it_is_printed() {
    let common = [
        ("API_CREDENTIAL_CERTIFICATE_HOST", "canary-host"),
        ("API_CLIENT_CERTIFICATE", "canary-certificate"),
        ("API_CLIENT_KEY", "canary-key"),
        ("UPSTREAM_GATEWAY_URL", "https://gateway.example.com"),
        ("UPSTREAM_GATEWAY_HEADERS", "x-key=canary-header"),
        ("REDIS_URL", "redis://user:canary-password@127.0.0.1/0"),
        ("REDIS_SECRET", "canary-0123456789abcdef0123456789"),
    ];
    for own in [
        &[("API_TOKEN", "canary-token")][..],
        &[
            ("API_ACCOUNT", "own"),
            ("API_CREDENTIALS_FILE", "/file"),
            ("API_CREDENTIALS_KEY", "canary-credentials"),
        ],
        &[
            ("API_ACCOUNT", "client"),
            ("API_TOKEN_ENDPOINT", "https://login.example.com/token"),
            ("API_CLIENT_ID", "mcp"),
            ("API_CLIENT_SECRET", "canary-client"),
        ],
    ] {
        let Settings { mut config, .. } = with(&[&common[..], own].concat()).unwrap();
        config.server.engine.replicas = config.sharing.settings().unwrap();
        config.account.put(&API, false, true, &mut config.server.engine.upstream).unwrap();
        let printed = format!("{:?} {:#?}", config.server, config.server);
        assert!(printed.contains("gateway.example.com") && printed.contains("x-key"), "{printed}");
        assert!(!printed.contains("canary"), "{printed}");
    }
}
