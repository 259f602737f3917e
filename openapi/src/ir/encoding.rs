//! How the members of a form and the parts of a multipart content are written.

use serde::Serialize;

use super::Style;
use crate::report::Place;

/// How one member of a form, or one part of a multipart content, is written.
#[derive(Clone, Debug, Serialize)]
pub struct Encoding {
    /// Where it stands: the entry in the document, else the media type.
    pub at: Place,
    /// Media types and ranges (`image/*`) that the content may have, the default first; never empty.
    pub content_types: Vec<String>,
    /// Whether the document names them; else they are the default for the member's type.
    pub content_type_is_given: bool,
    /// The style to write it in; absent means that the media type alone decides.
    pub style: Option<EncodingStyle>,
    /// Headers of the part with their constant values, in order.
    pub headers: Vec<(String, String)>,
}

/// A style as a member of a form is written in, defaults filled in.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct EncodingStyle {
    /// The style; one of those of queries.
    pub style: Style,
    /// `explode`.
    pub explode: bool,
    /// `allowReserved`.
    pub allow_reserved: bool,
}

/// How lists are written where names are written with brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Lists {
    /// `a[0]=x&a[1]=y`.
    Indexed,
    /// `a[]=x&a[]=y`.
    Brackets,
    /// `a=x&a=y`.
    Repeated,
}
