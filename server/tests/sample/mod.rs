//! Two tools as the generator would write them: a read with every kind of parameter, a mutation with a body.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test program includes this file and uses its own part of it"
)]

use std::borrow::Cow;
use std::time::Duration;

use server::call::{Call, CallError, Caller, Reply};
use server::engine::{Engine, Options};
use server::generated as rt;
use server::generated::schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use server::generated::serde_json::{Value, json};
use server::policy::{self, Source};
use server::stages::ledger;

/// Arguments of the read.
#[derive(Debug)]
pub struct ReadArguments {
    pub srid: String,
    pub assignment_id: String,
    pub level: Option<String>,
    pub codes: Option<Vec<String>>,
    pub tags: Option<Vec<String>>,
    pub filter: Option<Value>,
    pub trace: Option<String>,
    pub sid: Option<String>,
    pub environment: Option<String>,
    pub limit: Option<i64>,
}

impl rt::Encode for ReadArguments {
    fn encode(&self) -> Value {
        let mut object = rt::Object::default();
        object.required("srid", &self.srid);
        object.required("assignmentId", &self.assignment_id);
        object.optional("level", &self.level);
        object.optional("codes", &self.codes);
        object.optional("tags", &self.tags);
        object.optional("filter", &self.filter);
        object.optional("trace", &self.trace);
        object.optional("sid", &self.sid);
        object.optional("environment", &self.environment);
        object.optional("limit", &self.limit);
        object.finish()
    }
}

const fn text(within: rt::Within) -> rt::Text {
    rt::Text { within, ..rt::Text::ANY }
}

impl rt::Decode for ReadArguments {
    fn decode(value: Value, at: &mut rt::Decoder<'_>) -> Option<Self> {
        static RULE: rt::ObjectRule = rt::ObjectRule {
            hidden: &["runtimeConfiguration"],
            gated: &[("callback", rt::Gate::Callbacks)],
            ..rt::ObjectRule::closed(&[
                "srid",
                "assignmentId",
                "level",
                "codes",
                "tags",
                "filter",
                "trace",
                "sid",
                "environment",
                "limit",
                "callback",
            ])
        };
        const LIST: rt::List<rt::Text> =
            rt::List { items: text(rt::Within::Query), min_items: 0, max_items: 4, unique: true };
        let mut members = at.object(value, &RULE)?;
        let srid = members.required(at, "srid", &text(rt::Within::Path));
        let assignment_id = members.required(at, "assignmentId", &text(rt::Within::Path));
        let level = members.optional(at, "level", &text(rt::Within::Query));
        let codes = members.optional(at, "codes", &LIST);
        let tags = members.optional(at, "tags", &LIST);
        let filter = members.optional(at, "filter", &rt::Any);
        let trace = members.optional(at, "trace", &text(rt::Within::Header));
        let sid = members.optional(at, "sid", &text(rt::Within::Cookie));
        let environment =
            members.optional(at, "environment", &rt::Enumeration { values: &["TEST", "PROD", "HOLD"] });
        let limit =
            members.optional(at, "limit", &rt::Integer { minimum: 1, maximum: 500, multiple_of: None });
        let callback = members.optional(at, "callback", &rt::Text { callback_url: true, ..rt::Text::ANY });
        members.finish(at)?;
        callback?;
        Some(Self {
            srid: srid?,
            assignment_id: assignment_id?,
            level: level?,
            codes: codes?,
            tags: tags?,
            filter: filter?,
            trace: trace?,
            sid: sid?,
            environment: environment?,
            limit: limit?,
        })
    }
}

const fn rule(name: &'static str, style: rt::Style, explode: bool) -> rt::ParameterRule {
    rt::ParameterRule { name, style, explode, allow_reserved: false, allow_empty: false }
}

impl rt::Arguments for ReadArguments {
    fn write(&self, request: &mut rt::Parts) {
        static SRID: rt::ParameterRule = rule("srid", rt::Style::Simple, false);
        static ASSIGNMENT_ID: rt::ParameterRule = rule("assignmentId", rt::Style::Simple, false);
        static LEVEL: rt::ParameterRule = rule("level", rt::Style::Form, true);
        static CODES: rt::ParameterRule = rule("codes", rt::Style::Form, false);
        static TAGS: rt::ParameterRule = rule("tags", rt::Style::Form, true);
        static FILTER: rt::ParameterRule = rule("filter", rt::Style::DeepObject, true);
        static TRACE: rt::ParameterRule = rule("X-Trace", rt::Style::Simple, false);
        static SID: rt::ParameterRule = rule("sid", rt::Style::Form, false);
        request.path(&SRID, &self.srid);
        request.path(&ASSIGNMENT_ID, &self.assignment_id);
        request.query(&LEVEL, &self.level);
        request.query(&CODES, &self.codes);
        request.query(&TAGS, &self.tags);
        request.query(&FILTER, &self.filter);
        request.header(&TRACE, &self.trace);
        request.cookie(&SID, &self.sid);
    }
}

