//! Who may use the registry of these tests.

use spcs_local::access::{
    Access, EndpointRoute, Identity, Principal, RepositoryAccess, RepositoryAction,
};

pub(crate) const REPOSITORY: &str = "db/public/repo";
pub(crate) const PASSWORD: &str = "the-password-of-the-registry";

/// Lets the one user do anything.
pub(crate) struct OneUser;

impl Access for OneUser {
    fn login(&self, user: &str, password: &str) -> Result<Principal, String> {
        if password != PASSWORD {
            return Err("wrong password".to_owned());
        }
        Ok(principal(user))
    }
    fn token(&self, token: &str) -> Option<Principal> {
        (token == "token").then(|| principal("ADMIN"))
    }
    fn issue_token(&self, _: &Principal) -> String {
        "token".to_owned()
    }
    fn revoke_token(&self, _: &str) {}
    fn repository(&self, _: &Principal, path: &str, _: RepositoryAction) -> RepositoryAccess {
        if path == REPOSITORY { RepositoryAccess::Allowed } else { RepositoryAccess::NotFound }
    }
    fn endpoint(&self, _: &str) -> Option<EndpointRoute> {
        None
    }
    fn may_use_endpoint(&self, _: &Principal, _: &EndpointRoute) -> bool {
        false
    }
}

fn principal(user: &str) -> Principal {
    Principal {
        identity: Identity::User(user.to_owned()),
        role: "R".to_owned(),
        roles: vec!["R".to_owned()],
        secondary: false,
    }
}
