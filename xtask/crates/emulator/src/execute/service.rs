//! CREATE and ALTER SERVICE.

use std::collections::BTreeMap;

use super::service_spec::Resolved;
use super::{Executor, properties};
use crate::catalog::{Actor, Object, ServiceRecord, State, Target, clock, random, shown_path};
use crate::kind::Kind;
use crate::rows::Rows;
use crate::sql::{Change, CreateService, SqlError, Value, parse_name};

/// Roles that may not own a service.
const NO_OWNERS: [&str; 3] = ["ACCOUNTADMIN", "SECURITYADMIN", "ORGADMIN"];

impl Executor {
    pub(super) async fn create_service(&self, create: CreateService) -> Result<Rows, SqlError> {
        let namespace = self.session_state().namespace;
        let path = namespace.resolve(Kind::Service, &create.name)?;
        let name = create.name.last().to_owned();
        let there = self.account.catalog.read(|state| state.find(Kind::Service, &path).is_some());
        if there && create.if_not_exists {
            let message = format!("{name} already exists, statement succeeded.");
            return Ok(Rows::status(message));
        }
        self.account.catalog.read(|state| {
            let actor = self.actor(state);
            state.require_create(&actor, Kind::Service, &path)?;
            if there {
                return Err(SqlError::exists(&shown_path(&path)));
            }
            if NO_OWNERS.contains(&actor.role.as_str()) {
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
            state.require(&actor, Kind::ComputePool, &create.pool.0, &["USAGE"]).map(|_| ())
        })?;
        let resolved = self.resolve_specification(&create.specification)?;
        self.account.catalog.change(|state| {
            let actor = self.actor(state);
            let now = clock::now();
            if state.find(Kind::Service, &path).is_some() {
                return Err(SqlError::exists(&shown_path(&path)));
            }
            self.check_public(state, &actor, &resolved)?;
            let mut object = Object::new(Kind::Service, path.clone(), &actor.role, now);
            properties::set(&mut object, create.properties);
            self.check_service(state, &actor, &mut object)?;
            resume_pool(state, &actor, create.pool.last(), now)?;
            let mut record = ServiceRecord {
                pool: create.pool.last().to_owned(),
                spec_text: String::new(),
                spec_digest: String::new(),
                images: BTreeMap::new(),
                stages: BTreeMap::new(),
                suspended: false,
                resumed: None,
                suspended_on: None,
                endpoints: Vec::new(),
                roles: BTreeMap::new(),
                token: random(),
            };
            resolved.fill(&mut record, &state.id, &path, now);
            object.service = Some(Box::new(record));
            state.add(object);
            Ok(())
        })?;
        self.account.deploy(&path);
        Ok(Rows::status(format!("Service {name} successfully created.")))
    }

    pub(super) async fn alter_service(
        &self,
        path: &[String],
        change: Change,
    ) -> Result<Rows, SqlError> {
        self.account.catalog.read(|state| {
            let actor = self.actor(state);
            state.require(&actor, Kind::Service, path, &["OPERATE"]).map(|_| ())
        })?;
        let resolved = match &change {
            Change::Specification(specification) => {
                Some(self.resolve_specification(specification)?)
            }
            _ => None,
        };
        self.account.catalog.change(|state| {
            let actor = self.actor(state);
            let mut object = state.require(&actor, Kind::Service, path, &["OPERATE"])?.clone();
            let now = clock::now();
            let mut record = object.service.take().ok_or_else(SqlError::no_operation)?;
            match change {
                Change::Suspend => {
                    record.suspended = true;
                    record.suspended_on = Some(now);
                }
                Change::Resume => {
                    resume_pool(state, &actor, &record.pool, now)?;
                    record.suspended = false;
                    record.resumed = Some(now);
                }
                Change::Set(set) => {
                    properties::set(&mut object, set);
                    self.check_service(state, &actor, &mut object)?;
                }
                Change::Unset(names) => properties::unset(&mut object, &names),
                Change::Specification(_) => {
                    if let Some(resolved) = &resolved {
                        self.check_public(state, &actor, resolved)?;
                        resolved.fill(&mut record, &state.id, path, now);
                    }
                }
                Change::StopAll | Change::Refresh => return Err(SqlError::no_operation()),
            }
            state.service_roles.retain(|grant| {
                grant.service != path || record.roles.contains_key(&grant.service_role)
            });
            object.service = Some(record);
            object.updated = now;
            if let Some(slot) = state.find_mut(Kind::Service, path) {
                *slot = object;
            }
            Ok(())
        })?;
        self.account.deploy(path);
        Ok(Rows::status("Statement executed successfully."))
    }

    fn check_public(
        &self,
        state: &State,
        actor: &Actor,
        resolved: &Resolved,
    ) -> Result<(), SqlError> {
        let public = resolved.spec.endpoints.iter().any(|endpoint| endpoint.public);
        if public && !state.holds(&actor.primary, "BIND SERVICE ENDPOINT", &Target::Account) {
            return Err(SqlError::new(
                "003001",
                "42501",
                format!(
                    "SQL access control error:\nInsufficient privileges: role '{}' needs BIND \
                     SERVICE ENDPOINT on the account for a public endpoint.",
                    actor.role
                ),
            ));
        }
        Ok(())
    }

    /// The properties of a service: counts, integrations, warehouse.
    fn check_service(
        &self,
        state: &State,
        actor: &Actor,
        object: &mut Object,
    ) -> Result<(), SqlError> {
        let low = object.number("MIN_INSTANCES", 1);
        let high = object.number("MAX_INSTANCES", low.max(1));
        if low < 1 || high < low {
            return Err(SqlError::invalid(format!(
                "invalid value for MIN_INSTANCES ({low}) or MAX_INSTANCES ({high})."
            )));
        }
        if object.number("AUTO_SUSPEND_SECS", 0) > 0 {
            return Err(SqlError::unsupported("AUTO_SUSPEND_SECS of services"));
        }
        if let Some(Value::List(names)) = object.properties.get("EXTERNAL_ACCESS_INTEGRATIONS") {
            for name in names {
                let path = parse_name(&format!("\"{name}\""))?.0;
                let kind = Kind::ExternalAccessIntegration;
                let integration = state.require(actor, kind, &path, &["USAGE"])?;
                if !integration.flag("ENABLED", false) {
                    return Err(SqlError::invalid(format!("Integration '{name}' is not enabled.")));
                }
            }
        }
        let warehouse = object.shown("QUERY_WAREHOUSE", "");
        if !warehouse.is_empty() {
            state.require(actor, Kind::Warehouse, &[warehouse], &["USAGE"])?;
        }
        Ok(())
    }

    /// `ALTER COMPUTE POOL … STOP ALL` drops the pool's services.
    pub(super) async fn stop_all(&self, pool: &[String]) -> Result<Rows, SqlError> {
        let gone = self.account.catalog.change(|state| {
            let actor = self.actor(state);
            state.require(&actor, Kind::ComputePool, pool, &["OPERATE"])?;
            let services: Vec<Vec<String>> = state
                .services()
                .filter(|(_, record)| record.pool == pool[0])
                .map(|(object, _)| object.path.clone())
                .collect();
            let remove = |path: &Vec<String>| state.remove(Kind::Service, path);
            Ok(services.iter().flat_map(remove).collect::<Vec<_>>())
        })?;
        self.clear_away(gone).await?;
        Ok(Rows::status("Statement executed successfully."))
    }

    /// Tells the controller about every service of a pool that was suspended or resumed.
    pub(super) fn redeploy_pool(&self, pool: &str) {
        let services: Vec<Vec<String>> = self.account.catalog.read(|state| {
            let of_pool = state.services().filter(|(_, record)| record.pool == pool);
            of_pool.map(|(object, _)| object.path.clone()).collect()
        });
        for path in services {
            self.account.deploy(&path);
        }
    }
}

/// A suspended pool starts for a service, unless AUTO_RESUME is off.
fn resume_pool(
    state: &mut State,
    actor: &Actor,
    name: &str,
    now: clock::Millis,
) -> Result<(), SqlError> {
    let path = [name.to_owned()];
    state.require(actor, Kind::ComputePool, &path, &["USAGE", "OPERATE"])?;
    let Some(object) = state.find_mut(Kind::ComputePool, &path) else { return Ok(()) };
    let resumes = object.flag("AUTO_RESUME", true);
    let Some(pool) = object.pool.as_mut().filter(|pool| pool.suspended) else { return Ok(()) };
    if !resumes {
        return Err(SqlError::execution(format!(
            "Compute pool '{name}' is suspended and AUTO_RESUME is off; resume it first."
        )));
    }
    pool.suspended = false;
    pool.resumed = now;
    Ok(())
}
