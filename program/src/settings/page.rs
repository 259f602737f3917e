//! The page about every setting, for people who run a server they did not write: `docs/settings.md`.

use server::catalog::Api;

use crate::settings::{Config, Reload, Setting, key_of_file, table};

const HEAD: &str = "\
# Settings

Every setting there is, as the program's one table has it; a test writes this page. What is not here cannot be set, and a name that
looks like a setting and is none stops the start.

A setting is given by a name in the environment, by its key in a TOML file (`--settings FILE`, `SETTINGS_FILE`; a comment on each is in
[server.toml](../config/server.toml)) or by a flag (`--set KEY=VALUE`), the last being the strongest. Two names that disagree stop the start, and so does a
value that is not as the table says; [starts.md](starts.md) has what is said then. `code-pipeline-mcp config` prints what is in effect and
where each value came from.

- A **secret** is never shown, never taken from the command line, and may be in a file of its own: its name with `_FILE`, its key with `_file`.
- What a setting is **also** called are older names, those of the Python server and its documentation among them; they mean the same.
- A change takes effect at the next **start**, unless the last column says otherwise: at SIGHUP, at which the program reads all settings again, takes
  those and names the others that have changed; *file* is a file that is read again when it changes and at SIGHUP.
";

/// The whole page.
pub(crate) fn markdown(api: &'static Api) -> String {
    let (table, mut defaults) = (table(api), Config::of_program(""));
    let mut groups: Vec<(&str, Vec<&Setting>)> = Vec::new();
    for setting in &table {
        let group = setting.key.split('.').next().unwrap_or_default();
        match groups.iter_mut().find(|(known, _)| *known == group) {
            Some((_, settings)) => settings.push(setting),
            None => groups.push((group, vec![setting])),
        }
    }
    let mut page = HEAD.to_owned();
    for (group, settings) in groups {
        page.push_str(&format!(
            "\n## `{group}`\n\n| name, key | form | default | meaning | taken |\n|---|---|---|---|---|\n"
        ));
        for setting in settings {
            page.push_str(&row(setting, &mut defaults));
        }
    }
    page
}

fn row(setting: &Setting, defaults: &mut Config) -> String {
    let names = match setting.environment.split_first() {
        None => format!("`{}`", setting.key),
        Some((name, [])) => format!("`{name}`<br>`{}`", setting.key),
        Some((name, older)) => {
            let older: Vec<String> = older.iter().map(|name| format!("`{name}`")).collect();
            format!("`{name}`<br>`{}`<br>also {}", setting.key, older.join(", "))
        }
    };
    let mut form = setting.kind.accepted();
    if setting.kind.is_secret() {
        form.push_str(&format!(
            "; a **secret**, or its path in `{}_FILE`, `{}`",
            setting.environment[0],
            key_of_file(setting)
        ));
    }
    let default = setting.kind.show(defaults);
    let default = if default.is_empty() { default } else { format!("`{default}`") };
    let taken = match setting.reload {
        Reload::Start => "start",
        Reload::Hangup => "SIGHUP",
        Reload::File => "file",
    };
    let plain = |text: &str| text.replace('|', "\\|");
    format!("| {names} | {} | {default} | {} | {taken} |\n", plain(&form), plain(&setting.help))
}
