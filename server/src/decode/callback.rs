//! Addresses that a caller asks the API to call: https, on a host that the deployment allows, nothing else.

/// Why an address is refused, if it is.
///
/// The API's own URL parser is unknown, so only a spelling that every parser reads alike is accepted:
/// lower-case scheme, a plain host, a decimal port, then nothing or a slash and visible ASCII without backslash. (A
/// host right before `?` or `#` is read up to a later `@` by some: `https://host#@evil/`.)
pub(super) fn refusal(address: &str, allowed: &[String]) -> Option<String> {
    let Some(rest) = address.strip_prefix("https://") else {
        return Some("an address that begins with https:// is accepted".to_owned());
    };
    if rest.bytes().any(|byte| !byte.is_ascii_graphic() || byte == b'\\') {
        return Some("an address of visible ASCII characters without `\\` is accepted".to_owned());
    }
    let authority = rest.split('/').next().unwrap_or_default().to_ascii_lowercase();
    if !is_authority(&authority) {
        return Some(
            "an address of the form https://host[:port]/path is accepted, without user or password"
                .to_owned(),
        );
    }
    let named = authority.strip_suffix(":443").unwrap_or(&authority);
    let permitted = allowed.iter().any(|entry| entry.strip_suffix(":443").unwrap_or(entry) == named);
    (!permitted).then(|| "this host is not permitted (setting WEBHOOK_ALLOWED_HOSTS)".to_owned())
}

/// Whether this is a plain host with or without a decimal port.
pub(super) fn is_authority(text: &str) -> bool {
    let (host, port) = text.split_once(':').unwrap_or((text, "443"));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
    !host.is_empty()
        && host.bytes().all(plain)
        && !port.is_empty()
        && port.bytes().all(|byte| byte.is_ascii_digit())
}
