//! Identities and access checks. The ingress proxy uses the account through the trait [`Access`],
//! so that each can be tested without the other.

use std::time::Duration;

use futures_util::future::BoxFuture;

/// The validity of tokens for the registry and the ingress.
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

/// The public endpoint behind an ingress host name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointRoute {
    /// `DATABASE.SCHEMA.SERVICE`.
    pub service: String,
    /// The endpoint's name in the spec.
    pub endpoint: String,
    /// The container port.
    pub port: u16,
}

/// The account as the ingress sees it. All methods except `login` are fast and in memory.
pub trait Access: Send + Sync + 'static {
    /// Checks a password. The error is the message for the user.
    fn login<'a>(
        &'a self,
        user: &'a str,
        password: &'a str,
    ) -> BoxFuture<'a, Result<Principal, String>>;
    /// The principal of a session token, or of a token for the registry or ingress.
    fn token(&self, token: &str) -> Option<Principal>;
    /// Issues a token for an ingress cookie; it is valid for an hour.
    fn issue_token(&self, principal: &Principal) -> String;
    /// Invalidates an issued token, including copies of it.
    fn revoke_token(&self, token: &str);
    /// The endpoint whose ingress host is `<host_label>.localhost`.
    fn endpoint(&self, host_label: &str) -> Option<EndpointRoute>;
    /// Whether the principal has access to the endpoint through a service role.
    fn may_use_endpoint(&self, principal: &Principal, route: &EndpointRoute) -> bool;
}
