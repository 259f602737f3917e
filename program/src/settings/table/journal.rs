//! The record of calls, and where copies of it go.

use crate::settings::setting::{Setting, setting};
use crate::settings::value::Kind;

/// What is recorded, and how its files are kept.
pub(super) fn rows() -> [Setting; 12] {
    [
        setting(
            "audit.folder",
            &["AUDIT_FOLDER"],
            Kind::Folder(|config| &mut config.journal.options.folder),
            "The folder of the journal, in which every call is recorded; while it is unset nothing is.",
        ),
        setting(
            "audit.enabled",
            &["FASTMCP_SECURITY_AUDIT_LOGGING_ENABLED", "SECURITY_AUDIT_LOGGING_ENABLED"],
            Kind::Switch(|config| &mut config.journal.enabled),
            "`false` switches the journal off although a folder is named.",
        ),
        setting(
            "audit.reads",
            &["AUDIT_READS"],
            Kind::Switch(|config| &mut config.server.engine.audit.reads),
            "Whether reads are recorded too; changes always are.",
        ),
        setting(
            "audit.reads_on_failure",
            &["AUDIT_FAIL_MODE"],
            Kind::OneOf {
                at: |config| usize::from(config.server.engine.audit.closed),
                put: |config, index| config.server.engine.audit.closed = index == 1,
                words: &["open", "closed"],
            },
            "`closed` refuses reads as well while the journal cannot be written; changes always are refused then.",
        ),
        setting(
            "audit.refusals_per_minute",
            &["AUDIT_REFUSALS_PER_MINUTE"],
            Kind::Count {
                at: |config| &mut config.journal.options.refusals_per_minute,
                minimum: 1,
                maximum: 1_000_000,
            },
            "How many refusals of one kind and one caller are recorded each in a minute; of the others the number is, so that a flood of them does not fill the disk.",
        ),
        setting(
            "audit.sensitive",
            &["FASTMCP_SECURITY_AUDIT_LOG_SENSITIVE_DATA", "SECURITY_AUDIT_LOG_SENSITIVE_DATA"],
            Kind::Switch(|config| &mut config.server.engine.audit.redaction.marked_only),
            "`true` records arguments that only look like secrets; what the document marks as secret never is.",
        ),
        setting(
            "audit.stdout",
            &["AUDIT_STDOUT"],
            Kind::Switch(|config| &mut config.journal.copied),
            "Whether `serve` prints every record on standard output as well, one JSON object a line; other commands, whose output is taken, on standard error.",
        ),
        setting(
            "audit.otlp",
            &["AUDIT_OTLP"],
            Kind::Switch(|config| &mut config.journal.collected),
            "Whether every record is sent to a collector of logs as well, by OTLP over HTTP (JSON); one that it cannot take is counted, and the journal has it.",
        ),
        setting(
            "audit.signing_key_file",
            &["AUDIT_SIGNING_KEY_FILE"],
            Kind::File(|config| &mut config.journal.signing_key),
            "The file of a private key, as `audit key` makes one, that signs the journal after every thousand records, at the beginning of a file and at the end.",
        ),
        setting(
            "audit.file_bytes",
            &["AUDIT_FILE_SIZE"],
            Kind::Bytes { at: |config| &mut config.journal.options.file_bytes, minimum: 4096 },
            "Bytes after which a new file of the journal is begun.",
        ),
        setting(
            "audit.file_seconds",
            &["AUDIT_FILE_AGE"],
            Kind::Seconds {
                at: |config| &mut config.journal.options.file_age,
                minimum: 1.0,
                maximum: 31_536_000.0,
            },
            "Time after which a new file of the journal is begun.",
        ),
        setting(
            "audit.keep_seconds",
            &["AUDIT_RETENTION"],
            Kind::Seconds {
                at: |config| &mut config.journal.options.keep,
                minimum: 0.0,
                maximum: 3_153_600_000.0,
            },
            "How long files of the journal are kept after their last record; 0 stands for ever.",
        ),
    ]
}
