//! What the compiler would refuse in a program that parses: names that one scope holds twice.

use std::collections::HashSet;

use syn::{Fields, Ident, ImplItem, Item, Stmt};

/// Names of one scope, by the kinds that may share a name.
#[derive(Default)]
struct Scope {
    types: HashSet<String>,
    values: HashSet<String>,
}

/// Looks into all items, and at what stands in them.
pub(crate) fn no_name_twice<'a>(items: impl IntoIterator<Item = &'a Item>, of: &str) {
    let items: Vec<&Item> = items.into_iter().collect();
    in_scope(&items, of);
}

fn in_scope(items: &[&Item], of: &str) {
    let mut scope = Scope::default();
    for item in items {
        match item {
            Item::Mod(module) => {
                once(&mut scope.types, &module.ident, of);
                let (_, inner) = module.content.as_ref().expect("modules are written with their content");
                in_scope(&inner.iter().collect::<Vec<_>>(), &format!("{of}::{}", module.ident));
            }
            Item::Struct(object) => {
                once(&mut scope.types, &object.ident, of);
                if let Fields::Named(fields) = &object.fields {
                    let mut known = HashSet::new();
                    let names = fields.named.iter().filter_map(|field| field.ident.as_ref());
                    names.for_each(|name| once(&mut known, name, &format!("{of}::{}", object.ident)));
                }
            }
            Item::Enum(choice) => {
                once(&mut scope.types, &choice.ident, of);
                let mut known = HashSet::new();
                let of = format!("{of}::{}", choice.ident);
                choice.variants.iter().for_each(|variant| once(&mut known, &variant.ident, &of));
            }
            Item::Static(held) => once(&mut scope.values, &held.ident, of),
            Item::Const(held) => once(&mut scope.values, &held.ident, of),
            Item::Fn(function) => {
                once(&mut scope.values, &function.sig.ident, of);
                in_block(&function.block.stmts, &format!("{of}::{}", function.sig.ident));
            }
            Item::Impl(block) => {
                for item in &block.items {
                    if let ImplItem::Fn(function) = item {
                        in_block(&function.block.stmts, &format!("{of}::{}", function.sig.ident));
                    }
                }
            }
            _ => {}
        }
    }
}

/// Items may stand in functions too; variables may be bound again.
fn in_block(statements: &[Stmt], of: &str) {
    let items = statements
        .iter()
        .filter_map(|statement| if let Stmt::Item(item) = statement { Some(item) } else { None });
    in_scope(&items.collect::<Vec<_>>(), of);
}

fn once(known: &mut HashSet<String>, name: &Ident, of: &str) {
    assert!(known.insert(name.to_string()), "{of} holds `{name}` twice");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> bool {
        let file = syn::parse_file(text).expect("the example parses");
        std::panic::catch_unwind(|| no_name_twice(&file.items, "test")).is_ok()
    }

    #[test]
    fn a_name_twice_is_found_wherever_it_stands() {
        for twice in [
            "struct A; struct A;",
            "mod a {} enum a {}",
            "struct A { a: u8, r#a: u8, a: u8 }",
            "enum A { B, B }",
            "static A: u8 = 0; const A: u8 = 0;",
            "mod m { fn f() { static A: u8 = 0; static A: u8 = 0; } }",
            "impl A { fn f() { static A: u8 = 0; static A: u8 = 0; } }",
        ] {
            assert!(!check(twice), "{twice}");
        }
        assert!(check(
            "struct A { a: u8 } fn a() { let a = 1; let a = 2; } mod m { struct A; } static A: u8 = 0;"
        ));
    }
}
