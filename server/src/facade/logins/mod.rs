//! Logins that lasted to their tokens: whose they are, for which program, and until when.
//!
//! Tokens are kept as hashes. A refresh token names its login and is good once: who shows an old one, or makes one up for a login
//! whose name is known, ends it, since nobody can tell the thief from the owner.

mod file;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::options::Store;
use super::unguessable::{self, Hash};
use super::{Kept, User, lock};
use crate::identity::{Caller, Denied, Identity, Principal};
use crate::start_error::StartError;
use file::{LoginsFile, Read};

/// What access tokens begin with.
const ACCESS: &str = "mcpt_";
/// What refresh tokens begin with.
const REFRESH: &str = "mcpr_";
/// How many logins there may be.
const MOST: usize = 10_000;
/// How many of one person: an older one ends when one more begins.
const MOST_OF_ONE: usize = 32;

/// Whether it looks like an access token of ours.
pub(crate) fn is_token(text: &str) -> bool {
    text.starts_with(ACCESS)
}

/// Names a login.
pub(super) type Id = [u8; 16];

/// What is the same for all logins.
pub(super) struct Terms {
    /// The provider in a word.
    pub(super) provider: &'static str,
    /// Who vouches for people.
    pub(super) issuer: String,
    pub(super) roles: Vec<String>,
    pub(super) access_life: Duration,
    pub(super) login_life: Duration,
}

/// The logins.
pub(super) struct Logins {
    terms: Terms,
    most: usize,
    state: Mutex<State>,
    file: Option<LoginsFile>,
}

#[derive(Default)]
struct State {
    logins: HashMap<Id, Login>,
    /// Which login an access token is of.
    access: HashMap<Hash, Id>,
    /// Which state this is: each change makes another one.
    number: u64,
}

struct Login {
    client: String,
    scopes: Vec<String>,
    user: User,
    kept: Kept,
    caller: Caller,
    access: Hash,
    access_until: SystemTime,
    refresh: Hash,
    /// Whether the refresh token is being replaced.
    is_busy: bool,
    began: SystemTime,
    until: SystemTime,
}

/// Tokens as a program gets them.
pub(super) struct Given {
    pub(super) access: String,
    pub(super) refresh: String,
    pub(super) access_life: Duration,
    pub(super) scopes: Vec<String>,
}

/// There is no room.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

/// Why a refresh token is not good.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoLogin {
    Unknown,
    /// It is being replaced at this moment.
    Busy,
    /// It was good once, of this login.
    Replayed(Id),
}

impl Logins {
    /// Those of the file, where there is one; it must be ours alone, be written with our key, and be writable.
    pub(super) fn new(terms: Terms, store: Option<&Store>) -> Result<Self, StartError> {
        let mut state = State { number: 1, ..State::default() };
        let file = match store {
            None => None,
            Some(store) => {
                let (file, entries) = LoginsFile::open(store, &terms.issuer)?;
                for entry in entries {
                    let wrong = || {
                        StartError::new(
                            "AUTH_LOGINS_KEY is not the key with which AUTH_LOGINS_FILE was written",
                        )
                    };
                    let (id, read) = file.read(entry).ok_or_else(wrong)?;
                    state.put(id, terms.login(read));
                }
                Some(file)
            }
        };
        let logins = Self { terms, most: MOST, state: Mutex::new(state), file };
        logins.write()?;
        Ok(logins)
    }

    /// Waits until what is known is on the disk, where there is a file. What cannot be written is told of, and is forgotten by the
    /// next restart.
    pub(super) async fn save(self: &Arc<Self>) {
        if self.file.is_none() {
            return;
        }
        let logins = Arc::clone(self);
        let written = tokio::task::spawn_blocking(move || logins.write()).await;
        if let Ok(Err(error)) = written {
            tracing::error!(%error, "a restart will forget what happened to logins since");
        }
    }

    fn write(&self) -> Result<(), StartError> {
        let Some(file) = &self.file else { return Ok(()) };
        file.write(|| {
            let state = lock(&self.state);
            (state.number, state.logins.iter().map(|(id, login)| file.entry(id, login)).collect())
        })
    }

