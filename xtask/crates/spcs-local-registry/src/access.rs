//! Who comes to the registry and what they may do: the questions that it asks of whoever wires it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

/// Checks credentials. All questions but a login are quick and answered in memory.
pub trait Access: Send + Sync + 'static {
    /// Who has this name and password; `Err` holds the text that may be shown to the client.
    fn login<'a>(
        &'a self,
        user: &'a str,
        password: &'a str,
    ) -> BoxFuture<'a, Result<Arc<dyn Caller>, String>>;
    /// Who a token stands for, unless it has expired.
    fn token(&self, token: &str) -> Option<Arc<dyn Caller>>;
}

/// Somebody who has logged in.
pub trait Caller: Send + Sync {
    /// What messages call them.
    fn name(&self) -> &str;
    /// A new token that stands for them.
    fn issue_token(&self) -> BearerToken;
    /// Whether they may use the repository `database/schema/repository` (any case).
    fn repository(&self, path: &str, action: RepositoryAction) -> RepositoryAccess;
}

/// A token as `/login` hands it out.
pub struct BearerToken {
    /// What the client sends back.
    pub token: String,
    /// How long it is good.
    pub valid_for: Duration,
}

/// What is asked of an image repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepositoryAction {
    /// Pull, HEAD, list.
    Read,
    /// Push.
    Write,
}

/// Whether it is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepositoryAccess {
    /// The repository exists and the caller may do it.
    Allowed,
    /// It exists, and the caller may not.
    Denied,
    /// There is no such repository, or the caller may not know of it.
    NotFound,
}
