//! The pages that people see: plain HTML that needs no script, no picture and no mouse, under a policy that lets a browser run and
//! load nothing, send the form nowhere but here, and show the page in no frame.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY};
use http::{Response as HttpResponse, StatusCode};
use http_body_util::{BodyExt as _, Full};
use sha2::{Digest as _, Sha256};

use super::asked::Asked;
use super::clients::{Client, Known};
use super::endpoints::CONSENT;
use super::redirect;
use crate::http::{Page, Response};

/// Browsers go where this says by themselves; a policy for forms does not reach there, as it would a redirect after a form.
const REFRESH: HeaderName = HeaderName::from_static("refresh");

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem}\
dt{font-weight:600}dd{margin:0 0 .75rem;overflow-wrap:anywhere}\
button{font:inherit;padding:.5rem 1.25rem;margin:.5rem .75rem .5rem 0}\
:focus-visible{outline:3px solid;outline-offset:2px}";

/// What a browser may do with a page. The one style is named by its digest.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let style = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).expect("visible ASCII")
});

/// What a person is asked.
pub(super) struct Shown<'a> {
    /// What the server is called.
    pub(super) title: &'a str,
    /// Its address.
    pub(super) resource: &'a str,
    pub(super) client: &'a Client,
    pub(super) asked: &'a Asked,
    /// Where the person logs in.
    pub(super) provider: &'a str,
}

/// Asks whether a program may use the server as the person. `sealed` comes back with the answer.
pub(super) fn consent(shown: &Shown<'_>, sealed: &str) -> Response {
    let Shown { title, resource, client, asked, provider } = *shown;
    let (name, title, provider) = (escaped(&asked.name), escaped(title), escaped(provider));
    let known = match &client.known {
        Known::At(host) => {
            format!("<strong>{}</strong> vouches for it, at {}", escaped(host), escaped(&client.id))
        }
        Known::ByItself => {
            "Nobody vouches for it: it registered itself, under a name that it chose".to_owned()
        }
    };
    let (host, is_here) = redirect::place(&asked.redirect);
    let where_to = match is_here {
        true => format!("a program on this computer (<strong>{}</strong>)", escaped(&host)),
        false => format!("<strong>{}</strong>", escaped(&host)),
    };
    let scopes = match &*asked.scopes {
        [] => "all that you may do".to_owned(),
        scopes => {
            let all: Vec<String> =
                scopes.iter().map(|scope| format!("<code>{}</code>", escaped(scope))).collect();
            all.join(", ")
        }
    };
    let body = format!(
        "<h1>Let {name} use {title} as you?</h1>\
<p>Go on only if you have just asked for this in the program yourself.</p>\
<dl>\
<dt>Program</dt><dd>{name}</dd>\
<dt>Known by</dt><dd>{known}</dd>\
<dt>Your browser goes to</dt><dd>{where_to}</dd>\
<dt>Server</dt><dd>{title}, at {}</dd>\
<dt>It may</dt><dd>{scopes}</dd>\
</dl>\
<form method=\"post\" action=\"{CONSENT}\">\
<input type=\"hidden\" name=\"question\" value=\"{}\">\
<button name=\"answer\" value=\"yes\">Yes, log in at {provider}</button>\
<button name=\"answer\" value=\"no\">No</button>\
</form>",
        escaped(resource),
        escaped(sealed),
    );
    page(StatusCode::OK, &format!("Let {name} use {title}?"), &body)
}

/// Sends the browser on, by itself and by a link.
pub(super) fn onwards(title: &str, place: &str, address: &str) -> Response {
    let (title, place) = (escaped(title), escaped(place));
    let link = format!("<p><a href=\"{}\">Go on to {place}</a></p>", escaped(address));
    let body = format!("<h1>On to {place}</h1><p>Your browser goes there by itself.</p>{link}");
    let mut response = page(StatusCode::OK, &title, &body);
    let refresh = HeaderValue::try_from(format!("0;url={address}")).expect("addresses are visible ASCII");
    response.headers_mut().insert(REFRESH, refresh);
    response
}

/// Says why it does not go on.
pub(super) fn stop(status: StatusCode, title: &str, why: &str) -> Response {
    let (title, why) = (escaped(title), escaped(why));
    page(status, &title, &format!("<h1>This login does not go on</h1><p>{why}</p><p>{title}</p>"))
}

/// A page; title and body are HTML.
fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let text = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{title}</title><style>{STYLE}</style></head>\
<body><main>{body}</main></body></html>\n"
    );
    let mut response = HttpResponse::new(Full::new(Bytes::from(text)).boxed());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_SECURITY_POLICY, POLICY.clone());
    // Where nothing is said of a page's origin, a browser says it neither of the form that the page sends.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response.extensions_mut().insert(Page);
    response
}

/// A text as it may stand in HTML, between tags and in quotes.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_html() {
        assert_eq!(
            escaped("<a href='x' title=\"y\">&"),
            "&lt;a href=&#39;x&#39; title=&quot;y&quot;&gt;&amp;"
        );
    }
}
