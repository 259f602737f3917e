//! A sign of life of the API: whether it answers at all, and what it shows of itself on the way. No tool is called, and no
//! credential for the API is sent.

use std::time::SystemTime;

use http::header::{ACCEPT, DATE, HeaderValue, USER_AGENT};
use http::{Method, Request};
use http_body_util::Full;

use super::{Upstream, told};

/// An answer of the API, whatever it says.
#[derive(Clone, Debug)]
pub struct Sign {
    /// Its status.
    pub status: u16,
    /// What the clock of the other side says, if it says it.
    pub date: Option<SystemTime>,
    /// The certificate that it shows, in DER; nothing without TLS.
    pub certificate: Option<Vec<u8>>,
}

impl Upstream {
    /// Asks for what stands at the API's own address, and takes any answer for a sign; else why there is none.
    pub async fn sign(&self) -> Result<Sign, String> {
        let target = format!("{}/", self.front.path());
        let address = self.front.at(&target).ok_or_else(|| "its address cannot be asked for".to_owned())?;
        let mut request = Request::new(Full::default());
        (*request.method_mut(), *request.uri_mut()) = (Method::GET, address);
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("*/*"));
        request.headers_mut().insert(USER_AGENT, self.user_agent.clone());
        self.front.tell(request.headers_mut());
        let answer = self.client.request(request).await.map_err(|error| told(&error))?;
        let date = answer.headers().get(DATE).and_then(|date| date.to_str().ok());
        Ok(Sign {
            status: answer.status().as_u16(),
            date: date.and_then(|date| httpdate::parse_http_date(date).ok()),
            certificate: self.shown.certificate(),
        })
    }
}