    /// Begins a login of this person for this program.
    pub(super) fn begin(
        &self,
        client: String,
        scopes: Vec<String>,
        user: User,
        kept: Kept,
        now: SystemTime,
    ) -> Result<(Id, Given), Full> {
        let mut state = lock(&self.state);
        state.make_room(&user.subject, self.most, now)?;
        let (id, until) = (unguessable::bytes(), now + self.terms.login_life);
        let (access, refresh) = (Secret::access(), Secret::refresh(&id));
        let access_until = (now + self.terms.access_life).min(until);
        let given = self.terms.given(&access, &refresh, &scopes, (now, access_until));
        let (access, refresh) = (access.hash, refresh.hash);
        let begun = Read { client, scopes, user, kept, access, access_until, refresh, began: now, until };
        state.put(id, self.terms.login(begun));
        Ok((id, given))
    }

    /// Whose access token it is.
    pub(super) fn admit(&self, token: &str, now: SystemTime) -> Result<Caller, Denied> {
        let state = lock(&self.state);
        let id = state.access.get(&unguessable::hash(token)).ok_or(Denied::Invalid("unknown_token"))?;
        let login = state.logins.get(id).ok_or(Denied::Invalid("unknown_token"))?;
        if login.access_until <= now { Err(Denied::Invalid("expired")) } else { Ok(login.caller.clone()) }
    }

    /// Begins to replace a refresh token of this program. Until that has ended one way or the other nobody else can.
    pub(super) fn rotate(&self, token: &str, client: &str, now: SystemTime) -> Result<Rotation<'_>, NoLogin> {
        let id = Secret::login_of(token).ok_or(NoLogin::Unknown)?;
        let mut state = lock(&self.state);
        let login = state.logins.get_mut(&id).ok_or(NoLogin::Unknown)?;
        if login.refresh != unguessable::hash(token) {
            return Err(NoLogin::Replayed(id));
        }
        // A program that was not given it has stolen it.
        if login.client != client {
            return Err(NoLogin::Replayed(id));
        }
        if login.until <= now {
            state.remove(&id);
            return Err(NoLogin::Unknown);
        }
        if login.is_busy {
            return Err(NoLogin::Busy);
        }
        login.is_busy = true;
        Ok(Rotation { logins: self, id, subject: login.user.subject.clone(), kept: login.kept.clone() })
    }

    /// Ends a login.
    pub(super) fn end(&self, id: &Id) {
        lock(&self.state).remove(id);
    }

    /// Ends the login of a token that this program has.
    pub(super) fn give_up(&self, token: &str, client: &str) {
        let mut state = lock(&self.state);
        let hash = unguessable::hash(token);
        let found = state.access.get(&hash).copied().or_else(|| Secret::login_of(token));
        let is_theirs =
            |login: &Login| login.client == client && [login.access, login.refresh].contains(&hash);
        if let Some(id) = found.filter(|id| state.logins.get(id).is_some_and(is_theirs)) {
            state.remove(&id);
        }
    }
}

impl State {
    fn put(&mut self, id: Id, login: Login) {
        self.access.insert(login.access, id);
        self.logins.insert(id, login);
        self.number += 1;
    }

    fn remove(&mut self, id: &Id) {
        if let Some(login) = self.logins.remove(id) {
            self.access.remove(&login.access);
            self.number += 1;
        }
    }

    /// Makes room for one more login of this person.
    fn make_room(&mut self, subject: &str, most: usize, now: SystemTime) -> Result<(), Full> {
        let theirs = self.logins.iter().filter(|(_, login)| login.user.subject == subject);
        let mut theirs: Vec<(SystemTime, Id)> = theirs.map(|(id, login)| (login.began, *id)).collect();
        if theirs.len() >= MOST_OF_ONE {
            theirs.sort();
            self.remove(&theirs[0].1);
        }
        if self.logins.len() >= most {
            let over: Vec<Id> =
                self.logins.iter().filter(|(_, login)| login.until <= now).map(|(id, _)| *id).collect();
            over.iter().for_each(|id| self.remove(id));
        }
        if self.logins.len() < most { Ok(()) } else { Err(Full) }
    }
}

/// A refresh token that is being replaced. Where nothing comes of that, it stays good.
pub(super) struct Rotation<'l> {
    logins: &'l Logins,
    id: Id,
    subject: String,
    kept: Kept,
}

