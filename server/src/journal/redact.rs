//! Arguments as they may be recorded: what the document marks as secret, what is named like a secret and what looks like
//! one is replaced; what is long is cut.

use std::io::{self, Write};
use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Value, json};

/// What stands for a value that is not recorded.
const REDACTED: &str = "[redacted]";
/// The longest text that is recorded whole, in characters.
const LONGEST_TEXT: usize = 1024;
/// The largest arguments that are recorded, in bytes of JSON.
const LARGEST: usize = 16 * 1024;

/// Members with these words in their names hold secrets, whatever the document says.
const NAMES: [&str; 9] = [
    "password",
    "passwd",
    "secret",
    "token",
    "apikey",
    "authorization",
    "credential",
    "privatekey",
    "passphrase",
];

/// Text that is a secret wherever it stands: signed tokens, keys, header values, credentials in addresses.
static VALUES: LazyLock<Regex> = LazyLock::new(|| {
    let forms = [
        r"eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}\.",
        r"-----BEGIN [A-Z ]*PRIVATE KEY",
        r"(?i)\b(?:bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}",
        r"://[^/\s:@]+:[^/\s@]+@",
        r"\b(?:ghp|gho|ghu|ghs|ghr|github_pat)_[A-Za-z0-9_]{20,}",
        r"\bmcp[tr]_[A-Za-z0-9_-]{20,}",
        r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
        r"(?i)\bpass(?:word|wd)?\s*[=:]\s*\S",
    ];
    Regex::new(&forms.map(|form| format!("(?:{form})")).join("|")).expect("the forms are a valid pattern")
});

/// The shortest of these secrets that is made of letters, digits and dashes alone.
const SHORTEST: usize = 20;

/// How arguments are recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Redaction {
    /// Whether only what the document marks is redacted, not what is named or looks like a secret.
    pub marked_only: bool,
}

impl Redaction {
    /// The arguments as they may be recorded. `marked` are JSON pointers, `*` standing for any item or member.
    pub fn of(self, mut arguments: Value, marked: &[&str]) -> Value {
        for pointer in marked {
            let steps: Vec<&str> = pointer.split('/').skip(1).collect();
            hide(&mut arguments, &steps);
        }
        if !self.marked_only {
            look(&mut arguments);
        }
        cut(&mut arguments);
        let bytes = length(&arguments);
        if bytes > LARGEST { json!({ "omitted_bytes": bytes }) } else { arguments }
    }
}

