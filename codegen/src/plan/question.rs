//! The question that a person is asked before a call, in the overlay's words: `{argument}` stands for a value.

use openapi::ir::{self, Operation};

use super::findings::Findings;
use super::model::{Confirm, Part, Struct};
use super::words;

/// What the overlay says of asking. A question that names what is no argument is an error, and asked with the title.
pub(crate) fn confirm(operation: &Operation, arguments: &Struct, findings: &mut Findings) -> Option<Confirm> {
    Some(match operation.mcp.confirm.as_ref()? {
        ir::Confirm::Never => Confirm::Never,
        ir::Confirm::Always => Confirm::Always,
        ir::Confirm::Question(question) => match read(&words::one_line(&words::clean(question)), arguments) {
            Ok(parts) => Confirm::Question(parts),
            Err(message) => {
                findings.error("hint", &operation.at, format!("`confirm`: {message}"));
                Confirm::Always
            }
        },
    })
}

fn read(question: &str, arguments: &Struct) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut rest = question;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}').ok_or("a `{` is not closed")?;
        if !arguments.fields.iter().any(|field| field.wire == name) {
            let known: Vec<&str> = arguments.fields.iter().map(|field| field.wire.as_str()).collect();
            return Err(format!("`{{{name}}}` is no argument; these are: {}", known.join(", ")));
        }
        if !before.is_empty() {
            parts.push(Part::Literal(before.to_owned()));
        }
        parts.push(Part::Parameter(name.to_owned()));
        rest = behind;
    }
    if !rest.is_empty() {
        parts.push(Part::Literal(rest.to_owned()));
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_hold_names_of_arguments() {
        let (rest, hidden) = (super::super::model::Rest::Refuse, Vec::new());
        let none = Struct { fields: Vec::new(), rest, hidden, min: None, max: None };
        assert_eq!(read("Really?", &none), Ok(vec![Part::Literal("Really?".to_owned())]));
        assert_eq!(read("Deploy {it", &none), Err("a `{` is not closed".to_owned()));
        assert_eq!(read("{it}?", &none), Err("`{it}` is no argument; these are: ".to_owned()));
    }
}
