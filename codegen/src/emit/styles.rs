//! How a parameter, or a member of a form, is written: its style as the runtime's rule.

use proc_macro2::TokenStream;
use quote::quote;

use crate::plan::model::Style;

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