/// Arguments of the mutation.
#[derive(Debug)]
pub struct DeployArguments {
    pub srid: String,
    pub release_id: String,
    pub description: Option<String>,
    pub item: Option<i64>,
    pub deploy_active: Option<bool>,
}

impl rt::Encode for DeployArguments {
    fn encode(&self) -> Value {
        let mut object = rt::Object::default();
        object.required("srid", &self.srid);
        object.required("releaseId", &self.release_id);
        object.optional("description", &self.description);
        object.optional("item", &self.item);
        object.optional("deployActive", &self.deploy_active);
        object.finish()
    }
}

impl rt::Decode for DeployArguments {
    fn decode(value: Value, at: &mut rt::Decoder<'_>) -> Option<Self> {
        static RULE: rt::ObjectRule =
            rt::ObjectRule::closed(&["srid", "releaseId", "description", "item", "deployActive"]);
        let mut members = at.object(value, &RULE)?;
        let srid = members.required(at, "srid", &text(rt::Within::Path));
        let release_id = members.required(at, "releaseId", &text(rt::Within::Path));
        let description = members.optional(at, "description", &rt::Text::ANY);
        let item = members.optional(at, "item", &rt::Integer::ANY);
        let deploy_active = members.optional(at, "deployActive", &rt::Boolean);
        members.finish(at)?;
        Some(Self {
            srid: srid?,
            release_id: release_id?,
            description: description?,
            item: item?,
            deploy_active: deploy_active?,
        })
    }
}

impl rt::Arguments for DeployArguments {
    fn write(&self, request: &mut rt::Parts) {
        static SRID: rt::ParameterRule = rule("srid", rt::Style::Simple, false);
        static RELEASE_ID: rt::ParameterRule = rule("releaseId", rt::Style::Simple, false);
        assert_ne!(self.srid, "PANIC", "a fault that a test asks for");
        request.path(&SRID, &self.srid);
        request.path(&RELEASE_ID, &self.release_id);
        request.object_body();
        if let Some(description) = &self.description {
            request.member("description", description);
        }
        if let Some(item) = &self.item {
            request.member("item", item);
        }
        if let Some(deploy_active) = &self.deploy_active {
            request.member("deployActive", deploy_active);
        }
    }
}

macro_rules! described {
    ($type:ident) => {
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "object" })
            }
        }
    };
}
described!(ReadArguments);
described!(DeployArguments);

/// An answer whose list may come bare and whose number may come as text.
const ANSWER: rt::Shape = rt::Shape::Object {
    members: &[
        rt::Member::optional("setId", rt::Shape::Text),
        rt::Member::optional("version", rt::Shape::BlankTextOrNumber),
        rt::Member::optional("owner", rt::Shape::BlankText),
        rt::Member::optional("count", rt::Shape::Integer),
        rt::Member::optional("tasks", rt::Shape::OneOrMany(&rt::Shape::Any)),
    ],
    hidden: &[],
};

const ANSWERS: &[rt::AnswerRule] = &[rt::AnswerRule {
    from: 200,
    to: 200,
    media_type: "application/json",
    content: rt::Content::Json { shape: ANSWER, wrap: None },
}];
const TOKEN: &[&[rt::Need]] =
    &[&[rt::Need { scheme: "token", scopes: &[] }], &[rt::Need { scheme: "key", scopes: &[] }]];

const BASE: rt::Tool = rt::Tool {
    name: "",
    title: "A tool",
    description: "A tool of tests.",
    operation: "operation",
    tags: &[],
    deprecated: false,
    method: "GET",
    template: "",
    segments: &[],
    effect: rt::Effect::Read,
    idempotent: true,
    cache: None,
    stale: None,
    busy: &[],
    timeout: None,
    proof: None,
    confirm: rt::Confirm::ByEffect,
    weight: None,
    scopes: None,
    input_schema: r#"{"type":"object"}"#,
    output_schema: Some(r#"{"type":"object"}"#),
    gated: &[],
    secrets: &[],
    security: TOKEN,
    answers: ANSWERS,
    answer_headers: &[],
    fields: None,
    long: None,
    resource: None,
    work: rt::Work::Request(rt::prepare::<ReadArguments>),
};

const READ_SEGMENTS: &[&[rt::Part]] = &[
    &[rt::Part::Literal("ispw")],
    &[rt::Part::Parameter("srid")],
    &[rt::Part::Literal("assignments")],
    &[rt::Part::Parameter("assignmentId")],
];

/// A read.
pub static READ: rt::Tool = rt::Tool {
    name: "read",
    template: "/ispw/{srid}/assignments/{assignmentId}",
    segments: READ_SEGMENTS,
    ..BASE
};

/// The read with another path.
pub fn with_segments(segments: &'static [&'static [rt::Part]]) -> rt::Tool {
    rt::Tool { name: "elsewhere", segments, ..BASE }
}

