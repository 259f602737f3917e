//! What a tool that reads answers, by an address: every variable of the template is an argument, and every argument that must be
//! given is a variable.

use openapi::ir::Operation;

use super::findings::Findings;
use super::model::{Effect, Tool};

/// Decides for each operation with such an address which tool it reads by: the operation's own, and no variant of it.
pub(crate) fn plan(named: &[(&Operation, Option<String>)], tools: &mut [Tool], findings: &mut Findings) {
    let mut taken: Vec<String> = Vec::new();
    for (operation, name) in named {
        let Some(hint) = &operation.mcp.resource else { continue };
        let tool = name.as_ref().and_then(|name| tools.iter_mut().find(|tool| tool.name == *name));
        let Some(tool) = tool else { continue };
        let fault = if taken.contains(&hint.template) {
            Some("another operation has this template".to_owned())
        } else {
            fault(&hint.template, tool)
        };
        match fault {
            Some(message) => findings.error("hint", &hint.at, format!("`resource`: {message}")),
            None => tool.resource = Some(hint.template.clone()),
        }
        taken.push(hint.template.clone());
    }
}

fn fault(template: &str, tool: &Tool) -> Option<String> {
    if tool.effect != Effect::Read {
        return Some(format!("`{}` is no read, and only what reads is read by an address", tool.name));
    }
    let scheme = template.split_once("://").map(|(scheme, _)| scheme);
    let is_scheme = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_lowercase())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte))
    };
    if !scheme.is_some_and(is_scheme) {
        return Some("it begins with a scheme, such as `name://`".to_owned());
    }
    let variables = match variables(template) {
        Ok(variables) => variables,
        Err(message) => return Some(message.to_owned()),
    };
    let fields = &tool.arguments.fields;
    let all = || fields.iter().map(|field| field.wire.as_str()).collect::<Vec<_>>().join(", ");
    if let Some(name) = variables.iter().find(|name| !fields.iter().any(|field| field.wire == ***name)) {
        return Some(format!("`{name}` is no argument of `{}`; these are: {}", tool.name, all()));
    }
    let missing = fields.iter().find(|field| field.required && !variables.contains(&field.wire.as_str()));
    missing.map(|field| {
        format!("`{}` needs the argument `{}`, which is no variable of it", tool.name, field.wire)
    })
}

/// The names in braces; they have something between them, and each stands once.
fn variables(template: &str) -> Result<Vec<&str>, &'static str> {
    let (mut variables, mut rest) = (Vec::new(), template);
    while let Some(open) = rest.find('{') {
        let close = rest[open..].find('}').ok_or("a brace is not closed")? + open;
        let name = &rest[open + 1..close];
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err("a variable is a name of letters, digits and underscores in braces");
        }
        if open == 0 && !variables.is_empty() {
            return Err("two variables have something between them");
        }
        if variables.contains(&name) {
            return Err("a variable stands in it twice");
        }
        variables.push(name);
        rest = &rest[close + 1..];
    }
    if rest.contains('}') { Err("a brace is closed that was not opened") } else { Ok(variables) }
}
