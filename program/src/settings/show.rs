//! The settings in effect as people and programs read them. A secret is four stars, whatever its length.

use serde_json::{Value, json};
use server::catalog::Api;

use crate::settings::{Config, Origin, Setting, Settings, key_of_file, table};
use crate::table::columns;

/// A table of key, value and origin.
pub(crate) fn as_text(settings: &mut Settings) -> String {
    let mut rows = vec![["setting".to_owned(), "value".to_owned(), "from".to_owned()]];
    let Settings { config, settings, .. } = settings;
    for (setting, origin) in settings.iter() {
        let value = setting.kind.show(config);
        let value = if value.is_empty() { "(not set)".to_owned() } else { value };
        rows.push([setting.key.clone(), value, origin.to_string()]);
    }
    columns(&rows)
}

/// The same for programs.
pub(crate) fn as_json(settings: &mut Settings) -> Value {
    let Settings { config, settings, .. } = settings;
    let row = |(setting, origin): &(Setting, Origin)| {
        let value = setting.kind.show(config);
        let value = if value.is_empty() { Value::Null } else { Value::String(value) };
        json!({
            "key": setting.key,
            "value": value,
            "from": origin.to_string(),
            "environment": setting.environment,
            "secret": setting.kind.is_secret(),
            "help": setting.help,
        })
    };
    Value::Array(settings.iter().map(row).collect())
}

/// The table of every setting for a README: names, default, meaning.
pub(crate) fn as_markdown(api: &'static Api) -> String {
    let mut defaults = Config::of_program("");
    let mut text = String::from("| environment | settings file | default | meaning |\n|---|---|---|---|\n");
    for setting in table(api) {
        let mut names: Vec<String> = setting.environment.iter().map(|name| format!("`{name}`")).collect();
        let mut keys = format!("`{}`", setting.key);
        if setting.kind.is_secret() {
            names.push(format!("or a path in `{}_FILE`", setting.environment[0]));
            keys.push_str(&format!(", `{}`", key_of_file(&setting)));
        }
        let default = setting.kind.show(&mut defaults);
        let default = if default.is_empty() { default } else { format!("`{default}`") };
        text.push_str(&format!("| {} | {keys} | {default} | {} |\n", names.join(", "), setting.help));
    }
    text
}
