//! `doctor` beside what it looks at: each check with a set-up that is as it should be and with some that are not.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use serde_json::{Value, json};
use simulator::{Clock, Running, Simulator};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::certificates::{Authority, write_key};
use crate::identity_provider::{Provider, RESOURCE, RSA};
use crate::program_support::{run, start};
use crate::redis_server::RedisServer;
use crate::scratch::Scratch;

const SECRET: &str = "canary-0123456789abcdef0123456789abcdef";

/// A folder of a test's own, gone when the test is over.
struct Folder(Scratch);

impl Folder {
    fn new(name: &str) -> Self {
        Self(Scratch::new(&format!("doctor-{name}")))
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// Writes a file that only its owner reads.
    fn write(&self, name: &str, text: &str) -> String {
        write_key(&self.0.path().join(name), text);
        self.path(name)
    }
}

async fn simulator() -> Running {
    Simulator::builder().clock(Clock::manual()).start().await.unwrap()
}

/// What `doctor` says, and its exit code.
struct Said {
    code: i32,
    findings: Vec<Value>,
    all: String,
}

impl Said {
    /// Whether this check has a finding of this state whose words, advice among them, contain this.
    #[track_caller]
    fn has(&self, check: &str, state: &str, words: &str) {
        let is_it = |finding: &&Value| {
            finding["check"] == check && finding["state"] == state && finding.to_string().contains(words)
        };
        assert!(self.findings.iter().any(|finding| is_it(&finding)), "{check} {state} {words}: {}", self.all);
    }
}

async fn doctor(settings: &[(&str, &str)]) -> Said {
    doctor_with(&[], settings).await
}

async fn doctor_with(arguments: &[&str], settings: &[(&str, &str)]) -> Said {
    let outcome = run(&[&["doctor", "--json"], arguments].concat(), settings).await;
    let findings: Value = serde_json::from_str(&outcome.stdout).unwrap_or_else(|_| panic!("{outcome:?}"));
    let findings = findings.as_array().unwrap().clone();
    let has_failed = findings.iter().any(|finding| finding["state"] == "failed");
    assert_eq!(outcome.code, i32::from(has_failed), "{outcome:?}");
    let all = format!("{}{}", outcome.stdout, outcome.stderr);
    assert!(!all.contains("canary"), "{all}");
    for finding in &findings {
        let needs_advice = finding["state"] == "failed" || finding["state"] == "warning";
        assert_eq!(finding["advice"].is_string(), needs_advice, "{finding}");
    }
    Said { code: outcome.code, findings, all }
}

#[tokio::test]
async fn a_server_that_lacks_nothing_is_well_in_every_respect() {
    let (simulator, provider, folder) = (simulator().await, Provider::start().await, Folder::new("well"));
    let redis = RedisServer::with(&folder.0.path().join("redis"), &["--maxmemory-policy", "noeviction"]);
    let document = json!({ "issuer": provider.address, "jwks_uri": provider.jwks() });
    provider.document("/.well-known/openid-configuration", "200 OK", &document);
    Authority::new().write(folder.0.path());
    let settings = [
        ("API_BASE_URL", simulator.url()),
        ("API_TOKEN", simulator.token().to_owned()),
        ("AUTH_PROVIDER", "oidc".to_owned()),
        ("AUTH_ISSUER", provider.address.clone()),
        ("MCP_RESOURCE_URL", RESOURCE.to_owned()),
        ("REDIS_URL", redis.url()),
        ("REDIS_SECRET", SECRET.to_owned()),
        ("TLS_CERT_FILE", folder.path("tls.crt")),
        ("TLS_KEY_FILE", folder.path("tls.key")),
        ("AUDIT_FOLDER", folder.path("journal")),
    ];
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let said = doctor_with(&["--arg", "srid=cw09-47623"], &settings).await;
    assert_eq!(said.code, 0, "{}", said.all);
    assert!(said.findings.iter().all(|finding| finding["state"] == "ok"), "{}", said.all);
    let checks: Vec<&str> = said.findings.iter().filter_map(|finding| finding["check"].as_str()).collect();
    assert_eq!(
        checks,
        [
            "configuration",
            "policy",
            "journal",
            "certificate",
            "api",
            "api credential",
            "callers",
            "redis",
            "clock"
        ]
    );
    said.has("callers", "ok", "1 key at ");
    said.has("callers", "ok", "ES256");
    said.has("api credential", "ok", "get_assignments");
    assert!(redis.ask(&["keys", "*"]).is_empty(), "nothing stays in Redis");
    assert!(!folder.0.path().join("journal").exists(), "nothing is made");
    assert!(simulator.take_requests().iter().all(|request| request.method == "GET"));
}

#[tokio::test]
async fn people_get_a_line_for_each_check_without_colours_where_nobody_sees_them() {
    let simulator = simulator().await;
    let settings = [("API_BASE_URL", &*simulator.url()), ("API_TOKEN", simulator.token())];
    let outcome = run(&["doctor"], &settings).await;
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(!outcome.stdout.contains('\u{1b}'), "{}", outcome.stdout);
    let beginnings: Vec<String> =
        outcome.stdout.lines().map(|line| line.chars().take(30).collect()).collect();
    let starts = |text: &str| {
        beginnings.iter().any(|line| line.split_whitespace().collect::<Vec<_>>().join(" ").starts_with(text))
    };
    for text in [
        "ok configuration",
        "ok policy",
        "not configured journal",
        "not configured redis",
        "warning api credential",
    ] {
        assert!(starts(text), "{text}: {}", outcome.stdout);
    }
}

#[tokio::test]
async fn settings_that_are_wrong_are_all_told_at_once() {
    let said = doctor(&[("API_BASE_URL", "http://127.0.0.1:9"), ("API_TOKN", "canary")]).await;
    said.has("configuration", "failed", "did you mean API_TOKEN?");
    assert_eq!(said.findings.len(), 1, "nothing else can be looked at: {}", said.all);

    let wrong = [
        ("TLS_CERT_FILE", "/nothing"),
        ("REDIS_SECRET", SECRET),
        ("AUTH_PROVIDER", "jwt"),
        ("AUDIT_STDOUT", "true"),
        ("HOST", "0.0.0.0"),
    ];
    let said = doctor(&wrong).await;
    for name in [
        "TLS_KEY_FILE is not set",
        "REDIS_URL is not set",
        "AUTH_",
        "AUDIT_STDOUT",
        "API_BASE_URL is not set",
    ] {
        said.has("configuration", "failed", name);
    }
    let said = doctor(&[("API_BASE_URL", "http://127.0.0.1:9"), ("HOST", "0.0.0.0")]).await;
    said.has("configuration", "failed", "AUTH_PROVIDER");
}

/// Answers every connection with this, over TLS where a configuration for it is given.
async fn answering(answer: String, tls: Option<tokio_rustls::rustls::ServerConfig>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            match &acceptor {
                Some(acceptor) => {
                    let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                    let _ = stream.read(&mut request).await;
                    let _ = stream.write_all(answer.as_bytes()).await;
                    let _ = stream.shutdown().await;
                }
                None => {
                    let _ = stream.read(&mut request).await;
                    let _ = stream.write_all(answer.as_bytes()).await;
                }
            }
        }
    });
    port
}