/// The bytes of a value's text.
fn length(value: &Value) -> usize {
    struct Counted(usize);
    impl Write for Counted {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut counted = Counted(0);
    serde_json::to_writer(&mut counted, value).expect("a value is JSON, and counting does not fail");
    counted.0
}

fn hide(value: &mut Value, steps: &[&str]) {
    let Some((step, rest)) = steps.split_first() else {
        if !value.is_null() {
            *value = REDACTED.into();
        }
        return;
    };
    let name = step.replace("~1", "/").replace("~0", "~");
    match value {
        Value::Object(members) if *step == "*" => {
            members.values_mut().for_each(|member| hide(member, rest));
        }
        Value::Object(members) => {
            if let Some(member) = members.get_mut(&name) {
                hide(member, rest);
            }
        }
        Value::Array(items) if *step == "*" => items.iter_mut().for_each(|item| hide(item, rest)),
        Value::Array(items) => {
            if let Some(item) = name.parse().ok().and_then(|index: usize| items.get_mut(index)) {
                hide(item, rest);
            }
        }
        // Something else than what the document describes stands where a secret is expected.
        other => *other = REDACTED.into(),
    }
}

fn look(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if is_named_like_a_secret(name) && !member.is_null() {
                    *member = REDACTED.into();
                } else {
                    look(member);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(look),
        Value::String(text) if is_no_plain_word(text) && VALUES.is_match(text) => REDACTED.clone_into(text),
        _ => {}
    }
}

/// Whether a text has more to it than a short name or number, as most arguments are: none of the forms above fits into that,
/// and looking for them takes longer than all else here.
fn is_no_plain_word(text: &str) -> bool {
    text.len() >= SHORTEST || !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn is_named_like_a_secret(name: &str) -> bool {
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect();
    NAMES.iter().any(|word| plain.contains(word))
}

fn cut(value: &mut Value) {
    match value {
        Value::Object(members) => members.values_mut().for_each(cut),
        Value::Array(items) => items.iter_mut().for_each(cut),
        Value::String(text) if text.len() > LONGEST_TEXT => {
            let count = text.chars().count();
            if count > LONGEST_TEXT {
                let kept: String = text.chars().take(LONGEST_TEXT).collect();
                *text = format!("{kept}... ({count} characters)");
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t51_marked_named_and_recognised_secrets_are_not_recorded() {
        let arguments = json!({
            "srid": "ISPW",
            "pin": "canary-1",
            "httpHeaders": [{ "name": "a", "value": "canary-2" }, { "name": "b", "value": "canary-3" }],
            "API-Key": "canary-4",
            "nested": [{ "user_password": ["canary-5"] }],
            "note": "password=canary-6",
            "link": "https://user:canary-7@host/",
            "header": "Bearer canary-8-and-more",
            "jwt": "eyJhbGciOi.eyJjYW5hcnk.canary-9",
        });
        let marked = ["/pin", "/httpHeaders/*/value"];
        let recorded = Redaction::default().of(arguments.clone(), &marked).to_string();
        assert!(!recorded.contains("canary"), "{recorded}");
        assert!(recorded.contains("ISPW"), "{recorded}");
        let recorded = Redaction { marked_only: true }.of(arguments.clone(), &marked).to_string();
        for (canary, is_recorded) in
            [("canary-1", false), ("canary-3", false), ("canary-4", true), ("canary-6", true)]
        {
            assert_eq!(recorded.contains(canary), is_recorded, "{canary}: {recorded}");
        }
    }

    #[test]
    fn no_plain_word_is_a_secret() {
        for secret in [
            "eyJhbGciO.eyJzdWI.",
            "-----BEGIN PRIVATE KEY",
            "Basic 12345678",
            "://u:p@",
            "ghp_abcdefghijabcdefghij",
            "mcpt_abcdefghijabcdefghij",
            "mcpr_abcdefghijabcdefghij-_.x",
            "AKIA0123456789ABCDEF",
            "pass:y",
        ] {
            assert!(VALUES.is_match(secret) && is_no_plain_word(secret), "{secret}");
            // A letter less than the shortest that could be one.
            let word: String =
                secret.chars().filter(char::is_ascii_alphanumeric).take(SHORTEST - 1).collect();
            assert!(!VALUES.is_match(&word) && !is_no_plain_word(&word), "{word}");
        }
    }

    #[test]
    fn a_secret_in_another_form_than_expected_is_hidden_too() {
        let recorded = Redaction::default().of(json!({ "httpHeaders": "canary" }), &["/httpHeaders/*/value"]);
        assert_eq!(recorded, json!({ "httpHeaders": REDACTED }));
    }

    #[test]
    fn long_text_is_cut_and_large_arguments_are_left_out() {
        let text = |length: usize| json!({ "text": "x".repeat(length) });
        assert_eq!(Redaction::default().of(text(LONGEST_TEXT), &[]), text(LONGEST_TEXT));
        let recorded = Redaction::default().of(text(LONGEST_TEXT + 1), &[]);
        assert!(recorded["text"].as_str().unwrap().ends_with("... (1025 characters)"), "{recorded}");
        let many = json!({ "items": vec!["x".repeat(LONGEST_TEXT); 17] });
        assert_eq!(
            Redaction::default().of(many.clone(), &[]),
            json!({ "omitted_bytes": many.to_string().len() })
        );
    }
}
