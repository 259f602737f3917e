//! `audit`: the journal read back. It is read as it stands, also while a server writes to it.

mod choice;
mod format;

use std::io;
use std::path::Path;
use std::process::ExitCode;

use server::journal::{PublicKey, Record, SigningKey, Verified, records, verify, verify_signed};

use crate::arguments::{Audit, AuditCommand, AuditFormat};
use crate::output::print;
use crate::refusal::Refusal;
use crate::settings::Config;
use choice::Choice;

/// Does what was asked of the journal.
pub(crate) fn run(config: &Config, audit: &Audit) -> Result<ExitCode, Refusal> {
    let folder = || folder(config, audit);
    match &audit.command {
        AuditCommand::Key { file } => return made(file),
        AuditCommand::Verify { public_key } => return verified(folder()?, public_key.as_deref()),
        AuditCommand::Tail { records: count, format } => {
            let mut last = chosen(folder()?, &Choice::default())?;
            last.drain(..last.len().saturating_sub(*count));
            show(&last, *format)?;
        }
        AuditCommand::Search { filter, format } | AuditCommand::Export { filter, format } => {
            let found = chosen(folder()?, &Choice::of(filter)?)?;
            show(&found, *format)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn folder<'a>(config: &'a Config, audit: &'a Audit) -> Result<&'a Path, Refusal> {
    let folder = audit.folder.as_deref().unwrap_or(&config.journal.options.folder);
    if folder.as_os_str().is_empty() {
        return Err(Refusal::configuration("no journal is named: set AUDIT_FOLDER, or give --folder DIR"));
    }
    Ok(folder)
}

fn made(file: &Path) -> Result<ExitCode, Refusal> {
    let key = SigningKey::make(file).map_err(|error| Refusal::failure(error.to_string()))?;
    print(key.public_pem().trim_end()).map(|()| ExitCode::SUCCESS)
}

/// Nothing found is nothing printed, not an empty line.
fn show(records: &[Record], format: AuditFormat) -> Result<(), Refusal> {
    let text = format::written(records, format);
    if text.is_empty() { Ok(()) } else { print(&text) }
}

fn verified(folder: &Path, public_key: Option<&Path>) -> Result<ExitCode, Refusal> {
    let key =
        public_key.map(PublicKey::read).transpose().map_err(|error| Refusal::failure(error.to_string()))?;
    let found = key.as_ref().map_or_else(|| verify(folder), |key| verify_signed(folder, key));
    match found.map_err(|error| unreadable(folder, &error))? {
        Ok(whole) => {
            let is_signed = key.is_none() || whole.signed > 0;
            print(&summary(&whole, key.is_some()))?;
            Ok(if is_signed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Err(damage) => {
            eprintln!("{}:{}: {}", damage.file.display(), damage.line, damage.what);
            Ok(ExitCode::FAILURE)
        }
    }
}

fn summary(whole: &Verified, is_checked: bool) -> String {
    let Verified { files, records, first, starts, torn, lost, checkpoints, signed, last } = whole;
    let mut text = format!("whole: {records} records in {files} files, written by {starts} processes");
    if *first > 1 {
        text.push_str(&format!("; the first is number {first}, older files are gone"));
    }
    if *torn > 0 {
        text.push_str(&format!("; {torn} torn by a crash"));
    }
    if *lost > 0 {
        text.push_str(&format!("; {lost} lost while the disk failed"));
    }
    text.push_str(&match (is_checked, checkpoints) {
        (false, 0) => String::new(),
        (false, _) => format!("; {checkpoints} signatures were not checked (--public-key)"),
        (true, 0) => "; none is signed".to_owned(),
        (true, _) => format!("; signed up to record {signed} of {last}"),
    });
    text
}

fn chosen(folder: &Path, choice: &Choice) -> Result<Vec<Record>, Refusal> {
    let failed = |error: &io::Error| unreadable(folder, error);
    let mut found = Vec::new();
    for record in records(folder).map_err(|error| failed(&error))? {
        let record = record.map_err(|error| failed(&error))?;
        if choice.takes(&record) {
            found.push(record);
        }
    }
    Ok(found)
}

fn unreadable(folder: &Path, error: &io::Error) -> Refusal {
    Refusal::failure(format!("the journal in {} cannot be read: {error}", folder.display()))
}
