//! A sign of life of the API: whether it answers at all, and what it shows of itself on the way. No tool is called, and no
//! credential for the API is sent.

use std::time::SystemTime;

use http::header::{ACCEPT, DATE, HeaderValue};
use reqwest::tls::TlsInfo;
use reqwest::{Method, Url};

use super::{Upstream, describe};

/// An answer of the API, whatever it says.
#[derive(Clone, Debug)]
pub struct Sign {
    /// Its status.
    pub status: u16,
    /// What the clock of the other side says, if it says it.
    pub date: Option<SystemTime>,
    /// The certificate that it shows, in DER; nothing without TLS, and nothing of an [`Upstream`] that was not made to look.
    pub certificate: Option<Vec<u8>>,
}

impl Upstream {
    /// Asks for what stands at the API's own address, and takes any answer for a sign; else why there is none.
    pub async fn sign(&self) -> Result<Sign, String> {
        let url = Url::parse(&format!("{}{}/", self.front.origin(), self.front.path()))
            .map_err(|_| "its address cannot be asked for".to_owned())?;
        let mut request = reqwest::Request::new(Method::GET, url);
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("*/*"));
        self.front.tell(request.headers_mut());
        let answer = self.client.execute(request).await.map_err(describe)?;
        let date = answer.headers().get(DATE).and_then(|date| date.to_str().ok());
        let shown = answer.extensions().get::<TlsInfo>();
        Ok(Sign {
            status: answer.status().as_u16(),
            date: date.and_then(|date| httpdate::parse_http_date(date).ok()),
            certificate: shown.and_then(TlsInfo::peer_certificate).map(<[u8]>::to_vec),
        })
    }
}
