//! SHOW and DESCRIBE of services and what belongs to them.

use std::collections::BTreeMap;
use std::time::Duration;

use spcs_local_services::service::{ContainerObservation, ServiceObservation, dns_name};
use spcs_local_spec as spec;

use super::Executor;
use crate::account::IDENTIFIER;
use crate::catalog::{Object, ServiceRecord};
use crate::clock;
use crate::kind::Kind;
use crate::rows::{Cell, Rows, cell, moment, optional};
use crate::sql::{ObjectName, SqlError};
use crate::statement::Show;

const SERVICES: &[&str] = &[
    "name",
    "status",
    "database_name",
    "schema_name",
    "owner",
    "compute_pool",
    "dns_name",
    "current_instances#",
    "target_instances#",
    "min_ready_instances#",
    "min_instances#",
    "max_instances#",
    "auto_resume",
    "external_access_integrations",
    "created_on@",
    "updated_on@",
    "resumed_on@",
    "suspended_on@",
    "auto_suspend_secs#",
    "comment",
    "owner_role_type",
    "query_warehouse",
    "is_job",
    "is_async_job",
    "spec_digest",
    "is_upgrading",
    "managing_object_domain",
    "managing_object_name",
];
/// Where DESCRIBE has its `spec`.
const SPEC_COLUMN: usize = 6;

/// What SHOW ENDPOINTS says until there is a URL.
const PROVISIONING: &str = "Endpoints provisioning in progress... check back in a few minutes";

impl Executor {
    pub(super) fn show_services(&self, show: &Show) -> Result<Rows, SqlError> {
        let objects: Vec<Object> = self.account.catalog.read(|state| {
            let actor = self.actor(state);
            let found = self.listed(state, &actor, show, Kind::Service)?;
            Ok(found.into_iter().cloned().collect())
        })?;
        let mut rows = Rows::new(SERVICES);
        for object in &objects {
            if let Some(record) = &object.service {
                rows.push(self.service_row(object, record));
            }
        }
        Ok(rows)
    }

    pub(super) fn describe_service(&self, path: &[String]) -> Result<Rows, SqlError> {
        let (object, owns) = self.account.catalog.read(|state| {
            let actor = self.actor(state);
            let object =
                state.visible(&actor, Kind::Service, path).ok_or_else(SqlError::no_operation)?;
            Ok((object.clone(), actor.roles.contains(&object.owner)))
        })?;
        let record = object.service.as_deref().ok_or_else(SqlError::no_operation)?;
        let mut columns = SERVICES.to_vec();
        columns.insert(SPEC_COLUMN, "spec");
        let mut rows = Rows::new(&columns);
        let mut row = self.service_row(&object, record);
        row.insert(SPEC_COLUMN, owns.then(|| normalised(record)).flatten());
        rows.push(row);
        Ok(rows)
    }

    /// How the service is, with a word for one that the controller has not looked at yet.
    pub(super) fn observed(&self, object: &Object) -> ServiceObservation {
        self.account.controller.observe(&object.full_name()).unwrap_or(ServiceObservation {
            status: "PENDING",
            is_upgrading: false,
            instances: Vec::new(),
        })
    }

    fn service_row(&self, object: &Object, record: &ServiceRecord) -> Vec<Cell> {
        let observed = self.observed(object);
        let low = object.number("MIN_INSTANCES", 1);
        let integrations = object.properties.get("EXTERNAL_ACCESS_INTEGRATIONS");
        let integrations =
            integrations.map(|names| serde_json::to_string(names.list()).unwrap_or_default());
        let target = if record.suspended { 0 } else { low };
        vec![
            cell(object.name()),
            cell(observed.status),
            cell(&object.path[0]),
            cell(&object.path[1]),
            cell(&object.owner),
            cell(&record.pool),
            cell(dns_name(&object.full_name())),
            cell(observed.instances.len()),
            cell(target),
            cell(object.number("MIN_READY_INSTANCES", low)),
            cell(low),
            cell(object.number("MAX_INSTANCES", low)),
            cell(object.flag("AUTO_RESUME", true)),
            integrations,
            moment(object.created),
            moment(object.updated),
            record.resumed.and_then(moment),
            record.suspended_on.and_then(moment),
            cell(object.number("AUTO_SUSPEND_SECS", 0)),
            optional(&object.comment),
            cell("ROLE"),
            optional(&object.shown("QUERY_WAREHOUSE", "")),
            cell(false),
            cell(false),
            cell(&record.spec_digest),
            cell(observed.is_upgrading),
            None,
            None,
        ]
    }

    /// A service that SHOW may look into: 002043 where there is none.
    fn shown_service(
        &self,
        name: &ObjectName,
        privileges: &[&str],
    ) -> Result<(Object, ServiceRecord), SqlError> {
        self.service(name, privileges)
            .map_err(|error| if error.code == "002003" { SqlError::no_operation() } else { error })
    }

