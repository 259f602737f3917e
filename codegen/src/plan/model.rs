//! What the generator decided, as plain data: nothing here is computed again by `emit`, which only quotes it.

mod body;

use openapi::report::Place;
use serde_json::Value;

pub use body::{Body, BodyKind, BodyPart, File, MemberStyle, PartKind};
/// Nothing is to be decided about these: they are the description's own.
pub use openapi::ir::{Effect, EffectScopes, Lists, Location};

/// A whole program to be written.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The API's title, cleaned.
    pub title: String,
    /// The API's version.
    pub version: String,
    /// The API's description, cleaned.
    pub description: String,
    /// SHA-256 of document and overlay, lower-case hex.
    pub digest: String,
    /// The tools, sorted by name.
    pub tools: Vec<Tool>,
    /// Named types of requests that tools share, in the order of the schemas' names.
    pub arguments: Vec<Type>,
    /// Named types of answers that tools share, in the order of the schemas' names.
    pub answers: Vec<Type>,
    /// How credentials are sent, sorted by name.
    pub security_schemes: Vec<SecurityScheme>,
    /// The scopes that calls need by effect, where the overlay says so.
    pub effect_scopes: Option<EffectScopes>,
    /// Workflows, sorted by name.
    pub prompts: Vec<Prompt>,
}

/// A workflow for people to begin with.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Its description.
    pub description: String,
    /// What a person fills in.
    pub arguments: Vec<PromptArgument>,
    /// What is said first; parameters are its arguments.
    pub opening: Vec<Part>,
    /// The steps.
    pub steps: Vec<Step>,
}

/// What a person fills in of a workflow.
#[derive(Clone, Debug)]
pub struct PromptArgument {
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: String,
    /// Whether it must be filled in.
    pub required: bool,
}

/// A step of a workflow.
#[derive(Clone, Debug)]
pub struct Step {
    /// The argument without which it is left out.
    pub when: Option<String>,
    /// The tool that it calls.
    pub tool: Option<String>,
    /// The arguments of that tool; parameters are arguments of the workflow.
    pub with: Vec<(String, Vec<Part>)>,
    /// What is to be done.
    pub text: Vec<Part>,
}

/// One tool.
#[derive(Clone, Debug)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// The Rust module that holds it.
    pub module: String,
    /// Its title.
    pub title: String,
    /// Its description for models.
    pub description: String,
    /// The operation's identifier.
    pub operation: String,
    /// The operation's tags.
    pub tags: Vec<String>,
    /// Whether the operation is deprecated.
    pub deprecated: bool,
    /// The HTTP method, upper-case.
    pub method: String,
    /// The path template as written.
    pub template: String,
    /// Its segments, each of parts in turn.
    pub segments: Vec<Vec<Part>>,
    /// What a call does to the world.
    pub effect: Effect,
    /// Whether a repeated call changes nothing more.
    pub idempotent: bool,
    /// For how many seconds an answer may be kept.
    pub cache_seconds: Option<u64>,
    /// For how many seconds more it may be given while the API is down.
    pub stale_seconds: Option<u64>,
    /// Statuses by which the API says that it did nothing, since something else is going on.
    pub busy: Vec<u16>,
    /// How many seconds one attempt may take.
    pub timeout_seconds: Option<u64>,
    /// The answer's member that proves that something was done.
    pub proof: Option<String>,
    /// Whether a person is asked before a call; by effect where nothing is said.
    pub confirm: Option<Confirm>,
    /// How many calls a call counts as; by effect where nothing is said.
    pub weight: Option<u64>,
    /// The scopes that a call needs; by effect where nothing is said.
    pub scopes: Option<Vec<String>>,
    /// JSON Schema of the arguments.
    pub input_schema: String,
    /// JSON Schema of the answer.
    pub output_schema: Option<String>,
    /// JSON pointers into the input schema of what is offered only behind the callback gate.
    pub gated: Vec<String>,
    /// JSON pointers of arguments to redact.
    pub secrets: Vec<String>,
    /// Alternative sets of security schemes.
    pub security: Vec<Vec<Need>>,
    /// How answers are read, most specific first.
    pub answers: Vec<AnswerRule>,
    /// The headers of answers that are returned.
    pub answer_headers: Vec<String>,
    /// What a caller may choose of the answer.
    pub fields: Option<Fields>,
    /// How the work is followed that goes on after the answer.
    pub long: Option<Long>,
    /// The template of addresses by which its answer is read as a resource.
    pub resource: Option<String>,
    /// What the tool takes.
    pub arguments: Struct,
    /// How the arguments are written into the request, in order.
    pub writes: Vec<Write>,
    /// Named types that only this tool uses.
    pub types: Vec<Type>,
}

