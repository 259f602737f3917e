//! Texts with `{{name}}` where something goes.

/// Puts the values in their places. A place without a value stays, so that a test sees it.
pub(super) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(start) = rest.find("{{") {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let found = rest.find("}}").and_then(|end| {
            let (_, value) = values.iter().find(|(name, _)| *name == &rest[2..end])?;
            Some((end, value))
        });
        match found {
            Some((end, value)) => {
                out.push_str(value);
                rest = &rest[end + 2..];
            }
            None => {
                out.push_str("{{");
                rest = &rest[2..];
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_to_their_places_and_are_not_read_again() {
        let values = [("a", "{{b}}"), ("b", "2")];
        assert_eq!(fill("{{a}} {{b}} ${{ vars.C }} {{", &values), "{{b}} 2 ${{ vars.C }} {{");
    }
}