/// A mutation that proves itself with a `setId`.
pub static DEPLOY: rt::Tool = rt::Tool {
    name: "deploy",
    method: "POST",
    scopes: Some(&["cp:deploy"]),
    template: "/ispw/{srid}/releases/{releaseId}/deploy",
    segments: &[
        &[rt::Part::Literal("ispw")],
        &[rt::Part::Parameter("srid")],
        &[rt::Part::Literal("releases")],
        &[rt::Part::Parameter("releaseId")],
        &[rt::Part::Literal("deploy")],
    ],
    effect: rt::Effect::Write,
    idempotent: false,
    proof: Some("setId"),
    work: rt::Work::Request(rt::prepare::<DeployArguments>),
    ..BASE
};

/// A read that needs no credential.
pub static OPEN: rt::Tool =
    rt::Tool { name: "open", template: READ.template, segments: READ_SEGMENTS, security: &[], ..BASE };

/// A read that takes the key or, better, both in query and cookie.
pub static ELSEWHERE: rt::Tool = rt::Tool {
    name: "elsewhere",
    template: READ.template,
    segments: READ_SEGMENTS,
    security: &[&[rt::Need { scheme: "query", scopes: &[] }, rt::Need { scheme: "cookie", scopes: &[] }]],
    ..BASE
};

/// A read of text.
pub static TEXT: rt::Tool = rt::Tool {
    name: "text",
    template: READ.template,
    segments: READ_SEGMENTS,
    answers: &[rt::AnswerRule { from: 200, to: 299, media_type: "text/plain", content: rt::Content::Text }],
    ..BASE
};

/// A read of bytes.
pub static ARCHIVE: rt::Tool = rt::Tool {
    name: "read_archive",
    answers: &[rt::AnswerRule {
        from: 200,
        to: 200,
        media_type: "application/zip",
        content: rt::Content::Binary,
    }],
    output_schema: None,
    ..READ
};

/// A mutation whose answer is not described.
pub static SILENT: rt::Tool = rt::Tool {
    name: "silent",
    method: "POST",
    template: READ.template,
    segments: READ_SEGMENTS,
    effect: rt::Effect::Write,
    answers: &[rt::AnswerRule { from: 204, to: 204, media_type: "", content: rt::Content::Empty }],
    output_schema: None,
    ..BASE
};

/// The read, of which one counts as three.
pub static HEAVY: rt::Tool = rt::Tool { name: "heavy", weight: Some(3), ..READ };

/// The tools with their security schemes.
pub static API: rt::Api = rt::Api {
    title: "Sample",
    version: "1",
    description: "",
    digest: "",
    contract: "sha256:0",
    tools: &[&DEPLOY, &ELSEWHERE, &OPEN, &READ, &SILENT, &TEXT],
    security_schemes: &[
        rt::SecurityScheme { name: "token", carrier: rt::Carrier::Header("Authorization") },
        rt::SecurityScheme { name: "key", carrier: rt::Carrier::Header("X-API-Key") },
        rt::SecurityScheme { name: "basic", carrier: rt::Carrier::Authorization("Basic") },
        rt::SecurityScheme { name: "query", carrier: rt::Carrier::Query("api key") },
        rt::SecurityScheme { name: "cookie", carrier: rt::Carrier::Cookie("session") },
    ],
    effect_scopes: rt::EffectScopes { read: &["cp:read"], write: &["cp:write"], destroy: &["cp:write"] },
    prompts: &[],
};

/// The credential that must never be seen.
pub const CANARY: &str = "canary-9f3e";

/// Usual options with the bare token; a call makes one request, and no change is remembered.
pub fn options(base_url: &str) -> Options {
    let mut options = Options::new(base_url);
    // These tests are about everything else but who may call.
    let everybody = Source::Text("permit (principal, action, resource);");
    options.policy = policy::Settings { source: everybody, ..policy::Settings::default() };
    options.retry.attempts = 1;
    options.about = false;
    options.ledger = ledger::Settings { window: Duration::ZERO, unknown: Duration::ZERO };
    options.upstream.credentials = vec![("token".to_owned(), CANARY.into())];
    options
}

/// An engine for this address.
pub fn engine(base_url: &str) -> Engine {
    Engine::new(&API, options(base_url)).unwrap()
}

/// A call of a tool.
pub fn call_of(tool: &'static rt::Tool, arguments: Value) -> Call {
    let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
    Call::new(tool, arguments, Caller::LocalOwner, "request-1".to_owned())
}

/// Calls a tool.
pub async fn call(engine: &Engine, tool: &'static rt::Tool, arguments: Value) -> Result<Reply, CallError> {
    engine.call(call_of(tool, arguments)).await
}

/// Arguments of the read with one of them replaced or added.
pub fn reading(name: &str, value: impl Into<Value>) -> Value {
    let mut arguments = json!({ "srid": "ISPW", "assignmentId": "PLAY000313" });
    arguments[name] = value.into();
    arguments
}

/// Arguments of the mutation.
pub fn deploying() -> Value {
    json!({ "srid": "ISPW", "releaseId": "REL1" })
}