impl Plan {
    /// The scopes that a call of one of its tools needs, where the overlay says so.
    pub fn scopes<'p>(&'p self, tool: &'p Tool) -> Option<&'p [String]> {
        let by_effect = |scopes: &'p EffectScopes| match tool.effect {
            Effect::Read => &scopes.read,
            Effect::Write => &scopes.write,
            Effect::Destroy => &scopes.destroy,
        };
        tool.scopes.as_ref().or_else(|| self.effect_scopes.as_ref().map(by_effect)).map(Vec::as_slice)
    }
}

/// What a caller may choose of an answer, as paths: names of members with dots between them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields {
    /// What may be chosen.
    pub offered: Vec<String>,
    /// What stays wherever the object around it does, since the answer's schema requires it.
    pub kept: Vec<String>,
}

/// How the work is followed that goes on after an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Long {
    /// The pointer into the answer to what names the work.
    pub id: String,
    /// The tool that reads how far it is.
    pub tool: String,
    /// That tool's arguments: each by an argument's name, or a pointer into the answer.
    pub with: Vec<(String, String)>,
    /// The pointer into that tool's answer to the state.
    pub state: String,
    /// States that mean done.
    pub done: Vec<String>,
    /// States that mean failed.
    pub failed: Vec<String>,
    /// States in which a person must act.
    pub waiting: Vec<String>,
}

/// Whether a person is asked before a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Confirm {
    /// No.
    Never,
    /// Yes.
    Always,
    /// Yes, in these words; parameters stand for the values of arguments.
    Question(Vec<Part>),
}

/// A part of a path segment, or of a question.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Text as it appears on the wire.
    Literal(String),
    /// The value of this path parameter, or of this argument.
    Parameter(String),
}

/// One security scheme that is needed.
#[derive(Clone, Debug)]
pub struct Need {
    /// The scheme's name.
    pub scheme: String,
    /// Scopes or roles.
    pub scopes: Vec<String>,
}

/// How a credential is sent.
#[derive(Clone, Debug)]
pub struct SecurityScheme {
    /// The scheme's name.
    pub name: String,
    /// Where the credential goes.
    pub carrier: Carrier,
}

/// Where a credential goes.
#[derive(Clone, Debug)]
pub enum Carrier {
    /// Bare, in this header.
    Header(String),
    /// Bare, in this query parameter.
    Query(String),
    /// Bare, in this cookie.
    Cookie(String),
    /// In `Authorization`, after this word.
    Authorization(String),
}

/// How an answer is read.
#[derive(Clone, Debug)]
pub struct AnswerRule {
    /// First status code.
    pub from: u16,
    /// Last status code.
    pub to: u16,
    /// The media type that is asked for, in small letters; empty when there is no content.
    pub media_type: String,
    /// What the body is.
    pub content: Content,
}

/// What an answer's body is.
#[derive(Clone, Debug)]
pub enum Content {
    /// Nothing.
    Empty,
    /// JSON of this shape.
    Json {
        /// What it is.
        shape: Shape,
        /// The member that holds it, when it is not an object of its own.
        wrap: Option<&'static str>,
    },
    /// JSON of any shape.
    AnyJson,
    /// Text.
    Text,
    /// Bytes.
    Binary,
}

/// One step of writing a request.
#[derive(Clone, Debug)]
pub enum Write {
    /// A parameter.
    Parameter(Parameter, Source),
    /// Says how the body is written, where it is not plain JSON.
    Media(Body),
    /// Makes an object body exist even when no member is written.
    ObjectBody,
    /// A member of a flat object body.
    Member(String, Source),
    /// The whole body.
    Body(Source),
}

/// How a parameter is written.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// The name of its static rule in the generated code.
    pub constant: String,
    /// Its name on the wire.
    pub name: String,
    /// Where it goes.
    pub location: Location,
    /// Its style.
    pub style: Style,
    /// Whether lists and objects are exploded.
    pub explode: bool,
    /// Whether reserved characters stay.
    pub allow_reserved: bool,
    /// Whether an empty value is sent as a bare name.
    pub allow_empty: bool,
}

/// A parameter's style, as the runtime names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the runtime says what they are")]
pub enum Style {
    Matrix,
    Label,
    Form,
    Simple,
    SpaceDelimited,
    PipeDelimited,
    TabDelimited,
    DeepObject,
    DeepBrackets,
    DeepRepeated,
    Cookie,
    Json,
    FormText,
    WholeJson,
    WholeForm,
    WholeText,
}

/// Where a written value comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A field of the argument struct that is always there.
    Required(String),
    /// A field that may be absent; then nothing is written.
    Optional(String),
    /// A constant.
    Pinned(Value),
}

/// A named type.
#[derive(Clone, Debug)]
pub struct Type {
    /// Its module and name.
    pub id: TypeId,
    /// Where its schema stands in the document.
    pub at: Place,
    /// Whether it is read from answers; else it is part of requests.
    pub is_answer: bool,
    /// What it says of itself, cleaned.
    pub description: String,
    /// What it is.
    pub body: TypeBody,
}

/// The name of a type in its module.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId {
    /// The module.
    pub module: Module,
    /// The Rust name.
    pub name: String,
}

