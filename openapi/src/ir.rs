//! The API as plain data, the only thing the generator sees: ordered as in the document, checked, free of references
//! to anything but named schemas.
//!
//! Text of the document is held as written; names for programs are the generator's business.

mod encoding;
mod reference;
mod same;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;

use crate::report::Place;

pub use encoding::{Encoding, EncodingStyle, Lists};
pub(crate) use reference::reference;
pub use reference::referred;

/// A whole API.
#[derive(Clone, Debug, Serialize)]
pub struct Api {
    /// `info.title`.
    pub title: String,
    /// `info.version`.
    pub version: String,
    /// `info.description`, or empty.
    pub description: String,
    /// SHA-256 of the document's and the overlay's bytes, lower-case hex.
    pub digest: String,
    /// Tags in the order declared; tags used but not declared follow in order of first use.
    pub tags: Vec<Tag>,
    /// Operations in document order; excluded ones are absent.
    pub operations: Vec<Operation>,
    /// The schemas of `components`, by name, in document order.
    pub schemas: IndexMap<String, Schema>,
    /// The security schemes of `components`, by name.
    pub security_schemes: IndexMap<String, SecurityScheme>,
    /// What the overlay says of the API as a whole.
    #[serde(skip_serializing_if = "ApiHints::says_nothing")]
    pub mcp: ApiHints,
}

/// What the overlay says of the API as a whole: `x-mcp` on the document's root.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ApiHints {
    /// Problems that are accepted, in the order written.
    pub accepted: Vec<Accepted>,
    /// How large the advertised tools may be.
    pub budget: Option<Budget>,
    /// The clients that the tools must suit.
    pub profiles: Vec<Profile>,
    /// How many characters clients put before each tool name.
    pub client_prefix: usize,
    /// The scopes that calls need of whoever makes them, by effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<EffectScopes>,
}

/// The scopes that calls need by effect, where an operation does not say otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct EffectScopes {
    /// For reads.
    pub read: Vec<String>,
    /// For what changes something.
    pub write: Vec<String>,
    /// For what loses or undoes something.
    pub destroy: Vec<String>,
}

impl ApiHints {
    fn says_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// A problem that is accepted, by its rule and its place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Accepted {
    /// Where this is said.
    pub at: Place,
    /// The rule of the problem.
    pub rule: String,
    /// The JSON pointer of its place.
    pub pointer: String,
    /// Why it is accepted.
    pub reason: String,
    /// Whether reading the document met the problem; if not, planning its tools may.
    pub is_met: bool,
}

/// How large the advertised tools may be.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Budget {
    /// Where this is said.
    pub at: Place,
    /// Most bytes of one tool.
    pub tool_bytes: Option<u64>,
    /// Most tokens of all tools.
    pub total_tokens: Option<u64>,
}

/// A kind of client, by what it takes of a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub enum Profile {
    /// Any client of the protocol.
    Mcp,
    /// The Messages API of Anthropic.
    Anthropic,
    /// Function calling of OpenAI in strict mode.
    OpenAi,
    /// Function declarations of Gemini.
    Gemini,
    /// Clients on the TypeScript SDK before 2.0.
    StrictTs,
}

impl Profile {
    /// All of them.
    pub const ALL: [Profile; 5] =
        [Profile::Mcp, Profile::Anthropic, Profile::OpenAi, Profile::Gemini, Profile::StrictTs];

    /// Its word in an overlay and on a command line.
    pub fn word(self) -> &'static str {
        match self {
            Profile::Mcp => "mcp",
            Profile::Anthropic => "anthropic",
            Profile::OpenAi => "openai",
            Profile::Gemini => "gemini",
            Profile::StrictTs => "strict-ts",
        }
    }
}

/// A tag and what it says.
#[derive(Clone, Debug, Serialize)]
pub struct Tag {
    /// Its name.
    pub name: String,
    /// Its description, or empty.
    pub description: String,
}

