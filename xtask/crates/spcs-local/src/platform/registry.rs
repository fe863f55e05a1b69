//! Connects the registry to the account: logins, tokens and access to repositories.

use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use spcs_local_registry::{Access, BearerToken, Caller, RepositoryAccess, RepositoryAction};

use crate::access::{self, Principal, TOKEN_VALIDITY};
use crate::account::{Account, issued};

/// The account as the registry's access control.
pub(super) struct RegistryAccess(pub(super) Arc<Account>);

impl RegistryAccess {
    fn caller(&self, principal: Principal) -> Arc<dyn Caller> {
        Arc::new(LoggedIn { account: Arc::clone(&self.0), principal })
    }
}

impl Access for RegistryAccess {
    fn login<'a>(
        &'a self,
        client: Option<SocketAddr>,
        user: &'a str,
        password: &'a str,
    ) -> BoxFuture<'a, Result<Arc<dyn Caller>, String>> {
        Box::pin(async move {
            let principal = access::Access::login(&*self.0, client, user, password).await;
            Ok(self.caller(principal.map_err(|error| error.to_string())?))
        })
    }

    fn token(&self, token: &str) -> Option<Arc<dyn Caller>> {
        access::Access::token(&*self.0, token).map(|login| self.caller(login.principal))
    }
}

struct LoggedIn {
    account: Arc<Account>,
    principal: Principal,
}

impl Caller for LoggedIn {
    fn name(&self) -> &str {
        self.principal.identity.name()
    }

    fn issue_token(&self) -> BearerToken {
        let token = self.account.sessions.issue(issued(&self.principal));
        BearerToken { token, valid_for: TOKEN_VALIDITY }
    }

    fn repository(&self, path: &str, action: RepositoryAction) -> RepositoryAccess {
        self.account.repository(&self.principal, path, action)
    }
}
