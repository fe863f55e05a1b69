//! Who is asking and what they may reach: the questions that the ingress proxy puts to the
//! account, as a trait so that each side is tested without the other.

use std::time::Duration;

use futures_util::future::BoxFuture;

/// How long a token for the registry or the ingress is good.
pub(crate) const TOKEN_VALIDITY: Duration = Duration::from_secs(3600);

/// Who has logged in. A service is no user, whatever it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// A user, by the name that the catalog stores (upper case unless quoted).
    User(String),
    /// The containers of a service, by its full name.
    Service(Vec<String>),
    /// The platform itself, which pulls images for services.
    Puller,
}

impl Identity {
    /// What `CURRENT_USER` and messages call it.
    pub fn name(&self) -> &str {
        match self {
            Identity::User(name) => name,
            Identity::Service(path) => path.last().map_or("", String::as_str),
            Identity::Puller => "SPCS$PULL",
        }
    }
}

/// Who has logged in, with the roles in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Who it is.
    pub identity: Identity,
    /// The primary role.
    pub role: String,
    /// Every role in force: the primary role, secondary roles, and all that they inherit.
    pub roles: Vec<String>,
    /// Whether the secondary roles are in force.
    pub secondary: bool,
}

/// A public endpoint that an ingress host name leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointRoute {
    /// `DATABASE.SCHEMA.SERVICE`.
    pub service: String,
    /// The endpoint's name in the spec.
    pub endpoint: String,
    /// The container port behind it.
    pub port: u16,
}

/// Questions to the account. All of them but a login are quick and in memory.
pub trait Access: Send + Sync + 'static {
    /// Checks a user and a password; `Err` holds the text that may be shown to the caller.
    fn login<'a>(
        &'a self,
        user: &'a str,
        password: &'a str,
    ) -> BoxFuture<'a, Result<Principal, String>>;
    /// Who a token stands for: a session token, or one issued for the registry or ingress.
    fn token(&self, token: &str) -> Option<Principal>;
    /// A new token for a principal (an ingress cookie), valid for an hour.
    fn issue_token(&self, principal: &Principal) -> String;
    /// Ends a token that was issued: whoever kept a copy is signed out too.
    fn revoke_token(&self, token: &str);
    /// The endpoint whose ingress host has this first label (`<label>.localhost`).
    fn endpoint(&self, host_label: &str) -> Option<EndpointRoute>;
    /// Whether one of the principal's roles holds a service role that covers the endpoint.
    fn may_use_endpoint(&self, principal: &Principal, route: &EndpointRoute) -> bool;
}