/// One method on one path.
#[derive(Clone, Debug, Serialize)]
pub struct Operation {
    /// Where it stands.
    pub at: Place,
    /// `operationId`; else a stable identifier made of summary, else of method and path.
    pub id: String,
    /// Whether the document itself gave `id`.
    pub id_is_given: bool,
    /// The HTTP method.
    pub method: Method,
    /// The path template, taken apart.
    pub path: Path,
    /// Names of its tags.
    pub tags: Vec<String>,
    /// `summary`, or empty.
    pub summary: String,
    /// `description`, or empty.
    pub description: String,
    /// `deprecated`.
    pub deprecated: bool,
    /// Path-level and own parameters merged: path-level ones first, overridden in place.
    pub parameters: Vec<Parameter>,
    /// The request body, if any.
    pub body: Option<Body>,
    /// Success and error answers, in document order.
    pub answers: Vec<Answer>,
    /// Alternatives, each a set of schemes that are needed together; an empty alternative means that none is needed,
    /// an empty list that the document does not say.
    pub security: Vec<Vec<Requirement>>,
    /// What the overlay adds.
    pub mcp: OperationHints,
}

/// An HTTP method.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[allow(missing_docs, reason = "the variants are the methods' own names")]
pub enum Method {
    Get,
    Put,
    Post,
    Delete,
    Options,
    Head,
    Patch,
    Trace,
    Query,
    /// Any other, as it is sent.
    Other(String),
}

impl Method {
    /// The method as it is sent.
    pub fn as_sent(&self) -> &str {
        match self {
            Method::Get => "GET",
            Method::Put => "PUT",
            Method::Post => "POST",
            Method::Delete => "DELETE",
            Method::Options => "OPTIONS",
            Method::Head => "HEAD",
            Method::Patch => "PATCH",
            Method::Trace => "TRACE",
            Method::Query => "QUERY",
            Method::Other(word) => word,
        }
    }

    /// Whether the method is one that changes nothing (RFC 9110, "safe").
    pub fn is_read(&self) -> bool {
        matches!(self, Method::Get | Method::Head | Method::Options | Method::Trace | Method::Query)
    }
}

/// A path template.
#[derive(Clone, Debug, Serialize)]
pub struct Path {
    /// As written: `/ispw/{srid}/sets`.
    pub template: String,
    /// The segments between slashes.
    pub segments: Vec<Segment>,
}

/// One path segment: literal text and parameters in turn (`{name}.json` has two parts).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Segment {
    /// Its parts in order; never empty.
    pub parts: Vec<Part>,
}

/// A part of a path segment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Part {
    /// Literal text, as written.
    Literal(String),
    /// The value of the path parameter of this name.
    Parameter(String),
}

/// A parameter.
#[derive(Clone, Debug, Serialize)]
pub struct Parameter {
    /// Where it stands.
    pub at: Place,
    /// Its name on the wire.
    pub name: String,
    /// Where it goes.
    pub location: Location,
    /// Its description, or empty.
    pub description: String,
    /// Whether it must be given. Always true in the path.
    pub required: bool,
    /// `deprecated`.
    pub deprecated: bool,
    /// How the value is written.
    pub encoding: ParameterEncoding,
    /// What the value may be.
    pub schema: Schema,
    /// What the overlay adds.
    pub mcp: SchemaHints,
}

/// Where a parameter goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[allow(missing_docs, reason = "the variants are the specification's own words")]
pub enum Location {
    Path,
    Query,
    Header,
    Cookie,
}

/// How a parameter's value is written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum ParameterEncoding {
    /// By `style` and `explode`, defaults filled in.
    Style {
        /// The style.
        style: Style,
        /// `explode`.
        explode: bool,
        /// `allowReserved`: RFC 3986 reserved characters stay as they are.
        allow_reserved: bool,
        /// `allowEmptyValue`.
        allow_empty: bool,
    },
    /// By `content` with one media type: the value as text of that kind, JSON or a form. Other kinds are single
    /// values, which a style writes alike.
    Content(MediaKind),
    /// The value is the whole query, written as JSON, as a form, or else as text.
    Querystring(MediaKind),
}

/// A parameter style (OpenAPI 3.2, "Style Values", and the one of Swagger 2.0 that it does not have).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[allow(missing_docs, reason = "the variants are the specification's own words")]
pub enum Style {
    Matrix,
    Label,
    Form,
    Simple,
    SpaceDelimited,
    PipeDelimited,
    /// `collectionFormat: tsv` of Swagger 2.0.
    TabDelimited,
    DeepObject,
    Cookie,
}

/// A request body.
#[derive(Clone, Debug, Serialize)]
pub struct Body {
    /// Where it stands.
    pub at: Place,
    /// Its description, or empty.
    pub description: String,
    /// Whether it must be sent.
    pub required: bool,
    /// The media types that can be sent, best first; never empty.
    pub media: Vec<Media>,
}

