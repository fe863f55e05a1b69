//! The account: the state that all parts of the platform share.

mod cleanup;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use spcs_local_files::{FilePath, Stages};
use spcs_local_registry::{Registry, RepositoryAccess, RepositoryAction};
use spcs_local_services::controller::Controller;
use spcs_local_services::service::{
    Deployment, EgressTarget, PinnedImage, ServiceObservation, StageVolume, TokenSource,
};

use crate::access::{Access, EndpointRoute, Identity, Login, LoginError, Origin, Principal};
use crate::body_budget::BodyBudget;
use crate::browser_sessions::BrowserSessions;
use crate::catalog::{Catalog, State, Target};
use crate::clock;
use crate::config::Timing;
use crate::kind::{Data, Kind, Object, network_rule};
use crate::login_attempts::LoginAttempts;
use crate::password::{PasswordHash, derived};
use crate::permits::Permits;
use crate::queries::Queries;
use crate::service_token::ServiceTokens;
use crate::session::{Issued, Sessions};
use crate::sql::{Value, parse_name};

pub(crate) use cleanup::Cleanup;

/// The name of the organisation.
pub(crate) const ORGANISATION: &str = "SPCS";
/// The name of the account.
pub(crate) const ACCOUNT: &str = "LOCAL";
/// The account identifier of clients, `<organisation>-<account>`.
pub(crate) const IDENTIFIER: &str = "spcs-local";

/// The account's host name in containers.
pub(crate) const CONTAINER_HOST: &str = "spcs-local.snowflakecomputing.internal";

pub(crate) struct Account {
    pub(crate) catalog: Catalog,
    pub(crate) sessions: Sessions,
    pub(crate) service_tokens: ServiceTokens,
    pub(crate) browser_sessions: BrowserSessions,
    pub(crate) login_attempts: LoginAttempts,
    pub(crate) timing: Timing,
    pub(crate) stages: Stages,
    pub(crate) registry: Registry,
    pub(crate) controller: Controller,
    /// The permits of running file transfers.
    pub(crate) permits: Permits,
    pub(crate) queries: Queries,
    pub(crate) body_budget: BodyBudget,
    pub(crate) port: u16,
    /// The password of [`Identity::Puller`], generated at each start.
    pub(crate) pull_password: String,
    /// The secret of the ingress's keys, generated at each start.
    pub(crate) ingress_secret: String,
}

impl Account {
    /// The URL of the platform.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The URL of the platform for a session of this identity.
    pub(crate) fn url_for(&self, identity: &Identity) -> String {
        match identity {
            Identity::Service(_) => format!("http://{CONTAINER_HOST}:{}", self.port),
            Identity::User(_) | Identity::Puller => self.url(),
        }
    }

    /// The registry's host and port in image names.
    pub(crate) fn registry_host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Sends the current deployment of a service to the controller.
    pub(crate) fn deploy(&self, service: &[String]) {
        self.catalog.read_in_order(|state| {
            if let Some(deployment) = self.deployment(state, service) {
                self.controller.apply(deployment);
            }
        });
    }

    /// The state of a service; PENDING if the controller has not observed it yet.
    pub(crate) fn observed(&self, service: &Object) -> ServiceObservation {
        let observed = service.service_key().and_then(|key| self.controller.observe(&key));
        observed.unwrap_or(ServiceObservation {
            status: "PENDING",
            is_upgrading: false,
            instances: Vec::new(),
        })
    }

    /// Sends all services to the controller, which finds the containers that are already running.
    pub(crate) fn deploy_all(&self) {
        let services: Vec<Vec<String>> = self
            .catalog
            .read(|state| state.services().map(|(object, _)| object.path.clone()).collect());
        for service in services {
            self.deploy(&service);
        }
    }

