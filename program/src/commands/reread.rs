//! The settings, read again while the program serves: what can be taken is taken, what cannot is named, and what is wrong changes
//! nothing.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use server::resources::Shown;

use crate::Program;
use crate::refusal::Refusal;
use crate::settings::{Environment, Flag, Origin, Reload, Setting, Settings, load, shown};
use crate::telemetry::Volume;

/// Where the settings come from, and what is done with them. Copies are handles of the same.
#[derive(Clone)]
pub(crate) struct Reread(Arc<Inner>);

struct Inner {
    program: Program,
    file: Option<PathBuf>,
    flags: Vec<Flag>,
    /// What is in force.
    current: Mutex<Settings>,
    shown: Shown,
    volume: Volume,
}

impl Reread {
    /// From the same file, environment and flags as those that are in force.
    pub(crate) fn new(
        program: &Program,
        file: Option<PathBuf>,
        flags: Vec<Flag>,
        volume: Volume,
    ) -> Result<Self, Refusal> {
        let program = *program;
        let mut current =
            load(program.name, program.api, &Environment::of_process(), file.as_deref(), &flags)?;
        let shown = Shown::new(shown::members(&program, &mut current));
        let current = Mutex::new(current);
        Ok(Self(Arc::new(Inner { program, file, flags, current, shown, volume })))
    }

    /// How much is logged.
    pub(crate) fn volume(&self) -> Volume {
        self.0.volume.clone()
    }

    /// What `/status` shows.
    pub(crate) fn shown(&self) -> Shown {
        self.0.shown.clone()
    }

    /// Reads them again.
    pub(crate) fn again(&self) {
        let Inner { program, file, flags, .. } = &*self.0;
        let environment = Environment::of_process();
        match load(program.name, program.api, &environment, file.as_deref(), flags) {
            Ok(found) => self.take(found),
            Err(wrong) => {
                tracing::error!(%wrong, "the settings cannot be read again; those from before are still in force");
            }
        }
    }

    fn take(&self, mut found: Settings) {
        let mut current = self.0.current.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut taken, mut refused) = (Vec::new(), Vec::new());
        for index in 0..found.settings.len() {
            let Settings { config, settings, .. } = &mut *current;
            let (setting, origin): &mut (Setting, Origin) = &mut settings[index];
            if setting.kind.is_same(config, &mut found.config) {
                continue;
            }
            if setting.reload != Reload::Hangup {
                refused.push(setting.key.clone());
                continue;
            }
            // Its text was read from what is read.
            if setting.kind.put(config, &setting.kind.show(&mut found.config)).is_ok() {
                origin.clone_from(&found.settings[index].1);
                taken.push(setting.key.clone());
            }
        }
        if taken.iter().any(|key| key == "log.level") {
            self.0.volume.configure(current.config.log.level);
        }
        self.0.shown.put(shown::members(&self.0.program, &mut current));
        drop(current);
        tell(&taken, &refused);
    }
}

fn tell(taken: &[String], refused: &[String]) {
    if taken.is_empty() && refused.is_empty() {
        tracing::info!("the settings were read again, and are as they were");
    }
    if !taken.is_empty() {
        tracing::info!(
            settings = taken.join(", "),
            "the settings were read again: these have changed and are in force"
        );
    }
    if !refused.is_empty() {
        let settings = refused.join(", ");
        tracing::warn!(
            settings,
            "these settings have changed too, and what is made of them is made at the start: restart to take them"
        );
    }
}
