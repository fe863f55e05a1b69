//! Access to the tests' registry.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use spcs_local_files::Id;
use spcs_local_registry::{Access, BearerToken, Caller, RepositoryAccess, RepositoryAction};

pub(crate) const REPOSITORY: &str = "db/public/repo";
pub(crate) fn repository_id() -> Id {
    Id::parse("1111111111111111").unwrap()
}

pub(crate) const PASSWORD: &str = "the-password-of-the-registry";

/// A single user who may do everything.
pub(crate) struct OneUser;

impl Access for OneUser {
    fn login<'a>(
        &'a self,
        _client: Option<SocketAddr>,
        _: &'a str,
        password: &'a str,
    ) -> BoxFuture<'a, Result<Arc<dyn Caller>, String>> {
        Box::pin(async move {
            if password != PASSWORD {
                return Err("wrong password".to_owned());
            }
            Ok(Arc::new(OneUser) as Arc<dyn Caller>)
        })
    }

    fn token(&self, token: &str) -> Option<Arc<dyn Caller>> {
        (token == "token").then(|| Arc::new(OneUser) as Arc<dyn Caller>)
    }
}

impl Caller for OneUser {
    fn name(&self) -> &str {
        "ADMIN"
    }

    fn issue_token(&self) -> BearerToken {
        BearerToken { token: "token".to_owned(), valid_for: Duration::from_secs(3600) }
    }

    fn repository(&self, path: &str, _: RepositoryAction) -> RepositoryAccess {
        match path == REPOSITORY {
            true => RepositoryAccess::Allowed(repository_id()),
            false => RepositoryAccess::NotFound,
        }
    }
}
