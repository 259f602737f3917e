//! A body on its way to the API: its bytes and its media type, as they are read from the connection.

use std::borrow::Cow;

use server::call::CallError;
use server::engine::Engine;
use server::generated as rt;
use server::generated::schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use server::generated::serde_json::{Value, json};

use crate::fake_upstream::FakeUpstream;
use crate::sample::{self, DEPLOY, call_of, options};

/// What the tool of these tests takes.
struct Upload {
    srid: String,
    file: rt::File,
}

impl rt::Decode for Upload {
    fn decode(value: Value, at: &mut rt::Decoder<'_>) -> Option<Self> {
        static RULE: rt::ObjectRule = rt::ObjectRule::closed(&["srid", "file"]);
        let mut members = at.object(value, &RULE)?;
        let srid = members.required(at, "srid", &rt::Text { within: rt::Within::Path, ..rt::Text::ANY });
        let file = rt::FileRule { filename: true, types: &["*/*"], must_say_type: false };
        let file = members.required(at, "file", &file);
        members.finish(at)?;
        Some(Self { srid: srid?, file: file? })
    }
}

impl rt::Encode for Upload {
    fn encode(&self) -> Value {
        let mut object = rt::Object::default();
        object.required("srid", &self.srid);
        object.required("file", &self.file);
        object.finish()
    }
}

impl rt::Arguments for Upload {
    fn write(&self, request: &mut rt::Parts) {
        static PATH: rt::ParameterRule = rt::ParameterRule::simple("srid");
        static RELEASE: rt::ParameterRule = rt::ParameterRule::simple("releaseId");
        static FILE: rt::PartRule =
            rt::PartRule { name: "file", kind: rt::PartKind::File, ..rt::PartRule::PLAIN };
        static PARTS: rt::MultipartRule =
            rt::MultipartRule { named: &[FILE], first: &[], other: rt::PartRule::PLAIN };
        static BODY: rt::BodyRule =
            rt::BodyRule { media_type: "multipart/form-data", kind: rt::BodyKind::Multipart(&PARTS) };
        request.path(&PATH, &self.srid);
        request.path(&RELEASE, &self.srid);
        request.media(&BODY);
        request.member("file", &self.file);
    }
}

impl JsonSchema for Upload {
    fn schema_name() -> Cow<'static, str> {
        "Upload".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "object"})
    }
}

static UPLOAD: rt::Tool =
    rt::Tool { name: "upload", proof: None, work: rt::Work::Request(rt::prepare::<Upload>), ..DEPLOY };
static API: rt::Api = rt::Api { tools: &[&UPLOAD], ..sample::API };

fn arguments(base64: &str) -> Value {
    json!({"srid": "ISPW", "file": {"base64": base64, "filename": "a.bin"}})
}

#[tokio::test]
async fn a_file_reaches_the_api_as_its_bytes_in_one_part() {
    let upstream = FakeUpstream::start([]).await;
    let engine = Engine::new(&API, options(&upstream.base_url())).unwrap();
    engine.call(call_of(&UPLOAD, arguments("QUJD"))).await.unwrap();
    let request = &upstream.requests()[0];
    let boundary = request.split_once("\r\ncontent-type: multipart/form-data; boundary=").unwrap().1;
    let boundary = boundary.split_once("\r\n").unwrap().0;
    let body = request.split_once("\r\n\r\n").unwrap().1;
    let disposition = "Content-Disposition: form-data; name=\"file\"; filename=\"a.bin\"";
    assert_eq!(
        body,
        format!(
            "--{boundary}\r\n{disposition}\r\nContent-Type: application/octet-stream\r\n\r\nABC\r\n--{boundary}--\r\n"
        )
    );
    assert!(request.contains(&format!("\r\ncontent-length: {}\r\n", body.len())), "{request}");
}

#[tokio::test]
async fn a_body_beyond_the_limit_of_the_deployment_never_leaves() {
    let upstream = FakeUpstream::start([]).await;
    let with_limit = |limit: usize| {
        let mut options = options(&upstream.base_url());
        options.deployment.max_body_bytes = limit;
        Engine::new(&API, options).unwrap()
    };
    with_limit(1024).call(call_of(&UPLOAD, arguments("QUJD"))).await.unwrap();
    let length = upstream.requests()[0].split_once("\r\n\r\n").unwrap().1.len();
    with_limit(length).call(call_of(&UPLOAD, arguments("QUJD"))).await.unwrap();
    let refused = with_limit(length - 1).call(call_of(&UPLOAD, arguments("QUJD"))).await.unwrap_err();
    let CallError::Arguments(problems) = refused else { panic!("{refused:?}") };
    assert_eq!(problems.iter().map(|problem| problem.rule).collect::<Vec<_>>(), ["size"]);
    assert_eq!(upstream.requests().len(), 2);
}
