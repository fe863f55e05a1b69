//! Sessions and the tokens that stand for them.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::access::{Identity, TOKEN_VALIDITY};
use crate::catalog::Namespace;
use crate::config::Timing;
use crate::password::random;
use crate::sql::Value;

/// How a session's client transfers files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TransferShape {
    /// A URL per file: the classic Python connector and the Snowflake CLI.
    Presigned,
    /// An access token and an endpoint: newer connectors and our own client.
    Token,
}

/// What a session remembers between statements.
#[derive(Debug, Clone)]
pub(crate) struct SessionState {
    pub(crate) identity: Identity,
    pub(crate) role: String,
    pub(crate) secondary: bool,
    pub(crate) namespace: Namespace,
    pub(crate) warehouse: Option<String>,
    pub(crate) parameters: BTreeMap<String, Value>,
    pub(crate) last_query: Option<String>,
}

/// A session.
pub(crate) struct Session {
    pub(crate) id: i64,
    pub(crate) shape: TransferShape,
    pub(crate) tokens: Mutex<Tokens>,
    state: Mutex<SessionState>,
}

/// The tokens of a session, and until when they are good.
#[derive(Clone)]
pub(crate) struct Tokens {
    pub(crate) session: String,
    pub(crate) session_until: Instant,
    pub(crate) master: String,
    pub(crate) master_until: Instant,
}

impl Session {
    /// What it remembers, as of now.
    pub(crate) fn state(&self) -> SessionState {
        self.state_mut().clone()
    }

    /// What it remembers, to be changed.
    pub(crate) fn state_mut(&self) -> MutexGuard<'_, SessionState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its tokens.
    pub(crate) fn tokens(&self) -> Tokens {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// All sessions, and the tokens issued for the registry and the ingress.
pub(crate) struct Sessions {
    timing: Timing,
    next: AtomicI64,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    sessions: Vec<Arc<Session>>,
    issued: HashMap<String, (Issued, Instant)>,
}

/// What an issued token stands for.
#[derive(Clone)]
pub(crate) struct Issued {
    pub(crate) identity: Identity,
    pub(crate) role: String,
    pub(crate) secondary: bool,
}

impl Sessions {
    pub(crate) fn new(timing: Timing) -> Self {
        Self { timing, next: AtomicI64::new(1), known: Mutex::default() }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a session.
    pub(crate) fn open(&self, state: SessionState, shape: TransferShape) -> Arc<Session> {
        let session = Arc::new(Session {
            id: self.next.fetch_add(1, Ordering::Relaxed),
            shape,
            tokens: Mutex::new(self.fresh()),
            state: Mutex::new(state),
        });
        let mut known = self.known();
        let now = Instant::now();
        known.sessions.retain(|session| session.tokens().master_until > now);
        known.sessions.push(Arc::clone(&session));
        session
    }

    fn fresh(&self) -> Tokens {
        let now = Instant::now();
        Tokens {
            session: random(),
            session_until: now + self.timing.session_validity,
            master: random(),
            master_until: now + self.timing.master_validity,
        }
    }

    /// The session of a session token that has not run out.
    pub(crate) fn by_token(&self, token: &str) -> Option<Arc<Session>> {
        let known = self.known();
        let found = known.sessions.iter().find(|session| session.tokens().session == token);
        found.filter(|session| session.tokens().session_until > Instant::now()).cloned()
    }

    /// The session of a master token (or of a session token, which ISSUE may carry).
    pub(crate) fn by_master(&self, token: &str) -> Option<Arc<Session>> {
        let now = Instant::now();
        let known = self.known();
        let found = known.sessions.iter().find(|session| {
            let tokens = session.tokens();
            tokens.master_until > now
                && (tokens.master == token || tokens.session == token && tokens.session_until > now)
        });
        found.map(Arc::clone)
    }

    /// New tokens for a session whose session token has run out.
    pub(crate) fn renew(&self, session: &Session) -> Tokens {
        let fresh = self.fresh();
        *session.tokens.lock().unwrap_or_else(PoisonError::into_inner) = fresh.clone();
        fresh
    }

    /// Puts off the end of a session.
    pub(crate) fn touch(&self, session: &Session) {
        let mut tokens = session.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.master_until = Instant::now() + self.timing.master_validity;
    }

    /// Ends a session.
    pub(crate) fn close(&self, id: i64) {
        self.known().sessions.retain(|session| session.id != id);
    }

    /// Ends every session and token of a user or a service.
    pub(crate) fn close_of(&self, identity: &Identity) {
        let mut known = self.known();
        known.sessions.retain(|session| session.state().identity != *identity);
        known.issued.retain(|_, (issued, _)| issued.identity != *identity);
    }

    /// A token for the registry or the ingress, good for `TOKEN_VALIDITY`.
    pub(crate) fn issue(&self, issued: Issued) -> String {
        let token = random();
        let mut known = self.known();
        let now = Instant::now();
        known.issued.retain(|_, (_, until)| *until > now);
        known.issued.insert(token.clone(), (issued, now + TOKEN_VALIDITY));
        token
    }

    /// Ends an issued token; those of sessions end with their sessions.
    pub(crate) fn revoke(&self, token: &str) {
        self.known().issued.remove(token);
    }

    /// Who any token stands for: a session's or an issued one.
    pub(crate) fn who(&self, token: &str) -> Option<Issued> {
        if let Some(session) = self.by_token(token) {
            let state = session.state();
            let (identity, role, secondary) = (state.identity, state.role, state.secondary);
            return Some(Issued { identity, role, secondary });
        }
        let known = self.known();
        let (issued, until) = known.issued.get(token)?;
        (*until > Instant::now()).then(|| issued.clone())
    }
}
