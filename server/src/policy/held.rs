//! A caller as rules see it: what tells it from others is made once and kept, and the caller itself where a rule is asked.

use std::borrow::Cow;
use std::collections::HashMap;

use cedar_policy::{Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression as Expression};

use crate::call::Caller;
use crate::digest;
use crate::identity::{Identity, api_keys};

/// What rules read of a caller: whether it is this very one, what it is in, and attributes by their places in
/// [`ATTRIBUTES`]. What kind of caller it is counts always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reads {
    pub(super) itself: bool,
    pub(super) memberships: bool,
    pub(super) attributes: u16,
}

/// The attributes of callers.
const ATTRIBUTES: [&str; 10] =
    ["client", "groups", "issuer", "name", "names", "provider", "roles", "scopes", "subject", "tenant"];

impl Reads {
    /// Everything.
    pub(super) const ALL: Self = Self { itself: true, memberships: true, attributes: u16::MAX };

    /// Notes that an attribute is read.
    pub(super) fn attribute(&mut self, name: &str) {
        match ATTRIBUTES.iter().position(|known| *known == name) {
            Some(place) => self.attributes |= 1 << place,
            None => *self = Self::ALL,
        }
    }

    /// Notes what another rule reads.
    pub(super) fn add(&mut self, other: Self) {
        self.itself |= other.itself;
        self.memberships |= other.memberships;
        self.attributes |= other.attributes;
    }
}

/// A caller.
#[derive(Debug)]
pub(super) struct Held {
    caller: Caller,
    kind: Kind,
    uid: EntityUid,
    parts: Parts,
}

/// The kinds of caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    User,
    ApiKey,
    LocalOwner,
    Anonymous,
}

/// Names of what rules may read of a caller, so that callers who are alike in it are alike to them.
#[derive(Debug)]
struct Parts {
    itself: [u8; 32],
    memberships: [u8; 32],
    attributes: [[u8; 32]; ATTRIBUTES.len()],
}

impl Held {
    /// The caller as rules see it.
    pub(super) fn of(caller: &Caller) -> Self {
        let (kind, id) = named(caller);
        let identity = identity(caller);
        let memberships: Vec<&str> =
            parents(kind, &identity).into_iter().flat_map(|(of, name)| [of, name]).collect();
        let parts = Parts {
            itself: digest::of(&["itself", kind.word(), &id]),
            memberships: digest::of(&memberships),
            attributes: ATTRIBUTES.map(|name| attribute(name, &identity).digest()),
        };
        Self { caller: caller.clone(), kind, uid: uid(kind.word(), &id), parts }
    }

    /// Its name among entities.
    pub(super) fn uid(&self) -> &EntityUid {
        &self.uid
    }

    /// What kind of caller it is.
    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// Writes what is read of it: callers of whom the same is written are the same to these rules.
    pub(super) fn write(&self, reads: Reads, out: &mut Vec<u8>) {
        out.push(self.kind as u8);
        if reads.itself {
            out.extend(self.parts.itself);
        }
        if reads.memberships {
            out.extend(self.parts.memberships);
        }
        for (place, digest) in self.parts.attributes.iter().enumerate() {
            if reads.attributes & (1 << place) != 0 {
                out.extend(digest);
            }
        }
    }

    /// The caller with all that rules may read of it.
    pub(super) fn entity(&self) -> Entity {
        let identity = identity(&self.caller);
        let parents = parents(self.kind, &identity).into_iter().map(|(of, name)| uid(of, name)).collect();
        let attributes: HashMap<String, Expression> = ATTRIBUTES
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), attribute(name, &identity).expression()?)))
            .collect();
        Entity::new(self.uid.clone(), attributes, parents).expect("sets and texts need no evaluation")
    }
}

/// What kind of caller it is, and its name among these.
fn named(caller: &Caller) -> (Kind, String) {
    match caller {
        Caller::LocalOwner => (Kind::LocalOwner, "local_owner".to_owned()),
        Caller::Anonymous => (Kind::Anonymous, "anonymous".to_owned()),
        Caller::Known(principal) => {
            let Identity { provider, subject, client, .. } = principal.identity();
            if *provider == api_keys::PROVIDER {
                (Kind::ApiKey, client.as_ref().unwrap_or(subject).clone())
            } else {
                (Kind::User, format!("{provider}:{subject}"))
            }
        }
    }
}

/// What is said of it.
fn identity(caller: &Caller) -> Cow<'_, Identity> {
    match caller {
        Caller::LocalOwner => Cow::Owned(unnamed("local_owner")),
        Caller::Anonymous => Cow::Owned(unnamed("anonymous")),
        Caller::Known(principal) => Cow::Borrowed(principal.identity()),
    }
}

/// What it is in, by kind and name, each once.
fn parents(kind: Kind, identity: &Identity) -> Vec<(&'static str, &str)> {
    let mut parents = Vec::new();
    let client = identity.client.iter().filter(|_| kind == Kind::User);
    for (of, names) in [
        ("Role", identity.roles.iter().collect::<Vec<_>>()),
        ("Group", identity.groups.iter().collect()),
        ("Tenant", identity.tenant.iter().collect()),
        ("Client", client.collect()),
    ] {
        parents.extend(names.into_iter().map(|name| (of, name.as_str())));
    }
    parents.sort_unstable();
    parents.dedup();
    parents
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::ApiKey => "ApiKey",
            Self::LocalOwner => OWNER,
            Self::Anonymous => "Anonymous",
        }
    }
}

