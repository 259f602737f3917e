//! Which test changes a setting and sees the effect. A setting without one fails here, and so does a test that is gone or does not
//! name the setting.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::program_support::run;

/// Tests of a file, and the settings that each changes.
type Tests = &'static [(&'static str, &'static [&'static str])];

/// Files below the root, and their tests.
const REGISTER: &[(&str, Tests)] = &[
    (
        "tests/settings/listening.rs",
        &[
            ("host_and_port_say_where_it_listens_and_nowhere_else", &["listen.host", "listen.port"]),
            (
                "it_listens_beyond_this_machine_where_that_is_meant_and_strangers_read_where_that_is_said",
                &["listen.allow_unauthenticated", "policy.anonymous_reads"],
            ),
            (
                "it_speaks_tls_with_the_certificate_that_is_named",
                &["listen.tls_certificate_file", "listen.tls_key_file"],
            ),
            ("a_host_is_served_where_it_is_allowed", &["listen.allowed_hosts"]),
            (
                "a_page_is_served_where_its_origin_is_allowed_and_reads_where_cors_is_on",
                &["listen.allowed_origins", "listen.cors"],
            ),
            (
                "an_address_sends_so_many_requests_and_a_trusted_proxy_says_whose_they_are",
                &["listen.trusted_proxies", "limits.site_requests_per_minute", "limits.site_burst"],
            ),
        ],
    ),
    (
        "tests/settings/connections.rs",
        &[
            ("a_request_is_bounded_to_the_byte", &["limits.request_bytes"]),
            ("one_connection_more_than_there_may_be_waits", &["limits.connections"]),
            ("one_connection_more_than_an_address_may_have_is_closed", &["limits.connections_per_site"]),
            ("a_connection_of_http_2_is_told_how_many_requests_it_may_have", &["limits.streams"]),
            (
                "whoever_is_slow_is_not_waited_for",
                &[
                    "limits.head_seconds",
                    "limits.body_idle_seconds",
                    "limits.body_seconds",
                    "limits.keep_alive_seconds",
                ],
            ),
            ("whoever_does_not_read_is_let_go", &["limits.write_seconds"]),
            ("calls_go_on_after_a_signal_for_as_long_as_they_may", &["limits.drain_seconds"]),
        ],
    ),
    (
        "tests/settings/presenting.rs",
        &[
            ("as_much_is_logged_as_is_wanted_in_the_form_that_is_wanted", &["log.level", "log.format"]),
            ("the_server_presents_itself_as_it_is_told_to", &["mcp.name", "mcp.title", "mcp.instructions"]),
            (
                "lists_of_tools_are_kept_for_as_long_and_cut_as_is_said",
                &["mcp.tools_seconds", "mcp.tools_page_size"],
            ),
            ("what_is_not_wanted_is_not_offered", &["mcp.about_tools", "mcp.resources", "mcp.plain"]),
            ("so_many_clients_have_sessions", &["mcp.sessions"]),
            ("an_answer_is_cut_where_it_has_more_bytes_than_a_client_gets", &["mcp.max_answer_bytes"]),
            ("the_direct_lane_is_taken_where_it_is_on", &["mcp.direct_lane"]),
            (
                "clients_are_shown_the_tools_that_are_chosen_and_what_they_answer_if_that_is_wanted",
                &["mcp.tools_mode", "mcp.toolsets", "mcp.output_schemas"],
            ),
        ],
    ),
    (
        "tests/settings/metrics.rs",
        &[
            (
                "metrics_are_told_where_that_is_on_and_at_the_path_that_is_said",
                &["metrics.enabled", "metrics.path"],
            ),
            ("metrics_have_a_listener_of_their_own_where_one_is_named", &["metrics.address"]),
        ],
    ),
    (
        "tests/settings/tokens.rs",
        &[
            ("callers_are_asked_who_they_are_where_that_is_on", &["auth.enabled", "auth.providers"]),
            (
                "a_token_is_of_the_issuer_for_the_audience_by_the_keys_that_are_named",
                &["auth.issuers", "auth.audiences", "auth.jwks_uris", "auth.public_key_file"],
            ),
            ("a_token_is_signed_and_called_as_is_said", &["auth.algorithms", "auth.token_types"]),
            (
                "a_token_is_good_within_its_time_and_for_no_longer_than_may_be",
                &["auth.leeway_seconds", "auth.longest_life_seconds"],
            ),
            (
                "claims_are_read_by_the_names_that_are_set",
                &[
                    "auth.user_claims",
                    "auth.client_claims",
                    "auth.name_claims",
                    "auth.roles_claims",
                    "auth.groups_claims",
                    "auth.scopes_claims",
                    "auth.tenant_claims",
                ],
            ),
            (
                "clients_without_a_token_are_told_where_they_get_one_and_which_they_need",
                &["auth.resource", "auth.authorization_servers", "auth.required_scopes"],
            ),
            ("scopes_are_needed_for_tools_as_is_said", &["auth.scopes", "auth.scope_hierarchy"]),
            (
                "an_issuer_is_asked_about_tokens_as_the_client_that_is_set_and_as_often_as_is_said",
                &[
                    "auth.introspection_url",
                    "auth.introspection_client_id",
                    "auth.introspection_client_secret",
                    "auth.introspection_clients",
                    "auth.introspection_memory_seconds",
                ],
            ),
            (
                "authkit_is_known_by_its_domain_and_descope_by_its_project_or_document",
                &[
                    "auth.authkit_domain",
                    "auth.descope_project_id",
                    "auth.descope_base_url",
                    "auth.descope_config_url",
                ],
            ),
        ],
    ),
    (
        "tests/settings/logins.rs",
        &[
            (
                "github_is_asked_where_it_is_as_the_app_that_is_registered_there",
                &[
                    "auth.github_client_id",
                    "auth.github_client_secret",
                    "auth.github_url",
                    "auth.github_api_url",
                ],
            ),
            (
                "members_of_the_organisations_that_are_named_log_in_and_have_the_roles_that_are_said",
                &["auth.github_organizations", "auth.login_roles"],
            ),
            (
                "programs_register_and_are_known_by_an_address_where_that_is_allowed",
                &["auth.client_documents", "auth.client_registration"],
            ),
            (
                "a_login_and_its_tokens_last_for_as_long_as_is_said",
                &["auth.access_token_seconds", "auth.login_seconds"],
            ),
            ("logins_outlast_the_server_in_the_file_that_is_named", &["auth.logins_file", "auth.logins_key"]),
            (
                "google_is_asked_where_it_is_as_the_client_and_lets_in_accounts_of_the_domains_that_are_named",
                &[
                    "auth.google_client_id",
                    "auth.google_client_secret",
                    "auth.google_url",
                    "auth.google_domains",
                ],
            ),
        ],
    ),
    (
        "tests/settings/quotas.rs",
        &[
            (
                "all_together_and_each_caller_may_make_so_many_calls",
                &[
                    "quota.enabled",
                    "quota.per_minute",
                    "quota.burst",
                    "quota.caller_enabled",
                    "quota.caller_per_minute",
                ],
            ),
            ("a_change_counts_as_many_calls", &["quota.change_weight"]),
            ("a_key_may_make_so_many_calls", &["quota.api_key_per_minute", "auth.api_keys_file"]),
        ],
    ),
    (
        "tests/settings/upstream.rs",
        &[
            (
                "the_api_is_asked_at_its_address_with_its_token_after_the_word_that_it_wants",
                &["api.base_url", "api.token", "api.token_scheme"],
            ),
            ("the_version_of_http_is_the_one_that_is_set", &["api.http_version"]),
            ("the_api_may_be_in_these_networks_alone", &["api.allowed_networks"]),
            ("a_request_may_take_so_long", &["api.timeout_seconds"]),
            ("connecting_may_take_so_long", &["api.connect_timeout_seconds"]),
            ("an_answer_of_the_api_is_bounded_to_the_byte", &["api.max_answer_bytes"]),
            ("a_body_for_the_api_is_bounded_to_the_byte", &["api.max_body_bytes"]),
            (
                "connections_to_the_api_are_kept_where_that_is_wanted",
                &["api.idle_connections", "api.idle_seconds"],
            ),
            (
                "the_api_is_trusted_by_its_authority_and_shown_a_certificate",
                &["api.ca_file", "api.client_certificate", "api.client_key"],
            ),
            (
                "a_gateway_is_asked_in_the_place_of_the_api_and_told_whose_it_is",
                &["gateway.url", "gateway.headers", "gateway.origin_header"],
            ),
        ],
    ),
    (
        "tests/settings/accounts.rs",
        &[
            (
                "callers_have_credentials_of_their_own_in_the_file_that_is_named_by_the_key_that_is_set",
                &["api.account", "api.credentials_file", "api.credentials_key"],
            ),
            (
                "a_token_for_the_api_is_got_as_is_said",
                &[
                    "api.token_endpoint",
                    "api.client_id",
                    "api.client_secret",
                    "api.token_security_scheme",
                    "api.token_audience",
                    "api.token_resource",
                    "api.token_scopes",
                ],
            ),
            (
                "tokens_of_callers_are_sent_to_the_endpoint_where_their_issuer_is_named",
                &["api.token_issuers"],
            ),
            (
                "a_certificate_of_the_mainframe_is_sent_where_its_three_parts_are_set",
                &[
                    "api.credentials.certificate",
                    "api.credentials.certificateHost",
                    "api.credentials.certificatePort",
                ],
            ),
        ],
    ),
    (
        "tests/settings/calls.rs",
        &[
            ("a_whole_call_may_take_so_long", &["call.deadline_seconds"]),
            ("a_caller_waits_for_work_where_waits_are_allowed", &["call.longest_wait_seconds"]),
            ("callbacks_are_offered_where_hosts_for_them_are_named", &["call.callback_hosts"]),
            ("so_many_calls_are_answered_later", &["call.tasks", "call.tasks_per_caller"]),
            ("an_answer_that_comes_later_is_kept_for_so_long", &["call.tasks_kept_seconds"]),
            ("a_person_is_asked_where_that_is_wanted", &["confirm.mode", "confirm.tools"]),
            ("a_yes_is_taken_for_as_long_as_is_said", &["confirm.patience_seconds"]),
            ("a_level_is_protected_where_that_is_said", &["policy.protected_levels"]),
        ],
    ),
    (
        "tests/program/policy.rs",
        &[("a_signal_has_the_rules_read_again_and_wrong_ones_change_nothing", &["policy.file"])],
    ),
    (
        "tests/settings/answers.rs",
        &[
            ("answers_are_kept_where_that_is_on_and_there_is_room", &["cache.enabled", "cache.bytes"]),
            ("no_more_answers_are_kept_than_may_be", &["cache.entries"]),
            ("answers_are_kept_where_they_are_to_be", &["cache.backend"]),
            ("memory_is_asked_before_redis_for_a_part_of_the_time", &["cache.memory_share"]),
            ("an_identical_change_is_made_once_within_its_time", &["ledger.window_seconds"]),
            ("a_change_of_which_nobody_knows_is_not_made_again_within_its_time", &["ledger.unknown_seconds"]),
        ],
    ),
    (
        "tests/settings/failures.rs",
        &[
            (
                "so_much_is_asked_of_the_api_at_once",
                &["api.concurrent_requests", "api.concurrent_requests_per_caller"],
            ),
            ("what_failed_is_repeated_so_often", &["retry.attempts"]),
            ("a_repetition_is_waited_for_as_long_as_is_said", &["retry.base_delay_seconds"]),
            (
                "the_api_is_left_alone_after_so_many_connections_that_fail_and_for_so_long",
                &["breaker.connect_failures", "breaker.recovery_seconds"],
            ),
        ],
    ),
    (
        "tests/settings/journal.rs",
        &[
            (
                "calls_are_recorded_where_that_is_on_and_reads_where_they_are_wanted",
                &["audit.folder", "audit.enabled", "audit.reads"],
            ),
            (
                "files_are_begun_and_removed_as_is_said_and_reads_wait_for_them_where_that_is_said",
                &["audit.file_bytes", "audit.keep_seconds"],
            ),
            ("reads_go_on_without_a_record_where_that_is_said", &["audit.reads_on_failure"]),
            ("a_file_is_begun_when_the_one_before_is_old", &["audit.file_seconds"]),
            ("so_many_refusals_of_one_kind_are_recorded_each", &["audit.refusals_per_minute"]),
            ("what_looks_like_a_secret_is_recorded_where_that_is_said", &["audit.sensitive"]),
            (
                "the_record_is_signed_by_the_key_that_is_named_and_printed_where_that_is_said",
                &["audit.signing_key_file", "audit.stdout"],
            ),
            (
                "records_go_to_the_collector_that_is_named_with_the_headers_that_it_wants",
                &["audit.otlp", "otlp.endpoint", "otlp.logs_endpoint", "otlp.headers"],
            ),
        ],
    ),
    (
        "tests/settings/telemetry.rs",
        &[
            (
                "each_signal_is_sent_where_it_is_wanted",
                &[
                    "otlp.disabled",
                    "otlp.enabled",
                    "otlp.traces",
                    "otlp.tracing_enabled",
                    "otlp.metrics",
                    "otlp.metrics_enabled",
                    "otlp.logs",
                ],
            ),
            (
                "spans_and_numbers_go_to_addresses_of_their_own",
                &["otlp.traces_endpoint", "otlp.metrics_endpoint"],
            ),
            (
                "the_collector_is_told_what_the_service_is",
                &[
                    "otlp.service_name",
                    "otlp.service_version",
                    "otlp.environment",
                    "otlp.resource_attributes",
                ],
            ),
            ("requests_are_traced_as_the_sampler_says", &["otlp.sampler", "otlp.sampler_part"]),
            ("what_is_sent_is_json_and_nothing_else", &["otlp.protocol"]),
            (
                "spans_wait_as_many_and_as_long_as_is_said_and_go_together",
                &["otlp.batch_size", "otlp.batch_delay_milliseconds", "otlp.queue_size"],
            ),
            (
                "a_request_takes_so_long_and_the_same_spans_are_tried_for_so_long",
                &["otlp.timeout_milliseconds", "otlp.batch_timeout_milliseconds"],
            ),
            ("numbers_are_sent_as_often_as_is_said", &["otlp.metric_interval_milliseconds"]),
        ],
    ),
    (
        "tests/settings/replicas.rs",
        &[
            (
                "a_change_at_one_server_is_known_to_the_other_that_has_its_secret",
                &["redis.url", "redis.secret"],
            ),
            ("keys_in_redis_begin_as_is_said", &["redis.key_prefix"]),
            ("answers_are_written_to_redis_in_json_and_in_nothing_else", &["redis.serializer"]),
            ("a_read_waits_for_redis_for_so_long", &["redis.timeout_seconds"]),
            ("changes_wait_after_redis_came_back_empty_for_as_long_as_is_said", &["redis.settle_seconds"]),
            ("changes_go_on_without_redis_where_that_is_said", &["redis.changes_on_failure"]),
        ],
    ),
];