impl Rotation<'_> {
    /// What the provider gave.
    pub(super) fn kept(&self) -> &Kept {
        &self.kept
    }

    /// Whose login it is.
    pub(super) fn subject(&self) -> &str {
        &self.subject
    }

    /// The login, which is to end.
    pub(super) fn end(&self) -> Id {
        self.id
    }

    /// New tokens in the place of those before; nothing where the login ended meanwhile.
    pub(super) fn finish(self, user: User, kept: Kept, now: SystemTime) -> Option<Given> {
        let Self { logins, id, .. } = &self;
        let (access, refresh) = (Secret::access(), Secret::refresh(id));
        let mut state = lock(&logins.state);
        let login = state.logins.get_mut(id)?;
        let access_until = (now + logins.terms.access_life).min(login.until);
        let given = logins.terms.given(&access, &refresh, &login.scopes, (now, access_until));
        login.caller = logins.terms.caller(&login.client, &login.scopes, &user, access_until);
        let before = std::mem::replace(&mut login.access, access.hash);
        (login.kept, login.access_until, login.refresh) = (kept, access_until, refresh.hash);
        login.user = user;
        state.access.remove(&before);
        state.access.insert(access.hash, *id);
        state.number += 1;
        Some(given)
    }
}

impl Drop for Rotation<'_> {
    fn drop(&mut self) {
        if let Some(login) = lock(&self.logins.state).logins.get_mut(&self.id) {
            login.is_busy = false;
        }
    }
}

impl Terms {
    fn login(&self, read: Read) -> Login {
        let Read { client, scopes, user, kept, access, access_until, refresh, began, until } = read;
        let caller = self.caller(&client, &scopes, &user, access_until);
        Login {
            client,
            scopes,
            user,
            kept,
            caller,
            access,
            access_until,
            refresh,
            is_busy: false,
            began,
            until,
        }
    }

    fn caller(&self, client: &str, scopes: &[String], user: &User, until: SystemTime) -> Caller {
        let User { subject, name, groups, tenant } = user.clone();
        let identity = Identity {
            provider: self.provider,
            issuer: self.issuer.clone(),
            subject,
            client: Some(client.to_owned()),
            name,
            roles: self.roles.clone(),
            groups,
            scopes: scopes.to_vec(),
            tenant,
            expires: Some(until),
        };
        Caller::Known(Principal::new(identity).into())
    }

    fn given(
        &self,
        access: &Secret,
        refresh: &Secret,
        scopes: &[String],
        (now, until): (SystemTime, SystemTime),
    ) -> Given {
        Given {
            access: access.text.clone(),
            refresh: refresh.text.clone(),
            access_life: until.duration_since(now).unwrap_or_default(),
            scopes: scopes.to_vec(),
        }
    }
}

/// A token as it is given out, and as it is kept.
struct Secret {
    text: String,
    hash: Hash,
}

impl Secret {
    fn of(text: String) -> Self {
        Self { hash: unguessable::hash(&text), text }
    }

    fn access() -> Self {
        Self::of(format!("{ACCESS}{}", unguessable::text()))
    }

    fn refresh(id: &Id) -> Self {
        Self::of(format!("{REFRESH}{}.{}", URL_SAFE_NO_PAD.encode(id), unguessable::text()))
    }

