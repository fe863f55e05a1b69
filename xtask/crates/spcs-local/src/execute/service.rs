//! CREATE and ALTER SERVICE.

use std::collections::BTreeMap;

use super::Executor;
use super::create::refuse_quoted;
use super::service_checks::{check_fits_node, check_public, check_service, set_names};
use crate::catalog::{Actor, State};
use crate::clock;
use crate::kind::{Data, Kind, Object, ServiceRecord, Verb};
use crate::password::random;
use crate::rows::Rows;
use crate::sql::SqlError;
use crate::statement::{Change, CreateService};

/// The roles that cannot own a service.
const FORBIDDEN_OWNERS: [&str; 3] = ["ACCOUNTADMIN", "SECURITYADMIN", "ORGADMIN"];

impl Executor {
    pub(super) async fn create_service(&self, create: CreateService) -> Result<Rows, SqlError> {
        let namespace = self.session_state().namespace;
        let path = namespace.resolve(Kind::Service, &create.name)?;
        let name = create.name.last().to_owned();
        refuse_quoted(Kind::Service, &path)?;
        let exists_in = |state: &State| state.find(Kind::Service, &path).is_some();
        let kept = |state: &State| create.if_not_exists && exists_in(state);
        let already = || Rows::status(format!("{name} already exists, statement succeeded."));
        // Checked before the specification is resolved, and again when the service is created,
        // because the catalog may have changed in the meantime.
        let owner = |state: &State| {
            let actor = self.actor(state);
            state.require_create(&actor, Kind::Service, &path)?;
            if exists_in(state) {
                return Err(SqlError::exists(&path.join(".")));
            }
            if FORBIDDEN_OWNERS.contains(&actor.role.as_str()) {
                return Err(SqlError::new(
                    "003001",
                    "42501",
                    format!(
                        "SQL access control error:\nInsufficient privileges: role '{}' may not \
                         own a service. Use a role other than ACCOUNTADMIN, SECURITYADMIN and \
                         ORGADMIN.",
                        actor.role
                    ),
                ));
            }
            let owner = state.acting_as(&actor, &actor.role);
            state.require(&owner, Kind::ComputePool, &create.pool.0, &["USAGE"])?;
            Ok(owner)
        };
        let owner_now = self.account.catalog.read(|state| {
            state.require_create(&self.actor(state), Kind::Service, &path)?;
            if kept(state) { Ok(None) } else { owner(state).map(Some) }
        })?;
        let Some(owner_now) = owner_now else { return Ok(already()) };
        let resolved = self.resolve_specification(&create.specification, &owner_now)?;
        let resumed = self.account.catalog.change(|state| {
            if kept(state) {
                return Ok(None);
            }
            let now = clock::now();
            let owner = owner(state)?;
            check_public(state, &owner, &resolved)?;
            check_fits_node(state, create.pool.last(), &resolved)?;
            let schema = state.find(Kind::Schema, &path[..2]).ok_or_else(SqlError::no_operation)?;
            let mut record = ServiceRecord {
                schema: schema.id.clone(),
                pool: create.pool.last().to_owned(),
                spec: resolved.spec.clone(),
                spec_digest: String::new(),
                images: BTreeMap::new(),
                stages: BTreeMap::new(),
                suspended: false,
                resumed: None,
                suspended_on: None,
                endpoints: Vec::new(),
                roles: BTreeMap::new(),
                host_seed: random(),
            };
            resolved.fill(&mut record, &state.id, &path, now);
            let data = Data::Service(Box::new(record));
            let mut object = Object::new(data, path.clone(), &owner.role, now);
            let names = set_names(&create.properties);
            object.set(create.properties);
            check_service(state, &owner, &mut object, &names)?;
            let resumed = resume_pool(state, &owner, create.pool.last(), now)?;
            state.put(object);
            Ok(Some(resumed))
        })?;
        let Some(resumed) = resumed else { return Ok(already()) };
        self.deploy(&path, create.pool.last(), resumed);
        Ok(Rows::status(format!("Service {name} successfully created.")))
    }

