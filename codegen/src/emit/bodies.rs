//! How a body is written, as one static rule.

use proc_macro2::TokenStream;
use quote::quote;

use super::styles::parameter_rule;
use crate::plan::model::{Body, BodyKind, BodyPart, Lists, MemberStyle, PartKind};

/// The statement that says how a body is written. It is a block, so that the name of its static rule is nobody else's.
pub(super) fn media(body: &Body) -> TokenStream {
    let media_type = &body.media_type;
    let kind = match &body.kind {
        BodyKind::Json => quote!(Json),
        BodyKind::Form(members) => {
            let members = members.iter().map(member);
            quote!(Form(&[#(#members),*]))
        }
        BodyKind::Multipart { named, first, other } => {
            let (named, first, other) = (named.iter().map(part), first.iter().map(part), part(other));
            quote! {
                Multipart(&rt::MultipartRule { named: &[#(#named),*], first: &[#(#first),*], other: #other })
            }
        }
        BodyKind::Text => quote!(Text),
        BodyKind::Xml => quote!(Xml),
        BodyKind::Bytes => quote!(Bytes),
    };
    quote! {
        {
            static RULE: rt::BodyRule = rt::BodyRule { media_type: #media_type, kind: rt::BodyKind::#kind };
            request.media(&RULE);
        }
    }
}

fn member(member: &MemberStyle) -> TokenStream {
    let MemberStyle { name, explode, allow_reserved, .. } = member;
    parameter_rule(name, member.style, *explode, *allow_reserved, false)
}

fn part(part: &BodyPart) -> TokenStream {
    let name = &part.name;
    let kind = match &part.kind {
        PartKind::Value => None,
        PartKind::Json => Some(quote!(Json)),
        PartKind::Xml => Some(quote!(Xml)),
        PartKind::File => Some(quote!(File)),
        PartKind::Styled(style) => {
            let style = member(style);
            Some(quote!(Styled(&#style)))
        }
    };
    let mut fields = Vec::new();
    if !name.is_empty() {
        fields.push(quote!(name: #name));
    }
    if let Some(kind) = kind {
        fields.push(quote!(kind: rt::PartKind::#kind));
    }
    if let Some(content_type) = &part.content_type {
        fields.push(quote!(content_type: Some(#content_type)));
    }
    if !part.headers.is_empty() {
        let headers = part.headers.iter().map(|(name, value)| quote!((#name, #value)));
        fields.push(quote!(headers: &[#(#headers),*]));
    }
    match part.lists {
        None | Some(Lists::Repeated) => {}
        Some(Lists::Brackets) => fields.push(quote!(lists: rt::Lists::Brackets)),
        Some(Lists::Indexed) => fields.push(quote!(lists: rt::Lists::Indexed)),
    }
    match fields.len() {
        0 => quote!(rt::PartRule::PLAIN),
        5 => quote!(rt::PartRule { #(#fields),* }),
        _ => quote!(rt::PartRule { #(#fields,)* ..rt::PartRule::PLAIN }),
    }
}