/// Settings without an effect in this program, by tests of what any other has. Each names what it changes by the option that the
/// setting is kept in.
const ELSEWHERE: &[(&str, &str, &str, &str)] = &[(
    // The overlay says of every read how long its answer is kept.
    "cache.default_seconds",
    "server/tests/engine/cache.rs",
    "t33_only_what_the_overlay_or_the_operator_names_is_kept",
    "default_ttl",
)];

/// The text of a test in this file, from its name to its end, and of the functions of the file that it calls; nothing where there is
/// no test of this name.
fn text_of(file: &str, test: &str) -> Option<String> {
    let at = file.find(&format!("fn {test}("))?;
    let line = file[..at].rfind('\n').map_or(0, |end| end + 1);
    let before = file[..line].lines().rev().take(3);
    let is_test = before
        .take_while(|line| *line != "}")
        .any(|line| line.starts_with("#[tokio::test") || line == "#[test]");
    let body = body(file, at)?;
    let called = file.match_indices("fn ").filter_map(|(at, _)| {
        let name = file[at + 3..].split(['(', '<']).next()?;
        (name != test && body.contains(&format!("{name}("))).then(|| self::body(file, at))?
    });
    is_test.then(|| called.fold(body.to_owned(), |all, called| all + called))
}

/// The text of the function that begins there.
fn body(file: &str, at: usize) -> Option<&str> {
    Some(&file[at..at + file[at..].find("\n}\n")?])
}

fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The settings that there are, each with its names in the environment.
async fn settings() -> BTreeMap<String, Vec<String>> {
    let listed = run(&["config", "--json"], &[]).await.stdout;
    let listed: Vec<Value> = serde_json::from_str(&listed).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let names = |setting: &Value| setting["environment"].as_array().unwrap().iter().map(text).collect();
    listed.iter().map(|setting| (text(&setting["key"]), names(setting))).collect()
}

#[tokio::test]
async fn every_setting_has_a_test_that_changes_it() {
    let settings = settings().await;
    let mut wrong = Vec::new();
    let mut registered = BTreeSet::new();
    for (path, tests) in REGISTER {
        let file = read(path);
        for (test, keys) in *tests {
            let Some(text) = text_of(&file, test) else {
                wrong.push(format!("{path} has no test `{test}`"));
                continue;
            };
            for key in *keys {
                let names = settings.get(*key).map(Vec::as_slice).unwrap_or_default();
                let is_named = names.iter().any(|name| text.contains(&format!("{name:?}")));
                if !is_named {
                    wrong.push(format!("{path}: `{test}` does not name {key}, as one of {names:?}"));
                }
                if !registered.insert((*key).to_owned()) {
                    wrong.push(format!("{key} is registered twice"));
                }
            }
        }
    }
    for (key, path, test, option) in ELSEWHERE {
        if !text_of(&read(path), test).is_some_and(|text| text.contains(option)) {
            wrong.push(format!("{path} has no test `{test}` that changes {option}"));
        }
        registered.insert((*key).to_owned());
    }
    let missing: Vec<&String> = settings.keys().filter(|key| !registered.contains(*key)).collect();
    assert!(
        missing.is_empty(),
        "no test changes {missing:?} and sees an effect: write one, and name it here"
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_test_is_found_by_its_name_and_only_if_it_is_one() {
    let file = "#[tokio::test]\nasync fn one() {\n    A\n}\n\nfn two() {\n    B\n}\n\n#[test]\nfn three() {\n    two() + C\n}\n";
    assert!(text_of(file, "one").is_some_and(|text| text.contains('A') && !text.contains('B')));
    assert!(text_of(file, "three").is_some_and(|text| text.contains('B') && text.contains('C')));
    assert_eq!((text_of(file, "two"), text_of(file, "four")), (None, None));
}