/// The kind of the owner of this machine.
pub(super) const OWNER: &str = "LocalOwner";

/// An entity's name.
pub(super) fn uid(kind: &str, id: &str) -> EntityUid {
    let kind: EntityTypeName = kind.parse().expect("kinds of entities are words of this module");
    EntityUid::from_type_name_and_id(kind, EntityId::new(id))
}

/// Nothing is said of a caller whom nobody names.
fn unnamed(word: &str) -> Identity {
    Identity { provider: "none", subject: word.to_owned(), ..Identity::default() }
}

/// An attribute's value.
enum Value {
    Absent,
    Text(String),
    Set(Vec<String>),
}

impl Value {
    fn digest(&self) -> [u8; 32] {
        match self {
            Self::Absent => digest::of(&["absent"]),
            Self::Text(text) => digest::of(&["text", text]),
            Self::Set(items) => {
                let mut items: Vec<&str> = items.iter().map(String::as_str).collect();
                items.sort_unstable();
                items.dedup();
                items.insert(0, "set");
                digest::of(&items)
            }
        }
    }

    fn expression(self) -> Option<Expression> {
        match self {
            Self::Absent => None,
            Self::Text(text) => Some(Expression::new_string(text)),
            Self::Set(items) => Some(Expression::new_set(items.into_iter().map(Expression::new_string))),
        }
    }
}

fn attribute(name: &str, identity: &Identity) -> Value {
    let maybe = |text: &Option<String>| text.clone().map_or(Value::Absent, Value::Text);
    match name {
        "client" => maybe(&identity.client),
        "groups" => Value::Set(identity.groups.clone()),
        "issuer" => Value::Text(identity.issuer.clone()),
        "name" => maybe(&identity.name),
        "names" => Value::Set(names(&identity.subject)),
        "provider" => Value::Text(identity.provider.to_owned()),
        "roles" => Value::Set(identity.roles.clone()),
        "scopes" => Value::Set(identity.scopes.clone()),
        "subject" => Value::Text(identity.subject.clone()),
        _ => maybe(&identity.tenant),
    }
}

/// The names by which an API may know a caller: the subject, and what stands before its `@`, each in upper case too. The name
/// that is shown is none of them, since callers choose it.
fn names(subject: &str) -> Vec<String> {
    let before = subject.split('@').next().unwrap_or_default();
    [subject, before].into_iter().flat_map(|name| [name.to_owned(), name.to_uppercase()]).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::identity::Principal;

    fn of(change: impl FnOnce(&mut Identity)) -> Held {
        let mut identity = Identity {
            provider: "jwt",
            subject: "user01@example.com".to_owned(),
            roles: vec!["developer".to_owned()],
            ..Identity::default()
        };
        change(&mut identity);
        Held::of(&Caller::Known(Arc::new(Principal::new(identity))))
    }

    fn written(held: &Held, reads: Reads) -> Vec<u8> {
        let mut out = Vec::new();
        held.write(reads, &mut out);
        out
    }

    #[test]
    fn callers_are_told_apart_by_what_is_read_of_them_and_by_nothing_else() {
        let (one, other) = (of(|_| {}), of(|identity| identity.subject = "x".to_owned()));
        let memberships = Reads { memberships: true, ..Reads::default() };
        assert_eq!(written(&one, memberships), written(&other, memberships));
        assert_ne!(written(&one, Reads::ALL), written(&other, Reads::ALL));
        let more = of(|identity| identity.roles.push("production".to_owned()));
        assert_ne!(written(&one, memberships), written(&more, memberships));
        let mut scopes = Reads::default();
        scopes.attribute("scopes");
        let scoped = of(|identity| identity.scopes = vec!["cp:read".to_owned()]);
        assert_eq!(written(&one, scopes), written(&more, scopes));
        assert_ne!(written(&one, scopes), written(&scoped, scopes));
        // A group is no role of the same name, and a key's owner no user.
        let grouped = of(|identity| identity.groups = std::mem::take(&mut identity.roles));
        assert_ne!(written(&one, memberships), written(&grouped, memberships));
        let key = of(|identity| identity.provider = api_keys::PROVIDER);
        assert_ne!(written(&one, memberships), written(&key, memberships));
        let owner = Held::of(&Caller::LocalOwner);
        assert_ne!(written(&owner, Reads::default()), written(&one, Reads::default()));
    }

    #[test]
    fn a_caller_who_calls_itself_like_another_kind_is_not_that() {
        let posing = of(|identity| {
            identity.subject = "local_owner".to_owned();
            identity.roles = vec!["LocalOwner".to_owned()];
        });
        assert_eq!(posing.uid().to_string(), r#"User::"jwt:local_owner""#);
        assert_eq!(posing.kind(), Kind::User);
    }

    #[test]
    fn names_are_of_the_subject_alone() {
        let mut found = names("user01@example.com");
        found.sort();
        assert_eq!(found, ["USER01", "USER01@EXAMPLE.COM", "user01", "user01@example.com"]);
    }
}
