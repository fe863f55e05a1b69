//! Authentication and authorization, which the application that embeds the registry implements.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use spcs_local_files::Id;

/// Checks credentials. All methods except `login` answer from memory and must not block.
pub trait Access: Send + Sync + 'static {
    /// The user with this name and password, which a client sent. `Err` holds a message for it.
    fn login<'a>(
        &'a self,
        client: Option<SocketAddr>,
        user: &'a str,
        password: &'a str,
    ) -> BoxFuture<'a, Result<Arc<dyn Caller>, String>>;
    /// The user that a token was issued for, or `None` if it is unknown or has expired.
    fn token(&self, token: &str) -> Option<Arc<dyn Caller>>;
}

/// An authenticated user.
pub trait Caller: Send + Sync {
    /// The user's name, for messages.
    fn name(&self) -> &str;
    /// Issues a new token for this user.
    fn issue_token(&self) -> BearerToken;
    /// Whether the user may perform `action` on the repository `database/schema/repository`, in
    /// any case. A repository that replaces another of the same name has another id.
    fn repository(&self, path: &str, action: RepositoryAction) -> RepositoryAccess;
}

/// A token issued by `/login`.
pub struct BearerToken {
    /// The value that the client sends as its bearer token.
    pub token: String,
    /// How long it is valid.
    pub valid_for: Duration,
}

/// An operation on an image repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepositoryAction {
    /// Pull, HEAD, list.
    Read,
    /// Push.
    Write,
}

/// The result of an authorization check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RepositoryAccess {
    /// The repository with this id exists, and the caller may perform the action.
    Allowed(Id),
    /// The repository exists, but the caller may not perform the action.
    Denied,
    /// The repository does not exist, or the caller may not see it.
    NotFound,
}
