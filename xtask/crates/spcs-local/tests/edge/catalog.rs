//! A made-up catalog: two users, two repositories, one endpoint.

use std::collections::HashMap;
use std::sync::Mutex;

use spcs_local::access::{
    Access, EndpointRoute, Identity, Principal, RepositoryAccess, RepositoryAction,
};

/// `ADMIN` may do everything; `READER` may read `db/public/one` and use no endpoint.
#[derive(Default)]
pub(crate) struct Catalog {
    tokens: Mutex<HashMap<String, Principal>>,
    dropped: Mutex<Option<String>>,
}

impl Catalog {
    /// From now on there is no such repository.
    pub(crate) fn drop_repository(&self, path: &str) {
        *self.dropped.lock().unwrap() = Some(path.to_owned());
    }
}

pub(crate) const ADMIN: (&str, &str) = ("ADMIN", "a:dmin pässword");
pub(crate) const READER: (&str, &str) = ("READER", "reader");

fn principal(user: &str) -> Principal {
    let role = format!("{user}_ROLE");
    Principal {
        identity: Identity::User(user.to_owned()),
        role: role.clone(),
        roles: vec![role, "PUBLIC".to_owned()],
        secondary: false,
    }
}

impl Access for Catalog {
    fn login(&self, user: &str, password: &str) -> Result<Principal, String> {
        let user = user.to_ascii_uppercase();
        if (user.as_str(), password) == ADMIN || (user.as_str(), password) == READER {
            return Ok(principal(&user));
        }
        Err("Incorrect username or password was specified.".to_owned())
    }

    fn token(&self, token: &str) -> Option<Principal> {
        self.tokens.lock().unwrap().get(token).cloned()
    }

    fn issue_token(&self, principal: &Principal) -> String {
        let mut tokens = self.tokens.lock().unwrap();
        let token = format!("ver:1-hint:{}-ETMs+/=", tokens.len());
        tokens.insert(token.clone(), principal.clone());
        token
    }

    fn revoke_token(&self, token: &str) {
        self.tokens.lock().unwrap().remove(token);
    }

    fn repository(
        &self,
        principal: &Principal,
        path: &str,
        action: RepositoryAction,
    ) -> RepositoryAccess {
        if self.dropped.lock().unwrap().as_deref() == Some(path) {
            return RepositoryAccess::NotFound;
        }
        match (principal.identity.name(), path, action) {
            (_, path, _) if !matches!(path, "db/public/one" | "db/public/two") => {
                RepositoryAccess::NotFound
            }
            ("ADMIN", ..) | (_, "db/public/one", RepositoryAction::Read) => {
                RepositoryAccess::Allowed
            }
            _ => RepositoryAccess::Denied,
        }
    }

    fn endpoint(&self, host_label: &str) -> Option<EndpointRoute> {
        (host_label == "abcdef-spcs-local").then(|| EndpointRoute {
            service: "DB.PUBLIC.JUPYTER".to_owned(),
            endpoint: "ui".to_owned(),
            port: 8888,
        })
    }

    fn may_use_endpoint(&self, principal: &Principal, _route: &EndpointRoute) -> bool {
        principal.identity.name() == "ADMIN"
    }
}
