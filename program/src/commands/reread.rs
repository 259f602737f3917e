//! The settings, read again while the program serves: what can be taken is taken, what cannot is named, and what is wrong changes
//! nothing.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use server::Server;
use server::journal::{By, Event};
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

    /// Reads them again on the word of a signal, and has this server take what it can take while it runs: all of it, or nothing
    /// where anything is wrong.
    pub(crate) fn again(&self, server: &Server) {
        let Inner { program, file, flags, .. } = &*self.0;
        let environment = Environment::of_process();
        let found = load(program.name, program.api, &environment, file.as_deref(), flags);
        let taken = found.map_err(|wrong| wrong.to_string()).and_then(|found| self.take(found, server));
        server.record(match taken {
            Ok(Taken { taken, refused }) => {
                tell(&taken, &refused);
                Event::SettingsAccepted { by: By::Signal, taken, restart: refused }
            }
            Err(wrong) => {
                tracing::error!(%wrong, "the settings cannot be read again; those from before are still in force");
                Event::SettingsRefused { by: By::Signal, cause: wrong }
            }
        });
    }

    fn take(&self, mut found: Settings, server: &Server) -> Result<Taken, String> {
        // Before anything is changed here: it judges them too.
        server.take(&found.config.server).map_err(|error| error.to_string())?;
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
            let text = setting.kind.show(&mut found.config);
            if setting.kind.put(config, &text).is_ok() {
                origin.clone_from(&found.settings[index].1);
                taken.push((setting.key.clone(), text));
            }
        }
        if taken.iter().any(|(key, _): &(String, String)| key == "log.level") {
            self.0.volume.configure(current.config.log.level);
        }
        self.0.shown.put(shown::members(&self.0.program, &mut current));
        Ok(Taken { taken, refused })
    }
}

/// What came of a reading.
struct Taken {
    /// What has changed and is in force, by key: what it is now.
    taken: Vec<(String, String)>,
    /// The keys of what has changed and needs a restart.
    refused: Vec<String>,
}

fn tell(taken: &[(String, String)], refused: &[String]) {
    if taken.is_empty() && refused.is_empty() {
        tracing::info!("the settings were read again, and are as they were");
    }
    if !taken.is_empty() {
        tracing::info!(
            settings = taken.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>().join(", "),
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
