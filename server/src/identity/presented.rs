//! What somebody shows to be let in: one credential in one header.

use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use super::Denied;

/// Where a key may stand that is no token.
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// The longest credential in bytes.
const LONGEST: usize = 8 * 1024;

/// A credential as it was sent. It has no `Debug`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Presented<'h> {
    /// None that is taken here.
    Nothing,
    /// A bearer token (RFC 6750), which may be a key as well.
    Bearer(&'h str),
    /// A key in a header of its own.
    Key(&'h str),
}

impl<'h> Presented<'h> {
    /// The credential in these headers. `takes_keys` says whether `X-API-Key` means anything here.
    pub fn of(headers: &'h HeaderMap, takes_keys: bool) -> Result<Self, Denied> {
        let authorization = only(headers, &AUTHORIZATION)?;
        let key = if takes_keys { only(headers, &API_KEY)? } else { None };
        match (authorization, key) {
            (None, None) => Ok(Self::Nothing),
            (Some(_), Some(_)) => Err(Denied::Malformed("two_credentials")),
            (None, Some(key)) => bounded(key).map(Self::Key),
            (Some(authorization), None) => match scheme(authorization)? {
                Some(token) => bounded(token).map(Self::Bearer),
                None => Ok(Self::Nothing),
            },
        }
    }
}

impl Presented<'_> {
    /// Takes every credential out of the headers.
    pub(crate) fn take(headers: &mut HeaderMap) {
        headers.remove(AUTHORIZATION);
        headers.remove(API_KEY);
    }
}

/// The value of a header that may be there once.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h str>, Denied> {
    let mut values = headers.get_all(name).iter();
    let first: Option<&HeaderValue> = values.next();
    if values.next().is_some() || first.is_some_and(|value| value.as_bytes().contains(&b',')) {
        return Err(Denied::Malformed("two_credentials"));
    }
    first.map(|value| value.to_str().map_err(|_| Denied::Malformed("malformed"))).transpose()
}

/// What stands after `Bearer` and one blank; nothing where the scheme is another.
fn scheme(value: &str) -> Result<Option<&str>, Denied> {
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    if scheme.eq_ignore_ascii_case("bearer") { Ok(Some(token)) } else { Ok(None) }
}

/// A credential made of the characters that one may have (token68, RFC 9110, section 11.2), and not too long.
fn bounded(credential: &str) -> Result<&str, Denied> {
    let digits = credential.trim_end_matches('=');
    let is_made_well = !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte));
    if !is_made_well {
        return Err(Denied::Malformed("malformed"));
    }
    if credential.len() > LONGEST { Err(Denied::Invalid("too_long")) } else { Ok(credential) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[(&'static str, &str)]) -> Result<String, Denied> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).expect("a value"));
        }
        Presented::of(&headers, true).map(|presented| match presented {
            Presented::Nothing => "nothing".to_owned(),
            Presented::Bearer(token) => format!("bearer {token}"),
            Presented::Key(key) => format!("key {key}"),
        })
    }

    #[test]
    fn t_23_one_credential_in_one_header_in_one_form() {
        let two = Err(Denied::Malformed("two_credentials"));
        let malformed = Err(Denied::Malformed("malformed"));
        let said = |text: &str| Ok(text.to_owned());
        let bearer = |value: &str| of(&[("authorization", value)]);
        for (found, expected) in [
            (of(&[]), said("nothing")),
            (bearer("Bearer a.b_c-~+/=="), said("bearer a.b_c-~+/==")),
            (bearer("bEARER x"), said("bearer x")),
            (bearer("Basic eDp5"), said("nothing")),
            (bearer("Bearer"), malformed.clone()),
            (bearer("Bearer "), malformed.clone()),
            (bearer("Bearer  x"), malformed.clone()),
            (bearer("Bearer x y"), malformed.clone()),
            (bearer("Bearer\tx"), said("nothing")),
            (bearer("Bearer x=y"), malformed.clone()),
            (bearer("Bearer x\u{e9}"), malformed.clone()),
            (bearer("Bearer a, Bearer b"), two.clone()),
            (of(&[("authorization", "Bearer a"), ("authorization", "Bearer a")]), two.clone()),
            (of(&[("x-api-key", "k")]), said("key k")),
            (of(&[("x-api-key", "k"), ("x-api-key", "k")]), two.clone()),
            (of(&[("x-api-key", "k"), ("authorization", "Bearer a")]), two.clone()),
            (of(&[("x-api-key", "k"), ("authorization", "Basic a")]), two),
            (of(&[("x-api-key", "")]), malformed),
        ] {
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn t_23_the_length_of_a_credential_is_crossed_by_one() {
        let bearer = |length: usize| of(&[("authorization", &format!("Bearer {}", "a".repeat(length)))]);
        assert!(bearer(LONGEST).is_ok());
        assert_eq!(bearer(LONGEST + 1), Err(Denied::Invalid("too_long")));
    }

    #[test]
    fn a_key_header_means_nothing_where_no_keys_are_taken() {
        let mut headers = HeaderMap::new();
        headers.insert("x-api-key", HeaderValue::from_static("k"));
        assert!(Presented::of(&headers, false) == Ok(Presented::Nothing));
    }
}
