//! Names of packages.

use super::checked;

#[test]
fn a_name_is_one_that_cargo_takes() {
    for good in ["petstore-mcp", "a", "a_1"] {
        assert!(checked(good).is_ok(), "{good}");
    }
    for bad in ["", "Petstore", "1a", "a b", "fn", "codegen", "server", "test", "ä", &"a".repeat(65)] {
        assert!(checked(bad).is_err(), "{bad}");
    }
}