impl Body {
    /// The media type that is sent: the one that is wanted, else the best.
    pub fn choose(&self, wanted: Option<&str>) -> Option<&Media> {
        let is_wanted = |media: &&Media| wanted.is_none_or(|wanted| media.is(wanted));
        self.media.iter().find(is_wanted)
    }
}

/// A media type with its schema.
#[derive(Clone, Debug, Serialize)]
pub struct Media {
    /// Where it stands.
    pub at: Place,
    /// As written, e.g. `application/json`.
    pub media_type: String,
    /// What it is to us.
    pub kind: MediaKind,
    /// The schema; absent means any content.
    pub schema: Option<Schema>,
    /// How the members of a form and the named parts of a multipart content are written: an entry for each member that
    /// is declared or has an entry in the document. Empty for every other kind.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub encoding: IndexMap<String, Encoding>,
    /// How the first parts of a multipart list are written, by position.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prefix_encoding: Vec<Encoding>,
    /// How the other parts of a multipart list are written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_encoding: Option<Encoding>,
    /// How lists in members are written, where the overlay says so for the whole content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lists: Option<Lists>,
}

impl Media {
    /// A media type without any rule on how its parts are written.
    pub(crate) fn plain(at: Place, media_type: String, kind: MediaKind, schema: Option<Schema>) -> Self {
        Self {
            at,
            media_type,
            kind,
            schema,
            encoding: IndexMap::new(),
            prefix_encoding: Vec::new(),
            item_encoding: None,
            lists: None,
        }
    }

    /// Whether a name means this media type: with or without its parameters, in any letter case.
    pub fn is(&self, name: &str) -> bool {
        let essence = self.media_type.split(';').next().unwrap_or_default().trim_end();
        [self.media_type.as_str(), essence].iter().any(|known| known.eq_ignore_ascii_case(name.trim()))
    }
}

/// What a media type is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum MediaKind {
    /// `application/json` or `+json`.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
    /// `multipart/*`.
    Multipart,
    /// `text/*`.
    Text,
    /// `application/xml` or `+xml`.
    Xml,
    /// Anything else.
    Binary,
}

/// An answer of the API.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// Where it stands.
    pub at: Place,
    /// Which status codes it describes.
    pub status: Status,
    /// Its description.
    pub description: String,
    /// The media types it may have; empty means no content.
    pub media: Vec<Media>,
    /// The headers that are described; `Content-Type` is not among them.
    pub headers: Vec<AnswerHeader>,
}

/// A header of an answer.
#[derive(Clone, Debug, Serialize)]
pub struct AnswerHeader {
    /// Its name, as written.
    pub name: String,
    /// Its description, or empty.
    pub description: String,
}

/// Which status codes an answer describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Status {
    /// One code.
    Code(u16),
    /// `1XX` to `5XX`, by the first digit.
    Class(u16),
    /// `default`.
    Default,
}

/// One scheme that is needed, with scopes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Requirement {
    /// The scheme's name in [`Api::security_schemes`].
    pub scheme: String,
    /// Scopes (OAuth) or roles.
    pub scopes: Vec<String>,
}

/// A security scheme.
#[derive(Clone, Debug, Serialize)]
pub struct SecurityScheme {
    /// Where it stands.
    pub at: Place,
    /// Its description, or empty.
    pub description: String,
    /// How the credential is sent.
    pub kind: SecurityKind,
}

/// How a credential is sent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum SecurityKind {
    /// The credential itself as a parameter.
    ApiKey {
        /// Header, query or cookie.
        location: Location,
        /// The parameter's name.
        name: String,
    },
    /// HTTP authentication with this scheme word, lower-case (`basic`, `bearer`).
    Http {
        /// The scheme word.
        scheme: String,
    },
    /// OAuth 2 or OpenID Connect: sent as a bearer token.
    Token,
}

