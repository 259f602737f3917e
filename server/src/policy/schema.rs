//! The schema that rules are checked against, written from the catalog: who may call, one action for each tool with its typed
//! arguments, and groups of actions by effect, by tag, and of those that tell of the caller.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::facts::MOMENT;
use super::shape::{Member, Shape, Type};
use crate::catalog::{Api, Effect, Tool};
use crate::own::about;

/// The group of actions of this effect.
pub(super) fn of_effect(effect: Effect) -> String {
    format!("effect:{}", effect.word())
}

/// The group of actions of this tag.
fn of_tag(tag: &str) -> String {
    format!("tag:{tag}")
}

/// The group of actions that tell of whoever calls and of nothing else: always there, whatever the API has.
const OF_THE_CALLER: &str = "about:caller";

/// What is known of every caller, whatever it is; each attribute with its type.
const CALLER: [(&str, &str); 10] = [
    ("client?", "String"),
    ("groups", "Set<String>"),
    ("issuer", "String"),
    ("name?", "String"),
    ("names", "Set<String>"),
    ("provider", "String"),
    ("roles", "Set<String>"),
    ("scopes", "Set<String>"),
    ("subject", "String"),
    ("tenant?", "String"),
];

/// The schema of these tools in Cedar's own form.
pub(super) fn text(api: &Api, tools: &[&Tool], shapes: &[Shape]) -> String {
    let mut text = format!(
        "// Who may call which tool of {}, as rules of access see it: written from the catalog by `policy schema`.\n\n",
        api.title.replace(char::is_control, " ")
    );
    text.push_str(&callers());
    text.push_str(&environment());
    text.push_str(&groups(tools));
    for (tool, shape) in tools.iter().zip(shapes) {
        text.push_str(&action(tool, shape));
    }
    text
}

fn callers() -> String {
    let attributes: String =
        CALLER.iter().map(|(name, kind)| format!("  {name}: {kind},\n")).collect::<String>();
    let mut text = String::from(
        "// What callers are in: `principal in Role::\"developer\"`.\nentity Role, Group, Tenant, Client;\n\n",
    );
    for (name, says) in [
        (
            "User in [Role, Group, Tenant, Client]",
            "Somebody with a token. Its id is the provider, a colon and the subject.",
        ),
        (
            "ApiKey in [Role, Group, Tenant, Client]",
            "Somebody with a key of this server. Its id is the key's.",
        ),
        (
            "LocalOwner",
            "Whoever runs this program, or can reach a loopback listener that asks nobody. There is one, `local_owner`.",
        ),
        ("Anonymous", "Somebody who named nobody, where that is allowed. There is one, `anonymous`."),
    ] {
        let _ = write!(text, "// {says}\nentity {name} = {{\n{attributes}}};\n\n");
    }
    text
}

fn environment() -> String {
    let parts: String = MOMENT
        .iter()
        .map(|name| {
            let kind = match *name {
                "now" => "datetime",
                "hour" | "minute" => "Long",
                _ => "String",
            };
            format!("  {name}: {kind},\n")
        })
        .collect();
    format!(
        "// The API. There is one, `api`; what it has is set by whoever runs the server.\nentity Api = {{\n  \
         anonymous_reads: Bool,\n  protected_levels: Set<String>,\n  title: String,\n}};\n\n\
         // When a call is made, in UTC.\ntype Moment = {{\n{parts}}};\n\n"
    )
}

/// All groups of actions but the one that tells of the caller, which stands last.
fn named_groups(tools: &[&Tool]) -> impl Iterator<Item = String> {
    let effects = [Effect::Read, Effect::Write, Effect::Destroy].map(of_effect);
    let tags: BTreeSet<&str> = tools.iter().flat_map(|tool| tool.tags).copied().collect();
    effects.into_iter().chain(tags.into_iter().map(of_tag))
}

/// All groups of actions.
pub(super) fn all_groups(tools: &[&Tool]) -> impl Iterator<Item = String> {
    named_groups(tools).chain([OF_THE_CALLER.to_owned()])
}

/// The groups of actions that this tool is in.
pub(super) fn groups_of(tool: &Tool) -> impl Iterator<Item = String> {
    let tags: BTreeSet<&str> = tool.tags.iter().copied().collect();
    let about = about::tells_of_the_caller(tool).then(|| OF_THE_CALLER.to_owned());
    [of_effect(tool.effect)].into_iter().chain(tags.into_iter().map(of_tag)).chain(about)
}

fn groups(tools: &[&Tool]) -> String {
    let mut text = String::from("// Groups: `action in Action::\"effect:read\"`.\n");
    for name in named_groups(tools) {
        let _ = writeln!(text, "action {name:?};");
    }
    let _ = writeln!(
        text,
        "// Tools of this server that tell of whoever calls and of nothing else.\naction {OF_THE_CALLER:?};\n"
    );
    text
}

fn action(tool: &Tool, shape: &Shape) -> String {
    let name = tool.name;
    let groups = groups_of(tool).map(|group| format!("{group:?}")).collect::<Vec<_>>().join(", ");
    let arguments = record(&shape.members, 1);
    // Nobody can be given what an anonymous caller has.
    let anonymous = if tool.effect == Effect::Read { ", Anonymous" } else { "" };
    let mut text = String::new();
    for (argument, reason) in &shape.left_out {
        let argument = argument.replace(char::is_control, " ");
        let _ = writeln!(text, "// {argument} is no part of this: {reason}.");
    }
    let _ = write!(
        text,
        "type arguments_of_{name} = {arguments};\naction {name:?} in [{groups}] appliesTo {{\n  \
         principal: [User, ApiKey, LocalOwner{anonymous}],\n  resource: [Api],\n  context: {{\n    \
         address?: ipaddr,\n    arguments: arguments_of_{name},\n    provider: String,\n    time: Moment,\n    \
         // The arguments with every text in upper case.\n    upper: arguments_of_{name},\n  }},\n}};\n\n"
    );
    text
}

fn record(members: &[Member], depth: usize) -> String {
    let indent = "  ".repeat(depth);
    let mut text = String::from("{");
    for member in members {
        let mark = if member.is_certain() { "" } else { "?" };
        let _ =
            write!(text, "\n{indent}{}{mark}: {},", attribute(&member.name), of_type(&member.kind, depth));
    }
    if !members.is_empty() {
        let _ = write!(text, "\n{}", "  ".repeat(depth - 1));
    }
    text.push('}');
    text
}

/// A name as it stands where it is a word, else in quotes.
fn attribute(name: &str) -> String {
    let is_word = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    // Words of the language are names only in quotes.
    let is_taken = ["in", "is", "has", "like", "if", "then", "else", "true", "false"].contains(&name);
    if is_word && !is_taken { name.to_owned() } else { format!("{name:?}") }
}

fn of_type(kind: &Type, depth: usize) -> String {
    match kind {
        Type::Text => "String".to_owned(),
        Type::Integer => "Long".to_owned(),
        Type::Boolean => "Bool".to_owned(),
        Type::Set(kind) => format!("Set<{}>", of_type(kind, depth)),
        Type::Record(members) => record(members, depth + 1),
    }
}