    fn deployment(&self, state: &State, service: &[String]) -> Option<Deployment> {
        let object = state.find(Kind::Service, service)?;
        let record = object.service()?;
        let pool = state.account_object(Kind::ComputePool, &record.pool);
        let pool = pool.and_then(Object::pool);
        let stopped = record.suspended || pool.is_none_or(|pool| pool.suspended);
        let instances = u32::try_from(object.number("MIN_INSTANCES")).unwrap_or(1);
        let wait = pool.map_or(Duration::ZERO, |pool| {
            clock::left(pool.resumed, self.timing.pool_start, clock::now())
        });
        let environment = [
            ("SNOWFLAKE_ACCOUNT", ACCOUNT),
            ("SNOWFLAKE_HOST", CONTAINER_HOST),
            // An account's are 443 and https, the defaults of every client.
            ("SNOWFLAKE_PORT", &self.port.to_string()),
            ("SNOWFLAKE_PROTOCOL", "http"),
            ("SNOWFLAKE_REGION", "LOCAL"),
            ("SNOWFLAKE_DATABASE", &object.path[0]),
            ("SNOWFLAKE_SCHEMA", &object.path[1]),
            ("SNOWFLAKE_SERVICE_NAME", &object.path[2]),
            ("SNOWFLAKE_COMPUTE_POOL", &record.pool),
        ];
        Some(Deployment {
            key: record.key(&object.id),
            name: object.full_name(),
            spec: record.spec.clone(),
            spec_digest: record.spec_digest.clone(),
            images: record
                .images
                .iter()
                .map(|(name, image)| {
                    let (path, digest) = (image.path.clone(), image.digest.clone());
                    (name.clone(), PinnedImage { path, digest })
                })
                .collect(),
            instances: if stopped { 0 } else { instances },
            stages: record
                .stages
                .iter()
                .filter_map(|(name, mount)| {
                    let stage = state.find(Kind::Stage, &mount.stage)?;
                    let path = FilePath::parse(&mount.path).ok()?;
                    let writable = writable(state, &object.owner, stage);
                    Some((name.clone(), StageVolume { stage: stage.id.clone(), path, writable }))
                })
                .collect(),
            session_tokens: TokenSource::new({
                let (tokens, service) = (self.service_tokens.clone(), object.id.clone());
                move || tokens.issue(service.as_str())
            }),
            ingress_key: self.ingress_key(&object.full_name()),
            environment: environment
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            node_ready_at: Instant::now() + wait,
            egress: egress(state, object),
        })
    }

    /// The service and owner role of a container's token.
    pub(crate) fn service_of_token(&self, token: &str) -> Option<(Vec<String>, String)> {
        let service = self.service_tokens.service(token)?;
        self.catalog.read(|state| {
            let mut services = state.services();
            let (object, _) = services.find(|(object, _)| object.id.as_str() == service)?;
            Some((object.path.clone(), object.owner.clone()))
        })
    }

    /// The path of the service with this key of the controller.
    pub(crate) fn service_path(&self, key: &str) -> Option<Vec<String>> {
        self.catalog.read(|state| {
            let mut services = state.services();
            let found = services.find(|(object, record)| record.key(&object.id) == key)?;
            Some(found.0.path.clone())
        })
    }

    /// Checks a password that a client sent. Returns the stored user name.
    pub(crate) async fn check_password(
        &self,
        client: Option<SocketAddr>,
        user: &str,
        password: &str,
    ) -> Result<String, LoginError> {
        let found = self.catalog.read(|state| {
            let object = state.user_by_login(user).filter(|object| !object.flag("DISABLED"))?;
            let Data::User(user) = &object.data else { return None };
            Some((object.name().to_owned(), user.password.clone()?))
        });
        // Hash the password even if the user does not exist, so that the time does not reveal it.
        let (name, hash) = match found {
            Some((name, hash)) => (Some(name), hash),
            None => (None, PasswordHash::unmatchable()),
        };
        let password = password.to_owned();
        let verify = move || hash.matches(&password).then_some(name).flatten();
        self.login_attempts.check(client, user, verify).await
    }

    /// Ends all sessions and tokens of a user or service.
    pub(crate) fn close_sessions(&self, identity: &Identity) {
        self.sessions.close_all(identity);
        self.browser_sessions.close_all(identity);
    }

    /// The default role of a user, and whether secondary roles are active by default.
    pub(crate) fn defaults(state: &State, user: &str) -> (String, bool) {
        let Some(object) = state.account_object(Kind::User, user) else {
            return ("PUBLIC".to_owned(), false);
        };
        let role = object.reference("DEFAULT_ROLE");
        let role = role.filter(|role| state.roles_of_user(user).iter().any(|r| r == role.last()));
        let secondary = match object.properties.get("DEFAULT_SECONDARY_ROLES") {
            Some(Value::List(roles)) => roles.iter().any(|role| role.eq_ignore_ascii_case("ALL")),
            _ => true,
        };
        (role.map_or_else(|| "PUBLIC".to_owned(), |role| role.last().to_owned()), secondary)
    }

    /// The principal, or `None` if the user or service is dropped or the user is disabled.
    fn principal(&self, issued: &Issued) -> Option<Principal> {
        self.catalog.read(|state| {
            let there = match &issued.identity {
                Identity::User(name) => state
                    .account_object(Kind::User, name)
                    .is_some_and(|user| !user.flag("DISABLED")),
                Identity::Service(path) => state.find(Kind::Service, path).is_some(),
                Identity::Puller => true,
            };
            there.then(|| state.actor(&issued.identity, &issued.role, issued.secondary).into())
        })
    }