/// The module that holds a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Module {
    /// Shared by requests.
    Arguments,
    /// Shared by answers.
    Answers,
    /// The tool's own.
    Tool,
}

/// What a named type is.
#[derive(Clone, Debug)]
pub enum TypeBody {
    /// An object with declared members.
    Struct(Struct),
    /// One of some texts.
    Enum(Vec<Variant>),
    /// A schema that is only ever named in schemas; no Rust type is written for it.
    Schema(Shape),
}

/// An object with declared members.
#[derive(Clone, Debug)]
pub struct Struct {
    /// The members in order, pinned ones included.
    pub fields: Vec<Field>,
    /// What becomes of undeclared members.
    pub rest: Rest,
    /// Names that exist but are never offered.
    pub hidden: Vec<String>,
    /// Fewest members.
    pub min: Option<u64>,
    /// Most members.
    pub max: Option<u64>,
}

/// What becomes of undeclared members.
#[derive(Clone, Debug)]
pub enum Rest {
    /// Refused.
    Refuse,
    /// Kept as they are.
    Keep,
    /// Kept, each of this shape.
    Of(Box<Shape>),
}

/// A member of an object.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name on the wire.
    pub wire: String,
    /// Its name in Rust.
    pub rust: String,
    /// Its name as a local variable of the decoding function.
    pub local: String,
    /// `title` of the schema.
    pub title: String,
    /// What it is, cleaned.
    pub description: String,
    /// `default` of the schema.
    pub default: Option<Value>,
    /// Whether it is deprecated.
    pub deprecated: bool,
    /// Whether it must be given.
    pub required: bool,
    /// Whether it is offered only behind the callback gate.
    pub gated: bool,
    /// Whether it is redacted where arguments are written.
    pub secret: bool,
    /// A constant to be sent instead of anything given.
    pub pinned: Option<Value>,
    /// What it may be.
    pub shape: Shape,
}

/// One of the texts of an enumeration.
#[derive(Clone, Debug)]
pub struct Variant {
    /// The text on the wire.
    pub wire: String,
    /// The variant's name.
    pub rust: String,
}

/// What a value may be: the rule that decodes it and the Rust type that holds it, in one.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Any JSON value.
    Any,
    /// Only `null`.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A number without fraction.
    Integer(Integer),
    /// A number.
    Number(Number),
    /// Text.
    Text(Text),
    /// Bytes, as text or base64.
    File(File),
    /// A list.
    List {
        /// Each item.
        items: Box<Shape>,
        /// Fewest items.
        min: Option<u64>,
        /// Most items.
        max: Option<u64>,
        /// No two equal.
        unique: bool,
    },
    /// An answer's quirk: a list, or its only item.
    OneOrMany(Box<Shape>),
    /// An answer's quirk: text, or a number that stands for text.
    TextOrNumber {
        /// Blank text means "not set".
        blank_is_unset: bool,
    },
    /// This or `null`.
    Nullable(Box<Shape>),
    /// An object with any names.
    Map {
        /// Each value.
        values: Box<Shape>,
        /// Fewest members.
        min: Option<u64>,
        /// Most members.
        max: Option<u64>,
    },
    /// A named type.
    Named(TypeId),
    /// On the heap, because the type contains itself.
    Boxed(Box<Shape>),
    /// Whatever this schema accepts; references read `type:MODULE/NAME`.
    Checked(Value),
}

/// Rules on integers.
#[derive(Clone, Debug, PartialEq)]
pub struct Integer {
    /// Smallest value.
    pub minimum: i64,
    /// Largest value.
    pub maximum: i64,
    /// Must be a multiple of this.
    pub multiple_of: Option<i64>,
}

/// Rules on numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Number {
    /// Smallest value.
    pub minimum: Option<f64>,
    /// Largest value.
    pub maximum: Option<f64>,
    /// Must be above this.
    pub exclusive_minimum: Option<f64>,
    /// Must be below this.
    pub exclusive_maximum: Option<f64>,
}

/// Rules on text.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// What surrounds it in the request.
    pub within: Within,
    /// The format, when it is asserted.
    pub format: Option<Format>,
    /// A format that is only advertised.
    pub advertised_format: Option<String>,
    /// Fewest characters.
    pub min_length: Option<u64>,
    /// Most characters.
    pub max_length: Option<u64>,
    /// Must match this somewhere.
    pub pattern: Option<String>,
    /// Must be an address of an allowed callback host.
    pub callback_url: bool,
    /// Blank text means "not set".
    pub blank_is_unset: bool,
}

/// What surrounds a text in the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the variants are the places of a request")]
pub enum Within {
    Path,
    Query,
    Header,
    Cookie,
    Body,
}

/// A format that decoders assert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the variants are the formats' own names")]
pub enum Format {
    DateTime,
    Date,
    Time,
    Duration,
    Uuid,
    Email,
    Uri,
    Ipv4,
    Ipv6,
    Byte,
}
