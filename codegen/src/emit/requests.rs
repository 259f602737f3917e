//! Writing the request: one line per parameter or member, in order.

use proc_macro2::TokenStream;
use quote::quote;

use super::{bodies, ident, literals};
use crate::plan::model::{Location, Parameter, Source, Style, Tool, Write};

/// `Arguments` of a tool's argument struct.
pub(super) fn arguments(tool: &Tool) -> TokenStream {
    let rules = tool.writes.iter().filter_map(|write| match write {
        Write::Parameter(parameter, _) => Some(rule(parameter)),
        Write::Media(_) | Write::ObjectBody | Write::Member(..) | Write::Body(_) => None,
    });
    let steps = tool.writes.iter().map(step);
    let request = ident(if tool.writes.is_empty() { "_request" } else { "request" });
    quote! {
        impl rt::Arguments for Arguments {
            fn write(&self, #request: &mut rt::Parts) {
                #(#rules)*
                #(#steps)*
            }
        }
    }
}

fn rule(parameter: &Parameter) -> TokenStream {
    let constant = ident(&parameter.constant);
    let Parameter { name, explode, allow_reserved, allow_empty, .. } = parameter;
    let rule = parameter_rule(name, parameter.style, *explode, *allow_reserved, *allow_empty);
    quote!(static #constant: rt::ParameterRule = #rule;)
}

/// How a parameter is written, as an expression; the usual ways have a word of their own.
pub(super) fn parameter_rule(
    name: &str,
    style: Style,
    explode: bool,
    allow_reserved: bool,
    allow_empty: bool,
) -> TokenStream {
    match (style, explode, allow_reserved, allow_empty) {
        (Style::Simple, false, false, false) => quote!(rt::ParameterRule::simple(#name)),
        (Style::Form, true, false, false) => quote!(rt::ParameterRule::form(#name)),
        _ => {
            let style = self::style(style);
            quote! {
                rt::ParameterRule {
                    name: #name,
                    style: rt::Style::#style,
                    explode: #explode,
                    allow_reserved: #allow_reserved,
                    allow_empty: #allow_empty,
                }
            }
        }
    }
}

/// The runtime's name of a style.
fn style(style: Style) -> TokenStream {
    match style {
        Style::Matrix => quote!(Matrix),
        Style::Label => quote!(Label),
        Style::Form => quote!(Form),
        Style::Simple => quote!(Simple),
        Style::SpaceDelimited => quote!(SpaceDelimited),
        Style::PipeDelimited => quote!(PipeDelimited),
        Style::DeepObject => quote!(DeepObject),
        Style::DeepBrackets => quote!(DeepBrackets),
        Style::DeepRepeated => quote!(DeepRepeated),
        Style::TabDelimited => quote!(TabDelimited),
        Style::Cookie => quote!(Cookie),
        Style::Json => quote!(Json),
        Style::FormText => quote!(FormText),
        Style::WholeJson => quote!(WholeJson),
        Style::WholeForm => quote!(WholeForm),
        Style::WholeText => quote!(WholeText),
    }
}

fn step(write: &Write) -> TokenStream {
    match write {
        Write::Parameter(parameter, source) => {
            let constant = ident(&parameter.constant);
            let location = match parameter.location {
                Location::Path => quote!(path),
                Location::Query => quote!(query),
                Location::Header => quote!(header),
                Location::Cookie => quote!(cookie),
            };
            from(source, |value| quote!(request.#location(&#constant, #value);))
        }
        Write::Media(body) => bodies::media(body),
        Write::ObjectBody => quote!(request.object_body();),
        Write::Member(name, source) => from(source, |value| quote!(request.member(#name, #value);)),
        Write::Body(source) => from(source, |value| quote!(request.body(#value);)),
    }
}

/// The statement that writes a value, if there is one.
fn from(source: &Source, write: impl FnOnce(TokenStream) -> TokenStream) -> TokenStream {
    match source {
        Source::Required(field) => {
            let field = ident(field);
            write(quote!(&self.#field))
        }
        Source::Optional(field) => {
            let field = ident(field);
            let write = write(quote!(value));
            quote!(if let Some(value) = &self.#field { #write })
        }
        Source::Pinned(value) => {
            let value = literals::constant(value);
            write(quote!(&#value))
        }
    }
}
