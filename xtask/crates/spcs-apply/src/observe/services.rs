//! Services: their state, instances, containers, endpoints and logs.

use std::collections::BTreeMap;

use spcs_plan::{ObservedService, SPEC_DIGEST_VARIABLE};

use super::rows::{list, name as plain, probe, probe_optional, properties};
use super::states::{ContainerState, Endpoint, InstanceState, ServiceState};
use crate::account::{AccountError, Row, Rows, Session};

/// The state of a service that plans depend on.
pub(super) async fn observed(
    session: &Session,
    name: &str,
) -> Result<Option<ObservedService>, AccountError> {
    let rows = probe_optional(session, &format!("DESCRIBE SERVICE {name}")).await?;
    let rows = rows.unwrap_or_default();
    Ok(rows.iter().next().map(|row| ObservedService {
        spec_digest: digest_in(row.text("spec")),
        ..summary(&rows, row)
    }))
}

/// All services in a pool, including those of others.
pub(super) async fn in_pool(
    session: &Session,
    pool: &str,
) -> Result<BTreeMap<String, ObservedService>, AccountError> {
    listed(session, &format!("SHOW SERVICES IN COMPUTE POOL {pool}")).await
}

/// All services in a database, including those of others.
pub(super) async fn in_database(
    session: &Session,
    database: &str,
) -> Result<BTreeMap<String, ObservedService>, AccountError> {
    listed(session, &format!("SHOW SERVICES IN DATABASE {database}")).await
}

async fn listed(
    session: &Session,
    sql: &str,
) -> Result<BTreeMap<String, ObservedService>, AccountError> {
    let rows = list(session, sql).await?;
    let services = rows.iter().map(|row| {
        let part = |column| plain(row.text(column));
        let key = format!("{}.{}.{}", part("database_name"), part("schema_name"), part("name"));
        (key, summary(&rows, row))
    });
    Ok(services.collect())
}

fn summary(rows: &Rows, row: Row<'_>) -> ObservedService {
    let mut properties = properties(&rows.columns, row);
    properties.remove("spec");
    ObservedService {
        status: row.text("status").to_owned(),
        compute_pool: plain(row.text("compute_pool")),
        comment: row.text("comment").to_owned(),
        spec_digest: None,
        properties,
    }
}

/// The value of the environment variable with the spec's digest, in a YAML or JSON spec.
fn digest_in(spec: &str) -> Option<String> {
    let (_, after) = spec.split_once(SPEC_DIGEST_VARIABLE)?;
    let value =
        after.trim_start_matches(|c: char| matches!(c, ':' | '"' | '\'') || c.is_whitespace());
    let digest: String = value.chars().take_while(char::is_ascii_alphanumeric).collect();
    (!digest.is_empty()).then_some(digest)
}

/// A service with its instances, if it exists.
pub async fn service(session: &Session, name: &str) -> Result<Option<ServiceState>, AccountError> {
    let described =
        probe_optional(session, &format!("DESCRIBE SERVICE {name}")).await?.unwrap_or_default();
    let Some(row) = described.iter().next() else { return Ok(None) };
    let rows = list(session, &format!("SHOW SERVICE INSTANCES IN SERVICE {name}")).await?;
    let instances = rows.iter().filter(|row| row.get("instance_id").is_some());
    Ok(Some(ServiceState {
        name: name.to_owned(),
        status: row.text("status").to_owned(),
        target_instances: row.text("target_instances").parse().unwrap_or(1),
        is_upgrading: row.text("is_upgrading").eq_ignore_ascii_case("true"),
        spec_digest: row.text("spec_digest").to_owned(),
        instances: instances
            .map(|row| InstanceState {
                id: row.text("instance_id").to_owned(),
                status: row.text("status").to_owned(),
                spec_digest: row.text("spec_digest").to_owned(),
            })
            .collect(),
    }))
}

/// The containers of a service; none while it is suspended.
pub async fn containers(
    session: &Session,
    service: &str,
) -> Result<Vec<ContainerState>, AccountError> {
    let rows = list(session, &format!("SHOW SERVICE CONTAINERS IN SERVICE {service}")).await?;
    // A suspended service has one row whose container columns are NULL.
    let real = rows.iter().filter(|row| row.get("container_name").is_some());
    Ok(real
        .map(|row| ContainerState {
            instance: row.text("instance_id").to_owned(),
            name: row.text("container_name").to_owned(),
            status: row.text("status").to_owned(),
            message: row.text("message").to_owned(),
            restarts: row.text("restart_count").parse().unwrap_or(0),
            image: row.text("image_name").to_owned(),
        })
        .collect())
}

/// The endpoints of a service, if it exists.
pub async fn endpoints(
    session: &Session,
    service: &str,
) -> Result<Option<Vec<Endpoint>>, AccountError> {
    let rows = probe_optional(session, &format!("SHOW ENDPOINTS IN SERVICE {service}")).await?;
    let Some(rows) = rows else { return Ok(None) };
    let endpoints = rows.iter().map(|row| {
        let url = row.text("ingress_url");
        Endpoint {
            name: row.text("name").to_owned(),
            port: row.get("port").unwrap_or_else(|| row.text("port_range")).to_owned(),
            protocol: row.text("protocol").to_owned(),
            is_public: row.text("is_public").eq_ignore_ascii_case("true"),
            // Until the host is known, the column contains a sentence.
            ingress_url: (url.contains('.') && !url.contains(' ')).then(|| url.to_owned()),
        }
    });
    Ok(Some(endpoints.collect()))
}

/// The last lines of a container's log.
pub async fn logs(
    session: &Session,
    service: &str,
    instance: &str,
    container: &str,
    lines: u32,
    previous: bool,
) -> Result<String, AccountError> {
    let previous = if previous { ", TRUE" } else { "" };
    let container = container.replace('\'', "''");
    let sql = format!(
        "CALL SYSTEM$GET_SERVICE_LOGS('{service}', '{instance}', '{container}', {lines}{previous})"
    );
    Ok(probe(session, &sql).await?.scalar().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spec_digest_is_found_in_yaml_and_json() {
        let yaml = "    env:\n      SPCS_SPEC_DIGEST: \"0123abcd\"\n      X: 1\n";
        assert_eq!(digest_in(yaml).as_deref(), Some("0123abcd"));
        assert_eq!(digest_in(r#"{"SPCS_SPEC_DIGEST":"ff00"}"#).as_deref(), Some("ff00"));
        assert_eq!(digest_in("spec: {}"), None);
    }
}
