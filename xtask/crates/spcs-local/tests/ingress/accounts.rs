//! A fake account with two users and one endpoint.

use std::collections::HashMap;
use std::sync::Mutex;

use futures_util::future::BoxFuture;
use spcs_local::access::{Access, EndpointRoute, Identity, Principal};

/// `ADMIN` may use the endpoint; `READER` may not.
#[derive(Default)]
pub(crate) struct Accounts {
    tokens: Mutex<HashMap<String, Principal>>,
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

impl Access for Accounts {
    fn login<'a>(
        &'a self,
        user: &'a str,
        password: &'a str,
    ) -> BoxFuture<'a, Result<Principal, String>> {
        let user = user.to_ascii_uppercase();
        let known = [ADMIN, READER].contains(&(user.as_str(), password));
        let wrong = || "Incorrect username or password was specified.".to_owned();
        Box::pin(async move { known.then(|| principal(&user)).ok_or_else(wrong) })
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
