//! SHOW of a service's endpoints, instances, containers and roles.

use spcs_local_services::service::ContainerObservation;

use super::Executor;
use crate::account::IDENTIFIER;
use crate::clock;
use crate::kind::{Kind, Object, ServiceRecord};
use crate::rows::{Cell, Rows, cell, moment};
use crate::sql::{ObjectName, SqlError};

/// The text that SHOW ENDPOINTS prints until the URL is available.
const PROVISIONING: &str = "Endpoints provisioning in progress... check back in a few minutes";

impl Executor {
    /// The service of a SHOW; the error is 002043 if it does not exist.
    fn shown_service(
        &self,
        name: &ObjectName,
        privileges: &[&str],
    ) -> Result<(Object, ServiceRecord), SqlError> {
        self.service(name, privileges)
            .map_err(|error| if error.code == "002003" { SqlError::no_operation() } else { error })
    }

    /// A service visible to the session. Requires one of `privileges`, unless the list is empty.
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
            let record = object.service().ok_or_else(SqlError::no_operation)?;
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
            let ready = clock::left(endpoint.since, wait, clock::now()).is_zero();
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
        let observed = self.account.observed(&object);
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
        let observed = self.account.observed(&object);
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
            // A service without instances has one row with empty container columns.
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