fn answer(status: &str, headers: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n{headers}\r\n")
}

#[tokio::test]
async fn an_api_that_cannot_be_reached_is_told_with_what_to_do() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let said = doctor(&[("API_BASE_URL", &address), ("API_TOKEN", "canary")]).await;
    said.has("api", "failed", "nobody listens there");
    for (status, state, words) in [
        ("404 Not Found", "ok", "answers"),
        ("503 Service Unavailable", "warning", "answers 503"),
        ("301 Moved Permanently", "warning", "leads to another address"),
    ] {
        let address = format!("http://127.0.0.1:{}", answering(answer(status, ""), None).await);
        doctor(&[("API_BASE_URL", &address), ("API_TOKEN", "canary")]).await.has("api", state, words);
    }
}

#[tokio::test]
async fn an_api_of_an_authority_that_nobody_knows_needs_it_named() {
    let (authority, folder) = (Authority::new(), Folder::new("authority"));
    let port = answering(answer("200 OK", ""), Some(authority.server(false, &["http/1.1"]))).await;
    let address = format!("https://localhost:{port}");
    let said = doctor(&[("API_BASE_URL", &address), ("API_TOKEN", "canary")]).await;
    said.has("api", "failed", "API_CA_FILE");
    let authorities = folder.write("ca.pem", &authority.pem());
    let said =
        doctor(&[("API_BASE_URL", &address), ("API_TOKEN", "canary"), ("API_CA_FILE", &authorities)]).await;
    said.has("api", "ok", "answers");
    said.has("api certificate", "ok", "is good until");
    said.has("authorities", "ok", "API_CA_FILE");
}

