//! `SYSTEM$…` functions.

use std::time::Duration;

use serde_json::json;
use spcs_local_services::service::dns_domain;

use super::Executor;
use super::select::unknown;
use crate::clock;
use crate::kind::Kind;
use crate::kind::compute_pool::status;
use crate::rows::Cell;
use crate::sql::{ObjectName, SqlError, parse_name};

/// The interval for polling the status of a service.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

impl Executor {
    /// Calls `SYSTEM$<name>`.
    pub(super) async fn system_function(
        &self,
        name: &str,
        arguments: &[String],
    ) -> Result<Cell, SqlError> {
        let range = match name {
            "GET_SERVICE_STATUS" => 1..=2,
            "GET_SERVICE_LOGS" => 3..=7,
            "GET_COMPUTE_POOL_STATUS" | "REGISTRY_LIST_IMAGES" | "GET_SERVICE_DNS_DOMAIN" => 1..=1,
            _ => return Err(unknown(&format!("SYSTEM${name}"))),
        };
        if !range.contains(&arguments.len()) {
            return Err(SqlError::new(
                "000938",
                "22023",
                format!(
                    "SQL compilation error:\nnot valid number of arguments for function \
                     [SYSTEM${name}]: {} given, {} to {} taken",
                    arguments.len(),
                    range.start(),
                    range.end()
                ),
            ));
        }
        match name {
            "GET_SERVICE_STATUS" => self.wait_for_status(arguments).await.map(Some),
            "GET_SERVICE_LOGS" => self.service_logs(arguments).await.map(Some),
            "GET_COMPUTE_POOL_STATUS" => self.pool_status(&arguments[0]).map(Some),
            "REGISTRY_LIST_IMAGES" => self.registry_images(&arguments[0]).map(Some),
            _ => {
                let path = self
                    .session_state()
                    .namespace
                    .resolve(Kind::Schema, &parse_name(&arguments[0])?)?;
                self.account.catalog.read(|state| {
                    let actor = self.actor(state);
                    state
                        .visible(&actor, Kind::Schema, &path)
                        .map(|schema| Some(dns_domain(&schema.full_name())))
                        .ok_or_else(|| SqlError::missing("Schema", &path.join(".")))
                })
            }
        }
    }

    /// Waits until no container is pending, or for the number of seconds in the optional second
    /// argument, and returns the status.
    async fn wait_for_status(&self, arguments: &[String]) -> Result<String, SqlError> {
        let seconds = arguments.get(1).map_or(Ok(0), |seconds| seconds.parse::<u32>());
        let seconds = seconds.map_err(|_| {
            let message = "SQL compilation error:\ninvalid value for the timeout: a number of \
                           seconds is expected";
            SqlError::new("001003", "42000", message)
        })?;
        let until = tokio::time::Instant::now() + Duration::from_secs(seconds.into());
        loop {
            let status = self.service_status(&arguments[0])?;
            if !status.contains("\"PENDING\"") || tokio::time::Instant::now() >= until {
                return Ok(status);
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    fn service_status(&self, name: &str) -> Result<String, SqlError> {
        let (object, record) = self.service(&parse_name(name)?, &["MONITOR", "OPERATE"])?;
        let observed = self.account.observed(&object);
        let mut containers = Vec::new();
        for instance in &observed.instances {
            for container in &instance.containers {
                let started =
                    container.started.and_then(|time| jiff::Timestamp::try_from(time).ok());
                containers.push(json!({
                    "status": container.status,
                    "message": container.message,
                    "containerName": container.name,
                    "instanceId": instance.id.to_string(),
                    "serviceName": object.name(),
                    "image": container.image.path,
                    "restartCount": container.restart_count,
                    "startTime": started.map_or(String::new(), |time| {
                        time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
                    }),
                }));
            }
        }
        if containers.is_empty() {
            let suspended = record.suspended;
            containers.push(json!({
                "status": if suspended { "SUSPENDED" } else { "PENDING" },
                "message": if suspended { "The service is suspended" } else { "Waiting to start" },
                "containerName": "",
                "instanceId": "",
                "serviceName": object.name(),
                "image": "",
                "restartCount": 0,
                "startTime": "",
            }));
        }
        Ok(json!(containers).to_string())
    }

    async fn service_logs(&self, arguments: &[String]) -> Result<String, SqlError> {
        let (object, record) = self.service(&parse_name(&arguments[0])?, &["MONITOR"])?;
        let number = |text: &str| {
            text.parse::<u32>()
                .map_err(|_| SqlError::invalid(format!("invalid value '{text}' for a number.")))
        };
        let boolean = |index: usize| {
            arguments
                .get(index)
                .is_some_and(|text| text == "1" || text.eq_ignore_ascii_case("true"))
        };
        let instance = number(&arguments[1])?;
        let container = &arguments[2];
        if !record.images.contains_key(container) {
            return Err(SqlError::invalid(format!(
                "Container '{container}' does not exist in service '{}'.",
                object.name()
            )));
        }
        let lines = match arguments.get(3) {
            Some(text) => number(text)?,
            None => 1000,
        };
        if !(1..=1000).contains(&lines) {
            return Err(SqlError::invalid("the number of log lines must be from 1 to 1000."));
        }
        if arguments.get(5).is_some_and(|since| !since.is_empty()) {
            return Err(SqlError::unsupported("the since_timestamp of SYSTEM$GET_SERVICE_LOGS"));
        }
        let key = record.key(&object.id);
        self.account
            .controller
            .logs(&key, instance, container, lines as usize, boolean(4), boolean(6))
            .await
            .map_err(|error| SqlError::execution(error.to_string()))
    }

    fn pool_status(&self, name: &str) -> Result<String, SqlError> {
        let ObjectName(path) = parse_name(name)?;
        self.account.catalog.read(|state| {
            let actor = self.actor(state);
            let pool = state
                .visible(&actor, Kind::ComputePool, &path)
                .ok_or_else(|| SqlError::missing("Compute Pool", &path.join(".")))?;
            let data = pool.pool().ok_or_else(SqlError::no_operation)?;
            let status = status(pool, data, &self.lookup(state), clock::now());
            Ok(json!({"status": status.state, "message": status.message}).to_string())
        })
    }

    fn registry_images(&self, path: &str) -> Result<String, SqlError> {
        let parts: Vec<String> = path.trim_matches('/').split('/').map(str::to_uppercase).collect();
        let id = self.account.catalog.read(|state| {
            let actor = self.actor(state);
            let kind = Kind::ImageRepository;
            let found = state.require(&actor, kind, &parts, &["READ", "WRITE"])?;
            Ok(found.id.clone())
        })?;
        let images = self.images(&id)?.into_iter();
        let mut names: Vec<String> = images.map(|image| image.name).collect();
        names.dedup();
        Ok(json!({"images": names}).to_string())
    }
}
