//! A fake account with two users and two repositories.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use spcs_local_files::Id;
use spcs_local_registry::{Access, BearerToken, Caller, RepositoryAccess, RepositoryAction};

/// `ADMIN` may do everything; `READER` may only read `db/public/one`.
#[derive(Clone, Default)]
pub(crate) struct Accounts(Arc<State>);

#[derive(Default)]
struct State {
    /// Maps tokens to users.
    tokens: Mutex<HashMap<String, String>>,
    /// What happened to the repositories since the start: the new id, or `None` if dropped.
    changed: Mutex<HashMap<String, Option<Id>>>,
}

/// The first id of a repository.
pub(crate) fn id(path: &str) -> Id {
    Id::parse(if path == "db/public/one" { "1111111111111111" } else { "2222222222222222" })
        .unwrap()
}

impl Accounts {
    /// Makes a repository nonexistent.
    pub(crate) fn drop_repository(&self, path: &str) {
        self.0.changed.lock().unwrap().insert(path.to_owned(), None);
    }

    /// Replaces a repository by another one of the same name.
    pub(crate) fn replace_repository(&self, path: &str) {
        self.0.changed.lock().unwrap().insert(path.to_owned(), Some(Id::random()));
    }

    fn caller(&self, user: String) -> Arc<dyn Caller> {
        Arc::new(User { accounts: self.clone(), user })
    }
}

pub(crate) const ADMIN: (&str, &str) = ("ADMIN", "a:dmin pässword");
pub(crate) const READER: (&str, &str) = ("READER", "reader");

impl Access for Accounts {
    fn login<'a>(
        &'a self,
        _client: Option<SocketAddr>,
        user: &'a str,
        password: &'a str,
    ) -> BoxFuture<'a, Result<Arc<dyn Caller>, String>> {
        let user = user.to_ascii_uppercase();
        let known = [ADMIN, READER].contains(&(user.as_str(), password));
        let wrong = || "Incorrect username or password was specified.".to_owned();
        Box::pin(async move { known.then(|| self.caller(user)).ok_or_else(wrong) })
    }

    fn token(&self, token: &str) -> Option<Arc<dyn Caller>> {
        let user = self.0.tokens.lock().unwrap().get(token).cloned()?;
        Some(self.caller(user))
    }
}

struct User {
    accounts: Accounts,
    user: String,
}

impl Caller for User {
    fn name(&self) -> &str {
        &self.user
    }

    fn issue_token(&self) -> BearerToken {
        let mut tokens = self.accounts.0.tokens.lock().unwrap();
        let token = format!("ver:1-hint:{}-ETMs+/=", tokens.len());
        tokens.insert(token.clone(), self.user.clone());
        BearerToken { token, valid_for: Duration::from_secs(3600) }
    }

    fn repository(&self, path: &str, action: RepositoryAction) -> RepositoryAccess {
        let changed = self.accounts.0.changed.lock().unwrap().get(path).cloned();
        let Some(id) = changed.unwrap_or_else(|| Some(id(path))) else {
            return RepositoryAccess::NotFound;
        };
        match (self.user.as_str(), path, action) {
            (_, path, _) if !matches!(path, "db/public/one" | "db/public/two") => {
                RepositoryAccess::NotFound
            }
            ("ADMIN", ..) | (_, "db/public/one", RepositoryAction::Read) => {
                RepositoryAccess::Allowed(id)
            }
            _ => RepositoryAccess::Denied,
        }
    }
}