/// A schema: what a value may be, both as a judge reads it and taken apart for a typed program.
#[derive(Clone, Debug, Serialize)]
pub struct Schema {
    /// Where it stands.
    pub at: Place,
    /// The JSON Schema 2020-12 form, the judge; references read `#/$defs/NAME` with names of
    /// [`Api::schemas`], escaped: [`referred`] undoes that.
    /// Holds no `x-` keyword, no `nullable`, no `discriminator`, no `xml`, no `example`.
    /// Of a schema inside another the outer one's form is the only one, except where the kind is [`Kind::Checked`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub json: Option<Value>,
    /// `title`, or empty.
    pub title: String,
    /// `description`, or empty.
    pub description: String,
    /// What it accepts besides `null`.
    pub kind: Kind,
    /// Whether `null` is accepted too; true as well where a reference or a choice leads to it. [`Kind::Any`] and
    /// [`Kind::Checked`] speak of `null` themselves, and this is false for them.
    pub nullable: bool,
    /// `default`.
    pub default: Option<Value>,
    /// `deprecated`.
    pub deprecated: bool,
    /// `readOnly`: never in a request.
    pub read_only: bool,
    /// `writeOnly`: never in an answer.
    pub write_only: bool,
    /// What the overlay adds.
    pub mcp: SchemaHints,
}

/// A schema taken apart. `kind` accepts exactly what [`Schema::json`] accepts, except [`Kind::Checked`], where only
/// the JSON form says.
#[derive(Clone, Debug, Serialize)]
pub enum Kind {
    /// Any JSON value.
    Any,
    /// Only `null`.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A number without fraction.
    Integer(NumberRules),
    /// A number.
    Number(NumberRules),
    /// Text.
    Text(TextRules),
    /// One of these values (`enum`, `const`), without doubles and without `null`.
    Enumeration(Vec<Value>),
    /// A list.
    List(ListRules),
    /// An object.
    Object(ObjectRules),
    /// A named schema of [`Api::schemas`].
    Reference(String),
    /// Exactly one of these (`oneOf`), or at least one (`anyOf`).
    Union {
        /// `oneOf` if true, else `anyOf`.
        exactly_one: bool,
        /// The choices in order.
        choices: Vec<Schema>,
    },
    /// Only the JSON form says what is accepted.
    Checked,
}

/// Rules on numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NumberRules {
    /// `format`, e.g. `int32`; the range of `int32` and `int64` is also in the bounds below and in the JSON form.
    pub format: Option<String>,
    /// Smallest value.
    pub minimum: Option<serde_json::Number>,
    /// Largest value.
    pub maximum: Option<serde_json::Number>,
    /// Must be above this.
    pub exclusive_minimum: Option<serde_json::Number>,
    /// Must be below this.
    pub exclusive_maximum: Option<serde_json::Number>,
    /// Must be a multiple of this.
    pub multiple_of: Option<serde_json::Number>,
}

/// Rules on text.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TextRules {
    /// `format`, e.g. `date-time`.
    pub format: Option<String>,
    /// Fewest characters.
    pub min_length: Option<u64>,
    /// Most characters.
    pub max_length: Option<u64>,
    /// A regular expression that the `regex` crate takes and that must match somewhere in the text.
    pub pattern: Option<String>,
}

/// Rules on lists.
#[derive(Clone, Debug, Serialize)]
pub struct ListRules {
    /// What each item may be.
    pub items: Box<Schema>,
    /// Fewest items.
    pub min_items: Option<u64>,
    /// Most items.
    pub max_items: Option<u64>,
    /// No two equal items.
    pub unique: bool,
}

/// Rules on objects.
#[derive(Clone, Debug, Serialize)]
pub struct ObjectRules {
    /// Declared members in document order; a name that is only in `required` appears with [`Kind::Any`].
    pub properties: Vec<Property>,
    /// What undeclared members may be.
    pub additional: Additional,
    /// Fewest members.
    pub min_properties: Option<u64>,
    /// Most members.
    pub max_properties: Option<u64>,
}

/// A declared member of an object.
#[derive(Clone, Debug, Serialize)]
pub struct Property {
    /// Its name on the wire.
    pub name: String,
    /// Whether it must be present.
    pub required: bool,
    /// What it may be.
    pub schema: Schema,
}

/// What undeclared members of an object may be.
#[derive(Clone, Debug, Serialize)]
pub enum Additional {
    /// Nothing was said: anything.
    Unsaid,
    /// Anything, said so (`additionalProperties: true`).
    Any,
    /// None are allowed.
    Closed,
    /// Each must be this.
    Schema(Box<Schema>),
}