    /// A service that the session may know of, with one of these privileges if any are named.
    pub(super) fn service(
        &self,
        name: &ObjectName,
        privileges: &[&str],
    ) -> Result<(Object, ServiceRecord), SqlError> {
        let path = self.session_state().namespace.resolve(Kind::Service, name)?;
        self.account.catalog.read(|state| {
            let actor = self.actor(state);
            let object = match privileges {
                [] => state.visible(&actor, Kind::Service, &path),
                some => Some(state.require(&actor, Kind::Service, &path, some)?),
            };
            let object = object.ok_or_else(SqlError::no_operation)?;
            let record = object.service.as_deref().ok_or_else(SqlError::no_operation)?;
            Ok((object.clone(), record.clone()))
        })
    }

    pub(super) fn show_endpoints(&self, service: &ObjectName) -> Result<Rows, SqlError> {
        let (_, record) = self.shown_service(service, &[])?;
        let mut rows = Rows::new(&[
            "name",
            "port#",
            "port_range",
            "protocol",
            "is_public",
            "ingress_url",
            "privatelink_ingress_url",
        ]);
        let wait = self.account.timing.endpoint_provisioning;
        for endpoint in &record.endpoints {
            let ready = clock::time(endpoint.since) + wait <= std::time::SystemTime::now()
                || wait == Duration::ZERO;
            let url = endpoint.public.then(|| {
                if ready {
                    format!("{}-{IDENTIFIER}.localhost:{}", endpoint.label, self.account.port)
                } else {
                    PROVISIONING.to_owned()
                }
            });
            rows.push(vec![
                cell(&endpoint.name),
                endpoint.port.map(|port| port.to_string()),
                endpoint.port_range.clone(),
                cell(&endpoint.protocol),
                cell(endpoint.public),
                url,
                None,
            ]);
        }
        Ok(rows)
    }

    pub(super) fn show_instances(&self, service: &ObjectName) -> Result<Rows, SqlError> {
        let (object, _) = self.shown_service(service, &["MONITOR"])?;
        let observed = self.observed(&object);
        let mut rows = Rows::new(&[
            "database_name",
            "schema_name",
            "service_name",
            "service_status",
            "instance_id",
            "status",
            "spec_digest",
            "creation_time@",
            "start_time@",
            "ip_address",
        ]);
        for instance in &observed.instances {
            rows.push(vec![
                cell(&object.path[0]),
                cell(&object.path[1]),
                cell(object.name()),
                cell(observed.status),
                cell(instance.id),
                cell(instance.status),
                cell(&instance.spec_digest),
                moment(clock::of(instance.created)),
                instance.started.and_then(|time| moment(clock::of(time))),
                instance.ip_address.clone(),
            ]);
        }
        Ok(rows)
    }

    pub(super) fn show_containers(&self, service: &ObjectName) -> Result<Rows, SqlError> {
        let (object, _) = self.shown_service(service, &["MONITOR"])?;
        let observed = self.observed(&object);
        let mut rows = Rows::new(&[
            "database_name",
            "schema_name",
            "service_name",
            "service_status",
            "instance_id",
            "instance_status",
            "container_name",
            "status",
            "message",
            "image_name",
            "image_digest",
            "restart_count#",
            "start_time@",
            "last_exit_code#",
        ]);
        let head = vec![
            cell(&object.path[0]),
            cell(&object.path[1]),
            cell(object.name()),
            cell(observed.status),
        ];
        for instance in &observed.instances {
            for container in &instance.containers {
                let mut row = head.clone();
                row.extend([cell(instance.id), cell(instance.status)]);
                row.extend(container_cells(container));
                rows.push(row);
            }
        }
        if rows.rows.is_empty() {
            // A service without instances is one row, its container fields empty.
            let mut row = head;
            row.resize(rows.columns.len(), None);
            rows.push(row);
        }
        Ok(rows)
    }

    pub(super) fn show_service_roles(&self, service: &ObjectName) -> Result<Rows, SqlError> {
        let (object, record) = self.shown_service(service, &[])?;
        let mut rows = Rows::new(&["created_on@", "name", "comment"]);
        for name in record.roles.keys() {
            rows.push(vec![moment(object.created), cell(name), cell("")]);
        }
        Ok(rows)
    }
}

fn container_cells(container: &ContainerObservation) -> Vec<Cell> {
    vec![
        cell(&container.name),
        cell(container.status),
        cell(&container.message),
        cell(&container.image.path),
        cell(&container.image.digest),
        cell(container.restart_count),
        container.started.and_then(|time| moment(clock::of(time))),
        container.last_exit_code.map(|code| code.to_string()),
    ]
}

/// The specification with the digests of its images.
fn normalised(record: &ServiceRecord) -> Option<String> {
    let digests: BTreeMap<String, String> =
        record.images.iter().map(|(name, image)| (name.clone(), image.digest.clone())).collect();
    spec::parse(&record.spec_text).ok().map(|spec| spec.normalised_yaml(&digests))
}
