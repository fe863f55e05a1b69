//! A fake account with two users and one endpoint.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use spcs_local::access::{Access, EndpointRoute, Identity, Login, LoginError, Principal};
use tokio_util::sync::CancellationToken;

/// `ADMIN` may use the endpoint; `READER` may not.
#[derive(Default)]
pub(crate) struct Accounts {
    tokens: Mutex<HashMap<String, Login>>,
    /// Whether the next use of a browser's token replaces it.
    pub(crate) renews: AtomicBool,
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

impl Accounts {
    fn issue(&self, login: Login) -> String {
        let mut tokens = self.tokens.lock().unwrap();
        let token = format!("token{}", tokens.len());
        tokens.insert(token.clone(), login);
        token
    }

    fn find(&self, token: &str) -> Option<Login> {
        let login = self.tokens.lock().unwrap().get(token).cloned();
        login.filter(|login| !login.ended.is_cancelled())
    }

    /// A token for programs.
    pub(crate) fn program_token(&self, user: &str) -> String {
        let login = Login { principal: principal(user), ended: CancellationToken::new() };
        format!("program-{}", self.issue(login))
    }

    /// Ends the session of a program.
    pub(crate) fn end(&self, token: &str) {
        self.token(token).unwrap().ended.cancel();
    }
}

impl Access for Accounts {
    fn login<'a>(
        &'a self,
        _client: Option<SocketAddr>,
        user: &'a str,
        password: &'a str,
    ) -> BoxFuture<'a, Result<Principal, LoginError>> {
        let user = user.to_ascii_uppercase();
        let locked = (user == "LOCKED").then_some(LoginError::Locked(Duration::from_secs(8)));
        let known = [ADMIN, READER].contains(&(user.as_str(), password));
        Box::pin(async move {
            known.then(|| principal(&user)).ok_or(locked.unwrap_or(LoginError::Wrong))
        })
    }

    fn token(&self, token: &str) -> Option<Login> {
        self.find(token.strip_prefix("program-")?)
    }

    fn open_browser_session(&self, principal: &Principal) -> String {
        self.issue(Login { principal: principal.clone(), ended: CancellationToken::new() })
    }

    fn browser_session(&self, token: &str) -> Option<(Login, Option<String>)> {
        let login = self.find(token)?;
        let renews = self.renews.swap(false, Ordering::Relaxed);
        let renewed = renews.then(|| self.issue(login.clone()));
        Some((login, renewed))
    }

    fn close_browser_session(&self, token: &str) {
        if let Some(login) = self.find(token) {
            login.ended.cancel();
        }
    }

    fn ingress_key(&self, service: &str) -> String {
        format!("key of {service}")
    }

    fn endpoint(&self, host_label: &str) -> Option<EndpointRoute> {
        (host_label == "abcdef-spcs-local").then(|| EndpointRoute {
            service: "DB.PUBLIC.JUPYTER".to_owned(),
            key: "0000000000000001.0000000000000002".to_owned(),
            endpoint: "ui".to_owned(),
            port: 8888,
        })
    }

    fn may_use_endpoint(&self, principal: &Principal, _route: &EndpointRoute) -> bool {
        principal.identity.name() == "ADMIN"
    }
}
