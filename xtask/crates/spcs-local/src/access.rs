//! Identities and access checks. The ingress proxy uses the account through the trait [`Access`],
//! so that each can be tested without the other.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

/// The validity of tokens that are issued to programs, for the registry and the ingress.
pub(crate) const TOKEN_VALIDITY: Duration = Duration::from_secs(3600);

/// Who has logged in. A service and a user with the same name are different identities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// A user, by name as stored in the catalog (upper case unless quoted).
    User(String),
    /// The containers of a service, by the service's full name.
    Service(Vec<String>),
    /// The platform itself, which pulls images for services.
    Puller,
}

impl Identity {
    /// The name in `CURRENT_USER` and in messages.
    pub fn name(&self) -> &str {
        match self {
            Identity::User(name) => name,
            Identity::Service(path) => path.last().map_or("", String::as_str),
            Identity::Puller => "SPCS$PULL",
        }
    }
}

/// Where a request comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// This machine: the loopback listener.
    Host,
    /// A container of this service: the listener of its network.
    Service(Vec<String>),
}

impl Origin {
    /// Whether a request from here may act as this identity: containers act as their service, and
    /// nobody else does.
    pub(crate) fn admits(&self, identity: &Identity) -> bool {
        match (self, identity) {
            (Origin::Host, Identity::User(_) | Identity::Puller) => true,
            (Origin::Service(here), Identity::Service(service)) => here == service,
            (Origin::Host, Identity::Service(_)) | (Origin::Service(_), _) => false,
        }
    }
}

/// An identity and its active roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    pub identity: Identity,
    /// The primary role.
    pub role: String,
    /// All active roles: the primary role, the secondary roles, and all roles that they inherit.
    pub roles: Vec<String>,
    /// Whether the secondary roles are active.
    pub secondary: bool,
}

/// A token's principal, and when it stops to be one.
#[derive(Debug, Clone)]
pub struct Login {
    pub principal: Principal,
    /// Cancelled when the session of the token ends: its user signs out or is disabled or dropped.
    pub ended: CancellationToken,
}

/// Why a login with a password fails. The text is for the user, in Snowflake's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    #[error("Incorrect username or password was specified.")]
    Wrong,
    /// After too many wrong passwords; the password was not checked.
    #[error(
        "Your user account has been temporarily locked due to too many failed attempts. Try again \
         after {} or contact your account administrator for assistance.",
        pause(.0)
    )]
    Locked(Duration),
}

/// A duration in the words of [`LoginError::Locked`].
fn pause(duration: &Duration) -> String {
    let seconds = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    match seconds {
        1 => "1 second".to_owned(),
        0..120 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}

/// The public endpoint behind an ingress host name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointRoute {
    /// `DATABASE.SCHEMA.SERVICE`.
    pub service: String,
    /// The controller's key of the service.
    pub key: String,
    /// The endpoint's name in the spec.
    pub endpoint: String,
    /// The container port.
    pub port: u16,
}

/// The account as the ingress sees it. All methods except `login` are fast and in memory.
pub trait Access: Send + Sync + 'static {
    /// Checks a password that a client sent.
    fn login<'a>(
        &'a self,
        client: Option<SocketAddr>,
        user: &'a str,
        password: &'a str,
    ) -> BoxFuture<'a, Result<Principal, LoginError>>;
    /// The login of a session token, or of a token that was issued to a program.
    fn token(&self, token: &str) -> Option<Login>;
    /// Starts a browser's session. Returns its token, which consists of letters and digits.
    fn open_browser_session(&self, principal: &Principal) -> String;
    /// The login of a browser's token, and a new token if this one is to be replaced.
    fn browser_session(&self, token: &str) -> Option<(Login, Option<String>)>;
    /// Ends a browser's session, by any of its tokens.
    fn close_browser_session(&self, token: &str);
    /// The endpoint whose ingress host is `<host_label>.localhost`.
    fn endpoint(&self, host_label: &str) -> Option<EndpointRoute>;
    /// Whether the principal has access to the endpoint through a service role.
    fn may_use_endpoint(&self, principal: &Principal, route: &EndpointRoute) -> bool;
    /// The key by which the containers of a service know requests of the ingress.
    fn ingress_key(&self, service: &str) -> String;
}
