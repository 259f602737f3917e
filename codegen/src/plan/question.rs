//! The question that a person is asked before a call, in the overlay's words: `{argument}` stands for a value.

use openapi::ir::{Confirm, Operation};

use super::findings::Findings;
use super::model::{Part, Struct};
use super::words;

/// The question's parts; none where it has no words of its own, or names what is no argument.
pub(crate) fn parts(operation: &Operation, arguments: &Struct, findings: &mut Findings) -> Vec<Part> {
    let Some(Confirm::Question(question)) = &operation.mcp.confirm else { return Vec::new() };
    match read(&words::one_line(&words::clean(question)), arguments) {
        Ok(parts) => parts,
        Err(message) => {
            findings.error("hint", &operation.at, format!("`confirm`: {message}"));
            Vec::new()
        }
    }
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