    pub(super) async fn alter_service(
        &self,
        path: &[String],
        change: Change,
    ) -> Result<Rows, SqlError> {
        let owner = self.account.catalog.read(|state| {
            let actor = self.actor(state);
            let service = state.require(&actor, Kind::Service, path, &["OPERATE"])?;
            Ok(state.acting_as(&actor, &service.owner))
        })?;
        let resolved = match &change {
            Change::Specification(specification) => {
                Some(self.resolve_specification(specification, &owner)?)
            }
            _ => None,
        };
        let (pool, resumed) = self.account.catalog.change(|state| {
            let actor = self.actor(state);
            let mut object = state.require(&actor, Kind::Service, path, &["OPERATE"])?.clone();
            let now = clock::now();
            let mut resumed = false;
            match change {
                Change::Act(verb) => {
                    if verb == Verb::Resume {
                        resumed = resume_pool(state, &owner, &record(&object)?.pool, now)?;
                    }
                    object.act(verb, now);
                }
                Change::Set(set) => {
                    let names = set_names(&set);
                    object.set(set);
                    check_service(state, &owner, &mut object, &names)?;
                }
                Change::Unset(names) => {
                    object.unset(&names);
                    check_service(state, &owner, &mut object, &[])?;
                }
                Change::Specification(_) => {
                    if let (Some(resolved), Data::Service(record)) = (&resolved, &mut object.data) {
                        check_public(state, &owner, resolved)?;
                        check_fits_node(state, &record.pool, resolved)?;
                        resolved.fill(record, &state.id, path, now);
                    }
                }
            }
            let record = record(&object)?;
            state.keep_service_roles(path, |role| record.roles.contains_key(role));
            let pool = record.pool.clone();
            object.updated = now;
            state.put(object);
            Ok((pool, resumed))
        })?;
        self.deploy(path, &pool, resumed);
        Ok(Rows::status("Statement executed successfully."))
    }

    /// Deploys a service. If its pool was resumed, deploys all services in the pool.
    fn deploy(&self, service: &[String], pool: &str, resumed: bool) {
        if resumed {
            self.redeploy_users(Kind::ComputePool, pool);
        } else {
            self.account.deploy(service);
        }
    }

    /// `ALTER COMPUTE POOL … STOP ALL`: drops the pool's services.
    pub(super) async fn stop_all(&self, pool: &[String]) -> Result<Rows, SqlError> {
        let drop_all = |state: &mut State| {
            let actor = self.actor(state);
            state.require(&actor, Kind::ComputePool, pool, &["OPERATE"])?;
            let services: Vec<Vec<String>> = state
                .services()
                .filter(|(_, record)| record.pool == pool[0])
                .map(|(object, _)| object.path.clone())
                .collect();
            let remove = |path: &Vec<String>| state.remove(Kind::Service, path);
            Ok(services.iter().flat_map(remove).collect::<Vec<_>>())
        };
        let detach = |gone: Vec<Object>| self.detach(&gone);
        let cleanup = self.account.catalog.change_then(drop_all, detach)?;
        self.account.clean_up(cleanup).await?;
        Ok(Rows::status("Statement executed successfully."))
    }

    /// Redeploys all services that use a changed object, e.g. a pool or integration.
    pub(super) fn redeploy_users(&self, kind: Kind, name: &str) {
        let Some(uses) = kind.facts().used_by else { return };
        let services: Vec<Vec<String>> = self.account.catalog.read(|state| {
            let users = state.services().filter(|(object, record)| uses(object, record, name));
            users.map(|(object, _)| object.path.clone()).collect()
        });
        for path in services {
            self.account.deploy(&path);
        }
    }
}

/// Resumes a suspended pool for a service if AUTO_RESUME is on. Returns whether it was resumed.
fn resume_pool(
    state: &mut State,
    owner: &Actor,
    name: &str,
    now: clock::Millis,
) -> Result<bool, SqlError> {
    let path = [name.to_owned()];
    let object = state.require(owner, Kind::ComputePool, &path, &["USAGE", "OPERATE"])?;
    if object.pool().is_none_or(|pool| !pool.suspended) {
        return Ok(false);
    }
    if !object.flag("AUTO_RESUME") {
        return Err(SqlError::execution(format!(
            "Compute pool '{name}' is suspended and AUTO_RESUME is off; resume it first."
        )));
    }
    let mut object = object.clone();
    object.act(Verb::Resume, now);
    state.put(object);
    Ok(true)
}

fn record(object: &Object) -> Result<&ServiceRecord, SqlError> {
    object.service().ok_or_else(SqlError::no_operation)
}
