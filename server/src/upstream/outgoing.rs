//! The request to the API: complete and verified, or none.

use http::header::{
    ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH,
    USER_AGENT,
};
use http::{Method, Request as Outgoing};
use http_body_util::Full;
use hyper::body::Bytes;

use super::credential::{Carried, Credential};
use super::gateway::Front;
use super::{Request, Upstream};
use crate::call::CallError;
use crate::catalog::Tool;
use crate::decode::{Problem, Problems};
use crate::request::{Body, Target};

const JSON: &str = "application/json";

/// How many headers most requests have at most, so that there is room for them at once.
const USUAL_HEADERS: usize = 12;

/// How many bytes an address may have after its host: no library takes more.
const LONGEST_TARGET: usize = 65_534;

impl Upstream {
    /// The request, complete and verified.
    pub(super) fn outgoing(
        &self,
        request: &Request<'_>,
        own: Option<&[Credential]>,
    ) -> Result<Outgoing<Full<Bytes>>, CallError> {
        let carried = self.credentials.choose(request.tool, own)?;
        let target = Target::build(request.tool.segments, self.front.path(), request.parts, &carried.query)
            .map_err(|violation| refuse(request, violation.0))?;
        if target.as_str().len() > LONGEST_TARGET {
            return Err(too_long(target.as_str().len()));
        }
        let address = self.front.at(target.as_str());
        let address = address.ok_or_else(|| refuse(request, "the target would be read as another one"))?;
        let method = Method::from_bytes(request.tool.method.as_bytes())
            .map_err(|_| CallError::Internal { cause: "the method is no HTTP method".to_owned() })?;
        let body = request.parts.sent_body();
        let mut outgoing = Outgoing::new(body.map(|body| body.bytes.clone().into()).unwrap_or_default());
        (*outgoing.method_mut(), *outgoing.uri_mut()) = (method, address);
        *outgoing.headers_mut() = headers(request, &self.front, carried, body)?;
        outgoing.headers_mut().entry(USER_AGENT).or_insert_with(|| self.user_agent.clone());
        Ok(outgoing)
    }
}

/// A request that does not agree with its template is never sent: that is our fault and somebody's attack.
fn refuse(request: &Request<'_>, reason: &'static str) -> CallError {
    let (tool, request_id) = (request.tool.name, request.request_id);
    tracing::error!(tool, request_id, reason, "url_invariant_violation");
    CallError::Internal { cause: format!("url_invariant_violation: {reason}") }
}

fn headers(
    request: &Request<'_>,
    front: &Front,
    carried: Carried,
    body: Option<&Body>,
) -> Result<HeaderMap, CallError> {
    let mut headers = HeaderMap::with_capacity(USUAL_HEADERS);
    for (name, text) in request.parts.headers() {
        headers.insert(header_name(name)?, header_value(text)?);
    }
    headers.insert(ACCEPT, accepted(request.tool)?);
    if let Some(body) = body {
        headers.insert(CONTENT_TYPE, header_value(&body.content_type)?);
    } else if matches!(request.tool.method, "POST" | "PUT" | "PATCH") {
        // Some servers answer 411 to a POST that does not say that it has no body; hyper leaves it open.
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    if let Some(validator) = request.condition() {
        headers.insert(IF_NONE_MATCH, header_value(validator)?);
    }
    headers.insert(HeaderName::from_static("x-request-id"), header_value(request.request_id)?);
    if let Some(traceparent) = request.traceparent {
        headers.insert(HeaderName::from_static("traceparent"), header_value(traceparent)?);
    }
    if let Some(cookies) = cookies(request.parts.cookie_pairs(), &carried)? {
        headers.insert(COOKIE, cookies);
    }
    // After the arguments, so that none of them can take the place of a credential or of what a gateway is told.
    front.tell(&mut headers);
    for (name, value) in carried.headers {
        headers.insert(name, value);
    }
    Ok(headers)
}

/// Arguments that make an address which cannot be sent.
fn too_long(length: usize) -> CallError {
    let message = format!(
        "together they make an address of {length} bytes; one of {LONGEST_TARGET} at most can be asked for"
    );
    let mut problems = Problems::default();
    problems.push(Problem { path: String::new(), rule: "maxLength", message });
    CallError::Arguments(problems)
}

/// Those of arguments and of credentials as one header, where there are some.
fn cookies(pairs: &[(String, String)], carried: &Carried) -> Result<Option<HeaderValue>, CallError> {
    if pairs.is_empty() && carried.cookies.is_empty() {
        return Ok(None);
    }
    let pairs = pairs.iter().chain(&carried.cookies).map(|(name, value)| format!("{name}={value}"));
    let mut value = header_value(&pairs.collect::<Vec<_>>().join("; "))?;
    value.set_sensitive(true);
    Ok(Some(value))
}

/// What a success may be, and JSON, which errors usually are.
fn accepted(tool: &Tool) -> Result<HeaderValue, CallError> {
    let successes = tool.answers.iter().filter(|rule| rule.from < 300).map(|rule| rule.media_type);
    if successes.clone().all(|media_type| matches!(media_type, "" | JSON)) {
        return Ok(HeaderValue::from_static(JSON));
    }
    let mut accepted: Vec<&str> = Vec::new();
    for media_type in successes.chain([JSON]) {
        if !media_type.is_empty() && !accepted.contains(&media_type) {
            accepted.push(media_type);
        }
    }
    header_value(&accepted.join(", "))
}

fn header_name(name: &str) -> Result<HeaderName, CallError> {
    HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| CallError::Internal { cause: "a header has no valid name".to_owned() })
}

fn header_value(text: &str) -> Result<HeaderValue, CallError> {
    HeaderValue::from_str(text)
        .map_err(|_| CallError::Internal { cause: "a header has no valid value".to_owned() })
}