    /// Whether a principal may use a repository, `database/schema/repository` in any case.
    pub(crate) fn repository(
        &self,
        principal: &Principal,
        path: &str,
        action: RepositoryAction,
    ) -> RepositoryAccess {
        let path: Vec<String> = path.trim_matches('/').split('/').map(str::to_uppercase).collect();
        self.catalog.read(|state| {
            let Some(object) = state.find(Kind::ImageRepository, &path) else {
                return RepositoryAccess::NotFound;
            };
            if principal.identity == Identity::Puller {
                return match action {
                    RepositoryAction::Read => RepositoryAccess::Allowed(object.id.clone()),
                    RepositoryAction::Write => RepositoryAccess::Denied,
                };
            }
            let roles = principal.roles.iter().cloned().collect();
            if !state.can_see(&roles, object) {
                return RepositoryAccess::NotFound;
            }
            let target = Target::of(object);
            let writes = || state.holds(&roles, "WRITE", &target);
            let allowed = roles.contains(&object.owner)
                || match action {
                    RepositoryAction::Read => writes() || state.holds(&roles, "READ", &target),
                    RepositoryAction::Write => writes(),
                };
            match allowed {
                true => RepositoryAccess::Allowed(object.id.clone()),
                false => RepositoryAccess::Denied,
            }
        })
    }
}

/// The hosts and ports that the network rules of a service's enabled integrations list.
fn egress(state: &State, service: &Object) -> Vec<EgressTarget> {
    let integrations = service.list("EXTERNAL_ACCESS_INTEGRATIONS").iter();
    let integrations = integrations
        .filter_map(|name| state.account_object(Kind::ExternalAccessIntegration, name))
        .filter(|integration| integration.flag("ENABLED"));
    let rules = integrations
        .flat_map(|integration| integration.list("ALLOWED_NETWORK_RULES"))
        .filter_map(|name| state.find(Kind::NetworkRule, &parse_name(name).ok()?.0));
    let hosts = rules.flat_map(network_rule::hosts);
    let targets: BTreeSet<EgressTarget> =
        hosts.map(|(host, port)| EgressTarget { host, port }).collect();
    targets.into_iter().collect()
}

/// What a token stands for.
pub(crate) fn issued(principal: &Principal) -> Issued {
    let Principal { identity, role, secondary, .. } = principal.clone();
    Issued { identity, role, secondary }
}

/// Whether a role may write to a stage.
fn writable(state: &State, role: &str, stage: &Object) -> bool {
    let roles = state.inherited(&[role.to_owned()]);
    roles.contains(&stage.owner) || state.holds(&roles, "WRITE", &Target::of(stage))
}

impl Access for Account {
    fn login<'a>(
        &'a self,
        client: Option<SocketAddr>,
        user: &'a str,
        password: &'a str,
    ) -> BoxFuture<'a, Result<Principal, LoginError>> {
        Box::pin(async move {
            let issued = if user == Identity::Puller.name() && password == self.pull_password {
                let (identity, role) = (Identity::Puller, "PUBLIC".to_owned());
                Issued { identity, role, secondary: false }
            } else {
                let name = self.check_password(client, user, password).await?;
                let (role, secondary) = self.catalog.read(|state| Self::defaults(state, &name));
                Issued { identity: Identity::User(name), role, secondary }
            };
            self.principal(&issued).ok_or(LoginError::Wrong)
        })
    }

    fn token(&self, token: &str) -> Option<Login> {
        let (issued, ended) = self.sessions.identify(token)?;
        // Neither the registry nor the ingress serves containers.
        let principal = self.principal(&issued)?;
        Origin::Host.admits(&principal.identity).then_some(Login { principal, ended })
    }

    fn open_browser_session(&self, principal: &Principal) -> String {
        self.browser_sessions.open(issued(principal))
    }

    fn browser_session(&self, token: &str) -> Option<(Login, Option<String>)> {
        let found = self.browser_sessions.find(token)?;
        let principal = self.principal(&found.login)?;
        Some((Login { principal, ended: found.ended }, found.renewed))
    }

    fn close_browser_session(&self, token: &str) {
        self.browser_sessions.close(token);
    }

    fn ingress_key(&self, service: &str) -> String {
        derived(&self.ingress_secret, service)
    }

    fn endpoint(&self, host_label: &str) -> Option<EndpointRoute> {
        let label = host_label.to_ascii_lowercase();
        self.catalog.read(|state| {
            state.services().find_map(|(object, record)| {
                let found = record.endpoints.iter().find(|endpoint| {
                    endpoint.public && format!("{}-{IDENTIFIER}", endpoint.label) == label
                })?;
                Some(EndpointRoute {
                    service: object.full_name(),
                    key: record.key(&object.id),
                    endpoint: found.name.clone(),
                    port: found.port?,
                })
            })
        })
    }

    fn may_use_endpoint(&self, principal: &Principal, route: &EndpointRoute) -> bool {
        let path: Vec<String> = route.service.split('.').map(str::to_owned).collect();
        let roles = principal.roles.iter().cloned().collect();
        self.catalog.read(|state| state.may_use_endpoint(&roles, &path, &route.endpoint))
    }
}
