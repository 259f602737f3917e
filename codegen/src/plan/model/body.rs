//! Bodies: their media types, how members and parts are written, and the files among them.

use super::{Lists, Style};

/// How a body is written.
#[derive(Clone, Debug)]
pub struct Body {
    /// Its media type as declared.
    pub media_type: String,
    /// What kind of content it is.
    pub kind: BodyKind,
}

/// What kind of content a body is.
#[derive(Clone, Debug)]
pub enum BodyKind {
    /// JSON.
    Json,
    /// `name=value` pairs; the members that are written in a style.
    Form(Vec<MemberStyle>),
    /// Parts.
    Multipart {
        /// Those of which something is to be said, by name.
        named: Vec<BodyPart>,
        /// The first ones of a list.
        first: Vec<BodyPart>,
        /// Every other part.
        other: BodyPart,
    },
    /// Text.
    Text,
    /// XML as text.
    Xml,
    /// Bytes.
    Bytes,
}

/// The style that a member of a form is written in.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberStyle {
    /// The member's name.
    pub name: String,
    /// Its style.
    pub style: Style,
    /// Whether lists and objects are exploded.
    pub explode: bool,
    /// Whether reserved characters stay.
    pub allow_reserved: bool,
}

/// How a part of a multipart body is written.
#[derive(Clone, Debug, PartialEq)]
pub struct BodyPart {
    /// The member's name; empty for an item of a list.
    pub name: String,
    /// What its content is.
    pub kind: PartKind,
    /// Its media type, when it is said.
    pub content_type: Option<String>,
    /// Headers that are always sent.
    pub headers: Vec<(String, String)>,
    /// What the parts of a list are called; all alike where nothing is said.
    pub lists: Option<Lists>,
}

/// What the content of a part is.
#[derive(Clone, Debug, PartialEq)]
pub enum PartKind {
    /// By the value: text as it is, anything else as JSON.
    Value,
    /// JSON.
    Json,
    /// XML as text.
    Xml,
    /// A file.
    File,
    /// One part for each pair of a style.
    Styled(MemberStyle),
}

/// What a file may be.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    /// Whether it has a name.
    pub filename: bool,
    /// The media types and ranges among which the caller chooses; none when there is no choice.
    pub types: Vec<String>,
    /// Whether the caller must say the media type.
    pub must_say_type: bool,
}
