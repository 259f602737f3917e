//! A caller whom somebody vouches for, and the two names that one has here: a key for this program, a word for people.

use std::time::SystemTime;

use secrecy::SecretString;

use crate::digest;

/// The longest part of a word that comes from outside, in characters.
const LONGEST: usize = 64;

/// What an identity provider, or the list of keys, says of a caller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// Which kind of provider says so, in a word: `jwt`, `api_key`.
    pub provider: &'static str,
    /// Who vouches for it. A subject means something only together with this.
    pub issuer: String,
    /// Who it is: never given to anybody else by this issuer.
    pub subject: String,
    /// The program that the caller uses, or the key.
    pub client: Option<String>,
    /// A name to show.
    pub name: Option<String>,
    /// What the caller is.
    pub roles: Vec<String>,
    /// What the caller belongs to.
    pub groups: Vec<String>,
    /// What the caller lets this program do.
    pub scopes: Vec<String>,
    /// The organisation that the caller acts for.
    pub tenant: Option<String>,
    /// Until when all this is so.
    pub expires: Option<SystemTime>,
}

/// A caller whom somebody vouches for.
#[derive(Clone, Debug)]
pub struct Principal {
    identity: Identity,
    key: Box<str>,
    word: Box<str>,
    token: Option<SecretString>,
    rights: [u8; 32],
}

impl Principal {
    /// The caller of this identity. The same subject by way of another program is another caller: what one program asked and
    /// was shown is not the other's.
    pub fn new(identity: Identity) -> Self {
        let Identity { provider, issuer, subject, client, .. } = &identity;
        // That there is no client is not a client of the empty name.
        let client = client.as_ref().map_or_else(String::new, |client| format!("={client}"));
        let digest = digest::of(&["principal 1", provider, issuer, subject, &client]);
        let key = digest::hex(&digest);
        let word = format!("{provider}:{}#{}", shown(subject), &key[..16]).into();
        Self { key: key.into(), word, token: None, rights: rights(&identity), identity }
    }

    /// The caller with the token that was shown, to be exchanged for another one. It is part of nothing else.
    pub fn with_token(self, token: SecretString) -> Self {
        Self { token: Some(token), ..self }
    }

    /// The token that was shown, where it is kept to be exchanged.
    pub(crate) fn token(&self) -> Option<&SecretString> {
        self.token.as_ref()
    }

    /// What is said of the caller.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// As [`Caller::key`](super::Caller::key) says.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Names all that is said of the caller but until when: of whom the same is said has the same.
    pub(crate) fn rights(&self) -> &[u8; 32] {
        &self.rights
    }

    /// As [`Caller::word`](super::Caller::word) says: provider and subject, and the beginning of the key, by which those of
    /// one subject are told apart.
    pub fn word(&self) -> &str {
        &self.word
    }
}

fn rights(identity: &Identity) -> [u8; 32] {
    let Identity { provider, issuer, subject, client, name, roles, groups, scopes, tenant, expires: _ } =
        identity;
    // Lists begin with their lengths, so that none looks like the beginning of the next.
    let lengths = [roles, groups, scopes].map(|words| words.len().to_string());
    let mut fields = vec!["rights 1", provider, issuer, subject];
    for maybe in [client, name, tenant] {
        fields.extend(maybe.as_deref().map_or(["", "absent"], |text| [text, "given"]));
    }
    for (words, length) in [roles, groups, scopes].into_iter().zip(&lengths) {
        fields.push(length);
        fields.extend(words.iter().map(String::as_str));
    }
    digest::of(&fields)
}

/// A text from outside as part of a word: what is invisible or would end a line is made visible, what is long is cut.
fn shown(text: &str) -> String {
    let mut shown: String = text.chars().flat_map(char::escape_debug).take(LONGEST).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::identity::Caller;

    fn of(issuer: &str, subject: &str, client: Option<&str>) -> Principal {
        let client = client.map(str::to_owned);
        let (issuer, subject) = (issuer.to_owned(), subject.to_owned());
        Principal::new(Identity { provider: "jwt", issuer, subject, client, ..Identity::default() })
    }

    #[test]
    fn t_30_no_two_callers_have_the_same_key_or_word() {
        let parts = ["a", "aa", "a:a", "", "=", "local_owner", "anonymous", "\0"];
        let mut seen = HashSet::from(["local_owner".to_owned(), "anonymous".to_owned()]);
        let mut words = seen.clone();
        for issuer in parts {
            for subject in parts {
                for client in parts.map(Some).into_iter().chain([None]) {
                    let principal = of(issuer, subject, client);
                    assert!(seen.insert(principal.key().to_owned()), "{issuer:?} {subject:?} {client:?}");
                    assert!(words.insert(principal.word().to_owned()), "{issuer:?} {subject:?} {client:?}");
                }
            }
        }
        let other = Identity { provider: "api_key", ..of("a", "a", None).identity().clone() };
        assert!(seen.insert(Principal::new(other).key().to_owned()), "another provider");
    }

    #[test]
    fn the_same_caller_with_other_rights_is_the_same_caller() {
        let one = of("i", "s", Some("c"));
        let other = Identity { roles: vec!["admin".to_owned()], expires: None, ..one.identity().clone() };
        let [one, other] = [one, Principal::new(other)].map(|principal| Caller::Known(principal.into()));
        assert_eq!(one, other);
        assert_ne!(one, Caller::Anonymous);
    }

    #[test]
    fn rights_are_the_same_where_the_same_is_said_and_nowhere_else() {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let base = of("i", "s", None).identity().clone();
        let others = [
            Identity { roles: words(&["a", "b"]), ..base.clone() },
            Identity { roles: words(&["ab"]), ..base.clone() },
            Identity { roles: words(&["a"]), groups: words(&["b"]), ..base.clone() },
            Identity { groups: words(&["a", "b"]), ..base.clone() },
            Identity { scopes: words(&["a", "b"]), ..base.clone() },
            Identity { roles: words(&["", "a", "b"]), ..base.clone() },
            Identity { tenant: Some("a".to_owned()), ..base.clone() },
            Identity { name: Some("a".to_owned()), ..base.clone() },
            Identity { client: Some(String::new()), ..base.clone() },
            base.clone(),
        ];
        let seen: HashSet<[u8; 32]> =
            others.iter().map(|identity| *Principal::new(identity.clone()).rights()).collect();
        assert_eq!(seen.len(), others.len());
        let later = Identity { expires: Some(SystemTime::now()), ..base.clone() };
        assert_eq!(Principal::new(later).rights(), Principal::new(base).rights());
    }

    #[test]
    fn a_word_is_one_bounded_line_whatever_the_subject_is() {
        let word = of("i", "alice@example.com", None).word().to_owned();
        let (readable, mark) = word.split_once('#').expect("a mark");
        assert_eq!((readable, mark.len()), ("jwt:alice@example.com", 16));
        for subject in ["a\nb", "a\u{202e}b", "a\u{1b}[31m", "\0", &"\u{7}".repeat(300), &"x".repeat(300)] {
            let word = of("i", subject, None).word().to_owned();
            assert!(word.chars().all(|c| c == '…' || c.is_ascii_graphic()), "{word}");
            assert!(word.len() <= LONGEST + 32, "{word}");
        }
        let [one, other] = ["1", "2"].map(|end| of("i", &("x".repeat(99) + end), None).word().to_owned());
        assert_ne!(one, other, "cut, and told apart");
    }
}
