//! Which of the document's security schemes is meant where none is named.

use server::catalog::{Api, Carrier};

/// The scheme whose credential is `API_TOKEN`.
pub(crate) fn main_scheme(api: &'static Api) -> Option<&'static str> {
    let is_authorization = |carrier: Carrier| match carrier {
        Carrier::Authorization(_) => true,
        Carrier::Header(name) => name.eq_ignore_ascii_case("authorization"),
        Carrier::Query(_) | Carrier::Cookie(_) => false,
    };
    let mut schemes = api.security_schemes.iter();
    let main = schemes.find(|scheme| is_authorization(scheme.carrier)).or(api.security_schemes.first());
    main.map(|scheme| scheme.name)
}