#[tokio::test]
async fn a_credential_is_tried_where_a_read_can_be_made() {
    let simulator = simulator().await;
    let url = simulator.url();
    let srid = ["--arg", "srid=cw09-47623"];
    let with = |token| [("API_BASE_URL", &*url), ("API_TOKEN", token)];
    doctor_with(&srid, &with(simulator.token())).await.has("api credential", "ok", "the API takes it");
    doctor_with(&srid, &with("canary-wrong")).await.has("api credential", "failed", "make a new one");
    doctor(&with(simulator.token())).await.has("api credential", "warning", "doctor --arg srid=VALUE");
    doctor(&[("API_BASE_URL", &*url)]).await.has("api credential", "failed", "API_TOKEN_FILE");
    let by_name =
        [&srid[..], &["--tool", "get_assignment_details", "--arg", "assignmentId=PLAY000313"]].concat();
    doctor_with(&by_name, &with(simulator.token())).await.has(
        "api credential",
        "ok",
        "by get_assignment_details",
    );
    for (arguments, words) in [
        (&["--tool", "get_set_taks"][..], "did you mean get_set_tasks?"),
        (&["--tool", "close_set"], "changes something"),
    ] {
        let refused = run(&[&["doctor"], arguments].concat(), &with("canary")).await;
        assert!(refused.code == 64 && refused.stderr.contains(words), "{refused:?}");
    }
    assert!(simulator.take_requests().iter().all(|request| request.method == "GET"));
}

#[tokio::test]
async fn providers_that_publish_nothing_of_use_are_told() {
    let provider = Provider::start().await;
    let (issuer, keys) = (provider.address.clone(), provider.jwks());
    let common =
        [("API_BASE_URL", "http://127.0.0.1:9"), ("AUTH_ISSUER", &*issuer), ("AUTH_AUDIENCE", RESOURCE)];
    let jwt = [&common[..], &[("AUTH_PROVIDER", "jwt"), ("AUTH_JWKS_URI", &*keys)]].concat();
    let oidc = [&common[..], &[("AUTH_PROVIDER", "oidc")]].concat();
    doctor(&jwt).await.has("callers", "ok", "ES256");
    let other = [&jwt[..], &[("AUTH_JWT_ALGORITHMS", "RS256")]].concat();
    doctor(&other).await.has("callers", "failed", "never by RS256");
    provider.publish(&[RSA.jwk("r"), provider.signer.jwk("a")]);
    doctor(&other).await.has("callers", "ok", "2 keys");
    provider.say("404 Not Found", "");
    doctor(&jwt).await.has("callers", "failed", "AUTH_JWKS_URI");
    doctor(&oidc).await.has("callers", "failed", "openid-configuration");
    let another = json!({ "issuer": "https://login.example.com", "jwks_uri": keys });
    provider.document("/.well-known/openid-configuration", "200 OK", &another);
    doctor(&oidc).await.has("callers", "failed", "is of another issuer");
}

