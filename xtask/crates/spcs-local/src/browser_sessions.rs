//! Sessions of browsers at the ingress. Their tokens open nothing else.
//!
//! A token is replaced while it is used, so that a copied one is of use for a short time only. The
//! ages are the platform's: a cookie holds the token alone.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::access::Identity;
use crate::password::random;
use crate::session::Issued;

/// The validity of a token.
pub(crate) const VALIDITY: Duration = Duration::from_secs(60 * 60);
/// The age at which a token is replaced.
const RENEWAL_AGE: Duration = Duration::from_secs(10 * 60);
/// How long a replaced token is still valid: a page sends several requests at the same time.
const OVERLAP: Duration = Duration::from_secs(10);
/// The age at which a session ends even if it is used.
const LONGEST: Duration = Duration::from_secs(12 * 60 * 60);

#[derive(Default)]
pub(crate) struct BrowserSessions(Mutex<HashMap<String, Entry>>);

/// A token.
struct Entry {
    session: Session,
    issued: Instant,
    until: Instant,
    replaced: bool,
}

#[derive(Clone)]
struct Session {
    login: Issued,
    opened: Instant,
    /// Shared by all tokens of the session, and by no other session.
    ended: CancellationToken,
}

/// The session of a token.
pub(crate) struct Found {
    pub(crate) login: Issued,
    pub(crate) ended: CancellationToken,
    /// The token that replaces the one that was asked for.
    pub(crate) renewed: Option<String>,
}

impl BrowserSessions {
    /// Starts a session and returns its first token.
    pub(crate) fn open(&self, login: Issued) -> String {
        self.open_at(login, Instant::now())
    }

    fn open_at(&self, login: Issued, now: Instant) -> String {
        let mut entries = self.entries();
        entries.retain(|_, entry| entry.until > now);
        add(&mut entries, Session { login, opened: now, ended: CancellationToken::new() }, now)
    }

    /// The session of a valid token.
    pub(crate) fn find(&self, token: &str) -> Option<Found> {
        self.find_at(token, Instant::now())
    }

    fn find_at(&self, token: &str, now: Instant) -> Option<Found> {
        let mut entries = self.entries();
        let entry = entries.get_mut(token)?;
        let session = entry.session.clone();
        if entry.until <= now || session.ended.is_cancelled() {
            return None;
        }
        let renews = !entry.replaced
            && now.duration_since(entry.issued) >= RENEWAL_AGE
            && now.duration_since(session.opened) < LONGEST - RENEWAL_AGE;
        if renews {
            entry.replaced = true;
            entry.until = entry.until.min(now + OVERLAP);
        }
        let renewed = renews.then(|| add(&mut entries, session.clone(), now));
        Some(Found { login: session.login, ended: session.ended, renewed })
    }

    /// Ends the session of a token, and with it all its tokens and open connections.
    pub(crate) fn close(&self, token: &str) {
        let mut entries = self.entries();
        if let Some(entry) = entries.get(token) {
            entry.session.ended.cancel();
        }
        remove_ended(&mut entries);
    }

    /// Ends all sessions of a user.
    pub(crate) fn close_all(&self, identity: &Identity) {
        let mut entries = self.entries();
        for entry in entries.values().filter(|entry| entry.session.login.identity == *identity) {
            entry.session.ended.cancel();
        }
        remove_ended(&mut entries);
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn add(entries: &mut HashMap<String, Entry>, session: Session, now: Instant) -> String {
    let token = random();
    let until = (now + VALIDITY).min(session.opened + LONGEST);
    entries.insert(token.clone(), Entry { session, issued: now, until, replaced: false });
    token
}

fn remove_ended(entries: &mut HashMap<String, Entry>) {
    entries.retain(|_, entry| !entry.session.ended.is_cancelled());
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn login(user: &str) -> Issued {
        let identity = Identity::User(user.to_owned());
        Issued { identity, role: "PUBLIC".to_owned(), secondary: true }
    }

    #[test]
    fn a_used_token_is_replaced_and_ends_while_its_session_goes_on() {
        let sessions = BrowserSessions::default();
        let start = Instant::now();
        let first = sessions.open_at(login("A"), start);
        assert!(sessions.find_at(&first, start + 9 * MINUTE).unwrap().renewed.is_none());
        let later = start + 11 * MINUTE;
        let second = sessions.find_at(&first, later).unwrap().renewed.unwrap();
        assert!(sessions.find_at(&first, later).unwrap().renewed.is_none(), "replaced once");
        assert!(sessions.find_at(&first, later + OVERLAP).is_none());
        let found = sessions.find_at(&second, later + OVERLAP).unwrap();
        assert!(found.renewed.is_none() && !found.ended.is_cancelled());
        assert!(sessions.find_at(&second, later + VALIDITY).is_none(), "not used for too long");
    }

    #[test]
    fn a_session_ends_at_its_greatest_age_even_if_it_is_used() {
        let sessions = BrowserSessions::default();
        let start = Instant::now();
        let mut token = sessions.open_at(login("A"), start);
        for minute in 0..12 * 60 {
            let found = sessions.find_at(&token, start + minute * MINUTE).unwrap();
            token = found.renewed.unwrap_or(token);
        }
        assert!(sessions.find_at(&token, start + LONGEST).is_none());
    }

    #[test]
    fn closing_ends_the_session_with_all_its_tokens_and_no_other() {
        let sessions = BrowserSessions::default();
        let start = Instant::now();
        let first = sessions.open_at(login("A"), start);
        let other = sessions.open_at(login("A"), start);
        let found = sessions.find_at(&first, start + RENEWAL_AGE).unwrap();
        let second = found.renewed.unwrap();
        sessions.close(&first);
        assert!(found.ended.is_cancelled());
        assert!(sessions.find_at(&second, start + RENEWAL_AGE).is_none());
        let found = sessions.find_at(&other, start + MINUTE).unwrap();
        sessions.close_all(&Identity::User("B".to_owned()));
        assert!(!found.ended.is_cancelled());
        sessions.close_all(&Identity::User("A".to_owned()));
        assert!(found.ended.is_cancelled() && sessions.find_at(&other, start).is_none());
    }
}