/// What the overlay says of an operation (`x-mcp`), as written; defaults are the generator's decision.
#[derive(Clone, Debug, Default, Serialize)]
pub struct OperationHints {
    /// Tool name.
    pub name: Option<String>,
    /// Tool title.
    pub title: Option<String>,
    /// Tool description.
    pub description: Option<String>,
    /// What a call does to the world.
    pub effect: Option<Effect>,
    /// Whether a repeated call changes nothing more.
    pub idempotent: Option<bool>,
    /// Seconds for which an answer may be kept; 0 says never, whatever the deployment's default.
    pub cache_seconds: Option<u64>,
    /// Seconds after that for which an answer may still be given while the API is down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale_seconds: Option<u64>,
    /// Statuses by which the API says that it did nothing, since something else is going on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub busy: Vec<u16>,
    /// Seconds that one attempt may take.
    pub timeout_seconds: Option<u64>,
    /// Whether body members are arguments of their own (`true`) or one argument `body`.
    pub flat_body: Option<bool>,
    /// The media type to send instead of the best; one of the body's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media: Option<String>,
    /// The member of the answer that proves that something was done.
    pub proof: Option<String>,
    /// Whether a person is asked before a call; by effect where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirm: Option<Confirm>,
    /// How many calls a call counts as; by effect where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<u64>,
    /// The scopes that a call needs of whoever makes it; by effect where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// Which media type of the answer is asked for, where it may have several.
    pub answer_media: Option<String>,
    /// The headers of the answer that are worth returning, by name.
    pub answer_headers: Vec<String>,
    /// Which members of the answer a caller may choose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<Fields>,
    /// How the work is followed that goes on after the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub long: Option<Long>,
    /// The address by which the answer is read as a resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<Resource>,
    /// Further tools on the same operation.
    pub variants: Vec<Variant>,
}

/// Which members of the answer a caller may choose, by an argument that this server keeps to itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fields {
    /// Where it stands.
    pub at: Place,
    /// Paths of members, names with dots between them; all that the answer declares where none is given.
    pub paths: Vec<String>,
}

/// The address by which an answer is read as a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Resource {
    /// Where it stands.
    pub at: Place,
    /// Its template: arguments stand in braces.
    pub template: String,
}

/// How the work is followed that goes on after the answer to an operation. Pointers are JSON pointers into the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Long {
    /// Where it stands.
    pub at: Place,
    /// The pointer to what names the work in the answer; an answer without it has started none.
    pub id: String,
    /// The operation that reads how far it is.
    pub poll: String,
    /// The arguments of that operation: each an argument of this one, or a pointer into its answer.
    pub with: IndexMap<String, String>,
    /// The pointer to the state in the answer of that operation.
    pub state: String,
    /// The states that mean that the work is done.
    pub done: Vec<String>,
    /// Those that mean that it failed.
    pub failed: Vec<String>,
    /// Those in which a person must act before it goes on.
    pub waiting: Vec<String>,
}

/// Whether a person is asked before a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Confirm {
    /// No.
    Never,
    /// Yes.
    Always,
    /// Yes, in these words, where `{argument}` stands for the argument's value.
    Question(String),
}

/// What a call does to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Changes something, loses nothing.
    Write,
    /// Loses or undoes something.
    Destroy,
}

/// A further tool on an operation, with some arguments pinned or another media type of the body.
#[derive(Clone, Debug, Serialize)]
pub struct Variant {
    /// Where it stands.
    pub at: Place,
    /// Tool name.
    pub name: String,
    /// Tool title.
    pub title: Option<String>,
    /// Tool description.
    pub description: Option<String>,
    /// Pinned arguments: each names a parameter or a top-level body member, and its value has been checked against
    /// that schema's type.
    pub pin: IndexMap<String, Value>,
    /// The media type that this tool sends; one of the body's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media: Option<String>,
}

/// What the overlay says of a parameter or a member (`x-mcp`).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SchemaHints {
    /// Never offered, never sent.
    pub hidden: bool,
    /// Always sent with this value, never offered.
    pub pin: Option<Value>,
    /// Offered only where the deployment allows callback hosts.
    pub gated: bool,
    /// A text that must be an https address of an allowed callback host.
    pub callback_url: bool,
    /// Redacted wherever arguments are written.
    pub secret: bool,
    /// In answers, blank text means "not set".
    pub blank_is_unset: bool,
    /// How lists are written where names are written with brackets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lists: Option<Lists>,
}