#[tokio::test]
async fn an_issuer_that_is_asked_must_know_this_server() {
    let provider = Provider::start().await;
    let asked = format!("{}/introspect", provider.address);
    let settings = [
        ("API_BASE_URL", "http://127.0.0.1:9"),
        ("AUTH_PROVIDER", "introspection"),
        ("AUTH_ISSUER", &*provider.address),
        ("AUTH_AUDIENCE", RESOURCE),
        ("AUTH_INTROSPECTION_URL", &*asked),
        ("AUTH_INTROSPECTION_CLIENT_ID", "mcp"),
        ("AUTH_INTROSPECTION_CLIENT_SECRET", "canary"),
    ];
    for (status, body, state, words) in [
        ("200 OK", r#"{"active":false}"#, "ok", "answers about tokens"),
        ("401 Unauthorized", "{}", "failed", "AUTH_INTROSPECTION_CLIENT_SECRET"),
        ("200 OK", "<html>", "failed", "not a JSON object"),
        ("200 OK", r#"{"active":true}"#, "failed", "that nobody has"),
    ] {
        provider.say(status, body);
        doctor(&settings).await.has("callers", state, words);
    }
}

#[tokio::test]
async fn keys_must_be_there_and_good() {
    let folder = Folder::new("keys");
    let file = folder.path("keys.json");
    let settings = [
        ("API_BASE_URL", "http://127.0.0.1:9"),
        ("AUTH_PROVIDER", "api_key"),
        ("AUTH_API_KEYS_FILE", &*file),
    ];
    doctor(&settings).await.has("callers", "failed", "keys create");
    let made = run(&["keys", "create", "--owner", "me"], &settings).await;
    assert_eq!(made.code, 0, "{made:?}");
    doctor(&settings).await.has("callers", "ok", "1 API keys that are good, 0 that are not any more");
    let id = made.stdout.trim_start_matches("mcpk_").split('_').next().unwrap();
    assert_eq!(run(&["keys", "revoke", id], &settings).await.code, 0);
    doctor(&settings).await.has("callers", "warning", "0 API keys");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    doctor(&settings).await.has("callers", "failed", "others may read it");
}

#[tokio::test]
async fn nobody_is_asked_where_only_this_machine_comes() {
    let base = ("API_BASE_URL", "http://127.0.0.1:9");
    doctor(&[base]).await.has("callers", "not configured", "AUTH_PROVIDER");
    let open = [base, ("HOST", "0.0.0.0"), ("ALLOW_UNAUTHENTICATED", "i-understand")];
    doctor(&open).await.has("callers", "warning", "ALLOW_UNAUTHENTICATED");
}

#[tokio::test]
async fn redis_must_be_there_and_keep_what_it_is_given() {
    let folder = Folder::new("redis");
    let base = [("API_BASE_URL", "http://127.0.0.1:9"), ("REDIS_SECRET", SECRET)];
    let mut redis = RedisServer::with(&folder.0.path().join("lru"), &["--maxmemory-policy", "allkeys-lru"]);
    let url = redis.url();
    let with = |url| [&base[..], &[("REDIS_URL", url)]].concat();
    let said = doctor(&with(&*url)).await;
    said.has("redis", "ok", "takes what is written");
    said.has("redis", "warning", "allkeys-lru");
    redis.ask(&["config", "set", "maxmemory", "100mb"]);
    doctor(&with(&*url)).await.has("redis", "failed", "servers do not use it");
    redis.kill();
    doctor(&with(&*url)).await.has("redis", "failed", "cannot be reached");
    let replica = RedisServer::with(&folder.0.path().join("replica"), &["--replicaof", "127.0.0.1", "1"]);
    doctor(&with(&replica.url())).await.has("redis", "failed", "it cannot be written");
    doctor(&base[..1]).await.has("redis", "not configured", "REDIS_URL");
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_told() {
    let at = |shift: u64, is_ahead: bool| {
        let shift = Duration::from_secs(shift);
        let time = if is_ahead { SystemTime::now() + shift } else { SystemTime::now() - shift };
        answer("200 OK", &format!("Date: {}\r\n", httpdate(time)))
    };
    for (shift, is_ahead, state, words) in [
        (0, true, "ok", "as others have it"),
        (120, false, "warning", "behind this machine's"),
        (3600, true, "failed", "ahead of this machine's"),
    ] {
        let address = format!("http://127.0.0.1:{}", answering(at(shift, is_ahead), None).await);
        doctor(&[("API_BASE_URL", &address)]).await.has("clock", state, words);
    }
    let address = format!("http://127.0.0.1:{}", answering(at(120, true), None).await);
    let provider = Provider::start().await;
    let tokens = [
        ("API_BASE_URL", &*address),
        ("AUTH_PROVIDER", "jwt"),
        ("AUTH_ISSUER", &*provider.address),
        ("AUTH_JWKS_URI", &provider.jwks()),
        ("AUTH_AUDIENCE", RESOURCE),
    ];
    doctor(&tokens).await.has("clock", "failed", "tokens are refused");
}

/// The form of a `Date` (RFC 9110, section 5.6.7).
fn httpdate(time: SystemTime) -> String {
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let date = Command::new("date")
        .args(["-u", "-d", &format!("@{seconds}"), "+%a, %d %b %Y %H:%M:%S GMT"])
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    String::from_utf8(date.stdout).unwrap().trim().to_owned()
}

#[tokio::test]
async fn a_certificate_must_be_good_and_lead_somewhere() {
    let (authority, folder) = (Authority::new(), Folder::new("certificate"));
    let (files, _) = authority.write(folder.0.path());
    let (certificate, key) = (folder.path("tls.crt"), folder.path("tls.key"));
    let settings =
        [("API_BASE_URL", "http://127.0.0.1:9"), ("TLS_CERT_FILE", &*certificate), ("TLS_KEY_FILE", &*key)];
    let own = fs::read_to_string(&files.certificate).unwrap();
    doctor(&settings).await.has("certificate", "ok", "is good until");
    doctor(&settings[..1]).await.has("certificate", "not configured", "speaks http");

    fs::write(&files.certificate, format!("{own}{}", Authority::new().pem())).unwrap();
    doctor(&settings).await.has("certificate", "warning", "do not lead");
    fs::write(&files.certificate, format!("{own}{}", authority.pem())).unwrap();
    let said = doctor(&settings).await;
    assert!(!said.all.contains("do not lead"), "{}", said.all);

    fs::set_permissions(&files.key, fs::Permissions::from_mode(0o644)).unwrap();
    doctor(&settings).await.has("certificate", "failed", "0600");
    write_key(&files.key, &KeyPair::generate().unwrap().serialize_pem());
    doctor(&settings).await.has("certificate", "failed", "not the key");

    let pair = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
    fs::write(&files.certificate, params.self_signed(&pair).unwrap().pem()).unwrap();
    write_key(&files.key, &pair.serialize_pem());
    doctor(&settings).await.has("certificate", "failed", "expired on 2021-01-01");
}

#[tokio::test]
async fn rules_must_fit_and_be_about_every_tool() {
    let folder = Folder::new("rules");
    let base = ("API_BASE_URL", "http://127.0.0.1:9");
    doctor(&[base]).await.has("policy", "ok", "the rules of the program");
    for (rules, state, words) in [
        (r#"permit (principal, action == Action::"get_sett", resource);"#, "failed", "get_sett"),
        (r#"permit (principal, action in Action::"effect:read", resource);"#, "warning", "add_task"),
        ("permit (principal, action, resource);", "ok", "1 rules fit"),
    ] {
        let file = folder.write("rules.cedar", rules);
        doctor(&[base, ("POLICY_FILE", &file)]).await.has("policy", state, words);
    }
}

#[tokio::test]
async fn a_journal_must_be_writable_and_whole() {
    let folder = Folder::new("journal");
    let (journal, base) = (folder.path("journal"), ("API_BASE_URL", "http://127.0.0.1:9"));
    let settings = [base, ("AUDIT_FOLDER", &*journal)];
    doctor(&settings).await.has("journal", "ok", "can be made");
    let call = ["call", "get_ces_version"];
    assert_eq!(run(&call, &settings).await.code, 1, "the API is away");
    let said = doctor(&settings).await;
    said.has("journal", "ok", "can be written");
    said.has("journal", "ok", "its last file is whole");

    let file = folder.0.path().join("journal/audit-000001.jsonl");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen("\"kind\":\"start\"", "\"kind\":\"stort\"", 1)).unwrap();
    doctor(&settings).await.has("journal", "failed", "audit-000001.jsonl:1: the record was changed");

    // Nobody, whatever their rights, can write below a file.
    let below = folder.write("file", "") + "/journal";
    doctor(&[base, ("AUDIT_FOLDER", &below)]).await.has("journal", "failed", "cannot be written");
    doctor(&[base, ("AUDIT_FOLDER", "/proc/journal")]).await.has("journal", "failed", "cannot be written");
    doctor(&[base]).await.has("journal", "not configured", "AUDIT_FOLDER");
}

#[tokio::test]
async fn a_disk_that_takes_no_more_is_told() {
    let folder = Folder::new("full");
    let program = env!("CARGO_BIN_EXE_code-pipeline-mcp");
    // A file may have no byte, as on a disk without room; without the signal, that is the error of a write.
    let script = format!("trap '' XFSZ; ulimit -f 0; exec {program} doctor --json");
    let output = Command::new("bash")
        .args(["-c", &script])
        .env_clear()
        .envs([("API_BASE_URL", "http://127.0.0.1:9"), ("AUDIT_FOLDER", &*folder.path("."))])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("cannot be written: File too large"), "{text}");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(fs::read_dir(folder.0.path()).unwrap().count(), 0, "what was tried is gone again");
}

#[tokio::test]
async fn whoever_waits_is_told_for_what() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let mut running = start(&["doctor"], &[("API_BASE_URL", &address)]);
    let line = running.log_line("still waiting for").await;
    assert!(line.starts_with("still waiting for: ") && line.ends_with("api"), "{line}");
    running.kill().await;
}