    /// The login that a refresh token names.
    fn login_of(token: &str) -> Option<Id> {
        let (id, _) = token.strip_prefix(REFRESH)?.split_once('.')?;
        URL_SAFE_NO_PAD.decode(id).ok()?.try_into().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn logins(most: usize) -> Logins {
        let terms = Terms {
            provider: "github",
            issuer: "https://github.com".to_owned(),
            roles: Vec::new(),
            access_life: HOUR,
            login_life: 3 * HOUR,
        };
        Logins { most, ..Logins::new(terms, None).expect("nothing is read") }
    }

    fn user(subject: &str) -> User {
        User { subject: subject.to_owned(), name: None, groups: Vec::new(), tenant: None }
    }

    fn kept() -> Kept {
        super::super::upstream::kept("upstream")
    }

    fn begin(logins: &Logins, subject: &str, now: SystemTime) -> Result<(Id, Given), Full> {
        logins.begin("client".to_owned(), Vec::new(), user(subject), kept(), now)
    }

    fn refresh(logins: &Logins, token: &str, now: SystemTime) -> Result<Given, NoLogin> {
        let rotation = logins.rotate(token, "client", now)?;
        rotation.finish(user("1"), kept(), now).ok_or(NoLogin::Unknown)
    }

    #[test]
    fn t_27_one_login_more_than_there_is_room_for_is_refused_until_others_are_over() {
        let (logins, now) = (logins(2), SystemTime::now());
        assert!(begin(&logins, "1", now).is_ok() && begin(&logins, "2", now).is_ok());
        assert_eq!(begin(&logins, "3", now).err(), Some(Full));
        assert_eq!(begin(&logins, "3", now + 3 * HOUR - Duration::from_secs(1)).err(), Some(Full));
        assert!(begin(&logins, "3", now + 3 * HOUR).is_ok());
    }

    #[test]
    fn one_person_has_so_many_logins_and_the_oldest_ends_for_one_more() {
        let (logins, now) = (logins(MOST), SystemTime::now());
        let at = |second: usize| now + Duration::from_secs(second as u64);
        let begun: Vec<Given> =
            (0..MOST_OF_ONE).map(|second| begin(&logins, "1", at(second)).expect("room").1).collect();
        let is_good = |given: &Given| logins.admit(&given.access, at(MOST_OF_ONE)).is_ok();
        assert!(begun.iter().all(is_good));
        begin(&logins, "1", at(MOST_OF_ONE)).expect("room");
        assert_eq!(begun.iter().filter(|given| is_good(given)).count(), MOST_OF_ONE - 1);
        assert!(!is_good(&begun[0]));
        begin(&logins, "2", at(MOST_OF_ONE)).expect("room");
        assert!(is_good(&begun[1]), "another person takes nothing from them");
    }

    #[test]
    fn t_27_a_refresh_token_is_good_once_and_shown_again_names_the_login_to_end() {
        let (logins, now) = (logins(MOST), SystemTime::now());
        let (id, first) = begin(&logins, "1", now).expect("room");
        let second = refresh(&logins, &first.refresh, now).expect("good");
        assert_eq!(logins.admit(&first.access, now).err(), Some(Denied::Invalid("unknown_token")));
        assert!(logins.admit(&second.access, now).is_ok());
        assert_eq!(refresh(&logins, &first.refresh, now).err(), Some(NoLogin::Replayed(id)));
        let stolen = logins.rotate(&second.refresh, "another", now);
        assert_eq!(stolen.err(), Some(NoLogin::Replayed(id)), "another program");
        logins.end(&id);
        assert!(logins.admit(&second.access, now).is_err());
        assert_eq!(refresh(&logins, &second.refresh, now).err(), Some(NoLogin::Unknown));
        for wrong in ["", "mcpr_", "mcpr_x.y", &second.access] {
            assert_eq!(refresh(&logins, wrong, now).err(), Some(NoLogin::Unknown), "{wrong}");
        }
    }

    #[test]
    fn a_refresh_that_comes_to_nothing_leaves_the_token_good() {
        let (logins, now) = (logins(MOST), SystemTime::now());
        let (_, given) = begin(&logins, "1", now).expect("room");
        let rotation = logins.rotate(&given.refresh, "client", now).expect("good");
        assert_eq!(refresh(&logins, &given.refresh, now).err(), Some(NoLogin::Busy));
        drop(rotation);
        assert!(refresh(&logins, &given.refresh, now).is_ok());
    }

    #[test]
    fn a_login_ends_in_its_time_however_often_it_is_refreshed() {
        let (logins, now) = (logins(MOST), SystemTime::now());
        let (_, first) = begin(&logins, "1", now).expect("room");
        let second = Duration::from_secs(1);
        assert!(logins.admit(&first.access, now + HOUR - second).is_ok());
        assert_eq!(logins.admit(&first.access, now + HOUR).err(), Some(Denied::Invalid("expired")));
        let late = now + 3 * HOUR - 10 * second;
        let last = refresh(&logins, &first.refresh, late).expect("good");
        assert_eq!(last.access_life, 10 * second);
        assert_eq!(refresh(&logins, &last.refresh, now + 3 * HOUR).err(), Some(NoLogin::Unknown));
    }

    #[test]
    fn whoever_gives_up_one_of_its_tokens_gives_up_the_login() {
        let (logins, now) = (logins(MOST), SystemTime::now());
        for gives_access in [true, false] {
            let (_, given) = begin(&logins, "1", now).expect("room");
            let token = if gives_access { &given.access } else { &given.refresh };
            logins.give_up(token, "another");
            assert!(logins.admit(&given.access, now).is_ok(), "not theirs");
            logins.give_up(token, "client");
            assert!(logins.admit(&given.access, now).is_err());
        }
        assert!(lock(&logins.state).access.is_empty());
    }
}
