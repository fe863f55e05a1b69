//! Sessions and their tokens.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use crate::access::{Identity, TOKEN_VALIDITY};
use crate::catalog::Namespace;
use crate::config::Timing;
use crate::password::random;
use crate::sql::Value;

/// How the client of a session transfers files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TransferShape {
    /// With a presigned URL for each file: the classic Python connector, and with it the Snowflake
    /// CLI. It does not check whether a file is there already, and cannot: it takes no access token
    /// without TLS. But it shows rows that it gets in place of URLs.
    Classic,
    /// With a presigned URL for each file: other clients.
    Presigned,
    /// With an access token and an endpoint: newer connectors and our own client.
    Token,
}

/// The state of a session between statements.
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

pub(crate) struct Session {
    pub(crate) id: i64,
    pub(crate) shape: TransferShape,
    pub(crate) tokens: Mutex<Tokens>,
    state: Mutex<SessionState>,
    /// Cancelled when the session ends.
    ended: CancellationToken,
}

/// The tokens of a session and their expiry.
#[derive(Clone)]
pub(crate) struct Tokens {
    pub(crate) session: String,
    pub(crate) session_until: Instant,
    pub(crate) master: String,
    pub(crate) master_until: Instant,
}

impl Session {
    /// A copy of the current state.
    pub(crate) fn state(&self) -> SessionState {
        self.state_mut().clone()
    }

    /// The state for a change.
    pub(crate) fn state_mut(&self) -> MutexGuard<'_, SessionState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn tokens(&self) -> Tokens {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// All sessions, and the tokens issued for the registry and the ingress.
pub(crate) struct Sessions {
    timing: Timing,
    next: AtomicI64,
    known: Mutex<SessionTable>,
}

#[derive(Default)]
struct SessionTable {
    sessions: Vec<Arc<Session>>,
    issued: HashMap<String, IssuedToken>,
}

/// The identity and roles behind an issued token.
#[derive(Clone)]
pub(crate) struct Issued {
    pub(crate) identity: Identity,
    pub(crate) role: String,
    pub(crate) secondary: bool,
}

/// A token for the registry or the ingress.
struct IssuedToken {
    login: Issued,
    until: Instant,
    ended: CancellationToken,
}

impl Sessions {
    pub(crate) fn new(timing: Timing) -> Self {
        Self { timing, next: AtomicI64::new(1), known: Mutex::default() }
    }

    fn known(&self) -> MutexGuard<'_, SessionTable> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn open(&self, state: SessionState, shape: TransferShape) -> Arc<Session> {
        let session = Arc::new(Session {
            id: self.next.fetch_add(1, Ordering::Relaxed),
            shape,
            tokens: Mutex::new(self.new_tokens()),
            state: Mutex::new(state),
            ended: CancellationToken::new(),
        });
        let mut known = self.known();
        let now = Instant::now();
        known.end_sessions(|session| session.tokens().master_until <= now);
        known.sessions.push(Arc::clone(&session));
        session
    }

    fn new_tokens(&self) -> Tokens {
        let now = Instant::now();
        Tokens {
            session: random(),
            session_until: now + self.timing.session_validity,
            master: random(),
            master_until: now + self.timing.master_validity,
        }
    }

    /// The session of an unexpired session token.
    pub(crate) fn by_token(&self, token: &str) -> Option<Arc<Session>> {
        let known = self.known();
        let found = known.sessions.iter().find(|session| session.tokens().session == token);
        found.filter(|session| session.tokens().session_until > Instant::now()).cloned()
    }

    /// The session of an unexpired master token, or session token, which ISSUE may send instead.
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

    /// Replaces the tokens of a session.
    pub(crate) fn renew(&self, session: &Session) -> Tokens {
        let tokens = self.new_tokens();
        *session.tokens.lock().unwrap_or_else(PoisonError::into_inner) = tokens.clone();
        tokens
    }

    /// Extends the validity of the master token.
    pub(crate) fn touch(&self, session: &Session) {
        let mut tokens = session.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.master_until = Instant::now() + self.timing.master_validity;
    }

    pub(crate) fn close(&self, id: i64) {
        self.known().end_sessions(|session| session.id == id);
    }

    /// Ends all sessions and issued tokens of a user or service.
    pub(crate) fn close_all(&self, identity: &Identity) {
        let mut known = self.known();
        known.end_sessions(|session| session.state().identity == *identity);
        known.end_issued(|token| token.login.identity == *identity);
    }

    /// Issues a token for the registry or the ingress, valid for `TOKEN_VALIDITY`.
    pub(crate) fn issue(&self, login: Issued) -> String {
        let token = random();
        let mut known = self.known();
        let now = Instant::now();
        known.end_issued(|token| token.until <= now);
        let (until, ended) = (now + TOKEN_VALIDITY, CancellationToken::new());
        known.issued.insert(token.clone(), IssuedToken { login, until, ended });
        token
    }

    /// The identity behind a session token or an issued token, and what is cancelled when it ends.
    pub(crate) fn identify(&self, token: &str) -> Option<(Issued, CancellationToken)> {
        if let Some(session) = self.by_token(token) {
            let state = session.state();
            let (identity, role, secondary) = (state.identity, state.role, state.secondary);
            return Some((Issued { identity, role, secondary }, session.ended.clone()));
        }
        let known = self.known();
        let token = known.issued.get(token).filter(|token| token.until > Instant::now())?;
        Some((token.login.clone(), token.ended.clone()))
    }
}

impl SessionTable {
    fn end_sessions(&mut self, ends: impl Fn(&Session) -> bool) {
        self.sessions.retain(|session| {
            let ends = ends(session);
            if ends {
                session.ended.cancel();
            }
            !ends
        });
    }

    fn end_issued(&mut self, ends: impl Fn(&IssuedToken) -> bool) {
        self.issued.retain(|_, token| {
            let ends = ends(token);
            if ends {
                token.ended.cancel();
            }
            !ends
        });
    }
}
